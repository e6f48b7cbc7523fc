"""Applications from an older list come in with their numbers, their days in the queue and their privileges.

Many at once, in few statements. Families are not told: nothing happened to them but that the list moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import select

from app.actions import applications, norms, places
from app.actions.applications import Person
from app.actions.moving import move, record
from app.database import lock_district
from app.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Base,
    Child,
    PrivilegeKind,
    PrivilegeStatus,
    QueueKind,
)
from app.permissions import Actor, permit
from app.rules import iin
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.numbers import fold
from app.rules.refusals import Reason, Refusal
from app.rules.transitions import APPLICATION_FINAL

AT_ONCE = 1000
NAMES = ("last_name", "first_name", "patronymic")
CONTACT = ("phone", "email", "address")
Details: TypeAlias = dict[str, Any]


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


@dataclass
class Outcome:
    """How many were added and changed; the refused by their index, the part at fault and why."""

    added: int = 0
    changed: int = 0
    refused: list[tuple[int, str, Refusal]] = field(default_factory=list)


def take_over(entries: Sequence[Entry], *, place_id: int, by: Actor, at: datetime) -> Outcome:
    """Spec 3.2, 3.9: bring the lines of an older list into the queue of a district; children over age come archived.

    A line is known by its number; one that says what is recorded already changes nothing. Where anything was refused
    the caller undoes the transaction. Raises Refusal: not_allowed, wrong_place, no_norm.
    """
    permit(by, "register", Application(place_id=place_id))
    if places.district_of(place_id) != place_id:
        raise Refusal(Reason.wrong_place, place=place_id)
    lock_district(place_id)
    outcome = Outcome()
    for first in range(0, len(entries), AT_ONCE):
        _take_over(entries[first : first + AT_ONCE], first, outcome, place_id, by=by, at=at)
    return outcome


class _Fault(Exception):
    """The part of an entry at fault, and why it is refused."""

    def __init__(self, part: str, reason: Reason) -> None:
        super().__init__(part, reason)
        self.part, self.refusal = part, Refusal(reason)


class _Difference(NamedTuple):
    """What a list says otherwise than the record; `grave` where families gain or lose by it."""

    part: str
    of: Base
    name: str
    value: Any
    grave: bool = False


@dataclass
class _Known:
    """What is recorded of a portion's numbers, children and applicants, and what the portion adds to it."""

    applications: dict[str, Application]
    children: dict[str, Child]
    applicants: dict[str, Applicant]
    waiting: set[tuple[str, QueueKind]] = field(default_factory=set)


def _take_over(
    entries: Sequence[Entry], first: int, outcome: Outcome, place_id: int, *, by: Actor, at: datetime
) -> None:
    """Look up a portion at once, write what is new together, then put it on the record."""
    known, new = _look_up(entries, place_id), list[tuple[Application, Entry, Details, str | None]]()
    months = int(norms.in_force("queue.maximum_age", place_id, local_day(at)).value)
    for index, entry in enumerate(entries, first):
        try:
            application = known.applications.get(fold(entry.number))
            if application is not None:
                outcome.changed += _compare(application, entry, known, by=by, at=at)
                continue
            over = "over_age" if age_in_months(_born_on(entry), local_day(at)) >= months else None
            over = over or (entry.reason or "older_list" if entry.archived else None)
            new.append((*_add(entry, known, place_id, waits=over is None), over))
            outcome.added += 1
        except _Fault as fault:
            outcome.refused.append((index, fault.part, fault.refusal))
    db.session.flush()
    for application, entry, details, over in new:
        _put_on_record(application, entry, details, over, by=by, at=at)


def _look_up(entries: Sequence[Entry], place_id: int) -> _Known:
    keys = [fold(entry.number) for entry in entries]
    numbered = select(Application).where(Application.place_id == place_id, Application.number_key.in_(keys))
    children = select(Child).where(Child.iin.in_([entry.child.iin for entry in entries]))
    applicants = select(Applicant).where(Applicant.iin.in_([entry.applicant.iin for entry in entries]))
    return _Known(
        {a.number_key: a for a in db.session.scalars(numbered)},
        {c.iin: c for c in db.session.scalars(children)},
        {a.iin: a for a in db.session.scalars(applicants)},
    )


def _add(entry: Entry, known: _Known, place_id: int, *, waits: bool) -> tuple[Application, Entry, Details]:
    """A new application, and what its line says otherwise of people who were known before."""
    child, applicant = _child(entry, known), _applicant(entry.applicant, known)
    if waits:
        _waits_nowhere_else(child, entry.queue_kind, known)
    application = Application(
        number=entry.number,
        number_key=fold(entry.number),
        place_id=place_id,
        queue_kind=entry.queue_kind,
        queued_at=entry.queued_at,
    )
    details = _set(_of_people(child, applicant, entry), entry.reason)
    application.child, application.applicant = child, applicant
    db.session.add(application)
    known.applications[application.number_key] = application
    return application, entry, details


def _put_on_record(
    application: Application, entry: Entry, details: Details, over: str | None, *, by: Actor, at: datetime
) -> None:
    """The history of a new line: registered, its privilege as the older list had it, and archived where it is over."""
    facts = {"queued_at": application.queued_at, "number": application.number, "born_on": application.child.born_on}
    status = (None, ApplicationStatus.queued)
    record(application, "register", by=by, at=at, status=status, reason=entry.reason, details={**facts, **details})
    if entry.privilege is not None:
        _grant(application, entry.privilege, by=by, at=at)
    if over is not None:
        move(application, "archive", by=by, at=at, reason=over)


def _compare(application: Application, entry: Entry, known: _Known, *, by: Actor, at: datetime) -> bool:
    """Set on the record what a known line says otherwise; was there anything?"""
    if application.child.iin != entry.child.iin:
        raise _Fault("number", Reason.already_waiting)
    if application.queue_kind is not entry.queue_kind:
        raise _Fault("queue_kind", Reason.wrong_status)
    applicant = _applicant(entry.applicant, known)
    differences = _of_people(application.child, applicant, entry)
    if applicant is not application.applicant:
        differences.append(_Difference("applicant", application, "applicant", applicant, grave=True))
    was = application.queued_at
    if (local_day(was) != local_day(entry.queued_at)) if entry.day_only else was != entry.queued_at:
        differences.append(_Difference("queued_at", application, "queued_at", entry.queued_at, grave=True))
    details = _set(differences, entry.reason)
    if details:
        record(application, "change", by=by, at=at, reason=entry.reason, details=details)
    changed = _compare_privilege(application, entry, by=by, at=at)
    if entry.archived and application.status not in APPLICATION_FINAL:
        if not entry.reason:
            raise _Fault("status", Reason.reason_required)
        applications.archive(application, by=by, at=at, reason=entry.reason)
        changed = True
    return changed or bool(details)


def _compare_privilege(application: Application, entry: Entry, *, by: Actor, at: datetime) -> bool:
    """Another privilege than the last one known takes its place; what officials decided since stays decided."""
    last = application.privileges[-1] if application.privileges else None
    live = last is not None and last.status in (PrivilegeStatus.claimed, PrivilegeStatus.confirmed)
    if not entry.privilege_said or entry.privilege == (last.kind if last else None):
        return False
    if entry.privilege is None and not live:
        return False
    if not entry.reason:
        raise _Fault("privilege", Reason.reason_required)
    if last is not None and live:
        move(last, "reject", by=by, at=at, reason=entry.reason, decided_at=at)
    if entry.privilege is not None:
        _grant(application, entry.privilege, by=by, at=at)
    return True


def _grant(application: Application, kind: PrivilegeKind, *, by: Actor, at: datetime) -> None:
    """What the older list had as decided: claimed and confirmed."""
    move(applications.claim(application, kind, by=by, at=at), "confirm", by=by, at=at, decided_at=at)


def _of_people(child: Child, applicant: Applicant, entry: Entry) -> list[_Difference]:
    """What a line says otherwise of its child and applicant; what it leaves empty it does not say."""
    said: list[tuple[str, Base, str, Any]] = [("child", child, name, getattr(entry.child, name)) for name in NAMES]
    said += [("applicant", applicant, name, getattr(entry.applicant, name)) for name in (*NAMES, *CONTACT)]
    found = [_Difference(*one) for one in said if one[3] and one[3] != getattr(one[1], one[2])]
    if entry.child.born_on and entry.child.born_on != child.born_on:
        found.append(_Difference("born_on", child, "born_on", entry.child.born_on, grave=True))
    return found


def _set(differences: Sequence[_Difference], reason: str | None) -> Details:
    """Set what differs; before and after by name. Raises _Fault: a reason is required for what is grave."""
    details: Details = {}
    for one in differences:
        if one.grave and not reason:
            raise _Fault(one.part, Reason.reason_required)
        name = one.name if one.of.__tablename__ == "application" else f"{one.of.__tablename__}.{one.name}"
        details[name] = [getattr(one.of, one.name), one.value]
        setattr(one.of, one.name, one.value)
    return details


def _child(entry: Entry, known: _Known) -> Child:
    child = known.children.get(entry.child.iin)
    if child is None:
        facts = iin.facts(entry.child.iin)
        if _born_on(entry) != facts.born_on and not entry.reason:
            raise _Fault("born_on", Reason.reason_required)
        child = Child(iin=entry.child.iin, born_on=_born_on(entry), sex=facts.sex)
        child.last_name, child.first_name, child.patronymic = (getattr(entry.child, name) for name in NAMES)
        known.children[child.iin] = child
    return child


def _applicant(person: Person, known: _Known) -> Applicant:
    applicant = known.applicants.get(person.iin)
    if applicant is None:
        applicant = Applicant(iin=person.iin, born_on=person.born_on or iin.facts(person.iin).born_on)
        for name in (*NAMES, *CONTACT):
            setattr(applicant, name, getattr(person, name))
        known.applicants[person.iin] = applicant
    return applicant


def _waits_nowhere_else(child: Child, queue_kind: QueueKind, known: _Known) -> None:
    """Spec 3.7: one live application per child and queue, here or in another district."""
    if (child.iin, queue_kind) in known.waiting:
        raise _Fault("child", Reason.already_waiting)
    try:
        applications.not_waiting_already(child, queue_kind)
    except Refusal as refusal:
        raise _Fault("child", refusal.reason) from None
    known.waiting.add((child.iin, queue_kind))


def _born_on(entry: Entry) -> date:
    return entry.child.born_on or iin.facts(entry.child.iin).born_on
