"""Spec 3.1, 3.8: what has run out by a day. Selects that the clock executes; narrow() cuts them to what a verb touches.

A last day belongs to the family until 24:00, so everything here compares with `<`: it is due the day after.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, or_, select

from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Contract,
    Enrolment,
    Intake,
    KgGroup,
    Kindergarten,
    Notice,
    Offer,
    OfferStatus,
    Privilege,
    PrivilegeStatus,
    Referral,
    ReferralStatus,
    StopListing,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.rules.calendar import Calendar, start_of_day
from app.rules.deadlines import born_between
from app.rules.queue import QUEUED
from app.rules.refusals import Refusal
from app.rules.verbs import APPLICATION_FINAL

Due = TypeVar("Due", bound=Select[*tuple[Any, ...]])

CONFIRMING = (ApplicationStatus.confirming,)  # the applications of issued vouchers
CHOOSING = (ApplicationStatus.voucher_issued, ApplicationStatus.referred)  # of confirmed ones
RUNNING: dict[type, tuple[ApplicationStatus, ...]] = {
    Voucher: CONFIRMING + CHOOSING,
    Offer: (ApplicationStatus.notified,),
    Referral: (ApplicationStatus.referred,),
    StopListing: (ApplicationStatus.stop_listed,),
    Enrolment: tuple(ApplicationStatus),  # a stay goes on to its end whatever becomes of the application
    Privilege: tuple(status for status in ApplicationStatus if status not in APPLICATION_FINAL),
}

# The notices that ask for an act, by which term.
ASKS = {"issue": "confirm_by", "confirm": "choose_by", "offer": "priority_by"}


def is_(column: Any, *values: Any) -> ColumnElement[bool]:
    """Is it one of these, as the index of what runs out says it? A parameter would leave open which index that is."""
    said = [literal(value, column.type, literal_execute=True) for value in values]
    found: ColumnElement[bool] = column.in_(said) if said[1:] else column == said[0]
    return found


def narrow(due: Due, place_id: int | None = None, application_id: int | None = None) -> Due:
    """The same, of one district or of one application only."""
    if place_id is not None:
        due = due.where(Application.place_id == place_id)
    if application_id is not None:
        due = due.where(Application.id == application_id)
    return due


def to_lapse(today: date) -> Select[int]:
    """S1, 3.4.2: vouchers whose interest was not confirmed in time."""
    return (
        select(Voucher.id)
        .join(Application, Application.id == Voucher.application_id)
        .where(
            is_(Application.status, *CONFIRMING),
            is_(Voucher.status, VoucherStatus.issued),
            Voucher.confirm_by < today,
        )
    )


def to_expire(today: date) -> Select[int]:
    """S1, 3.4.4: confirmed vouchers without a choice, or without the family's signature, by choose_by."""
    return (
        select(Voucher.id)
        .join(Application, Application.id == Voucher.application_id)
        .where(
            is_(Application.status, *CHOOSING),
            is_(Voucher.status, VoucherStatus.confirmed),
            is_(Voucher.kind, Intake.general),
            Voucher.choose_by < today,
            ~_signed(),
        )
    )


def _signed() -> ColumnElement[bool]:
    """S1: the family has signed the contract of this voucher, and so kept its term."""
    signed = exists().where(
        Referral.voucher_id == Voucher.id,
        Contract.referral_id == Referral.id,
        Contract.family_signed_at.is_not(None),
        is_(Referral.status, ReferralStatus.issued),
    )
    return signed.correlate(Voucher)


def to_pass_over(today: date) -> Select[int]:
    """S2, 3.5.2: offers whose priority window is over."""
    return (
        select(Offer.id)
        .join(Application, Application.id == Offer.application_id)
        .where(is_(Offer.status, OfferStatus.live), Offer.priority_by < today)
    )


def to_miss(today: date) -> Select[int]:
    """S2, 3.5.5: referrals with which nobody came in time."""
    return (
        select(Referral.id)
        .join(Application, Application.id == Referral.application_id)
        .where(
            is_(Referral.status, ReferralStatus.issued), is_(Referral.kind, Intake.general), Referral.attend_by < today
        )
    )


def to_release(today: date) -> Select[int]:
    """S2, 3.5.6: times on the stop-list after a missed referral that are over; `hold` has no last day."""
    return (
        select(StopListing.id)
        .join(Application, Application.id == StopListing.application_id)
        .where(StopListing.ended_at.is_(None), StopListing.referral_id.is_not(None), StopListing.until < today)
    )


def privileges_to_expire(today: date) -> Select[int]:
    """Spec 3.3: confirmed privileges whose certificate no longer holds."""
    return (
        select(Privilege.id)
        .join(Application, Application.id == Privilege.application_id)
        .where(is_(Privilege.status, PrivilegeStatus.confirmed), Privilege.valid_until < today)
    )


def stop_lists_to_archive(today: date) -> Select[int]:
    """S1, 3.4.3: times on the stop-list after a voucher whose one restoration was not used."""
    return (
        select(StopListing.id)
        .join(Application, Application.id == StopListing.application_id)
        .where(StopListing.ended_at.is_(None), StopListing.voucher_id.is_not(None), StopListing.until < today)
    )


def stays_past_their_end(today: date) -> Select[int]:
    """S1, 3.6: temporary stays whose last day is over; the child leaves on the next working day after it."""
    return (
        select(Enrolment.id)
        .join(Application, Application.id == Enrolment.application_id)
        .where(Enrolment.ended_on.is_(None), is_(Enrolment.intake, Intake.temporary), Enrolment.ends_on < today)
    )


def vacancies_to_close(today: date) -> Select[int]:
    """S1, 3.6: published temporary places of kindergartens whose last day is over."""
    return (
        select(Vacancy.id)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(is_(Vacancy.status, VacancyStatus.published), Vacancy.ends_on < today)
    )


class Running(NamedTuple):
    """Terms of one kind that still run: the record, its last day, when it began, which count, what tells of them."""

    model: type[Voucher] | type[Offer] | type[Referral] | type[StopListing] | type[Enrolment] | type[Privilege]
    last_day: Any
    began: Any
    condition: ColumnElement[bool]
    template: str = "remind"


def running() -> tuple[Running, ...]:
    """Spec 3.2 notice.reminder: every term that a family has to keep, unless it has done all it has to do by then, and
    the last day of a temporary stay.
    """
    general = is_(Voucher.kind, Intake.general)
    to_confirm = general & is_(Voucher.status, VoucherStatus.issued)
    to_choose = general & is_(Voucher.status, VoucherStatus.confirmed) & ~_signed()
    to_attend = is_(Referral.status, ReferralStatus.issued)
    to_restore = StopListing.ended_at.is_(None) & StopListing.voucher_id.is_not(None)
    for_a_time = Enrolment.ended_on.is_(None) & is_(Enrolment.intake, Intake.temporary)
    confirmed = is_(Privilege.status, PrivilegeStatus.confirmed)
    return (
        Running(Voucher, Voucher.confirm_by, Voucher.issued_on, to_confirm),
        Running(Voucher, Voucher.choose_by, Voucher.confirmed_on, to_choose),
        Running(Offer, Offer.priority_by, Offer.offered_on, is_(Offer.status, OfferStatus.live)),
        Running(Referral, Referral.attend_by, Referral.issued_on, to_attend),
        Running(StopListing, StopListing.until, StopListing.from_on, to_restore),
        Running(Enrolment, Enrolment.ends_on, Enrolment.started_on, for_a_time, "remind_stay"),
        Running(Privilege, Privilege.valid_until, Privilege.decided_at, confirmed, "remind_privilege"),
    )


def asked_for(notice: Notice, today: date) -> Select[int] | None:
    """The records of whose term a notice tells a family, while it runs: of a reminder, to the very day. None for a
    notice that asks for nothing.
    """
    reminds = {term.template for term in running()}
    name = notice.facts.get("term") if notice.template in reminds else ASKS.get(notice.template)
    for term in running():
        if term.last_day.key == name and notice.template in (term.template, *ASKS):
            found = select(term.model.id).join(Application, Application.id == term.model.application_id)
            own = is_(Application.status, *RUNNING[term.model]), Application.id == notice.application_id
            found = found.where(*own, term.condition, term.last_day >= today)
            return found if notice.template in ASKS else found.where(term.last_day == notice.due_on)
    return None


def reminders(days: int, today: date, calendar: Calendar) -> list[tuple[date, date]]:
    """Spec 3.2 notice.reminder: (last day of a term, the day on which one is reminded of it) that have come by today;
    `days`: how many working days before. A last day whose reminder has no calendar is left out.
    """
    found: list[tuple[date, date]] = []
    last, known = today, date(max(calendar.years, default=today.year) + 1, 1, 1)
    while last <= known:
        try:
            on = last
            for _ in range(days):
                on = calendar.previous_working_day(on)
            if on > today:
                break
            found.append((last, on))
        except Refusal:
            pass
        last += timedelta(1)
    return found


def to_remind(term: Running, days: Sequence[tuple[date, date]]) -> Select[int]:
    """The records whose term of this kind ends on one of these last days and of whom nobody was reminded yet; not on
    the very day on which the term was told anyway.
    """
    ends = ((last, start_of_day(on) if term.model is Privilege else on) for last, on in days)
    told = exists().where(
        Notice.application_id == term.model.application_id,
        Notice.template == term.template,
        Notice.due_on == term.last_day,
    )
    return (
        select(term.model.id)
        .join(Application, Application.id == term.model.application_id)
        .where(
            is_(Application.status, *RUNNING[term.model]),
            term.condition,
            or_(false(), *(and_(term.last_day == last, term.began < before) for last, before in ends)),
            ~told.correlate(term.model),
        )
    )


def queued() -> Select[int]:
    """Applications that wait."""
    return select(Application.id).where(is_(Application.status, ApplicationStatus.queued))


def over_age(months: int, last: date) -> Select[Application, date]:
    """S3, spec 3.2 queue.maximum_age: (application, the day since which it waits as it is recorded) of those who waited
    by the day `last`, which is the last on which this age counts or today, and had passed the age before it.
    """
    _, born_by = born_between(months, None, last - timedelta(days=1))
    since = (
        select(func.max(Change.effective_on))
        .where(
            Change.subject == Application.__tablename__,
            Change.subject_id == Application.id,
            or_(Change.status_to == str(ApplicationStatus.queued), Change.verb == "correct"),
        )
        .correlate(Application)
        .scalar_subquery()
    )
    return (
        select(Application, since)
        .where(Application.status == QUEUED, Application.born_on <= born_by)
        .where(since <= last)
        .order_by(Application.id)
    )
