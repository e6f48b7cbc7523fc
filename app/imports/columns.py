"""Titles of columns to fields, rows of cells to facts. Titles match without case, spaces and signs, in any order."""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.imports.cells import iin
from app.imports.vocabulary import plain
from app.rules import texts
from app.spreadsheets.reading import ACROSS, Bad, Sheet, filled, letters
from app.words.problems import CHOICES, Problem, Wrong

HEADING = 30  # rows in which titles are looked for
FURTHER = 1_000  # rows in which they are seen, to say that they stand too far down
NUMBERED = re.compile(r"^\s*\(?\d{1,2}\s*[.)]+\s*")  # 1. Номер
FEWEST = 3  # columns that a row needs, where one that lacks most of them may be a total, a signature or a heading
MOST_RANGES = 10  # of rows that a sentence names
OF_GROUPS = {  # a title above several columns: how those below it are called
    "реб": ("{} ребёнка",),
    "дети": ("{} ребёнка",),
    "дет": ("{} ребёнка",),
    "бала": ("Баланың {}",),
    "заявит": ("{} заявителя",),
    "родител": ("{} заявителя",),
    "өтініш": ("Өтініш берушінің {}",),
    "атаан": ("Өтініш берушінің {}",),
}


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


class MatchedTable:
    """A sheet whose titles were matched. `problems` collects what is wrong; the caller adds to it.

    `answers`: what whoever brought the file has said to the questions of problems.QUESTIONS, by their key. `count`:
    the rows that were read.
    """

    def __init__(self, sheet: Sheet, columns: Sequence[Column], answers: Mapping[str, str] | None = None) -> None:
        self.sheet, self.columns, self.problems = sheet, {c.field: c for c in columns}, list[Problem]()
        self.answers, self.count, self.notes = answers or {}, 0, list[Problem]()
        self.known = {plain(title): column for column in columns for title in column.titles}
        self._unseen()
        self.titles_at, self.titles = self._find()
        self.at: dict[str, int] = {}
        self.surplus = self._surplus()
        if self.titles or not (sheet.refused or self.problems):
            self._match(columns)
        self.problems += [Problem(one.row, 0, sheet.cell(one.row, 1), one.name, one.facts) for one in sheet.refused]
        self.notes = [Problem(0, 0, sheet.name or "", name, facts) for name, facts in sheet.notes]

    def _unseen(self) -> None:
        """What people do not see of a sheet is read or left out as they say, and never without a word."""
        rows = self.sheet.rows
        hidden = [number for number in sorted(self.sheet.hidden) if any(map(filled, rows[number - 1]))]
        columns = sorted(
            column
            for column in self.sheet.hidden_columns
            if any(len(cells) >= column and filled(cells[column - 1]) for cells in rows)
        )
        if hidden:
            said = self.ask(0, 0, "hidden_rows", "hidden_rows", rows=ranges(hidden), num=len(hidden))
            self.left_out = frozenset(hidden) if said == "leave" else frozenset[int]()
        else:
            self.left_out = frozenset[int]()
        if columns:
            named = ", ".join(map(letters, columns))
            if self.ask(0, 0, "hidden_columns", "hidden_columns", columns=named) == "leave":
                for cells in rows:
                    for column in columns:
                        if len(cells) >= column:
                            cells[column - 1] = ""
        places = sorted((row, column) for row, column in self.sheet.hidden_cells if row not in self.left_out)
        if places:
            named = ", ".join(f"{letters(column)}{row}" for row, column in places[:MOST_RANGES])
            named += " …" if len(places) > MOST_RANGES else ""
            if self.ask(0, 0, "hidden_cells", "hidden_cells", cells=named, num=len(places)) == "leave":
                for row, column in places:
                    rows[row - 1][column - 1] = ""

    def ask(self, number: int, column: int, name: str, key: str, /, **facts: Any) -> str | None:
        """The answer to a question, None where there is none yet; then it is noted, once for each key."""
        if self.answers.get(key) in CHOICES[name]:
            return self.answers[key]
        if all(one.facts.get("key") != key for one in self.problems):
            cell = self.sheet.cell(number, column) if number else self.sheet.name or ""
            self.problems.append(Problem(number, column, cell, name, {**facts, "key": key}))
        return None

    def _find(self) -> tuple[int, list[str]]:
        """The last row of the titles, and the titles: those of which most are known, below whatever heading there is.

        They may stand in two rows, the upper one naming what several columns of the lower one are about.
        """
        rows = self.sheet.rows
        of_rows = [n for n, cells in enumerate(rows, 1) if any(map(filled, cells)) and n not in self.left_out]
        best, found = 1, None
        for number in of_rows[:HEADING]:
            for titles, last in ((self._one(number), number), (self._two(number), number + 1)):
                if (hits := self._hits(titles)) > best:
                    best, found = hits, (last, titles)
        if found is None:
            far = next((n for n in of_rows[HEADING:FURTHER] if self._hits(self._one(n)) > 2), None)
            if far:
                self.wrong(far, 1, "titles_too_far", most=HEADING)
                return len(rows), []
            first = of_rows[0] if of_rows else 1
            return first, [] if self.sheet.refused else self._one(first)  # the titles may be what was refused
        return found

    def _meant(self, title: str) -> "Column | None":
        """The column that a title names, with or without a number before it."""
        return self.known.get(plain(title)) or self.known.get(plain(NUMBERED.sub("", title)))

    def _hits(self, titles: Sequence[str]) -> int:
        """How many columns these titles name."""
        return len({column.field for title in titles if title and (column := self._meant(title))})

    def _surplus(self) -> set[int]:
        """The rows of a text that have more cells than there are titles, empty ones with them.

        A sign between cells that stands inside one moves all that follows, so nothing of such a row is believed.
        """
        if not self.sheet.lines[0] or not self.titles:
            return set()
        found = set()
        for number, cells in enumerate(self.sheet.rows[self.titles_at :], self.titles_at + 1):
            if len(cells) > len(self.titles) and any(map(filled, cells)):
                found.add(number)
                self.wrong(number, len(self.titles), "surplus_cells", cells=len(cells), titles=len(self.titles))
        return found

    def _doubtful(self) -> frozenset[int]:
        """Rows that lack most of what a row needs and name nobody, as totals and signatures do; it is asked of them."""
        needed = [(place, self.columns[name].read) for name, place in self.at.items() if self.columns[name].required]
        if len(needed) < FEWEST:
            return frozenset()
        people = [place for place, read in needed if read is iin]
        found = [
            number
            for number, cells in self.under
            if not any(_said(cells, place) for place in people)
            and sum(_said(cells, place) for place, _ in needed) * 2 <= len(needed)
        ]
        if not found:
            return frozenset()
        asked = self.ask(0, 0, "doubtful_rows", "doubtful_rows", rows=ranges(found), num=len(found))
        return frozenset() if asked == "read" else frozenset(found)

    def _one(self, number: int) -> list[str]:
        cells = self.sheet.rows[number - 1] if number <= len(self.sheet.rows) else []
        return [" ".join(str(cell).split()) if filled(cell) and not isinstance(cell, Bad) else "" for cell in cells]

    def _two(self, number: int) -> list[str]:
        upper, lower = self._one(number), self._one(number + 1)
        titles, group = [], ""
        for place in range(max(len(upper), len(lower))):
            over = upper[place] if place < len(upper) else ""
            under = lower[place] if place < len(lower) else ""
            group = over or group
            if not under:
                titles.append(over)
                continue
            told = [under, f"{under} {group}", f"{group} {under}", *(form.format(under) for form in _of(group))]
            told = told[1:] + told[:1] if _of(group) else told
            titles.append(next((one for one in told if self._meant(one)), f"{group} {under}".strip()))
        return titles

    def rows(self) -> Iterator["TableRow"]:
        """The rows under the titles that hold anything, each with what could be understood."""
        doubtful = self._doubtful()
        for number, cells in self.under:
            if number not in doubtful:
                self.count += 1
                yield self._row(number, cells)
        self.count += len(self.surplus)

    @cached_property
    def under(self) -> list[tuple[int, list[Any]]]:
        """The rows under the titles that hold anything and can be read, with their numbers.

        A row of column numbers, and titles that are repeated on each page, are none.
        """
        found = list[tuple[int, list[Any]]]()
        again = {tuple(map(plain, titles)) for titles in (self.titles, self._one(self.titles_at))}
        first = {title for titles in again for title in titles[:1]}
        for number, cells in enumerate(self.sheet.rows[self.titles_at :], self.titles_at + 1):
            if number in self.left_out or number in self.surplus or not any(map(filled, cells)):
                continue
            if plain(str(cells[0])) in first and tuple(map(plain, self._one(number))) in again:
                continue
            if not _numbers(cells):
                found.append((number, cells))
        return found

    def wrong(self, number: int, column: int, name: str, /, **facts: Any) -> None:
        """Note a problem of one cell; row and column from 1."""
        self.problems.append(Problem(number, column, self.sheet.cell(number, column), name, facts))

    def lacks(self, field: str) -> None:
        """Note that a column which is needed here is not there."""
        kk, ru, *_ = self.columns[field].titles
        self.wrong(self.titles_at, 1, "missing_column", kk=kk, ru=ru)

    def _match(self, columns: Sequence[Column]) -> None:
        known, titles = self.known, self.titles
        shown = {plain(title): title for column in columns for title in column.titles}
        below = enumerate(self.sheet.rows[self.titles_at :], self.titles_at + 1)
        rows = [cells for number, cells in below if number not in self.surplus]
        width = max([len(titles), *map(len, rows)])
        for place in range(1, width + 1):
            title = titles[place - 1] if place <= len(titles) else ""
            if not title:
                if any(len(row) >= place and filled(row[place - 1]) for row in rows):
                    self.wrong(self.titles_at, place, "untitled_column")
                continue
            column = self._meant(title)
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

    def _row(self, number: int, cells: list[Any]) -> "TableRow":
        row = TableRow(self, number)
        for name, place in self.at.items():
            column, cell = self.columns[name], cells[place - 1] if place <= len(cells) else ""
            if not filled(cell):
                if column.required:
                    row.wrong(name, "empty_cell")
                continue
            try:
                if not isinstance(cell, str):
                    _refuse_what_is_no_value(cell)
                row.values[name] = column.read(cell)  # type: ignore[misc]
            except texts.Unfit as wrong:
                row.wrong(name, wrong.name, **wrong.facts)
        return row


class TableRow:
    """One row: what its cells say, by field, and where they stand."""

    def __init__(self, table: MatchedTable, number: int) -> None:
        self.table, self.number, self.values, self.broken = table, number, dict[str, Any](), set[str]()

    def __getitem__(self, field: str) -> Any:
        return self.values.get(field)

    def has(self, *fields: str) -> bool:
        """Are all of these filled, and understood?"""
        return all(map(self.values.__contains__, fields))

    def cell(self, field: str) -> str:
        """The name of a cell: Парақ1!B7."""
        return self.table.sheet.cell(self.number, self.table.at.get(field, 1))

    def problem(self, field: str, name: str, /, **facts: Any) -> Problem:
        """What is wrong with this row's cell (its first one where the file has no such column), or to be looked at."""
        column = self.table.at.get(field, 1)
        return Problem(self.number, column, self.table.sheet.cell(self.number, column), name, facts)

    def ask(self, field: str, name: str, key: str, /, **facts: Any) -> str | None:
        """The answer to a question about this row's cell of a field; None where there is none yet, and it is noted."""
        said = self.table.ask(self.number, self.table.at.get(field, 1), name, key, **facts)
        if said is None:
            self.broken.add(field)
        return said

    def wrong(self, field: str, name: str, /, **facts: Any) -> None:
        """Note a problem of this row's cell of a field."""
        self.broken.add(field)
        self.table.problems.append(self.problem(field, name, **facts))


def _refuse_what_is_no_value(cell: Any) -> None:
    """Raises Wrong."""
    if isinstance(cell, Bad):
        raise Wrong(cell.name)
    if isinstance(cell, float) and not math.isfinite(cell):
        raise Wrong("error_value")


def _said(cells: Sequence[Any], place: int) -> bool:
    """Does a cell say something of its own row?"""
    return place <= len(cells) and filled(cells[place - 1]) and cells[place - 1] != ACROSS


def near(name: str, names: Iterable[str]) -> str:
    """The name that looks most like this one, for a message's way out."""
    found = difflib.get_close_matches(plain(name), list(names), 1, 0)
    return found[0] if found else ""


def _of(group: str) -> tuple[str, ...]:
    """How a title is said of a child or an applicant, where a title above it names them."""
    told = plain(group)
    return next((forms for begins, forms in OF_GROUPS.items() if told.startswith(begins)), ())


def _numbers(cells: Sequence[Any]) -> bool:
    """Is this a row of column numbers: 1, 2, 3 ...?"""
    if not any(str(cell).strip() in ("1", "1.0") for cell in cells[:3]):
        return False
    told = [
        str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
        for cell in cells
        if filled(cell)
    ]
    return len(told) > 2 and told == [str(number) for number in range(1, len(told) + 1)]


def ranges(numbers: Sequence[int]) -> str:
    """3-5, 8: the first of many."""
    told: list[list[int]] = []
    for number in numbers:
        if told and number == told[-1][1] + 1:
            told[-1][1] = number
        else:
            told.append([number, number])
    said = [str(first) if first == last else f"{first}-{last}" for first, last in told]
    return ", ".join(said[:MOST_RANGES]) + (" …" if len(said) > MOST_RANGES else "")
