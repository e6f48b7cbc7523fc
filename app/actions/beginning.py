"""What every verb on an application starts with, in the order of spec 3.8."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from app.database import lock_district
from app.models import Application, Referral, StopListing, Voucher
from app.permissions import Actor, Role, permit
from app.rules import eligibility
from app.rules.calendar import local_day

_settled: ContextVar[frozenset[tuple[int, datetime]]] = ContextVar("settled", default=frozenset())


def begin(application: Application, verb: str, *, by: Actor, at: datetime, whole_district: bool = False) -> date:
    """May this actor, is it in time, is what is due done, does its status allow the verb? Returns the local day.

    Takes the district's lock. `whole_district`: the verb looks at other families' vouchers too, so what is due
    on those is done as well. Raises Refusal: not_allowed, too_late, stop_listed, wrong_status.
    """
    permit(by, verb, application)
    lock_district(application.place_id)
    day = local_day(at)
    if not (verb == "sign" and by.role is Role.head):
        eligibility.in_time(
            verb,
            day,
            voucher=latest_voucher(application),
            referral=latest_referral(application),
            stop_listing=latest_stop_listing(application),
        )
    catch_up(at=at, place_id=application.place_id, application_id=None if whole_district else application.id)
    eligibility.right_status(verb, application.status)
    return day


def catch_up(*, at: datetime, place_id: int, application_id: int | None = None) -> None:
    """Spec 3.1: do first what is due in a district, or for one application; the caller holds its lock."""
    from app.actions import clock  # the clock's effects are verbs, and verbs begin here

    if (place_id, at) not in _settled.get():
        clock.catch_up(at=at, place_id=place_id, application_id=application_id)


@contextmanager
def settled(place_ids: Iterable[int], at: datetime) -> Iterator[None]:
    """Inside, verbs at this moment find nothing due in these districts: all that was is done, their locks are held.

    For many verbs of one transaction: to look for each of them costs four times what the verb itself does.
    """
    token = _settled.set(frozenset((place_id, at) for place_id in place_ids))
    try:
        yield
    finally:
        _settled.reset(token)


def latest_voucher(application: Application) -> Voucher | None:
    """The last general voucher of an application: one that became a temporary stay's is no longer general."""
    return next((v for v in reversed(application.vouchers) if v.kind == "general"), None)


def latest_referral(application: Application) -> Referral | None:
    """The last referral of an application that is not one for a time."""
    return next((r for r in reversed(application.referrals) if r.kind == "general"), None)


def latest_stop_listing(application: Application) -> StopListing | None:
    """The last time that an application came to the stop-list."""
    return application.stop_listings[-1] if application.stop_listings else None
