"""Rows written as a file: an Excel workbook or CSV in which nothing that anybody typed is ever a formula.

Both read the rows one by one and give the file piece by piece, so that no length of a list is a matter of memory.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

# What a spreadsheet would take for the beginning of a formula, with whatever it skips before it.
FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n]")
TEXTS_STAY_TEXTS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTH = 24  # letters of a column
LONGEST = 32_767  # letters of a cell, as Excel has them
EXCEL_DAY_0, EXCEL_BEGINS = datetime(1899, 12, 30), datetime(1900, 3, 1)  # noqa: DTZ001 (a sheet has no zone)
STYLES, STYLES_OF_CELLS = "xl/styles.xml", re.compile(rb'<cellXfs count="(\d+)">')
SHEET, DIMENSION = "xl/worksheets/sheet1.xml", re.compile(b"<dimension[^>]*/>")  # it would count the titles alone
UNKEPT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what no XML holds
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what Excel would read as the number of a letter
LEVEL = 4  # of packing: the last tenth costs as much time as all before it
PIECE = 64 * 1024  # bytes

Rows = Iterable[Sequence[Any]]


def xlsx(titles: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """One sheet, the titles in its first row, which stays in sight.

    XlsxWriter makes the workbook with its titles; the rows are put in while it is sent, for the library would give
    the first byte only after the last row.
    """
    made, sent = _empty(titles), _Sent()
    names = [f'<c r="{xl_col_to_name(number)}' for number in range(len(titles))]
    with ZipFile(made) as parts, ZipFile(sent, "w", ZIP_DEFLATED, compresslevel=LEVEL) as book:
        for part in parts.infolist():
            if part.filename != SHEET:
                content = parts.read(part)
                if part.filename == STYLES:
                    content, first = _with_days(content)
                    of_days = {date: first, datetime: first + 1}
                book.writestr(part.filename, content)
        head, end, tail = DIMENSION.sub(b"", parts.read(SHEET)).partition(b"</sheetData>")
        with book.open(SHEET, "w") as sheet:
            sheet.write(head)
            yield sent.taken()
            for number, row in enumerate(rows, start=2):
                cells = "".join(
                    [_cell(f'{name}{number}"', cell, of_days) for name, cell in zip(names, row, strict=True)]
                )
                sheet.write(f'<row r="{number}">{cells}</row>'.encode())
                if sent.size > PIECE:
                    yield sent.taken()
            sheet.write(end + tail)
    yield sent.taken()


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


class _Sent(io.RawIOBase):
    """Where a file is written that goes out at once: it keeps what was written since the last time."""

    def __init__(self) -> None:
        self.pieces, self.size = list[bytes](), 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return piece


def _empty(titles: Sequence[str]) -> io.BytesIO:
    """A workbook with its titles and no rows."""
    file = io.BytesIO()
    with Workbook(file, {"constant_memory": True, **TEXTS_STAY_TEXTS}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(titles) - 1, WIDTH)
        sheet.write_row(0, 0, titles, bold)
    return file


def _with_days(styles: bytes) -> tuple[bytes, int]:
    """The styles with two more, and the number of the first: a day, and a day with its time, as the reader's Excel
    writes them."""
    count = int(STYLES_OF_CELLS.search(styles)[1])  # type: ignore[index]
    more = b"".join(
        b'<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' % n for n in (14, 22)
    )
    opened = STYLES_OF_CELLS.sub(b'<cellXfs count="%d">' % (count + 2), styles)
    return opened.replace(b"</cellXfs>", more + b"</cellXfs>"), count


def _cell(opened: str, value: Any, of_days: Mapping[type, int]) -> str:
    """One cell: a number, a day, or a text in its own place; never a formula, for there is no way to write one."""
    if type(value) in of_days:
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        if moment >= EXCEL_BEGINS:
            return f'{opened} s="{of_days[type(value)]}"><v>{(moment - EXCEL_DAY_0) / timedelta(days=1):.16g}</v></c>'
        value = _day(value)
    if isinstance(value, int | float):
        return f"{opened}><v>{value}</v></c>"
    if not (text := str(value)[:LONGEST]):
        return ""
    text = escape(UNKEPT.sub("", ESCAPED.sub("_x005F_", text)))
    return f'{opened} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _taken(file: io.StringIO) -> bytes:
    """What was written since the last time."""
    text = file.getvalue()
    file.seek(0)
    file.truncate()
    return text.encode()


def _disarmed(cell: Any) -> Any:
    if isinstance(cell, int | float):
        return cell
    text = _day(cell) if isinstance(cell, date) else str(cell)
    return f"'{text}" if FORMULA.match(text) else text


def _day(value: date) -> str:
    """A day or a moment as the import reads it."""
    return f"{value:%d.%m.%Y %H:%M:%S}" if isinstance(value, datetime) else f"{value:%d.%m.%Y}"
