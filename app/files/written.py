"""Rows written as a file: an Excel workbook or CSV in which nothing that anybody typed is ever a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter import Workbook

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would take for the beginning of one
TEXTS_STAY_TEXTS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTH = 24  # letters of a column


def xlsx(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet, the titles in its first row, which stays in sight."""
    file = io.BytesIO()
    with Workbook(file, {"constant_memory": True, **TEXTS_STAY_TEXTS}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(titles) - 1, WIDTH)
        sheet.write_row(0, 0, titles, bold)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def csv_(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with its mark and `;`, as Excel here opens it; a text that looks like a formula gets a quote before it."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(titles)
    writer.writerows([_disarmed(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _disarmed(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
