"""A list of kindergartens, one row for each group and its free places: seed 001's table, and what it leaves out.

A kindergarten is known by its name in its district, a group by its name or by its language and birth years.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from app.access.actors import Actor
from app.db.database import lock_districts
from app.imports import cells, declared, kindergarten_row, vocabulary
from app.imports.columns import Column, MatchedTable, TableRow
from app.imports.outcome import NO_ANSWERS, NOTE_TITLES, PLACE_TITLES, ROW_NUMBER_TITLES, Answers, ImportResult, Places
from app.models import Intake
from app.registers.groups import GROUPS
from app.registers.kindergartens import KINDERGARTENS
from app.spreadsheets.reading import Sheet

OWN = declared.columns(KINDERGARTENS, required=("name",))
GROUP = declared.columns(GROUPS, required=("language", "capacity"))
FIRST = (  # in the order of the seed; what is not among them comes after
    *("language", "ownership", "name", "intake", "phone", "free", "ends_on"),
    *("group", "years", "capacity", "attending"),
)
COLUMNS = (
    *OWN.values(),
    GROUP["language"],
    replace(GROUP["name"], field="group"),
    GROUP["capacity"],
    Column("intake", ("Қабылдау режимі", "Режим приёма"), cells.word(vocabulary.INTAKES)),
    Column("free", ("Бос орындар саны", "Количество свободных мест", "Свободные места"), cells.whole(0, 999)),
    Column("ends_on", ("Аяқталу күні", "Дата окончания", "Дата завершения"), cells.day),
    Column("years", ("Туған жылдары", "Годы рождения", "Туған жылы", "Год рождения"), cells.years, required=True),
    Column(
        "attending",
        ("Жүріп жатқан балалар саны", "Количество посещающих детей", "Балалар саны", "Количество детей"),
        cells.whole(0, 999),
    ),
    Column("place", PLACE_TITLES, cells.text(120)),
    Column("note", NOTE_TITLES, None),
    Column("row_number", ROW_NUMBER_TITLES, None),
)
COLUMNS = tuple(sorted(COLUMNS, key=lambda one: FIRST.index(one.field) if one.field in FIRST else len(FIRST)))
OF_KINDERGARTEN = tuple(OWN)
OF_GROUP = ("language", "years", "capacity", "attending")


def bring_in(sheet: Sheet, places: Places, *, answers: Answers = NO_ANSWERS, by: Actor, at: datetime) -> ImportResult:
    """Do all that the rows say, in the caller's transaction; with any problem the caller undoes it."""
    table, outcome, first = MatchedTable(sheet, COLUMNS, answers), ImportResult(), dict[Any, TableRow]()
    known = kindergarten_row.KindergartensByName()
    places.check(table)
    located = [(row, places.of(row)) for row in table.rows()]
    lock_districts(place_id for _row, place_id in located if place_id is not None)
    for row, place_id in located:
        _check(row)
        if _no_room(row) and (place_id is None or not kindergarten_row.stands(row, place_id, known)):
            row.wrong("free", "over_capacity")
        if place_id is None or not row.has("name", "language", "years", "capacity"):
            continue
        _compare(row, place_id, known, first)
        if not row.broken:
            kindergarten_row.apply(row, place_id, known, outcome, by=by, at=at)
    outcome.take(table)
    return outcome


def _check(row: TableRow) -> None:
    """What the cells of one row say against each other."""
    temporary = row["intake"] is Intake.temporary
    if temporary and not row["ends_on"] and "ends_on" not in row.broken:
        row.wrong("ends_on", "ends_on_missing")
    if row["ends_on"] and not temporary and "intake" not in row.broken:
        row.wrong("ends_on", "ends_on_general")


def _no_room(row: TableRow) -> bool:
    """Are the free places, and the children who attend beside them, more than the group takes?"""
    free = 0 if row["intake"] is Intake.temporary else row["free"] or 0
    return bool(free and row.has("capacity") and free + (row["attending"] or 0) > row["capacity"])


def _compare(
    row: TableRow, place_id: int, known: kindergarten_row.KindergartensByName, first: dict[Any, TableRow]
) -> None:
    """What rows of one kindergarten or one group say against each other; `first` names where a thing was said first."""
    kindergarten = (place_id, known.key(place_id, row["name"]))
    named = known.group_key(place_id, row["name"], row["group"]) if row["group"] else (row["language"], row["years"])
    group = (*kindergarten, named)
    for of, fields in ((kindergarten, OF_KINDERGARTEN), (group, OF_GROUP)):
        for field in fields:
            before = first.setdefault((of, field), row) if row.has(field) else row
            if before[field] != row[field]:
                row.wrong(field, "differs", cell=before.cell(field))
    places = (group, row["intake"] or Intake.general, row["ends_on"])
    before = first.setdefault(places, row)
    if before is not row:
        row.wrong("group" if row["group"] else "name", "group_twice", cell=before.cell("name"))
