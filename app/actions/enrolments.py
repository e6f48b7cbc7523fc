"""A child enters a group and leaves it: enrolment by the head, temporary stays and their end (spec 3.4.4, 3.6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import absences, claims, norms, places
from app.actions.moving import move, record
from app.actions.preconditions import begin
from app.actions.seating import first_day
from app.db.database import lock_district, lock_districts
from app.db.extensions import db
from app.models import (
    Application,
    ContractStatus,
    Enrolment,
    Holding,
    HoldingKind,
    Intake,
    QueueKind,
    Referral,
    Seat,
    Vacancy,
    Voucher,
)
from app.rules import absences as absence_rules
from app.rules import eligibility
from app.rules import seats as rules
from app.rules.refusals import Reason, Refusal

ONE_DAY = timedelta(days=1)


def enrol(application: Application, *, by: Actor, at: datetime, until: date | None = None) -> None:
    """S1, S2, spec 3.4.4, 3.5.5, 3.6: the head takes the child in, once the contract is complete or the family came
    with the papers in time. A temporary stay ends then.

    In a sanatorium kindergarten it has a last day: `until`, or else the last one before school age; the usual enrolment
    goes on, its kindergarten is told of an absence. Raises Refusal: not_allowed, too_late, wrong_status (a signature is
    missing), too_old, too_long, wrong_place (`until` of a usual enrolment).
    """
    permit(by, "enrol", application)
    lock_districts(places.districts(application, *_attends(application)))
    day = begin(application, "enrol", by=by, at=at)
    referral, held, first, last = _way_in(application, day, until)
    held.ended_at, held.seat.opened_at = at, None
    db.session.flush()
    end_stay(application, by=by, at=at, day=first - ONE_DAY)
    usual = _live(application, Intake.general)
    if usual is not None and last is not None:
        lock_district(usual.application.place_id if usual.application else application.place_id)
        name = referral.vacancy.group.kindergarten.name
        absences.go_to_sanatorium(usual, first, last, by=by, at=at, reason=name)
    elif usual is not None:
        _end_elsewhere(usual, by=by, at=at, last=first - ONE_DAY)
    start(application, referral.vacancy, held.seat, voucher=None, by=by, at=at, first=first, last=last)
    move(referral, "use", by=by, at=at, ended_at=at)
    move(application, "enrol", by=by, at=at, tell={"kindergarten": referral.vacancy.group.kindergarten.name})


def may_enrol(application: Application, day: date) -> None:
    """Is all there that the head enrols by? Raises Refusal: wrong_status, too_old."""
    _way_in(application, day, None)


def _way_in(application: Application, day: date, until: date | None) -> tuple[Referral, Holding, date, date | None]:
    """The referral, the place that it holds, the first day there and, in a sanatorium kindergarten, the last one."""
    referral = claims.current_referral(application)
    by_contract = referral.voucher is not None
    if by_contract and (referral.contract is None or referral.contract.status is not ContractStatus.signed):
        raise Refusal(Reason.wrong_status, verb="enrol")
    held = db.session.scalars(rules.live_holding(application.id, HoldingKind.held)).one()
    first = first_day(held.seat, day)
    return referral, held, first, _last_day(application, referral.vacancy, first, until)


def _last_day(application: Application, vacancy: Vacancy, first: date, until: date | None) -> date | None:
    """Spec 3.6: an enrolment in a sanatorium kindergarten has a last day, before school age; no other one has any."""
    if vacancy.group.kindergarten.queue_kind is not QueueKind.sanatorium:
        if until is not None:
            raise Refusal(Reason.wrong_place, part="until")
        return None
    months = norms.number("queue.maximum_age", application.place_id, first)
    eligibility.not_too_old(application.born_on, first, months)
    if until is not None and until < first:
        raise Refusal(Reason.too_late, backwards=True)
    school = absence_rules.last_before_school(application.born_on, months)
    eligibility.not_too_long(until or school, school)
    return until or school


def start(
    application: Application,
    vacancy: Vacancy,
    seat: Seat,
    *,
    voucher: Voucher | None,
    by: Actor,
    at: datetime,
    first: date,
    last: date | None,
) -> Enrolment:
    """The child attends from its `first` day on: an enrolment, or a stay with its `last` day, on one seat."""
    enrolment = Enrolment(
        child_id=application.child_id,
        child_iin=application.child_iin,
        application=application,
        group=vacancy.group,
        voucher=voucher,
        intake=Intake.general if last is None else Intake.temporary,
        started_on=first,
        ends_on=last,
    )
    db.session.add(enrolment)
    details = {"group": vacancy.group_id, "started_on": first, "ends_on": last}
    record(enrolment, "enrol", by=by, at=at, details=details)
    kind = HoldingKind.stay if seat.intake is Intake.temporary else HoldingKind.enrolment
    db.session.add(
        Holding(
            seat_id=seat.id,
            kind=kind,
            application_id=application.id,
            enrolment_id=enrolment.id,
            started_at=at,
        )
    )
    db.session.flush()
    return enrolment


def leave(application: Application, *, by: Actor, at: datetime) -> None:
    """Spec 3.6, 3.8: the child goes away for good; this day is its last one there, and its application is archived.

    Raises Refusal: not_allowed, wrong_status.
    """
    day = begin(application, "leave", by=by, at=at)
    enrolment = absences.own_enrolment(application, "leave")
    _end(enrolment, verb="leave", by=by, at=at, on=None, last=day)
    move(application, "leave", by=by, at=at, tell={"kindergarten": enrolment.group.kindergarten.name})


def expel(stay: Enrolment, *, last: date, by: Actor, at: datetime, on: date) -> None:
    """S1, spec 3.6: on the working day after its `last` day the child leaves and the voucher is annulled.

    What ends so in a sanatorium kindergarten is an enrolment of its own: its application is archived.
    """
    if not _is_own(stay):
        return _end(stay, verb="expel", by=by, at=at, on=on, last=last, tell={"ends_on": last})
    _end(stay, verb="leave", by=by, at=at, on=on, last=last)
    if stay.application is not None:
        move(stay.application, "leave", by=by, at=at, on=on, tell={"kindergarten": stay.group.kindergarten.name})


def end_stay(application: Application, *, by: Actor, at: datetime, day: date) -> None:
    """Spec 3.6: a stay ends early when the child gets another place; `day` is its last day there."""
    stay = _live(application, Intake.temporary)
    if stay is not None and _is_own(stay):
        _end_elsewhere(stay, by=by, at=at, last=day)
    elif stay is not None:
        _end(stay, verb="leave", by=by, at=at, on=None, last=day)


def _attends(application: Application) -> Sequence[Application]:
    """The applications by which the child attends now: whoever enrols it may end that, in whatever district it is."""
    by = select(Application).join(Enrolment, Enrolment.application_id == Application.id)
    attends = Enrolment.child_iin == application.child_iin, Enrolment.ended_on.is_(None)
    return db.session.scalars(by.where(*attends)).all()


def _live(application: Application, intake: Intake) -> Enrolment | None:
    """Where the application's child attends now, generally or for a time."""
    attends = select(Enrolment).where(
        Enrolment.child_iin == application.child_iin, Enrolment.intake == intake, Enrolment.ended_on.is_(None)
    )
    return db.session.scalars(attends).first()


def _is_own(stay: Enrolment) -> bool:
    """Is it an enrolment with a last day, in a sanatorium kindergarten, rather than a stay in a lent place?"""
    return stay.voucher is None


def _end_elsewhere(old: Enrolment, *, by: Actor, at: datetime, last: date) -> None:
    """Spec 3.7, 3.8: enrolling elsewhere ends the old enrolment the day before and archives its application."""
    _end(old, verb="leave", by=by, at=at, on=None, last=last)
    if old.application is not None:
        lock_district(old.application.place_id)
        there = replace(by, kindergarten_id=old.group.kindergarten_id)  # it follows, though this head is not theirs
        move(old.application, "leave", by=there, at=at)


def _end(
    enrolment: Enrolment,
    *,
    verb: str,
    by: Actor,
    at: datetime,
    on: date | None,
    last: date,
    tell: dict[str, date] | None = None,
) -> None:
    """Close the enrolment with its last day, free the seat, annul the voucher of a stay.

    What is given up before its first day was never attended; an enrolment for good has at least one day.
    """
    record(enrolment, verb, by=by, at=at, on=on, details={"ended_on": last}, tell=tell)
    first = enrolment.started_on
    enrolment.ended_on = max(last, first) if enrolment.ends_on is None else min(last, enrolment.ends_on)
    for holding in db.session.scalars(
        select(Holding).where(Holding.enrolment_id == enrolment.id, Holding.ended_at.is_(None))
    ):
        if holding.kind is HoldingKind.stay:
            holding.ended_at = at
            db.session.flush()
            absences.end_stay_in(holding.seat, enrolment.ended_on, at=at)
        else:
            absences.keep_or_free(enrolment, holding, enrolment.ended_on, by=by, at=at)
    if enrolment.voucher is not None and enrolment.voucher.status in claims.LIVE:
        move(enrolment.voucher, "annul", by=by, at=at, on=on, ended_at=at)
    db.session.flush()
