"""Many at once: whoever comes first gets the place, nobody is counted twice, no voucher loses its seat (spec 3.7)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from app.actions import clock, referrals, vouchers
from app.database import transaction
from app.extensions import db
from app.models import Application, Change, Holding, HoldingKind, Notice, Vacancy, Voucher
from app.rules.refusals import Refusal
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, vacancy

TOGETHER = 8


def at_once(app, act, tasks):
    """Run `act` for every task on threads of their own, each in its transaction; what came of each."""

    def one(task):
        with app.app_context():
            try:
                with transaction():
                    act(task)
                return "done"
            except Refusal as refusal:
                return str(refusal.reason)
            except IntegrityError:
                return "the database refused"

    db.session.commit()
    db.session.remove()
    with ThreadPoolExecutor(TOGETHER) as threads:
        return Counter(threads.map(one, tasks))


@pytest.fixture
def town(app):
    """Four families with confirmed vouchers for four places, three of them for any of two birth years."""
    with transaction():
        place = district()
        mixed = vacancy(group(kindergarten(place), years=(2022, 2023), capacity=3), places=3)
        vacancy(group(kindergarten(place, "Балапан"), capacity=1), places=1)
        children = [application(place, born_on=at(f"{year}-01-0{n}T00:00").date()) for n, year in YEARS]
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
        for child in children:
            vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00"))
        return place.id, mixed.id, [child.id for child in children]


YEARS = ((1, 2022), (2, 2023), (3, 2023), (4, 2023))


def choose(vacancy_id):
    def act(application_id):
        chooser = db.session.get_one(Application, application_id)
        place = db.session.get_one(Vacancy, vacancy_id)
        referrals.choose(chooser, place, by=family(chooser), at=at("2026-04-08T12:00"))

    return act


def test_one_family_that_chooses_many_times_at_once_holds_one_place(app, town):
    _place, mixed, children = town
    assert at_once(app, choose(mixed), [children[1]] * TOGETHER) == {"done": 1, "wrong_status": TOGETHER - 1}
    held = db.select(db.func.count(Holding.id)).where(Holding.kind == HoldingKind.held, Holding.ended_at.is_(None))
    assert db.session.scalar(held) == 1


def test_nobody_takes_the_seat_that_another_voucher_needs(app, town):
    _place, mixed, children = town
    outcome = at_once(app, choose(mixed), children)
    assert outcome == {"done": 3, "no_free_place": 1}
    left_out = db.session.get_one(Application, children[0])
    assert left_out.status == "voucher_issued"


def test_clocks_in_parallel_do_each_thing_once(app, town):
    place, _mixed, _children = town

    def tick(_n):
        clock.run(at=at("2026-05-20T00:10"), place_id=place)

    assert at_once(app, tick, range(TOGETHER)) == {"done": TOGETHER}
    expired = db.select(db.func.count(Change.id)).where(Change.verb == "expire", Change.subject == "voucher")
    assert db.session.scalar(expired) == len(YEARS)
    told = db.select(db.func.count(Notice.id)).where(Notice.template == "expire")
    assert db.session.scalar(told) == len(YEARS)
    assert {voucher.status for voucher in db.session.scalars(db.select(Voucher))} == {"expired"}


def test_two_rounds_at_once_give_nobody_two_vouchers(app):
    with transaction():
        place = district()
        vacancy(group(kindergarten(place), capacity=3), places=3)
        for _ in range(5):
            application(place)
        place_id = place.id

    def issue(_n):
        vouchers.issue_round(place_id, by=DEPARTMENT, at=at("2026-04-08T10:00"))

    assert at_once(app, issue, range(TOGETHER)) == {"done": TOGETHER}
    assert db.session.scalar(db.select(db.func.count(Voucher.id))) == 3
