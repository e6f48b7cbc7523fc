"""The tree of places: what lies above a place and what lies below it."""

from datetime import date

from sqlalchemy import select

from app.extensions import db
from app.models import DayOff, Place, PlaceKind
from app.rules.calendar import Calendar
from app.rules.refusals import Reason, Refusal


def path(place_id: int) -> list[int]:
    """The place and all above it, upwards: the order in which norms are looked up."""
    found: list[int] = []
    place = db.session.get(Place, place_id)
    while place is not None:
        found.append(place.id)
        place = place.parent
    return found


def above(place_id: int) -> list[int]:
    """The same in no order, in one statement."""
    line = select(Place.id, Place.parent_id).where(Place.id == place_id).cte(recursive=True)
    line = line.union_all(select(Place.id, Place.parent_id).join(line, line.c.parent_id == Place.id))
    return list(db.session.scalars(select(line.c.id)))


def subtree(place_id: int) -> list[int]:
    """The place and all below it: what a queue, a round or an official's scope covers."""
    tree = select(Place.id).where(Place.id == place_id).cte(recursive=True)
    tree = tree.union_all(select(Place.id).join(tree, Place.parent_id == tree.c.id))
    return list(db.session.scalars(select(tree.c.id)))


def district_of(place_id: int) -> int:
    """The district (or city) that a place lies in: its queue. Raises Refusal(wrong_place) above districts."""
    for above in path(place_id):
        if db.session.get_one(Place, above).kind is PlaceKind.district:
            return above
    raise Refusal(Reason.wrong_place, place=place_id)


def country() -> Place:
    """The root of the tree, where country-wide norms hang."""
    return db.session.scalars(select(Place).where(Place.kind == PlaceKind.country)).one()


def calendar() -> Calendar:
    """The table of days off as the rules want it; a year without any row has no calendar (spec 3.1)."""
    rows = db.session.execute(select(DayOff.day, DayOff.working)).all()
    off: set[date] = {day for day, working in rows if not working}
    working: set[date] = {day for day, working in rows if working}
    return Calendar(frozenset(off), frozenset(working), frozenset(day.year for day in off | working))
