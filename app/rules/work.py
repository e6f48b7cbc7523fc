"""Work that goes on by itself (spec 7, 9): how a row of the outbox stands, and how much of it there is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, select

from app.models import Outbox


def _open() -> ColumnElement[bool]:
    return and_(Outbox.done_at.is_(None), Outbox.given_up_at.is_(None))


# Each row stands in one of these. What was handed to a worker is under way until it is done, or sent again.
STATES: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "waits": lambda: and_(_open(), Outbox.sent_at.is_(None), Outbox.error.is_(None)),
    "begun": lambda: and_(_open(), Outbox.sent_at.is_not(None)),
    "again": lambda: and_(_open(), Outbox.sent_at.is_(None), Outbox.error.is_not(None)),
    "failed": lambda: and_(Outbox.done_at.is_(None), Outbox.given_up_at.is_not(None)),
    "done": lambda: not_(Outbox.done_at.is_(None)),
}


def state(row: Outbox) -> str:
    """The same of one row."""
    if row.done_at is not None:
        return "done"
    if row.given_up_at is not None:
        return "failed"
    if row.sent_at is not None:
        return "begun"
    return "again" if row.error is not None else "waits"


OPEN = ("waits", "begun", "again", "failed")


def by_job(at: datetime) -> Select[Any]:
    """For each kind of work (job, rows of each state in OPEN, since when the oldest that may be done at `at` waits)."""
    found: list[Any] = [func.count().filter(STATES[name]()).label(name) for name in OPEN]
    due = func.coalesce(Outbox.not_before, Outbox.asked_at)
    oldest = func.min(due).filter(_open(), due <= at).label("oldest")
    return select(Outbox.job, *found, oldest).where(Outbox.done_at.is_(None)).group_by(Outbox.job)


def standing() -> Select[Any]:
    """How many rows wait, are under way, are tried again and have failed, and since when the oldest of them waits."""
    found: list[Any] = [func.count().filter(STATES[name]()).label(name) for name in OPEN]
    return select(*found, func.min(Outbox.asked_at).label("oldest")).where(Outbox.done_at.is_(None))
