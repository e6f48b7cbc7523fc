"""Tables for tests of imports: rows that are right, to be spoilt one cell at a time, and files made of them."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from app.models import Sex
from app.rules.iin import make

Row = dict[str, Any]
BORN = date(2022, 9, 17)


class Formula(str):
    """A cell that Excel works out."""


def child_iin(serial: int, born_on: date = BORN) -> str:
    return make(born_on, Sex.female, 10 + serial * 7)


def parent_iin(serial: int) -> str:
    return make(date(1993, 8, 18), Sex.female, 10 + serial * 7)


def application(serial: int, **other: Any) -> Row:
    """A line of a journal that has nothing wrong; `other` sets cells by title."""
    return {
        "Нөмірі": f"ОДО.2026.{serial}",
        "Баланың ЖСН": child_iin(serial),
        "Баланың Т.А.Ә.": f"Ойдан Бала Нөмірі{'абвгдежзик'[serial % 10]}",
        "Туған күні": BORN,
        "Өтініш берушінің ЖСН": parent_iin(serial),
        "Өтініш берушінің Т.А.Ә.": "Ойдан Ана",
        "Тіркеу күні мен уақыты": datetime.fromisoformat("2026-04-07 11:21:08"),
        "Статустар": "Кезекте",
        "Жеңілдік түрі": "Жеңілдіксіз",
        "Телефон нөмірі": "+7 (771) 625-09-16",
        "Email": "ana@example.org",
        "Аудан/қала": "Көкшетау қаласы",
        "Негіздеме": "",
    } | other


def kindergarten(serial: int, **other: Any) -> Row:
    """A line of a list of kindergartens that has nothing wrong."""
    return {
        "Тіл": "қазақша",
        "Мектеп нысаны": "Мемлекеттік меншік",
        "Мектепке дейінгі ұйымның атауы": f"№{serial} «Балапан»",
        "Қабылдау режимі": "Жалпы белгіленген",
        "Телефон нөмірі": "87758759999",
        "Бос орындар саны": 3,
        "Аяқталу күні": "",
        "Топ": "Күншуақ",
        "Туған жылдары": "2022",
        "Сыйымдылығы": 25,
        "Жүріп жатқан балалар саны": 20,
        "Түрі": "бөбекжай-бақша",
        "Мемлекеттік тапсырыс": "жоқ",
        "БСН": "",
        "Аудан/қала": "Көкшетау қаласы",
    } | other


def workbook(path: Path, rows: list[Row], sheet: str = "Парақ1", titles: list[str] | None = None) -> Path:
    """The rows under their titles, as Excel would keep them."""
    titles = titles or list(rows[0])
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet)
        forms = {kind: book.add_format({"num_format": form}) for kind, form in _FORMS.items()}
        page.write_row(0, 0, titles)
        for at, row in enumerate(rows, 1):
            for column, title in enumerate(titles):
                cell = row[title]
                if isinstance(cell, Formula):
                    page.write_formula(at, column, cell, None, 7)
                elif isinstance(cell, date):
                    page.write_datetime(at, column, cell, forms[type(cell)])
                else:
                    page.write(at, column, cell)
    return path


def comma_separated(path: Path, rows: list[Row], between: str = ";", encoding: str = "utf-8-sig") -> Path:
    """The same as text."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=between)
        writer.writerow(list(rows[0]))
        writer.writerows([_text(cell) for cell in row.values()] for row in rows)
    return path


_FORMS = {date: "dd.mm.yyyy", datetime: "dd.mm.yyyy hh:mm:ss"}


def _text(cell: Any) -> str:
    if isinstance(cell, date):
        return cell.strftime("%d.%m.%Y %H:%M:%S" if isinstance(cell, datetime) else "%d.%m.%Y")
    return str(cell)
