"""What each verb that somebody does to an application is: its function, beside what decides whether it is accepted.

A page offers what would be accepted, by the same function that the verb itself asks. Who may do it, from which status
and within which term is the verb's row (rules/verbs.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from app.access.actors import Actor
from app.access.permissions import of, permit
from app.actions import (
    absences,
    applications,
    claims,
    contracts,
    deliveries,
    enrolments,
    guardianships,
    invitations,
    lots,
    offers,
    privileges,
    referrals,
    second_factors,
    two_people,
    vacancies,
    vouchers,
    wishes,
    work,
)
from app.actions.preconditions import latest_voucher, may_begin
from app.models import (
    Application,
    Base,
    Delivery,
    Guardianship,
    LotEntry,
    Outbox,
    Privilege,
    Referral,
    User,
    Vacancy,
    Voucher,
    WaitingEntry,
)
from app.rules.calendar import local_day
from app.rules.refusals import accepted
from app.rules.roles import Role
from app.rules.verbs import VERBS


class Act(NamedTuple):
    """`do` it, by=, at= and what the verb's row asks; `may` it be done, by=, at=: raises Refusal as the verb would."""

    do: Callable[..., Any]
    may: Callable[..., Any] | None = None


def by_voucher(application: Application) -> bool:
    """Is it a voucher that extend and revoke would be about? Else it is the referral (spec 3.8)."""
    voucher = latest_voucher(application)
    return voucher is not None and voucher.status in claims.LIVE


def _right(application: Application) -> Mapping[str, Act]:
    return ACTS[Voucher if by_voucher(application) else Referral]


def extend(application: Application, *, until: date, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.8: of the live voucher, or else of the referral. Raises Refusal as they do."""
    _right(application)["extend"].do(application, until=until, by=by, at=at, reason=reason)


def revoke(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.8: the live voucher, or else the referral. Raises Refusal as they do."""
    _right(application)["revoke"].do(application, by=by, at=at, reason=reason)


def _of_right(verb: str) -> Callable[..., Any]:
    return lambda application, *, by, at: may(_right(application)[verb], application, by=by, at=at)


ACTS: Mapping[type[Base], Mapping[str, Act]] = {
    Application: {
        "confirm": Act(vouchers.confirm, vouchers.may_confirm),
        "choose": Act(referrals.choose, referrals.may_choose),
        "sign": Act(contracts.sign, contracts.may_sign),
        "enrol": Act(enrolments.enrol, enrolments.may_enrol),
        "refuse": Act(vouchers.refuse, vouchers.may_refuse),
        "restore": Act(applications.restore, applications.may_restore),
        "release": Act(applications.release, applications.may_release),
        "issue_out_of_turn": Act(vouchers.issue_out_of_turn, vouchers.may_issue_out_of_turn),
        "extend": Act(extend, _of_right("extend")),
        "revoke": Act(revoke, _of_right("revoke")),
        "absent": Act(absences.absent, absences.may_absent),
        "return": Act(absences.come_back, absences.may_return),
        "leave": Act(enrolments.leave, enrolments.may_leave),
        "archive": Act(applications.archive),
        "withdraw": Act(applications.withdraw, applications.may_withdraw),
        "reinstate": Act(applications.reinstate, applications.may_reinstate),
    },
    Privilege: {  # of an application
        "claim": Act(privileges.claim, privileges.may_claim),
        "confirm": Act(privileges.confirm, privileges.may_confirm),
        "reject": Act(privileges.reject, privileges.may_reject),
    },
    Voucher: {  # of an application, too
        "extend": Act(vouchers.extend, vouchers.may_extend),
        "revoke": Act(vouchers.revoke, vouchers.may_revoke),
    },
    Referral: {
        "extend": Act(referrals.extend, referrals.may_extend),
        "revoke": Act(referrals.revoke, referrals.may_revoke),
    },
    Guardianship: {
        "approve": Act(guardianships.approve, guardianships.may_approve),
        "reject": Act(guardianships.reject, guardianships.may_reject),
    },
    LotEntry: {"leave_lot": Act(lots.give_up, lots.may_give_up)},
    WaitingEntry: {"unwish": Act(wishes.unwish, wishes.may_unwish)},
    Delivery: {
        "send_again": Act(deliveries.send_again, deliveries.may_send_again),
        "arrived": Act(deliveries.arrived, deliveries.may_arrive),
    },
    Outbox: {
        "try_again": Act(work.try_again, work.may_try_again),
        "cancel": Act(work.cancel, work.may_cancel),
    },
    User: {
        "invite": Act(invitations.invite, invitations.may_invite),
        "withdraw_link": Act(invitations.withdraw, invitations.may_withdraw),
        "reset_factor": Act(second_factors.reset, second_factors.may_reset),
    },
    Vacancy: {
        "publish": Act(vacancies.publish, vacancies.may_publish),
        "offer": Act(offers.offer, offers.may_offer),
        "close": Act(vacancies.close, vacancies.may_close),
    },
}


# Of an application, in the order in which people meet them.
NAMES = (
    *(verb for verb in VERBS[Application] if verb in ACTS[Application]),
    *(f"{verb}_privilege" for verb in ACTS[Privilege]),
)


def act(model: type[Base], name: str) -> Act:
    """What a verb does by the name that a page of such a record gives it. KeyError for no such verb."""
    verb, privilege, _ = name.partition("_privilege")
    acts = ACTS[Privilege if privilege else model]
    return acts[verb] if verb in acts else ACTS[Application][verb]


def verbs(application: Application, *, by: Actor, at: datetime) -> list[str]:
    """The verbs that would be accepted, in the order in which people meet them; a privilege's by their whole names.

    What takes a second person is not asked for twice (spec 3.8).
    """
    return [name for name in NAMES if could(application, name, by=by, at=at) and _is_asked_once(application, name)]


def verbs_of_record(row: Base, *, by: Actor, at: datetime) -> list[str]:
    """The same of a record that is no application and has no terms: what it would accept, whatever is typed beside."""
    return [verb for verb, found in ACTS[type(row)].items() if accepted(partial(may, found, row, by=by, at=at))]


def could(application: Application, name: str, *, by: Actor, at: datetime) -> bool:
    """Would this verb be accepted, with the paper, signature, reason or day that it asks, also while another yes is
    awaited?
    """
    return accepted(lambda: tried(application, name, by=by, at=at))


def tried(application: Application, name: str, *, by: Actor, at: datetime) -> Any:
    """The same, with what the verb's `may` finds. Raises Refusal: why not."""
    signed = by
    if by.role in (Role.family, Role.head):
        signed = replace(by, on_paper=True)
    elif by.stands_for_family(of(Application, name)):
        signed = replace(by, paper_on=local_day(at))
    if name in VERBS[Application]:
        permit(signed, name, application)
        may_begin(application, name, by=signed, at=at)
    return may(act(Application, name), application, by=signed, at=at)


def may(found: Act, subject: Base, *, by: Actor, at: datetime) -> Any:
    """Would a function accept this record, whatever is typed beside it? What its `may` finds; None of one that asks
    nothing. Raises Refusal as it would.
    """
    return found.may(subject, by=by, at=at) if found.may is not None else None


def _is_asked_once(application: Application, name: str) -> bool:
    return of(Application, name).alone != 0 or accepted(lambda: two_people.not_asked(application, name))
