"""What ends with a voucher: the held place, the referral, the contract, the time on the stop-list (spec 3.8)."""

from datetime import date, datetime

from app.access.actors import Actor
from app.actions.moving import move
from app.db.extensions import db
from app.models import (
    Application,
    ContractStatus,
    HoldingKind,
    Intake,
    Offer,
    OfferStatus,
    Referral,
    ReferralStatus,
    Seat,
    VoucherStatus,
)
from app.rules import seats as rules
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
    for voucher in application.vouchers:
        if voucher.kind is Intake.general and voucher.status in LIVE:
            move(voucher, voucher_verb, by=by, at=at, on=on, reason=reason or voucher_verb, ended_at=at)
    free_held_place(application, by=by, at=at, on=on, reason=reason or voucher_verb)
    end_offer(application, by=by, at=at, on=on)
    for listing in application.stop_listings:
        if listing.ended_at is None:
            listing.ended_at, listing.ended_with = at, voucher_verb


def free_held_place(application: Application, *, by: Actor, at: datetime, on: date | None, reason: str) -> None:
    """Free the place that was chosen but not yet entered; its referral is revoked, its contract void."""
    for referral in application.referrals:
        if referral.kind is Intake.general and referral.status is ReferralStatus.issued:
            _revoke(referral, by=by, at=at, on=on, reason=reason)
    holding = db.session.scalars(rules.live_holding(application.id, HoldingKind.held)).first()
    if holding is not None:
        holding.ended_at = at


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


def _revoke(referral: Referral, *, by: Actor, at: datetime, on: date | None, reason: str) -> None:
    if referral.contract and referral.contract.status is not ContractStatus.void:
        move(referral.contract, "void", by=by, at=at, on=on)
    move(referral, "revoke", by=by, at=at, on=on, reason=reason, ended_at=at)
