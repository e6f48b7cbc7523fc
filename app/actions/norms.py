"""The norms in force, and how officials enter and approve them (spec 3.2)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select
from sqlalchemy.orm import joinedload

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import moving, places, two_people
from app.db.dialects import Ids, Words, among
from app.db.extensions import db
from app.models import (
    Change,
    ContractText,
    DayOff,
    Kindergarten,
    KindergartenKind,
    Norm,
    Ownership,
    QueueOrder,
    QueueOrderKind,
)
from app.rules import eligibility
from app.rules import norms as rules
from app.rules.calendar import local_day
from app.rules.deadlines import due_date
from app.rules.norms import Dated
from app.rules.refusals import Reason, Refusal

Entered = Dated | DayOff
TOGETHER = (  # what every verb asks for (due.py), and what most verbs by a voucher and each round ask for after it
    "queue.maximum_age",
    "notice.reminder",
    "procedure",
    "voucher.confirm",
    "voucher.choose",
)


def _statement() -> Select[Norm]:
    names, here = bindparam("names", type_=Words), bindparam("here", type_=Ids)
    return select(Norm).where(among(Norm.name, names), among(Norm.place_id, here), Norm.approved_at.is_not(None))


APPROVED = _statement()  # built once


def in_force(name: str, place_id: int, day: date, at: datetime | None = None) -> Norm:
    """Spec 3.2: the norm of this name in this place on this local day; `at`: as it was at this moment of the day.

    Raises Refusal(no_norm).
    """
    found = if_any(name, place_id, day, at)
    if found is None:
        raise rules.refuse_missing(name, day)
    return found


def if_any(name: str, place_id: int, day: date, at: datetime | None = None) -> Norm | None:
    """The same of what a place may do without: None where nobody has ever decided about it there."""
    known = [row for row in _approved(name, place_id) if at is None or (row.approved_at and row.approved_at <= at)]
    return rules.in_force(known, places.path(place_id), day)


def _approved(name: str, place_id: int) -> list[Norm]:
    """All rows of a name in a place and above it, looked up once in a transaction; what goes together at once."""
    names = TOGETHER if name in TOGETHER else (name,)

    def look_up() -> Sequence[Norm]:
        return db.session.scalars(APPROVED, {"names": list(names), "here": places.path(place_id)}).all()

    found: Sequence[Norm] = places.once(("norms", names, place_id), look_up)
    return [row for row in found if row.name == name]


def last_day(name: str, place_id: int, start: date) -> tuple[date, Norm]:
    """Spec 3.1, 3.2: the last day of the term that an event on `start` begins, with the norm that set it.

    Raises Refusal: no_norm, no_calendar.
    """
    norm = in_force(name, place_id, start)
    return due_date(start, rules.term_of(norm), places.calendar()), norm


def number(name: str, place_id: int, day: date) -> int:
    """The number that a norm says on this day: months, times. Raises Refusal(no_norm)."""
    return int(in_force(name, place_id, day).value)


def periods(name: str, place_id: int, until: date) -> list[rules.Period]:
    """Spec 3.1, 3.2: which norm of this name was in force when, until a local day, the earliest first.

    Raises Refusal(no_norm).
    """
    found = rules.periods(_approved(name, place_id), places.path(place_id), until)
    if not found:
        raise rules.refuse_missing(name, until)
    return found


def by_turn(kindergarten: Kindergarten, day: date) -> bool:
    """S0, S2, spec 3.5.3-4: does a place here need the turn? Private on state order and mini-centres: as the norm says.

    Raises Refusal(no_norm).
    """
    if kindergarten.ownership is Ownership.private:
        return in_force("state_order.turn", kindergarten.place_id, day).value == "needed"
    if kindergarten.kind is KindergartenKind.mini_centre:
        return in_force("mini_centre.turn", kindergarten.place_id, day).value == "needed"
    return True


def minimum_age(kindergarten: Kindergarten, day: date) -> int:
    """S0, S2, spec 3.5.3: how old a child must be on the day of choice, in full months. Raises Refusal(no_norm)."""
    private = kindergarten.ownership is Ownership.private
    name = "state_order.minimum_age" if private else "referral.minimum_age"
    return number(name, kindergarten.place_id, day)


def procedure(place_id: int, day: date) -> str:
    """Spec 3.2: voucher or referral, by place and day. Raises Refusal(no_norm)."""
    return in_force("procedure", place_id, day).value


def somewhere(procedure: str, place_ids: Iterable[int], day: date) -> bool:
    """Spec 3.2: is this procedure in force in one of these places on a day? For a page of them, in two statements."""
    paths = places.paths(place_ids)
    known = select(Norm.place_id, Norm.value).where(
        Norm.name == "procedure",
        Norm.place_id.in_({place for path in paths.values() for place in path}),
        Norm.valid_from <= day,
        rules.known_on(Norm, day),
    )
    values = dict(db.session.execute(known.order_by(Norm.valid_from)).all())
    return any(next((values[place] for place in path if place in values), "") == procedure for path in paths.values())


ORDERS = {"voucher": QueueOrderKind.categories, "referral": QueueOrderKind.ratio}


def order(place_id: int, day: date) -> QueueOrder:
    """Spec 3.3: the order in force: by categories where vouchers are given, by ratio where children are referred.

    Raises Refusal(no_norm).
    """
    by = procedure(place_id, day)
    found: QueueOrder | None = places.once((by, place_id, day), lambda: order_by(by, places.path(place_id), day))
    if found is None:
        raise rules.refuse_missing("queue order", day)
    return found


def all_in_force(path: Sequence[int], day: date) -> dict[str, Norm]:
    """Spec 3.2: every norm on this day in the first place of `path`, by name; what nobody entered is not there."""
    found = db.session.scalars(rules.all_in_force(path, day).options(joinedload(Norm.place)))
    return {norm.name: norm for norm in found}


def order_by(procedure: str, path: Sequence[int], day: date) -> QueueOrder | None:
    """Spec 3.3: the order that goes with a procedure, in the first place of `path`; None where there is none."""
    return db.session.scalars(rules.order_in_force(ORDERS[procedure], path, day)).first()


def contract_text(place_id: int, day: date) -> ContractText | None:
    """S1: the text of a contract that is drawn up in this place on this local day; None while none is in force."""
    path = places.path(place_id)
    look_up = rules.text_in_force(path, day)
    found: ContractText | None = places.once(
        ("contract text", place_id, day), lambda: db.session.scalars(look_up).first()
    )
    return found


def to_come(path: Sequence[int], day: date) -> list[tuple[date, Dated]]:
    """Spec 3.2: what is approved and changes the rules of the first place of `path` after this day, by day."""
    return rules.to_come(_rows(path, lambda model: model.approved_at.is_not(None)), path, day)


def waiting(path: Sequence[int]) -> list[Entered]:
    """Spec 3.2: what is entered for these places, or for the calendar, and waits for a second official."""
    drafts = _rows(path, lambda model: model.approved_at.is_(None))
    days = select(DayOff).where(DayOff.approved_at.is_(None)).options(joinedload(DayOff.entered_by))
    return [*sorted(drafts, key=lambda row: row.valid_from), *db.session.scalars(days.order_by(DayOff.day))]


def _rows(path: Sequence[int], which: Callable[[Any], ColumnElement[bool]]) -> list[Dated]:
    found: list[Dated] = []
    for model in (Norm, QueueOrder, ContractText):
        rows = select(model).where(model.place_id.in_(path), which(model)).order_by(model.id)
        found += db.session.scalars(rows.options(joinedload(model.place), joinedload(model.entered_by)))
    return found


def approve(norm: Entered, *, by: Actor, at: datetime) -> None:
    """Spec 3.2: a second official of the department puts a rule in force; none of its authors ever does.

    Raises Refusal: not_allowed, wrong_status (it is approved already).
    """
    may_approve(norm, by=by)
    norm.approved_by_id, norm.approved_at = by.user_id, at
    moving.record(norm, "approve", by=by, at=at)


def may_approve(norm: Entered, *, by: Actor) -> None:
    """Raises Refusal as `approve` does."""
    permit(by, "approve", norm)
    if norm.approved_at is not None:
        raise Refusal(Reason.wrong_status, verb="approve", approved=True)
    two_people.another(by, authors(norm), verb="approve")


def authors(norm: Entered) -> set[int]:
    """Spec 3.2: whoever entered a rule, and everybody who changed it while it was a draft."""
    wrote = select(Change.user_id).where(
        Change.subject == norm.__tablename__, Change.subject_id == norm.id, Change.verb.in_(("create", "change"))
    )
    known = {norm.entered_by_id, norm.changed_by_id, *db.session.scalars(wrote)}
    return {user_id for user_id in known if user_id is not None}


def by_others(model: type[Entered], user_id: int | None) -> ColumnElement[bool]:
    """The same as a condition: the rows of which an account is no author."""
    change = Change.__table__.c
    wrote = select(change.subject_id).where(
        change.subject == model.__tablename__, change.verb.in_(("create", "change")), change.user_id == user_id
    )
    return and_(
        *(column.is_(None) | (column != user_id) for column in (model.entered_by_id, model.changed_by_id)),
        model.id.not_in(wrote),
    )


def take_back(norm: Dated, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.12: what is approved and has not begun may be taken back by two people (proposals.py): it is gone, and
    the history keeps all that it said. One in force is mended by the next row.

    Raises Refusal: not_allowed, wrong_status (a draft), too_late (its first day has come), reason_required.
    """
    may_take_back(norm, by=by, at=at)
    reason = eligibility.given(reason)
    parts = [norm, *(norm.categories if isinstance(norm, QueueOrder) else ())]
    told = [{column.key: getattr(one, column.key) for column in one.__table__.columns} for one in parts]
    details = {name: value for name, value in told[0].items() if name != "id"}
    if told[1:]:
        details["categories"] = [[str(value) for value in one.values()] for one in told[1:]]
    moving.record(norm, "take_back", by=by, at=at, reason=reason, details=details)
    for one in reversed(parts):
        db.session.delete(one)
    db.session.flush()


def may_take_back(norm: Dated, *, by: Actor, at: datetime) -> None:
    """Is it approved and has not begun? Raises Refusal: not_allowed, wrong_status, too_late."""
    permit(by, "take_back", norm)
    if norm.approved_at is None:
        raise Refusal(Reason.wrong_status, verb="take_back")
    if norm.valid_from <= local_day(at):
        raise Refusal(Reason.too_late, begun=True)
