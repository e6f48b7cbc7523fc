"""Who does a step (spec 4, `by`): a plain role is the one in charge of the subject, `{role, of}` somebody else's."""

from datetime import date
from typing import Any

from app.access.actors import CLOCK, Actor, Visitor
from app.access.permissions import kindergarten_of, place_of
from app.actions import places
from app.db.extensions import db
from app.models import Application, Intake, Kindergarten, Place, PlaceKind, SignedInBy
from app.rules.roles import Role


def actor(role: Role, subject: Any, paper_on: date | None = None, sign_in: str | None = None) -> Actor:
    """The person of this role who is in charge of this record: its district's specialist, its kindergarten's head.

    A family signs on paper, on the day of the step, where the step does not say that it has entered by a code.
    """
    match role:
        case Role.clock:
            return CLOCK
        case Role.auditor | Role.administrator:
            return Actor(role)
        case Role.family:
            own = subject if isinstance(subject, Application) else None
            visitor = Visitor(own.applicant.iin if own else "", SignedInBy(sign_in)) if sign_in else None
            return Actor(role, application_id=own.id if own else None, visitor=visitor, on_paper=visitor is None)
        case Role.head:
            return Actor(role, kindergarten_id=_kindergarten(subject), on_paper=True)
    place = db.session.get_one(Place, _place(subject))
    top = PlaceKind.region if role is Role.department else PlaceKind.district
    while place.kind is not top and place.parent is not None and place.kind is not PlaceKind.region:
        place = place.parent
    return Actor(role, place_ids=frozenset(places.subtree(place.id)), paper_on=paper_on)


def _place(subject: Any) -> int:
    return subject.id if isinstance(subject, Place) else place_of(subject)


def _kindergarten(subject: Any) -> int | None:
    """Of an application the kindergarten that it was last referred to, also when the place was freed since."""
    if isinstance(subject, Kindergarten):
        return subject.id
    if isinstance(subject, Application) and kindergarten_of(subject) is None:
        last = [r for r in subject.referrals if r.kind is Intake.general][-1:]
        return kindergarten_of(last[0]) if last else None
    return kindergarten_of(subject)
