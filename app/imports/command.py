"""The entrance for files: `flask import kindergartens|applications FILE`. All of a file is brought in, or nothing.

Acts as the department, which answers for what the older lists say.
"""

from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask_babel import Babel, force_locale, ngettext
from flask_babel import gettext as _

import config
from app.access.actors import Actor
from app.db.database import retried
from app.imports import whole_file
from app.imports.outcome import Answers, ImportResult
from app.models import ImportKind
from app.now import now
from app.rules.roles import Role
from app.spreadsheets.reading import read
from app.words.problems import CHOICES, Wrong


def bring_in(
    kind: str,
    path: Path,
    *,
    place: str | None = None,
    answers: Answers | None = None,
    by: Actor,
    at: datetime,
    dry_run: bool = False,
) -> ImportResult:
    """Bring a file in, in one transaction. With a problem anywhere, or as a dry run, nothing is written."""
    try:
        sheet = read(path)
    except Wrong as wrong:
        return ImportResult(problems=[whole_file.of_file(wrong, path.name)])
    facts = {"place": place, "answers": answers or {}, "by": by, "at": at}
    table = whole_file.ahead(ImportKind(kind), sheet, **facts)
    return retried(lambda: whole_file.bring_in(ImportKind(kind), table, name=path.name, dry_run=dry_run, **facts))


@click.command("import")
@click.argument("kind", type=click.Choice(sorted(ImportKind)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--place", metavar="NAME", help="The district or city of rows that name none.")
@click.option("--answer", "answers", metavar="KEY=ANSWER", multiple=True, help="To a question that the file asked.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), default="kk", help="Of the report.")
def import_file(
    kind: str, file: Path, place: str | None, answers: tuple[str, ...], dry_run: bool, language: str
) -> None:
    """Bring in kindergartens or applications from an Excel workbook (.xlsx) or a CSV text.

    Any problem is named with its cell, nothing is written then, and the exit status is 1.
    """
    if "babel" not in current_app.extensions:
        Babel(current_app, default_translation_directories=str(config.ROOT / "translations"))
    told = dict(one.rpartition("=")[::2] for one in answers)
    outcome = bring_in(kind, file, place=place, answers=told, by=Actor(Role.department), at=now(), dry_run=dry_run)
    with force_locale(language):
        click.echo("\n".join(report(outcome, dry_run=dry_run)), err=bool(outcome.problems))
    if outcome.problems:
        raise SystemExit(1)


def report(outcome: ImportResult, *, dry_run: bool = False) -> list[str]:
    """The lines that people read: each problem, then how many rows did what."""
    lines = (
        [_("The sheet “%(sheet)s” was read.", sheet=outcome.sheet.name)] if outcome.sheet and outcome.sheet.name else []
    )
    for problem in [*outcome.problems, *outcome.warnings]:
        lines.append(str(problem))
        for choice, meaning in CHOICES.get(problem.name, {}).items():
            lines.append(f"    --answer '{problem.facts['key']}={choice}'  {meaning}")
    counts = {"added": outcome.added, "changed": outcome.changed, "same": outcome.same}
    if outcome.problems:
        count = ngettext("%(num)d problem.", "%(num)d problems.", len(outcome.problems))
        return [*lines, count + " " + _("Nothing was written. Correct the file and try again.")]
    lines.append(_("%(added)d added, %(changed)d changed, %(same)d as before.", **counts))
    return lines + ([_("This was a dry run: nothing was written.")] if dry_run else [])
