"""Who waited on a past day, or before a round: read from the history alone (spec 3.3, "any past day's number").

What a day's end looked like is what had come into force by then: a change counts from its ``effective_on``, however
late the clock wrote it. The line has the same columns as today's (queue.py), so the same selects answer for it.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, literal, null, or_, select, union_all

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
    """Spec 3.3: who stood in one queue then; queue.waiting as it was.

    Those who waited and those who had a privilege are brought together by counting, not by a join: nothing tells
    the database beforehand how few privileges there are.
    """
    kind = Application.privilege.type
    waits = _last_changes(place_id, Application.__tablename__, until).subquery()
    waited = select(waits.c.subject_id.label("id"), null().cast(kind).label("privilege"), literal(1).label("waits"))
    waited = waited.where(waits.c.status_to == WAITS, waits.c.standing.is_(True))
    granted = _last_changes(place_id, Privilege.__tablename__, until).subquery()
    counted = (
        select(Privilege.application_id, Privilege.kind, literal(0))
        .join(granted, granted.c.subject_id == Privilege.id)
        .where(granted.c.status_to == "confirmed")
        .where(or_(Privilege.valid_until.is_(None), Privilege.valid_until >= until.day))
    )
    each = union_all(waited, counted).subquery()
    stood = (
        select(each.c.id, func.max(each.c.privilege, type_=kind).label("privilege"))
        .group_by(each.c.id)
        .having(func.max(each.c.waits) == 1)
        .subquery()
    )
    shared = (Application.id, Application.born_on, Application.birth_year, Application.queued_at)
    return (
        select(*shared, stood.c.privilege)
        .join(stood, stood.c.id == Application.id)
        .where(Application.queue_kind == queue_kind)
        .cte("waiting_then")  # worked out once for a statement, however often it is counted
    )


def _last_changes(place_id: int, subject: str, until: Until) -> Select[int, str | None, bool | None]:
    """The last change of status that each record of this kind had had by then."""
    last = (
        select(func.max(Change.id).label("id"))
        .where(
            Change.place_id == place_id,
            Change.subject == subject,
            Change.status_to.is_not(None),
            until.seen(),
        )
        .group_by(Change.subject_id)
        .subquery()
    )
    return select(Change.subject_id, Change.status_to, Change.standing).join(last, last.c.id == Change.id)
