"""Spec 3.1: terms, with a second implementation as oracle; spec 3.2: ages in months."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.calendar import LOCAL, Calendar, local_day, start_of_day
from app.rules.deadlines import Term, Unit, age_in_months, born_between, due_date, due_moment, months_later
from app.rules.refusals import Reason, Refusal

KZ = holidays.country_holidays("KZ", years=range(2025, 2029))
MOVED = {date(2025, 1, 5), date(2026, 8, 15), date(2027, 2, 20)}  # the last two invented
CALENDAR = Calendar(off=frozenset(KZ), working=frozenset(MOVED), years=frozenset(range(2025, 2029)))
NO_CALENDAR = Calendar()
DECADE = range(2020, 2031)
LONG = holidays.country_holidays("KZ", years=range(2020, 2032))
LONG_CALENDAR = Calendar(off=frozenset(LONG), working=frozenset(MOVED), years=frozenset(range(2020, 2032)))
DAYS = st.dates(date(2015, 1, 1), date(2032, 12, 31))


def wd(value: int) -> Term:
    return Term(value, Unit.WD)


def cd(value: int, *, carry: bool = False) -> Term:
    return Term(value, Unit.CD, carry)


def months(value: int, *, carry: bool = False) -> Term:
    return Term(value, Unit.MONTHS, carry)


def test_the_calendar_of_the_tests_has_the_days_off_that_the_regulation_lists_for_2026() -> None:
    listed = "01-01 01-02 01-07 03-09 03-23 03-24 03-25 05-01 05-07 05-11 05-27 07-06 10-26 12-16"
    assert [f"{day:%m-%d}" for day in sorted(KZ) if day.year == 2026 and day.weekday() < 5] == listed.split()


@pytest.mark.parametrize(
    ("start", "term", "last"),
    [
        ("2026-03-19", wd(2), "2026-03-26"),
        ("2026-03-18", wd(5), "2026-03-30"),
        ("2026-04-28", wd(5), "2026-05-06"),
        ("2026-05-05", wd(5), "2026-05-14"),
        ("2026-04-20", wd(10), "2026-05-05"),
        ("2026-04-09", cd(28), "2026-05-07"),
        ("2026-04-09", cd(28, carry=True), "2026-05-08"),
        ("2026-04-30", wd(1), "2026-05-04"),
        ("2026-08-14", wd(1), "2026-08-15"),  # a Saturday declared working
        ("2025-01-02", wd(1), "2025-01-05"),  # a Sunday declared working
        ("2026-12-31", wd(1), "2027-01-05"),
        ("2026-05-01", wd(0), "2026-05-01"),
        ("2026-05-01", cd(0, carry=True), "2026-05-04"),
        ("2026-07-15", cd(31, carry=True), "2026-08-15"),
        ("2026-01-31", months(1), "2026-02-28"),
        ("2028-01-31", months(1), "2028-02-29"),
        ("2026-02-28", months(1), "2026-03-28"),
        ("2026-11-30", months(3), "2027-02-28"),
        ("2026-12-15", months(12), "2027-12-15"),
        ("2026-04-09", months(1), "2026-05-09"),
        ("2026-04-09", months(1, carry=True), "2026-05-12"),
    ],
)
def test_a_term_ends_on_the_day_that_the_regulation_gives(start: str, term: Term, last: str) -> None:
    assert due_date(date.fromisoformat(start), term, CALENDAR) == date.fromisoformat(last)


def test_an_unconfirmed_voucher_is_stop_listed_the_day_after_and_archived_the_day_after_28_more() -> None:
    confirm_by = due_date(date(2026, 3, 19), wd(2), CALENDAR)
    stop_listed_on = confirm_by + timedelta(days=1)
    until = due_date(stop_listed_on, cd(28), NO_CALENDAR)
    assert (stop_listed_on, until) == (date(2026, 3, 27), date(2026, 4, 24))


OFF = frozenset(LONG)


def walked(start: date, *, limit: int, only_worked: bool) -> Iterator[date]:
    """The oracle: the days after the start, one by one, those that count, the first `limit` of them."""
    ordinal = start.toordinal()
    while limit:
        ordinal += 1
        day = date.fromordinal(ordinal)
        rest = day.isoweekday() in (6, 7) or day in OFF
        if not only_worked or day in MOVED or not rest:
            limit -= 1
            yield day


@pytest.mark.parametrize("unit", [Unit.WD, Unit.CD])
@pytest.mark.parametrize("year", DECADE)
def test_every_term_of_1_to_60_days_ends_where_a_walk_of_days_ends(year: int, unit: Unit) -> None:
    start = date(year, 1, 1)
    while start.year == year:
        for n, day in enumerate(walked(start, limit=60, only_worked=unit is Unit.WD), 1):
            assert due_date(start, Term(n, unit), LONG_CALENDAR) == day, (start, n)
        start += timedelta(days=1)


def midnight(day: date) -> datetime:
    """The oracle: the first moment of a day in Almaty, whose clocks went back as 29 February 2024 ended."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=6 if day < date(2024, 3, 1) else 5)


@pytest.mark.usefixtures("server_zone")
def test_a_term_of_any_day_of_the_decade_ends_at_its_midnight_wherever_the_server_stands() -> None:
    """From the first and the last moment of each day, a term of another length for each, of working days and of all."""
    start = date(DECADE[0], 1, 1)
    while start.year in DECADE:
        n = 1 + start.toordinal() * 7 % 60
        for unit in (Unit.WD, Unit.CD):
            *_, last = walked(start, limit=n, only_worked=unit is Unit.WD)
            for moment in (midnight(start), midnight(start + timedelta(days=1)) - timedelta(microseconds=1)):
                ends = due_date(local_day(moment), Term(n, unit), LONG_CALENDAR)
                assert start_of_day(ends + timedelta(days=1)) == midnight(last + timedelta(days=1)), (moment, n, unit)
        start += timedelta(days=1)


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(0, 60))
def test_carry_moves_a_last_day_that_is_off_and_no_other(start: date, n: int) -> None:
    kept, carried = (due_date(start, cd(n, carry=carry), CALENDAR) for carry in (False, True))
    assert CALENDAR.is_working(carried)
    assert carried == (kept if CALENDAR.is_working(kept) else next(walked(kept, limit=1, only_worked=True)))


@pytest.mark.parametrize("term", [wd(2), cd(2, carry=True), months(1, carry=True)])
def test_a_term_that_reaches_a_year_without_calendar_is_refused(term: Term) -> None:
    with pytest.raises(Refusal) as refused:
        due_date(date(2028, 12, 30), term, CALENDAR)
    assert refused.value.reason is Reason.no_calendar
    assert refused.value.facts == {"year": 2029}


@given(DAYS, st.integers(0, 400))
def test_a_term_of_calendar_days_or_months_asks_no_calendar(start: date, n: int) -> None:
    assert due_date(start, cd(n), NO_CALENDAR).toordinal() == start.toordinal() + n
    assert due_date(start, months(n), NO_CALENDAR) == months_later(start, n)


@pytest.mark.parametrize("unit", [Unit.H, Unit.COUNT, Unit.RATIO, Unit.CHOICE])
def test_hours_counts_ratios_and_choices_have_no_last_day(unit: Unit) -> None:
    with pytest.raises(ValueError, match=unit):
        due_date(date(2026, 4, 9), Term(24, unit), CALENDAR)


def test_a_term_never_ends_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before"):
        wd(-1)


def test_24_hours_end_in_the_same_moment_of_the_next_day_in_utc() -> None:
    due = due_moment(datetime(2026, 4, 9, 18, 0, tzinfo=LOCAL), Term(24, Unit.H))
    assert due == datetime(2026, 4, 10, 13, 0, tzinfo=UTC)
    assert due.tzinfo is UTC


def test_24_hours_stay_24_when_the_clocks_go_back() -> None:
    due = due_moment(datetime(2024, 2, 29, 12, 0, tzinfo=LOCAL), Term(24, Unit.H))
    assert due == datetime(2024, 3, 1, 11, 0, tzinfo=LOCAL)


def test_the_doubled_half_hour_gives_two_terms_an_hour_apart() -> None:
    once, again = (datetime(2024, 2, 29, 23, 30, tzinfo=LOCAL, fold=fold) for fold in (0, 1))
    day = Term(24, Unit.H)
    assert due_moment(again, day) - due_moment(once, day) == timedelta(hours=1)


def test_hours_need_a_zone_and_their_own_unit() -> None:
    with pytest.raises(ValueError, match="zone"):
        due_moment(datetime(2026, 4, 9, 18, 0, tzinfo=UTC).replace(tzinfo=None), Term(24, Unit.H))
    with pytest.raises(ValueError, match="CD"):
        due_moment(datetime(2026, 4, 9, 18, 0, tzinfo=UTC), cd(1))


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        ("2022-09-17", "2025-09-16", 35),
        ("2022-09-17", "2025-09-17", 36),
        ("2023-03-31", "2023-04-29", 0),
        ("2023-03-31", "2023-04-30", 1),
        ("2024-02-29", "2026-02-27", 23),
        ("2024-02-29", "2026-02-28", 24),
        ("2024-02-29", "2028-02-28", 47),
        ("2024-02-29", "2028-02-29", 48),
        ("2026-04-09", "2026-04-09", 0),
        ("2026-04-09", "2026-04-08", -1),
    ],
)
def test_a_month_is_full_on_the_day_of_birth_or_on_the_last_day_of_a_shorter_month(
    born_on: str, day: str, age: int
) -> None:
    assert age_in_months(date.fromisoformat(born_on), date.fromisoformat(day)) == age


@given(DAYS, st.integers(0, 120))
def test_an_age_in_months_is_reached_on_the_day_on_which_a_term_of_these_months_ends(born: date, n: int) -> None:
    reached = due_date(born, months(n), NO_CALENDAR)
    assert age_in_months(born, reached) >= n > age_in_months(born, reached - timedelta(days=1))


@given(DAYS, st.integers(0, 84), st.none() | st.integers(0, 84))
def test_the_range_of_birthdays_holds_exactly_the_children_of_these_ages(
    day: date, youngest: int, width: int | None
) -> None:
    oldest = None if width is None else youngest + width
    earliest, latest = born_between(youngest, oldest, day)
    assert (earliest is None) is (oldest is None)
    for edge in filter(None, (earliest, latest)):
        for born in (edge + timedelta(days=shift) for shift in range(-35, 36)):
            inside = youngest <= age_in_months(born, day) and (oldest is None or age_in_months(born, day) <= oldest)
            assert inside is ((earliest is None or earliest <= born) and born <= latest), born


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2028, 2, 29), date(2026, 4, 30), date(2026, 8, 31)])
def test_the_range_of_birthdays_agrees_with_every_single_birthday_of_seven_years(day: date) -> None:
    ages = {day - timedelta(days=back): age_in_months(day - timedelta(days=back), day) for back in range(2557)}
    for youngest, oldest in [(0, 17), (18, 23), (24, 35), (36, 71), (36, 36)]:
        earliest, latest = born_between(youngest, oldest, day)
        assert {born for born, age in ages.items() if youngest <= age <= oldest} == {
            born for born in ages if earliest is not None and earliest <= born <= latest
        }
