"""access/row_scope.py on its own: the one place that puts a scope into SQLAlchemy's words, on both databases."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, lazyload, selectinload

from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.db.database import transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Place
from app.rules.roles import Role
from tests import factories


@pytest.fixture
def two(app):
    """Two districts with an application each: (district, application) of either, by ids."""
    with transaction():
        places = [factories.district(), factories.district("Бурабай ауданы")]
        return [(place.id, factories.application(place).id) for place in places]


def specialist(place_id):
    return Actor(Role.specialist, user_id=1, place_ids=frozenset({place_id}))


def ids(statement):
    return set(db.session.scalars(statement))


def test_each_shape_of_a_select_is_cut_to_what_its_viewer_sees(two):
    (here, own), (_there, foreign) = two
    other = aliased(Application)
    inner = sa.select(Application.id)
    shapes = {
        "whole rows": sa.select(Application).with_only_columns(Application.id),
        "an alias": sa.select(other.id),
        "a subquery": sa.select(inner.subquery().c.id),
        "an IN": sa.select(Application.id).where(Application.id.in_(inner)),
        "a union": inner.union_all(sa.select(other.id)),
        "a count": sa.select(sa.func.count(Application.id)),
    }
    for shape, statement in shapes.items():
        with looking_as(specialist(here)):
            seen = ids(statement)
        assert seen == ({1} if shape == "a count" else {own}), shape
        assert ids(statement) == ({2} if shape == "a count" else {own, foreign}), shape


@pytest.mark.parametrize("load", [joinedload, selectinload, lazyload])
def test_what_a_row_brings_along_is_cut_as_well(two, load):
    (here, own), (there, foreign) = two
    child = sa.select(Application).options(load(Application.place))
    with looking_as(specialist(here)):
        assert [row.place.id for row in db.session.scalars(child)] == [here]
        assert db.session.get(Application, foreign) is None
        with unscoped():
            assert db.session.get_one(Application, foreign).place.id == there
        assert ids(sa.select(Place.id).where(Place.id == there)) == set()
    assert own != foreign


def test_two_viewers_of_one_role_share_the_sql_and_not_the_rows(two):
    asked = []
    sa.event.listen(db.engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
    try:
        for place, application in two:
            with looking_as(specialist(place)):
                assert ids(sa.select(Application.id)) == {application}
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len({statement for statement in asked if statement.startswith("SELECT")}) == 1


def test_whoever_looks_writes_nothing_past_an_action(two):
    (here, own), _foreign = two
    with looking_as(specialist(here)):
        with pytest.raises(RuntimeError, match="outside an action"):
            db.session.execute(sa.update(Application).values(number="9"))
        db.session.get_one(Application, own).number = "9"
        with pytest.raises(RuntimeError, match="Application written outside an action"):
            db.session.flush()
    db.session.rollback()
    assert db.session.get_one(Application, own).number != "9"
