"""Who waited on a past day, or before a round: read from the history alone (spec 3.3, "any past day's number").

What a day's end looked like is what had come into force by then: a change counts from its ``effective_on``, however
late the clock wrote it. The line has the same columns as today's (queue.py), so the same selects answer for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from app.models import Application, Change, Privilege, QueueKind, Round
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

    def to_come(self) -> ColumnElement[bool]:
        """The rounds and acts by hand that had not happened yet."""
        return Round.after_change_id >= self.change_id if self.change_id is not None else Round.held_on > self.day


def waiting(place_id: int, queue_kind: QueueKind, until: Until, only: int | None = None) -> Queue:
    """Spec 3.3: who stood in one queue then; queue.waiting as it was. `only`: whether one application did.

    Those who waited and those who had a privilege are brought together by counting, not by a join: nothing tells
    the database beforehand how few privileges there are.
    """
    kind = Application.privilege.type
    waits = _last_changes(place_id, Application.__tablename__, until, only).subquery()
    waited = select(waits.c.subject_id.label("id"), null().cast(kind).label("privilege"), literal(1).label("waits"))
    waited = waited.where(waits.c.status_to == WAITS, waits.c.standing.is_(True))
    granted = _last_changes(place_id, Privilege.__tablename__, until, only).subquery()
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
    moved = _before(Round.queued_before, place_id, until).subquery()
    kept = type_coerce(func.coalesce(moved.c.before, Application.queued_at), Application.queued_at.type)
    born = _before(Round.born_before, place_id, until).subquery()
    born_on = type_coerce(func.coalesce(born.c.before, Application.born_on), Application.born_on.type)
    year = case((born.c.before.is_(None), Application.birth_year), else_=extract("year", born.c.before))
    birth_year = type_coerce(year, Application.birth_year.type).label("birth_year")
    shared = (Application.id, born_on.label("born_on"), birth_year, kept.label("queued_at"))
    return (
        select(*shared, stood.c.privilege)
        .join(stood, stood.c.id == Application.id)
        .outerjoin(moved, moved.c.application_id == Application.id)
        .outerjoin(born, born.c.application_id == Application.id)
        .where(Application.queue_kind == queue_kind)
        .cte("waiting_then")  # worked out once for a statement, however often it is counted
    )


def queued_at(application_id: int, until: Until) -> Select[datetime | None]:
    """The day in the queue that one application had then, where it was given another one by hand since."""
    return _of_one(Round.queued_before, application_id, until)


def born_on(application_id: int, until: Until) -> Select[date | None]:
    """The birth date that one application's child had on record then, where it was corrected since."""
    return _of_one(Round.born_before, application_id, until)


def _of_one(column: Any, application_id: int, until: Until) -> Select[Any]:
    later = select(column).where(Round.application_id == application_id, column.is_not(None))
    return later.where(until.to_come()).order_by(Round.id).limit(1)


def _before(column: Any, place_id: int, until: Until) -> Select[int | None, Any]:
    """Whoever was given another value by hand since, with the one `before`."""
    changed = Round.place_id == place_id, column.is_not(None), until.to_come()
    first = select(func.min(Round.id)).where(*changed).group_by(Round.application_id)
    return select(Round.application_id, column.label("before")).where(Round.id.in_(first))


def _last_changes(place_id: int, subject: str, until: Until, only: int | None) -> Select[int, str | None, bool | None]:
    """The last change of status that each record of this kind had had by then."""
    last = (
        select(func.max(Change.id).label("id"))
        .where(
            Change.place_id == place_id,
            Change.subject == subject,
            Change.status_to.is_not(None),
            until.seen(),
            true() if only is None else Change.application_id == only,
        )
        .group_by(Change.subject_id)
        .subquery()
    )
    return select(Change.subject_id, Change.status_to, Change.standing).join(last, last.c.id == Change.id)
