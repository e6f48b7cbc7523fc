"""S2 («Өтінішті ата-ананың ЖСН-ға біріктіру»), spec 3.10: another parent asks to join an application, the first one
is told, and an official approves. Until then nothing is shown; afterwards until the last day of the guardianship.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import people, two_people
from app.actions.moving import move, notify, record
from app.actions.preconditions import with_its_signature
from app.db.database import lock_district
from app.db.extensions import db
from app.models import Application, Audience, Guardianship, GuardianshipBasis, GuardianshipStatus
from app.rules import eligibility, guardianships
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import APPLICATION_FINAL, VERBS, target


def join(
    application: Application,
    who: people.Person,
    *,
    basis: GuardianshipBasis,
    phone: str | None,
    by: Actor,
    at: datetime,
    until: date | None = None,
    note: str | None = None,
) -> Guardianship:
    """Spec 3.10: this person asks to see the child's applications as the applicant does; an official decides.

    The family asks for itself, an official by its signed paper. The applicant is told by whom it is asked. Raises
    Refusal: not_allowed, reason_required and too_late (the paper's day, spec 3.8), bad_iin (also the child's own),
    already_used (the person has applied, has joined, or has asked and waits).
    """
    permit(by, "join", application)
    lock_district(application.place_id)
    with_its_signature(application, "join", by=by, at=at)
    people.check(people.Person(application.child.iin), who)
    _is_not_of_it(application, who.iin, local_day(at))
    names = {name: getattr(who, name) for name in people.NAMES}
    facts = {"iin": who.iin, **names, "phone": phone, "basis": basis, "until": until, "note": note}
    asked = Guardianship(child=application.child, application=application, asked_at=at, **facts)
    asked.asked_by_id, asked.paper_on = by.user_id, by.paper_on
    db.session.add(asked)
    details = {f"guardianship.{name}": value for name, value in facts.items() if value}
    record(application, "join", by=by, at=at, details=details, tell={"full_name": asked.full_name})
    for other in db.session.scalars(_of_others(application)):
        notify(other, "join", at=at, facts={"full_name": asked.full_name})
    return asked


def applied_too(asked: Guardianship) -> list[Application]:
    """What another applicant waits by for the child that this person wants to join: an official looks at it first."""
    return list(db.session.scalars(_of_others(asked.application)))


def _of_others(application: Application) -> Select[Application]:
    """What another applicant waits by for the same child: whoever joins one sees that, too, so that one is told."""
    return select(Application).where(
        Application.child_id == application.child_id,
        Application.applicant_id != application.applicant_id,
        Application.status.not_in(APPLICATION_FINAL),
    )


def _is_not_of_it(application: Application, iin: str, day: date) -> None:
    """Raises Refusal(already_used)."""
    of_child = Guardianship.child_id == application.child_id
    asked = select(Guardianship.id).where(
        of_child, Guardianship.iin == iin, Guardianship.status == GuardianshipStatus.asked
    )
    if (
        application.applicant.iin == iin
        or db.session.scalars(guardianships.of_person(iin, day).where(of_child)).first()
    ):
        raise Refusal(Reason.already_used, part="iin", joined=True)
    if db.session.scalars(asked).first() is not None:
        raise Refusal(Reason.already_used, part="iin", asked_to_join=True)


def approve(asked: Guardianship, *, by: Actor, at: datetime) -> None:
    """Spec 3.10: an official who has not asked for it approves; it begins today. Raises not_allowed, wrong_status."""
    _begin(asked, "approve", by=by, at=at)
    _decide(asked, "approve", by=by, at=at, from_on=local_day(at))


def reject(asked: Guardianship, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Or rejects it, for a reason that the person reads. Raises not_allowed, wrong_status, reason_required."""
    _begin(asked, "reject", by=by, at=at)
    _decide(asked, "reject", by=by, at=at, reason=eligibility.given(reason))


def may_approve(asked: Guardianship, *, by: Actor, at: datetime) -> None:
    """Could this actor approve it? Raises Refusal: not_allowed, wrong_status."""
    _may(asked, "approve", by=by)


def may_reject(asked: Guardianship, *, by: Actor, at: datetime) -> None:
    """Could this actor reject it? Raises Refusal: not_allowed, wrong_status."""
    _may(asked, "reject", by=by)


def _may(asked: Guardianship, verb: str, *, by: Actor) -> None:
    permit(by, verb, asked)
    two_people.another(by, set() if asked.asked_by_id is None else {asked.asked_by_id}, verb=verb)
    target(Guardianship, verb, asked.status)


def _begin(asked: Guardianship, verb: str, *, by: Actor, at: datetime) -> None:
    permit(by, verb, asked)
    lock_district(asked.child.place_id)
    db.session.refresh(asked, ["status"], with_for_update=True)
    _may(asked, verb, by=by)


def _decide(asked: Guardianship, verb: str, *, by: Actor, at: datetime, **facts: Any) -> None:
    """Move it and tell both parents, each what concerns them."""
    asked.reason = facts.get("reason")
    move(asked, verb, by=by, at=at, decided_at=at, decided_by_id=by.user_id, **facts)
    told = {"full_name": asked.full_name, "reason": asked.reason}
    for audience in VERBS[Guardianship][verb].tells:
        own = asked.id if audience is Audience.guardian else None
        template = f"{verb}_guardianship"
        notify(asked.application, template, at=at, audience=audience, facts=told, guardianship_id=own)
