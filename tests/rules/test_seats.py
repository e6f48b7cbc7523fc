"""Spec 3.4.1, 3.7: seats and those who hold a right to one, with a brute-force matching as oracle."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.matching import can_seat_all, leaves_room, serve

YEARS = st.integers(2020, 2024)
RANGES = st.tuples(YEARS, YEARS).map(lambda ends: (min(ends), max(ends)))
POOLS = st.dictionaries(RANGES, st.integers(0, 3), max_size=6)
DEMANDS = st.dictionaries(YEARS, st.integers(0, 3), max_size=5)
ORDERS = st.lists(YEARS, max_size=14).map(lambda years: list(enumerate(years, 101)))


def matched(demand: Mapping[int, int], free: Mapping[tuple[int, int], int]) -> bool:
    """The oracle: every child and every seat by itself, a textbook search for augmenting paths."""
    children = [year for year, number in demand.items() for _ in range(number)]
    seats = [years for years, number in free.items() for _ in range(number)]
    sits: dict[int, int] = {}

    def finds(child: int, tried: set[int]) -> bool:
        for seat, (first, last) in enumerate(seats):
            if first <= children[child] <= last and seat not in tried:
                tried.add(seat)
                if seat not in sits or finds(sits[seat], tried):
                    sits[seat] = child
                    return True
        return False

    return all(finds(child, set()) for child in range(len(children)))


@given(DEMANDS, POOLS)
def test_all_can_be_seated_exactly_when_a_matching_exists(
    demand: dict[int, int], free: dict[tuple[int, int], int]
) -> None:
    assert can_seat_all(demand, free) is matched(demand, free)


@given(DEMANDS, POOLS, RANGES)
def test_a_seat_may_be_taken_exactly_when_the_holders_match_without_it(
    demand: dict[int, int], free: dict[tuple[int, int], int], taken: tuple[int, int]
) -> None:
    rest = {**free, taken: free.get(taken, 0) - 1}
    assert leaves_room(demand, free, taken) is (rest[taken] >= 0 and matched(demand, rest))


@given(ORDERS, POOLS, DEMANDS)
def test_a_round_serves_exactly_those_who_match_with_all_served_before_them(
    order: list[tuple[int, int]], free: dict[tuple[int, int], int], holders: dict[int, int]
) -> None:
    served: list[int] = []
    passed: list[int] = []
    seated = Counter(holders)
    for child, year in order:
        fits = matched(seated + Counter([year]), free)
        seated[year] += fits
        (served if fits else passed).append(child)
    assert serve(order, free=free, holders=holders) == (served, passed)


def test_a_round_goes_on_after_a_child_who_cannot_be_seated() -> None:
    order = [(1, 2022), (2, 2022), (3, 2021), (4, 2022)]
    assert serve(order, free={(2022, 2022): 1, (2021, 2021): 1}, holders={}) == ([1, 3], [2, 4])


def test_a_place_of_a_mixed_group_serves_any_of_its_years_but_only_once() -> None:
    assert can_seat_all({2021: 1}, {(2021, 2022): 1})
    assert can_seat_all({2022: 1}, {(2021, 2022): 1})
    assert not can_seat_all({2021: 1, 2022: 1}, {(2021, 2022): 1})


def test_the_mixed_place_is_kept_for_the_year_that_has_no_other() -> None:
    order = [(1, 2022), (2, 2023), (3, 2022)]
    assert serve(order, free={(2022, 2023): 1, (2022, 2022): 1}, holders={}) == ([1, 2], [3])


def test_those_who_were_served_change_seats_for_one_who_has_only_theirs() -> None:
    order = [(1, 2022), (2, 2020)]
    assert serve(order, free={(2020, 2022): 1, (2021, 2024): 1}, holders={}) == ([1, 2], [])


def test_the_seats_of_holders_are_not_given_away() -> None:
    assert serve([(1, 2022), (2, 2021)], free={(2021, 2022): 2}, holders={2021: 1}) == ([1], [2])


def test_nobody_is_served_while_the_holders_have_too_few_seats_themselves() -> None:
    assert serve([(1, 2022)], free={(2022, 2022): 5}, holders={2021: 1}) == ([], [1])


def test_the_last_seat_of_another_holder_may_not_be_taken() -> None:
    assert not leaves_room({2021: 1}, {(2021, 2022): 1, (2022, 2022): 1}, (2021, 2022))
    assert leaves_room({2021: 1}, {(2021, 2022): 1, (2022, 2022): 1}, (2022, 2022))


def test_a_seat_that_is_not_there_cannot_be_taken() -> None:
    assert not leaves_room({}, {(2021, 2022): 0}, (2021, 2022))
    assert not leaves_room({}, {}, (2021, 2022))


def test_an_overfull_group_has_no_free_seats_rather_than_fewer_than_none() -> None:
    assert can_seat_all({2022: 1}, {(2021, 2022): -2, (2022, 2023): 1})


def test_a_round_leaves_the_facts_it_was_given_as_they_were() -> None:
    free, holders = {(2021, 2022): 2}, {2021: 1}
    serve([(1, 2022)], free=free, holders=holders)
    assert (free, holders) == ({(2021, 2022): 2}, {2021: 1})


class Watched(dict[tuple[int, int], int]):
    """A pool that counts how often it is looked through."""

    looks = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        self.looks += 1
        return super().__iter__()


@pytest.mark.parametrize(("widest", "looks"), [(0, 1 + 8), (2, 10_000), (7, 10_000)])
def test_a_round_of_a_whole_city_seats_everybody_anew_only_where_it_must(widest: int, looks: int) -> None:
    years, chance = range(2018, 2026), random.Random(20260408)
    ranges = [(first, last) for first in years for last in years if 0 <= last - first <= widest]
    order = [(child, chance.choice(years)) for child in range(50_000)]
    free = Watched(dict.fromkeys(ranges, 10_000 // len(ranges)))
    served, passed = serve(order, free=free, holders={})
    assert (len(served), len(passed)) == (sum(free.values()), 50_000 - len(served))
    assert free.looks <= looks
