"""Spec 1, accounts: each has a role and what that role's rights reach, which its page and the list show."""

import re

import pytest

from app.rules.roles import Role
from app.views.users import ROLES
from tests.views.forms import Fields, valid

REACHING = [role for role in ROLES if role is not Role.administrator]


def new(city, role: Role, **reach: object) -> dict[str, object]:
    return {**valid("users", city.own), "role": role, "place": "", "kindergarten": "", **reach}


@pytest.mark.parametrize("role", REACHING)
def test_an_account_without_its_reach_is_refused_at_its_field(city, role):
    field, other = ("kindergarten", "place") if role is Role.head else ("place", "kindergarten")
    administrator = city.sign_in("administrator")
    for reach in ({}, {other: getattr(city.own, other)}):
        with city.tables.unchanged():
            answer = administrator.post("/users/add", new(city, role, **reach))
        assert answer.status_code == 422, reach
        assert re.search(f'id="{other if reach else field}-help"[^>]*><strong>', answer.text), reach
    right = new(city, role, **{field: getattr(city.own, field)})
    assert administrator.post("/users/add", right).status_code == 302


def test_an_administrator_needs_no_reach(city):
    assert city.sign_in("administrator").post("/users/add", new(city, Role.administrator)).status_code == 302


def test_the_list_and_the_page_of_an_account_show_its_reach(city):
    administrator = city.sign_in("administrator")
    kindergarten = next(row for row in city.tables.rows()["kindergarten"] if row["id"] == city.own.kindergarten)
    place = next(row for row in city.tables.rows()["place"] if row["id"] == city.own.place)
    listed = administrator.get("/users/list/?psize_UserView=100").text
    for name, account in ((kindergarten["name"], city.own.head_account), (place["name_kk"], city.own.operator_account)):
        assert name in listed
        assert name in administrator.get(f"/users/show/{account}").text


def test_who_reaches_two_districts_still_does_when_the_account_is_changed(city):
    administrator, address = city.sign_in("administrator"), f"/users/edit/{city.own.specialist_account}"

    def reach() -> set[int]:
        rows = city.tables.rows()["user_scope"]
        return {row["place_id"] for row in rows if row["user_id"] == city.own.specialist_account}

    before, filled = reach(), Fields(administrator.get(address).text).values
    assert len(before) == 2
    assert administrator.post(address, {**filled, "first_name": "Жаңа"}).status_code == 302
    assert reach() == before


@pytest.mark.parametrize("actor", ROLES)
def test_nobody_raises_rights_but_the_administrator_those_of_others(city, actor):
    """Spec 7, the lattice of roles: whoever asks, for whose account, for which role."""
    administrator, browser = city.sign_in("administrator"), city.sign_in(str(actor))
    accounts = {row["username"]: row["id"] for row in city.tables.rows()["ab_user"] if row["username"] in ROLES}
    tried = [
        (w, role) for w in accounts for role in ROLES if role != w and (actor is not Role.administrator or w == actor)
    ]
    filled = {whose: Fields(administrator.get(f"/users/edit/{pk}").text).values for whose, pk in accounts.items()}
    with city.tables.unchanged():
        for whose, role in tried:
            reach = {"kindergarten": city.own.kindergarten if role is Role.head else ""}
            reach["place"] = "" if role in (Role.head, Role.administrator) else city.own.place
            answer = browser.post(f"/users/edit/{accounts[whose]}", {**filled[whose], **reach, "role": role})
            assert answer.status_code in (403, 404, 422), (whose, role)
    assert len(accounts) == len(ROLES)
