"""A line of an older list of applications, and what is recorded of its number, its child and its applicant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.actions.applications import Person
from app.extensions import db
from app.models import Applicant, Application, Child, PrivilegeKind, QueueKind
from app.rules import iin
from app.rules.numbers import fold
from app.rules.refusals import Reason, Refusal

NAMES = ("last_name", "first_name", "patronymic")
CONTACT = ("phone", "email", "address")


@dataclass(frozen=True)
class Entry:
    """One line of an older list. What a person leaves empty says nothing about what is recorded.

    `day_only`: the list knows the day in the queue, not the moment; `privilege` counts where `privilege_said`;
    `archived`: it was over before it came; `reason`: why the record is to be changed where families gain or lose by it.
    """

    number: str
    child: Person
    applicant: Person
    queued_at: datetime
    day_only: bool = False
    queue_kind: QueueKind = QueueKind.general
    archived: bool = False
    privilege: PrivilegeKind | None = None
    privilege_said: bool = False
    reason: str | None = None


class Fault(Exception):
    """The part of an entry at fault, and why it is refused."""

    def __init__(self, part: str, reason: Reason) -> None:
        super().__init__(part, reason)
        self.part, self.refusal = part, Refusal(reason)


@dataclass
class Known:
    """What is recorded of a portion's numbers, children and applicants, and what the portion adds to it."""

    applications: dict[str, Application]
    children: dict[str, Child]
    applicants: dict[str, Applicant]
    waiting: set[tuple[str, QueueKind]] = field(default_factory=set)


def look_up(entries: Sequence[Entry], place_id: int) -> Known:
    """What is recorded of all these lines, in a few statements."""
    keys = [fold(entry.number) for entry in entries]
    numbered = (
        select(Application)
        .where(Application.place_id == place_id, Application.number_key.in_(keys))
        .options(*map(selectinload, (Application.child, Application.applicant, Application.privileges)))
    )
    children = select(Child).where(Child.iin.in_([entry.child.iin for entry in entries]))
    applicants = select(Applicant).where(Applicant.iin.in_([entry.applicant.iin for entry in entries]))
    return Known(
        {a.number_key: a for a in db.session.scalars(numbered)},
        {c.iin: c for c in db.session.scalars(children)},
        {a.iin: a for a in db.session.scalars(applicants)},
    )


def child_of(entry: Entry, known: Known) -> Child:
    """The recorded child, or a new one. Raises Fault: its birth date differs from the IIN without a reason."""
    child = known.children.get(entry.child.iin)
    if child is None:
        facts = iin.facts(entry.child.iin)
        if born_on(entry) != facts.born_on and not entry.reason:
            raise Fault("born_on", Reason.reason_required)
        child = Child(iin=entry.child.iin, born_on=born_on(entry), sex=facts.sex)
        child.last_name, child.first_name, child.patronymic = (getattr(entry.child, name) for name in NAMES)
        known.children[child.iin] = child
    return child


def applicant_of(person: Person, known: Known) -> Applicant:
    """The recorded applicant, or a new one."""
    applicant = known.applicants.get(person.iin)
    if applicant is None:
        applicant = Applicant(iin=person.iin, born_on=person.born_on or iin.facts(person.iin).born_on)
        for name in (*NAMES, *CONTACT):
            setattr(applicant, name, getattr(person, name))
        known.applicants[person.iin] = applicant
    return applicant


def born_on(entry: Entry) -> date:
    """The birthday that a line says, or its child's IIN."""
    return entry.child.born_on or iin.facts(entry.child.iin).born_on
