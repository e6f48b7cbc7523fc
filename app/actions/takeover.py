"""Applications from an older list come in with their numbers, their days in the queue and their privileges.

Many at once: what a new line would be is worked out before anybody is kept waiting (Entry.new, made_ready), and under
the lock the new ones are looked up and added in sets of rows. A line of a known number is compared with its record,
and what it says otherwise is done by the verbs. Families are not told: nothing happened but that the list moved.
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
from app.actions.moving import NewHistory, move_all, new_history, record_new
from app.actions.people import Details
from app.db.database import Rows, as_kept, insert_all, lock_districts
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import Applicant, Application, Child, Privilege, PrivilegeKind, PrivilegeStatus, QueueKind
from app.models import ApplicationStatus as A
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.reasons import OwnReason
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


class _People(NamedTuple):
    """Children or applicants by their IINs: the ids of those who are recorded, and the rows of the others."""

    recorded: dict[str, int]
    others: list[str]
    rows: Rows | None


class Ready(NamedTuple):
    """New lines of a district as the rows that they become, which lack nothing but ids.

    `months`: the maximum age by which they were judged.
    """

    place_id: int
    months: int
    lines: list[_New]
    children: _People
    applicants: _People
    applications: Rows
    history: NewHistory


class Ahead(NamedTuple):
    """Lines that were inserted before the lock, and their ids."""

    ready: Ready
    ids: list[int]


def made_ready(entries: Sequence[Entry], *, place_id: int, at: datetime) -> Ready | None:
    """A list of new lines alone, worked out before anybody waits for it; None for any other. Raises Refusal(no_norm).

    Who waits in another district the database says, who attends is asked under the lock.
    """
    lines, *more = portions(entries, len(entries))
    for model, kept, keys in (
        (Application, Application.number_key, [entry.number_key for entry in entries]),
        (Child, Child.iin, [entry.child.iin for entry in entries]),
        (Applicant, Applicant.iin, [entry.applicant.iin for entry in entries]),
    ):
        here = select(model.id).where(model.place_id == place_id, one_of(kept, keys))
        if more or db.session.scalars(here.limit(1)).first():
            return None
    known, months = Recorded(place_id, [], {}, {}, {}, set(), kept_out=set()), _maximum_age(place_id, at)
    try:
        judged = [_judged(index, entry, known, months, at=at) for index, entry in enumerate(lines)]
    except Refusal:
        return None
    return _ready([one for one in judged if isinstance(one, _New)], known, months)


def insert_ahead(ready: Ready) -> Ahead:
    """Put new lines into their tables before the district's lock is taken: nobody sees them, and nobody waits, but who
    writes the same number or child (docs/adr/0011-import-on-screen.md).

    Raises IntegrityError: others have recorded one of the numbers or people since.
    """
    return Ahead(ready, _insert(ready))


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
    districts = {place_id, *applications.waits_in(numbers, *QueueKind)}
    lock_districts(districts)
    for district in sorted(districts):  # what is over in another one keeps no child out of this one (3.1)
        catch_up(at=at, place_id=district)
    outcome, own, stood = TakeoverResult(), set[int](), by_hand.before(None, at=at)
    if ahead:
        _still_new(ahead, place_id, at)
        outcome.added = len(entries)
        own = _on_record(*ahead, known_elsewhere(entries, place_id), outcome, by=by, at=at)
        entries = ()
    first = 0
    for portion in portions(entries, AT_ONCE):
        own |= _take_over(portion, first, outcome, place_id, by=by, at=at)
        first += len(portion)
    by_hand.taken_over(place_id, own, stood, by=by, at=at)
    return outcome


def _still_new(ahead: Ahead, place_id: int, at: datetime) -> None:
    """What others may have committed since and no index refuses: another maximum age, a child that attends (3.7)."""
    if ahead.ready.months != _maximum_age(place_id, at):
        raise Refusal(Reason.too_old)
    waiting = {(one.entry.child.iin, one.entry.queue_kind) for one in ahead.ready.lines if one.status is A.queued}
    if waiting & applications.attending([number for number, _ in waiting]):
        raise Refusal(Reason.already_waiting)


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
                    own |= _add(new, known, months, outcome, by=by, at=at)
                    lines = [one.entry for one in new]
                    known.learn([one.child.iin for one in lines], [one.applicant.iin for one in lines])
                    new = []
                was, known.kept_out = line.status, None
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
    own |= _add(new, known, months, outcome, by=by, at=at)
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
        _waits_nowhere_else(entry, known)
    if child or applicant:
        details = people.as_recorded(child or entry.child, applicant or entry.applicant, entry.child, entry.applicant)
    return _New(index, entry, status, details, entry.reason or (OwnReason.over_age if too_old else None))


def _waits_nowhere_else(entry: Entry, known: Recorded) -> None:
    """Spec 3.7: one live application per child and queue, here or in another district."""
    if known.kept_out is None:
        known.kept_out = applications.waiting(known.numbers) | applications.attending(known.numbers)
    if (entry.child.iin, entry.queue_kind) in known.kept_out:
        raise Refusal(Reason.already_waiting, part="child")
    known.kept_out.add((entry.child.iin, entry.queue_kind))


def _add(
    new: list[_New], known: Recorded, months: int, outcome: TakeoverResult, *, by: Actor, at: datetime
) -> set[int]:
    """Add new lines of a portion. Returns their ids."""
    if not new:
        return set()
    db.session.flush()
    ready = _ready(new, known, months)
    return _on_record(ready, _insert(ready), known.elsewhere, outcome, by=by, at=at)


def _ready(new: list[_New], known: Recorded, months: int) -> Ready:
    """Spec 3.2 ("imports keep older ones, archived"): new lines with their people, in the queue or kept beside it."""
    rows, history = list[Row](), list[Row]()
    for one in new:
        child, row = known.children.get(one.entry.child.iin), one.entry.new.application
        born_on = child.born_on if child else one.entry.new.child["born_on"]
        birth = {"child_iin": one.entry.child.iin, "born_on": born_on, "birth_year": born_on.year}
        rows.append({**row, **birth, "status": one.status})
        details = {**one.details, "queued_at": row["queued_at"], "number": row["number"], "born_on": born_on}
        history.append({"status_to": one.status, "reason": one.reason, "details": details})
    children = {one.entry.child.iin: one.entry.new.child for one in new}
    applicants = {one.entry.applicant.iin: one.entry.new.applicant for one in new}
    return Ready(
        known.place_id,
        months,
        new,
        _people(Child, children, known.children),
        _people(Applicant, applicants, known.applicants),
        as_kept(Application, rows),
        new_history(history),
    )


def _people(model: type[Child] | type[Applicant], told: Mapping[str, Row], known: Mapping[str, Any]) -> _People:
    others = [number for number in told if number not in known]
    ids = {number: known[number].id for number in told if number in known}
    return _People(ids, others, as_kept(model, [told[number] for number in others]) if others else None)


def _insert(ready: Ready) -> list[int]:
    """Put the rows into their tables. Returns the ids of the applications."""
    children = _ids(Child, ready.children, ready.place_id)
    applicants = _ids(Applicant, ready.applicants, ready.place_id)
    whose = {
        "child_id": [children[one.entry.child.iin] for one in ready.lines],
        "applicant_id": [applicants[one.entry.applicant.iin] for one in ready.lines],
    }
    rows = ready.applications._replace(columns={**ready.applications.columns, **whose})
    return insert_all(Application, rows, place_id=ready.place_id)


def _ids(model: type[Child] | type[Applicant], people: _People, place_id: int) -> dict[str, int]:
    """The ids of these people by their IINs; whoever is not recorded is added."""
    added = insert_all(model, people.rows, place_id=place_id) if people.rows else []
    return people.recorded | dict(zip(people.others, added, strict=True))


def _on_record(
    ready: Ready, ids: list[int], elsewhere: set[str], outcome: TakeoverResult, *, by: Actor, at: datetime
) -> set[int]:
    """New lines on record, with their privileges, and what a person should look at. Returns their ids."""
    place_id, added = ready.place_id, dict(zip(ids, ready.lines, strict=True))
    record_new(Application, ids, ids, "register", ready.history, place_id=place_id, by=by, at=at)
    _grant({id_: one.entry.privilege for id_, one in added.items() if one.entry.privilege}, place_id, by=by, at=at)
    same = people.with_namesakes([id_ for id_, one in added.items() if not one.entry.reason], place_id)
    outcome.namesakes += [one.line for id_, one in added.items() if id_ in same]
    for id_, one in added.items():
        if elsewhere & {one.entry.child.iin, one.entry.applicant.iin}:
            application = db.session.get_one(Application, id_)
            who = [p for p in (application.child, application.applicant) if p.iin in elsewhere]
            outcome.differing += [one.line] if people.differs_elsewhere(*who) else []
    return set(ids)


def _grant(kinds: Mapping[int, PrivilegeKind], place_id: int, *, by: Actor, at: datetime) -> None:
    """Privileges as the older list had them, by their applications: claimed and confirmed."""
    if not kinds:
        return
    rows = [{"application_id": id_, "kind": kind} for id_, kind in kinds.items()]
    granted = insert_all(Privilege, as_kept(Privilege, rows), claimed_at=at)
    claimed = {"status_to": PrivilegeStatus.claimed, "reason": None}
    history = new_history([{**claimed, "details": {"kind": kind}} for kind in kinds.values()])
    record_new(Privilege, granted, list(kinds), "claim", history, place_id=place_id, by=by, at=at)
    ids = select(Privilege.id).where(one_of(Privilege.id, granted))
    move_all(Privilege, ids, "confirm", by=by, at=at, on=local_day(at), place_id=place_id, decided_at=at)
    counting.count(list(kinds))
