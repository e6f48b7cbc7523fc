"""Who a child and an applicant are: known to each district by their IIN, recorded there once (ADR 14).

What another district has recorded is neither read into a new record nor changed; that it differs is said on both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.access.actors import Actor
from app.actions import places
from app.db import name_keys
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import Applicant, Application, Child, Language, Sex
from app.rules import eligibility, folding, iin
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.rules.verbs import APPLICATION_FINAL

NAMES = ("last_name", "first_name", "patronymic")

Details: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Who a child or an applicant is, as the papers at the counter or a file's row say. What is empty says nothing."""

    iin: str
    born_on: date | None = None
    last_name: str = ""
    first_name: str = ""
    patronymic: str = ""
    sex: Sex | None = None

    @property
    def name(self) -> tuple[str, str, str]:
        """Surname, name and patronymic."""
        return self.last_name, self.first_name, self.patronymic

    @property
    def full_name(self) -> str:
        """The same in one."""
        return " ".join(filter(None, self.name))


@dataclass(frozen=True)
class Contacts:
    """Spec 3.9: how a family is reached about one application. What is None says nothing."""

    phone: str | None = None
    email: str | None = None
    address: str | None = None
    notice_language: Language | None = None


NOTHING_SAID = Contacts()


class Difference(NamedTuple):
    """What is said otherwise than the record; `grave` where families gain or lose by it."""

    part: str
    of: Any
    name: str
    value: Any
    grave: bool = False


def check(child: Person, applicant: Person) -> None:
    """Spec 3.9: two people with numbers that can be. Raises Refusal(bad_iin) with the part at fault."""
    for part, person in (("child", child), ("applicant", applicant)):
        try:
            iin.facts(person.iin)
        except Refusal as refusal:
            raise Refusal(refusal.reason, part=part, **refusal.facts) from None
    if child.iin == applicant.iin:
        raise Refusal(Reason.bad_iin, part="applicant", because="same_person")


def born_on(child: Person) -> date:
    """The birthday that is said, or that of the IIN."""
    return child.born_on or iin.facts(child.iin).born_on


def of_child(said: Person) -> Details:
    """What is recorded of a child as it is said; what is not said of birth and sex is as the IIN has it."""
    day = born_on(said)
    return {**_named(Child, said), "born_on": day, "birth_year": day.year, "sex": said.sex or iin.facts(said.iin).sex}


def of_applicant(said: Person) -> Details:
    """The same of an applicant."""
    return {**_named(Applicant, said), "born_on": born_on(said)}


def _named(model: type[Child] | type[Applicant], said: Person) -> Details:
    names = {name: getattr(said, name) for name in NAMES}
    return {"iin": said.iin, **names, **name_keys.of(model, said)}


def recorded(model: type[Child] | type[Applicant], number: str, place_id: int) -> Any:
    """Who is recorded in a district under an IIN; None for nobody."""
    return db.session.scalars(select(model).where(model.iin == number, model.place_id == place_id)).first()


def differences(child: Child | Person, applicant: Applicant | Person, said: Person, by: Person) -> list[Difference]:
    """What is said (`by` the applicant) otherwise than recorded; another birthday or sex is grave.

    Of whom nobody is recorded stands here as it is said: nothing is said otherwise of it.
    """
    of: list[tuple[str, Any, str, Any]] = [("child", child, name, getattr(said, name)) for name in NAMES]
    of += [("applicant", applicant, name, getattr(by, name)) for name in NAMES]
    found = [Difference(*one) for one in of if one[3] and one[3] != getattr(one[1], one[2])]
    for name in ("born_on", "sex"):
        if getattr(said, name) not in (None, getattr(child, name)):
            found.append(Difference(name, child, name, getattr(said, name), grave=True))
    return found


def as_recorded(child: Child | Person, applicant: Applicant | Person, said: Person, by: Person) -> Details:
    """Spec 3.9: to register a child changes nothing of what its district has recorded of it and of its applicant.

    A part of a name that was empty is filled in: its before and after by name. Raises Refusal(recorded_otherwise)
    with all parts that are said otherwise; what is recorded wrongly is corrected first, by that verb.
    """
    found = differences(child, applicant, said, by)
    contrary = [one for one in found if one.grave or not alike(getattr(one.of, one.name), one.value)]
    if contrary:
        parts = list(dict.fromkeys(one.part if one.grave else f"{one.part}_name" for one in contrary))
        raise Refusal(Reason.recorded_otherwise, part=parts[0], parts=parts)
    return set_all(filling(child, applicant, said, by), None)


def as_recorded_by_a_family(child: Child | Person, applicant: Applicant | Person, said: Person, by: Person) -> None:
    """The same where no official has seen a paper: all parts of the child's name that are recorded are said, and what
    is not recorded stays so. Raises Refusal(recorded_otherwise), which tells nothing of what is recorded.
    """
    contrary = (
        one.grave or not alike(getattr(one.of, one.name), one.value) for one in differences(child, applicant, said, by)
    )
    silent = (bool(getattr(child, name)) and not getattr(said, name) for name in NAMES)
    if any(silent) or any(contrary):
        raise Refusal(Reason.recorded_otherwise, official=True)


def filling(child: Child | Person, applicant: Applicant | Person, said: Person, by: Person) -> list[Difference]:
    """The parts of names that are empty on record and are said now."""
    return [one for one in differences(child, applicant, said, by) if not getattr(one.of, one.name)]


def otherwise(person: Child | Applicant, said: Person) -> Details:
    """The facts of one person that are said otherwise than recorded, by name; what is only spelled otherwise is not."""
    told: Details = {} if person.iin == said.iin else {"iin": said.iin}
    told |= {name: getattr(said, name) for name in NAMES if not alike(getattr(person, name), getattr(said, name))}
    facts = ("born_on", "sex") if isinstance(person, Child) else ()
    told |= {name: getattr(said, name) for name in facts if getattr(said, name) not in (None, getattr(person, name))}
    return told


def alike(recorded: str, said: str) -> bool:
    """Is it the same part of a name, however it is spelled, or is one of them not said?"""
    return not recorded or not said or folding.match(recorded, said) is not None


def differs_elsewhere(*people: Child | Applicant) -> bool:
    """Spec 3.9: has another district recorded one of these people with another name, birth date or sex?

    What it has recorded, and where, is not told. Read without the viewer's scope.
    """
    return any(_differ(one, other) for one in people for other in db.session.scalars(_elsewhere(one)))


def _elsewhere(one: Child | Applicant) -> Any:
    model = type(one)
    return select(model).where(model.iin == one.iin, model.place_id != one.place_id)


def _differ(one: Child | Applicant, other: Child | Applicant) -> bool:
    named = all(alike(getattr(one, name), getattr(other, name)) for name in NAMES)
    facts = ("born_on", "sex") if isinstance(one, Child) else ()
    return not named or any(getattr(one, name) != getattr(other, name) for name in facts)


def doubts(child: Child, said: Person, place_id: int) -> list[str]:
    """Spec 3.9: what an official looks at twice and accepts with a reason, by part.

    A birthday or sex other than the IIN's (for a new child), and a namesake born on the same day who waits in the same
    region under another IIN.
    """
    parts = iin.otherwise(iin.facts(said.iin), said.born_on, said.sex) if child.id is None else []
    if namesakes(child, place_id):
        parts.append("namesake")
    return list(dict.fromkeys(parts))


def doubtful(child: Child, place_id: int) -> list[str]:
    """The same of a child as it is recorded: what whoever corrects it accepts by the reason."""
    parts = iin.otherwise(iin.facts(child.iin), child.born_on, child.sex)
    return [*parts, *(["namesake"] if namesakes(child, place_id) else [])]


def namesakes(child: Child, place_id: int) -> bool:
    """Spec 3.9: does a child of this name, by its folded key, and birthday wait in the region under another IIN?"""
    if not child.full_name:
        return False
    same = (
        select(Application.id)
        .join(Child)
        .where(
            Child.search_name == name_keys.folded_name(child),
            Child.born_on == child.born_on,
            Child.iin != child.iin,
            Application.place_id.in_(_region(place_id)),
            Application.status.not_in(APPLICATION_FINAL),
        )
    )
    with db.session.no_autoflush:  # the child is perhaps not to be written yet
        return db.session.scalars(same.limit(1)).first() is not None


def with_namesakes(ids: Sequence[int], place_id: int) -> set[int]:
    """Those of these applications whose child has a namesake of the same day who waits in the region.

    One question within the other, for SQLite joins in an order that takes seconds where many have common names.
    """
    child, other, waits = aliased(Child), aliased(Child), aliased(Application)
    there = waits.place_id.in_(_region(place_id)) & waits.status.not_in(APPLICATION_FINAL)
    same = (other.search_name == child.search_name) & (other.born_on == child.born_on) & (other.iin != child.iin)
    found = (
        select(Application.id)
        .join(child, Application.child_id == child.id)
        .where(
            one_of(Application.id, ids),
            Application.status.not_in(APPLICATION_FINAL),
            exists().where(same, exists().where(waits.child_id == other.id, there)),
        )
    )
    return set(db.session.scalars(found))


def _region(place_id: int) -> list[int]:
    """All places of the region that a place lies in: as far as one department answers for."""
    return places.subtree(places.path(place_id)[-2:][0])  # the last one is the country


def set_all(found: Sequence[Difference], reason: str | None) -> Details:
    """Set what differs; before and after by name. Raises Refusal: a reason is required for what is grave."""
    details: Details = {}
    for one in found:
        if one.grave and not reason:
            raise Refusal(Reason.reason_required, part=one.part)
        name = one.name if one.of.__tablename__ == "application" else f"{one.of.__tablename__}.{one.name}"
        details[name] = [getattr(one.of, one.name), one.value]
        setattr(one.of, one.name, one.value)
    return details


def accepted(parts: Sequence[str], reason: str | None, *, by: Actor) -> str | None:
    """Spec 3.9: the reason with which an official, and no family, accepts what is doubtful. Raises reason_required."""
    if parts and by.role is Role.family:
        raise Refusal(Reason.reason_required, parts=parts, official=True)
    return eligibility.given(reason, *parts) if parts else reason
