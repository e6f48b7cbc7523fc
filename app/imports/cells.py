"""What one cell means: Excel's floats, days and rounded numbers, and texts as people type them.

Each reader takes a filled cell and returns the value, or raises Wrong with the name of the sentence.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from app.imports import vocabulary
from app.rules import iin as rules
from app.rules import texts
from app.rules.calendar import LOCAL
from app.rules.folding import fold
from app.rules.refusals import Refusal
from app.words.problems import Wrong

EXCEL_DAY_0 = date(1899, 12, 30)
LAST_SHORT_YEAR = 49  # 17.09.49: a day of this century; no list is of one that old
EXCEL_DAYS = range(20_000, 60_000)  # 1954 to 2064: a day whose cell lost its format
CLOCK = re.compile(
    r"[\sT,]+(?:(?:в|сағ|сағат)\.?\s+)?(?:(\d{1,2})[:.](\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s*(?:ч|сағ)\.?)?"
    r"|(\d{1,2})\s*(?:часов|часа|час|ч|сағат|сағ)\.?\s*(\d{1,2})\s*(?:минуты|минута|минут|мин|м)\.?)$"
)
YEAR_SAID = r"\s*(?:года|год|г|жылдың|жылғы|жылы|жыл|ж)?\.?"
DAY_FIRST = re.compile(rf"(\d{{1,2}})([./-])\s?(\d{{1,2}})\2\s?(\d{{4}}|\d\d){YEAR_SAID}")
YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})")
MONTH_NAMED = re.compile(rf"[«\"]?(\d{{1,2}})[»\"]?[\s.-]+([^\W\d]+)\.?,?[\s-]+(\d{{4}}|\d\d){YEAR_SAID}")
YEAR_NAMED_FIRST = re.compile(rf"(\d{{4}}){YEAR_SAID}\s*[«\"]?(\d{{1,2}})[»\"]?[\s-]+([^\W\d]+)")
SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
MONTHS = (  # by their first letters, folded: Russian, and Kazakh as on any keyboard
    *(
        ("янв", "кант"),
        ("фев", "акп"),
        ("март", "мар", "наур"),
        ("апр", "сау"),
        ("май", "мая", "мамы"),
        ("июн", "маус"),
    ),
    *(("июл", "шил"), ("авг", "тамы"), ("сен", "кырк"), ("окт", "каз"), ("ноя", "кара"), ("дек", "желт")),
)
TWELVE = re.compile(r"[0-9]{12}")
ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
MARK = re.compile(r"^'(?=[\s=+@\d-])")  # of Excel, and of lists taken out as CSV: what follows is a text
OTHER_DIGIT = re.compile(r"[^\D0-9]")
ONE_LINE = texts.line(500)  # of what is a word, a day or a number


def fitting(read: Callable[[str], str]) -> Callable[[Any], str]:
    """A text as a reader of rules/texts.py has it; a whole number as its digits."""
    return lambda cell: read(_typed(cell))


def text(most: int) -> Callable[[Any], str]:
    """One line of at most so many letters."""
    return fitting(texts.line(most))


def lines(most: int) -> Callable[[Any], str]:
    """Some lines, as of a reason."""
    return fitting(texts.lines(most))


def whole(low: int, high: int) -> Callable[[Any], int]:
    """A whole number between two limits, both inclusive."""

    def read(cell: Any) -> int:
        value = _digits(cell)
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise Wrong("not_whole", low=low, high=high)
        return int(value)

    return read


def word(known: Mapping[Any, Iterable[str]]) -> Callable[[Any], Any]:
    """One of the words of a table."""
    meanings = vocabulary.meanings(known)

    @lru_cache(maxsize=200, typed=True)  # a list says few words, and those again and again
    def read(cell: Any) -> Any:
        value = _text(cell)
        key = vocabulary.plain(value) or value
        if key not in meanings:
            raise Wrong("unknown_word", known=", ".join(w for written in known.values() for w in list(written)[:2]))
        return meanings[key]

    return read


def day(cell: Any) -> date:
    """A local day as offices write it: Excel's own, its number, 17.09.2022, 17.09.22 г., 2022 ж. 17 қыркүйек, ISO.

    Raises Wrong: day_in_doubt where it can be read as two days.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and int(cell) in EXCEL_DAYS:
        return EXCEL_DAY_0 + timedelta(days=int(cell))
    found = _moment(_text(cell)) if isinstance(cell, str) else None
    if found is None:
        raise Wrong("not_a_day")
    return found.date()


def moment(cell: Any) -> datetime:
    """A moment on the local clock, to the second; a day alone is its first moment."""
    if isinstance(cell, datetime):
        return (cell + timedelta(microseconds=500_000)).replace(microsecond=0, tzinfo=LOCAL)
    if isinstance(cell, float) and int(cell) in EXCEL_DAYS and cell % 1:
        return datetime.combine(EXCEL_DAY_0, time(), LOCAL) + timedelta(seconds=round(cell * 86_400))
    if isinstance(cell, str) and (found := _moment(_text(cell))) is not None:
        return found.replace(tzinfo=LOCAL)
    try:
        return datetime.combine(day(cell), time(), LOCAL)
    except Wrong as wrong:
        raise Wrong("not_a_moment" if wrong.name == "not_a_day" else wrong.name) from None


def years(cell: Any) -> tuple[int, int]:
    """Birth years of a group, both inclusive: 2022 or 2021-2022."""
    found = re.fullmatch(r"(20\d\d)(?:\s?[-–—/,]\s?(20\d\d))?", _digits(cell))
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise Wrong("not_years")
    return int(found[1]), int(found[2] or found[1])


def iin(cell: Any) -> str:
    """A person's IIN; zeros that Excel took from its front are put back, the check digit tells whether rightly."""
    value = _identity(cell)
    try:
        rules.facts(value)
    except Refusal as refusal:
        raise Wrong(f"iin_{refusal.facts['because']}") from None
    return value


def bin_(cell: Any) -> str:
    """An organisation's BIN."""
    value = _identity(cell)
    if not rules.bin_valid(value):
        raise Wrong("bin")
    return value


def phone(cell: Any) -> str:
    """The phone numbers of a cell, one or several."""
    return texts.phones(_of_our_digits(_typed(cell)))


def email(cell: Any) -> str:
    """An e-mail address, as far as its form tells."""
    return texts.email(_typed(cell))


def emails(cell: Any) -> str:
    """A family's e-mail address, and an additional one."""
    return texts.emails(_typed(cell))


def name(cell: Any) -> str:
    """A surname, a name or a patronymic that has a column of its own."""
    return texts.name(_typed(cell))


def full_name(cell: Any) -> tuple[str, str, str]:
    """Surname, name and patronymic in one cell, in the order of the journals."""
    return texts.full_name(_typed(cell))


def _identity(cell: Any) -> str:
    if isinstance(cell, str) and TWELVE.fullmatch(cell):  # most numbers, known at a glance
        return cell
    value = texts.digits(_digits(cell))
    if ROUNDED.fullmatch(value):
        raise Wrong("iin_rounded")
    padded = value.zfill(12)
    return padded if re.fullmatch(r"\d{7,11}", value) and rules.valid(padded) else value


def _digits(cell: Any) -> str:
    """A number or a text as text; a float that is whole without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _text(cell)


def _text(cell: Any) -> str:
    return ONE_LINE(_of_our_digits(_typed(cell)))


def _of_our_digits(value: str) -> str:
    """Raises Wrong(other_digits): Python takes the digits of every script for numbers, people may not."""
    for sign in () if value.isascii() else OTHER_DIGIT.findall(value):
        if not unicodedata.normalize("NFKC", sign).isascii():
            raise Wrong("other_digits", sign=sign, code=f"U+{ord(sign):04X}")
    return value


def _typed(cell: Any) -> str:
    """What stands there as text. Raises Wrong(text_expected)."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise Wrong("text_expected")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return MARK.sub("", str(cell))


def _moment(value: str) -> datetime | None:
    """The local moment that a text names; None for none. Raises Wrong(day_in_doubt)."""
    if SERIAL.fullmatch(value) and int(value[:5]) in EXCEL_DAYS:
        seconds = round(float(value.replace(",", ".")) * 86_400)
        return datetime.combine(EXCEL_DAY_0, time()) + timedelta(seconds=seconds)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)", value):
        try:
            return datetime.fromisoformat(value).astimezone(LOCAL).replace(microsecond=0, tzinfo=None)
        except ValueError:
            return None
    clock = CLOCK.search(value)
    parts = _day_parts(value[: clock.start()] if clock else value)
    if parts is None or parts[0] < 1900:
        return None
    try:
        return datetime(*parts, *_clock(clock) if clock else ())  # noqa: DTZ001 (its zone is ours)
    except ValueError:
        return None


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second, hour_said, minute_said = found.groups()
    return int(hour or hour_said), int(minute or minute_said), int(second or 0)


def _day_parts(value: str) -> tuple[int, int, int] | None:
    """Year, month and day of a text. Raises Wrong(day_in_doubt)."""
    if found := YEAR_FIRST.fullmatch(value):
        return int(found[1]), int(found[3]), int(found[4])
    if found := DAY_FIRST.fullmatch(value):
        first, sign, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
        if len(found[4]) == 2:
            if year > LAST_SHORT_YEAR or (sign != "." and first != year and 1 <= year <= 31):
                raise Wrong("day_in_doubt")
            year += 2000
        if sign == "/" and first <= 12 and second <= 12 and first != second:
            raise Wrong("day_in_doubt")
        return (year, first, second) if sign == "/" and second > 12 else (year, second, first)
    if (found := MONTH_NAMED.fullmatch(value)) and (month := _month(found[2])):
        if len(found[3]) == 2 and int(found[3]) > LAST_SHORT_YEAR:
            raise Wrong("day_in_doubt")
        return int(found[3]) + (2000 if len(found[3]) == 2 else 0), month, int(found[1])
    if (found := YEAR_NAMED_FIRST.fullmatch(value)) and (month := _month(found[3])):
        return int(found[1]), month, int(found[2])
    return None


def _month(word: str) -> int | None:
    folded = fold(word)
    return next((number for number, names in enumerate(MONTHS, 1) if folded.startswith(names)), None)
