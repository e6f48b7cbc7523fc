"""A line of an older list of applications, and what is recorded of its number, its child and its applicant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select, union
from sqlalchemy.orm import selectinload

from app.actions import people
from app.actions.people import Contacts, Person
from app.db import name_keys
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import Applicant, Application, ApplicationStatus, Child, PrivilegeKind, QueueKind
from app.rules import iin
from app.rules.calendar import local_day
from app.rules.registration_numbers import fold, key

Row = dict[str, Any]
P = TypeVar("P", Child, Applicant)

LANGUAGE = Application.__table__.c.notice_language.default.arg  # of a family that says none
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

    @cached_property
    def number_key(self) -> str:
        """By which its number is known again."""
        return fold(self.number)

    @cached_property
    def new(self) -> "New":
        """What this line would be where nothing of it is recorded. It is worked out once, and needs no lock.

        Raises Refusal: bad_iin, bad_number, with the part at fault.
        """
        people.check(self.child, self.applicant)
        key(self.number)
        application = {
            "number": self.number,
            "number_key": self.number_key,
            "queue_kind": self.queue_kind,
            "queued_at": self.queued_at,
            **{name: value or None for name, value in vars(self.contacts).items()},
            **name_keys.of(Application, self.contacts),
        }
        application["notice_language"] = self.contacts.notice_language or LANGUAGE
        doubts = tuple(iin.otherwise(iin.facts(self.child.iin), self.child.born_on, self.child.sex))
        child, applicant = people.of_child(self.child), people.of_applicant(self.applicant)
        return New(child, applicant, application, doubts, local_day(self.queued_at))


class New(NamedTuple):
    """The rows of a line of which nothing is recorded, without their district and what they are to each other.

    `doubts`: the parts in which birth date and sex differ from the IIN; `queued_on`: the local day in the queue.
    """

    child: Row
    applicant: Row
    application: Row
    doubts: tuple[str, ...]
    queued_on: date


def portions(entries: Sequence[Entry], most: int) -> Iterator[list[Entry]]:
    """So many lines at once, in their order, and in one portion no number twice, and nobody in two ways: what a later
    line says of the number or the person of an earlier one is compared with what is recorded then.
    """
    portion, numbers, told = list[Entry](), set[str](), dict[tuple[str, str], Person]()
    for entry in entries:
        same = told.setdefault(("child", entry.child.iin), entry.child) == entry.child
        same &= told.setdefault(("applicant", entry.applicant.iin), entry.applicant) == entry.applicant
        if len(portion) == most or entry.number_key in numbers or not same:
            yield portion
            told = {("child", entry.child.iin): entry.child, ("applicant", entry.applicant.iin): entry.applicant}
            portion, numbers = [], set()
        numbers.add(entry.number_key)
        portion.append(entry)
    if portion:
        yield portion


@dataclass
class Recorded:
    """What a district has recorded of a portion's numbers, children and applicants, and what the portion adds to it.

    `numbers`: the children's; `elsewhere`: the IINs of which any other district knows; `kept_out`: who cannot come to
    wait in which queue, None where that is to be asked (again).
    """

    place_id: int
    numbers: list[str]
    applications: dict[str, Application]
    children: dict[str, Child]
    applicants: dict[str, Applicant]
    elsewhere: set[str]
    kept_out: set[tuple[str, QueueKind]] | None = None

    def learn(self, children: Iterable[str], applicants: Iterable[str]) -> None:
        """Who is recorded under these numbers by now, and who no longer; what was added is on record too."""
        for number in children:
            self.children.pop(number, None)
        for number in applicants:
            self.applicants.pop(number, None)
        self.children |= _recorded(Child, children, self.place_id)
        self.applicants |= _recorded(Applicant, applicants, self.place_id)


def _recorded(model: type[P], numbers: Iterable[str], place_id: int) -> dict[str, P]:
    found = select(model).where(one_of(model.iin, numbers), model.place_id == place_id)
    return {one.iin: one for one in db.session.scalars(found)}


def look_up(entries: Sequence[Entry], place_id: int) -> Recorded:
    """What is recorded of all these lines, in a few statements."""
    keys = [entry.number_key for entry in entries]
    numbered = (
        select(Application)
        .where(Application.place_id == place_id, one_of(Application.number_key, keys))
        .options(*map(selectinload, (Application.child, Application.applicant, Application.privileges)))
    )
    children = [entry.child.iin for entry in entries]
    applicants = [entry.applicant.iin for entry in entries]
    return Recorded(
        place_id,
        children,
        {a.number_key: a for a in db.session.scalars(numbered)},
        _recorded(Child, children, place_id),
        _recorded(Applicant, applicants, place_id),
        known_elsewhere(entries, place_id),
    )


def known_elsewhere(entries: Sequence[Entry], place_id: int) -> set[str]:
    """The IINs of these lines of which any other district knows."""
    people = (Child, [entry.child.iin for entry in entries]), (Applicant, [entry.applicant.iin for entry in entries])
    there = [select(of.iin).where(one_of(of.iin, numbers), of.place_id != place_id) for of, numbers in people]
    return set(db.session.scalars(union(*there)))
