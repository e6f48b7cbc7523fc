"""What an older list says otherwise than the record: set with before and after, and with a reason where it matters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from app.actions import applications, privileges
from app.actions.entries import CONTACT, NAMES, Entry, Fault, Known, applicant_of
from app.actions.moving import record
from app.models import Applicant, Application, Base, Child, PrivilegeStatus
from app.permissions import Actor
from app.rules.calendar import local_day
from app.rules.refusals import Reason
from app.rules.transitions import APPLICATION_FINAL

Details: TypeAlias = dict[str, Any]


class Difference(NamedTuple):
    """What a list says otherwise than the record; `grave` where families gain or lose by it."""

    part: str
    of: Base
    name: str
    value: Any
    grave: bool = False


def compare(application: Application, entry: Entry, known: Known, *, by: Actor, at: datetime) -> bool:
    """Set on the record what a known line says otherwise; was there anything?"""
    if application.child.iin != entry.child.iin:
        raise Fault("number", Reason.already_waiting)
    if application.queue_kind is not entry.queue_kind:
        raise Fault("queue_kind", Reason.wrong_status)
    applicant = applicant_of(entry.applicant, known)
    differences = of_people(application.child, applicant, entry)
    if applicant is not application.applicant:
        differences.append(Difference("applicant", application, "applicant", applicant, grave=True))
    was = application.queued_at
    if (local_day(was) != local_day(entry.queued_at)) if entry.day_only else was != entry.queued_at:
        differences.append(Difference("queued_at", application, "queued_at", entry.queued_at, grave=True))
    details = set_all(differences, entry.reason)
    if details:
        record(application, "change", by=by, at=at, reason=entry.reason, details=details)
    changed = _compare_privilege(application, entry, by=by, at=at)
    if entry.archived and application.status not in APPLICATION_FINAL:
        if not entry.reason:
            raise Fault("status", Reason.reason_required)
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
        raise Fault("privilege", Reason.reason_required)
    if last is not None and live:
        privileges.set_aside(last, by=by, at=at, reason=entry.reason)
    if entry.privilege is not None:
        privileges.grant(application, entry.privilege, by=by, at=at)
    return True


def of_people(child: Child, applicant: Applicant, entry: Entry) -> list[Difference]:
    """What a line says otherwise of its child and applicant; what it leaves empty it does not say."""
    said: list[tuple[str, Base, str, Any]] = [("child", child, name, getattr(entry.child, name)) for name in NAMES]
    said += [("applicant", applicant, name, getattr(entry.applicant, name)) for name in (*NAMES, *CONTACT)]
    found = [Difference(*one) for one in said if one[3] and one[3] != getattr(one[1], one[2])]
    if entry.child.born_on and entry.child.born_on != child.born_on:
        found.append(Difference("born_on", child, "born_on", entry.child.born_on, grave=True))
    return found


def set_all(differences: Sequence[Difference], reason: str | None) -> Details:
    """Set what differs; before and after by name. Raises Fault: a reason is required for what is grave."""
    details: Details = {}
    for one in differences:
        if one.grave and not reason:
            raise Fault(one.part, Reason.reason_required)
        name = one.name if one.of.__tablename__ == "application" else f"{one.of.__tablename__}.{one.name}"
        details[name] = [getattr(one.of, one.name), one.value]
        setattr(one.of, one.name, one.value)
    return details
