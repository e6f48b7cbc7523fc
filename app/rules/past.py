"""Who waited on a past day, or before a round: read from the history alone (spec 3.3, "any past day's number").

What a day's end looked like is what had come into force by then: a change counts from its ``effective_on``, however
late the clock wrote it. The line has the same columns as today's (queue.py), so the same selects answer for it.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, null, or_, select

from app.models import Application, Change, Privilege, QueueKind
from app.rules.queue import Queue

WAITS = "queued"


@dataclass(frozen=True)
class Until:
    """The end of a local day; with `change_id`, the moment on that day after that row of history was written."""

    day: date
    change_id: int | None = None

    def seen(self) -> ColumnElement[bool]:
        """The rows of history that had happened by then."""
        if self.change_id is not None:
            return Change.id <= self.change_id
        return Change.effective_on <= self.day


def waiting(place_id: int, queue_kind: QueueKind, until: Until) -> Queue:
    """Spec 3.3: who stood in one queue then; queue.waiting as it was."""
    last = (
        select(func.max(Change.id).label("id"))
        .where(
            Change.place_id == place_id,
            Change.subject == Application.__tablename__,
            Change.status_to.is_not(None),
            until.seen(),
        )
        .group_by(Change.subject_id)
        .subquery()
    )
    privileges = _confirmed(place_id, until)
    counts = or_(privileges.c.valid_until.is_(None), privileges.c.valid_until >= until.day)
    return (
        select(
            Application.id,
            Application.born_on,
            Application.birth_year,
            Application.queued_at,
            case((counts, privileges.c.kind), else_=null()).label("privilege"),
        )
        .select_from(Change)
        .join(last, last.c.id == Change.id)
        .join(Application, Application.id == Change.subject_id)
        .outerjoin(privileges, privileges.c.application_id == Application.id)
        .where(Change.status_to == WAITS, Change.standing.is_(True), Application.queue_kind == queue_kind)
        .cte("waiting_then")  # worked out once for a statement, however often it is counted
    )


def _confirmed(place_id: int, until: Until) -> Queue:
    """The privileges that were confirmed then, one for an application at most."""
    last = (
        select(func.max(Change.id).label("id"))
        .where(
            Change.place_id == place_id,
            Change.subject == Privilege.__tablename__,
            Change.status_to.is_not(None),
            until.seen(),
        )
        .group_by(Change.subject_id)
        .subquery()
    )
    return (
        select(Privilege.application_id, Privilege.kind, Privilege.valid_until)
        .select_from(Change)
        .join(last, last.c.id == Change.id)
        .join(Privilege, Privilege.id == Change.subject_id)
        .where(Change.status_to == "confirmed")
        .subquery("confirmed_then")
    )
