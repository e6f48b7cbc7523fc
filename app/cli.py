"""The entrance for operators: `flask ship`, `flask clock`, ... Each reads, opens a transaction, and acts."""

from datetime import datetime

import click
from flask import Flask, current_app
from sqlalchemy import select

from app.actions import shipping, signatures
from app.db.database import transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.demo.keys import demo
from app.demo.seed import seed
from app.imports.command import import_file
from app.jobs import clock
from app.models import Signature
from app.now import is_demo, move_demo
from app.rules.calendar import LOCAL
from app.scenarios.command import scenario


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (ship, run_clock, scenario, import_file, seed, demo, verify):
        app.cli.add_command(command)


@click.command("ship")
def ship() -> None:
    """Add what Kezek comes with and is not there yet: norms, queue order, days off."""
    with transaction():
        shipping.ship()


@click.group("verify")
def verify() -> None:
    """Look whether what is kept is as it was."""


@verify.command("signature")
@click.argument("which")
def verify_signature(which: str) -> None:
    """Verify a kept signature again, by its number, or `all` of them. Exits with 1 where one is bad."""
    found = select(Signature).order_by(Signature.id)
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
            click.echo(f"{of}: {'good' if wrong is None else f'BAD: {wrong}'}")
    if which != "all" and not looked_at:
        raise click.UsageError("there is no such signature")
    click.echo(f"{looked_at} looked at, {bad} bad")
    if bad:
        raise SystemExit(1)


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
