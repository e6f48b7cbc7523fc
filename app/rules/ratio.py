"""Spec 3.3, ratio: out of turn first, then privileged and general by turns, from where the last offer left it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, cast, func, select

from app.models import Offer, Side


class WaitingChild(NamedTuple):
    """One child in a line, as the selects of queue.py find it."""

    application_id: int
    birth_year: int
    born_on: date
    queued_at: datetime
    side: Side


def children(rows: Iterable[Any]) -> list[WaitingChild]:
    """The rows of queue.next_by_sides."""
    return [WaitingChild(id_, year, born_on, at, Side(side)) for id_, year, born_on, at, side in rows]


@dataclass(frozen=True)
class Cycle:
    """Spec 3.3, ratio: where the cycle of one line (district, queue kind, birth year) stands.

    `privileged`:`general` is the norm queue.ratio; `run`: privileged offers since the last general one; `since`:
    general offers since the last privileged one, None when that side was never served.
    """

    privileged: int
    general: int
    run: int = 0
    since: int | None = None

    @property
    def due(self) -> Side:
        """Spec 3.3: the privileged side when it was never served or the general one had its share, else the general."""
        if self.since is None or self.since >= self.general or (self.since == 0 and self.run < self.privileged):
            return Side.privileged
        return Side.general

    def after(self, side: Side) -> "Cycle":
        """The cycle once a child of this side was served; those out of turn do not count."""
        if side is Side.privileged:
            return replace(self, run=self.run + 1 if self.since in (None, 0) else 1, since=0)
        if side is Side.general and self.since is not None:
            return replace(self, run=0, since=self.since + 1)
        return self

    @property
    def _begins(self) -> tuple[int, int]:
        """How many privileged, then how many general are due before the cycle begins anew."""
        if self.since is None or self.since >= self.general:
            return self.privileged, self.general
        if self.since == 0 and self.run < self.privileged:
            return self.privileged - self.run, self.general
        return 0, self.general - self.since

    def privileged_before(self, rank: int) -> int:
        """How many privileged stand before the general child of this rank (from 1), if there are as many."""
        first, general = self._begins
        return first + self.privileged * -(-max(rank - general, 0) // self.general)

    def general_before(self, rank: int) -> int:
        """How many general stand before the privileged child of this rank (from 1), if there are as many."""
        first, general = self._begins
        return 0 if rank <= first else general + self.general * (-(-(rank - first) // self.privileged) - 1)


def parse(value: str) -> tuple[int, int]:
    """A norm's "1:3" as (privileged, general)."""
    privileged, general = value.split(":")
    return int(privileged), int(general)


def last_sides() -> Any:
    """The last sides of one line, until a day, before a round, as one text "id:side,id:side": a part of its number.

    Its parameters are place_id, queue_kind, birth_year, until, before and most.
    """
    last = (
        select(Offer.id, Offer.side)
        .where(
            Offer.place_id == bindparam("place_id"),
            Offer.queue_kind == bindparam("queue_kind"),
            Offer.birth_year == bindparam("birth_year"),
            Offer.offered_on <= bindparam("until"),
            Offer.round_id < bindparam("before"),
            Offer.side != Side.out_of_turn,
        )
        .order_by(Offer.id.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    each = cast(last.c.id, String).concat(":").concat(cast(last.c.side, String))
    return select(func.aggregate_strings(each, ",")).select_from(last).scalar_subquery()


def read_sides(text: str | None) -> list[Side]:
    """What last_sides says: the last one first."""
    found = [one.split(":") for one in text.split(",")] if text else []
    return [Side(side) for _, side in sorted(found, key=lambda one: -int(one[0]))]


LAST_SIDES = select(last_sides())  # built once


def cycle(ratio: tuple[int, int], last: Sequence[Side]) -> Cycle:
    """Where a line stands after its offers, `last` being the last sum(ratio) of them, the last one first."""
    state = Cycle(*ratio)
    if len(last) >= sum(ratio) and Side.privileged not in last:
        return replace(state, since=state.general)  # it may have been served long ago: due in either case
    for side in reversed(last):
        state = state.after(side)
    return state


class BirthYearQueue:
    """Spec 3.3, ratio: the children of one birth year, in the order in which they would be served; serving one
    moves the cycle.
    """

    def __init__(self, children: Iterable[WaitingChild], cycle: Cycle) -> None:
        self.cycle = cycle
        self._sides: dict[Side, list[WaitingChild]] = {side: [] for side in Side}
        for child in sorted(children, key=lambda child: (child.queued_at, child.application_id), reverse=True):
            self._sides[child.side].append(child)

    def next(self) -> WaitingChild | None:
        """Who is next; a side with nobody waiting yields to the other."""
        due = self.cycle.due
        other = Side.general if due is Side.privileged else Side.privileged
        for side in (Side.out_of_turn, due, other):
            if self._sides[side]:
                return self._sides[side][-1]
        return None

    def serve(self) -> WaitingChild:
        """Take the next child out of the line. IndexError when nobody waits."""
        child = self.next()
        if child is None:
            raise IndexError("nobody waits in this line")
        self._sides[child.side].pop()
        self.cycle = self.cycle.after(child.side)
        return child


def serve(lines: Sequence[BirthYearQueue], places: int | None = None) -> list[WaitingChild]:
    """Spec 3.3: whom so many places of one group go to: the children out of turn of all its lines, the earlier queued
    one first; then each line names its next child, and the earlier queued one is served.

    Without `places` all who wait, in order.
    """
    served: list[WaitingChild] = []
    while places is None or len(served) < places:
        nexts = [(_before(child), line) for line in lines if (child := line.next())]
        if not nexts:
            break
        served.append(min(nexts, key=lambda one: one[0])[1].serve())
    return served


def _before(child: WaitingChild) -> tuple[bool, datetime, int]:
    """Which of the children whom several lines name is served before the others."""
    return child.side is not Side.out_of_turn, child.queued_at, child.application_id
