"""Spec 8, bulk: one verb for a selection, tried first, confirmed, then done slice by slice; docs/adr/0010-bulk.md.

A slice is one transaction of the caller: its rows' effects, their outcomes and the run's counts are committed together,
so whatever is killed loses nothing and does nothing twice.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update

from app.access.actors import Actor
from app.access.permissions import alone, of, permit
from app.actions import accounts, dry_run, places, vouchers
from app.actions.bulk_order import in_order, passed_over
from app.actions.dry_run import Order, RowOutcome, tried
from app.actions.due import catch_up, settled
from app.actions.moving import record
from app.db.database import lock_district, locked, taken_back
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Base,
    BulkOutcome,
    BulkRow,
    BulkRun,
    BulkStage,
    Change,
    Intake,
    Norm,
    Outbox,
    Round,
    Voucher,
    VoucherStatus,
)
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal

MOST = 50_000  # rows of one run
SLICE = 100  # rows of one transaction, if its time allows
DISTRICTS = 2  # of one transaction
TO_DO = (BulkStage.previewing, BulkStage.running)
OVER = (BulkStage.done, BulkStage.stopped)
CHANGED, STOPPED, DISMISSED = "changed", "stopped", "dismissed"  # why a row was skipped, or a run stopped
MODELS: dict[str, type[Base]] = {model.__tablename__: model for model in dry_run.VERBS} | {Round.__tablename__: Round}


class Otherwise(Exception):
    """A round would serve others than those whom its page showed."""


def ask(
    model: type[Base],
    verb: str,
    rows: Sequence[tuple[int, int]],
    *,
    by: Actor,
    at: datetime,
    until: date | None = None,
    reason: str | None = None,
    selection: dict[str, Any] | None = None,
) -> BulkRun:
    """Freeze a selection, as (id, application id) in the order of its list, and have it tried.

    It is done district by district; vouchers go in the order of the queue, whatever the list's.
    Raises Refusal: not_allowed, reason_required.
    ValueError for a verb that is not for many, for no row or more than MOST.
    """
    if verb not in dry_run.VERBS.get(model, ()) or not 0 < len(rows) <= MOST or by.user_id is None:
        raise ValueError(f"{verb} of {len(rows)} {model.__tablename__}")
    run = BulkRun(
        subject=model.__tablename__,
        verb=verb,
        until=until,
        reason=eligibility.given(reason) if "reason" in of(model, verb).asks else reason,
        selection=selection,
        user_id=by.user_id,
        role=str(by.role),
        place_id=places.all_of(by),
        selected=len(rows),
        asked_at=at,
    )
    db.session.add(run)
    db.session.flush()
    db.session.execute(
        insert(BulkRow),
        [
            {"bulk_run_id": run.id, "position": position, "subject_id": id_, "application_id": application_id}
            for position, (id_, application_id) in enumerate(in_order(rows, verb, local_day(at)), start=1)
        ],
    )
    record(run, "ask", by=by, at=at, reason=run.reason, details=_told_of(run))
    _queue(run, at)
    return run


def ask_for_round(place_id: int, served: Sequence[int], *, by: Actor, at: datetime) -> BulkRun:
    """S1, spec 3.4.1: have a round of vouchers held in a district, for those whom its page showed: a run of one record
    that is decided as a whole. No page waits for it, and none keeps the others from writing meanwhile.

    Raises Refusal(not_allowed).
    """
    permit(by, "issue", Round(place_id=place_id))
    run = BulkRun(
        subject=Round.__tablename__,
        verb="issue",
        user_id=by.user_id,
        role=str(by.role),
        place_id=place_id,
        selection={"served": list(served)},
        stage=BulkStage.running,
        selected=1,
        asked_at=at,
        started_at=at,
    )
    db.session.add(run)
    record(run, "ask", by=by, at=at, details=_told_of(run))
    _queue(run, at)
    return run


def round_of(run: BulkRun) -> Round | None:
    """The round that a run was asked for, once it was held."""
    held = select(Round).where(
        Round.place_id == run.place_id, Round.held_at == run.finished_at, Round.by_hand.is_(None)
    )
    return db.session.scalars(held.order_by(Round.id.desc()).limit(1)).first() if is_round(run) else None


def is_round(run: BulkRun) -> bool:
    """Is it a round, which is one record, and no verb for many?"""
    return run.subject == Round.__tablename__


def start(run: BulkRun, *, by: Actor, at: datetime) -> None:
    """Whoever asked has seen what would follow, and says yes; a second yes changes nothing.

    Raises Refusal: not_allowed (also for another person, and where another one has to say yes: proposals.py),
    wrong_status (the preview is not ready, or it was stopped).
    """
    permit(by, "start", run)
    run = locked(BulkRun, run.id)
    if run.user_id != by.user_id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="start")
    if run.stage is BulkStage.previewed and not alone(MODELS[run.subject], run.verb, run.selected):
        raise Refusal(Reason.not_allowed, verb="start", second=True)
    _start(run, by=by, at=at)


def start_by_another(run: BulkRun, *, by: Actor, at: datetime, reason: str | None = None) -> None:
    """Spec 3.8: what takes something away from many starts with another official's yes; proposals.py sees to that.

    The selection and the preview were frozen before anybody was asked: another selection is another run, with a yes
    of its own. Raises Refusal: not_allowed, wrong_status (the preview is not ready, or it was started or stopped).
    """
    permit(by, "start", run)
    run = locked(BulkRun, run.id)
    may_start(run, by=by, at=at)
    _start(run, by=by, at=at)


def may_start(run: BulkRun, *, by: Actor, at: datetime) -> None:
    """Is its preview ready, and has nobody started or stopped it? Raises Refusal: not_allowed, wrong_status."""
    permit(by, "start", run)
    if run.stage is not BulkStage.previewed:
        raise Refusal(Reason.wrong_status, verb="start")


def _start(run: BulkRun, *, by: Actor, at: datetime) -> None:
    if run.stage in (BulkStage.running, BulkStage.done):
        return
    if run.stage is not BulkStage.previewed:
        raise Refusal(Reason.wrong_status, verb="start")
    run.stage, run.started_at = BulkStage.running, at
    record(run, "start", by=by, at=at, reason=run.reason, details=_told_of(run))
    _queue(run, at)


def stop(run: BulkRun, *, by: Actor, at: datetime) -> None:
    """What is done stays done, all other rows are skipped; what is over already stays as it is.

    Raises Refusal(not_allowed).
    """
    permit(by, "stop", run)
    run = locked(BulkRun, run.id)
    if run.stage not in OVER:
        _end(run, BulkStage.stopped, STOPPED, at=at)
        record(run, "stop", by=by, at=at, details=_told_of(run))


def go_on(run_id: int, *, at: datetime, enough: Callable[[], bool]) -> bool:
    """Do the next slice of a run, until it is `enough`; returns whether there is more to do now.

    The rights are those that whoever asked has now; without the role of then the run stops.
    """
    run = locked(BulkRun, run_id)
    if run.stage not in TO_DO:
        return False
    by = accounts.still(run.user_id, run.role)
    if by is None:
        _end(run, BulkStage.stopped, DISMISSED, at=at)
        return False
    if is_round(run):
        _hold(run, by=by, at=at)
        return False
    order = Order(MODELS[run.subject], run.verb, run.until, run.reason, by, at)
    if run.stage is BulkStage.previewing:
        _preview(run, order, enough)
    else:
        _do(run, order, enough)
    return run.stage in TO_DO


def _hold(run: BulkRun, *, by: Actor, at: datetime) -> None:
    """The round in one transaction. Where it has become impossible, or would serve others than those whom its page
    showed, nothing of it is done, and the run says why.
    """
    shown, because = (run.selection or {}).get("served"), None
    lock_district(run.place_id)
    try:
        catch_up(at=at, place_id=run.place_id)  # what is due stays done, whatever becomes of the round
        with db.session.begin_nested():
            held = vouchers.issue_round(run.place_id, by=by, at=at)
            if vouchers.served_in(held) != shown:
                raise Otherwise
    except Otherwise:
        because = CHANGED
    except Refusal as refusal:
        because = str(refusal.reason)
    run = locked(BulkRun, run.id)
    run.done = 0 if because else 1
    _end(run, BulkStage.stopped if because else BulkStage.done, because, at=at)


# ---------------------------------------------------------------- one slice


def _preview(run: BulkRun, order: Order, enough: Callable[[], bool]) -> None:
    """Try the next rows, one upon the other as they would be done, and take all of it back."""
    run_id, rows = run.id, _rows(run, after=run.feasible + run.hopeless)
    caught_up = _do_what_is_due(rows, order.at)
    seen = _last_changes(rows)
    told: list[dict[str, Any]] = []
    with taken_back(), settled(caught_up, order.at):
        if order.verb == "issue_out_of_turn":
            _take_what_was_foreseen(run_id, order)
        for row in rows:
            found = tried(order, row.subject_id, keep=True)
            told.append(_row(row.id, found, foreseen=found.outcome, change_id=seen.get(row.application_id)))
            if enough():
                break
    _write(told)
    run = locked(BulkRun, run_id)
    feasible = sum(row["foreseen"] is BulkOutcome.done for row in told)
    run.feasible, run.hopeless = run.feasible + feasible, run.hopeless + len(told) - feasible
    if run.feasible + run.hopeless == run.selected:
        run.stage, run.previewed_at = BulkStage.previewed, order.at
        run.passed = passed_over(run, local_day(order.at)) if order.verb == "issue_out_of_turn" else None


def _do(run: BulkRun, order: Order, enough: Callable[[], bool]) -> None:
    """Do the next rows as they were foreseen. What would go otherwise now is not done, and says so."""
    run_id, rows = run.id, _rows(run, after=run.done + run.refused + run.skipped)
    caught_up = _do_what_is_due(rows, order.at)
    seen = _last_changes(rows)
    told: list[dict[str, Any]] = []
    with settled(caught_up, order.at):
        for row in rows:
            found = _done(order, row, changed=seen.get(row.application_id) != row.change_id)
            told.append(_row(row.id, found, outcome=found.outcome))
            if enough():
                break
    _write(told)
    run = locked(BulkRun, run_id)
    for outcome in (BulkOutcome.done, BulkOutcome.refused, BulkOutcome.skipped):
        count = sum(row["outcome"] is outcome for row in told)
        setattr(run, outcome, getattr(run, outcome) + count)
    if run.done + run.refused + run.skipped == run.selected:
        _end(run, BulkStage.done, None, at=order.at)


def _done(order: Order, row: Any, *, changed: bool) -> RowOutcome:
    """One row for good: what was foreseen as refused stays so; what has changed since is tried, but not done."""
    if row.foreseen is BulkOutcome.refused:
        return RowOutcome(BulkOutcome.refused, row.reason, row.facts)
    found = tried(order, row.subject_id, keep=not changed)
    if changed and found.outcome is BulkOutcome.done:
        return RowOutcome(BulkOutcome.skipped, CHANGED)
    return found


def _rows(run: BulkRun, after: int) -> Sequence[Any]:
    """The next rows of a few districts as plain values, with their locks, taken in one order by everybody.

    They stand district by district, so that a slice keeps few others waiting.
    """
    columns = BulkRow.id, BulkRow.subject_id, BulkRow.application_id, BulkRow.foreseen, BulkRow.reason, BulkRow.facts
    next_ones = (
        select(*columns, BulkRow.change_id, Application.place_id)
        .join(Application, Application.id == BulkRow.application_id)
        .where(BulkRow.bulk_run_id == run.id, BulkRow.position > after)
    )
    rows = db.session.execute(next_ones.order_by(BulkRow.position).limit(SLICE)).all()
    first = sorted(list(dict.fromkeys(row.place_id for row in rows))[:DISTRICTS])
    for place_id in first:
        lock_district(place_id)
    return [row for row in rows if row.place_id in first]


def _do_what_is_due(rows: Sequence[Any], at: datetime) -> list[int]:
    """Spec 3.1: what every verb does first, once for all rows of a district; it is the clock's, and stays.

    Returns the districts in which nothing is due any more; where that fails, each row finds out for itself.
    """
    caught_up = []
    for place_id in dict.fromkeys(row.place_id for row in rows):
        try:
            with db.session.begin_nested():
                catch_up(at=at, place_id=place_id)
        except (Refusal, *dry_run.MISTAKES):
            continue
        caught_up.append(place_id)
    return caught_up


def _last_changes(rows: Sequence[Any]) -> dict[int, int]:
    """The last row of each application's history."""
    of = Change.application_id.in_({row.application_id for row in rows})
    last = select(Change.application_id, func.max(Change.id)).where(of).group_by(Change.application_id)
    return {application_id: change_id for application_id, change_id in db.session.execute(last) if application_id}


def _take_what_was_foreseen(run_id: int, order: Order) -> None:
    """Live vouchers for the rows of earlier slices: each row is tried with the places that those before it left."""
    norm_id = select(func.min(Norm.id)).scalar_subquery()
    voucher = {
        "application_id": BulkRow.application_id,
        "kind": literal(Intake.general, Voucher.__table__.c.kind.type),
        "status": literal(VoucherStatus.issued, Voucher.__table__.c.status.type),
        "issued_at": literal(order.at, Voucher.__table__.c.issued_at.type),
        "issued_on": literal(local_day(order.at)),
        "confirm_by": literal(local_day(order.at)),
        "confirm_norm_id": norm_id,
    }
    foreseen = BulkRow.bulk_run_id == run_id, BulkRow.foreseen == BulkOutcome.done
    db.session.execute(insert(Voucher).from_select(list(voucher), select(*voucher.values()).where(*foreseen)))
    theirs = Application.id.in_(select(BulkRow.application_id).where(*foreseen))
    confirming = update(Application).where(theirs).values(status=ApplicationStatus.confirming)
    db.session.execute(confirming.execution_options(synchronize_session=False))


def _row(id_: int, told: RowOutcome, **more: Any) -> dict[str, Any]:
    return {"id": id_, "reason": told.reason, "facts": told.facts, **more}


def _write(told: list[dict[str, Any]]) -> None:
    if told:
        db.session.execute(update(BulkRow), told)


# ---------------------------------------------------------------- a whole run


def _end(run: BulkRun, stage: BulkStage, because: str | None, *, at: datetime) -> None:
    """All rows that nothing became of are skipped, for this reason."""
    waiting = BulkRow.bulk_run_id == run.id, BulkRow.outcome == BulkOutcome.waiting
    left = run.selected - run.done - run.refused - run.skipped
    if left:
        skipped: dict[str, Any] = {"outcome": BulkOutcome.skipped, "reason": because, "facts": {}}
        db.session.execute(update(BulkRow).where(*waiting).values(skipped))
    run.skipped, run.stopped_because = run.skipped + left, because
    run.stage, run.finished_at = stage, at
    db.session.flush()


def _queue(run: BulkRun, at: datetime) -> None:
    db.session.add(Outbox(job="bulk", bulk_run_id=run.id, asked_at=at))


def _told_of(run: BulkRun) -> dict[str, Any]:
    """What the history keeps of a run."""
    names = ("verb", "subject", "selected", "feasible", "hopeless", "done", "refused", "skipped")
    return {name: getattr(run, name) for name in names if getattr(run, name)}
