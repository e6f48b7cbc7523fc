"""Spec 8, import: a list of 10,000 new applications brought in, and how long a save of a colleague waits beside it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

import psycopg
import sqlalchemy as sa
import xlsxwriter
from flask_migrate import upgrade
from psycopg.types.json import Jsonb

from app.access.actors import Actor
from app.actions import applications, clock, shipping
from app.actions.places import country
from app.db.database import retried, transaction, trial
from app.db.extensions import db
from app.imports import export, whole_file
from app.imports.steps import MOST_UNPACKED
from app.models import Application, ImportKind, Place, PlaceKind, Sex
from app.rules import iin
from app.rules.roles import Role
from app.spreadsheets import writing
from app.spreadsheets.reading import parse
from bench.measure import Figure, seconds
from bench.town import AT, FIRST_NAMES, LAST_NAMES, Town, application, connect

WORK = "a workbook of 10,000 new applications, one in five with a privilege, from its bytes to what is committed"
PEER = "the workbook read, and the same rows put in by COPY"
TARGET = 2.0
LINES = 10_000
PAUSE = 0.05  # seconds between two saves: who waits for a lock of SQLite looks for it ten times a second
TABLES = ("child", "applicant", "application", "privilege", "change")  # in the order of their keys
TITLES = ("Нөмірі", "Баланың ЖСН", "Баланың Т.А.Ә.", "Өтініш берушінің ЖСН", "Өтініш берушінің Т.А.Ә.")
TITLES += ("Тіркеу күні мен уақыты", "Статустар", "Жеңілдік түрі", "Телефон нөмірі", "Email")
DEPARTMENT = Actor(Role.department)


def measure(town: Town, times: int) -> Figure:
    """Each turn has a list of its own. AssertionError where not all of it comes in."""
    with town.copy("imports") as url, application(url, web=False):
        lists = Lists(first_district())
        ours, peer = [], []
        for _ in range(times):
            content, before = lists.next(), last_ids(url)
            ours.append(seconds(partial(lists.bring_in, content)))
            rows = taken_back(url, before)
            peer.append(seconds(partial(by_hand, url, content, rows)))
        waits = [f"PostgreSQL {slowest_saves(lists)}"]
    with TemporaryDirectory() as folder, application(f"sqlite:///{folder}/kezek.db", web=False):
        upgrade()
        with transaction():
            shipping.ship()
            region = Place(kind=PlaceKind.region, parent_id=country().id, name_kk="Өлшем", name_ru="Өлшем")
            db.session.add(region)
            db.session.flush()
            db.session.add(Place(kind=PlaceKind.district, parent_id=region.id, name_kk="1-аудан", name_ru="1-аудан"))
        lists = Lists(first_district())
        lists.bring_in(lists.next())
        waits.append(f"SQLite {slowest_saves(lists)}")
    return Figure(ours, peer, f"a save in the same district waits at worst: {'; '.join(waits)}")


def first_district() -> int:
    """A district in which nothing is due."""
    place_id = clock.districts()[0]
    with transaction():
        clock.run(at=AT, place_id=place_id)
    return place_id


@dataclass
class Lists:
    """Workbooks for a district, each of other children."""

    place_id: int
    count: int = 0

    def next(self) -> bytes:
        """The bytes of one more."""
        file = BytesIO()
        with xlsxwriter.Workbook(file, {"strings_to_urls": False}) as book:
            sheet, moment = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
            sheet.write_row(0, 0, TITLES)
            for row in range(1, LINES + 1):
                cells = line(self.count * LINES + row)
                for column, cell in enumerate(cells):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(row, column, cell, moment)
                    else:
                        sheet.write_string(row, column, cell)
        self.count += 1
        return file.getvalue()

    def bring_in(self, content: bytes) -> None:
        """As the job does, without the row of its run."""
        facts: dict[str, Any] = {"place": self.place_id, "answers": {}, "by": DEPARTMENT, "at": AT}
        table = whole_file.ahead(ImportKind.applications, parse(content, MOST_UNPACKED), **facts)
        done = retried(
            lambda: whole_file.bring_in(ImportKind.applications, table, name="list.xlsx", dry_run=False, **facts)
        )
        assert done.added == LINES, done.problems[:3]

    def tried(self, content: bytes) -> None:
        """The trial, which comes before it."""
        facts: dict[str, Any] = {"place": self.place_id, "answers": {}, "by": DEPARTMENT, "at": AT}
        with trial():
            sheet = parse(content, MOST_UNPACKED)
            whole_file.bring_in(ImportKind.applications, sheet, name="list.xlsx", dry_run=True, **facts)


def line(serial: int) -> list[Any]:
    """A child, its applicant and its day; all of them others."""
    child = iin.make(date(2021, 1, 1) + timedelta(serial % 1400), Sex.female, 10 + serial // 1400 * 7)
    applicant = iin.make(date(1980, 1, 1) + timedelta(serial % 5000), Sex.female, 10 + serial // 5000 * 7)
    last, first = LAST_NAMES[serial % len(LAST_NAMES)], FIRST_NAMES[serial // 40 % len(FIRST_NAMES)]
    queued_at = datetime(2025, 1, 1, 9) + timedelta(minutes=serial)  # noqa: DTZ001 (as a sheet has it)
    privilege = "Бірінші кезекте" if serial % 5 == 0 else "Жеңілдіксіз"
    told = [f"ӨЛШ.2026.{serial}", child, f"{last} {first} {'абвгд'[serial % 5]}лиұлы", applicant, f"{last} Ана"]
    return [*told, queued_at, "Кезекте", privilege, f"+7 701 {serial:07}", f"ana{serial}@example.org"]


def last_ids(url: str) -> dict[str, int]:
    """Of each table, so that what comes after is known."""
    with connect(url) as connection:
        return {table: connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0] for table in TABLES}


def taken_back(url: str, before: dict[str, int]) -> dict[str, tuple[list[str], list[list[Any]]]]:
    """Columns and rows of what was added since, which is there no longer."""
    found = {}
    with connect(url) as connection:
        for table in reversed(TABLES):
            cursor = connection.execute(f"DELETE FROM {table} WHERE id > {before[table]} RETURNING *")
            rows = [[Jsonb(cell) if isinstance(cell, dict) else cell for cell in row] for row in cursor]
            found[table] = [column.name for column in cursor.description or ()], sorted(rows)
    return found


def by_hand(url: str, content: bytes, rows: dict[str, tuple[list[str], list[list[Any]]]]) -> None:
    """The other side: nothing is looked at, nothing is worked out."""
    parse(content, MOST_UNPACKED)
    with connect(url) as connection, connection.cursor() as cursor:
        for table in TABLES:
            columns, told = rows[table]
            with cursor.copy(psycopg.sql.SQL(f"COPY {table} ({', '.join(columns)}) FROM STDIN")) as copy:
                for row in told:
                    copy.write_row(row)


def slowest_saves(lists: Lists) -> str:
    """The slowest of the saves beside each of the three, which another process does meanwhile."""
    saved = db.session.scalar(sa.select(sa.func.max(Application.id)).where(Application.place_id == lists.place_id))
    beside: dict[str, Callable[[], object]] = {
        "a trial": partial(lists.tried, lists.next()),
        "bringing in": partial(lists.bring_in, lists.next()),
        "an export": taken_out,
        "nothing": lambda: None,
    }
    return ", ".join(f"{slowest(work, saved) * 1000:.0f} ms beside {name}" for name, work in beside.items())


def taken_out() -> None:
    """All that is recorded, as a workbook."""
    kind = ImportKind.applications
    Path(os.devnull).write_bytes(b"".join(writing.xlsx(export.titles(kind), export.rows(kind))))


def slowest(work: Callable[[], object], saved: int) -> float:
    """Seconds of the slowest save of one application's phone, one after the other, while the work goes on."""
    db.session.remove()
    db.engine.dispose()
    if not (pid := os.fork()):
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    took, number, done = [], 0, (0, 0)
    while done[0] == 0 or len(took) < 10:
        number += 1
        start = perf_counter()
        retried(partial(save, saved, f"+7701{number:07}"))
        took.append(perf_counter() - start)
        sleep(PAUSE)
        done = done if done[0] else os.waitpid(pid, os.WNOHANG)
    assert done[1] == 0, "the work beside the saves failed"
    return max(took)


def save(id_: int, phone: str) -> None:
    """What a clerk does most: another phone of a family."""
    applications.change(db.session.get_one(Application, id_), by=DEPARTMENT, at=AT, phone=phone)
