"""Spec 7, sessions: on the server, over at once when they should be, and no burden to a request's own transaction."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from flask.sessions import SecureCookieSessionInterface
from flask_login.utils import encode_cookie

from app.access import sessions
from app.models import SignedIn
from app.views.sessions import as_text
from tests.views import forms
from tests.views.city import PASSWORD
from tests.views.conftest import Browser

NAME = "__Host-session"
ROW = SignedIn.__table__
NEW = "жасыл ат көпір 2026"


def cookie(browser: Browser) -> str:
    return browser.client.get_cookie(NAME).value


def rows(city) -> list:
    with city.tables.engine.connect() as connection:
        return connection.execute(sa.select(ROW).order_by(ROW.c.id)).all()


def age(city, **moments: timedelta) -> None:
    """Move what is written of every session into the past."""
    with city.tables.engine.begin() as connection:
        for row in rows(city):
            past = {name: getattr(row, name) - by for name, by in moments.items()}
            connection.execute(sa.update(ROW).where(ROW.c.id == row.id).values(past))


def is_in(browser: Browser) -> bool:
    answer = browser.get("/password/")
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


def copy_of(city, browser: Browser) -> Browser:
    """Somebody who has got hold of the cookie."""
    thief = Browser(city.web.test_client())
    thief.client.set_cookie(NAME, cookie(browser))
    return thief


def test_the_cookie_is_a_random_key_and_the_database_knows_its_hash_alone(city):
    browser = city.sign_in("specialist")
    key = cookie(browser)
    (row,) = rows(city)
    assert len(key) >= 43 and "." not in key
    assert row.key_hash == sha256(key.encode()).hexdigest()
    assert key not in repr(row)


def test_the_cookie_goes_over_https_alone_to_no_script_and_to_no_other_site(city):
    browser = Browser(city.web.test_client())
    answer = browser.post("/login/", {"username": "head", "password": PASSWORD})
    (set_cookie,) = answer.headers.getlist("Set-Cookie")
    told = {part.strip().partition("=")[0]: part.strip().partition("=")[2] for part in set_cookie.split(";")}
    assert told.keys() == {NAME, "HttpOnly", "Secure", "Path", "SameSite"}
    assert (told["Path"], told["SameSite"]) == ("/", "Lax")
    del browser.csrf
    chosen = browser.post("/language/ru", {"back": "/"}).headers["Set-Cookie"]
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {part.strip() for part in chosen.split(";")}


def test_whoever_signs_in_gets_a_new_key_and_a_new_token(city):
    """Session fixation: what a stranger had put there before is worth nothing afterwards."""
    browser = Browser(city.web.test_client())
    before, token = browser.token() and cookie(browser), browser.token()
    browser.post("/login/", {"username": "specialist", "password": PASSWORD})
    assert cookie(browser) != before
    assert browser.client.post("/language/ru", data={"csrf_token": token, "back": "/"}).status_code == 400


def test_whoever_is_not_signed_in_costs_no_row(city):
    browser = Browser(city.web.test_client())
    for address in ("/", "/login/", "/norms/list/", "/nowhere"):
        browser.get(address)
    browser.post("/login/", {"username": "specialist", "password": "wrong password"})
    assert rows(city) == []


def sign_out(city, browser):
    assert browser.post("/logout/").status_code == 302


def change_the_password(city, _browser):
    other = city.sign_in("specialist")
    filled = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert other.post("/password/", filled).status_code == 303


def send_a_link(city, _browser):
    address = f"/users/action/invite/{city.own.specialist_account}"
    assert city.sign_in("administrator").post(address, {"sure": "yes"}).status_code == 303


def change_the_account(city, **values: str) -> None:
    administrator, address = city.sign_in("administrator"), f"/users/edit/{city.own.specialist_account}"
    filled = {**forms.Fields(administrator.get(address).text).values, **values}
    assert administrator.post(address, {k: v for k, v in filled.items() if v is not None}).status_code == 302


def change_the_role(city, _browser):
    change_the_account(city, role="operator")


def close_the_account(city, _browser):
    change_the_account(city, active=None)


def close_it_and_open_it_again(city, _browser):
    change_the_account(city, active=None)
    change_the_account(city, active="y")


ENDS = (
    sign_out,
    change_the_password,
    send_a_link,
    change_the_role,
    close_the_account,
    close_it_and_open_it_again,
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_ends_a_session_ends_every_copy_of_it_at_once(city, end):
    browser, bystander = city.sign_in("specialist"), city.sign_in("operator")
    thief = copy_of(city, browser)
    assert is_in(thief)
    end(city, browser)
    assert not is_in(thief)
    assert not is_in(browser)
    assert is_in(bystander)


def test_a_change_of_a_name_ends_nothing(city):
    """The control of the test above."""
    browser = city.sign_in("specialist")
    change_the_account(city, first_name="Жаңа")
    assert is_in(browser)


def test_whoever_does_nothing_for_long_is_out(city):
    browser, config = city.sign_in("specialist"), city.web.config["KEZEK"]
    age(city, seen_at=config.session_idle - timedelta(minutes=1))
    assert is_in(browser)
    age(city, seen_at=config.session_idle)
    assert not is_in(browser)


def test_whoever_has_been_there_too_long_is_out_whatever_they_do(city):
    browser, config = city.sign_in("specialist"), city.web.config["KEZEK"]
    age(city, began_at=config.session_longest - timedelta(minutes=1))
    assert is_in(browser)
    age(city, began_at=timedelta(minutes=1))
    assert not is_in(browser)


def test_the_demo_s_clock_signs_nobody_out(city):
    browser = city.sign_in("specialist")
    browser.post("/demo/clock", {"to": "2027-01-01T10:00", "back": "/"})
    assert is_in(browser)


def test_what_is_over_is_removed_and_nothing_else(city):
    city.sign_in("head")
    age(city, seen_at=city.web.config["KEZEK"].session_idle)
    living = city.sign_in("specialist")
    with city.web.app_context():
        assert (sessions.forget(), sessions.forget()) == (1, 0)
    assert is_in(living)
    assert len(rows(city)) == 1


def test_reading_writes_nothing_but_once_a_minute_that_somebody_is_there(city):
    browser = city.sign_in("specialist")
    before = rows(city)
    for address in ("/", "/applications/list/", "/applications/list/?q=Ойдан", "/nowhere"):
        browser.get(address)
    assert rows(city) == before
    age(city, seen_at=timedelta(minutes=2))
    aged = rows(city)
    browser.get("/")
    (seen,) = rows(city)
    assert seen.seen_at > aged[0].seen_at
    assert {**seen._mapping, "seen_at": None} == {**aged[0]._mapping, "seen_at": None}


def test_no_address_and_no_search_is_kept(city):
    """Spec 6: the framework keeps the last five addresses, with what was searched for."""
    browser = city.sign_in("specialist")
    browser.get("/applications/list/?q=Ойдан")
    browser.get(f"/applications/show/{city.own.application}")
    age(city, seen_at=timedelta(minutes=2))
    browser.get("/norms/list/")
    assert as_text.loads(rows(city)[0].facts).keys() <= {"_user_id", "_fresh", "_id", "csrf_token"}


def test_a_message_is_kept_until_it_is_shown_whatever_became_of_the_request(city):
    """Spec 6, trap 21: what the request undoes is not undone in its session, nor the other way round."""
    browser = city.sign_in("department")
    with city.tables.unchanged():
        answer = browser.post(f"/applications/action/release/{city.own.enrolled}", {"sure": "yes"})
    assert answer.status_code == 303
    assert 'class="flash danger"' in browser.get(answer.location).text
    assert 'class="flash danger"' not in browser.get(answer.location).text


def test_a_cookie_that_says_by_itself_who_it_is_opens_nothing(city):
    """Not even one that is signed with the real key: the framework's session, and its way to remember people."""
    with city.web.app_context():
        signer = SecureCookieSessionInterface().get_signing_serializer(city.web)
        forged = signer.dumps({"_user_id": str(city.own.administrator_account), "_fresh": True})
        remembered = encode_cookie(str(city.own.administrator_account))
    for name, value in ((NAME, forged), ("remember_token", remembered), (NAME, "x" * 43), (NAME, "0")):
        browser = Browser(city.web.test_client())
        browser.client.set_cookie(name, value)
        assert not is_in(browser), name
        assert browser.get("/users/list/").status_code == 302
    assert rows(city) == []


def test_a_session_is_nobody_elses_even_on_the_same_database(city):
    """The key is looked for by its hash, so that what leaks of the table opens nothing."""
    city.sign_in("administrator")
    browser = Browser(city.web.test_client())
    browser.client.set_cookie(NAME, rows(city)[0].key_hash)
    assert not is_in(browser)


def test_where_sessions_cannot_be_read_the_page_says_so(city, monkeypatch):
    browser = city.sign_in("specialist")
    monkeypatch.setitem(city.web.config, "PROPAGATE_EXCEPTIONS", False)
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE signed_in RENAME TO away"))
    try:
        answer = browser.get("/applications/list/")
        assert answer.status_code == 500
        assert "<h1>" in answer.text
    finally:
        with city.tables.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE away RENAME TO signed_in"))
    assert is_in(browser)


def test_times_are_those_of_the_machine_s_settings(city, monkeypatch):
    browser = city.sign_in("specialist")
    short = replace(city.web.config["KEZEK"], session_idle=timedelta(seconds=0))
    monkeypatch.setitem(city.web.config, "KEZEK", short)
    assert not is_in(browser)


OF_NOBODY = ("/static/missing.css", "/static/kezek.css", "/static/appbuilder/missing.js", "/favicon.ico", "/robots.txt")
NOWHERE = ("/nowhere", "/applications", "/applications/show/1/more", "/logout/", "/.well-known/x", "/%00")


@pytest.mark.parametrize("method", ("GET", "HEAD", "POST", "OPTIONS"))
def test_an_address_that_belongs_to_nobody_touches_no_session(city, method):
    browser, stranger = city.sign_in("specialist"), Browser(city.web.test_client())
    age(city, seen_at=timedelta(minutes=20))  # so long ago that any page of ours writes down that somebody is there
    before, key = rows(city), cookie(browser)
    for address in (*OF_NOBODY, *NOWHERE):
        if address == "/logout/" and method in ("POST", "OPTIONS"):
            continue  # these are answered there
        for one in (browser, stranger):
            answer = one.client.open(address, method=method, buffered=True)
            assert (answer.status_code, "Set-Cookie" in answer.headers) in ((200, False), (404, False), (405, False)), (
                address,
                answer.status_code,
                answer.headers.get("Set-Cookie"),
            )
    assert rows(city) == before
    assert cookie(browser) == key and is_in(browser)


def test_whoever_mistypes_an_address_still_sees_the_own_menu_and_each_form_on_the_page_works(city):
    browser, stranger = city.sign_in("specialist"), Browser(city.web.test_client())
    page = browser.get("/nowhere")
    assert (page.status_code, 'id="menu"' in page.text, 'class="languages"' in page.text) == (404, True, True)
    assert "csrf_token" not in stranger.get("/nowhere").text  # no session would know it
