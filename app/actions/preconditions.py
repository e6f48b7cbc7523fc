"""What every verb on an application starts with, in the order of spec 3.8."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.access.actors import Actor
from app.access.permissions import of, permit
from app.actions import due, norms
from app.db.database import lock_district, read_again
from app.db.extensions import db
from app.models import Application, ApplicationStatus, Change, Referral, Signature, SignedInBy, StopListing, Voucher
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.roles import Role
from app.rules.seats import ITS_KINDERGARTEN
from app.rules.verbs import VERBS, Verb

WAITING = tuple(map(joinedload, (Application.vouchers, Application.referrals, Application.offers)))
ITS_PLACE = joinedload(Referral.vacancy).options(ITS_KINDERGARTEN)
REFERRED = (*WAITING, joinedload(Application.referrals).options(joinedload(Referral.contract), ITS_PLACE))
SOME = "…"  # stands for a reason that is yet to be typed, where a page asks whether a verb would be accepted


def begin(
    application: Application,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    whole_district: bool = False,
    elsewhere: Iterable[int] = (),
) -> date:
    """May this actor, is it in time, is what is due done, does its status allow the verb? Returns the local day.

    Takes the district's lock. `whole_district`: the verb looks at other families' vouchers too, so what is due
    on those is done as well; `elsewhere`: districts in which it may end others, too. What only this verb asks is its
    own `may_...`, which a page asks too (possible.py).

    Raises Refusal: not_allowed, too_late, stop_listed, wrong_status.
    """
    permit(by, verb, application)
    place_id, whose = application.place_id, None if whole_district else application.id
    related = REFERRED if application.status is ApplicationStatus.referred else WAITING
    might_be_due = due.what(at=at, place_id=place_id, application_id=whose)  # before the lock, for which others wait
    lock_district(place_id, *elsewhere)
    read_again(application, *related)
    due.do(might_be_due, at=at)
    return may_begin(application, verb, by=by, at=at)


def may_begin(application: Application, verb: str, *, by: Actor, at: datetime) -> date:
    """Spec 3.8, by the verb's row: its term, then the status. Returns the local day.

    Raises Refusal: too_late, stop_listed, wrong_status.
    """
    day = local_day(at)
    if by.role in VERBS[Application][verb].term:
        in_time(application, verb, day)
    eligibility.right_status(verb, application.status)
    return day


def in_time(application: Application, verb: str, day: date, of: tuple[type, ...] = (Voucher, Referral)) -> None:
    """Spec 3.8, 3.12: too_late when the term that the verb belongs to is over, recorded or not.

    What is due is done first: two terms may have passed while the clock was down. `of`: whose terms the verb may
    belong to; `extend` is of either. Raises Refusal(too_late).
    """
    voucher, referral, listing = (
        latest_voucher(application) if Voucher in of else None,
        latest_referral(application) if Referral in of and verb in eligibility.OF_A_REFERRAL else None,
        latest_stop_listing(application) if verb == "restore" else None,
    )
    listed_by = next((v for v in application.vouchers if listing and v.id == listing.voucher_id), None)
    runs = voucher is not None and eligibility.last_day(verb, voucher, None) is not None
    eligibility.in_time(  # what has ended is asked for its say only where the verb belongs to its term
        verb,
        day,
        voucher=voucher if runs and voucher and has_say(voucher) else None,
        referral=referral if referral and has_say(referral) else None,
        stop_listing=listing if listed_by and has_say(listed_by) else None,
    )


def has_say(right: Voucher | Referral) -> bool:
    """Spec 3.2: an ended voucher or referral has no say in later terms: those that begin when the child waits again."""
    if right.ended_at is None:
        return True
    ended = select(func.max(Change.id)).where(
        Change.subject == right.__tablename__, Change.subject_id == right.id, Change.status_to.is_not(None)
    )
    waits_again = select(Change.id).where(
        Change.application_id == right.application_id,
        Change.subject == Application.__tablename__,
        Change.status_to == ApplicationStatus.queued,
        Change.id > ended.scalar_subquery(),
    )
    return db.session.scalars(waits_again.limit(1)).first() is None


def with_its_signature(
    application: Application,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    norm: str | None = None,
    row: Verb | None = None,
) -> None:
    """Spec 3.8, 3.10: a family's act stands on its entry by a code or on a signature, as sign.<verb> says; an official
    who acts for it names the day on which it signed its paper. `norm`: sign.<norm> says it,
    where another act is meant or done with it; `row`: of a verb that is not the application's own.

    Nothing is asked of an office that acts in its own right. Raises Refusal: signature_required, no_norm;
    reason_required (no day is named), too_late (a day to come, or before the right that the verb uses began).
    """
    if by.role is Role.family and not by.on_paper:
        visitor = by.visitor
        asked = sign_in(norm or verb, application.place_id, local_day(at))
        signed = visitor is not None and _is_signed(visitor.signature_id, application, verb)
        eligibility.signed_in(visitor.sign_in if visitor else None, signed, asked)
    elif by.stands_for_family(row or of(Application, verb)):
        eligibility.signed_paper(by.paper_on, _right_began_on(application, verb), local_day(at))


def _is_signed(signature_id: int | None, application: Application, verb: str) -> bool:
    """Is it a signature of just this act?"""
    found = db.session.get(Signature, signature_id) if signature_id is not None else None
    return found is not None and (found.verb, found.application_id) == (verb, application.id)


def sign_in(verb: str, place_id: int, day: date) -> SignedInBy:
    """Spec 3.10: with what a family signs in for this act of its own on this day. Raises Refusal(no_norm)."""
    return SignedInBy(norms.in_force(f"sign.{verb}", place_id, day).value)


def _right_began_on(application: Application, verb: str) -> date:
    """Since when a family has had the right that a verb uses: by its voucher, offer, referral or stop-listing, or else
    since it has been waiting."""
    voucher, referral = latest_voucher(application), latest_referral(application)
    began: date | None = None
    if verb in ("confirm", "refuse") and voucher:
        began = voucher.issued_on
    elif verb == "choose":
        offered = next((offer.offered_on for offer in application.offers if offer.ended_at is None), None)
        began = offered or (voucher.confirmed_on if voucher and voucher.ended_at is None else None)
    elif verb in ("sign", "extend", "revoke") and referral:
        began = referral.issued_on
    elif verb == "restore" and application.stop_listings:
        began = application.stop_listings[-1].from_on
    return began or local_day(application.queued_at)


def latest_voucher(application: Application) -> Voucher | None:
    """The last general voucher of an application: one that became a temporary stay's is no longer general."""
    return next((v for v in reversed(application.vouchers) if v.kind == "general"), None)


def latest_referral(application: Application) -> Referral | None:
    """The last referral of an application that is not one for a time."""
    return next((r for r in reversed(application.referrals) if r.kind == "general"), None)


def latest_stop_listing(application: Application) -> StopListing | None:
    """The last time that an application came to the stop-list."""
    return application.stop_listings[-1] if application.stop_listings else None
