"""A record out of many is looked for, never loaded with all the others; what is foreign is neither found nor taken."""

import re

import pytest
import sqlalchemy as sa

from app.db.extensions import db
from app.models import Child
from app.rules.roles import Role
from app.views import forms
from tests.views.city import CANARIES
from tests.views.forms import Fields, valid
from tests.views.test_look_in_chromium import windows  # noqa: F401


@pytest.fixture
def many(city, monkeypatch):
    """The city, as if it had more kindergartens, groups and places than a select offers."""
    monkeypatch.setattr(forms, "OFFERED", 0)
    return city


def test_a_form_of_many_offers_none_but_what_was_typed_means_without_javascript(many):
    browser = many.sign_in("specialist")
    address, filled = "/vacancies/add", valid("vacancies", many.own)
    assert Fields(browser.get(address).text).options["group"] == [""]
    with many.tables.unchanged():
        found = browser.post(address, {**filled, "group": "", "group-find": "арман", "places": "3"})
    fields = Fields(found.text)
    assert found.status_code == 422 and str(many.own.group) in fields.options["group"]
    assert (fields.values["places"], fields.values["group-find"]) == ("3", "арман")
    with many.tables.unchanged():
        assert browser.post(address, {**filled, "group": "", "group-find": "жоқ мұндай"}).status_code == 422
        assert browser.post(address, {**filled, "group": ""}).status_code == 422
    assert browser.post(address, {**filled, "group": str(many.own.group)}).status_code == 302


def test_a_form_of_many_keeps_the_record_that_is_chosen(many):
    browser = many.sign_in("specialist")
    address = f"/vacancies/edit/{many.own.draft}"
    fields = Fields(browser.get(address).text)
    assert fields.values["group"] in fields.options["group"] and fields.values["group"] != ""
    assert browser.post(address, {**fields.values, "places": "1"}).status_code == 302


def test_a_foreign_record_is_neither_found_nor_taken_where_there_are_many(many):
    for role, where in (("specialist", many.district), ("head", many.neighbour), ("department", many.region)):
        browser = many.sign_in(role)
        with many.tables.unchanged():
            for group in (where.group, 999999, "abc", "9" * 30):
                answer = browser.post("/vacancies/add", {**valid("vacancies", many.own), "group": str(group)})
                assert answer.status_code == 422, (role, group)
            typed = {"group": "", "group-find": next(c for w, c in CANARIES.items() if vars(many)[w] is where)}
            answer = browser.post("/vacancies/add", {**valid("vacancies", many.own), **typed})
            assert Fields(answer.text).options["group"] == [""], role


def picked(browser, noun: str, text: str) -> list[dict[str, str]]:
    """What a browser is told of what is typed; it is posted, for it may be an IIN."""
    return browser.post(f"/{noun}/pick", {"q": text}).json


def test_a_browser_asks_for_a_few_records_within_its_readers_reach(city):
    head, administrator = city.sign_in("head"), city.sign_in("administrator")
    own = {one["value"] for one in picked(head, "groups", "№1")}
    assert str(city.own.group) in own and str(city.neighbour.group) not in own
    assert picked(head, "groups", "") == [] == picked(head, "groups", CANARIES["neighbour"])
    for sought in ("%", "_", "' OR 1=1--"):
        assert picked(head, "groups", sought) == []
    assert len(picked(administrator, "kindergartens", "№")) <= forms.PICKED
    assert {one["value"] for one in picked(administrator, "kindergartens", "арман")} == {str(city.own.kindergarten)}


def test_a_select_loads_no_more_than_it_offers(many, monkeypatch):
    browser, seen = many.sign_in("department"), []
    sa.event.listen(many.tables.engine, "before_cursor_execute", note := lambda *said: seen.append(said[2]))
    try:
        assert browser.get("/vacancies/add").status_code == 200
    finally:
        sa.event.remove(many.tables.engine, "before_cursor_execute", note)
    groups = [one for one in seen if re.search("FROM kg_group", one) and "ORDER BY kindergarten.sort_name" in one]
    assert groups and all("LIMIT" in one for one in groups)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_child_is_found_by_its_iin_as_it_is_typed_and_the_iin_stands_in_no_address(many, windows):  # noqa: F811
    with many.web.app_context():
        child = db.session.get_one(Child, many.own.child)
        iin, name = child.iin, child.last_name
    page, asked = windows.open(Role.operator), []
    page.on("request", lambda one: asked.append(one.url))
    page.goto("/guardianships/add")
    page.locator("#child-ts-control").press_sequentially(iin)
    page.locator(".option", has_text=name).click()
    assert page.locator("#child").input_value() == str(many.own.child)
    assert any(one.endswith("/children/pick") for one in asked) and [one for one in asked if iin in one] == []
