"""The columns of a file as the declarations of registers have them (app/registers): titles, and what a cell may say."""

from collections.abc import Callable
from typing import Any

from app.imports import cells, vocabulary
from app.imports.columns import Column
from app.registers import declaration as said
from app.registers.declaration import Field, Register, Type

# How a cell is understood, by what a field may hold.
READ: dict[type[Type], Callable[[Any], Callable[[Any], Any]]] = {
    said.Text: lambda kind: cells.fitting(kind.reads()),
    said.Lines: lambda kind: cells.lines(kind.longest),
    said.Name: lambda _kind: cells.name,
    said.Bin: lambda _kind: cells.bin_,
    said.Phone: lambda _kind: cells.phone,
    said.Email: lambda _kind: cells.email,
    said.Yes: lambda _kind: cells.word(vocabulary.YES_NO),
    said.Day: lambda _kind: cells.day,
    said.Number: lambda kind: cells.whole(kind.least, kind.most),
    said.OneOf: lambda kind: cells.word(vocabulary.WORDS[kind.kind]),
}


def columns(register: Register, *, required: tuple[str, ...] = ()) -> dict[str, Column]:
    """The columns of what a file may say of a register's rows, by field; `required`: those that have to be there."""
    return {one.name: Column(one.name, one.titles, _read(one), one.name in required) for one in register.brought}


def _read(one: Field) -> Callable[[Any], Any]:
    return READ[type(one.type)](one.type)


def told(register: Register, row: Any) -> dict[str, Any]:
    """What a row says, by field, in the words of a file's cells."""
    return {one.name: _cell(one, getattr(row, one.name)) for one in register.brought}


def _cell(one: Field, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(one.type, said.OneOf):
        return vocabulary.WORDS[one.type.kind][value][0]  # type: ignore[index]
    return vocabulary.YES_NO[value][0] if isinstance(one.type, said.Yes) else value
