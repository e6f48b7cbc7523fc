"""A file as rows of cells: a workbook's first visible sheet, a table of HTML or XML, or text.

What somebody brought may be anything, so it is never opened here: opening.py does, in a process of its own within
limits of memory and time, and says what it found. One that overruns them is killed, and its file is refused.
"""

import errno
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.rules import texts
from app.spreadsheets.opening import NO_ROOM, PER_MEGABYTE, SECONDS
from app.words.problems import Wrong

OPENING = Path(__file__).with_name("opening.py")
MOST_MEGABYTES = 50  # of a file
MOST_UNPACKED = 400  # megabytes of a workbook
MEMORY = 256  # megabytes that opening a file may take, the interpreter with it
PATIENCE = 20  # seconds on the clock for one of the processor, on a machine that does much else
LOOKED_AT = 0.005  # seconds between two looks whether it is done

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bad:
    """What a cell holds instead of a value; the name of a sentence."""

    name: str


ACROSS = Bad("merged_across")  # it is one with cells of other columns


class Refused(NamedTuple):
    """A line that is no row, and why: the name of a sentence and its facts."""

    row: int
    name: str
    facts: dict[str, Any]


class Cost(NamedTuple):
    """What opening a file took: seconds of the processor, and how the process ended."""

    seconds: float
    status: int


@dataclass(frozen=True)
class Sheet:
    """The cells from A1 on; `name` is the sheet's, or None where there are none.

    `hidden`: rows, `hidden_columns`: columns, and `hidden_cells`, that people do not see; `notes`: what else is to be
    said of it; `lines`: of a text, all of them, and how many only go on with a cell of the line before.
    """

    name: str | None
    rows: list[list[Any]]
    hidden: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    hidden_cells: frozenset[tuple[int, int]] = frozenset()
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    lines: tuple[int, int] = (0, 0)

    @property
    def filled(self) -> int:
        """How many rows hold anything, the titles aside."""
        return max(sum(any(map(filled, cells)) for cells in self.rows) - 1, 0)

    def value(self, row: int, column: int) -> Any:
        """What stands in a cell, None for nothing that could be read; row and column from 1 (0: the whole file)."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else []
        cell = cells[column - 1] if 0 < column <= len(cells) else None
        if isinstance(cell, float) and cell.is_integer():
            return int(cell)
        return None if isinstance(cell, Bad) else cell

    def cell(self, row: int, column: int) -> str:
        """Парақ1!B7, or B7 for a text; row and column from 1."""
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

    Raises Wrong: the names that stand in opening.py, and takes_too_much where it had to be stopped.
    """
    sheet, _cost = opened(data, most_unpacked)
    if isinstance(sheet, Wrong):
        raise sheet
    return sheet


def opened(data: bytes, most_unpacked: int = MOST_UNPACKED) -> tuple[Sheet | Wrong, Cost]:
    """The same, and what it took. Raises OSError where there is no room to do it: nothing is known of the file then."""
    seconds = SECONDS + PER_MEGABYTE * (len(data) // 1_000_000)
    command = [sys.executable, "-I", "-S", str(OPENING), str(MEMORY), str(seconds), str(most_unpacked)]
    with tempfile.TemporaryFile() as came, tempfile.TemporaryFile() as said:
        came.write(data)
        came.seek(0)
        process = subprocess.Popen(command, stdin=came, stdout=said, stderr=subprocess.DEVNULL, env={})
        cost = _ended(process, time.monotonic() + seconds * PATIENCE)
        said.seek(0)
        lines = (json.loads(line) for line in said if line.endswith(b"\n"))
        if cost.status == NO_ROOM:
            raise OSError(errno.ENOSPC, "no room to open a file")
        if cost.status != 0:
            log.warning("opening a file of %s bytes ended with %s", len(data), cost.status)
            return Wrong("takes_too_much"), cost
        return _as_sheet(lines), cost


def _ended(process: "subprocess.Popen[bytes]", until: float) -> Cost:
    """Wait for the process, no longer than until then."""
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return Cost(used.ru_utime + used.ru_stime, process.returncode)
        if time.monotonic() > until:
            process.send_signal(signal.SIGKILL)
        time.sleep(LOOKED_AT)


def _as_sheet(lines: Iterator[list[Any]]) -> Sheet | Wrong:
    """What opening.py has said."""
    rows, hidden, columns, found = list[list[Any]](), set[int](), set[int](), dict[str, Any]()
    unseen = set[tuple[int, int]]()
    notes, refused = list[tuple[str, dict[str, Any]]](), list[Refused]()
    for kind, *more in lines:
        match kind:
            case "row":
                number, is_hidden, cells = more
                rows.extend([] for _ in range(number - 1 - len(rows)))
                rows.append([_cell(cell) for cell in cells])
                if is_hidden:
                    hidden.add(number)
            case "bad":
                refused.append(Refused(*more))
            case "note":
                notes.append((more[0], more[1]))
            case "columns":
                columns.update(column for first, last in more[0] for column in range(first, last + 1))
            case "cells":
                unseen.update((row, column) for row, column in more[0])
            case "merged":
                _fill(rows, more[0])
            case "wrong":
                return Wrong(more[0], **more[1])
            case _:
                found[kind] = more
    if not any(any(map(filled, cells)) for cells in rows) and not refused:
        return Wrong("empty")
    name, lines_ = found["sheet"][0], tuple(found.get("lines", (0, 0)))
    return Sheet(name, rows, frozenset(hidden), frozenset(columns), frozenset(unseen), notes, refused, lines_)


def _fill(rows: list[list[Any]], areas: list[list[int]]) -> None:
    """What stands in cells that are one is said of each row that they cover; a row with nothing of its own is none.

    One that reaches over several columns says nothing of which it is meant for: that is named, not guessed.
    """
    own = [any(map(filled, cells)) for cells in rows]
    for first, last, left, right in areas:
        value = rows[first - 1][left - 1] if first <= len(rows) and left <= len(rows[first - 1]) else ""
        for number in range(first, min(last, len(rows)) + 1):
            if not own[number - 1]:
                continue
            cells = rows[number - 1]
            cells.extend([""] * (right - len(cells)) if filled(value) else [])
            for column in range(left, min(right, len(cells)) + 1):
                cells[column - 1] = value if column == left else ACROSS if filled(value) else ""


def _cell(said: Any) -> Any:
    if isinstance(said, list):
        kind, value = said
        if kind == "bad":
            return Bad(value)
        try:
            return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return value
    return "" if said is None else said


def letters(column: int) -> str:
    """1 is A, 27 is AA."""
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name


def filled(cell: Any) -> bool:
    """Does a cell hold anything that people see, or a problem?"""
    return not texts.blank(cell) if isinstance(cell, str) else cell is not None
