"""The cabinet of a family (issue 13, 1 and 3): who comes in by a code, and that it is nobody else's who is seen."""

import contextlib
import json
import re
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa

from app.access import visits
from app.actions import applications
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Document, OneTimeCode, Sex, Visit
from app.rules import iin
from config import Service
from tests.factories import DEPARTMENT, at
from tests.gateways import set_up, sms_gateway
from tests.views.conftest import Browser, forget_tries
from tests.views.test_personal_data import canaries, leaks, people_of, secrets_of  # noqa: F401
from tests.views.test_public import crawled

PHONE, OTHER_PHONE = "+77020000001", "+77029999999"
HERE = {"Origin": "http://localhost"}


@pytest.fixture
def family(city):
    """The applicant of a child that waits, with a phone on record: the IIN."""
    with city.web.app_context(), transaction():
        child = db.session.get_one(Application, city.own.waiting)
        applications.change(child, by=DEPARTMENT, at=at("2026-04-12T10:00"), phone=PHONE)
        return child.applicant.iin


@pytest.fixture
def browser(city):
    return Browser(city.web.test_client())


def ask(browser, person: str, phone: str = PHONE):
    return browser.client.post("/my/enter", data={"iin": person, "phone": phone}, headers=HERE)


def code_of(answer) -> str:
    return re.search(r"demo=(\d{6})", answer.location)[1]


def say(browser, code: str):
    return browser.client.post("/my/enter/code", data={"code": code}, headers=HERE)


def entered(browser, person: str, phone: str = PHONE):
    asked = ask(browser, person, phone)
    assert asked.status_code == 303, (asked.status_code, asked.text)
    said = say(browser, code_of(asked))
    assert (said.status_code, said.location) == (303, "/my/")
    return browser


# ---------------------------------------------------------------- in by a code


def test_a_parent_comes_in_by_a_code_and_finds_the_application(city, browser, family):
    assert browser.get("/my/").location == "/my/enter"
    journal = entered(browser, family).get("/my/").text
    assert f"/my/a/{city.own.waiting}" in journal and "Өтініштер журналы" in journal
    page = browser.get(f"/my/a/{city.own.waiting}")
    assert page.status_code == 200 and "Кезек нөмірі" in page.text and "Құжаттар" in page.text
    for answer in (page, browser.get("/my/")):
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_journal_has_the_columns_of_the_seed(city, browser, family):
    head = re.search(r"<thead>(.*?)</thead>", entered(browser, family).get("/my/").text, re.S)[1]
    assert re.findall(r'scope="col">([^<]+)<', head) == [
        "Тіркеу нөмірі",
        "Бала",
        "Баланың ЖСН",
        "Кезек нөмірі",
        "Өтініш беруші",
        "Кезекке қойылған күні",
        "Мәртебе",
        "Жеңілдік түрі",
        "Туған күні",
    ]


def test_a_code_opens_once_on_the_browser_that_asked_for_it(city, browser, family):
    code = code_of(ask(browser, family))
    assert say(Browser(city.web.test_client()), code).status_code == 422
    entry = browser.client.get_cookie("kezek_entry", path="/my").value
    assert say(browser, code).status_code == 303
    again = Browser(city.web.test_client())
    again.client.set_cookie("kezek_entry", entry, path="/my")
    assert say(again, code).status_code == 422


def test_five_wrong_tries_close_a_code(city, browser, family):
    code = code_of(ask(browser, family))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert [say(browser, wrong).status_code for _ in range(5)] == [422] * 5
    assert say(browser, code).status_code == 422


def test_a_code_is_over_after_five_minutes_and_a_visit_after_half_an_hour(city, browser, family):
    code = code_of(ask(browser, family))
    with city.web.app_context(), transaction():
        db.session.execute(sa.update(OneTimeCode).values(asked_at=datetime.now(UTC) - visits.LIVES))
    assert say(browser, code).status_code == 422
    forget_tries(city.web)
    entered(browser, family)
    with city.web.app_context(), transaction():
        db.session.execute(sa.update(Visit).values(seen_at=datetime.now(UTC) - visits.IDLE - timedelta(seconds=1)))
    assert browser.get("/my/").location == "/my/enter"


def test_whoever_is_not_on_record_is_answered_alike_and_gets_no_code(city, family):
    def asked(person, phone):
        forget_tries(city.web)
        browser = Browser(city.web.test_client())
        answer = ask(browser, person, phone)
        assert answer.status_code == 303, answer.text
        return answer.status_code, answer.location.partition("?")[0], browser.get("/my/enter/code").text

    with city.web.app_context():
        stranger = iin.make(date(1991, 6, 2), Sex.female, 4321)
    known = asked(family, PHONE)
    assert asked(family, OTHER_PHONE) == asked(stranger, PHONE) == known
    with city.web.app_context():
        kept = db.session.execute(sa.select(OneTimeCode.code_hash).order_by(OneTimeCode.id)).scalars().all()
    assert kept[0] is not None and kept[1:] == [None, None]


@contextlib.contextmanager
def mobile_citizens(web, answer: bytes):
    """A register of mobile phones on loopback, which answers so; what it was asked."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            calls.append((self.headers["Authorization"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = web.config["KEZEK"]
    service = Service(f"http://127.0.0.1:{server.server_port}/registered", "сенім".encode().hex())
    web.config["KEZEK"] = replace(before, mobile_citizens=service)
    try:
        yield calls
    finally:
        web.config["KEZEK"] = before
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "comes"),
    [(b'{"registered": true}', True), (b'{"registered": false}', False), (b"<html>", False), (b"[]", False)],
)
def test_who_has_no_application_yet_comes_in_where_the_register_of_mobile_phones_knows_the_phone(city, answer, comes):
    person = iin.make(date(1991, 6, 2), Sex.female, 4321)
    browser = Browser(city.web.test_client())
    with mobile_citizens(city.web, answer) as calls:
        asked = ask(browser, person, OTHER_PHONE)
    assert asked.status_code == 303 and ("demo=" in asked.location) == comes
    assert calls == [(f"Bearer {'сенім'.encode().hex()}", json.dumps({"iin": person, "phone": OTHER_PHONE}).encode())]


@pytest.mark.parametrize("typed", ({}, {"iin": "123456789012", "phone": PHONE}, {"iin": "x", "phone": "жоқ"}))
def test_what_cannot_be_a_person_is_said_and_stays_typed(browser, typed):
    answer = browser.client.post("/my/enter", data=typed, headers=HERE)
    assert answer.status_code == 422 and "он екі сан" in answer.text
    assert all(f'value="{one}"' in answer.text for one in typed.values())


def test_codes_are_limited_by_person_with_phone_and_by_address(city, family):
    first, again, second = (Browser(city.web.test_client()) for _ in range(3))
    assert [ask(one, family).status_code for one in (first, again)] == [303, 429]
    second.client.environ_base["REMOTE_ADDR"] = "10.1.2.3"
    assert ask(second, family).status_code == 429
    third = Browser(city.web.test_client())
    assert ask(third, family, OTHER_PHONE).status_code == 303  # whoever knows the IIN alone keeps nobody out


def test_the_code_is_sent_by_sms_once_and_stands_in_no_log(city, family, browser, monkeypatch, caplog):
    caplog.set_level("DEBUG")
    monkeypatch.setattr("app.cabinet.own.is_demo", lambda: False)
    with sms_gateway() as gateway, set_up(city.web, sms=gateway.sms()):
        answer = ask(browser, family)
        answer.close()
        (text,) = gateway.texts(PHONE)
    code = re.search(r"\d{6}", text)[0]
    assert "demo" not in answer.location and code not in caplog.text and PHONE[1:] not in caplog.text
    assert say(browser, code).status_code == 303


@pytest.mark.parametrize("address", ("/my/enter", "/my/enter/code", "/my/"))
def test_a_page_is_read_in_the_language_that_is_chosen_on_it(city, browser, family, address):
    if address == "/my/":
        entered(browser, family)
    links = dict(re.findall(r'href="([^"]*)" lang="(\w+)"', browser.get(address).text))
    for link, language in links.items():
        chosen = browser.get(link)
        assert (chosen.status_code, chosen.location) == (303, address)
        assert f'<html lang="{language}">' in browser.get(address).text
    assert set(links.values()) == set(city.web.config["LANGUAGES"])


# ---------------------------------------------------------------- nobody else's


def test_two_families_see_each_their_own_and_a_foreign_number_is_not_found(canaries, browser):  # noqa: F811
    with canaries.web.app_context():
        own = db.session.get_one(Application, canaries.own.waiting)
        person, phone = own.applicant.iin, own.phone
        mine = {one.id for one in db.session.scalars(sa.select(Application)) if one.applicant.iin == person}
        others = set(db.session.scalars(sa.select(Application.id))) - mine
        papers = db.session.execute(sa.select(Document.id, Document.application_id)).all()
    entered(browser, person, phone)
    pages = {address: browser.get(address).text for address in ("/my/", *(f"/my/a/{one}" for one in mine))}
    assert leaks(pages, secrets_of(canaries, but=mine)) == set()
    assert people_of(canaries)[own.id]["texts"] & set(re.findall(r"[\wқғңөұүһіӘ]+", " ".join(pages.values())))
    assert {browser.get(f"/my/a/{one}").status_code for one in others} == {404}
    for document, application in papers:
        status = browser.get(f"/my/a/{canaries.own.waiting}/paper/{document}").status_code
        assert status == 404 or application in mine


def test_an_official_is_nobody_in_the_cabinet_and_a_family_nobody_in_the_office(city, browser, family):
    official = city.sign_in("department")
    assert official.get("/my/").location == "/my/enter"
    entered(official, family)
    assert official.get(f"/my/a/{city.own.waiting}").status_code == 200
    assert official.get(f"/my/a/{city.neighbour.application}").status_code == 404
    assert official.get("/applications/list/").status_code == 200
    entered_alone = browser
    forget_tries(city.web)
    entered(entered_alone, family)
    assert "/login/" in entered_alone.get("/applications/list/").location
    assert entered_alone.client.get_cookie("kezek_family", path="/my") is not None
    assert entered_alone.client.get_cookie("kezek_family", path="/") is None


def test_a_form_of_another_site_is_refused_and_leaving_ends_the_visit(city, browser, family):
    entered(browser, family)
    key = browser.client.get_cookie("kezek_family", path="/my").value
    for headers in ({}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
        assert browser.client.post("/my/leave", headers=headers).status_code == 400
    assert browser.client.post("/my/leave", headers=HERE).status_code == 303
    browser.client.set_cookie("kezek_family", key, path="/my")
    assert browser.get("/my/").location == "/my/enter"


def test_the_pages_of_everybody_lead_to_the_cabinet(browser):
    assert "/my/" in crawled(browser)["/"]


def test_a_code_opens_what_its_phone_stands_on_and_a_key_all(city, browser, family):
    """Anybody at any counter may have typed a phone beside an IIN."""
    with city.web.app_context(), transaction():
        elsewhere = db.session.get_one(Application, city.region.waiting)
        elsewhere.applicant.iin = family
        elsewhere.phone = OTHER_PHONE
    own, foreign = f"/my/a/{city.own.waiting}", f"/my/a/{city.region.waiting}"
    entered(browser, family)
    assert (browser.get(own).status_code, browser.get(foreign).status_code) == (200, 404)
    forget_tries(city.web)
    stranger = entered(Browser(city.web.test_client()), family, OTHER_PHONE)
    assert (stranger.get(own).status_code, stranger.get(foreign).status_code) == (404, 200)
    with city.web.app_context():
        key = visits.begin(family)
    browser.client.set_cookie("kezek_family", key, path="/my")
    assert (browser.get(own).status_code, browser.get(foreign).status_code) == (200, 200)


@pytest.mark.parametrize("phone", (f"{PHONE} ext. 1", f"{PHONE}, {OTHER_PHONE}", "+88213000111", "+77162251111"))
def test_a_code_goes_to_one_mobile_phone_of_the_country(browser, family, phone):
    refused = ask(browser, family, phone)
    assert refused.status_code == 422 and 'role="alert"' in refused.text


def test_codes_are_counted_by_their_phone_whoever_asks(city):
    people = [iin.make(date(1991, 6, day), Sex.female, 4321) for day in range(1, 5)]
    asked = [ask(Browser(city.web.test_client()), person, OTHER_PHONE).status_code for person in people]
    assert asked == [303, 303, 303, 429]


def test_the_page_of_a_wrong_code_shows_no_code(browser, family):
    ask(browser, family)
    wrong = say(browser, "000000")
    assert wrong.status_code == 422 and "function" not in wrong.text and 'class="note">' not in wrong.text
