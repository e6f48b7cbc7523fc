"""Why a number is another one than it was (spec 1.1, 3.3): who stood ahead then and does not now, and the other way.

A number counts whom it counts by the order in force on its day. So whoever moved is found by comparing the two sets,
not by adding up verbs: the number then, less those who left, with those who came, is the number now. Why each moved
is read from the history, or from what differs between the two days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from typing import TypeAlias

from sqlalchemy import func, select

from app.actions import explanations, norms, numbers
from app.actions.explanations import Explanation
from app.actions.numbers import Number
from app.extensions import db
from app.models import Application, ApplicationStatus, Change, Privilege, QueueOrderKind

AT_ONCE = 1000  # values in one statement


class Cause(StrEnum):
    """Why somebody who waits on both days stands ahead on one of them only, where no verb says so."""

    order = auto()  # another order, or another list of categories, came into force
    itself = auto()  # the child went to another category or side: other children stand ahead of it there
    age = auto()  # they grew into another category
    turn = auto()  # the turns of the two sides moved


Because: TypeAlias = tuple[str, str]  # a verb and what it was done to, or a Cause and ""


@dataclass(frozen=True)
class Moved:
    """Who stopped standing before a child for one reason, or began to: their ids, which no page shows.

    `verb` with its `subject` as the history has them, or a Cause with "".
    """

    verb: str
    subject: str
    left: frozenset[int]
    came: frozenset[int]


@dataclass(frozen=True)
class Compared:
    """Spec 3.3: the number on an earlier day, None where there was none, and who moved since, by reason.

    Where both days have a number it is so that before - left + came = now.
    """

    before: Number | None
    moved: list[Moved]

    @property
    def left(self) -> int:
        return sum(len(one.left) for one in self.moved)

    @property
    def came(self) -> int:
        return sum(len(one.came) for one in self.moved)


def compare(application: Application, told: Explanation, since: date, today: date) -> Compared:
    """Spec 3.3: what changed before a child from the end of the day `since` to the day that `told` explains.

    Raises Refusal(no_norm).
    """
    before = explanations.number_on(application, since, today)
    if before is None or told.number is None:
        return Compared(before, [])
    then, now = (
        numbers.counted(
            application, explanations.line_on(application.place_id, application.queue_kind, day, today), number, day
        )
        for day, number in ((since, before), (told.day, told.number))
    )
    why = _Reasons(application, before, told, since, then ^ now)
    by_reason: dict[Because, tuple[set[int], set[int]]] = {}
    for way, movers in enumerate((then - now, now - then)):
        for id_ in movers:
            by_reason.setdefault(why.of(id_, left=way == 0), (set(), set()))[way].add(id_)
    moved = [Moved(*why, frozenset(left), frozenset(came)) for why, (left, came) in sorted(by_reason.items())]
    return Compared(before, moved)


class _Reasons:
    """What the history knows of those who moved, read for all of them at once."""

    def __init__(
        self, application: Application, before: Number, told: Explanation, since: date, movers: set[int]
    ) -> None:
        order = norms.order(application.place_id, since)
        self.order = told.order.id != order.id
        assert told.number is not None, "without a number there is nothing to compare"
        self.itself = (before.category, before.side) != (told.number.category, told.number.side)
        self.by_ratio = order.kind is QueueOrderKind.ratio
        self.waited = _waited(movers, since)
        self.changes: dict[int, list[Change]] = {}
        self.privileges: dict[int, Change] = {}
        for change in _changes(movers, since, told.day):
            if change.application_id is None:
                continue
            if change.subject == Application.__tablename__:
                self.changes.setdefault(change.application_id, []).append(change)
            else:
                self.privileges[change.application_id] = change

    def of(self, id_: int, *, left: bool) -> Because:
        """Why this one left or came: what took it out of the line or brought it in, else what moved it inside."""
        changes = self.changes.get(id_, [])
        if not left and id_ not in self.waited:
            into = (one for one in reversed(changes) if _waits(one) and one.status_from != "queued")
            return _verb(next(into, changes[-1]))
        if left and changes and not _waits(changes[-1]):
            out = (one for one in reversed(changes) if one.status_from == "queued" and not _waits(one))
            return _verb(next(out, changes[-1]))
        return self._moved_inside(id_)

    def _moved_inside(self, id_: int) -> Because:
        """It waits on both days."""
        if self.order:
            return Cause.order, ""
        if self.itself:
            return Cause.itself, ""
        if (privilege := self.privileges.get(id_)) is not None:
            return _verb(privilege)
        return (Cause.turn if self.by_ratio else Cause.age), ""


def _verb(change: Change) -> Because:
    return change.verb, change.subject


def _waits(change: Change) -> bool:
    """Did an application stand in the line after this change?"""
    return change.status_to == ApplicationStatus.queued and bool(change.standing)


def _waited(ids: set[int], day: date) -> set[int]:
    """Who of these stood in the line at the end of a day."""
    found: set[int] = set()
    for some in _portions(ids):
        last = (
            select(func.max(Change.id))
            .where(
                Change.application_id.in_(some),
                Change.subject == Application.__tablename__,
                Change.status_to.is_not(None),
                Change.effective_on <= day,
            )
            .group_by(Change.application_id)
        )
        stood = select(Change.application_id).where(
            Change.id.in_(last), Change.status_to == ApplicationStatus.queued, Change.standing.is_(True)
        )
        found.update(id_ for id_ in db.session.scalars(stood) if id_ is not None)
    return found


def _changes(ids: set[int], since: date, day: date) -> Iterable[Change]:
    """What happened to these and to their privileges after one day until another, in the order of the history."""
    for some in _portions(ids):
        yield from db.session.scalars(
            select(Change)
            .where(
                Change.application_id.in_(some),
                Change.subject.in_((Application.__tablename__, Privilege.__tablename__)),
                Change.status_to.is_not(None),
                Change.effective_on > since,
                Change.effective_on <= day,
            )
            .order_by(Change.id)
        )


def _portions(ids: set[int]) -> Iterable[Sequence[int]]:
    listed = sorted(ids)
    return (listed[first : first + AT_ONCE] for first in range(0, len(listed), AT_ONCE))
