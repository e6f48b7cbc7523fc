"""Spec 3.4.1, 3.7: the free seats of a district beside the vouchers that still have to choose."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.actions import places
from app.db.extensions import db
from app.models import KgGroup, QueueKind, Seat, Vacancy, VacancyStatus
from app.rules import absences, matching
from app.rules import seats as rules
from app.rules.refusals import Reason, Refusal


class Seating(NamedTuple):
    """Free published general seats by birth years, and holders of each birth year who have none yet.

    One whose birth date was corrected since is among them while there is a seat for it beside all others.
    """

    pool: dict[matching.Years, int]
    holders: dict[int, int]

    def as_facts(self) -> dict[str, Any]:
        """As the history keeps it: [[first year, last year, free]], {birth year: holders}."""
        return {"pool": [[*years, free] for years, free in self.pool.items() if free], "holders": self.holders}


def seating(place_id: int, queue_kind: QueueKind, but: int | None = None) -> Seating:
    """Spec 3.4.1: how a district's queue stands; `but` leaves out the application that chooses now."""
    return seatings(place_id, (queue_kind,), but)[queue_kind]


def seatings(
    place_id: int, queue_kinds: Collection[QueueKind] = tuple(QueueKind), but: int | None = None
) -> dict[QueueKind, Seating]:
    """The same of several queues, from two statements.

    Spec 3.7, 3.8: a voucher whose birth year was corrected since has a seat kept for it where one is left beside all
    others, the earlier application first. Else it keeps the right, but takes nobody's seat and holds up no round.
    """
    pools: dict[QueueKind, dict[matching.Years, int]] = {kind: {} for kind in queue_kinds}
    kinds = {"queue_kinds": list(queue_kinds)}
    for kind, first, last, n in db.session.execute(rules.FREE_POOL, {"places": places.subtree(place_id), **kinds}):
        pools[kind][first, last] = n
    found = db.session.execute(rules.HOLDERS, {"district": place_id, "own": but or 0, **kinds}).all()
    return {kind: _seated(pool, [row[1:] for row in found if row[0] is kind], but) for kind, pool in pools.items()}


def _seated(
    pool: dict[matching.Years, int], found: Iterable[tuple[int, int | None, bool, int]], but: int | None
) -> Seating:
    holders, moved, own = Counter[int](), dict[int, int](), None
    for year, alone, is_own, n in found:
        if alone is None:
            holders[int(year)] += n
            own = int(year) if is_own else own
        else:
            moved[alone] = int(year)
    if moved:
        kept = matching.serve(moved.items(), free=pool, holders=holders).served
        holders.update(moved[one] for one in kept)
        own = moved[but] if but in kept else own
    return Seating(pool, dict(+(holders - Counter([own]))) if own is not None else dict(holders))


def years_of(group: KgGroup) -> matching.Years:
    """The birth years that a group serves, both inclusive."""
    return group.birth_year_from, group.birth_year_to


def leaves_room(group: KgGroup, held: Seating) -> bool:
    """Spec 3.7: would every other holder still have a seat when one of this group is taken?"""
    return matching.leaves_room(held.holders, held.pool, years_of(group))


def spare(group: KgGroup, held: Seating, most: int) -> int:
    """Spec 3.2, 3.7: how many free places of a group, up to `most`, may go while every live voucher finds its own."""
    if not held.holders:
        return most
    years = years_of(group)
    here = held.pool.get(years, 0)
    for n in range(min(most, here), 0, -1):
        if matching.can_seat_all(held.holders, {**held.pool, years: here - n}):
            return n
    return 0


def with_one_more(held: Seating, vacancy: Vacancy) -> Seating:
    """The same once one place of a vacancy that somebody holds is free again; it counts only while published."""
    years = years_of(vacancy.group)
    more = vacancy.status is VacancyStatus.published
    return held._replace(pool={**held.pool, years: held.pool.get(years, 0) + more})


def first_day(seat: Seat, day: date) -> date:
    """Spec 3.6: the day of leaving counts as attended; who enters in that place attends from the next day."""
    last = last_days([seat.id]).get(seat.id)
    return day if last is None else max(day, last + timedelta(1))


def last_days(seat_ids: Sequence[int]) -> dict[int, date | None]:
    """{seat: the last day on which anybody attends there who has left it or will leave it}, in one statement."""
    found = db.session.execute(absences.LAST_DAYS_ATTENDED, {"seats": seat_ids})
    return {row.seat_id: row[1] for row in found}


def keep_holders_seated(place_id: int, queue_kind: QueueKind, changes: dict[matching.Years, int]) -> None:
    """Spec 3.7: nobody's choice, close or cut may leave a live voucher without a seat. Raises no_free_place."""
    held = seating(place_id, queue_kind)
    pool = {years: held.pool.get(years, 0) + changes.get(years, 0) for years in held.pool.keys() | changes.keys()}
    if families := matching.unseated(held.holders, pool):
        raise Refusal(Reason.no_free_place, families=families)
