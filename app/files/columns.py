"""Titles of columns to fields, rows of cells to facts. Titles match without case, spaces and signs, in any order."""

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.files.problems import Problem, Wrong
from app.files.spreadsheet import Bad, Sheet
from app.files.words import plain
from app.rules import texts


@dataclass(frozen=True)
class Column:
    """A column that a file may have. `titles`: as they may be written, Kazakh and Russian first.

    `read` is None for one that people need and Kezek does not; `required`: there, and filled in every row, unless the
    fields named `instead` have columns.
    """

    field: str
    titles: tuple[str, ...]
    read: Callable[[Any], Any] | None
    required: bool = False
    instead: tuple[str, ...] = ()


class Table:
    """A sheet whose titles were matched. `problems` collects what is wrong; the caller adds to it."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column]) -> None:
        self.sheet, self.columns, self.problems = sheet, {c.field: c for c in columns}, list[Problem]()
        self.titles_at = next(n for n, cells in enumerate(sheet.rows, 1) if any(map(_filled, cells)))
        self.at: dict[str, int] = {}
        self._match(columns)

    def rows(self) -> Iterator["Row"]:
        """The rows under the titles that hold anything, each with what could be understood."""
        for number, cells in enumerate(self.sheet.rows[self.titles_at :], self.titles_at + 1):
            if any(map(_filled, cells)):
                yield self._row(number, cells)

    def wrong(self, number: int, column: int, name: str, /, **facts: Any) -> None:
        """Note a problem of one cell; row and column from 1."""
        self.problems.append(Problem(number, column, self.sheet.cell(number, column), name, facts))

    def lacks(self, field: str) -> None:
        """Note that a column which is needed here is not there."""
        kk, ru, *_ = self.columns[field].titles
        self.wrong(self.titles_at, 1, "missing_column", kk=kk, ru=ru)

    def _match(self, columns: Sequence[Column]) -> None:
        known = {plain(title): column for column in columns for title in column.titles}
        shown = {plain(title): title for column in columns for title in column.titles}
        titles = self.sheet.rows[self.titles_at - 1]
        width = max(map(len, self.sheet.rows))
        for place in range(1, width + 1):
            title = titles[place - 1] if place <= len(titles) else ""
            if not _filled(title):
                if any(len(row) >= place and _filled(row[place - 1]) for row in self.sheet.rows[self.titles_at :]):
                    self.wrong(self.titles_at, place, "untitled_column")
                continue
            column = known.get(plain(str(title)))
            if column is None:
                near = difflib.get_close_matches(plain(str(title)), known, 1, 0)
                self.wrong(self.titles_at, place, "unknown_column", title=str(title)[:60], near=shown[near[0]])
            elif column.field in self.at:
                first = self.sheet.cell(self.titles_at, self.at[column.field])
                self.wrong(self.titles_at, place, "column_twice", cell=first)
            elif column.read is not None:
                self.at[column.field] = place
        for column in columns:
            others = self.at.keys() & set(column.instead)
            if others and column.field in self.at:
                first = self.sheet.cell(self.titles_at, self.at[column.field])
                self.wrong(self.titles_at, min(self.at[other] for other in others), "column_twice", cell=first)
            if column.required and column.field not in self.at and not others:
                self.lacks(column.field)

    def _row(self, number: int, cells: list[Any]) -> "Row":
        row = Row(self, number)
        for name, place in self.at.items():
            column, cell = self.columns[name], cells[place - 1] if place <= len(cells) else ""
            if not _filled(cell):
                if column.required:
                    row.wrong(name, "empty_cell")
                continue
            try:
                if isinstance(cell, Bad):
                    raise Wrong(cell.name)
                if isinstance(cell, float) and not math.isfinite(cell):
                    raise Wrong("error_value")
                row.values[name] = column.read(cell)  # type: ignore[misc]
            except texts.Unfit as wrong:
                row.wrong(name, wrong.name, **wrong.facts)
        return row


class Row:
    """One row: what its cells say, by field, and where they stand."""

    def __init__(self, table: Table, number: int) -> None:
        self.table, self.number, self.values, self.broken = table, number, dict[str, Any](), set[str]()

    def __getitem__(self, field: str) -> Any:
        return self.values.get(field)

    def has(self, *fields: str) -> bool:
        """Are all of these filled, and understood?"""
        return all(field in self.values for field in fields)

    def cell(self, field: str) -> str:
        """The name of a cell: Парақ1!B7."""
        return self.table.sheet.cell(self.number, self.table.at.get(field, 1))

    def warning(self, field: str, name: str, /, **facts: Any) -> Problem:
        """What a person should look at in this row's cell, though it may be so."""
        column = self.table.at.get(field, 1)
        return Problem(self.number, column, self.table.sheet.cell(self.number, column), name, facts)

    def wrong(self, field: str, name: str, /, **facts: Any) -> None:
        """Note a problem of this row's cell of a field (of its first cell where the file has no such column)."""
        self.broken.add(field)
        self.table.wrong(self.number, self.table.at.get(field, 1), name, **facts)


def near(name: str, names: Iterable[str]) -> str:
    """The name that looks most like this one, for a message's way out."""
    found = difflib.get_close_matches(plain(name), list(names), 1, 0)
    return found[0] if found else ""


def _filled(cell: Any) -> bool:
    return not texts.blank(cell) if isinstance(cell, str) else cell is not None
