"""Spec 7, brute force: of a hundred tries a minute five are looked at; nobody learns who has an account here."""

import time

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from limits import parse_many

from app.access import login_limits, password_hashes
from app.db.extensions import connect_redis
from tests.views.city import PASSWORD
from tests.views.conftest import Browser


@pytest.fixture(params=("counted in Redis", "Redis is away"))
def door(request, city, databases, tmp_path, monkeypatch):
    """The city's door, with a real queue server or with none."""
    here = request.param == "counted in Redis"
    server = request.getfixturevalue("server") if here else None
    url = f"unix://{databases.folder}/valkey.sock" if here else f"unix://{tmp_path}/none.sock"
    monkeypatch.setitem(city.web.extensions, "kezek_redis", connect_redis(url))
    login_limits.register(city.web)
    city.redis = server
    if here:
        server.flushall()
    yield city
    if here:
        assert city.web.extensions[login_limits.LIMITS].away_until == 0.0
        server.flushall()


def attempt(city, name: str, password: str = "wrong password", address: str | None = None, **more):
    browser = Browser(city.web.test_client())
    if address:
        browser.client.environ_base["REMOTE_ADDR"] = address
    return browser.post("/login/", {"username": name, "password": password}, **more)


def statuses(city, names, addresses) -> list[int]:
    return [attempt(city, n, address=a).status_code for n, a in zip(names, addresses, strict=True)]


def test_a_hundred_tries_of_one_account_from_everywhere(door):
    found = statuses(door, ["specialist"] * 100, [f"10.9.8.{n}" for n in range(100)])
    assert found == [422] * 5 + [429] * 95


def test_a_hundred_accounts_from_one_address(door):
    found = statuses(door, [f"name{n}" for n in range(100)], ["10.9.9.9"] * 100)
    assert found == [422] * 5 + [429] * 95


def test_a_network_of_the_new_kind_is_one_address(door):
    found = statuses(door, [f"name{n}" for n in range(7)], [f"2001:db8:0:1::{n}" for n in range(7)])
    assert found == [422] * 5 + [429] * 2
    assert statuses(door, ["another"], ["2001:db8:0:2::1"]) == [422]


def test_while_one_waits_the_right_password_opens_nothing_and_others_get_in(door):
    statuses(door, ["specialist"] * 5, [f"10.9.8.{n}" for n in range(5)])
    assert attempt(door, "specialist", PASSWORD).status_code == 429
    assert attempt(door, "SPECIALIST", PASSWORD).status_code == 429
    assert attempt(door, "operator", PASSWORD).status_code == 302


def test_the_right_password_ends_the_counting(door):
    for _ in range(3):
        assert statuses(door, ["specialist"] * 4, ["10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4"]) == [422] * 4
        assert attempt(door, "specialist", PASSWORD).status_code == 302
        if door.redis:
            door.redis.delete(*door.redis.keys("*address*"))
        else:
            door.web.extensions[login_limits.LIMITS].own.storage.reset()


def test_an_office_with_one_address_signs_in_as_often_as_it_likes(door):
    for name in ("department", "specialist", "operator", "head", "auditor", "administrator") * 3:
        assert attempt(door, name, PASSWORD, address="10.7.7.7").status_code == 302


def test_after_its_wait_the_door_opens_again(door, monkeypatch):
    monkeypatch.setattr(login_limits, "ACCOUNT", parse_many("1/second"))
    assert attempt(door, "specialist").status_code == 422
    assert attempt(door, "specialist", PASSWORD).status_code == 429
    time.sleep(1.1)
    assert attempt(door, "specialist", PASSWORD).status_code == 302


def test_what_is_refused_does_not_prolong_the_wait(door, monkeypatch):
    monkeypatch.setattr(login_limits, "ACCOUNT", parse_many("1/second; 3/hour"))
    for _ in range(10):
        attempt(door, "specialist")
    time.sleep(1.1)
    assert attempt(door, "specialist", PASSWORD).status_code == 302


@pytest.mark.parametrize(("language", "sentence"), [("kk", "секундтан кейін"), ("ru", "Повторите через")])
def test_how_long_to_wait_is_said_and_the_name_stays_typed(city, language, sentence):
    for n in range(5):
        attempt(city, "specialist", address=f"10.9.8.{n}")
    browser = Browser(city.web.test_client())
    browser.client.set_cookie("language", language)
    answer = browser.post("/login/", {"username": "specialist", "password": "wrong"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert sentence in answer.text.split('class="flash danger"')[1]
    assert 'value="specialist"' in answer.text


def test_the_longer_wait_is_told_in_minutes(city, monkeypatch):
    monkeypatch.setattr(login_limits, "ACCOUNT", parse_many("1/hour"))
    attempt(city, "specialist")
    assert "60 минуттан кейін" in attempt(city, "specialist").text


def test_a_name_that_nobody_has_is_answered_as_any_other(city):
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET active = false WHERE username = 'auditor'"))
        connection.execute(sa.text("UPDATE ab_user SET password = NULL WHERE username = 'operator'"))
    told = {}
    for name in ("specialist", "auditor", "operator", "жоқ адам"):
        answers = [attempt(city, name) for _ in range(7)]
        told[name] = [(a.status_code, a.text.split('class="flash danger"')[1].split("</p>")[0]) for a in answers[:5]]
        told[name] += [answer.status_code for answer in answers[5:]]
    assert told["specialist"] == told["auditor"] == told["operator"] == told["жоқ адам"]


def test_a_name_that_nobody_has_costs_as_much_work_as_any_other(city, monkeypatch):
    """Spec 7, the gap in time between a known and an unknown name: the same hashing, once."""
    work = []

    class Counted(PasswordHasher):
        def verify(self, kept, password):
            work.append(kept.split("$")[1:4])
            return super().verify(kept, password)

    monkeypatch.setattr(password_hashes, "ARGON2", Counted(1, 8, 1))
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET active = false WHERE username = 'auditor'"))
        connection.execute(sa.text("UPDATE ab_user SET password = NULL WHERE username = 'operator'"))
    for name in ("specialist", "auditor", "operator", "жоқ адам", "\0"):
        assert attempt(city, name).status_code == 422
        assert work == [["argon2id", "v=19", "m=8,t=1,p=1"]], name
        work.clear()


def test_a_wrong_try_writes_nothing(city):
    with city.tables.unchanged(), city.tables.writes() as written:
        for name in ("specialist", "жоқ адам"):
            attempt(city, name)
    assert written == []


def test_redis_is_not_told_what_was_typed(city, server, monkeypatch, databases):
    monkeypatch.setitem(city.web.extensions, "kezek_redis", connect_redis(f"unix://{databases.folder}/valkey.sock"))
    login_limits.register(city.web)
    server.flushall()
    for name in ("specialist", "MyPassword1"):
        attempt(city, name)
    kept = [key.decode() for key in server.keys("*")]
    assert kept
    assert not [key for key in kept if "specialist" in key or "mypassword1" in key.casefold()]
    server.flushall()


def test_the_own_password_is_asked_for_no_oftener_than_at_the_door(city):
    browser = city.sign_in("specialist")
    filled = {"current": "wrong password", "new": "жасыл ат көпір 1", "again": "жасыл ат көпір 1"}
    with city.tables.unchanged():
        found = [browser.post("/password/", filled).status_code for _ in range(7)]
        assert browser.post("/password/", {**filled, "current": PASSWORD}).status_code == 429
    assert found == [422] * 5 + [429] * 2
