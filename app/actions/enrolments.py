"""A child enters a group, by its head or for a temporary stay, and leaves it for good (spec 3.4.4, 3.6)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select

from app.access.actors import Actor
from app.actions import absences, claims, leaving, norms
from app.actions.moving import move, record
from app.actions.preconditions import begin
from app.actions.seating import first_day
from app.db.database import lock_district
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
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal

ONE_DAY = timedelta(days=1)


def enrol(application: Application, *, by: Actor, at: datetime, until: date | None = None) -> None:
    """S1, S2, spec 3.4.4, 3.5.5, 3.6: the head takes the child in, once the contract is complete or the family came
    with the papers in time. A temporary stay ends then.

    In a sanatorium kindergarten it has a last day: `until`, or else the last one before school age; the usual enrolment
    goes on, its kindergarten is told of an absence. Raises Refusal: not_allowed, too_late, wrong_status (a signature is
    missing), too_old, too_long, wrong_place (`until` of a usual enrolment).
    """
    begin(application, "enrol", by=by, at=at, elsewhere=_attends(application))
    referral, held, first, last = may_enrol(application, by=by, at=at, until=until)
    held.ended_at, held.seat.opened_at = at, None
    db.session.flush()
    attends = leaving.live(application)
    leaving.end_stay(attends.get(Intake.temporary), by=by, at=at, day=first - ONE_DAY)
    usual = attends.get(Intake.general)
    if usual is not None and last is not None:
        lock_district(usual.application.place_id if usual.application else application.place_id)
        name = referral.vacancy.group.kindergarten.name
        absences.go_to_sanatorium(usual, first, last, by=by, at=at, reason=name)
    elif usual is not None:
        leaving.end_elsewhere(usual, by=by, at=at, last=first - ONE_DAY)
    start(application, referral.vacancy, held.seat, voucher=None, by=by, at=at, first=first, last=last)
    move(referral, "use", by=by, at=at, ended_at=at)
    move(application, "enrol", by=by, at=at, tell={"kindergarten": referral.vacancy.group.kindergarten.name})


def may_enrol(
    application: Application, *, by: Actor, at: datetime, until: date | None = None
) -> tuple[Referral, Holding, date, date | None]:
    """The referral, the place that it holds, the first day there and, in a sanatorium kindergarten, the last one.

    Raises Refusal: wrong_status, too_old, too_late, too_long, wrong_place, no_norm.
    """
    referral = claims.current_referral(application)
    by_contract = referral.voucher is not None
    if by_contract and (referral.contract is None or referral.contract.status is not ContractStatus.signed):
        raise Refusal(Reason.wrong_status, verb="enrol")
    held = db.session.scalars(rules.live_holding(application.id, HoldingKind.held)).one()
    first = first_day(held.seat, local_day(at))
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
    kind = HoldingKind.stay if seat.intake is Intake.temporary else HoldingKind.enrolment
    db.session.add(
        Holding(
            seat_id=seat.id,
            kind=kind,
            application_id=application.id,
            enrolment=enrolment,
            started_at=at,
        )
    )
    details = {"group": vacancy.group_id, "started_on": first, "ends_on": last}
    record(enrolment, "enrol", by=by, at=at, details=details)
    return enrolment


def leave(application: Application, *, by: Actor, at: datetime) -> None:
    """Spec 3.6, 3.8: the child goes away for good; this day is its last one there, and its application is archived.

    Raises Refusal: not_allowed, wrong_status.
    """
    day = begin(application, "leave", by=by, at=at)
    enrolment = may_leave(application, by=by, at=at)
    leaving.end(enrolment, verb="leave", by=by, at=at, on=None, last=day)
    move(application, "leave", by=by, at=at, tell={"kindergarten": enrolment.group.kindergarten.name})


def may_leave(application: Application, *, by: Actor, at: datetime) -> Enrolment:
    """Where the child attends on a place of its own. Raises Refusal(wrong_status)."""
    return absences.own_enrolment(application, "leave")


ATTENDED = select(Application.place_id).join(Enrolment, Enrolment.application_id == Application.id)
ATTENDED = ATTENDED.where(Enrolment.child_iin == bindparam("child"), Enrolment.ended_on.is_(None))


def _attends(application: Application) -> Sequence[int]:
    """The districts of the applications by which the child attends now: whoever enrols it may end that, wherever."""
    return db.session.scalars(ATTENDED, {"child": application.child_iin}).all()
