"""Whether a paper still holds on a day, whatever the clock has done by then (spec 3.1: a late one changes nothing)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.models import Application, Intake, Referral, ReferralStatus, Voucher, VoucherStatus
from app.rules.calendar import local_day

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PaperState:
    """A paper's state on the day that was asked about.

    `invalid_since`: the first day on which it no longer holds, None while it does. `last_day`: the last one on
    which it holds, None while none is set, or where it was over before its first day.
    """

    last_day: date | None = None
    invalid_since: date | None = None

    @property
    def valid(self) -> bool:
        return self.invalid_since is None


def voucher(paper_of: Voucher, stay: Referral | None, day: date) -> PaperState:
    """S1, spec 3.4: a voucher holds through its running term, or the stay it has become that of; once it is used,
    while the child attends.
    """
    match paper_of.status, paper_of.kind:
        case VoucherStatus.used, _:
            return _used(paper_of, day)
        case VoucherStatus.issued | VoucherStatus.lapsed, _:
            return _through(paper_of.confirm_by, day)
        case VoucherStatus.confirmed, Intake.temporary if stay is not None:
            return _through(stay.ends_on, day)
        case VoucherStatus.confirmed | VoucherStatus.expired, _:
            return _through(paper_of.choose_by, day)
    first = (stay and stay.begins_on) or paper_of.issued_on
    return _ended(first, paper_of.ended_at, stay.ends_on if stay else None)


def referral(paper_of: Referral, day: date) -> PaperState:
    """S0-S2, spec 3.4.4, 3.5.5: a place is held until the family's term to sign or to come is over, for good once it
    has signed, and once its child is enrolled while it attends.

    A temporary referral holds through its last day, unless its voucher is annulled before: a stay goes on to its end,
    whatever becomes of the application (spec 3.8).
    """
    if paper_of.attend_by is not None:
        return _by_turn(paper_of, day)
    voucher, first = paper_of.voucher, paper_of.begins_on or paper_of.issued_on
    if paper_of.status in (ReferralStatus.revoked, ReferralStatus.missed):
        if voucher is not None and voucher.status is VoucherStatus.expired:
            return _through(voucher.choose_by, day)
        return _ended(first, paper_of.ended_at, paper_of.ends_on)
    if paper_of.kind is Intake.temporary:
        if voucher is not None and voucher.status is VoucherStatus.annulled:
            return _ended(first, voucher.ended_at, paper_of.ends_on)
        return _through(paper_of.ends_on, day)
    signed = paper_of.contract is not None and paper_of.contract.family_signed_at is not None
    if paper_of.status is ReferralStatus.used:
        return _attends(paper_of.application, day)
    if signed or voucher is None or voucher.status is VoucherStatus.used:  # used: it is to be signed anew
        return PaperState()
    return _through(voucher.choose_by, day)


def _used(paper_of: Voucher, day: date) -> PaperState:
    """Until the place that it was used for was given up before the child came; or else while the child attends."""
    place = next((one for one in reversed(paper_of.application.referrals) if one.voucher_id == paper_of.id), None)
    if place is not None and place.status is ReferralStatus.revoked:
        return _ended(paper_of.issued_on, place.ended_at, None)
    return _attends(paper_of.application, day)


def _by_turn(paper_of: Referral, day: date) -> PaperState:
    """S2, spec 3.5.5: with it the family comes through attend_by; taken back or missed it no longer holds."""
    if paper_of.status is ReferralStatus.used:
        return _attends(paper_of.application, day)
    if paper_of.status is ReferralStatus.issued:
        return _through(paper_of.attend_by, day)
    return _ended(paper_of.issued_on, paper_of.ended_at, paper_of.attend_by)


def in_the_queue(first_day: date, left_on: date | None) -> PaperState:
    """Until the application left the queue; for good for a reader who may not see since when."""
    if left_on is None:
        return PaperState()
    return PaperState(left_on - ONE_DAY if left_on > first_day else None, left_on)


def _attends(application: Application, day: date) -> PaperState:
    """Spec 3.6, 3.8: through the child's last day where it was enrolled: it left, or a sanatorium has a last day.

    For good for a reader who may not see where it is enrolled.
    """
    enrolment = next((one for one in reversed(application.enrolments) if one.voucher_id is None), None)
    if enrolment is None:
        return PaperState()
    last = enrolment.ended_on or enrolment.ends_on
    if last is not None and last < enrolment.started_on:  # given up before its first day
        return PaperState(None, last + ONE_DAY)
    return _through(last, day)


def _through(last_day: date | None, day: date) -> PaperState:
    if last_day is None or day <= last_day:
        return PaperState(last_day)
    return PaperState(last_day, last_day + ONE_DAY)


def _ended(first_day: date, ended_at: datetime | None, last_day: date | None) -> PaperState:
    """Over since the day it was ended on, or since its last day had passed where that was earlier."""
    days = [local_day(ended_at)] if ended_at else []
    days += [last_day + ONE_DAY] if last_day else []
    since = min(days)
    return PaperState(since - ONE_DAY if since > first_day else None, since)
