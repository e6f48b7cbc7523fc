"""Spec 3.4-3.8: why a verb is refused. Each function takes facts and returns nothing or raises the Refusal."""

from datetime import date, datetime

from app.models import (
    Application,
    KgGroup,
    Kindergarten,
    Ownership,
    Referral,
    SignedInBy,
    StopListing,
    Vacancy,
    Voucher,
)
from app.models import (
    ApplicationStatus as A,
)
from app.models import (
    ReferralStatus as R,
)
from app.models import (
    VoucherStatus as V,
)
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import VERBS

OF_A_REFERRAL = frozenset({"enrol", "extend"})  # what may belong to the term of a referral


def in_time(
    verb: str, day: date, *, voucher: Voucher | None, referral: Referral | None, stop_listing: StopListing | None
) -> None:
    """Spec 3.8: too_late when the term that the verb belongs to has passed, clock or no clock.

    `voucher` and `referral` are the last general ones of the application, `stop_listing` its last, each None where it
    has no say any more; `sign` is the family's, `extend` is of the one that is given.
    """
    if verb in OF_A_REFERRAL and referral and referral.status in (R.issued, R.missed):
        last = referral.attend_by
    else:
        last = last_day(verb, voucher, stop_listing)
    if last is not None and day > last:
        raise Refusal(Reason.too_late, last_day=last)


def last_day(verb: str, voucher: Voucher | None, stop_listing: StopListing | None) -> date | None:
    """S1, spec 3.4: the last day of the term that a verb belongs to; None for a verb without a running or missed
    term.
    """
    if verb in ("confirm", "extend") and voucher and voucher.status in (V.issued, V.lapsed):
        return voucher.confirm_by
    if verb in ("choose", "sign", "extend") and voucher and voucher.status in (V.confirmed, V.expired):
        return voucher.choose_by
    if verb == "restore" and stop_listing and stop_listing.voucher_id and stop_listing.ended_with in (None, "archive"):
        return stop_listing.until
    return None


def within_hours(at: datetime, until: datetime | None) -> None:
    """S2, spec 3.5.5: the family takes a referral back within 24 hours, the last moment included."""
    if until is not None and at > until:
        raise Refusal(Reason.too_late, last_day=local_day(until))


def right_status(verb: str, status: A) -> None:
    """Spec 3.6, 3.8: stop_listed before wrong_status; nothing is issued, offered or chosen on the stop-list.

    A verb that moves no application asks for the status of the right that it is about.
    """
    source = VERBS[Application][verb].source
    if status is A.stop_listed and A.queued in source and A.stop_listed not in source:
        raise Refusal(Reason.stop_listed)
    if source and status not in source:
        raise Refusal(Reason.wrong_status, status=str(status), verb=verb)


def given(reason: str | None, *parts: str) -> str:
    """Spec 3.7: a reason where one is required; blanks are none. `parts`: what an official accepts with it."""
    if not (reason or "").strip():
        raise Refusal(Reason.reason_required, **{"parts": parts} if parts else {})
    return str(reason).strip()


def has_places(kindergarten: Kindergarten) -> bool:
    """Spec 3.8: a private kindergarten without state order has no places for this queue (places.has_places)."""
    return kindergarten.ownership is not Ownership.private or kindergarten.state_order


def costs_standing(vacancy: Vacancy) -> bool:
    """S0, S2, spec 3.5.3: is it a private place, by whose choice the standing in the state queue is lost?"""
    return vacancy.group.kindergarten.ownership is Ownership.private


def signed_paper(signed_on: date | None, right_began_on: date, day: date) -> None:
    """Spec 3.8: what an official does for a family at the counter follows from a paper that the family signed.

    Raises Refusal: reason_required without its day, too_late for a day to come, or before the right that the act uses
    began (spec 3.12).
    """
    if signed_on is None:
        raise Refusal(Reason.reason_required, part="paper_on", paper=True)
    if signed_on > day:
        raise Refusal(Reason.too_late, part="paper_on", to_come=True)
    if signed_on < right_began_on:
        raise Refusal(Reason.too_late, part="paper_on", began_on=right_began_on)


def signed_in(signs_in: SignedInBy | None, signed: bool, asked: SignedInBy) -> None:
    """Spec 3.10: a family's act stands on its entry by a code, or, where the norm asks for a key, on a signature over
    the text of the act. Raises Refusal(signature_required).
    """
    if signs_in is None or (asked is SignedInBy.key and not (signs_in is SignedInBy.key and signed)):
        raise Refusal(Reason.signature_required)


def in_birth_years(born_on: date, group: KgGroup) -> None:
    """Spec 3.3: a place serves the birth years of its group."""
    if not group.birth_year_from <= born_on.year <= group.birth_year_to:
        raise Refusal(
            Reason.wrong_birth_year,
            birth_year=born_on.year,
            years=(group.birth_year_from, group.birth_year_to),
        )


def not_too_young(born_on: date, day: date, minimum_months: int) -> None:
    """S0, S2, spec 3.2 state_order.minimum_age, referral.minimum_age: on the day of choice."""
    if age_in_months(born_on, day) < minimum_months:
        raise Refusal(Reason.too_young, months=minimum_months)


def born(born_on: date, day: date) -> None:
    """Nobody is put into the queue before birth: a day to come is a slip of the pen."""
    if born_on > day:
        raise Refusal(Reason.too_young, part="born_on", to_come=True)


def not_too_old(born_on: date, day: date, maximum_months: int) -> None:
    """S3, spec 3.2 queue.maximum_age: an older child is not put into the queue."""
    if age_in_months(born_on, day) >= maximum_months:
        raise Refusal(Reason.too_old, months=maximum_months)


def later(until: date, running: date) -> None:
    """Spec 3.4.5: an extended term ends on a later day than before."""
    if until <= running:
        raise Refusal(Reason.too_late, last_day=running, not_later=True)


def not_too_long(until: date, last: date) -> None:
    """S2, spec 3.5.5: an extension reaches no further than referral.extension says, from the day it is granted."""
    if until > last:
        raise Refusal(Reason.too_long, last_day=last)


def times_left(used: int, allowed: int) -> None:
    """S1, S2, spec 3.4.3, 3.5.5: no more often than voucher.restorations, or referral.extensions, says."""
    if used >= allowed:
        raise Refusal(Reason.already_used, times=allowed)


def still_open(ends_on: date | None, day: date) -> None:
    """S1, spec 3.6: a temporary place can be published and chosen up to its last day."""
    if ends_on is not None and day > ends_on:
        raise Refusal(Reason.too_late, last_day=ends_on)


def signed_once(signed_at: datetime | None) -> None:
    """S1, spec 3.4.4: nobody signs the same contract twice."""
    if signed_at is not None:
        raise Refusal(Reason.wrong_status, verb="sign")
