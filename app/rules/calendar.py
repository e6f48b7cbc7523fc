"""What a day is, and which days are worked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.rules.refusals import Reason, Refusal

LOCAL = ZoneInfo("Asia/Almaty")
ONE_DAY = timedelta(days=1)


def local_day(at: datetime) -> date:
    """Spec 3.1: the local day of a moment. ValueError for a moment without zone."""
    if at.utcoffset() is None:
        raise ValueError("a moment needs its zone")
    return at.astimezone(LOCAL).date()


def start_of_day(day: date) -> datetime:
    """Spec 3.1: the first moment of a local day, in UTC; a term's last day ends where the next day starts.

    Right too for the 25 hours of 2024-02-29, when the clocks went back from midnight to 23:00.
    """
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)


@dataclass(frozen=True)
class Calendar:
    """Spec 3.1: the table of days off, and nothing but the table; `Calendar()` is no calendar at all.

    `working` holds the Saturdays, Sundays and days off that are declared working, `years` the years that
    officials have filled in: a day of any other year is refused (`no_calendar`), never guessed.
    """

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Spec 3.1: WD, neither a weekend nor a day off unless declared working. Refusal: no_calendar."""
        if day.year not in self.years:
            raise Refusal(Reason.no_calendar, year=day.year)
        return day in self.working or (day.weekday() < 5 and day not in self.off)

    def next_working_day(self, day: date) -> date:
        """Spec 3.1: the first working day after this one, itself not counted. Refusal: no_calendar."""
        return next(later for later in _walk(day, ONE_DAY) if self.is_working(later))

    def previous_working_day(self, day: date) -> date:
        """Spec 3.2, notice.reminder: the last working day before this one. Refusal: no_calendar."""
        return next(earlier for earlier in _walk(day, -ONE_DAY) if self.is_working(earlier))


def _walk(day: date, step: timedelta) -> Iterator[date]:
    while True:
        day += step
        yield day
