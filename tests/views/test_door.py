"""Spec 7, the door: who gets in, who does not, where one lands, and what a page shows of what people wrote."""

from dataclasses import replace
from urllib.parse import quote

import sqlalchemy as sa
from markupsafe import escape

from app.db.extensions import db
from app.rules.roles import Role
from tests.views import routes
from tests.views.attacks import stays_here
from tests.views.city import PASSWORD
from tests.views.conftest import Browser

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/%0d%0aSet-Cookie:a=b",
    "https:evil.example",
    "https:///evil.example",
    "http:/evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "/ /evil.example",
    "//localhost@evil.example",
    "http://localhost.evil.example/",
    "/\\/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "\u2028//evil.example",
    "//evil。example",
    "/\u00a0/evil.example",
    "x" * 5000,
    "[",
    "//[",
    "http://[::1",
    "///\\evil.example",
    "/\\/\\evil.example",
    "\\/evil.example",
    "\\\t\\evil.example",
    "/\x0b/evil.example",
    "/\x0c/evil.example",
    "/\x1f/evil.example",
    "/\x7f/evil.example",
    "/\u3000/evil.example",
    "\ufeff//evil.example",
    "/\u200b/../\\evil.example",
    "https:\\\\evil.example",
    "https:/\\evil.example",
    "hTTps://evil.example",
    "ftp://evil.example/",
    "file:///etc/passwd",
    "vbscript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "//evil.example:80",
    "//evil.example@localhost",
    "https://localhost@evil.example/",
    "https://localhost:x@evil.example/",
    "//%65vil.example",
    "///localhost/..//evil.example",
    "http://localhosthttp://evil.example",
    "http://localhost//evil.example",
    "http://localhost/\\evil.example",
)


NOBODY = ("department", "nobody", "", "department\0", "x" * 10_000, "' OR 1=1 --", "👶🏽", "<script>")


def test_a_wrong_name_or_password_opens_nothing_and_the_name_stays_typed(city):
    for who in NOBODY:
        browser = Browser(city.web.test_client())
        for password in ("wrong", "", "\0", "x" * 10_000):
            answer = browser.post("/login/", {"username": who, "password": password})
            assert answer.status_code == 422, (who[:20], password[:20], answer.status_code)
            assert f'value="{escape(who)}"' in answer.data.decode(), who[:20]
    assert "/login/" in browser.get("/applications/list/").location


def test_a_disabled_account_opens_nothing_and_a_signed_in_one_is_out_at_once(city):
    inside, outside = city.sign_in("specialist"), Browser(city.web.test_client())
    assert inside.get("/applications/list/").status_code == 200
    with city.web.app_context():
        db.session.execute(sa.text("UPDATE ab_user SET active = false WHERE username = 'specialist'"))
        db.session.commit()
    assert "/login/" in inside.get("/applications/list/").location
    outside.post("/login/", {"username": "specialist", "password": PASSWORD})
    assert "/login/" in outside.get("/applications/list/").location


def test_an_account_without_a_role_of_ours_sees_nothing_and_can_leave(city):
    browser = city.sign_in("specialist")
    with city.web.app_context():
        db.session.execute(sa.text("DELETE FROM ab_user_role WHERE user_id = :id"), {"id": city.own.specialist_account})
        db.session.commit()
    for noun in routes.REGISTERS:
        assert browser.get(f"/{noun}/list/").status_code == 403
    assert browser.post("/logout/").status_code == 302
    assert "/login/" in browser.get("/applications/list/").location


def test_an_account_without_a_reach_sees_no_row(city):
    """House rule 12: no scope is not every scope."""
    with city.web.app_context():
        db.session.execute(sa.text("DELETE FROM user_scope"))
        db.session.commit()
    for role in (Role.department, Role.specialist, Role.operator, Role.head, Role.auditor):
        browser = city.sign_in(str(role))
        for noun in ("applications", "kindergartens", "groups", "vacancies", "notices", "referrals"):
            assert f"/{noun}/show/" not in browser.get(f"/{noun}/list/").text, (role, noun)
        assert browser.get(f"/applications/show/{city.own.application}").status_code == 404


def test_who_signs_out_is_out(city):
    browser = city.sign_in("department")
    assert browser.post("/logout/").status_code == 302
    assert "/login/" in browser.get("/applications/list/").location


def test_after_the_door_nobody_lands_elsewhere(city):
    for where in ELSEWHERE:
        browser = Browser(city.web.test_client())
        data = {"username": "department", "password": PASSWORD}
        for answer in (
            browser.post(f"/login/?next={quote(where)}", data | {"password": "wrong"}),
            browser.post(f"/login/?next={quote(where)}", data),
            browser.get(f"/login/?next={quote(where)}"),
        ):
            if answer.status_code != 422:
                assert answer.status_code == 302, (where, answer.status_code)
                assert stays_here(answer.location), (where, answer.location)


def test_after_a_choice_of_language_nobody_lands_elsewhere(city):
    browser = Browser(city.web.test_client())
    for where in ELSEWHERE:
        answer = browser.post("/language/ru", {"back": where})
        assert answer.status_code == 303, (where, answer.status_code)
        assert stays_here(answer.location), (where, answer.location)
        assert "a=b" not in str(answer.headers.getlist("Set-Cookie"))
    assert browser.post("/language/ru", {"back": "/norms/list/?q=1"}).location == "/norms/list/?q=1"
    assert browser.post("/language/xx", {"back": "/"}).status_code == 404


def test_outside_of_the_demo_nobody_moves_the_clock(city, monkeypatch):
    monkeypatch.setitem(city.web.config, "KEZEK", replace(city.web.config["KEZEK"], demo=False))
    with city.tables.unchanged():
        for role in routes.SIGNED_IN:
            answer = city.sign_in(str(role)).post("/demo/clock", {"to": "2026-05-01T10:00", "back": "/"})
            assert answer.status_code == 404, role


def test_what_is_searched_for_is_shown_as_text(city):
    browser = city.sign_in("department")
    payload = "\"'><script>alert(1)</script>"
    searched = browser.post("/search/", {"q": payload}).text
    for text in (searched, browser.get(f"/kindergartens/list/?q={quote(payload)}").text):
        assert "<script>a" not in text and "&lt;script&gt;" in text
    text = browser.post(f"/applications/action/archive/{city.own.waiting}", {"sure": "no", "reason": payload}).text
    assert "<script>a" not in text and "&lt;script&gt;" in text


def test_after_the_door_one_lands_where_one_wanted_to_go(city):
    browser = Browser(city.web.test_client())
    door = browser.get("/norms/list/?q=1").location
    assert door.startswith("/login/?next=")
    assert browser.post(door, {"username": "department", "password": PASSWORD}).location == "/norms/list/?q=1"
