"""WHO MAY DO WHAT: role -> subject -> verbs, and within which reach (spec 1, 3.8).

`permit` is asked by the one writer for every change. What each role sees is said in scope.py.
"""

from typing import Any

from app import registers
from app.access.actors import Actor
from app.models import (
    Application,
    Base,
    BulkRun,
    Contract,
    DayOff,
    Enrolment,
    ImportRun,
    KgGroup,
    Kindergarten,
    Norm,
    Offer,
    Privilege,
    Proposal,
    QueueOrder,
    Referral,
    Round,
    User,
    Vacancy,
    Voucher,
)
from app.rules.refusals import Reason, Refusal
from app.rules.roles import COUNTER, ENDS, FAMILY, NEXT, OFFICE, Role
from app.rules.roles import Role as R

MAY: dict[type, dict[str, frozenset[Role]]] = {
    Application: {
        "register": FAMILY,
        "change": COUNTER,
        "issue": NEXT,
        "issue_out_of_turn": OFFICE,
        "confirm": FAMILY,
        "refuse": FAMILY,
        "restore": FAMILY,
        "choose": FAMILY,
        "sign": FAMILY | {R.head},
        "withdraw": FAMILY,
        "offer": NEXT,
        "pass_over": frozenset({R.clock}),
        "enrol": frozenset({R.head}),
        "miss": frozenset({R.clock}),
        "release": NEXT,
        "extend": FAMILY,
        "revoke": FAMILY | {R.head},
        "reinstate": frozenset({R.department}),
        "absent": frozenset({R.head}),
        "return": frozenset({R.head}),
        "archive": NEXT,
        "leave": frozenset({R.head, R.clock}),  # the clock: at the last day in a sanatorium kindergarten
        "lapse": frozenset({R.clock}),
        "expire": frozenset({R.clock}),
        "remind": frozenset({R.clock}),
        "correct": OFFICE,
        "open": frozenset({R.auditor}),  # what is masked for them (access/personal_data.py)
    },
    Privilege: {"claim": FAMILY, "confirm": OFFICE, "reject": OFFICE, "expire": NEXT},  # a new one ends the old one
    Voucher: {
        "issue": NEXT,
        "issue_out_of_turn": OFFICE,
        "confirm": FAMILY,
        "refuse": FAMILY,
        "revoke": OFFICE,
        "extend": OFFICE,
        "lapse": frozenset({R.clock}),
        "expire": frozenset({R.clock}),
        "choose": FAMILY,
        "use": FAMILY | {R.head},
        "annul": ENDS,
    },
    Offer: {"offer": NEXT, "choose": FAMILY, "pass_over": frozenset({R.clock}), "end": ENDS},
    Referral: {
        "issue": FAMILY,
        "use": FAMILY | {R.head},
        "extend": FAMILY,
        "revoke": ENDS,
        "miss": frozenset({R.clock}),
    },
    Contract: {"draw_up": FAMILY, "sign": FAMILY | {R.head}, "void": ENDS},
    Enrolment: {
        "enrol": FAMILY | {R.head},
        "expel": frozenset({R.clock}),
        "leave": ENDS,
        "absent": frozenset({R.head}),
        "return": frozenset({R.head}),
        "give_back": frozenset({R.clock}),
    },
    Proposal: dict.fromkeys(("ask", "approve", "reject"), OFFICE),  # and what it is about: decided by its own verb
    Round: {"issue": NEXT, "offer": NEXT},
    Vacancy: {
        "publish": OFFICE | {R.head},
        "close": OFFICE | {R.head, R.clock},
        "end": ENDS,  # whoever lent the place is back, or has left
    },
    Norm: {verb: frozenset({R.department}) for verb in ("approve", "take_back")},
    QueueOrder: {verb: frozenset({R.department}) for verb in ("approve", "take_back")},
    DayOff: {"approve": frozenset({R.department})},
    BulkRun: dict.fromkeys(("ask", "start", "stop"), OFFICE),
    ImportRun: dict.fromkeys(("ask", "answer", "start", "bring_in"), OFFICE),
    User: {
        "reset_password": frozenset({R.administrator}),
        "change_password": frozenset(R) - {R.family, R.clock},
        "export": frozenset(R) - {R.family, R.clock},  # what one may read, as a file: on the record of one's account
    },
}
for one in registers.ALL:  # what their declarations say
    may = {"create": one.adds, "change": one.changes, "remove": one.removes}
    MAY[one.model] = {**{verb: roles for verb, roles in may.items() if roles}, **MAY.get(one.model, {})}
EVERYWHERE = (DayOff, User)  # these lie in no place: the role alone decides


def permit(actor: Actor, verb: str, subject: Base) -> None:
    """Raise Refusal(not_allowed) unless this actor may do this verb to this subject.

    What follows from another verb follows wherever it lies: enrolling ends a stay in another kindergarten.
    """
    roles = MAY.get(type(subject), {}).get(verb, frozenset())
    if actor.role not in roles or not (roles is ENDS or within(actor, subject)):
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb=verb)


def permit_all(actor: Actor, verb: str, model: type[Base], place_id: int) -> None:
    """The same for all that one statement moves in one place."""
    reach = actor.place_ids is None or place_id in actor.place_ids
    if actor.role not in MAY.get(model, {}).get(verb, frozenset()) or not reach:
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb=verb)


def within(actor: Actor, subject: Base) -> bool:
    """Does the subject lie in the actor's reach: own application, own kindergarten, own district or region?"""
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
    return None


def _last_referred_to(subject: Any) -> int | None:
    """Spec 3.8: a head who comes too late is told that, not that the child was never referred here."""
    if not isinstance(subject, Application):
        return None
    past = [r for r in subject.referrals if r.kind == "general"]
    return kindergarten_of(past[-1]) if past else None


def place_of(subject: Any) -> int | None:
    """The place that a record belongs to, for the reach of officials."""
    match subject:
        case Application() | Kindergarten() | Norm() | QueueOrder() | Round() | Offer() | BulkRun() | ImportRun():
            return subject.place_id or (subject.place and subject.place.id)
        case KgGroup():
            return place_of(subject.kindergarten)
        case Vacancy():
            return place_of(subject.group)
        case Enrolment():
            return place_of(subject.application) if subject.application else place_of(subject.group)
        case Contract():
            return place_of(subject.referral)
        case Voucher() | Referral() | Privilege():
            return place_of(subject.application)
        case Proposal():
            return subject.place_id
    return None
