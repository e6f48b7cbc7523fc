"""What an older list says otherwise than the record: set with before and after, and with a reason where it matters."""

from datetime import datetime, timedelta

from app.access.actors import Actor
from app.actions import applications, by_hand, corrections, people, privileges
from app.actions.entries import Entry, Recorded
from app.actions.moving import record
from app.actions.people import Difference
from app.models import Application, Privilege, PrivilegeStatus
from app.rules.calendar import LOCAL, local_day
from app.rules.folding import fold
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import APPLICATION_FINAL


def differs(application: Application, entry: Entry) -> bool:
    """Does a known line say anything otherwise than the record? Asked of what is loaded: no statement is needed."""
    return bool(
        application.queue_kind is not entry.queue_kind
        or people.otherwise(application.child, entry.child)
        or people.otherwise(application.applicant, entry.applicant)
        or _filled_in(application, entry)
        or not _same_moment(application.queued_at, entry)
        or _another_privilege(application, entry)
        or _over_by_now(application, entry)
    )


def compare(application: Application, entry: Entry, known: Recorded, *, by: Actor, at: datetime) -> bool:
    """Set on the record what a known line says otherwise; was there anything?"""
    if application.queue_kind is not entry.queue_kind:
        raise Refusal(Reason.wrong_status, part="queue_kind")
    corrected = _put_right(application, entry, known, by=by, at=at)
    differences, stood = _filled_in(application, entry), None
    if not _same_moment(application.queued_at, entry):
        differences.append(Difference("queued_at", application, "queued_at", entry.queued_at, grave=True))
        stood = by_hand.before(application, at=at)
    details = people.set_all(differences, entry.reason)
    if details:
        record(application, "change", by=by, at=at, reason=entry.reason, details=details)
    if stood is not None:
        by_hand.seen(application, "change", stood, by=by, at=at, reason=entry.reason)
    changed = _compare_privilege(application, entry, by=by, at=at)
    if _over_by_now(application, entry):
        if not entry.reason:
            raise Refusal(Reason.reason_required, part="status")
        applications.archive(application, by=by, at=at, reason=entry.reason)
        changed = True
    return changed or corrected or bool(details)


def _filled_in(application: Application, entry: Entry) -> list[Difference]:
    """The parts of names that are empty on record, and how the family is reached now."""
    said = vars(entry.contacts).items()
    return people.filling(application.child, application.applicant, entry.child, entry.applicant) + [
        Difference(name, application, name, value)
        for name, value in said
        if value and value != getattr(application, name)
    ]


def _over_by_now(application: Application, entry: Entry) -> bool:
    return entry.archived and application.status not in APPLICATION_FINAL


def _same_moment(was: datetime, entry: Entry) -> bool:
    """Is this the moment that a line means? A list has the local clock to the second, or the day alone.

    An hour that the clock went through twice is written alike both times.
    """
    if entry.day_only:
        return local_day(was) == local_day(entry.queued_at)
    clock = [moment.astimezone(LOCAL).replace(tzinfo=None) for moment in (was, entry.queued_at)]
    return abs(clock[0] - clock[1]) < timedelta(seconds=1)


def _put_right(application: Application, entry: Entry, known: Recorded, *, by: Actor, at: datetime) -> bool:
    """What the line says otherwise of the two people is a correction of the record, with the line's reason.

    Another IIN is one only under the same name; under another one the number belongs to somebody else. Raises Refusal.
    """
    child, was = application.child, application.applicant
    numbers = child.iin, was.iin
    told = {"child": people.otherwise(child, entry.child), "applicant": people.otherwise(was, entry.applicant)}
    if "iin" in told["child"]:
        of_one_name = fold(child.full_name) == fold(" ".join(entry.child.name))
        if not (of_one_name and entry.reason):
            raise Refusal(Reason.already_waiting, part="number", of_one_name=of_one_name)
    for who, facts in told.items():
        if facts and not entry.reason:
            raise Refusal(Reason.reason_required, part=_part(who, facts))
        if facts:
            corrections.correct(application, who=who, by=by, at=at, reason=entry.reason, **facts)
    if any(told.values()):
        known.learn({numbers[0], entry.child.iin}, {numbers[1], entry.applicant.iin})
    return any(told.values())


def _part(who: str, facts: people.Details) -> str:
    """The part of a line that a fact of a person is said in."""
    if "iin" in facts:
        return who
    return next((name for name in ("born_on", "sex") if name in facts), f"{who}_name")


def _compare_privilege(application: Application, entry: Entry, *, by: Actor, at: datetime) -> bool:
    """Another privilege than the last one known takes its place; what officials decided since stays decided."""
    if not _another_privilege(application, entry):
        return False
    if not entry.reason:
        raise Refusal(Reason.reason_required, part="privilege")
    if (last := _live(application)) is not None:
        privileges.set_aside(last, by=by, at=at, reason=entry.reason)
    if entry.privilege is not None:
        stood = by_hand.before(application, at=at)
        privileges.grant(application, entry.privilege, by=by, at=at)
        if by_hand.announced(application):
            by_hand.seen(application, "confirm_privilege", stood, by=by, at=at, reason=entry.reason, always=False)
    return True


def _another_privilege(application: Application, entry: Entry) -> bool:
    last = application.privileges[-1] if application.privileges else None
    if not entry.privilege_said or entry.privilege == (last.kind if last else None):
        return False
    return entry.privilege is not None or _live(application) is not None


def _live(application: Application) -> Privilege | None:
    """The last privilege, unless it is over."""
    last = application.privileges[-1] if application.privileges else None
    return last if last is not None and last.status in (PrivilegeStatus.claimed, PrivilegeStatus.confirmed) else None
