"""Applications from an older list come in with their numbers, their days in the queue and their privileges.

Many at once: what a new line would be is worked out before anybody is kept waiting (Entry.new), and under the lock
the new ones are looked up and added in sets of rows. A line of a known number is compared with its record, and what it
says otherwise is done by the verbs. Families are not told: nothing happened to them but that the list moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import alone, permit
from app.actions import applications, by_hand, corrections, counting, norms, people, places
from app.actions.differences import compare, differs
from app.actions.due import catch_up
from app.actions.entries import UNDER_WAY, Entry, Recorded, Row, look_up, portions
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


def take_over(entries: Sequence[Entry], *, place_id: int, by: Actor, at: datetime) -> TakeoverResult:
    """Spec 3.2, 3.9: bring the lines of an older list into the queue of a district; children over age come archived.

    A line is known by its number; one that says what is recorded already changes nothing. What is due in the district
    is done first (spec 3.1). Where anything was refused the caller undoes the transaction. Raises Refusal:
    not_allowed, wrong_place, no_norm.
    """
    permit(by, "register", Application(place_id=place_id))
    if places.district_of(place_id) != place_id:
        raise Refusal(Reason.wrong_place, place=place_id)
    lock_districts({place_id, *_waiting_in(entries)})
    catch_up(at=at, place_id=place_id)
    outcome, own, stood = TakeoverResult(), set[int](), by_hand.before(None, at=at)
    first = 0
    for portion in portions(entries, AT_ONCE):
        own |= _take_over(portion, first, outcome, place_id, by=by, at=at)
        first += len(portion)
    by_hand.taken_over(place_id, own, stood, by=by, at=at)
    return outcome


def _waiting_in(entries: Sequence[Entry]) -> set[int]:
    """The districts in which any of these children waits: a line may end there what is over (spec 3.1)."""
    numbers = [entry.child.iin for entry in entries]
    portions = (numbers[first : first + AT_ONCE] for first in range(0, len(numbers), AT_ONCE))
    return {place_id for portion in portions for place_id in applications.waits_in(portion, *QueueKind)}


class _New(NamedTuple):
    """A line that becomes an application: its place among the lines, its status, what it fills in of people who were
    known before, and the reason that goes on record.
    """

    line: int
    entry: Entry
    status: A
    details: Details
    reason: str | None


def _take_over(
    entries: Sequence[Entry], first: int, outcome: TakeoverResult, place_id: int, *, by: Actor, at: datetime
) -> set[int]:
    """Look up a portion at once, and add what is new of it together. Returns the ids of the new."""
    known, new, own, today = look_up(entries, place_id), list[_New](), set[int](), local_day(at)
    months = int(norms.in_force("queue.maximum_age", place_id, today).value)
    for index, entry in enumerate(entries, first):
        try:
            too_old = age_in_months(entry.new.child["born_on"], today) >= months
            application = known.applications.get(entry.number_key)
            if entry.status in UNDER_WAY and not too_old and (not application or application.status != entry.status):
                raise Refusal(Reason.wrong_status, part="status")  # spec 3.2: what is under way stands by its record
            if application is None:
                status = A.archived if too_old or entry.archived else A.queued
                details = _may_come(entry, known, status, today, at=at)
                new.append(_New(index, entry, status, details, entry.reason or ("over_age" if too_old else None)))
                outcome.added += 1
            elif differs(application, entry):
                if new:  # what this line changes may be theirs too
                    own |= _add(new, known, outcome, by=by, at=at)
                    lines = [one.entry for one in new]
                    known.learn([one.child.iin for one in lines], [one.applicant.iin for one in lines])
                    new = []
                was = application.status
                changed = compare(application, entry, known, by=by, at=at)
                outcome.changed += changed
                outcome.contrary += [index] if changed and corrections.contrary(application) else []
                outcome.archived += application.status is A.archived and was is not A.archived
                if not alone(Application, "archive", outcome.archived):
                    raise Refusal(Reason.not_allowed, part="status", many=True)
        except Refusal as refusal:
            if "part" not in refusal.facts:  # it is not this line's
                raise
            outcome.refused.append((index, refusal))
    own |= _add(new, known, outcome, by=by, at=at)
    db.session.expire_all()
    return own


def _may_come(entry: Entry, known: Recorded, status: A, today: date, *, at: datetime) -> Details:
    """May this line become an application? What it fills in of people who were known before.

    Raises Refusal: reason_required (birth date or sex of a new child differ from the IIN), too_young, already_waiting,
    recorded_otherwise.
    """
    child, applicant = known.children.get(entry.child.iin), known.applicants.get(entry.applicant.iin)
    if child is None and entry.new.doubts and not entry.reason:
        raise Refusal(Reason.reason_required, part=entry.new.doubts[0])
    eligibility.born(entry.new.child["born_on"], min(today, entry.new.queued_on))
    if status is A.queued:
        _waits_nowhere_else(child, entry, known, at=at)
    if child is None and applicant is None:
        return {}
    return people.as_recorded(child or entry.child, applicant or entry.applicant, entry.child, entry.applicant)


def _waits_nowhere_else(child: Child | None, entry: Entry, known: Recorded, *, at: datetime) -> None:
    """Spec 3.7: one live application per child and queue, here or in another district."""
    number = entry.child.iin if child is None else child.iin
    if (number, entry.queue_kind) in known.waiting:
        raise Refusal(Reason.already_waiting, part="child")
    if child is not None or number in known.elsewhere:
        applications.end_what_is_due(number, entry.queue_kind, at=at)
        applications.not_waiting_already(number, entry.queue_kind)
    known.waiting.add((number, entry.queue_kind))


def _add(new: Sequence[_New], known: Recorded, outcome: TakeoverResult, *, by: Actor, at: datetime) -> set[int]:
    """Spec 3.2 ("imports keep older ones, archived"): new lines with their people, in the queue or kept beside it, on
    record, and what a person should look at. Returns their ids.
    """
    if not new:
        return set()
    db.session.flush()
    place_id, rows = known.place_id, list[Row]()
    children = _ids_of(Child, {one.entry.child.iin: one.entry.new.child for one in new}, known.children, place_id)
    family = {one.entry.applicant.iin: one.entry.new.applicant for one in new}
    applicants = _ids_of(Applicant, family, known.applicants, place_id)
    for one in new:
        child, applicant = one.entry.child.iin, one.entry.applicant.iin
        born_on = known.children[child].born_on if child in known.children else one.entry.new.child["born_on"]
        whose = {"child_id": children[child], "child_iin": child, "applicant_id": applicants[applicant]}
        birth = {"born_on": born_on, "birth_year": born_on.year}
        rows.append({**one.entry.new.application, **whose, **birth, "place_id": place_id, "status": one.status})
    insert_all(Application, rows)
    numbered = select(Application.number_key, Application.id).where(Application.place_id == place_id)
    numbered = numbered.where(one_of(Application.number_key, [row["number_key"] for row in rows]))
    ids = dict(db.session.execute(numbered).all())
    added = {ids[row["number_key"]]: one for row, one in zip(rows, new, strict=True)}
    history = [
        {
            "subject_id": id_,
            "application_id": id_,
            "status_to": one.status,
            "reason": one.reason,
            "details": one.details | {name: row[name] for name in ("queued_at", "number", "born_on")},
        }
        for (id_, one), row in zip(added.items(), rows, strict=True)
    ]
    record_new(Application, history, "register", place_id=place_id, by=by, at=at)
    _grant({id_: one.entry.privilege for id_, one in added.items() if one.entry.privilege}, place_id, by=by, at=at)
    same = people.with_namesakes([id_ for id_, one in added.items() if not one.entry.reason], place_id)
    outcome.namesakes += [one.line for id_, one in added.items() if id_ in same]
    for id_, one in added.items():
        if known.elsewhere & {one.entry.child.iin, one.entry.applicant.iin}:
            application = db.session.get_one(Application, id_)
            who = [p for p in (application.child, application.applicant) if p.iin in known.elsewhere]
            outcome.differing += [one.line] if people.differs_elsewhere(*who) else []
    return set(added)


def _ids_of(
    model: type[Child] | type[Applicant], said: Mapping[str, Row], known: Mapping[str, Any], place_id: int
) -> dict[str, int]:
    """The ids of these people by their IINs; whoever is not recorded is added."""
    new = [{**row, "place_id": place_id} for number, row in said.items() if number not in known]
    insert_all(model, new)
    found = select(model.iin, model.id).where(model.place_id == place_id, one_of(model.iin, said))
    return dict(db.session.execute(found).all())


def _grant(kinds: Mapping[int, PrivilegeKind], place_id: int, *, by: Actor, at: datetime) -> None:
    """Privileges as the older list had them, by their applications: claimed and confirmed."""
    if not kinds:
        return
    insert_all(Privilege, [{"application_id": id_, "kind": kind, "claimed_at": at} for id_, kind in kinds.items()])
    granted = select(Privilege.id, Privilege.application_id, Privilege.kind)
    granted = granted.where(one_of(Privilege.application_id, kinds)).order_by(Privilege.id)
    found = db.session.execute(granted).all()
    claims = [
        {
            "subject_id": id_,
            "application_id": application_id,
            "status_to": PrivilegeStatus.claimed,
            "reason": None,
            "details": {"kind": kind},
        }
        for id_, application_id, kind in found
    ]
    record_new(Privilege, claims, "claim", place_id=place_id, by=by, at=at)
    ids = select(Privilege.id).where(one_of(Privilege.id, [id_ for id_, *_ in found]))
    move_all(Privilege, ids, "confirm", by=by, at=at, on=local_day(at), place_id=place_id, decided_at=at)
    counting.count(list(kinds))
