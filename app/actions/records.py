"""Registers that officials keep: created, changed, removed, one history record each (spec 6: CRUD saves are actions).

What a save entails for one of them stands in `_follow`: a group's seats follow its capacity, a kindergarten's
queue follows its kind, and no family loses a place by it (keeping.py). Everything else is the same for all.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, inspect, select

from app import registers
from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import freeing, keeping, orders, places, versions
from app.actions.due import catch_up
from app.actions.moving import record
from app.actions.seating import last_days
from app.db import name_keys
from app.db.database import as_kept, insert_all, lock_district, lock_districts
from app.db.extensions import db
from app.models import (
    Absence,
    Approved,
    Base,
    ContractText,
    DayOff,
    Enrolment,
    Holding,
    HoldingKind,
    Intake,
    KgGroup,
    Kindergarten,
    KindergartenKind,
    Norm,
    QueueKind,
    QueueOrder,
    Seat,
    Vacancy,
    VacancyStatus,
)
from app.rules import folding, iin, norms
from app.rules import orders as ordering
from app.rules import seats as rules
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal

PRINTED = {"name", "address", "phone", "bin", "language", "birth_year_from", "birth_year_to"}  # on papers, of a place
PRINTED |= {"kindergarten", "kindergarten_id"}  # of which all of that is
ONE_DAY = timedelta(days=1)
QUEUES = {KindergartenKind.sanatorium: QueueKind.sanatorium, KindergartenKind.special: QueueKind.special}


class Invalid(Exception):
    """A field of a register cannot be as entered: `problem` names the sentence, `facts` are what that one needs."""

    def __init__(self, field: str, problem: str, **facts: object) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem, self.facts = field, problem, facts


def create(row: Base, *, by: Actor, at: datetime, apart: bool = False) -> None:
    """Add one row of a register. Raises Refusal (not_allowed and what its kind entails), Invalid.

    `apart`: whoever adds it was asked whether it is the one that is called almost so, and said that it is not.
    """
    with db.session.no_autoflush:  # the row hangs on its kindergarten, but is not to be written yet
        permit(by, "create", row)
        lock_districts(places.districts(row))
        _check(row)
        _told_apart(row, {}, apart)
    if isinstance(row, Approved):
        row.entered_by_id = by.user_id
    db.session.add(row)
    db.session.flush()
    _follow(row, {}, at)
    record(row, "create", by=by, at=at, details=_facts(row))


def change(row: Base, values: dict[str, Any], *, by: Actor, at: datetime, apart: bool = False) -> None:
    """Set new values on one row, with before and after on the record; nothing when nothing differs.

    It must lie within the actor's reach before and after. `apart` as in create. What is approved is never changed
    (spec 3.2). Raises Refusal, Invalid; wrong_status for a vacancy that is no draft, or whose days are those of an
    absence.
    """
    permit(by, "change", row)
    lock_districts(places.districts(row, *values.values()))
    _stays_as_it_is(row, "change")
    before = {name: _value(row, name) for name, value in values.items() if _value(row, name) != value}
    if not before:
        return
    with db.session.no_autoflush:  # what is wrong is said by us first, by the database's constraints last
        for name in before:
            _set(row, name, values[name])
        permit(by, "change", row)
        _check(row)
        if before.keys() & {"name", "place", "place_id", "kindergarten"}:
            _told_apart(row, before, apart)
    if isinstance(row, Approved):
        row.changed_by_id = by.user_id or row.changed_by_id
    db.session.flush()
    _follow(row, before, at)
    details = {name: [old, _value(row, name)] for name, old in before.items()}
    record(row, "change", by=by, at=at, details=details)


def may_change(row: Base, *, by: Actor) -> None:
    """May this actor change this row at all, whatever to? Raises Refusal: not_allowed, wrong_status."""
    permit(by, "change", row)
    _stays_as_it_is(row, "change")


def may_remove(row: Base, *, by: Actor) -> None:
    """Has nothing used this row yet? Raises Refusal: not_allowed, wrong_status, with what has used it."""
    permit(by, "remove", row)
    _unused(row)


def _unused(row: Base) -> None:
    if families := keeping.in_the_way(_groups_of(row)):
        raise Refusal(Reason.wrong_status, verb="remove", families=families)
    _stays_as_it_is(row, "remove")
    if has := _belongings(row):
        raise Refusal(Reason.wrong_status, verb="remove", has=has)


def remove(row: Base, *, by: Actor, at: datetime) -> None:
    """Remove one row that nothing has used yet; what was used stays for the record.

    Raises Refusal: not_allowed, wrong_status (it was used: a published vacancy, an approved norm, order or day off,
    a group with children or vacancies, a kindergarten with groups; with the number of families that have an offer or a
    place there, or else with the kinds of what belongs to it).
    """
    permit(by, "remove", row)
    lock_districts(places.districts(row))
    _unused(row)
    record(row, "remove", by=by, at=at, details=_facts(row))
    if isinstance(row, QueueOrder):
        orders.write(row, [])
    if isinstance(row, KgGroup):
        for seat in db.session.scalars(select(Seat).where(Seat.group_id == row.id)):
            db.session.delete(seat)
        db.session.flush()
    db.session.delete(row)
    db.session.flush()


def _seats_follow_capacity(group: KgGroup, before: dict[str, Any], at: datetime) -> None:
    """Spec 3.7: as many general seats as the capacity; a cut takes free unpublished ones only. Raises no_free_place.

    Where an old list brought in more children than places, their seats stay until they leave (absences.py).
    """
    district = places.district_of(group.kindergarten.place_id)
    lock_district(district)
    standing = select(func.count(Seat.id)).where(
        Seat.group_id == group.id, Seat.intake == Intake.general, Seat.retired_at.is_(None)
    )
    missing = group.capacity - (db.session.scalar(standing) or 0)
    if missing > 0:
        _more_seats(group, missing)
    if missing < 0 and group.capacity < before.get("capacity", group.capacity):
        catch_up(at=at, place_id=district)
        free = db.session.scalars(rules.unpublished_seats(group.id, -missing)).all()
        if len(free) < -missing:
            raise Refusal(Reason.no_free_place, free=len(free), places=-missing)
        for seat in free:
            seat.retired_at = at
    if changed := before.keys() & {"birth_year_from", "birth_year_to", "kindergarten"}:
        queues = {_serves(group.kindergarten), _serves(before.get("kindergarten", group.kindergarten))}
        keeping.keep([group], changed, queues=queues, at=at)


def _more_seats(group: KgGroup, count: int) -> list[int]:
    """So many general seats more. Returns their ids."""
    return insert_all(Seat, as_kept(Seat, [{"group_id": group.id}] * count))


def _serves(kindergarten: Kindergarten) -> tuple[int, QueueKind]:
    return places.district_of(kindergarten.place_id), kindergarten.queue_kind


def _queue_follows_kind(kindergarten: Kindergarten, before: dict[str, Any], at: datetime) -> None:
    """Spec 3.3: a sanatorium or special kindergarten serves a queue of its own. Raises wrong_place, no_free_place."""
    kindergarten.queue_kind = QUEUES.get(kindergarten.kind, QueueKind.general)
    served, serves = _served(kindergarten, before), _serves(kindergarten)
    if changed := before.keys() & {"ownership", "state_order", "kind", "place", "place_id"}:
        keeping.keep(kindergarten.groups, changed, queues={served, serves}, at=at)
    if kindergarten.groups and served != serves:
        raise Refusal(Reason.wrong_place)


def _served(kindergarten: Kindergarten, before: dict[str, Any]) -> tuple[int, QueueKind]:
    """The district and the queue that it served before this change."""
    kind, place = before.get("kind", kindergarten.kind), before.get("place")
    place_id = place.id if place is not None else before.get("place_id", kindergarten.place_id)
    return places.district_of(place_id), QUEUES.get(kind, QueueKind.general)


def _follow(row: Base, before: dict[str, Any], at: datetime) -> None:
    """What a save entails; `before` holds what it changed, nothing for a new row."""
    match row:
        case KgGroup():
            _seats_follow_capacity(row, before, at)
        case Kindergarten():
            _queue_follows_kind(row, before, at)
    if before.keys() & PRINTED and (groups := _groups_of(row)):
        versions.of_groups(groups, at=at)


def _check(row: Base) -> None:
    """Bad input that needs more than its own field to be seen; the rest is the form's and the database's."""
    match row:
        case Norm():
            if field := norms.problem(row):
                raise Invalid(field, f"norm_{field}", norm=row.name)
            _once(row, Norm.name == row.name)
        case QueueOrder():
            _once(row, QueueOrder.kind == row.kind)
            if problem := ordering.problem(row.kind, orders.steps(row)):
                raise Invalid("categories", problem.name, rank=problem.rank, other=problem.other)
        case ContractText():
            _once(row)
        case DayOff() if not row.decree:
            raise Invalid("decree", "decree")
        case KgGroup() if row.birth_year_to < row.birth_year_from:
            raise Invalid("birth_year_to", "before_first")
        case Kindergarten() if row.bin and not iin.bin_valid(row.bin):
            raise Invalid("bin", "bin")
        case Vacancy() if (row.intake is Intake.temporary) != (row.ends_on is not None):
            raise Invalid("ends_on", "temporary_only")
        case Vacancy() if row.begins_on is not None and row.ends_on is None:
            raise Invalid("begins_on", "temporary_begins")
    register = registers.of(type(row))
    for first, last in register.in_order if register else ():
        begins, ends = getattr(row, first), getattr(row, last)
        if begins is not None and ends is not None and ends < begins:
            raise Invalid(last, "ends_before")


def _told_apart(row: Base, before: dict[str, Any], apart: bool) -> None:
    """Spec 3.9: a kindergarten of its district and a group of its kindergarten are known by their names, in files and
    forms alike: one name is one of them, a name that is almost so is asked about.

    Raises Invalid: name_taken, name_near (unless it was answered), with the name that is recorded.
    """
    match row:
        case Kindergarten():
            place_id = row.place.id if "place" in before or not row.place_id else row.place_id
            district = places.subtree(places.district_of(place_id))
            others = select(Kindergarten.name).where(
                Kindergarten.place_id.in_(district), Kindergarten.id != (row.id or 0)
            )
        case KgGroup():
            others = select(KgGroup.name).where(
                KgGroup.kindergarten_id == row.kindergarten.id, KgGroup.id != (row.id or 0)
            )
        case _:
            return
    found = {folding.match(name, row.name): name for name in db.session.scalars(others)}
    if other := found.get(folding.Match.exact):
        raise Invalid("name", "name_taken", other=other)
    if (other := found.get(folding.Match.near)) and not apart:
        raise Invalid("name", "name_near", other=other)


def _once(row: norms.Dated, *same: ColumnElement[bool]) -> None:
    """Spec 3.12: one norm of a name, one order of a kind, one text of contracts, for a place and a first day, by
    whatever entrance it comes.

    Raises Refusal(already_used).
    """
    model, place_id = type(row), row.place_id or row.place.id
    there = select(model.id).where(*same, model.place_id == place_id, model.valid_from == row.valid_from)
    if db.session.scalars(there.where(model.id != (row.id or 0))).first() is not None:
        raise Refusal(Reason.already_used, part="valid_from", twice=True)


def _groups_of(row: Base) -> list[KgGroup]:
    """The groups that go with a record."""
    match row:
        case KgGroup():
            return [row]
        case Kindergarten():
            return row.groups
    return []


def _stays_as_it_is(row: Base, verb: str) -> None:
    """Spec 3.2, 3.6: what is approved or published, and what has the days of an absence. Raises wrong_status."""
    if isinstance(row, Approved) and row.approved_at is not None:
        raise Refusal(Reason.wrong_status, verb=verb, approved=True)
    if isinstance(row, Vacancy) and _lends(row):
        raise Refusal(Reason.wrong_status, verb=verb, lends=True)
    if isinstance(row, Vacancy) and row.status is not VacancyStatus.draft:
        raise Refusal(Reason.wrong_status, verb=verb, no_draft=True)


GO_WITH = {KgGroup: {"seat"}, QueueOrder: {"queue_category"}}  # what is removed together with a row of this kind


def _belongings(row: Base) -> list[str]:
    """The tables with rows that name this one, by any of the database's foreign keys, but what goes with it.

    Seats go with their group as long as nobody ever held one.
    """
    columns = [
        column
        for table in Base.metadata.sorted_tables
        if table.name not in GO_WITH.get(type(row), ())
        for column in table.c
        if any(key.column.table is row.__table__ for key in column.foreign_keys)
    ]
    asked = [exists().where(column == row.id) for column in columns]
    found = db.session.execute(select(*asked)).one() if asked else ()
    has = [column.table.name for column, some in zip(columns, found, strict=True) if some]
    held = isinstance(row, KgGroup) and _ever_held(row)
    return sorted({*has, *(["enrolment"] if held else [])})


def _lends(vacancy: Vacancy) -> bool:
    """Spec 3.6: was it drafted by an absence, whose days are its own?"""
    return db.session.scalars(select(Absence.id).where(Absence.vacancy_id == vacancy.id)).first() is not None


def _ever_held(group: KgGroup) -> bool:
    held = select(Holding.id).join(Seat, Seat.id == Holding.seat_id).where(Seat.group_id == group.id)
    return db.session.scalars(held.limit(1)).first() is not None


def _facts(row: Base) -> dict[str, Any]:
    """The columns of a row as the history keeps them, without keys that follow from them; an order's categories."""
    follows = {"id", *name_keys.KEYS.get(type(row), ())}
    columns = [column.key for column in inspect(type(row)).column_attrs if column.key not in follows]
    facts = {column: getattr(row, column) for column in columns}
    return facts | {"categories": orders.steps(row)} if isinstance(row, QueueOrder) else facts


def _value(row: Base, name: str) -> Any:
    """What a form may set: a column or relation, or the categories of an order as people write them."""
    return orders.steps(row) if isinstance(row, QueueOrder) and name == "categories" else getattr(row, name)


def _set(row: Base, name: str, value: Any) -> None:
    if isinstance(row, QueueOrder) and name == "categories":
        orders.write(row, value)
    else:
        setattr(row, name, value)


def occupy(group: KgGroup, places: int, *, by: Actor, at: datetime) -> None:
    """Take over children who attend already and are known by number alone, from an older list or a scenario.

    A list may have more children than places: it is taken over as it is, unless families are promised some places.
    Raises Refusal: not_allowed, no_free_place (more children than free places, and some are published or held).
    """
    permit(by, "change", group)
    if places == 0:
        return
    day, free = (
        local_day(at),
        list(db.session.scalars(rules.unpublished_seats(group.id, places).with_only_columns(Seat.id))),
    )
    if len(free) < places:
        if db.session.scalars(rules.promised_seats(group.id)).first():
            raise Refusal(Reason.no_free_place, free=len(free), places=places)
        free += _more_seats(group, places - len(free))
    left = {seat: last + ONE_DAY for seat, last in last_days(free).items() if last is not None}
    attend = [{"group_id": group.id, "started_on": max(day, left.get(seat, day))} for seat in free]
    there = insert_all(Enrolment, as_kept(Enrolment, attend))
    held = [{"seat_id": seat, "enrolment_id": one} for seat, one in zip(free, there, strict=True)]
    insert_all(Holding, as_kept(Holding, held), kind=HoldingKind.enrolment, started_at=at)
    record(group, "change", by=by, at=at, details={"occupied": places})


def vacate(group: KgGroup, places: int, *, by: Actor, at: datetime) -> None:
    """Fewer children known by number alone attend than before: the last of them are gone, this day was their last one.

    Raises Refusal: not_allowed, no_free_place (not so many are known by number alone).
    """
    permit(by, "change", group)
    known = db.session.execute(rules.known_by_number(group.id, places)).all()
    if len(known) < places:
        raise Refusal(Reason.no_free_place, places=places)
    for enrolment, holding in known:
        enrolment.ended_on = max(local_day(at), enrolment.started_on)
        freeing.keep_or_free(enrolment, holding, enrolment.ended_on, by=by, at=at)
    record(group, "change", by=by, at=at, details={"occupied": -places})
