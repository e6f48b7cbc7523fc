"""Spec 7: every way to write leaves one record. tests/on_record.py watches the walks; here it is seen to see."""

import pytest
import sqlalchemy as sa

from app.db.database import transaction
from app.db.extensions import db
from app.models import Base, Change, Place
from tests import on_record
from tests.factories import DEPARTMENT, application, at, district

OURS = """
def write(act):
    with transaction():
        act()
"""


def by_our_own_code(act):
    """As a file of the product would."""
    names = {"transaction": transaction}
    exec(compile(OURS, f"{on_record.APP}/views/nowhere.py", "exec"), names)
    names["write"](act)
    seen = [*on_record.found]
    on_record.found.clear()
    return seen


@pytest.fixture
def place(app):
    with transaction():
        found = district()
        application(found, queued_at=at("2026-04-07T10:00"))
    return found.id


def renamed(place):
    db.session.execute(sa.update(Place).where(Place.id == place).values(support_phone="8 800"))


def recorded(place):
    row = {"at": at("2026-04-08T10:00"), "effective_on": at("2026-04-08T10:00").date(), "verb": "change"}
    db.session.add(Change(**row, subject="place", subject_id=place, role=str(DEPARTMENT.role), for_family=False))


def test_a_fact_without_a_record_is_seen_and_a_fact_with_one_is_not(place):
    assert by_our_own_code(lambda: renamed(place)) == ["/views/nowhere.py:3 write: place"]
    assert by_our_own_code(lambda: (renamed(place), recorded(place))) == []


def test_what_is_taken_back_and_what_finds_nothing_leaves_nothing_to_record(place):
    def tried():
        with db.session.begin_nested() as savepoint:
            renamed(place)
            savepoint.rollback()
        renamed(-1)

    assert by_our_own_code(tried) == []


@pytest.mark.parametrize("kind", ["sqlite"])  # which tells nobody else's records apart from one's own
def test_the_same_record_twice_is_seen(place):
    [seen] = by_our_own_code(lambda: (recorded(place), db.session.flush(), recorded(place)))
    assert seen.endswith("twice")


def test_every_table_of_work_is_there_and_says_why():
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    assert {model for model, why in on_record.WORK.items() if model not in tables or not why} == set()
