"""How far an account reaches (spec 1): the places with all below them, the kindergartens, the roles."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from flask_appbuilder.security.sqla.models import Role, assoc_user_role
from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, select

from app.db.dialects import rows_as_json
from app.db.extensions import db
from app.models import Kindergarten, Place, PlaceKind, UserScope


class District(NamedTuple):
    """A district or city by its names: what filters offer on every page."""

    id: int
    name_kk: str
    name_ru: str


class AccountScope(NamedTuple):
    """How far an official's rights go: places with all below them, what lies above those, kindergartens; and in what
    roles. `districts`: those among the places, and the one that a kindergarten lies in.
    """

    below: frozenset[int]
    above: frozenset[int]
    kindergartens: frozenset[int]
    roles: frozenset[str]
    districts: tuple[District, ...]


def facts_of(user_id: ColumnElement[int]) -> tuple[ScalarSelect[Any], ...]:
    """What the reach of one account follows from, as the columns of a select: all places, its scopes, its roles.

    The tree is small and is walked here: the database takes longer to plan two recursions than to say all of it.
    """
    names = (case((Place.kind == PlaceKind.district, name)) for name in (Place.name_kk, Place.name_ru))
    places = select(rows_as_json(Place.id, Place.parent_id, *names))
    scopes = select(rows_as_json(UserScope.place_id, UserScope.kindergarten_id, Kindergarten.place_id))
    roles = select(rows_as_json(Role.name)).join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    return (
        places.scalar_subquery(),
        scopes.outerjoin(Kindergarten).where(UserScope.user_id == user_id).scalar_subquery(),
        roles.where(assoc_user_role.c.user_id == user_id).scalar_subquery(),
    )


FACTS = select(*facts_of(bindparam("user_id")))


def of(user_id: int) -> AccountScope:
    """Spec 1: the scopes and roles of one official, in one statement."""
    return found(*db.session.execute(FACTS, {"user_id": user_id}).one())


def found(places: Any, scopes: Any, roles: Any) -> AccountScope:
    """What follows from the columns of `facts_of`."""
    parents = {place: parent for place, parent, *_ in places or ()}
    own = {place for place, _, _ in scopes or () if place}
    starts = own | {place for _, _, place in scopes or () if place}
    above = {place for start in starts for place in _path(start, parents)}
    below = {place for place in parents if not own.isdisjoint(_path(place, parents))}
    districts = [District(id_, kk, ru) for id_, _, kk, ru in places or () if kk is not None and id_ in below | above]
    return AccountScope(
        frozenset(below),
        frozenset(above),
        frozenset(kindergarten for _, kindergarten, _ in scopes or () if kindergarten),
        frozenset(name for (name,) in roles or ()),
        tuple(sorted(districts, key=lambda one: one.name_kk)),
    )


def _path(place: int | None, parents: dict[int, int | None]) -> Iterable[int]:
    """A place and all above it."""
    while place is not None:
        yield place
        place = parents[place]
