"""The tree of places: what lies above a place and what lies below it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import bindparam, case, event, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import DayOff, Kindergarten, Place, PlaceKind, UserScope
from app.permissions import Actor
from app.rules.calendar import Calendar
from app.rules.refusals import Reason, Refusal

LOOKED_UP = "places and rules in force"


def once(what: tuple[Any, ...], look_up: Callable[[], Any]) -> Any:
    """What is looked up, once in a transaction: a verb and a page ask for the same places and norms again and again."""
    known: dict[tuple[Any, ...], Any] = db.session().info.setdefault(LOOKED_UP, {})
    if what not in known:
        known[what] = look_up()
    return known[what]


@event.listens_for(Session, "after_transaction_end")
@event.listens_for(Session, "after_flush")
def _look_up_again(session: Session, *_: Any) -> None:
    """Another transaction, or a rule that was written in this one: what was looked up is forgotten."""
    session.info.pop(LOOKED_UP, None)


def path(place_id: int) -> list[int]:
    """The place and all above it, upwards: the order in which norms are looked up."""
    found: list[int] = once(("path", place_id), lambda: paths([place_id]).get(place_id, []))
    return found


def paths(place_ids: Iterable[int]) -> dict[int, list[int]]:
    """The same of several places, in one statement."""
    start = select(Place.id.label("of"), Place.id.label("id"), Place.parent_id.label("up"), literal(0).label("depth"))
    tree = start.where(Place.id.in_(sorted(place_ids))).cte(recursive=True)
    above = select(tree.c.of, Place.id, Place.parent_id, tree.c.depth + 1).join(tree, Place.id == tree.c.up)
    tree = tree.union_all(above)
    found: dict[int, list[int]] = {}
    for of, place_id in db.session.execute(select(tree.c.of, tree.c.id).order_by(tree.c.depth)):
        found.setdefault(of, []).append(place_id)
    return found


class District(NamedTuple):
    """A district or city by its names: what filters offer on every page."""

    id: int
    name_kk: str
    name_ru: str


class Reach(NamedTuple):
    """How far an official's rights go: places with all below them, what lies above those, kindergartens; and in what
    roles. `districts`: those among the places, and the one that a kindergarten lies in.
    """

    below: frozenset[int]
    above: frozenset[int]
    kindergartens: frozenset[int]
    roles: frozenset[str]
    districts: tuple[District, ...]


def _reach() -> Any:
    """The select of all that one official's scopes cover: (d: below, u: above, k: kindergartens, r: roles; id; names
    of districts and of roles).
    """
    own = UserScope.user_id == bindparam("user_id")
    start = func.coalesce(UserScope.place_id, Kindergarten.place_id)
    down = select(UserScope.place_id.label("id")).where(own, UserScope.place_id.is_not(None)).cte(recursive=True)
    down = down.union_all(select(Place.id).join(down, Place.parent_id == down.c.id))
    scopes = select(start.label("id")).select_from(UserScope).outerjoin(Kindergarten).where(own)
    up = scopes.cte(recursive=True)
    up = up.union(select(Place.parent_id).join(up, Place.id == up.c.id).where(Place.parent_id.is_not(None)))
    no = null()
    roles = select(literal("r"), Role.id, Role.name, no).where(Role.user.any(User.id == bindparam("user_id")))
    return union_all(
        *(
            select(literal(way), found.c.id, *(_of_district(name) for name in (Place.name_kk, Place.name_ru))).join(
                Place, Place.id == found.c.id
            )
            for way, found in (("d", down), ("u", up))
        ),
        select(literal("k"), UserScope.kindergarten_id, no, no).where(own, UserScope.kindergarten_id.is_not(None)),
        roles,
    )


def _of_district(name: Any) -> Any:
    return case((Place.kind == PlaceKind.district, name))


REACH = _reach()  # built once: every page begins with it


def reach(user_id: int) -> Reach:
    """Spec 1: the scopes and roles of one official, in one statement."""
    rows = db.session.execute(REACH, {"user_id": user_id}).all()
    of = {what: frozenset(id_ for found, id_, *_ in rows if found == what) for what in "duk"}
    roles = frozenset(name for found, _, name, _ in rows if found == "r")
    districts = {District(id_, kk, ru) for found, id_, kk, ru in rows if found in "du" and kk is not None}
    return Reach(of["d"], of["u"], of["k"], roles, tuple(sorted(districts, key=lambda one: one.name_kk)))


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
    approved = select(DayOff.day, DayOff.working).where(DayOff.approved_at.is_not(None))
    days = dict(db.session.execute(approved.order_by(DayOff.approved_at, DayOff.id)).all())
    off: set[date] = {day for day, working in days.items() if not working}
    working: set[date] = {day for day, working in days.items() if working}
    return Calendar(frozenset(off), frozenset(working), frozenset(day.year for day in off | working))
