"""What a family may look at: the applications of a person, what is to be done in each and by when.

Whose they are is decided here alone (docs/adr/0029-guardianships.md): who has applied is the guardian on record, the
same IIN in whichever district; others by a guardianship of the child, on the days on which it holds (spec 3.10).
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.access.actors import Actor, Visitor
from app.access.hashes import hashed
from app.actions import applications, claims, contracts, lots, possible, wishes
from app.actions.preconditions import latest_referral, latest_stop_listing, latest_voucher
from app.db.extensions import db
from app.models import Applicant, Application, Guardianship, ReferralStatus, VoucherStatus, WaitingEntry
from app.rules import guardianships, texts
from app.rules.refusals import Reason, Refusal
from app.rules.registration_numbers import fold
from app.rules.roles import Role
from app.rules.verbs import SIGN_IN

CONTACTS, WISHES = "change", ("wish", "unwish")  # the contacts are the applicant's alone
LOTS = ("enter_lot", "leave_lot")
ACTS = (*(verb for verb in possible.NAMES if verb in SIGN_IN), *LOTS, *WISHES, CONTACTS)  # of an application

ON_ITS_PAGE = tuple(  # what every page of a family asks of an application
    map(
        joinedload,
        (
            Application.child,
            Application.place,
            Application.applicant,
            Application.vouchers,
            Application.referrals,
            Application.offers,
            Application.stop_listings,
            Application.privileges,
        ),
    )
)


@dataclass(frozen=True)
class ToDo:
    """What a family has to do, a name in words/rules.py (TERMS), and the last day for it."""

    term: str
    last_day: date


def applications_of(iin: str, day: date, phones: Container[str] | None = None) -> list[Application]:
    """S2 (113), spec 3.10: what this person sees on this day, the newest first: what it has filed, and all applications
    of each child, in the district where that was approved, for which it stands beside the applicant.

    `phones`: hashes of those by which it has entered. What another phone stands on is not seen then: anybody at any
    counter may have typed a phone beside this IIN.
    """
    by_phone = {one.child_id: one.phone for one in db.session.scalars(guardianships.of_person(iin, day))}
    filed = select(Application.id).where(_filed(iin))
    joined = select(Application.id).where(Application.child_id.in_(by_phone))
    seen = db.session.scalars(filed.union(joined) if by_phone else filed)  # no index serves a condition with an OR
    own = select(Application).where(Application.id.in_(seen.all()))
    found = db.session.scalars(own.options(*ON_ITS_PAGE).order_by(Application.id.desc()))
    return [
        one
        for one in found.unique()
        if _by_phone(one.phone if one.applicant.iin == iin else by_phone[one.child_id], phones)
    ]


def _by_phone(kept: str | None, phones: Container[str] | None) -> bool:
    """Does what stands on these phones belong to whoever has entered by those?"""
    return phones is None or any(hashed(f"+{number}") in phones for number in texts.phone_numbers(kept))


def to_join(number: str, child_iin: str) -> Application | None:
    """Spec 3.10: the application that somebody names who knows its number, in any spelling, and the child's IIN."""
    named = select(Application).where(Application.number_key == fold(number), Application.child_iin == child_iin)
    return db.session.scalars(named.order_by(Application.id.desc()).limit(1)).first() if fold(number) else None


def askings_of(iin: str, phones: Container[str] | None = None) -> list[Guardianship]:
    """What this person has asked to join, the newest first, whatever became of it; `phones` as of applications_of."""
    asked = select(Guardianship).where(Guardianship.iin == iin).options(joinedload(Guardianship.application))
    found = db.session.scalars(asked.order_by(Guardianship.id.desc()))
    return [one for one in found if _by_phone(one.phone, phones)]


def is_on_record(iin: str, phone: str, day: date) -> bool:
    """S1 (52): is this phone registered for this IIN? The register is what stands on the applications that the person
    has filed, and the own phone with which it has joined others: nobody enters by the other parent's.
    """
    filed = select(Application.phone).where(_filed(iin))
    joined = guardianships.of_person(iin, day).with_only_columns(Guardianship.phone)
    kept = {one for phones in db.session.scalars(filed.union(joined)) for one in texts.phone_numbers(phones)}
    return not kept.isdisjoint(texts.phone_numbers(phone))


def _filed(iin: str) -> ColumnElement[bool]:
    return Application.applicant_id.in_(select(Applicant.id).where(Applicant.iin == iin))


def actor(application: Application, visitor: Visitor | None = None) -> Actor:
    """The family of an application, as itself."""
    return Actor(Role.family, application_id=application.id, visitor=visitor)


def acts(application: Application, visitor: Visitor | None, *, at: datetime) -> dict[str, Refusal | None]:
    """What a person of the family (None: anybody of it) may do itself, in the order in which people meet it, and why
    not where it may not now. Of lots nothing is said where none runs in its district.
    """
    by, found = actor(application, visitor), dict[str, Refusal | None]()
    without = () if lots.running(application.place_id) else LOTS
    for verb in (one for one in ACTS if one not in without):
        try:
            tried(application, verb, by=by, at=at)
            found[verb] = None
        except Refusal as refusal:
            found[verb] = refusal
    return found


def tried(application: Application, verb: str, *, by: Actor, at: datetime) -> Any:
    """Would this act be accepted, with what is typed beside it and signed? What there is to choose from, of a choice.
    Raises Refusal: why not.
    """
    if verb == CONTACTS:
        applications.may_change(application, by=by)
    elif verb == "wish":
        wishes.may_wish(application, by=by, at=at)
    elif verb == "unwish":
        if not wishes.of(application):
            raise Refusal(Reason.wrong_status, verb=verb, no_wish=True)
    elif verb in LOTS:
        may = lots.may_enter if verb == "enter_lot" else lots.may_leave
        may(application, by=replace(by, on_paper=True), at=at)  # with what is signed beside it
    else:
        return possible.tried(application, verb, by=by, at=at)
    return None


def do(application: Application, verb: str, *, by: Actor, at: datetime, **given: Any) -> None:
    """An act of a family. Raises Refusal as its action does."""
    action = OWN[verb] if verb in OWN else possible.act(Application, verb).do
    action(application, by=by, at=at, **given)


def _unwish(application: Application, *, entry: WaitingEntry, by: Actor, at: datetime) -> None:
    if entry.application_id != application.id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="unwish")
    wishes.unwish(entry, by=by, at=at)


# What is no verb of an application's page in the office.
OWN: dict[str, Callable[..., Any]] = {
    **{CONTACTS: applications.change, "wish": wishes.wish, "unwish": _unwish},
    **{"enter_lot": lots.enter, "leave_lot": lots.leave},
}


def to_do(application: Application, *, at: datetime) -> ToDo | None:
    """What the family has to do now, and by when; None where nothing is."""
    voucher, referral, offer = latest_voucher(application), latest_referral(application), claims.live_offer(application)
    if referral is not None and referral.status is ReferralStatus.issued and referral.attend_by is not None:
        return ToDo("attend", referral.attend_by)
    if offer is not None:
        return ToDo("priority", offer.priority_by)
    if voucher is not None and voucher.status is VoucherStatus.issued:
        return ToDo("confirm", voucher.confirm_by)
    if voucher is not None and voucher.choose_by is not None:
        contract = referral.contract if referral is not None and referral.voucher_id == voucher.id else None
        if contract is not None and contracts.to_sign(contract):
            return ToDo("sign", voucher.choose_by)
        if voucher.status is VoucherStatus.confirmed:
            return ToDo("choose", voucher.choose_by) if contract is None else None
    listing = latest_stop_listing(application)
    until = listing.until if listing is not None else None
    if until is not None and possible.could(application, "restore", by=actor(application), at=at):
        return ToDo("restore", until)
    return None
