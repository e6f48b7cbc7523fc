"""Spec 3.1: days and terms, counted one by one. Moments are local."""

from calendar import monthrange
from datetime import date, timedelta

DAY = timedelta(days=1)
OFF = {  # months and days off besides Saturdays and Sundays; a year that is not here has no calendar
    2026: {(1, 1), (1, 2), (1, 7), (3, 9), (3, 23), (3, 24), (3, 25), (5, 1), (5, 7), (5, 11), (5, 27), (7, 6)}
    | {(10, 26), (12, 16)},
    2031: {(12, 16)},  # of its last two months
}


class Refused(Exception):
    """A verb that is not done; its argument is the name of the refusal."""


def works(day: date) -> bool:
    """Whether this is a working day."""
    if day.year not in OFF:
        raise Refused("no_calendar")
    return day.weekday() < 5 and (day.month, day.day) not in OFF[day.year]


def next_working(day: date) -> date:
    """The first working day after this one."""
    day += DAY
    while not works(day):
        day += DAY
    return day


def last_day(start: date, count: int, unit: str, carry: bool = False) -> date:
    """The last day of a term of `count` WD or CD that starts on a day."""
    if unit == "WD":
        for _ in range(count):
            start = next_working(start)
        return start
    last = start + count * DAY
    return next_working(last) if carry and not works(last) else last


def birthday(born: date, months: int) -> date:
    """The day on which a child has lived so many months; in a month that is too short, its last day."""
    year, month = divmod(born.year * 12 + born.month - 1 + months, 12)
    return date(year, month + 1, min(born.day, monthrange(year, month + 1)[1]))


def age(born: date, day: date) -> int:
    """Full months lived."""
    months = (day.year - born.year) * 12 + day.month - born.month
    return months if birthday(born, months) <= day else months - 1
