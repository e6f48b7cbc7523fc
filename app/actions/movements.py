"""Why a number is another one than it was (spec 1.1, 3.3): who stood ahead then and does not now, and the other way.

A number counts whom it counts by the order in force on its day. So whoever moved is found by comparing the two sets,
not by adding up verbs: the number then, less those who left, with those who came, is the number now. Why each moved
is read from the history, or from what differs between the two days: of the facts by which the order puts two children
one before the other, that one is named whose change turned them round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import func, select

from app.actions import explanations, norms, numbers
from app.actions.explanations import Explanation
from app.actions.numbers import QueueNumber
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Privilege,
    PrivilegeKind,
    PrivilegeStatus,
    QueueOrder,
    QueueOrderKind,
    Round,
)
from app.rules import queue

AT_ONCE = 1000  # values in one statement


class Cause(StrEnum):
    """Why somebody who waits on both days stands ahead on one of them only, where no verb says so."""

    order = auto()  # another order, or another list of categories, came into force
    itself = auto()  # the child went to another category or side: other children stand ahead of it there
    own_day = auto()  # the child was given another day in the queue by hand
    own_birth = auto()  # the child's own birth date was corrected
    day = auto()  # they were given another day in the queue by hand
    birth = auto()  # a birth date of theirs was corrected
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

    before: QueueNumber | None
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


class Placed(NamedTuple):
    """The facts of one child by which an order places it, as they were on a day (spec 3.3)."""

    born_on: date
    queued_at: datetime
    privilege: PrivilegeKind | None


@dataclass(frozen=True)
class _Pair:
    """Another child and the own one under an order by categories; each with the day that its age is counted on."""

    order: QueueOrder
    theirs: Placed
    their_id: int
    their_day: date
    own: Placed
    own_id: int
    own_day: date

    def ahead(self) -> bool:
        """Does the other one stand before the own one, in the same category?"""
        their_rank = _rank(self.order, self.theirs, self.their_day)
        if their_rank is None or their_rank != _rank(self.order, self.own, self.own_day):
            return False
        return (self.theirs.queued_at, self.their_id) < (self.own.queued_at, self.own_id)


def _rank(order: QueueOrder, one: Placed, day: date) -> int | None:
    category = queue.category_of(one.born_on, one.privilege, order.categories, day)
    return category.rank if category else None


class _Reasons:
    """What the history knows of those who moved, read for all of them at once."""

    def __init__(
        self, application: Application, before: QueueNumber, told: Explanation, since: date, movers: set[int]
    ) -> None:
        assert told.number is not None, "without a number there is nothing to compare"
        self.own_id, self.days = application.id, (since, told.day)
        self.orders = (norms.order(application.place_id, since), told.order)
        self.shares = {(at.cycle.privileged, at.cycle.general) for at in (before, told.number) if at.cycle}
        self.waited = _waited(movers, since)
        self.changes: dict[int, list[Change]] = {}
        self.privileges: dict[int, list[Change]] = {}
        for change in _changes(movers, since, told.day):
            if change.application_id is None:
                continue
            of = self.changes if change.subject == Application.__tablename__ else self.privileges
            of.setdefault(change.application_id, []).append(change)
        stayed = {id_ for id_ in self.waited if not self._gone(id_)}
        self.placed = _placed(stayed | {application.id}, self.days) if stayed else {}

    def of(self, id_: int, *, left: bool) -> Because:
        """Why this one left or came: what took it out of the line or brought it in, else what moved it inside."""
        changes = self.changes.get(id_, [])
        if not left and id_ not in self.waited:
            into = (one for one in reversed(changes) if _waits(one) and one.status_from != "queued")
            return _verb(next(into, changes[-1]))
        if left and self._gone(id_):
            out = (one for one in reversed(changes) if one.status_from == "queued" and not _waits(one))
            return _verb(next(out, changes[-1]))
        kinds = {order.kind for order in self.orders}
        if len(kinds) > 1:
            return Cause.order, ""
        return self._by_ratio(id_, left=left) if QueueOrderKind.ratio in kinds else self._by_categories(id_)

    def _gone(self, id_: int) -> bool:
        """Is it out of the line on the later day?"""
        changes = self.changes.get(id_, [])
        return bool(changes) and not _waits(changes[-1])

    def _by_categories(self, id_: int) -> Because:
        """It waits on both days: from the facts of the one day to those of the other, what turned the two round last.

        What was done by hand is taken last, so that it is named where it was enough and needed.
        """
        (since, day), (order_then, order) = self.days, self.orders
        (theirs, theirs_now), (own, own_now) = self.placed[id_], self.placed[self.own_id]
        pair = _Pair(order_then, theirs, id_, since, own, self.own_id, since)
        theirs, own = theirs._replace(privilege=theirs_now.privilege), own._replace(privilege=own_now.privilege)
        steps: list[tuple[Because, dict[str, Any]]] = [
            ((Cause.order, ""), {"order": order}),
            ((Cause.age, ""), {"their_day": day}),
            ((Cause.itself, ""), {"own_day": day}),
            (self._of_privilege(id_), {"theirs": theirs}),
            ((Cause.itself, ""), {"own": own}),
            ((Cause.birth, ""), {"theirs": theirs._replace(born_on=theirs_now.born_on)}),
            ((Cause.own_birth, ""), {"own": own._replace(born_on=own_now.born_on)}),
            ((Cause.day, ""), {"theirs": theirs_now}),
            ((Cause.own_day, ""), {"own": own_now}),
        ]
        because: Because = (Cause.order, "")
        for cause, facts in steps:
            was, pair = pair.ahead(), replace(pair, **facts)
            if pair.ahead() != was:
                because = cause
        return because

    def _by_ratio(self, id_: int, *, left: bool) -> Because:
        """It waits on both days: where nothing of the two differs that the order goes by, the turns moved."""
        (theirs, theirs_now), (own, own_now) = self.placed[id_], self.placed[self.own_id]
        if own.born_on.year != own_now.born_on.year:
            return Cause.own_birth, ""
        if theirs.born_on.year != theirs_now.born_on.year:
            return Cause.birth, ""
        if own.privilege != own_now.privilege:
            return Cause.itself, ""
        if theirs.privilege != theirs_now.privilege:
            return self._of_privilege(id_)
        if own.queued_at != own_now.queued_at and left == (own_now.queued_at < own.queued_at):
            return Cause.own_day, ""
        if theirs.queued_at != theirs_now.queued_at and left == (theirs_now.queued_at > theirs.queued_at):
            return Cause.day, ""
        return (Cause.turn if len(self.shares) == 1 else Cause.order), ""

    def _of_privilege(self, id_: int) -> Because:
        """The verb that gave it the privilege that counts now, or took away the one that counted then."""
        _then, now = self.placed[id_]
        done = reversed(self.privileges.get(id_, []))
        if now.privilege is not None:
            verb = next((one.verb for one in done if one.status_to == PrivilegeStatus.confirmed), "confirm")
        else:
            verb = next((one.verb for one in done if one.status_from == PrivilegeStatus.confirmed), "expire")
        return verb, Privilege.__tablename__


def _placed(ids: set[int], days: tuple[date, date]) -> dict[int, tuple[Placed, Placed]]:
    """What places each of these, at the end of each of two days: what was changed by hand since is taken back."""
    now: dict[int, Placed] = {}
    later: dict[int, list[Any]] = {}
    held: dict[int, list[tuple[Privilege, list[Any]]]] = {}
    for some in _portions(ids):
        facts = select(Application.id, Application.born_on, Application.queued_at).where(Application.id.in_(some))
        now.update({id_: Placed(born_on, queued_at, None) for id_, born_on, queued_at in db.session.execute(facts)})
        acts = select(Round.application_id, Round.held_on, Round.queued_before, Round.born_before)
        for act in db.session.execute(
            acts.where(Round.application_id.in_(some), Round.held_on > days[0]).order_by(Round.id)
        ):
            later.setdefault(act.application_id, []).append(act)
        decided: dict[int, list[Any]] = {}
        privileges = db.session.scalars(select(Privilege).where(Privilege.application_id.in_(some))).all()
        for one in db.session.execute(
            select(Change.subject_id, Change.effective_on, Change.status_to)
            .where(
                Change.application_id.in_(some),
                Change.subject == Privilege.__tablename__,
                Change.status_to.is_not(None),
                Change.effective_on <= days[1],
            )
            .order_by(Change.id)
        ):
            decided.setdefault(one.subject_id, []).append(one)
        for privilege in privileges:
            known = decided.get(privilege.id, [])
            held.setdefault(privilege.application_id, []).append((privilege, known))

    def on(id_: int, day: date) -> Placed:
        undone = [act for act in later.get(id_, []) if act.held_on > day]
        born_on = next((act.born_before for act in undone if act.born_before is not None), now[id_].born_on)
        queued_at = next((act.queued_before for act in undone if act.queued_before is not None), now[id_].queued_at)
        counted = [one.kind for one, decided in held.get(id_, []) if _counted(one, decided, day)]
        return Placed(born_on, queued_at, max(counted, default=None))

    return {id_: (on(id_, days[0]), on(id_, days[1])) for id_ in now}


def _counted(privilege: Privilege, decided: Iterable[Any], day: date) -> bool:
    """Spec 3.3: was it confirmed and unexpired at the end of a day? The twin of past.waiting."""
    last = [one.status_to for one in decided if one.effective_on <= day][-1:]
    return last == [PrivilegeStatus.confirmed] and (privilege.valid_until is None or privilege.valid_until >= day)


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
