"""Applications from an older list come in with their numbers, their days in the queue and their privileges.

Many at once, in few statements. Families are not told: nothing happened to them but that the list moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import alone, permit
from app.actions import applications, by_hand, corrections, counting, norms, people, places
from app.actions.differences import compare
from app.actions.due import catch_up
from app.actions.entries import UNDER_WAY, Entry, Recorded, applicant_of, child_of, look_up
from app.actions.moving import move_all, record_all
from app.actions.people import Details
from app.db.database import lock_districts
from app.db.extensions import db
from app.models import Application, Child, Privilege, PrivilegeStatus, QueueKind
from app.models import ApplicationStatus as A
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.refusals import Reason, Refusal
from app.rules.registration_numbers import key

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
    for first in range(0, len(entries), AT_ONCE):
        own |= _take_over(entries[first : first + AT_ONCE], first, outcome, place_id, by=by, at=at)
    by_hand.taken_over(place_id, own, stood, by=by, at=at)
    return outcome


def _waiting_in(entries: Sequence[Entry]) -> set[int]:
    """The districts in which any of these children waits: a line may end there what is over (spec 3.1)."""
    numbers = [entry.child.iin for entry in entries]
    portions = (numbers[first : first + AT_ONCE] for first in range(0, len(numbers), AT_ONCE))
    return {place_id for portion in portions for place_id in applications.waits_in(portion, *QueueKind)}


class _New(NamedTuple):
    """A new application, what its line says otherwise of people, and the reason that goes on record."""

    line: int
    application: Application
    details: Details
    entry: Entry
    reason: str | None


def _take_over(
    entries: Sequence[Entry], first: int, outcome: TakeoverResult, place_id: int, *, by: Actor, at: datetime
) -> set[int]:
    """Look up a portion at once, write what is new together, then put it on the record. Returns the ids of the new."""
    known, new = look_up(entries, place_id), list[_New]()
    months = int(norms.in_force("queue.maximum_age", place_id, local_day(at)).value)
    for index, entry in enumerate(entries, first):
        try:
            people.check(entry.child, entry.applicant)
            application = known.applications.get(key(entry.number))
            too_old = age_in_months(people.born_on(entry.child), local_day(at)) >= months
            if entry.status in UNDER_WAY and not too_old and (not application or application.status != entry.status):
                raise Refusal(Reason.wrong_status, part="status")  # spec 3.2: what is under way stands by its record
            if application is None:
                status = A.archived if too_old or entry.archived else A.queued
                added = _add(entry, known, place_id, status, at=at)
                new.append(_New(index, *added, entry, entry.reason or ("over_age" if too_old else None)))
                outcome.added += 1
            else:
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
    _register(new, by=by, at=at)
    _grant(new, place_id, by=by, at=at)
    same = people.with_namesakes([one.application.id for one in new if not one.entry.reason], place_id)
    outcome.namesakes += [one.line for one in new if one.application.id in same]
    for one in new:
        who = [p for p in (one.application.child, one.application.applicant) if p.iin in known.elsewhere]
        outcome.differing += [one.line] if people.differs_elsewhere(*who) else []
    own = {one.application.id for one in new}
    db.session.expire_all()
    return own


def _add(entry: Entry, known: Recorded, place_id: int, status: A, *, at: datetime) -> tuple[Application, Details]:
    """A new application, and what its line says otherwise of people who were known before."""
    child, applicant = child_of(entry, known), applicant_of(entry.applicant, known)
    eligibility.born(people.born_on(entry.child), local_day(min(at, entry.queued_at)))
    if status is A.queued:
        _waits_nowhere_else(child, entry.queue_kind, known, at=at)
    application = Application(
        number=entry.number,
        number_key=key(entry.number),
        place_id=place_id,
        queue_kind=entry.queue_kind,
        queued_at=entry.queued_at,
        status=status,
        referrals=[],  # a new one has none: not to be looked up one by one
    )
    for name, value in vars(entry.contacts).items():
        if value:
            setattr(application, name, value)
    details = people.as_recorded(child, applicant, entry.child, entry.applicant)
    application.child, application.applicant = child, applicant
    db.session.add(application)
    known.applications[application.number_key] = application
    return application, details


def _register(new: Sequence[_New], *, by: Actor, at: datetime) -> None:
    """Spec 3.2 ("imports keep older ones, archived"): new lines on the record, in the queue or kept beside it."""
    for status in (A.queued, A.archived):
        these = [
            (
                one.application,
                one.reason,
                one.details
                | {"queued_at": one.entry.queued_at, "number": one.entry.number}
                | {"born_on": one.application.child.born_on},
            )
            for one in new
            if one.application.status is status
        ]
        record_all(these, "register", by=by, at=at, status=(None, status))


def _grant(new: Sequence[_New], place_id: int, *, by: Actor, at: datetime) -> None:
    """Privileges as the older list had them: claimed and confirmed."""
    kinds = [(one.application, one.entry.privilege) for one in new if one.entry.privilege is not None]
    granted = [Privilege(application=application, kind=kind, claimed_at=at) for application, kind in kinds]
    db.session.add_all(granted)
    claims = [(privilege, None, {"kind": privilege.kind}) for privilege in granted]
    record_all(claims, "claim", by=by, at=at, status=(None, PrivilegeStatus.claimed))
    ids = select(Privilege.id).where(Privilege.id.in_([privilege.id for privilege in granted]))
    move_all(Privilege, ids, "confirm", by=by, at=at, on=local_day(at), place_id=place_id, decided_at=at)
    counting.counts([application for application, _ in kinds])


def _waits_nowhere_else(child: Child, queue_kind: QueueKind, known: Recorded, *, at: datetime) -> None:
    """Spec 3.7: one live application per child and queue, here or in another district."""
    if (child.iin, queue_kind) in known.waiting:
        raise Refusal(Reason.already_waiting, part="child")
    if child.id is not None or child.iin in known.elsewhere:
        applications.end_what_is_due(child.iin, queue_kind, at=at)
        applications.not_waiting_already(child.iin, queue_kind)
    known.waiting.add((child.iin, queue_kind))
