"""Which verbs an actor could do to an application now: what its page offers. The verbs themselves still decide."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.actions import absences, applications, choosing, ending, norms, referrals, vouchers
from app.actions.beginning import latest_stop_listing, latest_voucher
from app.extensions import db
from app.models import Application, ApplicationStatus, Contract, ContractStatus, Proposal, Referral, Voucher
from app.permissions import MAY, Actor, Role, permit
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Refusal


def verbs(application: Application, *, by: Actor, at: datetime) -> list[str]:
    """The verbs that role, scope, status and records allow, in the order in which people meet them."""
    return [verb for verb, ready in VERBS.items() if _allowed(application, verb, by) and ready(application, by, at)]


def by_voucher(application: Application) -> bool:
    """Is it a voucher that extend and revoke would be about? Else it is the referral (spec 3.8)."""
    voucher = latest_voucher(application)
    return voucher is not None and voucher.status in ending.LIVE


def right(application: Application) -> Any:
    """What extend and revoke of an application are about: the actions of its voucher, or else of its referral."""
    return vouchers if by_voucher(application) else referrals


def _allowed(application: Application, verb: str, by: Actor) -> bool:
    try:
        permit(by, verb, application)
        eligibility.right_status(verb, application.status)
    except Refusal:
        return False
    return True


def _always(_application: Application, _by: Actor, _at: datetime) -> bool:
    return True


def _asked_already(application: Application) -> bool:
    """Does something about it wait for a second person?"""
    waiting = select(Proposal.id).where(Proposal.application_id == application.id, Proposal.decided_at.is_(None))
    return db.session.scalars(waiting).first() is not None


def _may_issue(application: Application, _by: Actor, at: datetime) -> bool:
    return not _asked_already(application) and norms.procedure(application.place_id, local_day(at)) == "voucher"


def _may_choose(application: Application, _by: Actor, at: datetime) -> bool:
    """S0: without a voucher the button is there only where there is something to choose."""
    if application.status is ApplicationStatus.voucher_issued:
        return True
    return bool(choosing.choices(application, local_day(at)))


def _may_restore(application: Application, _by: Actor, _at: datetime) -> bool:
    listing = latest_stop_listing(application)
    return listing is not None and listing.voucher_id is not None and listing.ended_at is None


def _may_release(application: Application, by: Actor, _at: datetime) -> bool:
    """What is blocked without end (S0) the department alone releases."""
    listing = latest_stop_listing(application)
    if listing is None or listing.referral_id is None or listing.ended_at is not None:
        return False
    return listing.until is not None or by.role is Role.department


def _may_extend(application: Application, by: Actor, at: datetime) -> bool:
    if by_voucher(application):
        return by.role in MAY[Voucher]["extend"]
    referral = _live_referral(application)
    if referral is None or referral.attend_by is None or local_day(at) > referral.attend_by:
        return False
    return referral.extensions < norms.number("referral.extensions", application.place_id, local_day(at))


def _may_revoke(application: Application, by: Actor, at: datetime) -> bool:
    """S2: a family, and whoever only stands for it, has its hours; an office may at any time."""
    if by_voucher(application):
        return by.role in MAY[Voucher]["revoke"]
    referral = _live_referral(application)
    if referral is None or referral.revocable_until is None:
        return False
    return by.role not in (Role.family, Role.operator) or at <= referral.revocable_until


def _may_refuse(application: Application, _by: Actor, _at: datetime) -> bool:
    return by_voucher(application)


def _may_sign(application: Application, by: Actor, _at: datetime) -> bool:
    contract = _contract(application)
    if contract is None or contract.status is ContractStatus.void:
        return False
    return (contract.head_signed_at if by.role is Role.head else contract.family_signed_at) is None


def _may_enrol(application: Application, _by: Actor, at: datetime) -> bool:
    referral = _live_referral(application)
    if referral is not None and referral.attend_by is not None:
        return local_day(at) <= referral.attend_by
    contract = _contract(application)
    return contract is not None and contract.status is ContractStatus.signed


def _may_reinstate(application: Application, _by: Actor, _at: datetime) -> bool:
    return not _asked_already(application) and not applications.left(application)


def _attends(application: Application, _by: Actor, _at: datetime) -> bool:
    return application.status is ApplicationStatus.enrolled


def _may_return(application: Application, _by: Actor, at: datetime) -> bool:
    return absences.may_come_back(application, local_day(at))


def _live_referral(application: Application) -> Referral | None:
    try:
        return referrals.current(application)
    except Refusal:
        return None


def _contract(application: Application) -> Contract | None:
    referral = _live_referral(application)
    return referral.contract if referral is not None else None


VERBS: dict[str, Callable[[Application, Actor, datetime], bool]] = {
    "confirm": _always,
    "choose": _may_choose,
    "sign": _may_sign,
    "enrol": _may_enrol,
    "refuse": _may_refuse,
    "restore": _may_restore,
    "release": _may_release,
    "issue_out_of_turn": _may_issue,
    "extend": _may_extend,
    "revoke": _may_revoke,
    "absent": _attends,
    "return": _may_return,
    "leave": _attends,
    "archive": _always,
    "withdraw": _always,
    "reinstate": _may_reinstate,
}
