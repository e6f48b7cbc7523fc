"""Which verbs an actor could do to an application now: what its page offers. The verbs themselves still decide."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import absences, applications, choosing, claims, enrolments, referrals, two_people, vouchers
from app.actions.preconditions import in_time, latest_stop_listing, latest_voucher
from app.models import Application, Contract, ContractStatus, Referral, Voucher
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Refusal, accepted
from app.rules.roles import Role
from app.rules.verbs import VERBS as ROWS


def verbs(application: Application, *, by: Actor, at: datetime) -> list[str]:
    """The verbs that role, scope, status and records allow, in the order in which people meet them."""
    return [verb for verb in VERBS if could(application, verb, by=by, at=at) and _waits_for_nobody(application, verb)]


def could(application: Application, verb: str, *, by: Actor, at: datetime) -> bool:
    """Would this verb be accepted, whoever has been asked for a second yes? Not where a rule is missing."""
    try:
        return _allowed(application, verb, by, at) and VERBS[verb](application, by, at)
    except Refusal:
        return False


def by_voucher(application: Application) -> bool:
    """Is it a voucher that extend and revoke would be about? Else it is the referral (spec 3.8)."""
    voucher = latest_voucher(application)
    return voucher is not None and voucher.status in claims.LIVE


def right(application: Application) -> Any:
    """What extend and revoke of an application are about: the actions of its voucher, or else of its referral."""
    return vouchers if by_voucher(application) else referrals


def _allowed(application: Application, verb: str, by: Actor, at: datetime) -> bool:
    """Role, scope, status and term; `extend` asks for the term of the right that it is about."""

    def asked() -> None:
        permit(by, verb, application)
        eligibility.right_status(verb, application.status)
        if by.role in ROWS[Application][verb].term:
            in_time(application, verb, local_day(at))

    return accepted(asked)


def _waits_for_nobody(application: Application, verb: str) -> bool:
    """Spec 3.8: what takes a second person is not asked for twice."""
    return verb not in ("issue_out_of_turn", "reinstate") or accepted(lambda: two_people.not_asked(application, verb))


def _always(_application: Application, _by: Actor, _at: datetime) -> bool:
    return True


def _may_confirm(application: Application, _by: Actor, at: datetime) -> bool:
    """Spec 3.1: only while the term to choose can be counted."""
    return accepted(lambda: vouchers.to_confirm(application, local_day(at)))


def _may_issue(application: Application, _by: Actor, at: datetime) -> bool:
    """Spec 3.8: not in the referral procedure, and only while a place is left for it."""
    return accepted(lambda: vouchers.may_issue_out_of_turn(application, local_day(at)))


def _may_choose(application: Application, _by: Actor, at: datetime) -> bool:
    """S0: the button is there only where there is something to choose, and the term that it begins can be counted."""
    if not choosing.choices(application, local_day(at)):
        return False
    by_turn = choosing.procedure(application, local_day(at)) == "referral"
    return not by_turn or bool(referrals.terms(application.place_id, at))


def _may_restore(application: Application, _by: Actor, at: datetime) -> bool:
    listing = latest_stop_listing(application)
    if listing is None or listing.voucher_id is None or listing.ended_at is not None:
        return False
    return accepted(lambda: applications.restorations_left(application, local_day(at)))


def _may_release(application: Application, by: Actor, _at: datetime) -> bool:
    """What is blocked without end (S0) the department alone releases."""
    listing = latest_stop_listing(application)
    if listing is None or listing.referral_id is None or listing.ended_at is not None:
        return False
    return listing.until is not None or by.role is Role.department


def _may_extend(application: Application, by: Actor, at: datetime) -> bool:
    """While its term runs (spec 3.4.5, 3.5.5)."""
    day = local_day(at)
    if by_voucher(application):
        in_its_term = accepted(lambda: in_time(application, "extend", day, of=(Voucher,)))
        return in_its_term and by.role in ROWS[Voucher]["extend"].roles
    return accepted(lambda: referrals.may_extend(application, day))


def _may_revoke(application: Application, by: Actor, at: datetime) -> bool:
    """S2: a family, and whoever only stands for it, has its hours; an office may at any time."""
    if by_voucher(application):
        return by.role in ROWS[Voucher]["revoke"].roles
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
    return accepted(lambda: enrolments.may_enrol(application, local_day(at)))


def _may_reinstate(application: Application, _by: Actor, at: datetime) -> bool:
    """Spec 3.2, 3.7: neither gone from a kindergarten, nor over age, nor waiting or attending by another one."""
    return not applications.left(application) and accepted(
        lambda: applications.may_come_back(application, local_day(at))
    )


def _attends(application: Application, _by: Actor, _at: datetime) -> bool:
    return accepted(lambda: absences.own_enrolment(application, "leave"))


def _may_be_absent(application: Application, _by: Actor, at: datetime) -> bool:
    return absences.may_be_absent(application, local_day(at))


def _may_return(application: Application, _by: Actor, at: datetime) -> bool:
    return absences.may_come_back(application, local_day(at))


def _live_referral(application: Application) -> Referral | None:
    try:
        return claims.current_referral(application)
    except Refusal:
        return None


def _contract(application: Application) -> Contract | None:
    referral = _live_referral(application)
    return referral.contract if referral is not None else None


VERBS: dict[str, Callable[[Application, Actor, datetime], bool]] = {
    "confirm": _may_confirm,
    "choose": _may_choose,
    "sign": _may_sign,
    "enrol": _may_enrol,
    "refuse": _may_refuse,
    "restore": _may_restore,
    "release": _may_release,
    "issue_out_of_turn": _may_issue,
    "extend": _may_extend,
    "revoke": _may_revoke,
    "absent": _may_be_absent,
    "return": _may_return,
    "leave": _attends,
    "archive": _always,
    "withdraw": _always,
    "reinstate": _may_reinstate,
}
