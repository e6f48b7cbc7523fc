"""The entrance for operators: `flask ship`, `flask clock`, ... Each reads, opens a transaction, and acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app import backup
from app.access import policies
from app.access.actors import CLOCK, Actor
from app.actions import accounts, chain, erasing, invitations, second_factors, shipping, signatures
from app.db import grants
from app.db.database import transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.demo.keys import demo
from app.demo.seed import seed
from app.imports.command import import_file
from app.jobs import clock, letters, retention
from app.models import Application, Signature, User
from app.now import is_demo, move_demo, now
from app.papers import storage
from app.rules import chain as chain_rules
from app.rules.calendar import LOCAL
from app.rules.refusals import Refusal
from app.rules.roles import Role
from app.scenarios.command import scenario

OPERATOR = Actor(Role.administrator)  # who keeps the machine, and is nobody to it by name


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (
        ship,
        run_clock,
        scenario,
        import_file,
        seed,
        demo,
        verify,
        history,
        run_retention,
        save_backup,
        restore_command,
        grant_role,
        account,
    ):
        app.cli.add_command(command)


@click.command("ship")
def ship() -> None:
    """Add what Kezek comes with and is not there yet: norms, queue order, days off; on record."""
    with transaction():
        shipping.ship_on_record(by=CLOCK, at=now())


@click.group("verify")
def verify() -> None:
    """Look whether what is kept is as it was."""


@verify.command("signature")
@click.argument("which")
def verify_signature(which: str) -> None:
    """Verify a kept signature again, by its number, or `all` of them. Exits with 1 where one is bad."""
    found = select(Signature).where(Signature.text != b"").order_by(Signature.id)  # what was erased is none any more
    if which != "all":
        found = found.where(Signature.id == click.INT(which))
    if current_app.config["KEZEK"].keys is None:
        raise click.UsageError("nobody is believed: KEZEK_KEY_ANCHORS names no certificates")
    looked_at = bad = 0
    with unscoped():
        for one in db.session.scalars(found.execution_options(yield_per=200)):
            looked_at, wrong = looked_at + 1, signatures.wrong(one)
            bad += wrong is not None
            application = f" of application {one.application_id}" if one.application_id else ""
            of = f"signature {one.id}, {one.verb}{application}"
            good = "as it was kept; the service that verified it knows GOST" if signatures.by_service(one) else "good"
            click.echo(f"{of}: {good if wrong is None else f'BAD: {wrong}'}")
    if which != "all" and not looked_at:
        raise click.UsageError("there is no such signature")
    click.echo(f"{looked_at} looked at, {bad} bad")
    if bad:
        raise SystemExit(1)


@click.group("history")
def history() -> None:
    """The history as a chain (ADR 34)."""


@history.command("verify")
@click.option("--heads", type=click.File(encoding="utf-8"), help="The heads that were given out; those of KEZEK_HEADS.")
def verify_history(heads: TextIO | None) -> None:
    """Look whether every record is as it was sealed, and the heads as they were given out and as daily protocols print
    them. Exits with 1 where one is not, and names the first.
    """
    places = current_app.config["KEZEK"].heads
    try:
        given = chain_rules.heads_of(heads or [line for place in places for line in storage.lines_at(place)])
    except ValueError:
        raise click.UsageError("a line of the heads is none") from None
    with unscoped():
        fault, last = chain.first_fault(given, at=now()), chain.last_seal()
    if fault:
        place = f"at {fault.position}, record" if fault.position else "record"
        click.echo(f"BAD: {place} {fault.number or 'unknown'}: {chain_rules.SENTENCES[fault.what]}")
        raise SystemExit(1)
    until = f", sealed until {last.at.astimezone(LOCAL):%d.%m.%Y %H:%M:%S}" if last else ""
    click.echo(f"good: {last.position if last else 0} records, {len(given)} heads{until}")


@history.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8"))
def export_history(file: TextIO) -> None:
    """Write the sealed history into a file, a record in each line: app/rules/chain.py verifies it with Python alone."""
    count = 0
    with unscoped():
        for one in chain.sealed():
            count += 1
            file.write(chain_rules.as_line(one) + "\n")
    click.echo(f"{count} records")


@history.command("erase")
@click.argument("application", type=int)
def erase_history(application: int) -> None:
    """Erase what the history says of people, of an application that is over, by its id; as the owner of the tables."""
    try:
        with transaction():
            if (row := db.session.get(Application, application)) is None:
                raise click.UsageError("there is no such application")
            done = erasing.erase(row, by=CLOCK, at=now())
    except Refusal:
        raise click.ClickException("it is not over: what its history says is still needed") from None
    except ProgrammingError:
        raise click.ClickException("the role of DATABASE_URL cannot change the history: name its owner") from None
    click.echo(f"{done} records erased")


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
def run_retention(dry_run: bool) -> None:
    """Erase what was kept of people for as long as it had to be; as the owner of the tables. Says category and id."""
    with transaction():
        may = dry_run or grants.may_erase()
    if not may:
        raise click.ClickException("the role of DATABASE_URL cannot change the history: name its owner")
    count = 0
    for one in retention.foreseen() if dry_run else retention.sweep():
        count += 1
        click.echo(f"{one.category} {one.id}")
    click.echo(f"{count} to erase" if dry_run else f"{count} erased")


@click.command("grant")
@click.argument("role")
@click.option("--reads", is_flag=True, help="Only look: at all rows that an auditor may see, and at no secret.")
def grant_role(role: str, reads: bool) -> None:
    """Let a role of PostgreSQL do what Kezek does, and not change the history; as the owner of the tables.

    What it reaches is what Kezek tells the server of each transaction (ADR 42).
    """
    try:
        with transaction() as session:
            (policies.let_look if reads else policies.let_work)(session.connection(), role)
    except grants.NotGranted as error:
        raise click.ClickException(str(error)) from None


@click.group("account")
def account() -> None:
    """Accounts of officials, for whoever keeps the machine: the first one, and where no administrator can help."""


@account.command("first")
@click.argument("user_name")
@click.argument("email")
@click.argument("first_name")
@click.argument("last_name")
def first_account(user_name: str, email: str, first_name: str, last_name: str) -> None:
    """Add an administrator, and print the link by which the password is set; no letter is sent."""
    names = {"first_name": first_name, "last_name": last_name, "email": email, "active": True}
    try:
        with transaction():
            facts = {"role": Role.administrator, "reach": (), "by": OPERATOR, "at": now()}
            user = accounts.save(User(username=user_name), **facts, **names)
            link = _link_of(user)
    except IntegrityError:
        raise click.ClickException("there is an account of this user name or e-mail already") from None
    click.echo(link)


@account.command("link")
@click.argument("user_name")
def account_link(user_name: str) -> None:
    """Print a new link by which an account's password is set; the old password opens nothing from now on."""
    with _one_account(user_name) as user:
        click.echo(_link_of(user))


@account.command("reset-factor")
@click.argument("user_name")
def account_reset_factor(user_name: str) -> None:
    """Take away the second factor of an account whose owner has lost it, where no other administrator can."""
    with _one_account(user_name) as user:
        second_factors.reset(user, by=OPERATOR, at=now())


@contextmanager
def _one_account(user_name: str) -> Iterator[User]:
    """An account, to be changed in one transaction."""
    try:
        with transaction():
            if (user := db.session.scalar(select(User).where(User.username == user_name))) is None:
                raise click.UsageError("there is no such account")
            yield user
    except Refusal:
        raise click.ClickException("this account is closed, or has no second factor") from None


def _link_of(user: User) -> str:
    """The letter with it is not sent: who asks by a command hands it over."""
    invitation = invitations.invite(user, by=OPERATOR, at=now(), sends=False)
    return letters.address(invitations.new_key(invitation))


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def save_backup(file: Path) -> None:
    """Write the database and all files into one file; people go on working meanwhile."""
    _say(_done(backup.save, file))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore_command(file: Path) -> None:
    """Fill an empty database and an empty KEZEK_VAR from a backup, and look whether all of it came."""
    _say(_done(backup.bring_back, file))


def _done(work: Callable[[Path], backup.Backup], file: Path) -> backup.Backup:
    try:
        return work(file)
    except backup.NotWhole as error:
        raise click.ClickException(str(error)) from None


def _say(made: backup.Backup) -> None:
    files = len(made.files) - 1
    click.echo(f"{sum(made.rows.values())} rows of {len(made.rows)} tables, {files} files, of {made.made_at}")


@click.command("clock")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
    help="The demo only: move its time here first.",
)
def run_clock(at: datetime | None) -> None:
    """Do all that is due, district by district; in the demo with --at, move its time on first."""
    if at is not None:
        moment = at.replace(tzinfo=LOCAL)
        if not is_demo():
            raise click.UsageError("time is real here: --at is for the demo")
        with transaction():
            move_demo(moment)
    click.echo(f"{clock.do_all_due()} done")
