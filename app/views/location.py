"""Where the rows of a list lie: in which district or city and kindergarten, by the shortest way that the tables show.

The way leads along foreign keys: of a row's own table any, further on only those that every row has. An application
lies where it has a seat now, by whatever right: an offer, a held place, a referral or an enrolment.
"""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, false, select

from app.actions import places
from app.db.name_keys import has_part
from app.db.viewer import unscoped
from app.models import Application, Base, Holding, KgGroup, Kindergarten, Place, Seat

LARGEST = 2**31 - 1
ENDS: dict[str, type[Base]] = {"place": Place, "kindergarten": Kindergarten}


class ForeignKeyStep(NamedTuple):
    """From a table by a column of it to the table that this one names rows of."""

    table: Table
    column: str
    to: Table


@cache
def way(model: type[Base], end: type[Base]) -> tuple[ForeignKeyStep, ...]:
    """The shortest way from the rows of a table to those of another; () where there is none, or to itself."""
    start, goal = model.__table__, end.__table__
    reached: dict[Table, tuple[ForeignKeyStep, ...]] = {start: ()}
    for table in (queue := [start]):
        for column in sorted(table.columns, key=lambda one: bool(one.nullable)):
            for key in column.foreign_keys:
                to = key.column.table
                if to in reached or (column.nullable and table is not start and to is not goal):
                    continue
                reached[to] = (*reached[table], ForeignKeyStep(table, column.name, to))
                if to is not start:
                    queue.append(to)
    return reached.get(goal, ())


def leads(model: type[Base], name: str) -> bool:
    """Do the rows of this kind lie in districts (`place`), or in kindergartens?"""
    return bool(way(model, ENDS[name])) or (model is Application and name == "kindergarten")


def in_district(model: type[Base], value: str) -> ColumnElement[bool]:
    """The rows that lie in a district or city, or in a settlement of it. ValueError for no id."""
    if not 0 < int(value) <= LARGEST:
        return false()
    with unscoped():
        ids = places.subtree(int(value))
    return _walk(model, way(model, Place), lambda column: column == ids[0] if len(ids) == 1 else column.in_(ids))


def in_kindergarten(model: type[Base], text: str) -> ColumnElement[bool]:
    """The rows of kindergartens in whose folded names this is a part."""
    one = Kindergarten.__table__.c
    found = select(one.id).where(has_part(one.search_name, text))
    if model is Application:
        return _has_a_seat(found)
    return _walk(model, way(model, Kindergarten), lambda column: column.in_(found))


def _has_a_seat(kindergartens: Any) -> ColumnElement[bool]:
    """The applications with a live claim on a seat there; from few kindergartens to their seats, by indexes."""
    holding, seat, group = Holding.__table__.c, Seat.__table__.c, KgGroup.__table__.c
    groups = select(group.id).where(group.kindergarten_id.in_(kindergartens))
    seats = select(seat.id).where(seat.group_id.in_(groups))
    live = select(holding.application_id).where(
        holding.ended_at.is_(None), holding.application_id.is_not(None), holding.seat_id.in_(seats)
    )
    return Application.id.in_(live)


def _walk(model: type[Base], steps: tuple[ForeignKeyStep, ...], holds: Any) -> ColumnElement[bool]:
    """What holds for the last column of a way, as a condition of the rows that it begins at."""
    *before, last = steps
    condition = holds(getattr(model, last.column) if not before else last.table.c[last.column])
    for step in reversed(before):
        column = getattr(model, step.column) if step is steps[0] else step.table.c[step.column]
        condition = column.in_(select(step.to.c.id).where(condition))
    return condition
