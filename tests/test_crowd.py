"""Spec 7, "no overbooking": processes with many threads each at the places of groups of 1 to 30, on PostgreSQL.

With the district's lock nobody is even refused by the database; without the lock and the index of seats the same crowd
does overbook, so that the first of these tests can fail.
"""

import os
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.db.database import transaction
from app.db.extensions import db
from app.models import Holding, Ownership, Seat, Vacancy
from tests.crowd import WARM, Crowd, rush
from tests.factories import application, district, group, kindergarten, vacancy

# make soak has 100,000 attempts of 8 processes with 64 threads each, and a group of every size
ATTEMPTS = int(os.environ.get("KEZEK_ATTEMPTS", "256"))
PROCESSES, THREADS, SIZES = (8, 64, range(1, 31)) if "KEZEK_ATTEMPTS" in os.environ else (4, 8, (1, 2, 3, 30))
ENOUGH = 10_240  # for the control, which has overbooked long before
INDEX = "uq_holding_one_live_per_seat"


@pytest.fixture
def kind():
    """SQLite's writers stand in line whatever we lock."""
    return "postgresql"


@pytest.fixture
def crowd(app) -> Crowd:
    """Half as many children again as there are places, of one district, who may take any of them."""
    with transaction():
        place = district(procedure="referral")
        of = kindergarten(place, ownership=Ownership.private, state_order=True)
        vacancies = [vacancy(group(of, capacity=size), places=size).id for size in SIZES]
        children = [application(place).id for _ in range(sum(SIZES) * 3 // 2)]
    url = db.engine.url.render_as_string(hide_password=False)
    var = str(app.config["KEZEK"].var)
    seed = os.environ.get("KEZEK_SEED", "1")
    return Crowd(url, var, children, vacancies, ATTEMPTS, PROCESSES, THREADS, seed)


LIVE = sa.select(Holding.seat_id).where(Holding.ended_at.is_(None))


def held() -> dict[int, int]:
    """How many live claims there are by vacancy."""
    db.session.rollback()
    counted = sa.select(Seat.vacancy_id, sa.func.count()).join(Holding).where(Holding.ended_at.is_(None))
    return dict(map(tuple, db.session.execute(counted.group_by(Seat.vacancy_id))))


def overbooked() -> list[int]:
    """The seats of which more than one child has a live claim."""
    db.session.rollback()
    return list(db.session.scalars(LIVE.group_by(Holding.seat_id).having(sa.func.count() > 1)))


def test_whatever_a_crowd_takes_and_gives_back_no_place_is_taken_twice_and_none_is_lost(crowd):
    came = rush(crowd)
    print(f"{came.total()} attempts: {dict(came)}")
    assert came.total() == WARM + ATTEMPTS // PROCESSES // THREADS * PROCESSES * THREADS
    assert set(came) == {"take", "give_back", "no_free_place", "wrong_status"}, "and no refusal of the database"
    assert overbooked() == []
    live = held()
    assert sum(live.values()) == came["take"] - came["give_back"]
    for id_, places in zip(crowd.vacancies, SIZES, strict=True):
        assert live.get(id_, 0) <= places == db.session.get_one(Vacancy, id_).places
    of_children = sa.select(Holding.application_id, sa.func.count()).where(Holding.ended_at.is_(None))
    assert {n for _child, n in db.session.execute(of_children.group_by(Holding.application_id))} == {1}


def test_the_control_without_lock_and_index_overbooks(crowd):
    """Without the lock alone the index refuses (actions/test_together.py); without both two children have one seat."""
    with transaction():
        index = db.session.scalar(sa.text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), {"name": INDEX})
        db.session.execute(sa.text(f"DROP INDEX {INDEX}"))
    try:
        came = rush(replace(crowd, locks=False, attempts=min(ATTEMPTS, ENOUGH)))
        print(f"{came.total()} attempts: {dict(came)}, {len(overbooked())} seats overbooked")
        assert overbooked() != []
    finally:
        db.session.rollback()
        with transaction():
            db.session.execute(sa.delete(Holding))
            db.session.execute(sa.text(index))
