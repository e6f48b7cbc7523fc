"""How far an account reaches (spec 1): the places with all below them, the kindergartens, the roles."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import ColumnElement, bindparam, case, func, literal, null, select, union_all

from app.extensions import db
from app.models import Kindergarten, Place, PlaceKind, UserScope


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


def select_of(user_id: ColumnElement[int]) -> Any:
    """The select of all that one official's scopes cover: (d: below, u: above, k: kindergartens, r: roles; id; names
    of districts and of roles).
    """
    own = UserScope.user_id == user_id
    start = func.coalesce(UserScope.place_id, Kindergarten.place_id)
    down = select(UserScope.place_id.label("id")).where(own, UserScope.place_id.is_not(None)).cte(recursive=True)
    down = down.union_all(select(Place.id).join(down, Place.parent_id == down.c.id))
    scopes = select(start.label("id")).select_from(UserScope).outerjoin(Kindergarten).where(own)
    up = scopes.cte(recursive=True)
    up = up.union(select(Place.parent_id).join(up, Place.id == up.c.id).where(Place.parent_id.is_not(None)))
    no = null()
    roles = select(literal("r"), Role.id, Role.name, no).where(Role.user.any(User.id == user_id))
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


REACH = select_of(bindparam("user_id"))


def of(user_id: int) -> Reach:
    """Spec 1: the scopes and roles of one official, in one statement."""
    return found(db.session.execute(REACH, {"user_id": user_id}).all())


def found(rows: Iterable[Sequence[Any]]) -> Reach:
    """What `select_of` found."""
    rows = list(rows)
    ids = {what: frozenset(id_ for way, id_, *_ in rows if way == what) for what in "duk"}
    roles = frozenset(name for way, _, name, _ in rows if way == "r")
    districts = {District(id_, kk, ru) for way, id_, kk, ru in rows if way in "du" and kk is not None}
    return Reach(ids["d"], ids["u"], ids["k"], roles, tuple(sorted(districts, key=lambda one: one.name_kk)))
