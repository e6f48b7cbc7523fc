"""What a family holds in its turn, by a voucher, an offer, a referral or a time on the stop-list, and how it ends
(spec 3.5, 3.8).
"""

from datetime import date, datetime

from app.access.actors import Actor
from app.actions import norms, opened, wished
from app.actions.moving import move
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    ContractStatus,
    HoldingKind,
    Intake,
    Norm,
    Offer,
    OfferStatus,
    OnLapse,
    Referral,
    ReferralStatus,
    Seat,
    StopListing,
    VacancyStatus,
    VoucherStatus,
)
from app.rules import seats as rules
from app.rules.reasons import OwnReason
from app.rules.refusals import Reason, Refusal

LIVE = (VoucherStatus.issued, VoucherStatus.confirmed)


def end_claims(
    application: Application,
    *,
    voucher_verb: str,
    by: Actor,
    at: datetime,
    on: date | None = None,
    reason: str | None = None,
) -> None:
    """End the live general voucher by this verb, free the held place, void the contract, leave the stop-list.

    A temporary stay goes on to its end (spec 3.8). Raises Refusal(not_allowed).
    """
    reason = reason or OwnReason(voucher_verb)
    for voucher in application.vouchers:
        if voucher.kind is Intake.general and voucher.status in LIVE:
            move(voucher, voucher_verb, by=by, at=at, on=on, reason=reason, ended_at=at)
    free_held_place(application, by=by, at=at, on=on, reason=reason)
    end_offer(application, by=by, at=at, on=on)
    for listing in application.stop_listings:
        if listing.ended_at is None:
            listing.ended_at, listing.ended_with = at, voucher_verb


def free_held_place(application: Application, *, by: Actor, at: datetime, on: date | None, reason: str | None) -> None:
    """Free the place that was chosen but not yet entered; its referral is revoked, its contract void."""
    for referral in application.referrals:
        if referral.kind is Intake.general and referral.status is ReferralStatus.issued:
            _revoke(referral, by=by, at=at, on=on, reason=reason)
    holding = db.session.scalars(rules.live_holding(application.id, HoldingKind.held)).first()
    if holding is not None:
        holding.ended_at = at
        wished.freed(holding.seat, at=at)


def end_offer(
    application: Application, *, by: Actor, at: datetime, on: date | None = None, verb: str = "end"
) -> Seat | None:
    """End the live offer of an application by this verb, if it has one; returns the seat that it held."""
    offer = live_offer(application)
    if offer is None:
        return None
    move(offer, verb, by=by, at=at, on=on, ended_at=at)
    holding = db.session.scalars(rules.live_holding(application.id, HoldingKind.offer)).one()
    holding.ended_at = at
    db.session.flush()
    return holding.seat


def live_offer(application: Application) -> Offer | None:
    """The offer in whose window an application is, if any."""
    return next((offer for offer in application.offers if offer.status is OfferStatus.live), None)


def current_referral(application: Application) -> Referral:
    """The live general referral of an application. Raises Refusal(wrong_status) when there is none."""
    for referral in reversed(application.referrals):
        if referral.kind is Intake.general and referral.status is ReferralStatus.issued:
            return referral
    raise Refusal(Reason.wrong_status)


def _revoke(referral: Referral, *, by: Actor, at: datetime, on: date | None, reason: str | None) -> None:
    if referral.contract and referral.contract.status is not ContractStatus.void:
        move(referral.contract, "void", by=by, at=at, on=on)
    move(referral, "revoke", by=by, at=at, on=on, reason=reason, tell={}, ended_at=at)


def pass_over(offer: Offer, *, by: Actor, at: datetime, on: date) -> None:
    """S2, spec 3.5.2: the window is over; the child waits on from its old day, the place is a free choice now."""
    application, norm = offer.application, db.session.get_one(Norm, offer.norm_id)
    seat = end_offer(application, by=by, at=at, on=on, verb="pass_over")
    if seat is not None and seat.vacancy is not None and seat.vacancy.status is VacancyStatus.published:
        seat.opened_at = at
        opened.by_lot([seat], at=at)
    move(application, "pass_over", by=by, at=at, on=on, norm=norm, tell={"last_day": offer.priority_by})


def miss(referral: Referral, *, by: Actor, at: datetime, on: date) -> None:
    """S2, spec 3.5.5: nobody came in time; the place is freed, and the child stop-listed or, at the last miss, removed.

    Where the norm says `hold` (S0: "blocked, not deleted") the stop-listing has no end and nobody is removed.
    Raises Refusal: no_norm, no_calendar.
    """
    application, norm = referral.application, referral.attend_norm
    if norm is None:
        raise ValueError("a voucher's referral has no term of its own")
    until, listed_by = None, norm
    final = misses(application) + 1 >= norms.number("referral.misses", application.place_id, on)
    removed = norm.on_lapse is not OnLapse.hold and final
    if norm.on_lapse is not OnLapse.hold and not removed:
        until, listed_by = norms.last_day("referral.stop_list", application.place_id, on)
    move(referral, "miss", by=by, at=at, on=on, norm=norm, ended_at=at)
    holding = db.session.scalars(rules.live_holding(application.id, HoldingKind.held)).one()
    holding.ended_at = at
    wished.freed(holding.seat, at=at)
    to, tell = ApplicationStatus.removed, {"last_day": referral.attend_by, "misses": misses(application)}
    if not removed:
        tell = {"last_day": referral.attend_by, "until": until}
        to = ApplicationStatus.stop_listed
        listing = StopListing(referral_id=referral.id, from_on=on, until=until, norm_id=listed_by.id)
        application.stop_listings.append(listing)
    move(application, "miss", by=by, at=at, on=on, to=to, norm=norm, tell=tell, standing=True)


def misses(application: Application) -> int:
    """How many of its referrals the family has let pass."""
    return sum(referral.status is ReferralStatus.missed for referral in application.referrals)


def let_off(listing: StopListing, *, by: Actor, at: datetime, on: date | None = None) -> None:
    """Spec 3.5.6: back into the queue with the old day."""
    listing.ended_at, listing.ended_with = at, "release"
    move(listing.application, "release", by=by, at=at, on=on, tell={})
