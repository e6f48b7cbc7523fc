"""What a step may do (spec 4): the verbs of an application's page by their rows, all others by a line each; behind each
is the action that the screens call too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import of
from app.actions import (
    absences,
    clock,
    corrections,
    deliveries,
    guardianships,
    lots,
    offers,
    people,
    possible,
    privileges,
    referrals,
    vacancies,
    vouchers,
    wishes,
)
from app.db.extensions import db
from app.models import (
    Application,
    Channel,
    Delivery,
    DeliveryStage,
    Guardianship,
    GuardianshipBasis,
    Kindergarten,
    Language,
    Place,
    PrivilegeGround,
    PrivilegeKind,
    Sex,
)
from app.rules.refusals import Reason, Refusal
from app.scenarios.reading import day
from app.scenarios.town import ScenarioTown, papers

RECORDS = frozenset(
    {"place", "application", "vacancy", "kindergarten"}
)  # fields that name a record; the first is the subject
VALUES: dict[str, Callable[[str], Any]] = {  # fields that are not text
    "basis": GuardianshipBasis,
    "until": day,
    "from_on": day,
    "certificate_on": day,
    "privilege": PrivilegeKind,
    "ground": PrivilegeGround,
    "born_on": day,
    "sex": Sex,
    "language": Language,
}

SIGNED = ("paper_on", "sign_in")  # how a family's act is signed
Step = dict[str, Any]


@dataclass(frozen=True)
class StepVerb:
    """How a step is done: `act(town, step, by=, at=)`; the fields that it needs and those that it may have.

    "a|b" needs exactly one of the two; `action` is what act() calls, where that is one function.
    """

    act: Callable[..., object]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    by_needed: bool = True
    action: Callable[..., object] | None = None

    @property
    def fields(self) -> set[str]:
        """All fields that a step with this verb may have beside at, do, by, error and expect."""
        return {name for field in self.needs + self.may for name in field.split("|")}


def on(action: Callable[..., object], *needs: str, may: tuple[str, ...] = ()) -> StepVerb:
    """A verb whose action takes the records that the step names, then its other fields by name."""

    def act(town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
        given = {name for field in needs for name in field.split("|") if name in step}
        records = [town.record(step[name]) for name in sorted(given & RECORDS)]
        others = (given | set(may)) - RECORDS
        action(*records, by=by, at=at, **{name: _value(name, step.get(name)) for name in others})

    return StepVerb(act, needs, (*may, *SIGNED), action=action)


def _value(name: str, text: str | None) -> Any:
    return VALUES[name](text) if text is not None and name in VALUES else text


def _issue(subject: Any, *, by: Actor, at: datetime, reason: str | None) -> None:
    """A round of a whole place, or one child out of order."""
    if isinstance(subject, Place):
        vouchers.issue_round(subject.id, by=by, at=at)
    else:
        vouchers.issue_out_of_turn(subject, by=by, at=at, reason=reason)  # spec 3.8: a scenario counts as approved


def _extend(application: Application, *, what: str, **more: Any) -> None:
    extend = vouchers.extend if what == "voucher" else referrals.extend
    extend(application, **more)


def _revoke(application: Application, *, what: str, **more: Any) -> None:
    revoke = vouchers.revoke if what == "voucher" else referrals.revoke
    revoke(application, **more)


def _claim(
    application: Application,
    *,
    by: Actor,
    at: datetime,
    privilege: PrivilegeKind | None = None,
    ground: PrivilegeGround | None = None,
    certificate_on: date | None,
) -> None:
    privileges.claim(application, ground or privilege, papers=papers(ground, certificate_on, at), by=by, at=at)


def _correct(town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
    facts = {name: _value(name, step.get(name)) for name in corrections.FACTS}
    who, reason = step["who"], step.get("reason")
    corrections.correct(town.record(step["application"]), who=who, by=by, at=at, reason=reason, **facts)


def _join(
    application: Application,
    *,
    iin: str,
    basis: GuardianshipBasis | None,
    until: date | None,
    first_name: str | None,
    phone: str | None,
    **more: Any,
) -> None:
    who = people.Person(iin, first_name=first_name or "")
    guardianships.join(application, who, basis=basis or GuardianshipBasis.parent, phone=phone, until=until, **more)


def _approve(application: Application, *, iin: str, by: Actor, at: datetime) -> None:
    guardianships.approve(_asked(application, iin), by=by, at=at)


def _reject(application: Application, *, iin: str, by: Actor, at: datetime, reason: str | None) -> None:
    guardianships.reject(_asked(application, iin), by=by, at=at, reason=reason)


def _asked(application: Application, iin: str) -> Guardianship:
    """What this person has asked last for this child."""
    of = select(Guardianship).where(Guardianship.child_id == application.child_id, Guardianship.iin == iin)
    last = db.session.scalars(of.order_by(Guardianship.id.desc()).limit(1)).first()
    if last is None:
        raise Refusal(Reason.wrong_status)
    return last


def _unwish(application: Application, kindergarten: Kindergarten, *, by: Actor, at: datetime) -> None:
    found = [one for one in wishes.of(application) if one.kindergarten_id == kindergarten.id]
    if not found:
        raise Refusal(Reason.wrong_status)
    wishes.unwish(found[0], by=by, at=at)


def _run_clock(town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
    for place_id in town.districts():
        clock.run(at=at, place_id=place_id, head=step.get("head"))


def _send(_town: ScenarioTown, _step: Step, *, by: Actor, at: datetime) -> None:
    """The SMS that may leave at this moment do, in the order in which they were told, and all of them arrive."""
    while deliveries.plan({Channel.sms}, at=at):
        pass
    waiting = select(Delivery.id).where(Delivery.stage == DeliveryStage.waiting).order_by(Delivery.id)
    for id_ in db.session.scalars(waiting).all():
        begun = deliveries.begin(id_, at=at, repeats=True)
        if isinstance(begun, Delivery):
            deliveries.end(id_, begun.key or "", at=at)


def _plain(name: str) -> StepVerb:
    """A verb of an application's page, by its row: a step may leave out what that asks."""
    return on(possible.act(Application, name).do, "application", may=of(Application, name).asks)


VERBS: dict[str, StepVerb] = {
    **{name: _plain(name) for name in possible.NAMES if name != "issue_out_of_turn"},  # see issue
    "issue": on(_issue, "application|place", may=("reason",)),
    "choose": on(referrals.choose, "application", "vacancy"),
    "offer": on(offers.offer, "vacancy"),
    "absent": StepVerb(
        ScenarioTown.absent,
        ("application", "from_on", "until"),
        ("reason", "vacancy", *SIGNED),
        action=absences.absent,
    ),
    "extend": on(_extend, "application", "what", "until", may=("reason",)),
    "revoke": on(_revoke, "application", "what", may=("reason",)),
    "correct": StepVerb(_correct, ("application", "who"), (*corrections.FACTS, "reason"), action=corrections.correct),
    "publish": on(vacancies.publish, "vacancy"),
    "close": on(vacancies.close, "vacancy"),
    "claim_privilege": on(_claim, "application", "privilege|ground", may=("certificate_on",)),
    "join": on(_join, "application", "iin", may=("basis", "until", "first_name", "phone")),
    "wish": on(wishes.wish, "application", "kindergarten", may=("language",)),
    "unwish": on(_unwish, "application", "kindergarten"),
    "approve_guardianship": on(_approve, "application", "iin"),
    "reject_guardianship": on(_reject, "application", "iin", may=("reason",)),
    "register": StepVerb(ScenarioTown.register, ("application",), ("reason", *SIGNED)),
    "norm": StepVerb(
        ScenarioTown.norm,
        ("name", "valid_from", "value", "unit"),
        ("place", "carry", "on_lapse", "legal_basis", "note"),
        by_needed=False,
    ),
    "enter_lot": on(lots.enter, "application", "vacancy"),
    "leave_lot": on(lots.leave, "application", "vacancy"),
    "clock": StepVerb(_run_clock, may=("head",), by_needed=False),
    "send": StepVerb(_send, by_needed=False),
}
