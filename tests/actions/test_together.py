"""Many at once: whoever comes first gets the place, nobody is counted twice, no voucher loses its seat (spec 3.7)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from app.actions import clock, offers, preconditions, referrals, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Holding, HoldingKind, Notice, Offer, Ownership, Place, Vacancy, Voucher
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


# ---------------------------------------------------------------- the referral procedure


@pytest.fixture
def by_turn(app):
    """Eight children who wait where places are offered."""
    with transaction():
        place = district(procedure="referral")
        children = [application(place).id for _ in range(TOGETHER)]
        return place.id, children


def places_for(place_id: int, n: int, **more) -> int:
    """So many published places of a kindergarten of its own."""
    with transaction():
        of = kindergarten(db.session.get_one(Place, place_id), **more)
        return vacancy(group(of, capacity=n), places=n).id


def holdings(kind: HoldingKind) -> int:
    live = db.select(db.func.count(Holding.id)).where(Holding.kind == kind, Holding.ended_at.is_(None))
    return db.session.scalar(live)


def test_whoever_comes_first_takes_an_open_place_and_the_others_hear_so(app, by_turn):
    place_id, children = by_turn
    places = places_for(place_id, 3)
    with transaction():
        offers.offer(db.session.get_one(Vacancy, places), by=DEPARTMENT, at=at("2026-04-01T10:00"))
        clock.run(at=at("2026-04-08T00:10"), place_id=place_id)  # all three are passed over
    assert at_once(app, choose(places), children) == {"done": 3, "no_free_place": TOGETHER - 3}
    assert holdings(HoldingKind.held) == 3


def test_whoever_comes_first_takes_a_private_place(app, by_turn):
    place_id, children = by_turn
    places = places_for(place_id, 2, ownership=Ownership.private, state_order=True)
    assert at_once(app, choose(places), children) == {"done": 2, "no_free_place": TOGETHER - 2}
    assert holdings(HoldingKind.held) == 2


def test_offered_places_are_taken_at_once_by_those_to_whom_they_were_offered(app, by_turn):
    place_id, children = by_turn
    places = places_for(place_id, 5)
    with transaction():
        offers.offer(db.session.get_one(Vacancy, places), by=DEPARTMENT, at=at("2026-04-08T10:00"))
    outcome = at_once(app, choose(places), children)
    assert (outcome.pop("done"), set(outcome) <= {"not_their_turn", "no_free_place"}) == (5, True)
    assert (holdings(HoldingKind.held), holdings(HoldingKind.offer)) == (5, 0)
    taken = db.select(Application.id).where(Application.status == "referred").order_by(Application.id)
    assert list(db.session.scalars(taken)) == children[:5]


def test_two_offers_at_once_give_no_place_and_no_child_twice(app, by_turn):
    place_id, _children = by_turn
    vacancies = [places_for(place_id, 2, name=f"Арман {n}") for n in range(2)]

    def offer(vacancy_id):
        offers.offer(db.session.get_one(Vacancy, vacancy_id), by=DEPARTMENT, at=at("2026-04-08T10:00"))

    assert at_once(app, offer, vacancies * 4) == {"done": 2, "no_free_place": 6}
    assert (holdings(HoldingKind.offer), db.session.scalar(db.select(db.func.count(Offer.id)))) == (4, 4)


def test_a_family_that_takes_two_places_at_once_gets_one(app, by_turn):
    place_id, children = by_turn
    more = {"ownership": Ownership.private, "state_order": True}
    several = [places_for(place_id, 1, name=f"Балапан {n}", **more) for n in range(TOGETHER)]
    child = children[0]
    outcome = at_once(app, lambda vacancy_id: choose(vacancy_id)(child), several)
    assert outcome == {"done": 1, "wrong_status": TOGETHER - 1}
    assert holdings(HoldingKind.held) == 1


@pytest.mark.parametrize("kind", ["postgresql"])  # SQLite's writers stand in line whatever we lock
def test_without_the_districts_lock_the_database_itself_refuses_a_second_child_on_one_seat(app, by_turn, monkeypatch):
    """The control: what the lock prevents does happen without it, and then the index of seats has the last word."""
    place_id, children = by_turn
    places = places_for(place_id, 2, ownership=Ownership.private, state_order=True)
    ready = Barrier(TOGETHER, timeout=30)
    monkeypatch.setattr(preconditions, "lock_district", lambda _place_id: None)
    found = referrals.choosing.seat_for

    def slowly(*args):
        seat = found(*args)
        ready.wait()  # everybody has found a free seat before anybody takes it
        return seat

    monkeypatch.setattr(referrals.choosing, "seat_for", slowly)
    outcome = at_once(app, choose(places), children)
    assert outcome["the database refused"] >= TOGETHER - 2
    assert holdings(HoldingKind.held) <= 2
