"""Within which reach somebody may do what the table of verbs and the registers open to the role (spec 1, 3.8).

`permit` is asked by the one writer for every change. What each role sees is said in scope.py.
"""

from collections.abc import Mapping
from typing import Any

from app import registers
from app.access.actors import Actor
from app.db.viewer import decides_in
from app.models import (
    Application,
    Base,
    BulkRun,
    Child,
    Client,
    Contract,
    ContractText,
    DayOff,
    Delivery,
    Document,
    Enrolment,
    ImportRun,
    KgGroup,
    Kindergarten,
    Lot,
    LotEntry,
    Norm,
    Notice,
    Offer,
    Outbox,
    Place,
    Privilege,
    Proposal,
    QueueOrder,
    Referral,
    Round,
    User,
    Vacancy,
    Voucher,
)
from app.registers.declaration import Register
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.rules.verbs import VERBS, Verb


def _kept(register: Register) -> Mapping[str, Verb]:
    """Who adds, changes and removes the rows of a register, as its declaration says."""
    may = {"create": register.adds, "change": register.changes, "remove": register.removes}
    return {verb: Verb("3.8", roles, again=register.again) for verb, roles in may.items() if roles}


# The table of verbs, and what officials do to the rows of every register.
EVERY_VERB: Mapping[type[Base], Mapping[str, Verb]] = {
    **VERBS,
    **{one.model: {**_kept(one), **VERBS.get(one.model, {})} for one in registers.ALL},
}
EVERYWHERE = (Client, DayOff, User)  # the role alone decides, wherever they lie


def find(model: type[Base], name: str) -> Verb | None:
    """The row of a verb by the name that a page of such a record gives it; None for no such verb.

    A privilege's verbs stand on its application's page by their whole names, an application's on the lists of its
    vouchers and referrals.
    """
    verb, privilege, _ = name.partition("_privilege")
    row = VERBS[Privilege].get(verb) if privilege else EVERY_VERB.get(model, {}).get(name)
    if model in (Voucher, Referral) and (row is None or row.follows):
        return VERBS[Application].get(name)
    return row


def of(model: type[Base], name: str) -> Verb:
    """The same where there must be one. Raises KeyError."""
    if (row := find(model, name)) is None:
        raise KeyError(f"{name} of {model.__tablename__}")
    return row


def alone(model: type[Base], name: str, records: int) -> bool:
    """Spec 3.8: may one official start this verb for so many records without another one's yes?"""
    row = find(model, name)
    return row is None or row.alone is None or records <= row.alone


def permit(actor: Actor, verb: str, subject: Base) -> None:
    """Raise Refusal(not_allowed) unless this actor may do this verb to this subject.

    What follows from another verb follows wherever it lies: enrolling ends a stay in another kindergarten.
    """
    row = EVERY_VERB.get(type(subject), {}).get(verb)
    if row is None or actor.role not in row.roles or not (row.follows or within(actor, subject)):
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb=verb)
    if row.follows or isinstance(subject, BulkRun | ImportRun):
        decides_in(place_of(subject))  # an own run lies in the lowest place in which all of one's own lie


def permit_all(actor: Actor, verb: str, model: type[Base], place_id: int) -> None:
    """The same for all that one statement moves in one place."""
    reach = actor.place_ids is None or place_id in actor.place_ids
    row = EVERY_VERB.get(model, {}).get(verb)
    if row is None or actor.role not in row.roles or not reach:
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb=verb)


def within(actor: Actor, subject: Base) -> bool:
    """Does the subject lie in the actor's reach: own application, own kindergarten, own district or region?"""
    if isinstance(subject, Outbox) and actor.role is Role.administrator:
        return True  # whoever keeps the machine
    if isinstance(subject, User) and subject.id is not None and subject.id == actor.user_id:
        return True  # one's own account, wherever one works
    if actor.role is Role.family:
        own = application_of(subject)
        return own is not None and own.id == actor.application_id  # a new one is nobody else's yet
    if actor.role is Role.head:
        own = kindergarten_of(subject) or _last_referred_to(subject)
        return actor.kindergarten_id is not None and actor.kindergarten_id == own
    if isinstance(subject, Proposal) and subject.asked_by_id is not None and subject.asked_by_id == actor.user_id:
        return True  # what one asks for oneself; nobody says yes to it himself
    if isinstance(subject, BulkRun | ImportRun) and subject.user_id == actor.user_id:
        return True  # one's own, also where its rows lie in several places of one's reach
    return actor.place_ids is None or isinstance(subject, EVERYWHERE) or place_of(subject) in actor.place_ids


def application_of(subject: Any) -> Application | None:
    """The application that a record belongs to, if any."""
    match subject:
        case Application():
            return subject
        case Contract():
            return subject.referral.application
        case Delivery():
            return subject.notice.application
    return getattr(subject, "application", None)


def kindergarten_of(subject: Any) -> int | None:
    """The kindergarten that a record belongs to: by its group, or by the referral an application now has."""
    match subject:
        case Kindergarten():
            return subject.id
        case KgGroup():
            return subject.kindergarten_id or (subject.kindergarten and subject.kindergarten.id)
        case Vacancy() | Enrolment():
            return kindergarten_of(subject.group)
        case Application():
            live = [r for r in subject.referrals if r.status in ("issued", "used")]
            return kindergarten_of(live[-1]) if live else None
        case Referral() | Offer():
            return kindergarten_of(subject.vacancy)
        case Contract():
            return kindergarten_of(subject.referral)
        case Voucher():
            return kindergarten_of(subject.application)
    owner = _owner(subject)
    return None if owner is None else kindergarten_of(owner)


def _last_referred_to(subject: Any) -> int | None:
    """Spec 3.8: a head who comes too late is told that, not that the child was never referred here."""
    if not isinstance(subject, Application):
        return None
    past = [r for r in subject.referrals if r.kind == "general"]
    return kindergarten_of(past[-1]) if past else None


def place_of(subject: Any) -> int | None:
    """The place that a record belongs to, for the reach of officials."""
    match subject:
        case Application() | Kindergarten() | Round() | Offer() | BulkRun() | ImportRun() | Lot():
            return subject.place_id or (subject.place and subject.place.id)
        case Norm() | QueueOrder() | ContractText():
            return subject.place_id or (subject.place and subject.place.id)
        case KgGroup():
            return place_of(subject.kindergarten)
        case Vacancy():
            return place_of(subject.group)
        case Enrolment():
            return place_of(subject.application) if subject.application else place_of(subject.group)
        case Contract():
            return place_of(subject.referral)
        case Delivery():
            return place_of(subject.notice)
        case Outbox():
            of = (subject.document, subject.delivery, subject.bulk_run, subject.import_run)
            return next((place_of(one) for one in of if one is not None), None)
        case Document():
            return place_of(subject.application or subject.round)
        case Notice():
            return place_of(subject.application)
        case Voucher() | Referral() | Privilege() | LotEntry():
            return place_of(subject.application)
        case Proposal() | Child() | Client():
            return subject.place_id
        case Place():
            return subject.id
    owner = _owner(subject)
    return None if owner is None else place_of(owner)


def _owner(subject: Any) -> Any:
    """The record that a declared register's row is of; None for any other."""
    register = registers.of(type(subject))
    return getattr(subject, register.of) if register and register.of else None
