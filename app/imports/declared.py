"""Files as the declarations of registers have them (app/registers): titles, what a cell may say, what a row does."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.access.permissions import place_of
from app.actions import people, records
from app.db.database import lock_districts
from app.db.extensions import db
from app.imports import cells, vocabulary
from app.imports.columns import Column, MatchedTable, TableRow
from app.imports.outcome import NOTE_TITLES, PLACE_TITLES, ROW_NUMBER_TITLES, Answers, ImportResult, Places
from app.models import Child, Place
from app.registers import declaration as said
from app.registers.declaration import Field, Register, Type
from app.rules.refusals import Refusal
from app.spreadsheets.reading import Sheet
from app.words.problems import SENTENCES

# How a cell is understood, by what a field may hold.
READ: dict[type[Type], Callable[[Any], Callable[[Any], Any]]] = {
    said.Text: lambda kind: cells.fitting(kind.reads()),
    said.Lines: lambda kind: cells.lines(kind.longest),
    said.Name: lambda _kind: cells.name,
    said.Iin: lambda _kind: cells.iin,
    said.Bin: lambda _kind: cells.bin_,
    said.Phone: lambda _kind: cells.phone,
    said.Email: lambda _kind: cells.email,
    said.Yes: lambda _kind: cells.word(vocabulary.YES_NO),
    said.Day: lambda _kind: cells.day,
    said.Number: lambda kind: cells.whole(kind.least, kind.most),
    said.OneOf: lambda kind: cells.word(vocabulary.WORDS[kind.kind]),
    said.SomeOf: lambda kind: cells.words(vocabulary.WORDS[kind.kind]),
    said.Row: lambda kind: OF_OTHERS[kind.model][0],
}
# Of another record: how a cell names it, which one of a district is named so, what is said where there is none, and
# what a cell says of one.
OF_OTHERS: dict[type, tuple[Callable[[Any], Any], Callable[[Any, int], Any], str, str]] = {
    Child: (cells.iin, lambda number, place_id: people.recorded(Child, number, place_id), "child_unknown", "iin"),
}


def columns(register: Register, *, required: tuple[str, ...] = ()) -> dict[str, Column]:
    """The columns of what a file may say of a register's rows, by field; `required`: those that have to be there."""
    return {one.name: Column(one.name, one.titles, _read(one), one.name in required) for one in register.brought}


def _read(one: Field) -> Callable[[Any], Any]:
    return READ[type(one.type)](one.type)


def as_cells(register: Register, row: Any) -> dict[str, Any]:
    """What a row says, by field, in the words of a file's cells."""
    return {one.name: _cell(one, getattr(row, one.name)) for one in register.brought}


def _cell(one: Field, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(one.type, said.OneOf):
        return vocabulary.WORDS[one.type.kind][value][0]  # type: ignore[index]
    if isinstance(one.type, said.SomeOf):
        return ", ".join(vocabulary.WORDS[one.type.kind][each][0] for each in value)
    if isinstance(one.type, said.Row):
        return getattr(value, OF_OTHERS[one.type.model][3])
    return vocabulary.YES_NO[value][0] if isinstance(one.type, said.Yes) else value


# ---------------------------------------------------------------- a register without an import of its own


def all_columns(register: Register) -> Sequence[Column]:
    """Those of its fields, the place, and what people need and Kezek does not."""
    required = tuple(one.name for one in register.brought if one.required and not isinstance(one.type, said.Yes))
    return (
        *columns(register, required=required).values(),
        Column("place", PLACE_TITLES, cells.text(120)),
        Column("note", NOTE_TITLES, None),
        Column("row_number", ROW_NUMBER_TITLES, None),
    )


def bring_in(
    register: Register, sheet: Sheet, places: Places, *, answers: Answers, by: Actor, at: datetime
) -> ImportResult:
    """Do all that the rows say, in the caller's transaction; with any problem the caller undoes it.

    A row is known by the fields that the declaration names; what its cells leave empty stays as it is recorded.
    """
    table, outcome, first = MatchedTable(sheet, all_columns(register), answers), ImportResult(), dict[Any, TableRow]()
    places.check(table)
    located = [(row, places.of(row)) for row in table.rows()]
    lock_districts(place_id for _row, place_id in located if place_id is not None)
    for row, place_id in located:
        key = tuple(row[name] for name in register.known_by)
        if row.has(*register.known_by) and (before := first.setdefault(key, row)) is not row:
            row.wrong(register.known_by[-1], "row_twice", cell=before.cell(register.known_by[-1]))
        if place_id is not None:
            values = _values(register, row, place_id)
            if not row.broken:
                _apply(register, row, values, outcome, by=by, at=at)
    outcome.take(table)
    return outcome


def _values(register: Register, row: TableRow, place_id: int) -> dict[str, Any]:
    """What a row says, by field; of another record the one that its district has, or its problem is noted."""
    values = {one.name: row[one.name] for one in register.brought if row.has(one.name)}
    if register.of == "place":
        values["place"] = db.session.get_one(Place, place_id)
    for one in register.brought:
        if isinstance(one.type, said.Row) and one.name in values:
            _read, find, unknown, _told = OF_OTHERS[one.type.model]
            values[one.name] = find(values[one.name], place_id)
            if values[one.name] is None:
                row.wrong(one.name, unknown)
    return values


def _apply(
    register: Register, row: TableRow, values: dict[str, Any], outcome: ImportResult, *, by: Actor, at: datetime
) -> None:
    model = register.model
    known = [getattr(model, name) == values[name] for name in register.known_by]
    field, problem = register.known_by[-1], "clashes"
    try:
        with db.session.begin_nested():
            found = db.session.scalars(select(model).where(*known)).first()
            before = {name: getattr(found, name) for name in values} if found is not None else None
            if found is None:
                records.create(model(**values), by=by, at=at)
            else:
                records.change(found, values, by=by, at=at)
        return outcome.count("added" if before is None else "same" if before == values else "changed")
    except Refusal as refusal:
        problem = str(refusal.reason)
    except records.Invalid as invalid:
        field, problem = invalid.field, invalid.problem
    except IntegrityError:
        pass
    row.wrong(field, problem if problem in SENTENCES else "clashes")


def rows(register: Register) -> Iterator[dict[str, Any]]:
    """All that is recorded, as a file says it."""
    districts = {one.id: one for one in db.session.scalars(select(Place))}
    for row in db.session.scalars(select(register.model).order_by(register.model.id)):
        yield {**as_cells(register, row), "place": districts[place_of(row) or 0].name_kk}


def sample(register: Register) -> list[list[str]]:
    """Titles and one row, as it should be."""
    return [[one.titles[0] for one in register.brought], [one.example for one in register.brought]]
