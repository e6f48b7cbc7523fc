"""Spec 3.5.2, norm free_choice.window, ADR 38: the lot goes by the head of the history's chain, and can be checked."""

from hashlib import sha256

import pytest
import sqlalchemy as sa

from app.actions import chain, clock, lots, vacancies
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, HistorySeal, Holding, Lot, LotEntry, Notice, Ownership, Place, Unit, Vacancy
from app.rules.refusals import Reason, Refusal
from tests.actions.test_together import TOGETHER, at_once
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, norm, vacancy

OPEN, LAST, OVER = at("2026-04-07T09:00"), at("2026-04-07T11:00"), at("2026-04-07T11:01")
FAMILIES, PLACES = 7, 2


@pytest.fixture
def town(app):
    """Two places of a private kindergarten, given by lot for two hours, and a third one that asks nobody to wait."""
    with transaction():
        place = district(procedure="referral")
        free = vacancy(group(kindergarten(place, "Бөбек", ownership=Ownership.private, state_order=True), capacity=1))
        norm("free_choice.window", "2", Unit.H, place)
        there = group(kindergarten(place, "Гүлдер", ownership=Ownership.private, state_order=True), capacity=PLACES)
        given = vacancy(there, places=PLACES, publish=False)
        vacancies.publish(given, by=DEPARTMENT, at=OPEN)
        children = [application(place, queued_at=at("2026-04-02T10:00")) for _ in range(FAMILIES)]
        return place.id, given.id, free.id, [one.id for one in children]


def enter(town, *which, when="2026-04-07T10:00"):
    given = db.session.get_one(Vacancy, town[1])
    for n in which or range(FAMILIES):
        child = db.session.get_one(Application, town[3][n])
        lots.enter(child, given, by=family(child), at=at(when))
    db.session.commit()


def run(town, when=OVER):
    """The clock's turn in this district, as the timetable has it."""
    clock.run(at=when, place_id=town[0])
    db.session.commit()


def seal(when):
    chain.seal(at=when)
    db.session.commit()


def drawn(town):
    """The clock until the lot is drawn; the lot and its protocol."""
    run(town)
    seal(at("2026-04-07T11:02"))
    run(town, at("2026-04-07T11:03"))
    lot = db.session.scalars(sa.select(Lot)).one()
    return lot, lots.protocol(lot)


def test_the_order_is_that_of_the_first_head_that_stands_for_who_asked(town):
    enter(town)
    seal(at("2026-04-07T10:30"))  # before the end: nobody may know by it
    run(town, LAST)  # whose last moment belongs to the window
    run(town)
    run(town)
    lot = db.session.scalars(sa.select(Lot)).one()
    assert lot.closed_at == OVER and lot.drawn_at is None
    lot, protocol = drawn(town)
    later = sa.select(HistorySeal).where(HistorySeal.position == lot.position)
    head = db.session.scalars(later).one().head.hex()
    assert lot.head == head and db.session.scalars(later).one().at > LAST
    numbers = [one.number for one in db.session.scalars(sa.select(Application).where(Application.id.in_(town[3])))]
    by_hand = sorted(numbers, key=lambda number: sha256(f"{head} {number}".encode()).hexdigest())
    assert [one.number for one in protocol] == by_hand
    assert [str(one.status) for one in protocol] == ["won"] * PLACES + ["lost"] * (FAMILIES - PLACES)
    assert lots.first_fault(lot) is None
    told = sa.select(Notice.facts).where(Notice.template == "lose")
    assert {(one["free"], one["asked"], one["places"]) for one in db.session.scalars(told)} == {("Бөбек", 7, 2)}


def test_who_asks_first_and_who_asks_last_stand_where_the_head_puts_them(town):
    enter(town, 6, when="2026-04-07T09:00")
    enter(town, 3, 5, 0, 1, 4, when="2026-04-07T10:59")
    enter(town, 2, when="2026-04-07T11:00")
    lot, protocol = drawn(town)
    assert [one.ticket for one in protocol] == sorted(one.ticket for one in protocol)
    assert lots.first_fault(lot) is None


@pytest.mark.parametrize("stood", ["line", "number"])
def test_an_order_that_somebody_changed_and_a_number_that_came_too_late_are_found(town, stood):
    enter(town)
    lot, protocol = drawn(town)
    if stood == "line":
        turned = sa.update(LotEntry).where(LotEntry.line <= 2).values(line=3 - LotEntry.line)
    else:
        turned = sa.update(Application).where(Application.number == protocol[-1].number).values(number="ЖАҢА-1")
    db.session.execute(turned)
    db.session.expire_all()
    assert lots.first_fault(lot) == ("ЖАҢА-1" if stood == "number" else protocol[1].number)


def test_clocks_at_once_draw_once_and_give_no_place_twice(app, town):
    enter(town)
    run(town)
    seal(at("2026-04-07T11:02"))
    at_once(app, lambda place_id: clock.run(at=at("2026-04-07T11:03"), place_id=place_id), [town[0]] * TOGETHER)
    held = sa.select(sa.func.count(Holding.id)).where(Holding.ended_at.is_(None), Holding.kind == "held")
    assert db.session.scalar(held) == PLACES
    draws = sa.select(sa.func.count(Change.id)).where(Change.verb == "draw")
    assert db.session.scalar(draws) == 1


def test_families_that_ask_at_once_all_take_part_and_a_choice_beside_them_is_refused(app, town):
    place, given, _free, children = town

    def ask(n):
        child, there = db.session.get_one(Application, children[n]), db.session.get_one(Vacancy, given)
        lots.enter(child, there, by=family(child), at=at("2026-04-07T10:00"))

    assert at_once(app, ask, [*range(FAMILIES)] * 2) == {"done": FAMILIES, "already_used": FAMILIES}
    assert lots.asked(db.session.scalars(sa.select(Lot))) == {db.session.scalars(sa.select(Lot.id)).one(): FAMILIES}
    assert db.session.get_one(Place, place).name_kk


def test_a_norm_that_comes_later_changes_nothing_of_a_lot_that_runs(town):
    place = db.session.get_one(Place, town[0])
    norm("free_choice.window", "0", Unit.H, place, since=at("2026-04-07T00:00").date())
    db.session.commit()
    enter(town, 0, when="2026-04-07T10:30")
    with pytest.raises(Refusal) as refused:
        enter(town, 1, when="2026-04-07T11:01")
    assert refused.value.reason is Reason.too_late
