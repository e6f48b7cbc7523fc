"""Spec 1.2, 3.3: for any round or offer the list as it stood, and why each child was served or passed over."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import select

from app.actions import norms, numbers, vouchers
from app.actions.seating import Seating, seatings
from app.db.extensions import db
from app.models import Change, Offer, QueueCategory, QueueKind, QueueOrderKind, Round, Side
from app.rules import matching, past, queue, ratio
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months


class RoundOutcome(StrEnum):
    """What a round did about a child: served; passed for want of a seat; or not yet its turn or age."""

    served = auto()
    no_seat = auto()
    later = auto()
    too_young = auto()


@dataclass(frozen=True)
class RoundLine:
    """One child as the round met it: its position from 1, where it stood, what happened and why."""

    position: int
    queue_kind: QueueKind
    application_id: int
    birth_year: int
    standing: QueueCategory | Side | None
    outcome: RoundOutcome


@dataclass(frozen=True)
class RoundExplained:
    """Spec 1.2: the list as it stood, and whether the round that is on record followed it.

    `seats` says what was free and who had a claim before it: {(years): free}, {birth year: holders}.
    """

    lines: list[RoundLine]
    followed: bool
    free: dict[matching.Years, int] = field(default_factory=dict)
    holders: dict[int, int] = field(default_factory=dict)

    @property
    def served(self) -> list[int]:
        """The applications that were served, in their order."""
        return [one.application_id for one in self.lines if one.outcome is RoundOutcome.served]

    @property
    def left(self) -> int:
        """How many places nobody has a claim to after it."""
        return max(0, sum(self.free.values()) - sum(self.holders.values()) - len(self.served))

    def number(self, outcome: str) -> int:
        """How many had this outcome."""
        return sum(one.outcome == outcome for one in self.lines)


def of_round(held: Round) -> RoundExplained:
    """Spec 3.3: the list as it stood when a round of vouchers or the offers of a vacancy were made, rebuilt from
    the history.
    """
    if held.vacancy_id is not None:
        return _of_offers(held)
    if held.queue_order.kind is QueueOrderKind.ratio:
        return RoundExplained([], True)  # a day's offers: each vacancy has a round of its own
    return _of_vouchers(held)


def _then(held: Round, queue_kind: QueueKind) -> queue.Queue:
    return past.waiting(held.place_id, queue_kind, past.Until(held.held_on, held.after_change_id))


def _record_of(held: Round) -> dict[str, Any]:
    of_it = Change.subject == Round.__tablename__, Change.subject_id == held.id, Change.verb.in_(("issue", "offer"))
    return db.session.scalars(select(Change.details).where(*of_it)).first() or {}


def expected(place_id: int, *, at: datetime) -> RoundExplained:
    """Spec 3.4.1: what a round of vouchers would do here now. Nothing is written, and no number is used up.

    Raises Refusal: wrong_place, no_norm, no_calendar.
    """
    day = local_day(at)
    vouchers.voucher_district(place_id, day)
    norms.last_day("voucher.confirm", place_id, day)
    stood = [(kind, queue.waiting(place_id, kind, day), *held) for kind, held in seatings(place_id).items()]
    return _by_categories(stood, norms.order(place_id, day).categories, day)


def _of_vouchers(held: Round) -> RoundExplained:
    stood = [(kind, _then(held, kind), *seats) for kind, seats in seats_before(held).items()]
    told = _by_categories(stood, held.queue_order.categories, held.held_on)
    return replace(told, followed=vouchers.served_in(held) == told.served)


def seats_before(held: Round) -> dict[QueueKind, Seating]:
    """Spec 3.4.1: of each queue what was free and who had a claim before a round of vouchers, as its history has it."""
    seats, found = _record_of(held).get("seating", {}), {}
    for kind in QueueKind:
        known = seats.get(str(kind), {})
        free = {(first, last): n for first, last, n in known.get("pool", [])}
        found[kind] = Seating(free, {int(year): n for year, n in known.get("holders", {}).items()})
    return found


def _by_categories(
    stood: Iterable[tuple[QueueKind, queue.Queue, dict[matching.Years, int], dict[int, int]]],
    categories: Sequence[QueueCategory],
    day: date,
) -> RoundExplained:
    """Spec 3.4.1: down the categories, to each child with whom every holder could still be seated.

    `stood`: of each queue kind who waits, the free seats by birth years, and who had a claim by birth year.
    """
    lines, pool, holding = list[RoundLine](), Counter[matching.Years](), Counter[int]()
    by_rank = {category.rank: category for category in categories}
    for kind, line, free, holders in stood:
        rank = queue.category_rank(line, categories, day)
        order = select(line.c.id, line.c.birth_year, rank).order_by(rank, line.c.queued_at, line.c.id)
        waiting = db.session.execute(order).all()
        candidates = [(id_, year) for id_, year, r in waiting if r < queue.NOT_SERVED]
        served = set(matching.serve(candidates, free=free, holders=holders).served) if free else set()
        for id_, year, r in waiting:
            outcome = RoundOutcome.served if id_ in served else RoundOutcome.no_seat
            if r == queue.NOT_SERVED:
                outcome = RoundOutcome.too_young
            lines.append(RoundLine(len(lines) + 1, kind, id_, year, by_rank.get(r), outcome))
        pool.update(free)
        holding.update(holders)
    return RoundExplained(lines, True, dict(pool), dict(holding))


def places_offered(held: Round) -> tuple[matching.Years, int]:
    """Spec 3.5.1: the birth years that the group of a vacancy took then, and how many free places were offered."""
    if held.vacancy is None:
        raise ValueError("offers belong to a vacancy")
    group, known = held.vacancy.group, _record_of(held)
    first, last = known.get("years", (group.birth_year_from, group.birth_year_to))
    return (first, last), int(known.get("places", held.served))


def _of_offers(held: Round) -> RoundExplained:
    """Spec 3.3, ratio: each birth year's line by its cycle, the earlier queued of their next children first."""
    if held.vacancy is None:
        raise ValueError("offers belong to a vacancy")
    group, day, known = held.vacancy.group, held.held_on, _record_of(held)
    kind = QueueKind(known.get("serves", group.kindergarten.queue_kind))
    line = _then(held, kind)
    minimum = int(known.get("minimum", norms.minimum_age(group.kindergarten, day)))
    (first, last), places_then = places_offered(held)
    years = range(first, last + 1)
    found = db.session.execute(queue.next_by_sides(line).where(line.c.birth_year.in_(years)))
    stood = ratio.children(found)
    old = [child for child in stood if age_in_months(child.born_on, day) >= minimum]
    in_order = ratio.serve(
        [
            ratio.BirthYearQueue(
                (child for child in old if child.birth_year == year),
                numbers.cycle_of(held.place_id, kind, year, day, before=held.id, at=held.held_at),
            )
            for year in years
        ]
    )
    lines = [
        RoundLine(
            position,
            kind,
            child.application_id,
            child.birth_year,
            child.side,
            RoundOutcome.served if position <= places_then else RoundOutcome.later,
        )
        for position, child in enumerate(in_order, start=1)
    ]
    young = [child for child in stood if child not in old]
    lines += [
        RoundLine(len(lines) + n, kind, child.application_id, child.birth_year, child.side, RoundOutcome.too_young)
        for n, child in enumerate(young, start=1)
    ]
    offered = select(Offer.application_id).where(Offer.round_id == held.id).order_by(Offer.id)
    told = RoundExplained(lines, True)
    return replace(told, followed=list(db.session.scalars(offered)) == told.served)
