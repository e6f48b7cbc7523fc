"""Spec 3.2: all the rules of a place on a day, and what changes them next; what one select finds, each alone finds."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actions import norms as actions
from app.actions import places
from app.db.extensions import db
from app.models import DayOff, Norm, Place, Unit
from app.rules import norms
from app.rules.refusals import Refusal
from tests.factories import START, at, district, norm, order

FIRST = date(2026, 4, 1)  # the day of START: what is approved then is known on it
DAYS = st.integers(0, 8).map(lambda n: FIRST + timedelta(days=n))
ROWS = st.dictionaries(  # (name, depth of the place, day): the day of its approval, if any
    st.tuples(st.sampled_from(("one", "other")), st.integers(0, 2), DAYS), st.none() | st.integers(0, 8), max_size=10
)


def enter(rows) -> list[int]:
    path = places.path(district().id)
    for (name, depth, since), approved in rows.items():
        row = norm(name, f"{depth}{since.day}", Unit.WD, db.session.get_one(Place, path[depth]), since)
        row.approved_at = None if approved is None else START + timedelta(days=approved)
    db.session.flush()
    return path


@given(rows=ROWS, day=DAYS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_one_select_finds_of_every_name_what_that_name_alone_finds(app, rows, day):
    db.session.rollback()
    path = enter(rows)
    found = {row.name: row for row in db.session.scalars(norms.all_in_force(path, day))}
    assert {"voucher.confirm", "procedure"} <= found.keys()
    for name in {name for name, *_ in rows} | {"procedure"}:
        assert found.get(name) is alone(name, path[0], day)
    assert len(found) == len(db.session.scalars(norms.all_in_force(path, day)).all())
    db.session.rollback()


def alone(name: str, place_id: int, day: date) -> Norm | None:
    try:
        return actions.in_force(name, place_id, day)
    except Refusal:
        return None


@given(rows=ROWS, day=DAYS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_what_is_to_come_is_what_another_day_finds(app, rows, day):
    """The oracle asks day by day what is in force."""
    db.session.rollback()
    path = enter(rows)
    expected, before = [], {row.name: row for row in db.session.scalars(norms.all_in_force(path, day))}
    for later in (day + timedelta(days=n) for n in range(1, 20)):
        now = {row.name: row for row in db.session.scalars(norms.all_in_force(path, later))}
        expected += [(later, row) for name, row in sorted(now.items()) if before.get(name) is not row]
        before = now
    assert actions.to_come(path, day) == expected
    db.session.rollback()


def test_what_a_more_specific_place_has_its_own_for_does_not_come(app):
    place = district()
    path = places.path(place.id)
    norm("voucher.confirm", "9", Unit.WD, db.session.get_one(Place, path[1]), date(2026, 9, 1))
    assert [row.value for _, row in actions.to_come(path, FIRST)] == ["9"]
    norm("voucher.confirm", "3", Unit.WD, place, date(2026, 5, 1))
    assert [(day, row.value) for day, row in actions.to_come(path, FIRST)] == [(date(2026, 5, 1), "3")]
    assert [(day, row.value) for day, row in actions.to_come(path[1:], FIRST)] == [(date(2026, 9, 1), "9")]


def test_an_order_to_come_stands_among_the_norms_to_come(app):
    place = district()
    norm("voucher.confirm", "3", Unit.WD, place, date(2026, 6, 1))
    own, draft = order(place, date(2026, 5, 1)), order(place, date(2026, 4, 15), approved=False)
    path = places.path(place.id)
    (first, _second) = actions.to_come(path, FIRST)
    assert first == (date(2026, 5, 1), own)
    assert actions.waiting(path) == [draft]


def test_a_draft_begins_on_no_day():
    with pytest.raises(AssertionError):
        norms.begins_on(Norm(valid_from=FIRST))


def test_of_the_rows_of_a_day_the_last_approved_one_holds(app):
    saturday = date(2026, 8, 29)
    for name, working, approved in (("1", True, "2026-04-02"), ("2", False, "2026-04-05"), ("3", True, None)):
        approved_at = at(f"{approved}T10:00") if approved else None
        db.session.add(DayOff(day=saturday, working=working, name=name, decree="1", approved_at=approved_at))
    db.session.flush()
    holding = db.session.scalars(norms.days_in_force().where(DayOff.day == saturday)).all()
    assert [row.name for row in holding] == ["2"]
    calendar = places.calendar()
    for row in db.session.scalars(norms.days_in_force()):
        assert row.day in (calendar.working if row.working else calendar.off)
    assert [row.name for row in actions.waiting(places.path(district().id))] == ["3"]
