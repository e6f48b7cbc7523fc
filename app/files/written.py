"""Rows written as a file: an Excel workbook or CSV in which nothing that anybody typed is ever a formula.

Both read the rows one by one and give the file piece by piece, so that no length of a list is a matter of memory.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from xlsxwriter import Workbook

# What a spreadsheet would take for the beginning of a formula, with whatever it skips before it.
FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n]")
TEXTS_STAY_TEXTS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTH = 24  # letters of a column
LONGEST = 32_767  # letters of a cell; XlsxWriter would leave a longer one empty
PIECE = 64 * 1024  # bytes

Rows = Iterable[Sequence[Any]]


def xlsx(titles: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """One sheet, the titles in its first row, which stays in sight; made on disk, for its end says what it holds."""
    with TemporaryFile() as file:
        with Workbook(file, {"constant_memory": True, **TEXTS_STAY_TEXTS}) as book:
            sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(titles) - 1, WIDTH)
            sheet.write_row(0, 0, titles, bold)
            for number, row in enumerate(rows, start=1):
                sheet.write_row(number, 0, map(_fitting, row))
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def csv_(titles: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """UTF-8 with its mark and `;`, as Excel here opens it; a text that looks like a formula gets a quote before it."""
    file = io.StringIO("\ufeff")
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(titles)
    yield _taken(file)  # at once: whoever waits sees that something comes
    for row in rows:
        writer.writerow(map(_disarmed, row))
        if file.tell() > PIECE:
            yield _taken(file)
    yield _taken(file)


class Kind(NamedTuple):
    """A kind of file: how it is written, and what browsers know it by."""

    write: Callable[[Sequence[str], Rows], Iterator[bytes]]
    mimetype: str


KINDS = {
    "xlsx": Kind(xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": Kind(csv_, "text/csv; charset=utf-8"),
}


def _taken(file: io.StringIO) -> bytes:
    """What was written since the last time."""
    text = file.getvalue()
    file.seek(0)
    file.truncate()
    return text.encode()


def _disarmed(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def _fitting(cell: Any) -> Any:
    return cell[:LONGEST] if isinstance(cell, str) else cell
