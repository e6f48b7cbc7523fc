"""The tree of places: what lies above a place and what lies below it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from app.access.actors import Actor
from app.access.permissions import place_of
from app.db.database import ends
from app.db.extensions import db
from app.models import (
    BulkRun,
    ContractText,
    DayOff,
    ImportRun,
    Lot,
    LotEntry,
    Norm,
    Place,
    PlaceKind,
    Proposal,
    QueueCategory,
    QueueOrder,
    WaitingEntry,
)
from app.rules.calendar import Calendar
from app.rules.refusals import Reason, Refusal

LOOKED_UP = "places and rules in force"
WRITTEN = (Place, Norm, QueueOrder, QueueCategory, ContractText, DayOff, WaitingEntry, Lot, LotEntry)


def once(what: tuple[Any, ...], look_up: Callable[[], Any]) -> Any:
    """What is looked up, once in a transaction: a verb and a page ask for the same places and norms again and again."""
    known: dict[tuple[Any, ...], Any] = db.session().info.setdefault(LOOKED_UP, {})
    if what not in known:
        known[what] = look_up()
    return known[what]


@event.listens_for(Session, "after_transaction_end")
def _look_up_again(session: Session, transaction: SessionTransaction) -> None:
    """In another transaction, and after a savepoint, what was looked up is forgotten."""
    if ends(transaction):
        session.info.pop(LOOKED_UP, None)


@event.listens_for(Session, "after_flush")
def _look_up_what_was_written(session: Session, *_: Any) -> None:
    """So it is when one of them was written in this one."""
    if any(isinstance(row, WRITTEN) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop(LOOKED_UP, None)


def path(place_id: int) -> list[int]:
    """The place and all above it, upwards: the order in which norms are looked up."""
    return list(_line(place_id))


def _line(place_id: int | None) -> dict[int, PlaceKind]:
    """The same with what each of them is."""
    tree, line = _tree(), dict[int, PlaceKind]()
    while place_id is not None and (place := tree.get(place_id)):
        line[place_id], place_id = place
    return line


def _tree() -> dict[int, tuple[PlaceKind, int | None]]:
    """What each place is and which lies above it. The tree is small: to walk it here is quicker than to ask again."""
    place = Place.__table__.c
    all_places = select(place.id, place.kind, place.parent_id).order_by(place.id)
    found: dict[int, tuple[PlaceKind, int | None]] = once(
        ("tree",), lambda: {id_: (kind, above) for id_, kind, above in db.session.execute(all_places)}
    )
    return found


def paths(place_ids: Iterable[int]) -> dict[int, list[int]]:
    """The same of several places."""
    return {place_id: path(place_id) for place_id in place_ids}


def subtree(place_id: int) -> list[int]:
    """The place and all below it: what a queue, a round or an official's scope covers."""
    found: list[int] = once(("subtree", place_id), lambda: [one for one in _tree() if place_id in _line(one)])
    return found


def district_of(place_id: int) -> int:
    """The district (or city) that a place lies in: its queue. Raises Refusal(wrong_place) above districts."""
    for above, kind in _line(place_id).items():
        if kind is PlaceKind.district:
            return above
    raise Refusal(Reason.wrong_place, place=place_id)


def districts(*records: Any) -> set[int]:
    """The districts whose lock comes before the rows of these records (docs/adr/0002-district-lock.md); a place is its
    own. What belongs to no district has none: accounts, days, rules of a region, and the runs of jobs.
    """
    found: set[int] = set()
    for record in records:
        if isinstance(record, BulkRun | ImportRun) or (
            isinstance(record, Proposal) and record.subject == BulkRun.__tablename__
        ):
            continue
        place_id = record.id if isinstance(record, Place) else place_of(record)
        line = _line(place_id) if place_id else {}
        found.update(above for above, kind in line.items() if kind is PlaceKind.district)
    return found


def all_of(actor: Actor) -> int:
    """The lowest place in which all that somebody reaches lies. Raises Refusal(not_allowed) for who reaches nothing."""
    if actor.place_ids is None:
        return country().id
    paths = [path(place_id) for place_id in sorted(actor.place_ids)]
    if not paths:
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb="ask")
    return next(place_id for place_id in paths[0] if all(place_id in line for line in paths))


def country() -> Place:
    """The root of the tree, where country-wide norms hang."""
    return db.session.scalars(select(Place).where(Place.kind == PlaceKind.country)).one()


def calendar() -> Calendar:
    """The table of days off as the rules want it; a year without any row has no calendar (spec 3.1)."""
    found: Calendar = once(("calendar",), _calendar)
    return found


def _calendar() -> Calendar:
    approved = select(DayOff.day, DayOff.working).where(DayOff.approved_at.is_not(None))
    days = dict(db.session.execute(approved.order_by(DayOff.approved_at, DayOff.id)).all())
    off: set[date] = {day for day, working in days.items() if not working}
    working: set[date] = {day for day, working in days.items() if working}
    return Calendar(frozenset(off), frozenset(working), frozenset(day.year for day in off | working))
