"""What an older list says otherwise than the record: set with before and after, and with a reason where it matters."""

from datetime import datetime

from app.actions import applications, by_hand, people, privileges
from app.actions.entries import Entry, Known, applicant_of
from app.actions.moving import record
from app.actions.people import Difference
from app.models import Application, PrivilegeStatus
from app.permissions import Actor
from app.rules.calendar import local_day
from app.rules.folding import fold
from app.rules.refusals import Reason, Refusal
from app.rules.transitions import APPLICATION_FINAL


def compare(application: Application, entry: Entry, known: Known, *, by: Actor, at: datetime) -> bool:
    """Set on the record what a known line says otherwise; was there anything?"""
    if application.child.iin != entry.child.iin:
        of_one_name = fold(application.child.full_name) == fold(" ".join(entry.child.name))
        raise Refusal(Reason.already_waiting, part="number", of_one_name=of_one_name)
    if application.queue_kind is not entry.queue_kind:
        raise Refusal(Reason.wrong_status, part="queue_kind")
    applicant = applicant_of(entry.applicant, known)
    differences = people.differences(application.child, applicant, entry.child, entry.applicant)
    if applicant is not application.applicant:
        differences.append(Difference("applicant", application, "applicant", applicant, grave=True))
    said = vars(entry.contacts).items()
    differences += [
        Difference(name, application, name, value)
        for name, value in said
        if value and value != getattr(application, name)
    ]
    was = application.queued_at
    if (local_day(was) != local_day(entry.queued_at)) if entry.day_only else was != entry.queued_at:
        differences.append(Difference("queued_at", application, "queued_at", entry.queued_at, grave=True))
    stood = by_hand.before(application, at=at)
    details = people.set_all(differences, entry.reason)
    if details:
        record(application, "change", by=by, at=at, reason=entry.reason, details=details)
    if application.queued_at != was:
        by_hand.seen(application, "change", stood, by=by, at=at, reason=entry.reason)
    changed = _compare_privilege(application, entry, by=by, at=at)
    if entry.archived and application.status not in APPLICATION_FINAL:
        if not entry.reason:
            raise Refusal(Reason.reason_required, part="status")
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
        raise Refusal(Reason.reason_required, part="privilege")
    if last is not None and live:
        privileges.set_aside(last, by=by, at=at, reason=entry.reason)
    if entry.privilege is not None:
        stood = by_hand.before(application, at=at)
        privileges.grant(application, entry.privilege, by=by, at=at)
        if by_hand.announced(application):
            by_hand.seen(application, "confirm_privilege", stood, by=by, at=at, reason=entry.reason, always=False)
    return True
