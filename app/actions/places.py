"""The tree of places: what lies above a place and what lies below it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, event, select
from sqlalchemy.orm import Session, SessionTransaction

from app.access.actors import Actor
from app.access.permissions import place_of
from app.db.database import ends
from app.db.dialects import rows_as_json
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
from app.rules import norms as rules
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


def _line(place_id: int | None) -> dict[int, bool]:
    """The same with whether each of them is a district."""
    tree, line = _all().tree, dict[int, bool]()
    while place_id is not None and (place := tree.get(place_id)):
        line[place_id], place_id = place
    return line


class Looked(NamedTuple):
    """Of each place whether it is a district and which lies above it; what lies right below each; and the calendar."""

    tree: dict[int, tuple[bool, int | None]]
    below: dict[int | None, list[int]]
    calendar: Calendar


def _statement() -> Select[Any, Any]:
    """All places, and of each day of the table the row that holds, as two values."""
    place, in_force = Place.__table__.c, rules.days_in_force().with_only_columns(DayOff.day, DayOff.working).subquery()
    places = select(rows_as_json(place.id, place.kind == PlaceKind.district, place.parent_id))
    return select(places.scalar_subquery(), select(rows_as_json(in_force.c.day, in_force.c.working)).scalar_subquery())


ALL = _statement()  # built once: every verb asks for it


def _all() -> Looked:
    """The tree and the calendar are small, and a verb needs both: they are one question, and are walked here."""
    found: Looked = once(("places and days",), _look)
    return found


def _look() -> Looked:
    places, days = db.session.execute(ALL).one()
    tree, below = dict[int, tuple[bool, int | None]](), dict[int | None, list[int]]()
    for id_, is_district, above in places or ():
        tree[id_] = bool(is_district), above
        below.setdefault(above, []).append(id_)
    off = frozenset(date.fromisoformat(day) for day, working in days or () if not working)
    working = frozenset(date.fromisoformat(day) for day, working in days or () if working)
    return Looked(tree, below, Calendar(off, working, frozenset(day.year for day in off | working)))


def paths(place_ids: Iterable[int]) -> dict[int, list[int]]:
    """The same of several places."""
    return {place_id: path(place_id) for place_id in place_ids}


def subtree(place_id: int) -> list[int]:
    """The place and all below it: what a queue, a round or an official's scope covers."""
    found: list[int] = once(("subtree", place_id), lambda: sorted(_downwards(place_id, _all().below)))
    return found


def _downwards(place_id: int, below: Mapping[int | None, Sequence[int]]) -> Iterator[int]:
    yield place_id
    for one in below.get(place_id, ()):
        yield from _downwards(one, below)


def district_of(place_id: int) -> int:
    """The district (or city) that a place lies in: its queue. Raises Refusal(wrong_place) above districts."""
    for above, is_district in _line(place_id).items():
        if is_district:
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
        found.update(above for above, is_district in line.items() if is_district)
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
    return _all().calendar
