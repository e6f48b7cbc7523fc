"""Spec 3.1: days, and which of them are worked."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.calendar import LOCAL, Calendar, local_day, start_of_day
from app.rules.refusals import Reason, Refusal

CALENDAR = Calendar(
    off=frozenset({date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 7)}),
    working=frozenset({date(2025, 1, 5), date(2025, 1, 7), date(2025, 11, 15)}),
    years=frozenset({2025}),
)
MICROSECOND = timedelta(microseconds=1)


def test_the_local_day_is_that_of_almaty_wherever_the_server_stands(server_zone: str) -> None:
    assert os.environ["TZ"] == server_zone
    assert local_day(datetime(2026, 4, 7, 18, 59, 59, tzinfo=UTC)) == date(2026, 4, 7)
    assert local_day(datetime(2026, 4, 7, 19, 0, tzinfo=UTC)) == date(2026, 4, 8)
    assert start_of_day(date(2026, 4, 8)) == datetime(2026, 4, 7, 19, 0, tzinfo=UTC)


def test_a_moment_without_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 4, 7, 18, 59, tzinfo=UTC).replace(tzinfo=None))


def test_half_past_eleven_happened_twice_on_the_last_of_february_2024_and_both_are_that_day() -> None:
    first, second = (datetime(2024, 2, 29, 23, 30, tzinfo=LOCAL, fold=fold) for fold in (0, 1))
    assert first.astimezone(UTC) == datetime(2024, 2, 29, 17, 30, tzinfo=UTC)
    assert second.astimezone(UTC) == datetime(2024, 2, 29, 18, 30, tzinfo=UTC)
    assert local_day(first.astimezone(UTC)) == local_day(second.astimezone(UTC)) == date(2024, 2, 29)


def test_the_day_on_which_the_clocks_went_back_has_25_hours() -> None:
    assert start_of_day(date(2024, 2, 29)) == datetime(2024, 2, 28, 18, 0, tzinfo=UTC)
    assert start_of_day(date(2024, 3, 1)) == datetime(2024, 2, 29, 19, 0, tzinfo=UTC)


def test_the_start_of_a_day_is_given_in_utc() -> None:
    assert start_of_day(date(2026, 4, 8)).tzinfo is UTC


@given(st.dates(date(1950, 1, 1), date(2050, 1, 1)))
def test_a_day_starts_with_its_first_moment_and_not_one_earlier(day: date) -> None:
    start = start_of_day(day)
    assert local_day(start) == day
    assert local_day(start - MICROSECOND) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2025, 1, 1), False),  # a day off
        (date(2025, 1, 4), False),  # a Saturday
        (date(2025, 1, 5), True),  # a Sunday declared working
        (date(2025, 1, 6), True),  # a Monday
        (date(2025, 1, 7), True),  # a day off declared working
        (date(2025, 11, 15), True),  # a Saturday declared working
        (date(2025, 11, 16), False),  # a Sunday
    ],
)
def test_a_day_is_worked_when_the_table_says_so(day: date, worked: bool) -> None:
    assert CALENDAR.is_working(day) is worked


def test_the_next_and_the_previous_working_day_skip_what_is_off_and_never_count_the_day_itself() -> None:
    assert CALENDAR.next_working_day(date(2025, 1, 1)) == date(2025, 1, 5)
    assert CALENDAR.next_working_day(date(2025, 1, 5)) == date(2025, 1, 6)
    assert CALENDAR.next_working_day(date(2025, 11, 14)) == date(2025, 11, 15)
    assert CALENDAR.previous_working_day(date(2025, 11, 17)) == date(2025, 11, 15)
    assert CALENDAR.previous_working_day(date(2025, 1, 6)) == date(2025, 1, 5)


def test_a_child_in_a_temporary_place_until_the_last_of_april_leaves_on_the_fourth_of_may() -> None:
    calendar = Calendar(off=frozenset({date(2026, 5, 1), date(2026, 5, 7)}), years=frozenset({2026}))
    assert calendar.next_working_day(date(2026, 4, 30)) == date(2026, 5, 4)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: CALENDAR.is_working(date(2024, 12, 31)),
        lambda: CALENDAR.is_working(date(2026, 1, 1)),
        lambda: CALENDAR.next_working_day(date(2025, 12, 31)),
        lambda: CALENDAR.previous_working_day(date(2025, 1, 5)),
        lambda: Calendar().is_working(date(2025, 1, 6)),
    ],
    ids=["before", "after", "walking on", "walking back", "no calendar at all"],
)
def test_a_year_without_calendar_is_refused_by_name_and_never_guessed(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(Refusal, match="no_calendar") as refused:
        ask()
    assert refused.value.reason is Reason.no_calendar
    assert refused.value.facts["year"] in {2024, 2025, 2026}


def test_a_walk_out_of_a_year_names_the_year_that_is_missing() -> None:
    with pytest.raises(Refusal) as refused:
        CALENDAR.next_working_day(date(2025, 12, 31))
    assert refused.value.facts == {"year": 2026}
