"""Rows of new lines stand in their tables before the district is locked; what others commit until then is found."""

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from app.actions import takeover
from app.db.database import lock_district, transaction
from app.db.extensions import db
from app.imports import command
from app.models import Application, ApplicationStatus, Change, Child, Enrolment, Place, Sex, Unit
from tests import factories, files
from tests.factories import DEPARTMENT, at
from tests.views.test_lock_order import until_one_waits

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])  # SQLite has one writer, from the first row on
NOW = at("2026-04-08T09:00")
LINES = 3


@pytest.fixture
def places(app):
    with transaction():
        return factories.district().id, factories.district("Степногорск қаласы").id


@pytest.fixture
def bring_in(tmp_path):
    rows = [files.application(serial) for serial in range(1, LINES + 1)]
    file = files.comma_separated(tmp_path / "list.csv", rows)
    return lambda: command.bring_in("applications", file, by=DEPARTMENT, at=NOW)


@pytest.fixture
def meanwhile(app, monkeypatch):
    """Somebody else begins something once, after the rows were inserted; has it to have `ended`, or does it wait?

    Returns what it came to.
    """
    threads, insert_ahead = list[threading.Thread](), takeover.insert_ahead

    def doing(act, *, ended: bool = True):
        came = []

        def within():
            with app.app_context():
                came.append(act())

        def came_to():
            (thread,) = threads
            thread.join(60)
            return came

        def and_then(*args, **facts):
            found = insert_ahead(*args, **facts)
            if not threads:
                threads.append(threading.Thread(target=within))
                threads[0].start()
                if ended:
                    threads[0].join(30)
                else:
                    assert until_one_waits(db.engine)
            return found

        monkeypatch.setattr(takeover, "insert_ahead", and_then)
        return came_to

    return doing


def decides(place_id: int) -> None:
    """Somebody puts a child into the queue of a district, and waits for nothing."""
    with transaction():
        db.session.execute(sa.text("SET LOCAL lock_timeout = 500"))
        lock_district(place_id)
        factories.application(db.session.get_one(Place, place_id), number="7")


def test_while_its_rows_are_inserted_others_decide_in_the_district_and_are_before_it_on_record(
    places, bring_in, meanwhile
):
    came_to = meanwhile(lambda: decides(places[0]))
    assert bring_in().added == LINES and came_to() == [None]
    history = sa.select(Change.application_id).where(Change.subject == "application").order_by(Change.id)
    numbers = dict(db.session.execute(sa.select(Application.id, Application.number)).all())
    assert [numbers[id_] for id_ in db.session.scalars(history)] == ["7", "ОДО.2026.1", "ОДО.2026.2", "ОДО.2026.3"]


def attends(place_id: int) -> None:
    """The child of the second line attends a state kindergarten of another district."""
    with transaction():
        group = factories.group(factories.kindergarten(db.session.get_one(Place, place_id)))
        of = {"iin": files.child_iin(2), "born_on": files.BORN, "last_name": "Ойдан", "first_name": "Бала"}
        child = Child(place_id=place_id, sex=Sex.female, search_name="", **of)
        db.session.add(child)
        db.session.flush()
        of = {"child_id": child.id, "child_iin": child.iin, "started_on": date(2026, 4, 1)}
        db.session.add(Enrolment(group_id=group.id, **of))


def test_a_child_that_came_to_attend_meanwhile_is_told_by_its_cell_and_nothing_is_written(places, bring_in, meanwhile):
    came_to = meanwhile(lambda: attends(places[1]))
    assert [(one.cell, one.name) for one in bring_in().problems] == [("B3", "child_waiting")] and came_to() == [None]
    assert db.session.scalars(sa.select(Application.id)).all() == []


def test_another_maximum_age_of_meanwhile_is_the_one_that_counts(places, bring_in, meanwhile):
    def another() -> None:
        with transaction():
            factories.norm("queue.maximum_age", "36", Unit.MONTHS, db.session.get_one(Place, places[0]))

    came_to = meanwhile(another)
    assert bring_in().added == LINES and came_to() == [None]
    assert set(db.session.scalars(sa.select(Application.status))) == {ApplicationStatus.archived}


def test_whoever_gives_a_number_of_the_list_meanwhile_is_met_and_the_list_begins_again(
    places, bring_in, meanwhile, caplog
):
    """Each waits for the other: for the number, for the district. PostgreSQL undoes the list."""

    def register() -> None:
        with transaction():
            db.session.execute(sa.text("SET LOCAL deadlock_timeout = '1h'"))
            factories.application(db.session.get_one(Place, places[0]), number="ОДО.2026.1")

    came_to = meanwhile(register, ended=False)
    assert [(one.cell, one.name) for one in bring_in().problems] == [("A2", "number_taken")] and came_to() == [None]
    assert "tried again: DeadlockDetected" in caplog.text
    assert db.session.scalars(sa.select(Application.number)).all() == ["ОДО.2026.1"]


def test_the_same_list_brought_in_twice_at_once_comes_in_once(places, bring_in, meanwhile):
    came_to = meanwhile(bring_in, ended=False)
    assert bring_in().added == LINES
    assert [(one.added, one.same, one.problems) for one in came_to()] == [(0, LINES, [])]
