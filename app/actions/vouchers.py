"""S1, the voucher: issued in a round, confirmed or refused by the family, extended or revoked by the department."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, literal, null, select

from app.access.actors import Actor
from app.access.permissions import kindergarten_of, permit, permit_all
from app.actions import by_hand, claims, norms, numbers, places, two_people
from app.actions.due import catch_up
from app.actions.moving import last_change, move, move_all, notify, notify_all, record, record_all_of
from app.actions.preconditions import begin, in_time, latest_referral, latest_voucher, with_its_signature
from app.actions.seating import Seating, seating, seatings
from app.db.database import in_order, lock_district
from app.db.extensions import db
from app.models import (
    Application,
    Audience,
    Intake,
    Norm,
    QueueCategory,
    QueueKind,
    QueueOrder,
    Round,
    Voucher,
    VoucherStatus,
)
from app.rules import eligibility, matching, queue
from app.rules import seats as rules
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal


def issue_round(place_id: int, *, by: Actor, at: datetime, automatic: bool = False) -> Round:
    """S1, spec 3.4.1: vouchers down the order, to each child with whom every holder could still be seated.

    Raises Refusal: not_allowed, wrong_place (no district, or another procedure), no_calendar, no_norm.
    """
    day = local_day(at)
    permit(by, "issue", Round(place_id=place_id))
    lock_district(place_id)
    voucher_district(place_id, day)
    catch_up(at=at, place_id=place_id)
    order, known = norms.order(place_id, day), last_change()
    stood = seatings(place_id)  # on record, so that the round can be checked later
    lines = _serve(place_id, order, day, stood)
    served = [id_ for line in lines for id_ in line.served]
    held = Round(
        place_id=place_id,
        held_on=day,
        held_at=at,
        queue_order=order,
        after_change_id=known,
        automatic=automatic,
        served=len(served),
        passed=sum(len(line.passed) for line in lines),
    )
    db.session.add(held)
    db.session.flush()
    _issue(served, held, by=by, at=at)
    details = {"served": held.served, "passed": held.passed, "seating": {k: s.as_facts() for k, s in stood.items()}}
    record(held, "issue", by=by, at=at, details=details)
    return held


def issue_out_of_turn(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.8: one child out of turn, with a reason; one official asks, another one approves (proposals.py).

    Raises Refusal: not_allowed, stop_listed, wrong_status (also while it waits for a second person's answer),
    reason_required, wrong_place, too_young, no_free_place, no_calendar.
    """
    begin(application, "issue_out_of_turn", by=by, at=at, whole_district=True)
    two_people.not_asked(application, "issue_out_of_turn")
    reason = eligibility.given(reason)
    may_issue_out_of_turn(application, by=by, at=at)
    held = by_hand.out_of_turn(application, by=by, at=at, reason=reason)
    _issue([application.id], held, by=by, at=at, reason=reason)


def served_in(held: Round) -> list[int]:
    """The applications that got a voucher in a round, in its order."""
    issued = select(Voucher.application_id).where(Voucher.round_id == held.id).order_by(Voucher.id)
    return list(db.session.scalars(issued))


def may_issue_out_of_turn(application: Application, *, by: Actor, at: datetime) -> None:
    """Spec 3.8: is it old enough, without a live voucher, is a place left when all that hold one are seated, and can
    the term to confirm be counted?

    Raises Refusal: wrong_place, too_young, wrong_status, no_free_place, no_norm, no_calendar.
    """
    day = local_day(at)
    voucher_district(application.place_id, day)
    if category(application, day) is None:
        raise Refusal(Reason.too_young)
    if (latest := latest_voucher(application)) and latest.status in claims.LIVE:
        raise Refusal(Reason.wrong_status, verb="issue_out_of_turn")
    pool, holders = seating(application.place_id, application.queue_kind)
    candidate = [(application.id, application.child.born_on.year)]
    if not matching.serve(candidate, free=pool, holders=holders).served:
        raise Refusal(Reason.no_free_place)
    norms.last_day("voucher.confirm", application.place_id, day)


def confirm(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.4.2: the family confirms its interest within two working days and may now choose.

    Raises Refusal: not_allowed, too_late, wrong_status, no_calendar.
    """
    day = begin(application, "confirm", by=by, at=at)
    voucher, choose_by, norm = may_confirm(application, by=by, at=at)
    move(
        voucher,
        "confirm",
        by=by,
        at=at,
        norm=norm,
        confirmed_on=day,
        choose_by=choose_by,
        choose_norm_id=norm.id,
    )
    move(application, "confirm", by=by, at=at, norm=norm, tell={"choose_by": choose_by})


def may_confirm(application: Application, *, by: Actor, at: datetime) -> tuple[Voucher, date, Norm]:
    """What a family would confirm, with the last day to choose that it would begin, and by which norm.

    Raises Refusal: reason_required, too_late (the family's paper), wrong_status, no_norm, no_calendar.
    """
    with_its_signature(application, "confirm", by=by, at=at)
    return live_voucher(application), *norms.last_day("voucher.choose", application.place_id, local_day(at))


def refuse(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.4.2: the family gives the voucher up; the child leaves the queue. Raises Refusal: not_allowed,
    wrong_status.
    """
    begin(application, "refuse", by=by, at=at)
    may_refuse(application, by=by, at=at)
    claims.end_claims(application, voucher_verb="refuse", by=by, at=at)
    move(application, "refuse", by=by, at=at, tell={})


def may_refuse(application: Application, *, by: Actor, at: datetime) -> None:
    """Is there a live voucher, and the family's paper? Raises Refusal: wrong_status, reason_required, too_late."""
    live_voucher(application)
    with_its_signature(application, "refuse", by=by, at=at)


def extend(application: Application, *, until: date, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.4.5: the running term of a live voucher moves to a later day, with a reason; its norm stays on record.

    Raises Refusal: not_allowed, wrong_status, reason_required, too_late (it is over, or ends not later than it runs).
    """
    permit_all(by, "extend", Voucher, application.place_id)
    by = by.for_itself()
    begin(application, "extend", by=by, at=at)
    voucher = may_extend(application, by=by, at=at)
    reason = eligibility.given(reason)
    term = "confirm_by" if voucher.status is VoucherStatus.issued else "choose_by"
    running = getattr(voucher, term)
    eligibility.later(until, running)
    setattr(voucher, term, until)
    record(
        application,
        "extend",
        by=by,
        at=at,
        reason=reason,
        details={term: [running, until]},
        tell={term: until},
    )
    chosen = latest_referral(application)
    if chosen is not None and chosen.voucher_id == voucher.id:  # its kindergarten waits for the signature, too
        there, told = kindergarten_of(chosen), {term: until}
        notify(application, "extend", at=at, facts=told, audience=Audience.kindergarten, kindergarten_id=there)


def may_extend(application: Application, *, by: Actor, at: datetime) -> Voucher:
    """The voucher whose term runs. Raises Refusal: not_allowed, too_late, wrong_status."""
    permit_all(by, "extend", Voucher, application.place_id)
    in_time(application, "extend", local_day(at), of=(Voucher,))
    return live_voucher(application)


def revoke(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.4.5: the department takes a voucher back; the child waits on from its old day, the place is freed.

    Raises Refusal: not_allowed, wrong_status (also when the contract is complete), reason_required.
    """
    permit_all(by, "revoke", Voucher, application.place_id)
    by = by.for_itself()
    begin(application, "revoke", by=by, at=at)
    may_revoke(application, by=by, at=at)
    reason = eligibility.given(reason)
    claims.end_claims(application, voucher_verb="revoke", by=by, at=at, reason=reason)
    move(application, "revoke", by=by, at=at, reason=reason, tell={"reason": reason})


def may_revoke(application: Application, *, by: Actor, at: datetime) -> Voucher:
    """The voucher that would be taken back. Raises Refusal: not_allowed, wrong_status."""
    permit_all(by, "revoke", Voucher, application.place_id)
    return live_voucher(application)


def live_voucher(application: Application) -> Voucher:
    """The live general voucher of an application. Raises Refusal(wrong_status) when there is none."""
    voucher = latest_voucher(application)
    if voucher is None or voucher.status not in claims.LIVE:
        raise Refusal(Reason.wrong_status)
    return voucher


def category(application: Application, day: date) -> QueueCategory | None:
    """Spec 3.3: the queue category of one application on a day, None for a child too young for any."""
    order = norms.order(application.place_id, day)
    return queue.category_of(application.child.born_on, numbers.privilege(application, day), order.categories, day)


def voucher_district(place_id: int, day: date) -> None:
    """A district or city in which vouchers are given on this day. Raises Refusal: wrong_place, no_norm."""
    if places.district_of(place_id) != place_id or norms.procedure(place_id, day) != "voucher":
        raise Refusal(Reason.wrong_place, place=place_id)


def _serve(place_id: int, order: QueueOrder, day: date, stood: Mapping[QueueKind, Seating]) -> list[matching.Served]:
    """Each queue in which a place is free, down its order; all that wait are asked for at once."""
    waiting: dict[str, list[tuple[int, int]]] = {kind: [] for kind, seats in stood.items() if seats.pool}
    if not waiting:
        return []
    bound = {"place_id": place_id, "queue_kinds": list(waiting)}
    for kind, id_, year in db.session.execute(queue.next_in_each(queue.steps(order.categories), day), bound):
        waiting[kind].append((id_, year))
    return [
        matching.serve(waiting[kind], free=seats.pool, holders=seats.holders)
        for kind, seats in stood.items()
        if kind in waiting
    ]


def _issue(ids: Sequence[int], held: Round, *, by: Actor, at: datetime, reason: str | None = None) -> None:
    """Give each application its voucher, in the order of `ids`; all of one district, on one day, by one norm, in a few
    statements.

    With a reason it is out of turn, and the history says so; the family is told the same.
    """
    if not ids:
        return
    verb, day, place_id = "issue_out_of_turn" if reason else "issue", local_day(at), held.place_id
    confirm_by, norm = norms.last_day("voucher.confirm", place_id, day)
    given, id_, position = in_order(ids)
    voucher, its_own = Voucher.__table__.c, select(id_).select_from(given)
    row: dict[str, Any] = {
        "application_id": id_,
        "round_id": literal(held.id),
        "kind": literal(Intake.general, voucher.kind.type),
        "status": literal(VoucherStatus.issued, voucher.status.type),
        "issued_at": literal(at, voucher.issued_at.type),
        "issued_on": literal(day),
        "confirm_by": literal(confirm_by),
        "confirm_norm_id": literal(norm.id),
    }
    db.session.flush()
    issued = insert(Voucher).from_select(list(row), select(*row.values()).order_by(position)).returning(voucher.id)
    vouchers, voucher_id, _ = in_order(sorted(db.session.scalars(issued)))
    new = select(voucher_id).select_from(vouchers)  # by their ids: all that were ever issued are not gone through
    facts: dict[str, Any] = {"by": by, "at": at, "on": day, "place_id": place_id, "norm": norm, "reason": reason}
    where = rules.kindergarten_of(voucher.application_id)
    record_all_of(Voucher, new, verb, status=(null(), voucher.status), kindergarten_id=where, **facts)
    where = rules.kindergarten_of(Application.__table__.c.id)
    move_all(Application, its_own, verb, kindergarten_id=where, **facts)
    notify_all(its_own, "issue", at=at, facts={"confirm_by": confirm_by})
    for known in db.session.identity_map.values():
        if isinstance(known, Application | Voucher):
            db.session.expire(known)
