"""Spec 8, import: a file that an official brings is tried first, then brought in as a whole or not at all.

What it changes, its counts, its problems and its stage are committed together, in a transaction of the caller's, so
whatever is killed loses nothing and does nothing twice. What the file says is read by app/imports.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import accounts, places
from app.actions.moving import plain, record
from app.db.database import locked
from app.db.extensions import db
from app.models import ImportKind, ImportProblem, ImportRun, ImportStage, Outbox
from app.papers import storage
from app.rules.calendar import LOCAL
from app.rules.refusals import Reason, Refusal

TO_DO = (ImportStage.trying, ImportStage.running)
OVER = (ImportStage.done, ImportStage.refused)
PROBLEMS = "problems"  # why nothing was brought in: a row is wrong now that was right when it was tried
DISMISSED, DAMAGED, FAILED = "dismissed", "damaged", "failed"  # where it was no row's fault


def ask(
    kind: ImportKind,
    content: bytes,
    *,
    file_name: str,
    district_id: int | None = None,
    by: Actor,
    at: datetime,
) -> ImportRun:
    """Keep the bytes of a file, which nobody has looked into, and have it tried.

    Raises Refusal(not_allowed), ValueError for nobody's account.
    """
    if by.user_id is None:
        raise ValueError("a file is somebody's")
    run = ImportRun(
        kind=kind,
        district_id=district_id,
        file_name=file_name,
        file_key=f"imports/{at.astimezone(LOCAL):%Y}/{token_hex(16)}",
        sha256=sha256(content).hexdigest(),
        size=len(content),
        rows=0,
        answers={},
        user_id=by.user_id,
        role=str(by.role),
        place_id=places.all_of(by),
        asked_at=at,
    )
    db.session.add(run)
    db.session.flush()
    record(run, "ask", by=by, at=at, details={"kind": kind, "size": run.size, "sha256": run.sha256})
    storage.keep_with_rows(run.file_key, content)
    _queue(run, at)
    return run


def ready() -> ColumnElement[bool]:
    """The files that `start` would bring in, and that would change anything."""
    return and_(ImportRun.stage == ImportStage.tried, ImportRun.problems == 0, ImportRun.added + ImportRun.changed > 0)


def start(run: ImportRun, *, by: Actor, at: datetime) -> None:
    """Whoever brought the file has seen what would follow, and says yes; a second yes changes nothing.

    Raises Refusal: not_allowed (also for another person), wrong_status (it was not tried yet, or something is wrong).
    """
    _theirs(run, "start", by=by)
    if run.stage in (ImportStage.running, *OVER):
        return  # not to wait for whoever is at it
    run = locked(ImportRun, run.id)
    if run.stage is ImportStage.trying or run.problems:
        raise Refusal(Reason.wrong_status, verb="start")
    if run.stage is not ImportStage.tried:
        return
    run.stage, run.started_at = ImportStage.running, at
    record(run, "start", by=by, at=at, details={"kind": run.kind, "rows": run.rows, "sha256": run.sha256})
    _queue(run, at)


def answer(run: ImportRun, answers: Mapping[str, str], *, by: Actor, at: datetime) -> None:
    """Whoever brought the file says what it asked; it is tried again with these answers beside those of before.

    Raises Refusal: not_allowed (also for another person), wrong_status (it is not tried, or is started).
    """
    _theirs(run, "answer", by=by)
    run = locked(ImportRun, run.id)
    if run.stage is not ImportStage.tried:
        raise Refusal(Reason.wrong_status, verb="answer")
    run.stage, run.answers = ImportStage.trying, {**run.answers, **answers}
    record(run, "answer", by=by, at=at, details={"answers": len(answers), "sha256": run.sha256})
    _queue(run, at)


def _theirs(run: ImportRun, verb: str, *, by: Actor) -> None:
    """Nobody but whoever brought a file goes on with it."""
    permit(by, verb, run)
    if run.user_id != by.user_id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb=verb)


def asker(run: ImportRun) -> Actor | None:
    """Whoever brought the file, with the rights of today; None who no longer has the role of then."""
    return accounts.still(run.user_id, run.role)


def tell(
    run: ImportRun,
    counts: Mapping[str, int],
    problems: Iterable[Mapping[str, Any]],
    warnings: Iterable[Mapping[str, Any]],
    *,
    rows: int,
    sheet: str | None,
    by: Actor,
    at: datetime,
) -> None:
    """What came of trying a file, or of bringing it in: `counts` of its rows, and what is wrong, by its cells.

    `rows`: how many the list has; `sheet`: the name of that on which they stand.
    """
    wrong = [{**one, "warning": False} for one in problems]
    found = wrong + [{**one, "warning": True} for one in warnings]
    run.problems, run.warnings = len(wrong), len(found) - len(wrong)
    run.rows, run.sheet = rows, _kept(sheet)[:200] if sheet else None
    run.added, run.changed, run.same = counts["added"], counts["changed"], counts["same"]
    db.session.execute(delete(ImportProblem).where(ImportProblem.import_run_id == run.id))
    if found:
        db.session.execute(insert(ImportProblem), [_problem(run, position, one) for position, one in enumerate(found)])
    if run.stage is ImportStage.trying:
        run.stage, run.tried_at = ImportStage.tried, at
    elif wrong:
        refuse(run, PROBLEMS, at=at)
    else:
        run.stage, run.finished_at = ImportStage.done, at
        record(run, "bring_in", by=by, at=at, details={"kind": run.kind, "sha256": run.sha256, **counts})


def refuse(run: ImportRun, because: str, *, at: datetime) -> None:
    """It is over, and nothing was brought in."""
    run.stage, run.refused_because, run.finished_at = ImportStage.refused, because, at
    db.session.flush()


def _problem(run: ImportRun, position: int, one: Mapping[str, Any]) -> dict[str, Any]:
    """One row of what is wrong; a title that came with a file may hold what no database keeps."""
    facts = {name: _kept(value) for name, value in (plain(one["facts"]) or {}).items()}
    value = _kept(one["value"])[:200] if one["value"] else None
    told = {**one, "cell": _kept(one["cell"])[:200], "facts": facts, "value": value}
    return {**told, "import_run_id": run.id, "position": position}


def _kept(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def _queue(run: ImportRun, at: datetime) -> None:
    db.session.add(Outbox(job="import", import_run_id=run.id, asked_at=at))
