"""Spec 7, second factor: who has one is in by both, each code once; asked again for what is far-reaching (ADR 37)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.access import second_factor
from app.access.sessions import ROW
from app.models import SignedIn
from app.rules.roles import SECOND_FACTOR
from config import load
from tests.views import forms, routes
from tests.views.authenticators import OWN, by_password, forget_step, post_letters, set_up, with_code
from tests.views.city import PASSWORD
from tests.views.conftest import Browser
from tests.views.test_passwords import verbs

LATER = second_factor.LASTS + timedelta(minutes=1)


def go_stale(city) -> None:
    """More than ten minutes have passed since the code was asked for."""
    with city.tables.engine.begin() as connection:
        asked = sa.update(SignedIn.__table__).where(ROW.factor_at.is_not(None))
        connection.execute(asked.values(factor_at=datetime.now(UTC) - LATER))


@pytest.fixture
def holder(city):
    """The administrator has set one up; `city.codes` are for its loss."""
    browser = city.sign_in("administrator")
    browser.holds, city.codes = set_up(city, browser)
    return browser


def is_in(browser) -> bool:
    return browser.get("/password/").status_code == 200


def test_with_a_second_factor_the_password_alone_opens_nothing(city, holder):
    waits = by_password(city, "administrator")
    assert waits.answer.location == "/login/code/?next=/"
    for (method, rule), roles in routes.table().items():
        if "administrator" in roles and None not in roles and rule not in ("/login/code/", *routes.FILES):
            address, data = routes.address(rule, city)
            answer = waits.get(address) if method == "GET" else waits.client.post(address, data=data)
            assert answer.status_code in (302, 303, 400), (method, address)
            assert "/login/" in (answer.location or "/login/"), (method, address)
    assert with_code(waits, holder.holds.code()).status_code == 302
    assert is_in(waits)


def test_a_code_is_taken_once_and_one_step_off_at_most(city, holder):
    for steps, comes_in in ((-2, False), (2, False), (-1, True), (0, True), (1, True)):
        forget_step(city)
        assert (with_code(by_password(city, "administrator"), holder.holds.code(steps)).status_code == 302) is comes_in
    with city.tables.unchanged():
        for used in (1, 0):  # no older one than the last either
            assert with_code(by_password(city, "administrator"), holder.holds.code(used)).status_code == 422


def test_a_recovery_code_opens_once_and_the_person_is_told(city, holder):
    codes, text = city.codes, repr(city.tables.rows())
    assert len(set(codes)) == second_factor.CODES and not any(one in text for one in codes)
    assert with_code(by_password(city, "administrator"), codes[0].upper().replace("-", " ")).status_code == 302
    assert with_code(by_password(city, "administrator"), codes[0]).status_code == 422
    assert verbs(city, "administrator")[-1] == "use_recovery_code"
    assert f" {second_factor.CODES - 1}." in post_letters(city)[-1]


def test_the_secret_is_encrypted_and_the_history_has_none_of_it(city, holder):
    secret = holder.holds.totp.secret
    (row,) = city.tables.rows()["second_factor"]
    assert secret not in repr(city.tables.rows()) and row["new_secret"] is None
    with city.web.app_context():
        assert second_factor.opened(row["secret"]) == secret
        city.web.config["SECRET_KEY"], own = "another key, long enough to be one", city.web.config["SECRET_KEY"]
        try:
            assert second_factor.opened(row["secret"]) is None
        finally:
            city.web.config["SECRET_KEY"] = own


def test_what_is_being_set_up_counts_for_nothing_until_its_first_code(city):
    browser = city.sign_in("department")
    browser.post(OWN, {"do": "begin"})
    assert by_password(city, "department").answer.location == "/"
    with city.tables.unchanged():
        answer = browser.post(OWN, {"do": "confirm", "authenticator_code": "000 000"})
    assert answer.status_code == 422 and "data:image/svg" in answer.text
    assert verbs(city, "department") == ["create"]


def test_whoever_finds_an_open_browser_sets_none_up_without_the_password(city):
    browser = city.sign_in("department")
    with city.tables.engine.begin() as connection:
        connection.execute(sa.update(SignedIn.__table__).values(began_at=datetime.now(UTC) - LATER))
    with city.tables.unchanged():
        assert browser.post(OWN, {"do": "begin", "current": "not the password"}).status_code == 422
    assert browser.post(OWN, {"do": "begin", "current": PASSWORD}).status_code == 303
    assert city.tables.rows()["second_factor"]


WATCHED = ("/health/live", "/health/ready", "/metrics")  # by a program, whoever is signed in


@pytest.mark.parametrize("role", sorted(routes.SIGNED_IN))
def test_who_needs_one_sets_it_up_before_anything_else(city, monkeypatch, role):
    monkeypatch.setitem(city.web.config, "KEZEK", replace(city.web.config["KEZEK"], second_factor=True))
    browser, opens = city.sign_in(str(role)), ("/password/", "/logout/", "/login/", OWN, *routes.FILES, *WATCHED)
    held = role in SECOND_FACTOR
    for (method, rule), roles in routes.table().items() if held else ():
        if role in roles and rule not in (*opens, *routes.PUBLIC, *routes.FORMS) and "/language/" not in rule:
            address, data = routes.address(rule, city)
            with city.tables.unchanged():
                answer = browser.get(address) if method == "GET" else browser.post(address, data | {"sure": "yes"})
            assert (answer.status_code, answer.location) == (303, OWN), (method, address)
    assert (browser.get("/").location == OWN) is held
    if held:
        set_up(city, browser)
        assert browser.get("/").status_code == 200
        with city.tables.unchanged():
            browser.post(OWN, {"do": "remove"})


def test_the_settings_ask_for_one_but_for_the_demo():
    assert load({}).second_factor and load({"KEZEK_DEMO": "0"}).second_factor
    assert (
        not load({"KEZEK_DEMO": "1"}).second_factor
        and load({"KEZEK_DEMO": "1", "KEZEK_SECOND_FACTOR": "1"}).second_factor
    )


# ---------------------------------------------------------------- once more


FAR_REACHING = {
    "administrator": ("/users/edit/{account}", "/users/add", "/users/action/invite/{head_account}", "/clients/add"),
    "department": ("/norms/action/approve/{norm}", "/proposals/action/approve/{proposal}"),
    "specialist": ("/bulk-runs/action/start/{begun}", "/guardianships/action/approve/{guardianship}"),
}


def filled(city, browser, address: str) -> dict:
    noun = address.split("/")[1]
    if address.endswith("/add"):
        return forms.valid(noun, city.own)
    if "/edit/" in address:
        return {**forms.Fields(browser.get(address).text).values, "first_name": "Жаңа"}
    return {"sure": "yes"}


@pytest.mark.parametrize("role", FAR_REACHING)
def test_for_what_is_far_reaching_the_code_is_asked_for_once_more(city, role):
    browser = city.sign_in(role)
    holds, _codes = set_up(city, browser)
    begun = begin_run(city, browser) if role == "specialist" else 0
    for address in (one.format(**vars(city.own), begun=begun) for one in FAR_REACHING[role]):
        go_stale(city)
        asked = {**filled(city, browser, address), "form_key": browser.key()}
        asked |= {name: value for name, value in seen(browser, address).items() if name not in asked}
        with city.tables.unchanged():
            answer = browser.post(address, asked)
            assert answer.status_code == 403 and 'name="authenticator_code"' in answer.text, address
            again = forms.Fields(answer.text).values
            assert browser.post(address, {**again, "authenticator_code": "000000"}).status_code == 422, address
        forget_step(city)
        done = browser.post(address, {**again, "authenticator_code": holds.code()})
        assert done.status_code in (302, 303), (address, done.text)
    assert browser.get("/").status_code == 200


def begin_run(city, browser) -> str:
    """A bulk run that was tried and not started: an archive."""
    chosen = {"list": "ApplicationView", "action": "archive", "rowid": str(city.own.waiting)}
    answer = browser.post("/bulk-runs/begin", {**chosen, "sure": "yes", "reason": "көшті"})
    return answer.location.rpartition("/")[2]


def seen(browser, address: str) -> dict:
    """What the page that asks before an approval has shown, and brings back."""
    return forms.Fields(browser.post(address).text).values if "/approve/" in address else {}


def test_a_moment_later_it_is_not_asked_for_again(city, holder):
    assert holder.post("/users/add", forms.valid("users", city.own)).status_code == 302


# ---------------------------------------------------------------- lost, and tries


def test_another_administrator_takes_a_lost_one_away_and_the_person_is_told(city):
    department = city.sign_in("department")
    set_up(city, department)
    administrator = city.sign_in("administrator")
    address = f"/users/action/reset_factor/{city.own.department_account}"
    assert administrator.post(address, {"sure": "yes"}).status_code == 303
    assert not is_in(department) and by_password(city, "department").answer.location == "/"
    assert verbs(city, "department")[-1] == "reset_factor"
    assert post_letters(city) and not city.tables.rows()["recovery_code"]


def test_nobody_takes_the_own_one_away_as_if_it_were_another_s(city, holder):
    with city.tables.unchanged():
        answer = holder.post(f"/users/action/reset_factor/{city.own.administrator_account}", {"sure": "yes"})
    assert answer.status_code in (303, 422)


def test_a_hundred_codes_from_everywhere_are_five(city, holder):
    waits, found = by_password(city, "administrator"), []
    for n in range(100):
        waits.client.environ_base["REMOTE_ADDR"] = f"10.9.7.{n}"
        found.append(with_code(waits, "000000"))
    assert [one.status_code for one in found] == [422] * 5 + [429] * 95
    assert 0 < int(found[-1].headers["Retry-After"]) <= 60
    assert with_code(waits, holder.holds.code()).status_code == 429


def test_an_address_has_as_many_wrong_codes_as_wrong_passwords(city, holder):
    waits, other = by_password(city, "administrator"), Browser(city.web.test_client())
    for _ in range(5):
        with_code(waits, "000000")
    other.client.environ_base["REMOTE_ADDR"] = waits.client.environ_base["REMOTE_ADDR"]
    assert other.post("/login/", {"username": "department", "password": PASSWORD}).status_code == 429


def test_new_recovery_codes_and_removal_are_asked_for_and_on_record(city, holder):
    old = city.codes
    answer = holder.post(OWN, {"do": "codes"})
    new = re.findall(r"<li><code>(.+?)</code>", answer.text)
    assert len(new) == second_factor.CODES and not set(new) & set(old)
    assert with_code(by_password(city, "administrator"), old[0]).status_code == 422
    assert with_code(by_password(city, "administrator"), new[0]).status_code == 302
    go_stale(city)
    with city.tables.unchanged():
        assert holder.post(OWN, {"do": "remove"}).status_code == 403
    forget_step(city)
    holder.post(OWN, {"do": "remove", "authenticator_code": holder.holds.code()})
    assert city.tables.rows()["second_factor"] == city.tables.rows()["recovery_code"] == []
    assert [one for one in verbs(city, "administrator") if "factor" in one or "recovery" in one] == [
        "set_factor",
        "new_recovery_codes",
        "use_recovery_code",
        "remove_factor",
    ]
