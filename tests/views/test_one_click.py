"""Spec 7, double click, retry: one form has one effect; the same again shows the first answer."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access import sent_forms
from app.access.hashes import hashed
from app.models import SentForm
from app.views import form_keys
from tests.views import routes
from tests.views.conftest import Browser
from tests.views.forms import ADDS, Fields, valid

ROW = SentForm.__table__
SEES = {"sure": "yes", "reason": "себеп", "until": "2026-05-01"}


def forms_sent(city) -> list:
    with city.tables.engine.connect() as connection:
        return connection.execute(sa.select(ROW).order_by(ROW.c.id)).all()


def effects(city) -> dict[str, int]:
    return {name: len(rows) for name, rows in city.tables.rows().items()}


def posting(city) -> list[tuple[str, str, dict]]:
    """(role, address, what is sent) for every address that adds or acts, from the one table of addresses."""
    found = []
    for (method, rule), roles in routes.table().items():
        if (
            method != "POST"
            or None in roles
            or "/export/" in rule
            or "/take/" in rule
            or rule.endswith("/pick")
            or rule in ("/search/", "/search/in/<noun>", "/login/code/")
        ):
            continue
        address, data = routes.address(rule, city)
        noun = rule.split("/")[1]
        data |= {"place": str(city.own.place)} if rule == "/vouchers/round" else {}
        role = str(ADDS.get(noun)) if ADDS.get(noun) in roles else str(sorted(roles)[0])
        found.append((role, address, {**data, **SEES, **(valid(noun, city.own) if rule.endswith("/add") else {})}))
    return found


def test_the_table_has_every_address_that_adds_or_acts(city):
    """What is free of a key is named in one place; every other POST is walked below. A family's own are once by the key
    of their text (test_acts.py).
    """
    free = form_keys.FREE | {
        rule.endpoint for rule in city.web.url_map.iter_rules() if rule.endpoint.endswith((".export", ".take", ".pick"))
    }
    acting = {r.rule for r in city.web.url_map.iter_rules() if "POST" in r.methods and r.endpoint not in free}
    acting = {one for one in acting if not one.startswith(("/my/", "/api/"))}
    walked = {re.sub(r"#.*", "", rule) for method, rule in routes.table() if method == "POST"}
    assert {re.sub(r"/action/<string:name>/<pk>$", "", rule) for rule in acting} <= {
        re.sub(r"/action/\w+/<pk>$", "", rule) for rule in walked
    }
    assert {"/search/", "/language/<string:language>", "/login/", "/logout/"} & acting == set()


def test_the_same_form_again_has_no_second_effect_at_any_address(city):
    browsers, wrong = {}, []
    for role, address, data in posting(city):
        browser = browsers.setdefault(role, None) or city.sign_in(role)
        browsers[role] = browser
        data = {**data, "form_key": browser.key()}
        if "/edit/" in address:
            data |= Fields(browser.get(address).text).values
        first = browser.post(address, data)
        acted = len([row for row in forms_sent(city) if row.key_hash == hashed(data["form_key"])])
        before = city.tables.state()
        second = browser.post(address, data)
        after = city.tables.state()
        if twice := {name for name in before if before[name] != after[name]}:
            wrong.append((role, address, "done twice", twice))
        if acted and (second.status_code, second.location) != (303, first.location or "/"):
            wrong.append((role, address, first.status_code, first.location, second.status_code, second.location))
        if not acted and second.status_code != first.status_code:
            wrong.append((role, address, "refused otherwise", first.status_code, second.status_code))
        if role == str(ADDS.get("users")) and "/password/" in address:
            browsers.pop(role)
    assert wrong == []


def test_five_identical_posts_publish_two_places_once(city):
    """As it was seen: five identical posts published ten places."""
    head, address = city.sign_in("head"), f"/vacancies/publish-free/{city.own.group}"
    form = {"sure": "yes", "places": "1", "form_key": head.key()}
    before = effects(city)
    answers = [head.post(address, form) for _ in range(5)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, answers[0].location)}
    after = effects(city)
    assert after["vacancy"] == before["vacancy"] + 1
    assert "flash success" in head.get(answers[-1].location).text


@pytest.mark.parametrize(
    ("role", "address", "noun", "form"),
    [
        ("head", "/vacancies/publish-free/{group}", "vacancy", {"sure": "yes", "places": "1"}),
        ("department", "/days-off/add", "day_off", {}),
        ("department", "/applications/action/extend/{application}", "change", SEES),
    ],
)
def test_ten_at_once_have_one_effect_and_one_answer(city, role, address, noun, form):
    browser, address = city.sign_in(role), address.format(**vars(city.own))
    form = form or valid("days-off", city.own)
    form = {"csrf_token": browser.token(), "form_key": browser.key(), **form}
    key = browser.client.get_cookie("__Host-session").value
    before = effects(city)

    def post(_n: int) -> tuple[int, str | None]:
        client = city.web.test_client()
        client.set_cookie("__Host-session", key)
        answer = client.post(address, data=form, buffered=True)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(10)))
    after = effects(city)
    assert after[noun] == before[noun] + 1
    assert {location for _, location in answers} == {answers[0][1]}, answers
    assert {status for status, _ in answers} <= {302, 303}


def test_the_same_key_with_another_body_is_409_and_keeps_what_was_typed(city):
    department = city.sign_in("department")
    form = {**valid("days-off", city.own), "form_key": department.key()}
    assert department.post("/days-off/add", form).status_code == 302
    other = {**form, "day": "2035-05-06", "name": "Басқа мереке"}
    with city.tables.unchanged():
        told = department.post("/days-off/add", other)
    page = Fields(told.text).values
    assert (told.status_code, page["name"], page["day"]) == (409, "Басқа мереке", "2035-05-06")
    assert department.post("/days-off/add", page).status_code == 302  # by the new key that came with the page


def test_nobody_else_s_key_is_taken(city):
    department, specialist = city.sign_in("department"), city.sign_in("specialist")
    form = {"sure": "yes", "reason": "себеп", "form_key": specialist.key()}
    with city.tables.unchanged():
        answer = department.post(f"/applications/action/archive/{city.own.waiting}", form)
    assert answer.status_code == 400


@pytest.mark.parametrize("key", ("", "nonsense", "a.b.c", "\0", "9" * 5000))
def test_an_act_without_a_key_is_400_with_the_form_filled_and_a_key(city, key):
    """A page from before, or a program that knows of no keys: it says so, and one more click sends it."""
    department = city.sign_in("department")
    with city.tables.unchanged():
        told = department.post("/days-off/add", {**valid("days-off", city.own), "form_key": key})
    page = Fields(told.text).values
    assert (told.status_code, page["name"]) == (400, "Мереке")
    assert 'id="errors"' in told.text
    assert department.post("/days-off/add", page).status_code == 302


def test_no_address_that_adds_or_acts_does_so_without_a_key(city):
    browsers, wrong = {}, []
    with city.tables.unchanged():
        for role, address, data in posting(city):
            browser = browsers.setdefault(role, city.sign_in(role) if role not in browsers else browsers.get(role))
            answer = browser.post(address, {**data, "form_key": ""})
            again = re.search(r'name="form_key" value="[^"]{20,}"', answer.text.partition("<main")[2])
            if answer.status_code not in (400, 404) or (answer.status_code == 400 and not again):
                wrong.append((role, address, answer.status_code))
    assert wrong == []


def test_a_key_is_not_taken_when_its_row_may_be_gone(city, monkeypatch):
    department = city.sign_in("department")
    form = {**valid("days-off", city.own), "form_key": department.key()}
    monkeypatch.setattr(sent_forms, "KEY_LASTS", timedelta(seconds=-1))
    with city.tables.unchanged():
        assert department.post("/days-off/add", form).status_code == 400


def test_a_refused_form_is_corrected_and_sent_by_the_same_key(city):
    department = city.sign_in("department")
    form = {**valid("days-off", city.own), "form_key": department.key()}
    assert department.post("/days-off/add", {**form, "decree": ""}).status_code == 422
    assert department.post("/days-off/add", {**form, "day": "2026-04-13", "name": "x" * 999}).status_code == 422
    assert forms_sent(city) == []
    assert department.post("/days-off/add", form).status_code == 302


def test_a_row_says_nothing_of_what_was_typed_and_is_gone_when_its_key_is_worth_nothing(city):
    operator = city.sign_in("operator")
    form = valid("applications", city.own)
    added = operator.post("/applications/add", form)
    assert added.status_code == 302, added.text
    (row,) = forms_sent(city)
    said = json.dumps(row.answer, ensure_ascii=False)
    for value in ("child_iin", "applicant_iin", "phone", "address", "child_last_name"):
        assert form[value] not in said and form[value] not in (row.key_hash, row.body_hash)
    with city.web.app_context():
        assert sent_forms.forget() == 0
        with city.tables.engine.begin() as connection:
            connection.execute(sa.update(ROW).values(at=row.at - sent_forms.KEY_LASTS))
        assert sent_forms.forget() == 1
    assert forms_sent(city) == []


def test_a_key_that_was_shown_once_is_not_made_a_second_time(city):
    administrator, address = city.sign_in("administrator"), f"/clients/action/new_key/{city.own.client}"
    form = {"sure": "yes", "form_key": administrator.key()}
    assert administrator.post(address, form).status_code == 200
    with city.tables.unchanged():
        again = administrator.post(address, form)
    assert (again.status_code, again.location) == (303, "/")
    assert "flash warning" in administrator.get("/").text


def test_every_form_of_a_page_has_a_key_of_its_own(city):
    head = city.sign_in("head")
    for address in ("/", "/vacancies/list/", f"/vacancies/show/{city.own.draft}", "/groups/add"):
        keys = re.findall(r'name="form_key" value="([^"]+)"', head.get(address).text)
        assert len(keys) == len(set(keys)) > 0, address


def test_whoever_is_nobody_has_no_key(city):
    assert "form_key" not in Browser(city.web.test_client()).get("/login/").text
