"""The entrance for operators: `flask ship`, `flask clock`, ... Each reads, opens a transaction, and acts."""

from datetime import datetime

import click
from flask import Flask

from app.actions import shipping
from app.db.database import transaction
from app.demo.keys import demo
from app.demo.seed import seed
from app.imports.command import import_file
from app.jobs import clock
from app.now import is_demo, move_demo
from app.rules.calendar import LOCAL
from app.scenarios.command import scenario


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (ship, run_clock, scenario, import_file, seed, demo):
        app.cli.add_command(command)


@click.command("ship")
def ship() -> None:
    """Add what Kezek comes with and is not there yet: norms, queue order, days off."""
    with transaction():
        shipping.ship()


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
