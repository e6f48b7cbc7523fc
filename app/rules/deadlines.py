"""When a term ends, and how old a child is on a day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.models import Unit
from app.rules.calendar import Calendar


@dataclass(frozen=True)
class Term:
    """Spec 3.1: a length of time; `carry` moves a last day that is off to the next working day.

    ValueError for a negative value.
    """

    value: int
    unit: Unit
    carry: bool = False

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError(f"a term of {self.value} {self.unit} would end before it starts")


def due_date(start: date, term: Term, calendar: Calendar) -> date:
    """S1, S2, spec 3.1: the last day of a term, the family's until 24:00; the event's day is not counted.

    Units WD, CD and MONTHS, ValueError for the others. Refusal no_calendar when WD or carry reaches a year
    without calendar; CD and MONTHS without carry ask no calendar.
    """
    match term.unit:
        case Unit.WD:
            last = start
            for _ in range(term.value):
                last = calendar.next_working_day(last)
        case Unit.CD:
            last = start + timedelta(days=term.value)
        case Unit.MONTHS:
            last = months_later(start, term.value)
        case _:
            raise ValueError(f"{term.unit} is not counted in days")
    if term.carry and not calendar.is_working(last):
        return calendar.next_working_day(last)
    return last


def due_moment(start: datetime, term: Term) -> datetime:
    """S2, spec 3.1: the last moment of a term in hours, in UTC; it still belongs to the term (at <= due).

    Hours are exact, whatever the clocks on the wall do. ValueError for a start without zone and for
    any unit but H.
    """
    if term.unit is not Unit.H:
        raise ValueError(f"{term.unit} is not counted in hours")
    if start.utcoffset() is None:
        raise ValueError("a moment needs its zone")
    return start.astimezone(UTC) + timedelta(hours=term.value)


def months_later(day: date, months: int) -> date:
    """Spec 3.1: the same day of a later month (earlier when negative), or that month's end if shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    return first.replace(day=min(day.day, _month_end(first).day))


def age_in_months(born_on: date, day: date) -> int:
    """S0, S2, spec 3.2 (ages in MONTHS): full months of life on a day; negative before the birth.

    A month is full on the day of birth's number, or on the last day of a shorter month (born on the 31st:
    30 April; born on 29 February: 28 February), just as a term in months ends.
    """
    months = (day.year - born_on.year) * 12 + day.month - born_on.month
    return months if months_later(born_on, months) <= day else months - 1


def born_between(months_from: int, months_to: int | None, day: date) -> tuple[date | None, date]:
    """Spec 3.3: the first and last birthday of children aged months_from to months_to, both inclusive.

    Ages are full months on `day`, as age_in_months counts them; None as months_to has no first birthday.
    """
    earliest = None if months_to is None else _last_born(months_to + 1, day) + timedelta(days=1)
    return earliest, _last_born(months_from, day)


def _last_born(months: int, day: date) -> date:
    """The last birthday of a child who is that old on the day: all of a month is, on a month's last day."""
    born_on = months_later(day, -months)
    return _month_end(born_on) if day == _month_end(day) else born_on


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
