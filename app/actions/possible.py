"""Which verbs an actor could do to an application now: what its page offers. The verbs themselves still decide."""

from collections.abc import Callable

from app.actions import ending
from app.actions.beginning import latest_stop_listing, latest_voucher
from app.actions.referrals import current
from app.models import Application, ApplicationStatus, Contract, ContractStatus
from app.permissions import Actor, Role, permit
from app.rules import eligibility
from app.rules.refusals import Refusal


def verbs(application: Application, *, by: Actor) -> list[str]:
    """The verbs that role, scope, status and records allow, in the order in which people meet them."""
    return [verb for verb, ready in VERBS.items() if _allowed(application, verb, by) and ready(application, by)]


def _allowed(application: Application, verb: str, by: Actor) -> bool:
    try:
        permit(by, verb, application)
        eligibility.right_status(verb, application.status)
    except Refusal:
        return False
    return True


def _always(_application: Application, _by: Actor) -> bool:
    return True


def _may_choose(application: Application, _by: Actor) -> bool:
    return application.status is ApplicationStatus.voucher_issued


def _may_restore(application: Application, _by: Actor) -> bool:
    listing = latest_stop_listing(application)
    return listing is not None and listing.voucher_id is not None and listing.ended_at is None


def _voucher_lives(application: Application, _by: Actor) -> bool:
    voucher = latest_voucher(application)
    return voucher is not None and voucher.status in ending.LIVE


def _may_sign(application: Application, by: Actor) -> bool:
    contract = _contract(application)
    if contract is None or contract.status is ContractStatus.void:
        return False
    return (contract.head_signed_at if by.role is Role.head else contract.family_signed_at) is None


def _may_enrol(application: Application, _by: Actor) -> bool:
    contract = _contract(application)
    return contract is not None and contract.status is ContractStatus.signed


def _contract(application: Application) -> Contract | None:
    try:
        return current(application).contract
    except Refusal:
        return None


VERBS: dict[str, Callable[[Application, Actor], bool]] = {
    "confirm": _always,
    "choose": _may_choose,
    "sign": _may_sign,
    "enrol": _may_enrol,
    "refuse": _voucher_lives,
    "restore": _may_restore,
    "issue": _always,
    "extend": _voucher_lives,
    "revoke": _voucher_lives,
    "archive": _always,
    "withdraw": _always,
}
