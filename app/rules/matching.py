"""Whether everybody who holds a right to a place can still be seated.

A pool of free seats maps a range of birth years (from, to; both inclusive) to its number of free seats: a
seat of a mixed-age group serves any year of its range, but only once. A demand maps a birth year to the
number of children of that year who hold a right to one seat each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

Years: TypeAlias = tuple[int, int]
Pool: TypeAlias = Mapping[Years, int]
Demand: TypeAlias = Mapping[int, int]


class Served(NamedTuple):
    """S1, spec 3.4.1: what a round did: the ids it served and those it passed, both in order."""

    served: list[int]
    passed: list[int]


def can_seat_all(demand: Demand, free: Pool) -> bool:
    """Spec 3.7: whether every holder can have a seat of their own at the same time; exact.

    Years are seated upwards, each on the fitting seats whose range ends first; this never costs anyone a
    seat, because of two free seats that fit a year the one that ends later also fits every later year that
    the other fits, so any full seating can be changed into this one by swapping the two.
    """
    return _left_over(demand, free) is not None


def unseated(demand: Demand, free: Pool) -> int:
    """Spec 3.2: how many of the holders would have no seat, when as many as can be are seated."""
    left = _by_end(free)
    return sum(_seat(year, demand[year], left) for year in sorted(demand))


def leaves_room(demand: Demand, free: Pool, taken: Years) -> bool:
    """S1, spec 3.7: whether every holder still has a seat when one free seat of this range is taken away.

    The one who takes it is no longer counted in the demand. False when there is no such seat.
    """
    seats = free.get(taken, 0)
    return seats > 0 and can_seat_all(demand, {**free, taken: seats - 1})


def serve(candidates: Iterable[tuple[int, int]], *, free: Pool, holders: Demand) -> Served:
    """S1, spec 3.4.1: go down the order of (id, birth year) and serve whom holders and served leave a seat.

    A child that cannot be seated is passed and the round goes on. Once a year does not fit it never fits
    again, for the demand only grows. Where the holders alone cannot be seated nobody is served.
    """
    demand, full, result = Counter(holders), set[int](), Served([], [])
    left = _left_over(demand, free) or {}
    for child, year in candidates:
        if year not in full:
            demand[year] += 1
            seated = left if _seat(year, 1, left) == 0 else _left_over(demand, free)
            if seated is None:
                demand[year] -= 1
                full.add(year)
            else:
                left = seated
        (result.passed if year in full else result.served).append(child)
    return result


def _left_over(demand: Demand, free: Pool) -> dict[Years, int] | None:
    """The seats left when all are seated, the range that ends first standing first; None if some are not."""
    left = _by_end(free)
    for year in sorted(demand):
        if _seat(year, demand[year], left):
            return None
    return left


def _by_end(free: Pool) -> dict[Years, int]:
    return {years: free[years] for years in sorted(free, key=lambda years: years[1])}


def _seat(year: int, children: int, left: dict[Years, int]) -> int:
    """Seat children of a year on the first seats that fit; the number of those for whom none was left."""
    for years, seats in left.items():
        if children > 0 and seats > 0 and years[0] <= year <= years[1]:
            left[years] = seats - min(seats, children)
            children -= min(seats, children)
    return children
