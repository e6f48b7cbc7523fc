"""A file as rows of cells: an Excel workbook's first sheet, or CSV in UTF-8 with `;` or `,`.

A workbook is looked through before it is read: formulas and errors are only seen in its XML, and two cells far apart
would make the reader take all the memory between them.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook

from app.files.problems import Wrong
from app.rules import texts

MOST_COLUMNS, MOST_ROWS = 60, 50_000
MOST_MEGABYTES = 50
MOST_UNPACKED = 400
MOST_OF_A_LIST = 1_000_000  # bytes that name the sheets
BOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
FILLED = re.compile(rb"<(?:\w+:)?c\s([^>]*?)>\s*<(?:\w+:)?(f|v|is)\b")
REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True)
class Bad:
    """What a cell holds instead of a value; the name of a sentence."""

    name: str


@dataclass(frozen=True)
class Sheet:
    """The cells from A1 on; `name` is the sheet's, or None for CSV."""

    name: str | None
    rows: list[list[Any]]

    @property
    def filled(self) -> int:
        """How many rows hold anything, the titles aside."""
        return max(sum(any(map(_filled, cells)) for cells in self.rows) - 1, 0)

    def value(self, row: int, column: int) -> Any:
        """What stands in a cell, None for nothing that could be read; row and column from 1 (0: the whole file)."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else []
        cell = cells[column - 1] if 0 < column <= len(cells) else None
        if isinstance(cell, float) and cell.is_integer():
            return int(cell)
        return None if isinstance(cell, Bad) else cell

    def cell(self, row: int, column: int) -> str:
        """Парақ1!B7, or B7 for CSV; row and column from 1."""
        if self.name is None:
            return f"{letters(column)}{row}"
        name = self.name if re.fullmatch(r"\w+", self.name) else "'" + self.name.replace("'", "''") + "'"
        return f"{name}!{letters(column)}{row}"


def read(path: Path) -> Sheet:
    """The table in a file. Raises Wrong: too_big, and what `parse` does."""
    if path.stat().st_size > MOST_MEGABYTES * 1_000_000:
        raise Wrong("too_big", most=MOST_MEGABYTES)
    return parse(path.read_bytes())


def parse(data: bytes, most_unpacked: int = MOST_UNPACKED) -> Sheet:
    """The table that a file holds; `most_unpacked` in megabytes.

    Raises Wrong: not_a_table, old_workbook, not_utf8, too_big, too_wide, too_long, empty.
    """
    if data.startswith(OLD_WORKBOOK):
        raise Wrong("old_workbook")
    sheet = _workbook(data, most_unpacked) if data.startswith(b"PK") else _csv(data)
    while sheet.rows and not any(_filled(cell) for cell in sheet.rows[-1]):
        sheet.rows.pop()
    if not sheet.rows:
        raise Wrong("empty")
    return sheet


def letters(column: int) -> str:
    """1 is A, 27 is AA."""
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name


def number_of(name: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def _workbook(data: bytes, most_unpacked: int) -> Sheet:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > most_unpacked * 1_000_000:
                raise Wrong("too_big", most=most_unpacked)
            bad = dict(_look_through(parts.read(_first_sheet(parts))))
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            name = book.sheet_names[0]
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Wrong:
        raise
    except Exception:  # zip, XML and calamine have a dozen ways to say that a file is broken
        raise Wrong("not_a_table") from None
    for (row, column), problem in bad.items():
        rows.extend([] for _ in range(row - len(rows)))
        rows[row - 1].extend("" for _ in range(column - len(rows[row - 1])))
        rows[row - 1][column - 1] = Bad(problem)
    return Sheet(name, rows)


def _first_sheet(parts: zipfile.ZipFile) -> str:
    """The part of the package that holds the first sheet."""
    if any(parts.getinfo(part).file_size > MOST_OF_A_LIST for part in (BOOK, RELATIONS)):
        raise Wrong("not_a_table")  # as a tree they would take twenty times as much memory
    book = ElementTree.fromstring(parts.read(BOOK))
    first = next(e.attrib[RELATION] for e in book.iter() if e.tag.endswith("}sheet") and RELATION in e.attrib)
    relations = ElementTree.fromstring(parts.read(RELATIONS))
    target = next(e.attrib["Target"] for e in relations if e.attrib["Id"] == first)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _look_through(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """The cells that hold a formula or an error. Raises Wrong: too_wide, too_long, not_a_table.

    No program that writes workbooks puts a comment into a sheet: a cell could hide behind it.
    """
    if b"<!" in xml:
        raise Wrong("not_a_table")
    for found in FILLED.finditer(xml):
        place = REFERENCE.search(found[1])
        if place is None:
            continue
        row, column = int(place[2]), number_of(place[1].decode())
        _fits(column, row)
        if found[2] == b"f":
            yield (row, column), "formula"
        elif b't="e"' in found[1]:
            yield (row, column), "error_value"


def _csv(data: bytes) -> Sheet:
    if b"\0" in data:
        raise Wrong("not_a_table")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong("not_utf8") from None
    first = next((line for line in text.splitlines() if line.strip()), "")
    between = ";" if first.count(";") > first.count(",") else ","
    rows: list[list[Any]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=between):
            _fits(max((i for i, cell in enumerate(row, 1) if _filled(cell)), default=0), len(rows) + 1)
            rows.append([Bad("formula") if cell.lstrip().startswith("=") else cell for cell in row])
    except csv.Error:
        raise Wrong("not_a_table") from None
    return Sheet(None, rows)


def _fits(columns: int, rows: int) -> None:
    if columns > MOST_COLUMNS:
        raise Wrong("too_wide", most=MOST_COLUMNS)
    if rows > MOST_ROWS:
        raise Wrong("too_long", most=MOST_ROWS)


def _filled(cell: Any) -> bool:
    return not texts.blank(cell) if isinstance(cell, str) else cell is not None
