"""One turn of an import: a file is tried, or brought in, as its run says; in a job, or for few rows in a request."""

import logging
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import DataError

from app import storage
from app.actions import imports
from app.extensions import db
from app.files.bringing import bring_in, of_file
from app.files.outcome import Outcome
from app.files.problems import Problem, Wrong
from app.files.spreadsheet import Sheet, parse
from app.models import ImportRun, ImportStage

MISTAKES = (ArithmeticError, AttributeError, DataError, LookupError, TypeError, ValueError)  # ours, not the file's

log = logging.getLogger(__name__)


Opened = Sheet | Wrong | storage.Damaged


class Kept(NamedTuple):
    """Where the file of a run lies, and what it was."""

    run_id: int
    key: str
    sha256: str


def kept(run: ImportRun) -> Kept | None:
    """The file of a run that has something to do; None for any other."""
    return Kept(run.id, run.file_key, run.sha256) if run.stage in imports.TO_DO else None


def opened(file: Kept) -> Opened:
    """Its table, or why there is none; read outside any transaction: a second for which nobody waits."""
    try:
        return parse(storage.read_whole(file.key, file.sha256))
    except (storage.Damaged, Wrong) as wrong:
        return wrong


def go_on(run_id: int, table: Opened, *, at: datetime) -> None:
    """Try the file of a run, or bring it in, in the caller's transaction; a run with nothing to do stays as it is.

    The rights are those that whoever brought it has now: without the role of then nothing is brought in.
    """
    run = imports.locked(run_id)
    if run.stage not in imports.TO_DO:
        return
    by = imports.asker(run)
    if by is None:
        return imports.refuse(run, imports.DISMISSED, at=at)
    if isinstance(table, storage.Damaged):
        return imports.refuse(run, imports.DAMAGED, at=at)
    facts = {"name": run.file_name, "place": run.district_id, "by": by, "at": at}
    try:
        if isinstance(table, Wrong):
            outcome = Outcome(problems=[of_file(table, run.file_name)])
        else:
            outcome = bring_in(run.kind, table, **facts, dry_run=run.stage is ImportStage.trying)
    except MISTAKES as error:
        log.error("import %s: %s", run_id, type(error).__name__)
        return imports.refuse(imports.locked(run_id), imports.FAILED, at=at)
    db.session.expire_all()
    told = map(_told, outcome.problems), map(_told, outcome.warnings)
    counts = {name: getattr(outcome, name) for name in ("added", "changed", "same")}
    return imports.tell(imports.locked(run_id), counts, *told, by=by, at=at)


def _told(problem: Problem) -> dict[str, Any]:
    of = {"row": problem.row, "column": problem.column, "cell": problem.cell}
    return {**of, "sentence": problem.name, "facts": problem.facts}
