"""Spec 7, two editors: whoever saves second is told what the first one saved; what nobody touched is not written."""

import threading

import pytest
import sqlalchemy as sa

from app.views.base import BaseView
from tests.views import routes
from tests.views.conftest import Browser
from tests.views.forms import Fields

TYPED = {"text", "textarea", "number"}
ORDER = ("capacity", "places", "address", "name", "legal_basis", "first_name")  # what anybody may change a little


def edit_forms(city) -> list[tuple[str, str]]:
    """(role, address) of every form that changes a record, from the views themselves."""
    own = routes.table()
    views = [view for view in city.web.appbuilder.baseviews if isinstance(view, BaseView) and "edit" in view.routes()]
    found = []
    for view in views:
        rule = f"{view.route_base}/edit/<pk>"
        of = {"/vacancies": "draft"}.get(view.route_base)
        address = f"{view.route_base}/edit/{getattr(city.own, of)}" if of else routes.address(rule, city)[0]
        found.append((str(sorted(own["POST", rule])[0]), address))
    return found


def test_there_are_as_many_edit_forms_as_the_address_map_says(city):
    there = {rule.rule for rule in city.web.url_map.iter_rules() if "/edit/" in rule.rule}
    assert len(edit_forms(city)) == len(there) >= 8


def opened(browser: Browser, address: str) -> Fields:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return Fields(answer.text)


def other(value: str, kind: str, by: int) -> str:
    return str(int(value) + by) if kind == "number" or value.isdecimal() else f"{value}{'аб'[by - 1]}"


def changeable(form: Fields) -> str:
    """A field of the form that takes another value as well."""
    return next(name for name in (*ORDER, *form.kinds) if form.kinds.get(name) in TYPED)


def test_whoever_saves_second_is_told_in_every_edit_form(city):
    wrong = []
    for role, address in edit_forms(city):
        first, second = city.sign_in(role), city.sign_in(role)
        mine, theirs = opened(first, address), opened(second, address)
        name = changeable(mine)
        one = {**mine.values, name: other(mine.values[name], mine.kinds[name], 1)}
        two = {**theirs.values, name: other(theirs.values[name], theirs.kinds[name], 2)}
        assert first.post(address, one).status_code in (302, 303), address
        with city.tables.unchanged():
            told = second.post(address, two)
        page = Fields(told.text)
        cells = told.text.partition('class="rows beside"')[2].partition("</table>")[0]
        if told.status_code != 409 or f"<mark>{one[name]}" not in cells or f"<mark>{two[name]}" not in cells:
            wrong.append((address, told.status_code, cells))
            continue
        if page.values[name] != two[name]:
            wrong.append((address, "not kept", page.values[name]))
        again = second.post(address, page.values)
        if again.status_code not in (302, 303) or opened(first, address).values[name] != two[name]:
            wrong.append((address, "not saved from there", again.status_code))
    assert wrong == []


def test_a_form_that_does_not_say_what_it_was_shown_from_saves_nothing_in_every_edit_form(city):
    wrong = []
    for role, address in edit_forms(city):
        browser = city.sign_in(role)
        form = opened(browser, address)
        name = changeable(form)
        typed = {**form.values, name: other(form.values[name], form.kinds[name], 1)}
        for seen in ("", "nonsense", "a:b c:d", "\0", ":", f"{name}:{'0' * 16}"):
            with city.tables.unchanged():
                answer = browser.post(address, {**typed, "seen": seen})
            if answer.status_code != 409 or Fields(answer.text).values[name] != typed[name]:
                wrong.append((address, seen, answer.status_code))
    assert wrong == []


def test_a_field_that_was_not_sent_or_not_shown_is_not_written_in_every_edit_form(city):
    """A page from before a field was there, or a browser that lost one, empties nothing."""
    wrong = []
    for role, address in edit_forms(city):
        browser = city.sign_in(role)
        form = opened(browser, address)
        for name, kind in form.kinds.items():
            if kind not in TYPED or name.startswith("categories"):
                continue
            less = {n: v for n, v in form.values.items() if n != name}
            with city.tables.unchanged():
                status = browser.post(address, less).status_code  # a required one is asked for
            if status not in (302, 303, 422):
                wrong.append((address, name, status))
            shown = " ".join(one for one in form.values["seen"].split() if not one.startswith(f"{name}:"))
            typed = {**form.values, "seen": shown, name: other(form.values[name], kind, 1)}
            with city.tables.unchanged():
                status = browser.post(address, typed).status_code
            if status not in (302, 303, 422):
                wrong.append((address, name, "not shown", status))
    assert wrong == []


def test_what_one_did_not_touch_stays_as_the_other_one_left_it(city):
    """As it was seen: the second save put the older phone back."""
    address = f"/applications/edit/{city.own.application}"
    first, second = city.sign_in("operator"), city.sign_in("specialist")
    mine, theirs = opened(first, address).values, opened(second, address).values
    assert first.post(address, {**mine, "phone": "+77022223344"}).status_code == 302
    told = second.post(address, {**theirs, "address": "Сарыарқа 5"})
    assert told.status_code == 409
    page = Fields(told.text).values
    assert (page["phone"], page["address"]) == ("+77022223344", "Сарыарқа 5")
    assert second.post(address, page).status_code == 302
    after = opened(first, address).values
    assert (after["phone"], after["address"]) == ("+77022223344", "Сарыарқа 5")
    last = max(city.tables.rows()["change"], key=lambda row: row["id"])
    assert set(last["details"]) == {"address"}


def test_an_account_s_history_names_what_was_changed_and_nothing_else(city):
    administrator, address = city.sign_in("administrator"), f"/users/edit/{city.own.account}"
    form = opened(administrator, address).values
    before = city.tables.rows()
    assert administrator.post(address, {**form, "first_name": "Басқа"}).status_code == 302
    after = city.tables.rows()
    assert set(after["change"][-1]["details"]) == {"first_name"}
    assert after["user_scope"] == before["user_scope"] and after["account"] == before["account"]


@pytest.mark.parametrize("noun", ("kindergartens", "applications", "groups"))
def test_of_two_who_save_at_the_very_same_moment_one_is_told(city, noun):
    """Both have read the record and found it as it was shown; the database lets one of them go on."""
    role, address = next(one for one in edit_forms(city) if one[1].startswith(f"/{noun}/"))
    browsers = [city.sign_in(role), city.sign_in(role)]
    forms = [opened(browser, address) for browser in browsers]
    name, together, found = changeable(forms[0]), threading.Barrier(2), []
    values = [{**form.values, name: other(form.values[name], form.kinds[name], n)} for n, form in enumerate(forms, 1)]

    def wait(_connection, _cursor, statement: str, *_) -> None:
        """PostgreSQL: nobody holds the row before both have come to it. On SQLite one request waits for the other."""
        if "FOR NO KEY UPDATE" in statement and not getattr(seen, "here", False):
            seen.here = True
            together.wait(20)

    seen = threading.local()

    def save(browser: Browser, typed: dict) -> None:
        found.append(browser.post(address, typed).status_code)

    for browser in browsers:
        browser.token()
    sa.event.listen(city.tables.engine, "before_cursor_execute", wait)
    try:
        threads = [threading.Thread(target=save, args=both) for both in zip(browsers, values, strict=True)]
        [thread.start() for thread in threads]
        [thread.join(60) for thread in threads]
    finally:
        sa.event.remove(city.tables.engine, "before_cursor_execute", wait)
    assert sorted(found) == [302, 409]


def test_only_what_was_touched_stands_in_the_update(city):
    address = f"/kindergartens/edit/{city.own.kindergarten}"
    browser = city.sign_in("specialist")
    form = opened(browser, address).values
    with city.tables.writes() as written:
        assert browser.post(address, {**form, "address": "Басқа көше 7"}).status_code == 302
    statements = [one for one in written if one.startswith("UPDATE kindergarten")]
    assert statements and all("phone" not in one and "bin" not in one for one in statements), statements


def test_a_privilege_that_somebody_claimed_meanwhile_is_not_replaced_unseen(city):
    """The form shows what stands beside its fields, and another claim replaces it."""
    address = f"/applications/claim-privilege/{city.own.late}"
    first, second = city.sign_in("operator"), city.sign_in("specialist")
    claim = {
        "ground": "large_family",
        "paper_title": "Анықтама",
        "paper_issued_on": "2026-02-01",
        "paper_on": "2026-04-13",
    }
    mine, theirs = opened(first, address).values, opened(second, address).values
    assert first.post(address, {**mine, **claim}).status_code == 303
    with city.tables.unchanged():
        told = second.post(address, {**theirs, **claim, "paper_title": "Басқа анықтама"})
    assert (told.status_code, Fields(told.text).values["paper_title"]) == (409, "Басқа анықтама")
    with city.tables.unchanged():
        assert second.post(address, {**theirs, **claim, "seen": ""}).status_code == 409
