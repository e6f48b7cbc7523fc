"""A child enters a group and leaves it: enrolment by the head, temporary stays and their end (spec 3.4.4, 3.6)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.actions import ending, records, referrals
from app.actions.beginning import begin
from app.actions.moving import move, record
from app.database import lock_district
from app.extensions import db
from app.models import (
    Absence,
    Application,
    ContractStatus,
    Enrolment,
    Holding,
    HoldingKind,
    Intake,
    Seat,
    Vacancy,
    Voucher,
)
from app.permissions import Actor
from app.rules import eligibility
from app.rules import places as rules
from app.rules.refusals import Reason, Refusal


def enrol(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, S2, spec 3.4.4, 3.5.5: the head takes the child in, once the contract is complete or the family came with
    the papers in time.

    A temporary stay ends then. Raises Refusal: not_allowed, too_late, wrong_status (a signature is missing).
    """
    day = begin(application, "enrol", by=by, at=at)
    referral = referrals.current(application)
    by_contract = referral.voucher is not None
    if by_contract and (referral.contract is None or referral.contract.status is not ContractStatus.signed):
        raise Refusal(Reason.wrong_status, verb="enrol")
    held = db.session.scalars(rules.live_holding(application.id, HoldingKind.held)).one()
    held.ended_at, held.seat.opened_at = at, None
    db.session.flush()
    end_stay(application, by=by, at=at, day=day - timedelta(days=1))
    _end_elsewhere(application, by=by, at=at, day=day)
    start(application, referral.vacancy, held.seat, voucher=None, by=by, at=at, day=day)
    move(referral, "use", by=by, at=at, ended_at=at)
    move(application, "enrol", by=by, at=at, tell={"kindergarten": referral.vacancy.group.kindergarten.name})


def start(
    application: Application,
    vacancy: Vacancy,
    seat: Seat,
    *,
    voucher: Voucher | None,
    by: Actor,
    at: datetime,
    day: date,
) -> Enrolment:
    """The child attends from this day: an enrolment, or a stay with its last day, on one seat."""
    enrolment = Enrolment(
        child_id=application.child_id,
        child_iin=application.child_iin,
        application=application,
        group=vacancy.group,
        voucher=voucher,
        intake=vacancy.intake,
        started_on=day,
        ends_on=vacancy.ends_on,
    )
    db.session.add(enrolment)
    record(enrolment, "enrol", by=by, at=at, details={"group": vacancy.group_id, "ends_on": vacancy.ends_on})
    kind = HoldingKind.stay if vacancy.intake is Intake.temporary else HoldingKind.enrolment
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
    """Spec 3.8: the child goes away for good; this day is its last one there, and its application is archived.

    Raises Refusal: not_allowed, wrong_status.
    """
    day = begin(application, "leave", by=by, at=at)
    enrolment = _live(application, Intake.general)
    if enrolment is None:
        raise Refusal(Reason.wrong_status, verb="leave")
    _end(enrolment, verb="leave", by=by, at=at, on=None, last=day)
    move(application, "leave", by=by, at=at, tell={"kindergarten": enrolment.group.kindergarten.name})


def absent(
    application: Application, *, from_on: date, until: date, by: Actor, at: datetime, reason: str | None
) -> Absence:
    """S1, spec 3.6: an enrolled child is away; a temporary place that ends with the absence is drafted for its group.

    Raises Refusal: not_allowed, wrong_status (not enrolled, or away already on one of these days: its one place is
    lent once), reason_required, too_late (over already, or before it begins).
    """
    day = begin(application, "absent", by=by, at=at)
    reason = eligibility.given(reason)
    enrolment = _live(application, Intake.general)
    if enrolment is None:
        raise Refusal(Reason.wrong_status, verb="absent")
    if until < from_on:
        raise Refusal(Reason.too_late, backwards=True)
    eligibility.still_open(until, day)
    overlaps = (Absence.from_on <= until, Absence.until >= from_on)
    if db.session.scalars(select(Absence.id).where(Absence.enrolment_id == enrolment.id, *overlaps)).first():
        raise Refusal(Reason.wrong_status, verb="absent", away=True)
    drafted = Vacancy(group=enrolment.group, intake=Intake.temporary, places=1, ends_on=until)
    away = Absence(enrolment=enrolment, vacancy=drafted, from_on=from_on, until=until, reason=reason)
    records.create(drafted, by=by, at=at)
    db.session.add(away)
    record(enrolment, "absent", by=by, at=at, reason=reason, details={"from_on": from_on, "until": until})
    return away


def expel(stay: Enrolment, *, last: date, by: Actor, at: datetime, on: date) -> None:
    """S1, spec 3.6: on the working day after its `last` day the child leaves and the voucher is annulled."""
    _end(stay, verb="expel", by=by, at=at, on=on, last=last, tell={"ends_on": last})


def end_stay(application: Application, *, by: Actor, at: datetime, day: date) -> None:
    """Spec 3.6: a stay ends early when the child gets another place; `day` is its last day there."""
    stay = _live(application, Intake.temporary)
    if stay is not None:
        _end(stay, verb="leave", by=by, at=at, on=None, last=day)


def _live(application: Application, intake: Intake) -> Enrolment | None:
    """Where the application's child attends now, generally or for a time."""
    attends = select(Enrolment).where(
        Enrolment.child_iin == application.child_iin, Enrolment.intake == intake, Enrolment.ended_on.is_(None)
    )
    return db.session.scalars(attends).first()


def _end_elsewhere(application: Application, *, by: Actor, at: datetime, day: date) -> None:
    """Spec 3.7, 3.8: enrolling elsewhere ends the old enrolment the day before and archives its application."""
    old = _live(application, Intake.general)
    if old is None:
        return
    _end(old, verb="leave", by=by, at=at, on=None, last=day - timedelta(days=1))
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
    """Close the enrolment with its last day, free the seat, annul the voucher of a stay."""
    record(enrolment, verb, by=by, at=at, on=on, details={"ended_on": last}, tell=tell)
    enrolment.ended_on = max(last, enrolment.started_on)
    for holding in db.session.scalars(
        select(Holding).where(Holding.enrolment_id == enrolment.id, Holding.ended_at.is_(None))
    ):
        holding.ended_at = at
    if enrolment.voucher is not None and enrolment.voucher.status in ending.LIVE:
        move(enrolment.voucher, "annul", by=by, at=at, on=on, ended_at=at)
    db.session.flush()
