"""How each kind of thing is shown in a list or on a page: by its type, in one look-up (lists show hundreds of them).

And how it is told in a file: in the same words.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app import words
from app.models import Application, Base
from app.rules import texts, waits
from app.rules.calendar import LOCAL

CellValue: TypeAlias = str | int | float | date | datetime  # a moment on the local clock, without its zone

NONE = Markup('<span class="none">—</span>')


def shown(value: Any) -> Markup:
    """One value as HTML; whatever people typed is escaped."""
    kind = type(value)
    show = _SHOWN.get(kind)
    if show is None:
        show = _SHOWN[kind] = next((how for kinds, how in _KINDS if issubclass(kind, kinds)), _text)
    return show(value)


def as_cell(value: Any) -> CellValue:
    """One value as a cell of a file: numbers and days as such, all else as the screen says it; nothing is empty."""
    kind = type(value)
    make = _CELLS.get(kind)
    if make is None:
        make = _CELLS[kind] = next((how for kinds, how in _CELL_KINDS if issubclass(kind, kinds)), _said)
    return make(value)


def row(titles: Sequence[Markup], values: Iterable[Any], address: str | None) -> Markup:
    """The cells of one row of a list, each with its heading for narrow screens; the first one leads to its page.

    In one string: a template's loop over hundreds of cells takes longer than the database does to find them.
    """
    first, *others = map(shown, values)
    if address is not None:
        first = Markup(f'<a href="{address}">{first}</a>')
    cells = zip(titles, (first, *others), strict=True)
    return Markup("".join(f'<td data-label="{title}">{cell}</td>' for title, cell in cells))


def badge(status: StrEnum) -> Markup:
    """A status with its colour."""
    return _badge(get_locale(), status)


@lru_cache(maxsize=None, typed=True)  # typed, for two kinds may share a value
def _badge(_language: Locale | None, status: StrEnum) -> Markup:
    return tag(status.value, words.label(status))


def tag(kind: str, text: str) -> Markup:
    """A word or two with the colour of a status."""
    return Markup(f'<span class="badge {kind}">{escape(text)}</span>')


def _said(value: Any) -> str:
    """A text as people read it: the digits of a phone in groups."""
    text = str(value)
    return texts.phones_said(text) if text.startswith("+") else text


def _text(value: Any) -> Markup:
    """A number like Ө-2026-000001 stays in one line."""
    text = _said(value)
    if "-" in text and " " not in text:
        return Markup(f'<span class="number">{escape(text)}</span>')
    return escape(text) or NONE


def _kind(value: StrEnum) -> Markup:
    return badge(value) if type(value).__name__.endswith(("Status", "DeliveryStage")) else escape(words.label(value))


def _moment(value: datetime) -> Markup:
    return Markup(f'<time datetime="{value.isoformat()}">{words.moment(value)}</time>')


def _day(value: date) -> Markup:
    return Markup(f'<time datetime="{value.isoformat()}">{words.day(value)}</time>')


def _record(value: Base) -> Markup:
    return _text(words.name(value))


def not_notified(application: Application) -> Markup:
    """A mark beside an application where a term runs of which nobody can tell the family."""
    return Markup(" ") + tag("missed", _("cannot be reached")) if waits.not_notified(application) else Markup()


def not_told() -> Markup:
    """The status of an application whose turn has come while nobody has told the family yet."""
    return tag("notified", _("The turn has come, the notice is not sent"))


def _facts(value: dict[str, Any]) -> Markup:
    return Markup(
        "<dl class='small'>" + "".join(f"<dt>{escape(k)}</dt><dd>{shown(v)}</dd>" for k, v in value.items()) + "</dl>"
    )


def _several(value: Any) -> Markup:
    between = Markup("<br>") if any(isinstance(one, list | tuple) for one in value) else Markup(", ")
    return between.join(shown(one) for one in value) or NONE


def _yes_or_no(value: bool) -> str:
    return _("yes") if value else _("no")


_KINDS: tuple[tuple[Any, Callable[[Any], Markup]], ...] = (
    (type(None), lambda _value: NONE),
    (Markup, lambda value: value or NONE),
    (StrEnum, _kind),
    (bool, lambda value: escape(_yes_or_no(value))),
    (datetime, _moment),
    (date, _day),
    (Base, _record),
    (dict, _facts),
    ((list, tuple), _several),
)
_SHOWN: dict[type, Callable[[Any], Markup]] = {}
_CELL_KINDS: tuple[tuple[Any, Callable[[Any], CellValue]], ...] = (
    (type(None), lambda _value: ""),
    (Markup, lambda value: "" if value == NONE else value.striptags()),
    (StrEnum, words.label),
    (bool, _yes_or_no),
    ((int, float), lambda value: value),
    (datetime, lambda value: value.astimezone(LOCAL).replace(tzinfo=None)),
    (date, lambda value: value),
    (Base, words.name),
    (dict, lambda value: "; ".join(f"{name}: {in_words(one)}" for name, one in value.items())),
    ((list, tuple), lambda value: ", ".join(in_words(one) for one in value)),
)
_CELLS: dict[type, Callable[[Any], CellValue]] = {}


def in_words(value: Any) -> str:
    """One value in a line of text, as one of several in a cell of a file."""
    if isinstance(value, datetime):
        return words.moment(value)
    return words.day(value) if isinstance(value, date) else str(as_cell(value))
