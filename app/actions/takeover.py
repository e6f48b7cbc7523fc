"""Applications from an older list come in with their numbers, their days in the queue and their privileges.

Many at once: what a new line would be is worked out before anybody is kept waiting (Entry.new), and under the lock
the new ones are looked up and added in sets of rows. A line of a known number is compared with its record, and what it
says otherwise is done by the verbs. Families are not told: nothing happened to them but that the list moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import alone, permit
from app.actions import applications, by_hand, corrections, counting, norms, people, places
from app.actions.differences import compare, differs
from app.actions.due import catch_up
from app.actions.entries import UNDER_WAY, Entry, Recorded, Row, known_elsewhere, look_up, portions
from app.actions.moving import move_all, record_new
from app.actions.people import Details
from app.db.database import insert_all, lock_districts
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import Applicant, Application, Child, Privilege, PrivilegeKind, PrivilegeStatus, QueueKind
from app.models import ApplicationStatus as A
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.refusals import Reason, Refusal

AT_ONCE = 1000


@dataclass
class TakeoverResult:
    """How many were added, changed, and archived by that; by their index the refused with why, those with a waiting
    namesake, those of whom another district has recorded another name, birth date or sex, and those that hold what
    their corrected birth date would not have allowed (spec 3.8).
    """

    added: int = 0
    changed: int = 0
    archived: int = 0
    refused: list[tuple[int, Refusal]] = field(default_factory=list)
    namesakes: list[int] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)
    contrary: list[int] = field(default_factory=list)


class _New(NamedTuple):
    """A line that becomes an application: its place among the lines, its status, what it fills in of people who were
    known before, and the reason that goes on record.
    """

    line: int
    entry: Entry
    status: A
    details: Details
    reason: str | None


class Ahead(NamedTuple):
    """New lines that were inserted before the lock, by their ids, and the maximum age by which they were judged."""

    months: int
    added: dict[int, _New]


def insert_ahead(entries: Sequence[Entry], *, place_id: int, at: datetime) -> Ahead:
    """Put the rows of a list of new lines alone into their tables before the district's lock is taken: nobody sees
    them, and nobody waits, but who writes the same number or child (docs/adr/0011-import-on-screen.md). Who waits in
    another district the database says; who attends is asked under the lock.

    Raises Refusal, IntegrityError: a line is none of a new number and new people, or cannot come.
    """
    lines, *more = portions(entries, len(entries))
    for model, kept, keys in (
        (Application, Application.number_key, [entry.number_key for entry in entries]),
        (Child, Child.iin, [entry.child.iin for entry in entries]),
        (Applicant, Applicant.iin, [entry.applicant.iin for entry in entries]),
    ):
        here = select(model.id).where(model.place_id == place_id, one_of(kept, keys))
        if more or db.session.scalars(here.limit(1)).first():
            raise Refusal(Reason.already_waiting, part="number")
    known, months = Recorded(place_id, {}, {}, {}, set()), _maximum_age(place_id, at)
    judged = (_judged(index, entry, known, months, at=at) for index, entry in enumerate(lines))
    return Ahead(months, _insert([one for one in judged if isinstance(one, _New)], known))


def take_over(
    entries: Sequence[Entry], *, place_id: int, by: Actor, at: datetime, ahead: Ahead | None = None
) -> TakeoverResult:
    """Spec 3.2, 3.9: bring the lines of an older list into the queue of a district; children over age come archived.

    A line is known by its number; one that says what is recorded already changes nothing. What is due in the district
    is done first (spec 3.1). Where anything was refused the caller undoes the transaction. `ahead`: what of these lines
    was inserted; a Refusal too where others have made it wrong. Raises Refusal: not_allowed, wrong_place, no_norm.
    """
    permit(by, "register", Application(place_id=place_id))
    if places.district_of(place_id) != place_id:
        raise Refusal(Reason.wrong_place, place=place_id)
    numbers = [] if ahead else [entry.child.iin for entry in entries]
    lock_districts({place_id, *applications.waits_in(numbers, *QueueKind)})  # a line may end there what is over (3.1)
    catch_up(at=at, place_id=place_id)
    outcome, own, stood = TakeoverResult(), set[int](), by_hand.before(None, at=at)
    if ahead:
        _still_new(ahead, place_id, at)
        outcome.added = len(entries)
        own = _on_record(ahead.added, known_elsewhere(entries, place_id), outcome, place_id, by=by, at=at)
        entries = ()
    first = 0
    for portion in portions(entries, AT_ONCE):
        own |= _take_over(portion, first, outcome, place_id, by=by, at=at)
        first += len(portion)
    by_hand.taken_over(place_id, own, stood, by=by, at=at)
    return outcome


def _still_new(ahead: Ahead, place_id: int, at: datetime) -> None:
    """What others may have committed since and no index refuses: another maximum age, a child that attends (3.7)."""
    if ahead.months != _maximum_age(place_id, at):
        raise Refusal(Reason.too_old)
    waiting = [one.entry for one in ahead.added.values() if one.status is A.queued]
    for queue_kind in QueueKind:
        numbers = [entry.child.iin for entry in waiting if entry.queue_kind is queue_kind]
        applications.not_attending(numbers, queue_kind)


def _maximum_age(place_id: int, at: datetime) -> int:
    return int(norms.in_force("queue.maximum_age", place_id, local_day(at)).value)


def _take_over(
    entries: Sequence[Entry], first: int, outcome: TakeoverResult, place_id: int, *, by: Actor, at: datetime
) -> set[int]:
    """Look up a portion at once, and add what is new of it together. Returns the ids of the new."""
    known, new, own, months = look_up(entries, place_id), list[_New](), set[int](), _maximum_age(place_id, at)
    for index, entry in enumerate(entries, first):
        try:
            line = _judged(index, entry, known, months, at=at)
            if isinstance(line, _New):
                new.append(line)
                outcome.added += 1
            elif differs(line, entry):
                if new:  # what this line changes may be theirs too
                    own |= _add(new, known, outcome, by=by, at=at)
                    lines = [one.entry for one in new]
                    known.learn([one.child.iin for one in lines], [one.applicant.iin for one in lines])
                    new = []
                was = line.status
                changed = compare(line, entry, known, by=by, at=at)
                outcome.changed += changed
                outcome.contrary += [index] if changed and corrections.contrary(line) else []
                outcome.archived += line.status is A.archived and was is not A.archived
                if not alone(Application, "archive", outcome.archived):
                    raise Refusal(Reason.not_allowed, part="status", many=True)
        except Refusal as refusal:
            if "part" not in refusal.facts:  # it is not this line's
                raise
            outcome.refused.append((index, refusal))
    own |= _add(new, known, outcome, by=by, at=at)
    db.session.expire_all()
    return own


def _judged(index: int, entry: Entry, known: Recorded, months: int, *, at: datetime) -> _New | Application:
    """What a line becomes, with what it fills in of people who were known; or the application of its number.

    Raises Refusal: wrong_status, reason_required (birth date or sex of a new child differ from the IIN), too_young,
    already_waiting, recorded_otherwise.
    """
    today, details = local_day(at), Details()
    too_old = age_in_months(entry.new.child["born_on"], today) >= months
    application = known.applications.get(entry.number_key)
    if entry.status in UNDER_WAY and not too_old and (not application or application.status != entry.status):
        raise Refusal(Reason.wrong_status, part="status")  # spec 3.2: what is under way stands by its record
    if application is not None:
        return application
    child, applicant = known.children.get(entry.child.iin), known.applicants.get(entry.applicant.iin)
    if child is None and entry.new.doubts and not entry.reason:
        raise Refusal(Reason.reason_required, part=entry.new.doubts[0])
    eligibility.born(entry.new.child["born_on"], min(today, entry.new.queued_on))
    status = A.archived if too_old or entry.archived else A.queued
    if status is A.queued:
        _waits_nowhere_else(child, entry, known, at=at)
    if child or applicant:
        details = people.as_recorded(child or entry.child, applicant or entry.applicant, entry.child, entry.applicant)
    return _New(index, entry, status, details, entry.reason or ("over_age" if too_old else None))


def _waits_nowhere_else(child: Child | None, entry: Entry, known: Recorded, *, at: datetime) -> None:
    """Spec 3.7: one live application per child and queue, here or in another district."""
    number = entry.child.iin if child is None else child.iin
    if (number, entry.queue_kind) in known.waiting:
        raise Refusal(Reason.already_waiting, part="child")
    if number in known.elsewhere:  # what is due in this district has been done
        applications.end_what_is_due(number, entry.queue_kind, at=at)
    if child is not None or number in known.elsewhere:
        applications.not_waiting_already(number, entry.queue_kind)
    known.waiting.add((number, entry.queue_kind))


def _add(new: Sequence[_New], known: Recorded, outcome: TakeoverResult, *, by: Actor, at: datetime) -> set[int]:
    """Add new lines of a portion. Returns their ids."""
    if not new:
        return set()
    db.session.flush()
    return _on_record(_insert(new, known), known.elsewhere, outcome, known.place_id, by=by, at=at)


def _insert(new: Sequence[_New], known: Recorded) -> dict[int, _New]:
    """Spec 3.2 ("imports keep older ones, archived"): new lines with their people, in the queue or kept beside it; by
    their ids, with what goes on record of them.
    """
    place_id, rows = known.place_id, list[Row]()
    children = _ids_of(Child, {one.entry.child.iin: one.entry.new.child for one in new}, known.children, place_id)
    family = {one.entry.applicant.iin: one.entry.new.applicant for one in new}
    applicants = _ids_of(Applicant, family, known.applicants, place_id)
    for one in new:
        child, applicant = one.entry.child.iin, one.entry.applicant.iin
        born_on = known.children[child].born_on if child in known.children else one.entry.new.child["born_on"]
        whose = {"child_id": children[child], "child_iin": child, "applicant_id": applicants[applicant]}
        birth = {"born_on": born_on, "birth_year": born_on.year}
        rows.append({**one.entry.new.application, **whose, **birth, "status": one.status})
    told = ({name: row[name] for name in ("queued_at", "number", "born_on")} for row in rows)
    recorded = [one._replace(details=one.details | facts) for one, facts in zip(new, told, strict=True)]
    return dict(zip(insert_all(Application, rows, place_id=place_id), recorded, strict=True))


def _on_record(
    added: Mapping[int, _New], elsewhere: set[str], outcome: TakeoverResult, place_id: int, *, by: Actor, at: datetime
) -> set[int]:
    """New lines on record, with their privileges, and what a person should look at. Returns their ids."""
    history = [
        {
            "subject_id": id_,
            "application_id": id_,
            "status_to": one.status,
            "reason": one.reason,
            "details": one.details,
        }
        for id_, one in added.items()
    ]
    record_new(Application, history, "register", place_id=place_id, by=by, at=at)
    _grant({id_: one.entry.privilege for id_, one in added.items() if one.entry.privilege}, place_id, by=by, at=at)
    same = people.with_namesakes([id_ for id_, one in added.items() if not one.entry.reason], place_id)
    outcome.namesakes += [one.line for id_, one in added.items() if id_ in same]
    for id_, one in added.items():
        if elsewhere & {one.entry.child.iin, one.entry.applicant.iin}:
            application = db.session.get_one(Application, id_)
            who = [p for p in (application.child, application.applicant) if p.iin in elsewhere]
            outcome.differing += [one.line] if people.differs_elsewhere(*who) else []
    return set(added)


def _ids_of(
    model: type[Child] | type[Applicant], said: Mapping[str, Row], known: Mapping[str, Any], place_id: int
) -> dict[str, int]:
    """The ids of these people by their IINs; whoever is not recorded is added."""
    new = {number: row for number, row in said.items() if number not in known}
    ids = {number: known[number].id for number in said if number in known}
    return ids | dict(zip(new, insert_all(model, list(new.values()), place_id=place_id), strict=True))


def _grant(kinds: Mapping[int, PrivilegeKind], place_id: int, *, by: Actor, at: datetime) -> None:
    """Privileges as the older list had them, by their applications: claimed and confirmed."""
    if not kinds:
        return
    rows = [{"application_id": id_, "kind": kind} for id_, kind in kinds.items()]
    granted = insert_all(Privilege, rows, claimed_at=at)
    said = {"status_to": PrivilegeStatus.claimed, "reason": None}
    claims = [
        {"subject_id": id_, "application_id": of, **said, "details": {"kind": kind}}
        for id_, (of, kind) in zip(granted, kinds.items(), strict=True)
    ]
    record_new(Privilege, claims, "claim", place_id=place_id, by=by, at=at)
    ids = select(Privilege.id).where(one_of(Privilege.id, granted))
    move_all(Privilege, ids, "confirm", by=by, at=at, on=local_day(at), place_id=place_id, decided_at=at)
    counting.count(list(kinds))
