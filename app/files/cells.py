"""What one cell means: Excel's floats, days and rounded numbers, and texts as people type them.

Each reader takes a filled cell and returns the value, or raises Wrong with the name of the sentence.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from app.files import words
from app.files.problems import Wrong
from app.rules import iin as rules
from app.rules import texts
from app.rules.calendar import LOCAL
from app.rules.refusals import Refusal

EXCEL_DAY_0 = date(1899, 12, 30)
EXCEL_DAYS = range(20_000, 60_000)  # 1954 to 2064: a day whose cell lost its format
DAYS = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y")
CLOCKS = (" %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M")
ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
MARK = re.compile(r"^'(?=[\s=+@\d-])")  # of Excel, and of lists taken out as CSV: what follows is a text
LONGEST = 500  # of what is a word, a day or a number


def text(most: int) -> Callable[[Any], str]:
    """One line of at most so many letters; a whole number as its digits (rules/texts.py)."""
    read = texts.line(most)
    return lambda cell: read(_typed(cell))


def printed(most: int) -> Callable[[Any], str]:
    """The same, of letters that papers can show."""
    read = texts.printed(most)
    return lambda cell: read(_typed(cell))


def lines(most: int) -> Callable[[Any], str]:
    """Some lines, as of a reason."""
    read = texts.lines(most)
    return lambda cell: read(_typed(cell))


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
    meanings = words.meanings(known)

    def read(cell: Any) -> Any:
        value = _text(cell)
        key = words.plain(value) or value
        if key not in meanings:
            raise Wrong("unknown_word", known=", ".join(w for written in known.values() for w in list(written)[:2]))
        return meanings[key]

    return read


def day(cell: Any) -> date:
    """A local day: Excel's own, its number, or a text such as 17.09.2022."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and int(cell) in EXCEL_DAYS:
        return EXCEL_DAY_0 + timedelta(days=int(cell))
    found = _parsed(_text(cell), DAYS) if isinstance(cell, str) else None
    if found is None:
        raise Wrong("not_a_day")
    return found.date()


def moment(cell: Any) -> datetime:
    """A moment on the local clock, to the second; a day alone is its first moment."""
    if isinstance(cell, datetime):
        return (cell + timedelta(microseconds=500_000)).replace(microsecond=0, tzinfo=LOCAL)
    if isinstance(cell, float) and int(cell) in EXCEL_DAYS and cell % 1:
        return datetime.combine(EXCEL_DAY_0, time(), LOCAL) + timedelta(seconds=round(cell * 86_400))
    if isinstance(cell, str):
        found = _parsed(_text(cell), [d + clock for d in DAYS for clock in CLOCKS])
        if found is not None:
            return found.replace(tzinfo=LOCAL)
    try:
        return datetime.combine(day(cell), time(), LOCAL)
    except Wrong:
        raise Wrong("not_a_moment") from None


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
    return texts.phones(_typed(cell))


def email(cell: Any) -> str:
    """An e-mail address, as far as its form tells."""
    return texts.email(_typed(cell))


def name(cell: Any) -> str:
    """A surname, a name or a patronymic that has a column of its own."""
    return texts.name(_typed(cell))


def full_name(cell: Any) -> tuple[str, str, str]:
    """Surname, name and patronymic in one cell, in the order of the journals."""
    return texts.full_name(_typed(cell))


def _identity(cell: Any) -> str:
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
    return texts.line(LONGEST)(_typed(cell))


def _typed(cell: Any) -> str:
    """What stands there as text. Raises Wrong(text_expected)."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise Wrong("text_expected")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return MARK.sub("", str(cell))


def _parsed(value: str, forms: Iterable[str]) -> datetime | None:
    for form in forms:
        try:
            found = datetime.strptime(value, form)  # noqa: DTZ007 (its zone is ours)
        except ValueError:
            continue
        return found if found.year >= 1900 else None
    return None
