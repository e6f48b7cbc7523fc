"""One turn of an import: a file is opened and tried, or brought in, as its run says; in a job, never in a request."""

import logging
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import DataError

from app.access.actors import Actor
from app.actions import imports
from app.db.database import locked, trial
from app.db.extensions import db
from app.db.viewer import unscoped
from app.imports.applications import Journal
from app.imports.outcome import ImportResult
from app.imports.whole_file import ahead, bring_in, of_file
from app.models import ImportKind, ImportRun, ImportStage
from app.papers import storage
from app.rules.calendar import LOCAL
from app.spreadsheets.reading import Sheet, parse
from app.words.problems import Problem, Wrong

MISTAKES = (ArithmeticError, AttributeError, DataError, LookupError, TypeError, ValueError)  # ours, not the file's
MOST_UNPACKED = 100  # megabytes of a workbook: what so many rows need
MOST_ROWS = {**dict.fromkeys(ImportKind, 20_000), ImportKind.kindergartens: 3_000}  # more is a job for `flask import`

log = logging.getLogger(__name__)


Opened = Sheet | Wrong | storage.Damaged


class StoredFile(NamedTuple):
    """Where the file of a run lies, and what it was."""

    run_id: int
    kind: ImportKind
    stage: ImportStage
    key: str
    sha256: str


def file_of(run: ImportRun) -> StoredFile | None:
    """The file of a run that has something to do; None for any other."""
    return StoredFile(run.id, run.kind, run.stage, run.file_key, run.sha256) if run.stage in imports.TO_DO else None


def opened(file: StoredFile) -> Opened:
    """Its table, or why there is none; read outside any transaction: a second for which nobody waits."""
    try:
        sheet = parse(storage.read_whole(file.key, file.sha256), MOST_UNPACKED)
    except (storage.Damaged, Wrong) as wrong:
        return wrong
    most = MOST_ROWS[file.kind]
    return Wrong("too_long", most=most) if sheet.filled > most else sheet if sheet.filled else Wrong("empty")


class Tried(NamedTuple):
    """What came of trying a file; None where the mistake was ours."""

    outcome: ImportResult | None


Found = Opened | Journal | Tried


def tried(file: StoredFile, table: Opened, *, at: datetime) -> Found:
    """Try a table where nothing is kept and nobody waits for it; one that is to be brought in is worked out as far as
    can be; what is no table goes on.
    """
    if not isinstance(table, Sheet):
        return table
    if file.stage is ImportStage.running:
        return _ahead(file, table, at=at)
    with trial():
        run = db.session.get_one(ImportRun, file.run_id)
        by = imports.asker(run)
        return table if by is None else Tried(_outcome(run, table, by=by, at=at))


def _ahead(file: StoredFile, table: Sheet, *, at: datetime) -> Sheet | Journal:
    with unscoped():
        run = db.session.get_one(ImportRun, file.run_id)
        by = imports.asker(run)
    try:
        return (
            table if by is None else ahead(file.kind, table, place=run.district_id, answers=run.answers, by=by, at=at)
        )
    except MISTAKES:  # it is told when it is brought in
        return table


def go_on(run_id: int, found: Found, *, at: datetime) -> None:
    """Keep what came of trying a file, or bring it in, in the caller's transaction; a run with nothing to do stays.

    The rights are those that whoever brought it has now: without the role of then nothing is brought in.
    """
    run = locked(ImportRun, run_id)
    if run.stage not in imports.TO_DO:
        return
    by = imports.asker(run)
    if by is None:
        return imports.refuse(run, imports.DISMISSED, at=at)
    if isinstance(found, storage.Damaged):
        return imports.refuse(run, imports.DAMAGED, at=at)
    outcome = found.outcome if isinstance(found, Tried) else _outcome(run, found, by=by, at=at)
    run = locked(ImportRun, run_id)
    if outcome is None:
        return imports.refuse(run, imports.FAILED, at=at)
    db.session.expire_all()
    told = _as_rows(outcome.problems, outcome.sheet), _as_rows(outcome.warnings, outcome.sheet)
    counts = {name: getattr(outcome, name) for name in ("added", "changed", "same")}
    of = {"rows": outcome.rows, "sheet": outcome.sheet.name if outcome.sheet else None}
    return imports.tell(run, counts, *told, **of, by=by, at=at)


def _outcome(run: ImportRun, table: Sheet | Journal | Wrong, *, by: Actor, at: datetime) -> ImportResult | None:
    """What comes of all rows, kept only where that is asked and nothing is wrong; None for a mistake of ours."""
    if isinstance(table, Wrong):
        return ImportResult(problems=[of_file(table, run.file_name)])
    run_id, dry_run = run.id, run.stage is ImportStage.trying
    of = {"name": run.file_name, "place": run.district_id, "answers": run.answers}
    try:
        return bring_in(run.kind, table, **of, by=by, at=at, dry_run=dry_run)
    except MISTAKES as error:
        log.error("import %s: %s", run_id, type(error).__name__)
        return None


def _as_rows(problems: Iterable[Problem], sheet: Sheet | None) -> Iterable[dict[str, Any]]:
    for one in problems:
        of = {"row": one.row, "column": one.column, "cell": one.cell}
        value = _stands(sheet.value(one.row, one.column)) if sheet else None
        yield {**of, "sentence": one.name, "facts": one.facts, "value": value}


def _stands(value: Any) -> str | None:
    """What stands in a cell, as it would be typed."""
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=LOCAL):%d.%m.%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return str(value) if value not in (None, "") else None
