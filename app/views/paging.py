"""The rows of a register, page by page: from one select with what they show, counted up to a limit.

A page is found by the last row of the one before it (its order column and id), not by how many rows stand before it:
the last of a million costs what the first one costs, and a row that is added meanwhile moves no other one.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, Select, case, func, literal, select, true, tuple_

from app import words
from app.access import personal_data
from app.db.extensions import db
from app.models import Base

CHUNK = 1000  # rows that a list for a file holds in memory
COUNTED = 10_000  # lists say "more than" beyond this: an exact count of a million rows costs more than the page
LARGEST = 2**31 - 1  # of an integer column

Where = list[ColumnElement[bool]]


class SortOrder(NamedTuple):
    """What a list is ordered by: a column of its rows, then their ids, both in the same direction."""

    column: str
    descending: bool


class Position(NamedTuple):
    """Where a page begins or ends: the segment, id and value of the order column of the row beside it."""

    segment: int
    id: int
    value: Any


class At(NamedTuple):
    """Which page: forward from a row (or from the first one), or backward to a row (or to the last one)."""

    backward: bool = False
    row: Position | None = None


class Page(NamedTuple):
    """Rows in their order; `count`: of all that hold, COUNTED + 1 for any more than that; what lies around them."""

    rows: list[Any]
    count: int
    before: str | None = None  # the position that the page before this one ends at, None for the first page
    after: str | None = None  # the one that the next page begins at, None for the last page

    @property
    def beyond(self) -> bool:
        """Are there more rows than are counted?"""
        return self.count > COUNTED


FIRST, LAST = At(), At(backward=True)


class Records(SQLAInterface):
    """Rows of one kind; `eager` says what a list shows of other records, to be loaded in the same statement."""

    def __init__(self, model: type[Base], *eager: Any) -> None:
        super().__init__(model, db.session)
        self.eager = eager
        self._whole = lru_cache(self._select)  # of the pages that nobody asked anything of
        self.beyond_counting: dict[Hashable, date] = {}  # who was found to have too many rows to count, and when

    def page(
        self, where: Where, order: SortOrder, *, at: At = FIRST, size: int, reader: tuple[Hashable, date] | None = None
    ) -> Page:
        """One page of the rows that hold. One that would begin before the first row is the first page.

        `reader`: who reads all rows there are, and on which day. Once they are more than COUNTED they are not counted
        again on that day: no row is ever deleted, and to count them is most of what the database does for a page.
        """
        count, found = self._walk(where, order, at, size + 1, counted=reader not in self.beyond_counting.items())
        if reader and count > COUNTED:
            self.beyond_counting.update([reader])
        more, found = len(found) > size, found[:size]
        if at.backward and at.row and not more:
            return self.page(where, order, size=size, reader=reader)
        if at.row and not found:
            return self.page(where, order, at=LAST, size=size, reader=reader)
        if at.backward:
            found.reverse()
        back, on = (more, at.row is not None) if at.backward else (at.row is not None, more)
        return Page(
            self.loaded([row for _segment, row in found]),
            count,
            self._position(*found[0], order) if back else None,
            self._position(*found[-1], order) if on else None,
        )

    def count_up_to(self, where: Where, most: int) -> int:
        """How many rows hold; `most` + 1 for any more than that."""
        some = select(self.obj.id).where(*where).limit(most + 1)
        return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0

    def every(self, where: Where, order: SortOrder) -> Iterator[Any]:
        """All rows that hold, in the order of their pages: as they stood at one moment, some in memory at a time."""
        rows = select(self.obj).where(*where).options(*self.eager).order_by(*self.ordering(order))
        for chunk in db.session.scalars(rows.execution_options(yield_per=CHUNK)).partitions():
            yield from self.loaded([*chunk])

    def around(self, where: Where, order: SortOrder, row: Any) -> tuple[int | None, int | None]:
        """The ids of the rows before and after one, whether or not it holds itself: one statement, by key."""
        value = None if order.column == "id" else getattr(row, order.column)
        position = Position(self.segment_of(row, order), row.id, value)
        before, after = (self._nearest(tuple(where), order, At(way, position)) for way in (True, False))
        return db.session.execute(select(before, after)).one()

    def _nearest(self, where: Any, order: SortOrder, at: At) -> ColumnElement[Any]:
        """The id of the next row as a page goes."""
        parts = range(len(self.segments(order)))
        parts = parts[: at.row.segment + 1][::-1] if at.backward else parts[at.row.segment :]
        found = []
        for segment in parts:
            beyond = (self._beyond(at, order),) if at.row.segment == segment else ()
            rows = select(self.obj.id).where(*where, self.segments(order)[segment], *beyond)
            found.append(rows.order_by(*self._by(order, at.backward)).limit(1).scalar_subquery())
        return func.coalesce(*found, literal(None, Integer)) if len(found) > 1 else found[0]

    def segments(self, order: SortOrder) -> Sequence[ColumnElement[bool]]:
        """The parts that a list is shown in, one after the other: rows without a value come last."""
        column = getattr(self.obj, order.column)
        return (column.is_not(None), column.is_(None)) if column.nullable else (true(),)

    def segment_of(self, row: Any, order: SortOrder) -> int:
        """Which of these parts a row stands in."""
        return int(getattr(row, order.column) is None)

    def ordering(self, order: SortOrder) -> list[Any]:
        """Of all rows at once: as their pages follow each other."""
        parts = [(part, segment) for segment, part in enumerate(self.segments(order))]
        return [*([case(*parts)] if len(parts) > 1 else []), *self._by(order, backward=False)]

    def loaded(self, rows: list[Any]) -> list[Any]:
        """The rows of a page, with whatever else they show."""
        return rows

    def position(self, text: str, order: SortOrder) -> Position:
        """What an address says of a row. ValueError for what no list of this order says."""
        segment, id_, *value = text.split(".", 2)
        column = getattr(self.obj, order.column)
        found = Position(int(segment), int(id_), _parsed(column.type, value[0]) if value else None)
        if not (0 <= found.segment < len(self.segments(order)) and 0 < found.id <= LARGEST):
            raise ValueError(text)
        if (found.value is None) != (order.column == "id" or self._valueless(found.segment, order)):
            raise ValueError(text)
        return found

    def get_values_item(self, row: Any, columns: list[str]) -> list[Any]:
        """What one row shows, in the order of the columns, as it is: templates know how to show each kind of thing."""
        told = self.in_words(row)
        return [told[name]() if name in told else attribute(row, name) for name in columns]

    def in_words(self, row: Any) -> Mapping[str, Callable[[], Any]]:
        """What a row shows otherwise than its columns have it, by name; asked for only where it is shown."""
        return {}

    def _walk(
        self, where: Where, order: SortOrder, at: At, most: int, *, counted: bool
    ) -> tuple[int, list[tuple[int, Any]]]:
        """The count (COUNTED + 1 without counting), and up to `most` rows with their segments, as the page goes."""
        parts = range(len(self.segments(order)))
        if at.row:
            parts = parts[: at.row.segment + 1] if at.backward else parts[at.row.segment :]
        count, found = 0, list[tuple[int, Any]]()
        for segment in reversed(parts) if at.backward else parts:
            beyond = (self._beyond(at, order),) if at.row and at.row.segment == segment else ()
            select_ = self._select if where or beyond else self._whole
            rows = select_(order, segment, at.backward, most - len(found), tuple(where), beyond, counted)
            for row, count in db.session.execute(rows):  # noqa: B007 (the same in every row)
                found.append((segment, row))
            if len(found) == most:
                break
        return count, found

    def _select(
        self, order: SortOrder, segment: int, backward: bool, most: int, where: Any, beyond: Any, counted: bool
    ) -> Select[Any]:
        """Up to `most` rows of a segment that lie beyond a page, each with the count of all that hold."""
        some = select(func.count()).select_from(select(self.obj.id).where(*where).limit(COUNTED + 1).subquery())
        part = self.segments(order)[segment]
        count = some.scalar_subquery() if counted else literal(COUNTED + 1)
        rows = select(self.obj, count).where(*where, part, *beyond).options(*self.eager)
        return rows.order_by(*self._by(order, backward)).limit(most)

    def _by(self, order: SortOrder, backward: bool) -> list[Any]:
        keys = dict.fromkeys([getattr(self.obj, order.column), self.obj.id])
        return [key.desc() if order.descending != backward else key.asc() for key in keys]

    def _beyond(self, at: At, order: SortOrder) -> ColumnElement[bool]:
        """The rows on the other side of a row."""
        column, row = getattr(self.obj, order.column), at.row
        if row.value is None:
            key, known = self.obj.id, literal(row.id)
        else:
            key = tuple_(column, self.obj.id)
            known = tuple_(literal(row.value, column.type), literal(row.id))
        return key < known if order.descending != at.backward else key > known

    def _position(self, segment: int, row: Any, order: SortOrder) -> str:
        value = None if order.column == "id" else getattr(row, order.column)
        text = value.isoformat() if isinstance(value, date) else value
        return f"{segment}.{row.id}" if value is None else f"{segment}.{row.id}.{text}"

    def _valueless(self, segment: int, order: SortOrder) -> bool:
        return getattr(self.obj, order.column).nullable and segment == 1


def counted(count: int) -> str:
    """A count in words: exact up to COUNTED."""
    return _("more than %(num)s", num=words.number(COUNTED)) if count > COUNTED else words.number(count)


def _parsed(column: Any, text: str) -> Any:
    """A value of a type of column as an address spells it. ValueError for one that no row has."""
    kind = getattr(column, "impl_instance", column).python_type
    if kind is datetime:
        return _moment(text)
    if kind is date:
        return date.fromisoformat(text)
    if kind is int and abs(int(text)) > LARGEST:
        raise ValueError(text)
    return kind(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 1900 < moment.year < 3000:
        raise ValueError(text)
    return moment


def attribute(row: Any, path: str) -> Any:
    """`child.born_on` of a row, as whoever reads may see it; None where something on the way is missing."""
    for name in path.split("."):
        row = personal_data.of(row, name)
    return row
