"""Nothing typed is lost: an old token, a session that is over, a database that is locked, full or away.

The locks are other connections', the full disk is SQLite's own bound or a file system without room, the server that is
away lets nobody in.
"""

import errno
import re
import sqlite3
import threading
import zlib
from base64 import urlsafe_b64decode
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from secrets import token_hex

import pytest
import sqlalchemy as sa

from app.access import sent_forms
from app.db import database
from app.db.extensions import db
from app.jobs import clock
from app.models import DayOff, KeptForm, SentForm, SignedIn, Vacancy
from app.views import form_keys
from app.views import sessions as view_sessions
from app.words import PERHAPS_DONE
from tests.views import authenticators, routes
from tests.views.city import PASSWORD
from tests.views.conftest import Browser
from tests.views.forms import ADDS, Fields, valid
from tests.views.test_two_editors import changeable, edit_forms, opened, other

KEPT = KeptForm.__table__
AT_ONCE = 100  # milliseconds that tests wait for a lock, instead of fifteen seconds


def kept(city) -> list:
    with city.tables.engine.connect() as connection:
        return connection.execute(sa.select(KEPT)).all()


def half(browser: Browser) -> str:
    """What the browser has of it."""
    return browser.client.get_cookie("kept_form", path="/kept/").value


def over(city) -> None:
    """Nobody clicks for long: every session is over."""
    with city.tables.engine.begin() as connection:
        row = SignedIn.__table__
        for id_, seen_at in connection.execute(sa.select(row.c.id, row.c.seen_at)).all():
            connection.execute(sa.update(row).where(row.c.id == id_).values(seen_at=seen_at - timedelta(hours=2)))


def signs_in(browser: Browser, name: str, to: str = "/login/"):
    browser.__dict__.pop("csrf", None)
    page = browser.get(to)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    del page
    answer = browser.client.post(to, data={"username": name, "password": PASSWORD, "csrf_token": token}, buffered=True)
    browser.__dict__.pop("csrf", None)
    return answer


def typed_into(city) -> list[tuple[str, str, dict]]:
    """(role, address, what is typed) for every form that adds, that changes, and that a verb asks for."""
    found = [(str(role), f"/{noun}/add", valid(noun, city.own)) for noun, role in ADDS.items()]
    for role, address in edit_forms(city):
        form = opened(city.sign_in(role), address)
        name = changeable(form)
        found.append((role, address, {**form.values, name: other(form.values[name], form.kinds[name], 1)}))
    reason = {"sure": "yes", "reason": "мұқият терілген себеп", "until": "2026-05-01"}
    found.append(("department", f"/applications/action/extend/{city.own.application}", reason))
    found.append(("head", f"/vacancies/publish-free/{city.own.group}", {"sure": "yes", "places": "1"}))
    return found


def is_filled(page: str, typed: dict) -> bool:
    """Are the typed values in the page's own form?"""
    shown = Fields(page).values
    said = {name: value for name, value in typed.items() if value and name != "password"}
    said = {name: value if isinstance(value, list) else str(value).strip() for name, value in said.items()}
    return all(shown.get(name, "") == value for name, value in said.items())


def sends(browser: Browser, answer, address: str):
    """One more click: the form of the page as it came."""
    main = answer.text.partition("<main")[2]
    carried = {name: re.search(rf'name="{name}" value="([^"]*)"', main)[1] for name in ("csrf_token", "form_key")}
    return browser.client.post(address, data={**Fields(answer.text).values, **carried}, buffered=True)


def test_every_form_with_an_old_token_is_there_again_filled_and_one_click_sends_it(city):
    wrong = []
    for role, address, typed in typed_into(city):
        browser = city.sign_in(role)
        with city.tables.unchanged():
            told = browser.post(address, {**typed, "csrf_token": "old"})
        if told.status_code != 400 or 'id="errors"' not in told.text or not is_filled(told.text, typed):
            wrong.append((address, told.status_code, Fields(told.text).values))
        elif sends(browser, told, address).status_code not in (302, 303):
            wrong.append((address, "not sent"))
    assert wrong == []


def test_every_form_whose_session_is_over_is_there_after_signing_in_and_one_click_sends_it(city):
    wrong = []
    for role, address, typed in typed_into(city):
        browser = city.sign_in(role)
        form = {"csrf_token": browser.token(), "form_key": browser.key(), **typed}
        over(city)
        with city.tables.unchanged():
            told = browser.client.post(address, data=form, buffered=True)
        if (told.status_code, told.location) != (303, "/login/?next=/kept/"):
            wrong.append((address, told.status_code, told.location))
            continue
        let_in = signs_in(browser, role, told.location)
        with city.tables.unchanged():
            page = browser.get(let_in.location)
        if (let_in.location, page.status_code) != ("/kept/", 200) or not is_filled(page.text, typed):
            wrong.append((address, let_in.location, page.status_code, Fields(page.text).values))
        elif sends(browser, page, address).status_code not in (302, 303):
            wrong.append((address, "not sent"))
    assert wrong == []


def test_the_page_of_a_kept_form_sends_to_where_the_form_belongs(city):
    """It is shown at another address than it goes to."""
    browser = city.sign_in("department")
    form = {"csrf_token": browser.token(), "form_key": browser.key(), **valid("days-off", city.own)}
    over(city)
    browser.client.post("/days-off/add", data=form)
    signs_in(browser, "department")
    page = browser.get("/kept/").text
    assert re.search(r'<form [^>]*action="/days-off/add"', page.partition("<main")[2])


def test_only_whoever_typed_it_gets_it_back_and_nothing_of_it_stands_in_an_address_or_cookie(city):
    operator = city.sign_in("operator")
    typed = valid("applications", city.own)
    form = {"csrf_token": operator.token(), "form_key": operator.key(), **typed}
    over(city)
    told = operator.client.post("/applications/add", data=form)
    assert typed["child_iin"] not in told.location + str(told.headers) + told.text
    signs_in(operator, "specialist", told.location)
    stranger = operator.get("/kept/", follow_redirects=True)
    assert typed["child_iin"] not in stranger.text and "flash warning" in stranger.text
    assert Browser(city.web.test_client()).get("/kept/").status_code == 302
    elsewhere = city.sign_in("operator")
    assert typed["child_iin"] not in elsewhere.get("/kept/", follow_redirects=True).text
    operator.post("/logout/")
    signs_in(operator, "operator")
    assert typed["child_iin"] in operator.get("/kept/").text


def test_what_is_kept_can_be_read_neither_in_the_database_nor_in_the_browser_and_goes_when_it_is_sent(city):
    operator, typed = city.sign_in("operator"), valid("applications", city.own)
    form = {"csrf_token": operator.token(), "form_key": operator.key(), **typed}
    over(city)
    told = operator.client.post("/applications/add", data=form)
    (row,) = kept(city)
    cookie = operator.client.get_cookie("kept_form", path="/kept/")
    assert (cookie.http_only, cookie.secure, cookie.same_site) == (True, True, "Lax")
    for one in (row.pad, urlsafe_b64decode(cookie.value)):
        with pytest.raises(zlib.error):
            zlib.decompress(one)
        assert typed["child_iin"].encode() not in one
    assert typed["child_iin"] not in str(kept(city)) + cookie.value
    signs_in(operator, "operator", told.location)
    page = operator.get("/kept/")
    assert typed["child_iin"] in page.text and len(kept(city)) == 1  # a page that is read again shows it again
    assert operator.post("/language/kk").status_code == 303 and len(kept(city)) == 1
    assert sends(operator, page, "/applications/add").status_code == 302
    assert kept(city) == []


def test_a_password_is_never_kept(city):
    specialist = city.sign_in("specialist")
    form = {"current": PASSWORD, "new": "мүлдем жаңа құпия", "again": "мүлдем жаңа құпия", "note": "x"}
    form |= {"csrf_token": specialist.token(), "form_key": specialist.key()}
    over(city)
    specialist.client.post("/password/", data=form)
    with city.web.app_context():
        assert [sent_forms.kept(row.user_id, half(specialist)) for row in kept(city)] == [
            ("/password/", [("note", "x")])
        ]


def test_a_stranger_leaves_no_row_and_what_is_kept_is_gone_after_an_hour(city):
    stranger, operator = Browser(city.web.test_client()), city.sign_in("operator")
    for key in ("", "nonsense", "a.b.c"):
        assert stranger.client.post("/norms/add", data={"name": "x", "form_key": key}).status_code == 400
    assert kept(city) == []
    form = {"csrf_token": operator.token(), "form_key": operator.key(), "address": "x"}
    over(city)
    assert operator.client.post("/applications/add", data=form).status_code == 303
    long = operator.client.post("/applications/add", data={**form, "address": token_hex(3000)})
    assert (long.status_code, long.location) == (303, "/login/")
    (row,) = kept(city)  # the one before, for the second one was too long
    with city.web.app_context():
        assert sent_forms.kept(row.user_id, half(operator)) is not None
        for other_half in ("", "%", "AAAA", half(operator)[4:]):
            assert sent_forms.kept(row.user_id, other_half) is None
    with city.web.app_context():
        assert sent_forms.forget() == 0
        with city.tables.engine.begin() as connection:
            connection.execute(sa.update(KEPT).values(at=row.at - timedelta(minutes=61)))
        assert (sent_forms.kept(row.user_id, half(operator)), sent_forms.is_kept(row.user_id)) == (None, False)
        assert sent_forms.forget() == 1
    assert kept(city) == []


def test_a_second_factor_is_set_up_first_and_then_the_kept_form_is_there(city, monkeypatch):
    department = city.sign_in("department")
    form = {"csrf_token": department.token(), "form_key": department.key(), **valid("kindergartens", city.own)}
    monkeypatch.setitem(city.web.config, "KEZEK", replace(city.web.config["KEZEK"], second_factor=True))
    over(city)
    told = department.client.post("/kindergartens/add", data=form)
    let_in = signs_in(department, "department", told.location)
    assert department.get(let_in.location).location == authenticators.OWN
    authenticators.set_up(city, department)
    assert "Жаңа бақша" in department.get("/kept/").text


def test_the_door_itself_stays_open_long_and_keeps_the_name(city):
    browser = Browser(city.web.test_client())
    told = browser.client.post("/login/", data={"username": "head", "password": PASSWORD, "csrf_token": "old"})
    assert (told.status_code, 'value="head"' in told.text, PASSWORD in told.text) == (400, True, False)


def test_what_is_shown_again_can_do_nothing_even_past_attempt(city, monkeypatch):
    """A view that acts by itself, not by `attempt`: the transaction it wants is not opened."""
    department = city.sign_in("department")

    def acts_by_itself() -> str:
        with database.transaction() as session:
            session.add(DayOff(day=date(2036, 1, 1), name="x", decree="x"))
        return "done"

    monkeypatch.setitem(city.web.view_functions, "DayOffView.add", acts_by_itself)
    with city.tables.unchanged():
        told = department.post("/days-off/add", {**valid("days-off", city.own), "csrf_token": "old"})
    assert (told.status_code, "done" in told.text) == (400, False)


# ---------------------------------------------------------------- locked


@contextmanager
def patience(city, kind: str, monkeypatch, milliseconds: int):
    """How long the connections of a test wait for a lock."""
    monkeypatch.setattr(database, "LONGEST_WAIT", milliseconds)

    def shorter(connection, *_) -> None:
        if kind == "sqlite":
            connection.execute(f"PRAGMA busy_timeout={milliseconds}")
        else:
            connection.execute(f"SET lock_timeout = {milliseconds}")
            connection.commit()

    city.tables.engine.dispose()
    sa.event.listen(city.tables.engine, "connect", shorter)
    yield
    sa.event.remove(city.tables.engine, "connect", shorter)
    city.tables.engine.dispose()


@pytest.fixture
def at_once(city, kind, monkeypatch):
    """For what meets a lock that is never given back."""
    with patience(city, kind, monkeypatch, AT_ONCE):
        yield


@pytest.fixture
def waited(city, at_once):
    """What waited for a lock in vain, also where nobody heard of it; not what only looks whether it is free."""
    found: list[str] = []

    def looks(context) -> None:
        waits = database._waits.get() != database.NO_WAIT
        if waits and re.search("locked|lock timeout", str(context.original_exception)):
            found.append(context.statement or "commit")

    sa.event.listen(city.tables.engine, "handle_error", looks)
    yield found
    sa.event.remove(city.tables.engine, "handle_error", looks)


@contextmanager
def locked(city, kind: str):
    """Somebody else writes, and does not come to an end."""
    if kind == "sqlite":
        other = sqlite3.connect(city.tables.engine.url.database, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    engine = sa.create_engine(city.tables.engine.url)
    tables = "kindergarten, application, applicant, day_off, norm, queue_order, kg_group, vacancy, ab_user"
    with engine.begin() as connection:
        connection.execute(sa.text("SET TRANSACTION READ WRITE"))
        connection.execute(sa.text(f"LOCK TABLE {tables}, sent_form, signed_in IN EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


def test_every_form_is_503_and_filled_while_another_one_writes_and_one_click_sends_it(city, kind, at_once):
    wrong = []
    for role, address, typed in [one for one in typed_into(city) if one[1] != "/applications/add"][::3]:
        browser = city.sign_in(role)
        browser.token()
        with locked(city, kind), city.tables.unchanged():
            told = browser.post(address, typed)
        if told.status_code != 503 or "Retry-After" not in told.headers or not is_filled(told.text, typed):
            wrong.append((address, told.status_code, Fields(told.text).values))
        elif sends(browser, told, address).status_code not in (302, 303):
            wrong.append((address, "not sent"))
    assert wrong == []


def test_a_button_that_could_not_be_done_is_there_again(city, kind, at_once):
    head = city.sign_in("head")
    head.token()
    with locked(city, kind):
        told = head.post(f"/vacancies/delete/{city.own.draft}")
    assert told.status_code == 503
    assert head.post(f"/vacancies/delete/{city.own.draft}").status_code == 302


def test_a_page_that_only_reads_waits_for_no_writer(city, kind, waited):
    """Nor does writing down that somebody is there, which is left for the next page."""
    browser = city.sign_in("department")
    over_soon = timedelta(minutes=20)
    with city.tables.engine.begin() as connection:
        row = SignedIn.__table__
        for id_, seen_at in connection.execute(sa.select(row.c.id, row.c.seen_at)).all():
            connection.execute(sa.update(row).where(row.c.id == id_).values(seen_at=seen_at - over_soon))
    for address in ("/", "/applications/list/", f"/applications/show/{city.own.application}", "/norms/add"):
        browser.get(address)  # what is made once is made
    with city.tables.engine.begin() as connection:
        for id_, seen_at in connection.execute(sa.select(row.c.id, row.c.seen_at)).all():
            connection.execute(sa.update(row).where(row.c.id == id_).values(seen_at=seen_at - over_soon))
    with locked(city, kind):
        for address in ("/", "/applications/list/", f"/applications/show/{city.own.application}", "/norms/add"):
            assert browser.get(address).status_code == 200, address
            assert waited == [], address
        assert browser.post("/search/", {"q": "Бала"}).status_code == 200
    assert waited == []


def test_a_message_shown_beside_another_writer_is_not_shown_again(city, kind, monkeypatch):
    """The page waits a little for the writer, which is over soon: a second page would say that it was done twice."""

    def begun(**how):
        over.start()
        return database.own_transaction(**how)

    browser = city.sign_in("department")
    answer = browser.post(f"/applications/action/release/{city.own.enrolled}", {"sure": "yes"})
    with ExitStack() as writer:
        writer.enter_context(locked(city, kind))
        over = threading.Timer(0.2, writer.close)
        monkeypatch.setattr(view_sessions, "own_transaction", begun)
        assert 'class="flash danger"' in browser.get(answer.location).text
        over.join()
    monkeypatch.undo()
    assert 'class="flash danger"' not in browser.get(answer.location).text


def test_what_only_asks_waits_for_no_writer(city, kind, waited):
    """The language, and the first click on every verb, which says what would follow: once the clock has done what was
    due, as it does each minute.
    """
    with city.web.app_context():
        clock.run()
    browsers = {role: city.sign_in(str(role)) for role in routes.SIGNED_IN}
    posts = asking(city, browsers)
    assert len(posts) > 40
    for role, address, data in posts:
        browsers[role].post(address, data)  # what is made once is made
    for browser in browsers.values():
        browser.token()
    with city.tables.engine.begin() as connection:
        row = SignedIn.__table__
        for id_, seen_at in connection.execute(sa.select(row.c.id, row.c.seen_at)).all():
            connection.execute(sa.update(row).where(row.c.id == id_).values(seen_at=seen_at - timedelta(minutes=20)))
    wrong = []
    with locked(city, kind):
        for role, address, data in posts:
            told = browsers[role].post(address, data)
            if told.status_code not in (200, 302, 303, 422):
                wrong.append((str(role), address, told.status_code))
    assert (wrong, waited) == ([], [])


def asking(city, browsers) -> list[tuple]:
    """(role, address, what is posted) of each first click; a run's own buttons act at once, below what would follow,
    and what is read is read."""
    own = city.own
    found = [(role, "/language/kk", {}) for role in browsers]
    for noun in routes.VERBS.keys() - {"bulk-runs", "imports", "inbox"}:
        for verb, roles in routes.VERBS[noun].items():
            for role in roles:
                rows = re.findall(rf"/{noun}/show/(\d+)", browsers[role].get(f"/{noun}/list/").text)
                found += [(role, f"/{noun}/action/{verb}/{pk}", {}) for pk in rows[:1]]
                found += [(role, f"/{noun}/action_post", {"action": verb, "rowid": pk}) for pk in rows[:1]]
    found.append((routes.H, f"/vacancies/publish-free/{own.group}", {}))
    found.append((routes.S, f"/applications/choose/{own.waits}", {"vacancy": own.vacancy}))
    some = {"list": "ApplicationView", "action": "archive", "rowid": own.waits}
    return [*found, (routes.D, "/bulk-runs/begin", some)]


def test_signing_out_is_certain_or_says_that_it_was_not(city, kind, at_once):
    browser = city.sign_in("specialist")
    copy = Browser(city.web.test_client())
    copy.client.set_cookie("__Host-session", browser.client.get_cookie("__Host-session").value)
    browser.token()
    with rows_of_sessions_locked(city, kind):
        told = browser.post("/logout/")
    assert (told.status_code, 'id="errors"' in told.text) == (503, True)
    assert browser.get("/").status_code == 200
    assert browser.post("/logout/").status_code == 302
    assert (browser.get("/password/").status_code, copy.get("/password/").status_code) == (302, 302)


def test_signing_in_while_another_one_writes_is_503_with_the_name_typed(city, kind, at_once):
    browser = Browser(city.web.test_client())
    browser.token()
    with rows_of_sessions_locked(city, kind):
        told = browser.post("/login/", {"username": "specialist", "password": PASSWORD})
    assert (told.status_code, 'value="specialist"' in told.text, PASSWORD in told.text) == (503, True, False)
    assert browser.post("/login/", {"username": "specialist", "password": PASSWORD}).status_code == 302


@contextmanager
def rows_of_sessions_locked(city, kind: str):
    if kind == "sqlite":
        with locked(city, kind):
            yield
        return
    engine = sa.create_engine(city.tables.engine.url)
    with engine.begin() as connection:
        connection.execute(sa.text("LOCK TABLE signed_in IN EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


# ---------------------------------------------------------------- full, and away


@contextmanager
def going_away(city, event: str, when=lambda *_: True):
    """Inside, the database is gone from the moment that this event of its connections is such a one."""
    away = sa.create_engine("postgresql+psycopg://127.0.0.1:1/nowhere")
    with city.web.app_context():
        engines, engine = db.engines, db.engine

    def go(*told) -> None:
        if when(*told):
            engines[None] = away

    sa.event.listen(engine, event, go)
    try:
        yield
    finally:
        sa.event.remove(engine, event, go)
        engines[None] = engine


def test_a_database_that_goes_away_under_a_request_is_503_with_the_form_and_back_again_takes_it(city):
    """Who looks was read, and nothing after it: a page was rendered for an account that could not be read any more."""
    browser, typed = city.sign_in("department"), valid("days-off", city.own)
    key = browser.key()
    who_looks = ("after_cursor_execute", lambda _connection, _cursor, statement, *_: "FROM signed_in" in statement)
    with going_away(city, *who_looks):
        told = browser.post("/days-off/add", {**typed, "form_key": key})
    with going_away(city, *who_looks):
        page = browser.get("/days-off/list/")
    assert (told.status_code, told.headers["Retry-After"], page.status_code) == (503, "10", 503)
    assert is_filled(told.text, typed) and key in told.text
    assert browser.post("/days-off/add", {**typed, "form_key": key}).status_code == 302


def test_a_database_that_goes_away_after_an_effect_is_503_and_the_same_form_has_it_once(city, monkeypatch):
    """The places are published, and there is nothing any more from which the answer could be made."""
    monkeypatch.setattr(form_keys, "ANSWERED_WITHIN", 0.1)  # the first one's answer was kept nowhere
    head, places = city.sign_in("head"), sa.select(sa.func.count()).select_from(Vacancy.__table__)
    form = {"sure": "yes", "places": "1", "form_key": head.key()}
    with city.tables.engine.connect() as connection:
        before = connection.scalar(places)
    with going_away(city, "commit"):
        told = head.post(f"/vacancies/publish-free/{city.own.group}", form)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "10")
    assert form["form_key"] in told.text
    again = head.post(f"/vacancies/publish-free/{city.own.group}", form)
    assert again.status_code == 303
    with city.tables.engine.connect() as connection:
        assert connection.scalar(places) == before + 1


@pytest.mark.parametrize("kind", ["sqlite"])  # a bound of its own, which it reports as it does a full disk
def test_a_full_database_is_503_with_the_form_and_room_again_sends_it(city, kind):
    department = city.sign_in("department")
    typed = {**valid("norms", city.own), "note": "ұзын ескерту " * 30, "legal_basis": "бұйрық " * 40}
    department.token()

    def full(connection: sa.Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def roomy(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")

    statuses = []
    sa.event.listen(city.tables.engine, "begin", full)
    try:
        for number in range(400):  # until the pages that are there are full
            told = department.post(
                "/norms/add", {**typed, "valid_from": f"2030-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"}
            )
            statuses.append(told.status_code)
            if told.status_code != 302:
                break
    finally:
        sa.event.remove(city.tables.engine, "begin", full)
    assert statuses[-1] == 503, statuses
    assert Fields(told.text).values["note"] == typed["note"].strip()
    sa.event.listen(city.tables.engine, "begin", roomy)
    try:
        assert sends(department, told, "/norms/add").status_code == 302
    finally:
        sa.event.remove(city.tables.engine, "begin", roomy)


@pytest.mark.parametrize("kind", ["postgresql"])  # SQLite is no server
def test_a_page_whose_connection_broke_says_so_and_the_next_one_is_there(city, kind, monkeypatch):
    """As when the server ended itself on a full disk: the connections in hand are dead, and nobody knows yet."""
    monkeypatch.setattr(database, "SILENT", 60)  # none is asked whether it still lives
    department = city.sign_in("department")
    department.get("/days-off/list/")
    outside = sa.create_engine(city.tables.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        ended = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(ended, {"name": city.tables.engine.url.database})
    outside.dispose()
    told = department.get("/days-off/list/")
    assert (told.status_code, "Retry-After" in told.headers) == (503, True)
    assert department.get("/days-off/list/").status_code == 200


@pytest.mark.parametrize("kind", ["postgresql"])  # SQLite: test_full_disk.py
def test_a_server_without_room_is_503_with_the_form_and_room_again_sends_it(city, kind):
    """A trigger says what the server says when its disk is full: disk_full, 53100."""
    department = city.sign_in("department")
    typed = valid("days-off", city.own)
    with city.tables.engine.begin() as connection:
        raises = "BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END"
        connection.exec_driver_sql(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ {raises} $$")
        connection.exec_driver_sql("CREATE TRIGGER no_room BEFORE INSERT ON day_off EXECUTE FUNCTION no_room()")
    try:
        with city.tables.unchanged():
            told = department.post("/days-off/add", typed)
    finally:
        with city.tables.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION no_room CASCADE")
    assert (told.status_code, is_filled(told.text, typed)) == (503, True)
    assert sends(department, told, "/days-off/add").status_code == 302


def test_what_a_database_says_when_it_cannot_now_is_told_from_a_fault_of_ours(web, kind):
    with web.app_context():
        from app.db.extensions import db

        with pytest.raises(sa.exc.SQLAlchemyError) as fault:
            db.session.execute(sa.text("SELECT * FROM no_such_table"))
        db.session.rollback()
    assert not database.cannot_now(fault.value)
    for number in (errno.ENOSPC, errno.EFBIG, errno.EIO):  # full, as large as it may be, broken
        assert database.cannot_now(OSError(number, ""))
    assert not database.cannot_now(FileNotFoundError(2, "no"))


@pytest.mark.parametrize("kind", ["postgresql"])  # SQLite is no server
def test_a_server_that_is_away_is_503_with_what_was_typed(city, kind, monkeypatch):
    """Every connection is ended and no new one is let in, as while it starts anew."""
    department = city.sign_in("department")
    typed = valid("days-off", city.own)
    form = {"csrf_token": department.token(), "form_key": department.key(), **typed}
    url = city.tables.engine.url
    outside = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        name = url.database
        connection.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        try:
            connection.execute(
                sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
            )
            told = department.client.post("/days-off/add", data=form, buffered=True)
            page = department.get("/days-off/list/")
        finally:
            connection.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    outside.dispose()
    assert (told.status_code, page.status_code) == (503, 503)
    assert all(f'value="{typed[name]}"' in told.text for name in ("day", "name", "decree"))
    again = {
        n: re.search(rf'name="{n}" value="([^"]*)"', told.text.partition("<main")[2])[1]
        for n in ("csrf_token", "form_key")
    }
    assert department.client.post("/days-off/add", data={**typed, **again}).status_code == 302


@contextmanager
def unheard_commit(city, kind):
    """Inside, the first commit of what stands in the history is done, and nobody hears that it is."""
    changed = []

    def note(_connection, _cursor, statement: str, *_) -> None:
        if "INSERT INTO change " in statement:
            changed.append(statement)

    def lose(connection) -> None:
        if changed and "told" not in changed:
            raw = connection.connection.dbapi_connection
            raw.execute("COMMIT") if kind == "sqlite" else raw.commit()
            changed.append("told")
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR"
            raise sa.exc.OperationalError("COMMIT", None, error)

    sa.event.listen(city.tables.engine, "before_cursor_execute", note)
    sa.event.listen(city.tables.engine, "commit", lose)
    try:
        yield
    finally:
        sa.event.remove(city.tables.engine, "before_cursor_execute", note)
        sa.event.remove(city.tables.engine, "commit", lose)
    assert "told" in changed


def test_an_effect_whose_answer_was_lost_is_not_had_twice(city, kind, monkeypatch):
    """503 keeps the form's key, and says that it may be done: it is not done again."""
    monkeypatch.setattr(form_keys, "ANSWERED_WITHIN", 0.1)  # the first one's answer never comes
    department = city.sign_in("department", "en")
    form = {**valid("days-off", city.own), "form_key": department.key()}
    with unheard_commit(city, kind):
        told = department.post("/days-off/add", form)
    assert told.status_code == 503
    assert str(PERHAPS_DONE) in told.text and "Nothing was changed" not in told.text
    with city.tables.unchanged():
        again = sends(department, told, "/days-off/add")
    assert again.status_code == 303
    with city.tables.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(SentForm.__table__)) == 1
