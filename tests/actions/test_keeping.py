"""Spec 3.2: what a family holds does not change under it: a change that costs a place is refused, counting families."""

from datetime import date

import pytest

from app.actions import offers, records, referrals, vouchers
from app.actions.vacancies import close
from app.db.extensions import db
from app.models import Application, KindergartenKind, Ownership, Place
from app.rules.refusals import Refusal
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, vacancy

NOW, LATER = at("2026-04-08T10:00"), at("2026-04-09T10:00")
PRIVATE = {"ownership": Ownership.private, "state_order": True}
OWED = {"offer": "referral", "referral": "referral", "voucher": "voucher", "held by a voucher": "voucher"}
LOSE = {  # what is changed of which record, and to what
    "the group's years": ("group", lambda _: {"birth_year_from": 2023, "birth_year_to": 2023}),
    "the group's kindergarten": ("group", lambda town: {"kindergarten": town["elsewhere"]}),
    "the owner": ("kindergarten", lambda _: {"ownership": Ownership.private}),
    "the kind": ("kindergarten", lambda _: {"kind": KindergartenKind.sanatorium}),
    "the place": ("kindergarten", lambda town: {"place": town["elsewhere"].place}),
}
KEEP = {
    "wider years": ("group", lambda _: {"birth_year_from": 2021}),
    "a private owner on state order": ("kindergarten", lambda _: dict(PRIVATE)),
    "another kind of the same queue": ("kindergarten", lambda _: {"kind": KindergartenKind.kindergarten}),
    "another phone": ("kindergarten", lambda _: {"phone": "+77010000001"}),
}


def town(owed: str, **more: object) -> dict:
    """A group whose one place is owed to a family in this way."""
    place = district(procedure=OWED[owed])
    of = kindergarten(place, **more)
    kids, child = group(of, capacity=1), application(place, date(2022, 9, 17))
    published = vacancy(kids)
    if OWED[owed] == "referral":
        offers.offer(published, by=DEPARTMENT, at=NOW)
    else:
        vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
        vouchers.confirm(child, by=family(child), at=NOW)
    if owed in ("referral", "held by a voucher"):
        referrals.choose(child, published, by=family(child), at=NOW)
    there = kindergarten(district("Степногорск қаласы", OWED[owed]), "Айна")
    return {"group": kids, "kindergarten": of, "vacancy": published, "child": child, "elsewhere": there}


def refused(verb, *args, **more) -> dict | None:
    """The facts of the refusal, which leaves nothing; None where it was done."""
    try:
        with db.session.begin_nested():
            verb(*args, by=DEPARTMENT, at=more.pop("at", LATER), **more)
    except Refusal as refusal:
        return {"reason": str(refusal.reason), "families": refusal.facts.get("families")}
    return None


@pytest.mark.parametrize("owed", OWED)
@pytest.mark.parametrize("change", LOSE)
def test_no_change_by_which_a_family_would_lose_its_place(app, owed, change):
    it = town(owed)
    record, values = LOSE[change]
    told = refused(records.change, it[record], values(it))
    assert told == {"reason": "no_free_place", "families": 1}


@pytest.mark.parametrize("owed", OWED)
@pytest.mark.parametrize("change", KEEP)
def test_what_costs_nobody_a_place_is_changed(app, owed, change):
    it = town(owed)
    record, values = KEEP[change]
    assert refused(records.change, it[record], values(it)) is None


@pytest.mark.parametrize("owed", OWED)
def test_a_private_kindergarten_keeps_its_state_order_while_a_family_needs_it(app, owed):
    it = town(owed, **PRIVATE) if OWED[owed] == "voucher" else by_norm_of_turn(owed)
    told = refused(records.change, it["kindergarten"], {"state_order": False})
    assert told == {"reason": "no_free_place", "families": 1}


def by_norm_of_turn(owed: str) -> dict:
    """The same where a private place goes by turn: state, until the family has it."""
    it = town(owed)
    assert refused(records.change, it["kindergarten"], dict(PRIVATE)) is None
    return it


@pytest.mark.parametrize("owed", ["offer", "referral", "held by a voucher"])
def test_a_group_that_a_family_has_a_place_of_is_not_removed_nor_its_kindergarten(app, owed):
    it = town(owed)
    for record in ("group", "kindergarten"):
        assert refused(records.remove, it[record]) == {"reason": "wrong_status", "families": 1}


def test_a_vacancy_that_vouchers_need_is_not_closed_and_says_how_many(app):
    assert refused(close, town("voucher")["vacancy"]) == {"reason": "no_free_place", "families": 1}


def test_another_owner_is_refused_while_an_offered_child_would_be_too_young_for_it(app):
    place = district(procedure="referral")
    of = kindergarten(place)
    published = vacancy(group(of, (2023, 2023)))
    application(place, date(2023, 4, 20))
    offers.offer(published, by=DEPARTMENT, at=NOW)
    assert refused(records.change, of, dict(PRIVATE)) == {"reason": "no_free_place", "families": 1}


def test_whoever_has_let_a_term_pass_is_in_nobodys_way(app):
    it = town("offer")
    assert (
        refused(
            records.change, it["group"], {"birth_year_from": 2020, "birth_year_to": 2021}, at=at("2026-05-20T10:00")
        )
        is None
    )
    assert db.session.get_one(Application, it["child"].id).status == "queued"
    assert isinstance(it["elsewhere"].place, Place)
