"""`flask scenario play FILE`: a scenario from a file, played and told (spec 4)."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from app.scenarios.checking import read
from app.scenarios.player import Played, play
from app.scenarios.reading import FileWrong
from app.scenarios.scratch import scratch

HELD, FAILED, WRONG = 0, 1, 2


@click.group("scenario")
def scenario() -> None:
    """The regulation as small towns that can be played."""


@scenario.command("play")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: steps, state, failed.")
@click.option("--keep", is_flag=True, help="In the current database, for a demo, instead of a scratch one.")
@with_appcontext
def play_file(file: Path, as_json: bool, keep: bool) -> None:
    """Play FILE. Exit status 0 when all holds, 1 when something does not, 2 when the file is wrong."""
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    try:
        checked = read(_text(file))
        with nullcontext() if keep else scratch(url):
            played = play(checked)
    except FileWrong as wrong:
        click.echo(f"{file}:{wrong.line}:{wrong.column}: {wrong}", err=True)
        sys.exit(WRONG)
    click.echo(as_document(played) if as_json else as_lines(played))
    sys.exit(FAILED if played.failed else HELD)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FileWrong("not UTF-8", (line, error.start - error.object.rfind(b"\n", 0, error.start))) from None


def as_document(played: Played) -> str:
    """Spec 4, --json: {"steps": [...], "state": {ref: {...}}, "failed": [...]}."""
    return json.dumps({"steps": played.steps, "state": played.state, "failed": played.failed}, ensure_ascii=False)


def as_lines(played: Played) -> str:
    """A line per step, then one for each expectation that does not hold."""
    lines = [
        f"{step['at']}  {step['do'] or 'look':<18} {step['subject'] or '':<12} "
        + ("done" if step["ok"] else f"refused: {step['error']}")
        for step in played.steps
    ]
    return "\n".join(lines + [_failure(failure) for failure in played.failed] + [_summary(played)])


def _failure(failed: dict[str, Any]) -> str:
    what = ".".join(filter(None, (failed["subject"], failed["fact"])))
    told = f"expected {failed['expected']}, found {failed['found']}"
    return f"{failed['at']}  DOES NOT HOLD  {what}: {told} (line {failed['line']})"


def _summary(played: Played) -> str:
    return f"{len(played.failed)} expectations do not hold" if played.failed else "everything holds"
