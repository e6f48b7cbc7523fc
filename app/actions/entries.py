"""A line of an older list of applications, and what is recorded of its number, its child and its applicant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import selectinload

from app.actions import people
from app.actions.people import Contacts, Person
from app.db.extensions import db
from app.models import Applicant, Application, ApplicationStatus, Child, PrivilegeKind, QueueKind
from app.rules import iin
from app.rules.refusals import Reason, Refusal
from app.rules.registration_numbers import fold

UNDER_WAY = frozenset(ApplicationStatus) - {ApplicationStatus.queued, ApplicationStatus.archived}


@dataclass(frozen=True)
class Entry:
    """One line of an older list. What a person leaves empty says nothing about what is recorded.

    `day_only`: the list knows the day in the queue, not the moment; `privilege` counts where `privilege_said`;
    `archived`: it was over before it came; `status`: as the list has it, under way only where the record is just so;
    `reason`: why the record is to be changed where families gain or lose by it.
    """

    number: str
    child: Person
    applicant: Person
    queued_at: datetime
    contacts: Contacts = people.NOTHING_SAID
    day_only: bool = False
    queue_kind: QueueKind = QueueKind.general
    archived: bool = False
    status: ApplicationStatus | None = None
    privilege: PrivilegeKind | None = None
    privilege_said: bool = False
    reason: str | None = None


@dataclass
class Recorded:
    """What a district has recorded of a portion's numbers, children and applicants, and what the portion adds to it.

    `elsewhere`: the IINs of which any other district knows.
    """

    place_id: int
    applications: dict[str, Application]
    children: dict[str, Child]
    applicants: dict[str, Applicant]
    elsewhere: set[str]
    waiting: set[tuple[str, QueueKind]] = field(default_factory=set)


def look_up(entries: Sequence[Entry], place_id: int) -> Recorded:
    """What is recorded of all these lines, in a few statements."""
    keys = [fold(entry.number) for entry in entries]
    numbered = (
        select(Application)
        .where(Application.place_id == place_id, Application.number_key.in_(keys))
        .options(*map(selectinload, (Application.child, Application.applicant, Application.privileges)))
    )
    children = [entry.child.iin for entry in entries]
    applicants = [entry.applicant.iin for entry in entries]
    here = select(Child).where(Child.iin.in_(children), Child.place_id == place_id)
    their = select(Applicant).where(Applicant.iin.in_(applicants), Applicant.place_id == place_id)
    there = union(
        select(Child.iin).where(Child.iin.in_(children), Child.place_id != place_id),
        select(Applicant.iin).where(Applicant.iin.in_(applicants), Applicant.place_id != place_id),
    )
    return Recorded(
        place_id,
        {a.number_key: a for a in db.session.scalars(numbered)},
        {c.iin: c for c in db.session.scalars(here)},
        {a.iin: a for a in db.session.scalars(their)},
        set(db.session.scalars(there)),
    )


def child_of(entry: Entry, known: Recorded) -> Child:
    """The recorded child, or a new one. Raises Refusal(reason_required): birth date or sex differ from the IIN."""
    child = known.children.get(entry.child.iin)
    if child is None:
        for part in iin.otherwise(iin.facts(entry.child.iin), entry.child.born_on, entry.child.sex):
            if not entry.reason:
                raise Refusal(Reason.reason_required, part=part)
        child = known.children[entry.child.iin] = people.new_child(entry.child, known.place_id)
    return child


def applicant_of(person: Person, known: Recorded) -> Applicant:
    """The recorded applicant, or a new one."""
    applicant = known.applicants.get(person.iin)
    if applicant is None:
        applicant = known.applicants[person.iin] = people.new_applicant(person, known.place_id)
    return applicant
