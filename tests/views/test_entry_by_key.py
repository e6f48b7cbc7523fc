"""Entry by a key (S1 43-48, S2 108-110; ADR 28): who comes in, how strongly, and what is refused."""

import html
import re

import pytest

from app.access import visits
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Purpose, SignedInBy
from tests import authority as of
from tests.authority import BIN, IIN, holder
from tests.views import doors
from tests.views.conftest import Browser, forget_tries
from tests.views.test_cabinet import HERE, entered, family  # noqa: F401

ENTRY = Purpose.entry


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    with of.believed_by(city.web, tmp_path) as keys:
        yield keys


@pytest.fixture
def browser(city):
    return Browser(city.web.test_client())


def challenged(browser) -> tuple[str, str]:
    """The challenge's key, and the text as its page shows it."""
    page = browser.client.post("/my/enter/challenge", headers=HERE)
    assert page.status_code == 200, page.text
    key = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
    return key, html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.S)[1])


def bring(browser, key: str, cms: str):
    return browser.client.post("/my/enter/key", data={"challenge": key, "cms": cms}, headers=HERE)


def enter(browser, who: of.Holder):
    key, text = challenged(browser)
    return bring(browser, key, who.sign(text.encode()))


def visitor(city, browser):
    cookie = browser.client.get_cookie("kezek_family", path="/my")
    with city.web.app_context():
        return visits.who(cookie.value) if cookie else None


def test_a_parent_enters_with_a_key_after_its_owner_was_shown(city, browser):
    with city.web.app_context():
        person = db.session.get_one(Application, city.own.waiting).applicant.iin
    answer = enter(browser, holder(ENTRY, number=person))
    assert answer.status_code == 200 and "Ойдан Шығарылған Әкесіқызы" in answer.text and person in answer.text
    assert re.search(r'<a class="button" href="/my/">Кіру</a>', answer.text)
    assert f"/my/a/{city.own.waiting}" in browser.get("/my/").text
    assert visitor(city, browser) == visits.Visitor(person, SignedInBy.key)


def test_whoever_enters_is_asked_once_for_an_e_mail_which_may_wait(city, browser):
    with city.web.app_context(), transaction():
        own = db.session.get_one(Application, city.own.waiting)
        own.email, person = None, own.applicant.iin
    answer = enter(browser, holder(ENTRY, number=person))
    assert f'href="/my/a/{city.own.waiting}/change">Электрондық поштаны көрсету' in answer.text
    assert browser.get(f"/my/a/{city.own.waiting}/change").status_code == 200
    with city.web.app_context(), transaction():
        db.session.get_one(Application, city.own.waiting).email = "ata-ana@example.org"
    forget_tries(city.web)
    assert "Электрондық поштаны көрсету" not in enter(browser, holder(ENTRY, number=person)).text


def test_the_two_ways_in_stand_as_the_seed_has_them(browser):
    for address in ("/my/enter", "/my/enter/key"):
        page = browser.get(address).text
        ways = re.findall(r"<li><a[^>]*>([^<]+)</a></li>", page)
        assert ways == ["ЭЦҚ", "Бір реттік құпия сөз"]
        assert "заңсыз пайдалану" in page
    assert "Сертификатты таңдаңыз" in page and "NCALayer" in page


@pytest.mark.parametrize(
    ("who", "said"),
    (
        (lambda: holder(Purpose.act), "басқа түрдегі кілт"),
        (lambda: holder(Purpose.organisation, bin=BIN), "басқа түрдегі кілт"),
        (lambda: of.another(ENTRY, by=of.stranger()), "ұлттық куәландырушы орталықтың кілті емес"),
    ),
    ids=("signature key", "organisation's key", "unknown issuer"),
)
def test_a_wrong_key_does_not_enter_and_is_told_why(city, browser, who, said):
    answer = enter(browser, who())
    assert answer.status_code == 422 and said in answer.text
    assert visitor(city, browser) is None and browser.get("/my/").location == "/my/enter"


def test_a_revoked_key_does_not_enter(city, browser):
    of.write(city.web.config["KEZEK"].crls, holder(ENTRY).certificate)
    assert "қайтарып алынған" in enter(browser, holder(ENTRY)).text
    assert visitor(city, browser) is None


def test_a_challenge_enters_once_and_on_its_own_browser(city, browser):
    key, text = challenged(browser)
    cms = holder(ENTRY).sign(text.encode())
    thief = Browser(city.web.test_client())
    assert bring(thief, key, cms).status_code == 422 and visitor(city, thief) is None
    entry = browser.client.get_cookie("kezek_entry", path="/my").value
    assert bring(browser, key, cms).status_code == 200
    thief.client.set_cookie("kezek_entry", entry, path="/my")
    assert bring(thief, key, cms).status_code == 422 and visitor(city, thief) is None


def test_what_was_signed_for_an_act_does_not_enter(city, browser):
    from app.access import challenges

    challenged(browser)
    entry = browser.client.get_cookie("kezek_entry", path="/my").value
    with city.web.app_context():
        act = challenges.ask("Растаймын", purpose=Purpose.act, browser=entry)
    assert bring(browser, act.key, holder(ENTRY).sign(act.text.encode())).status_code == 422
    assert visitor(city, browser) is None


def test_a_stronger_visit_has_a_new_key_and_the_older_one_is_over(city, browser, family):  # noqa: F811
    entered(browser, family)
    older = browser.client.get_cookie("kezek_family", path="/my").value
    assert visitor(city, browser).sign_in is SignedInBy.code
    assert enter(browser, holder(ENTRY, number=family)).status_code == 200
    assert visitor(city, browser).sign_in is SignedInBy.key
    with city.web.app_context():
        assert visits.who(older) is None


def test_a_page_that_has_entered_may_be_loaded_again(browser):
    key, text = challenged(browser)
    cms = holder(ENTRY).sign(text.encode())
    assert bring(browser, key, cms).status_code == 200
    again = bring(browser, key, cms)
    assert (again.status_code, again.location) == (303, "/my/")


def test_the_agent_is_reached_from_pages_that_sign_and_from_no_other(browser, believed):
    page = browser.client.post("/my/enter/challenge", headers=HERE)
    assert f"connect-src 'self' {believed.agent};" in page.headers["Content-Security-Policy"]
    for address in ("/my/enter/key", "/my/enter", "/"):
        assert "connect-src 'self';" in browser.get(address).headers["Content-Security-Policy"]


def test_where_no_keys_are_believed_the_page_says_so(browser, city, monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(city.web.config, "KEZEK", replace(city.web.config["KEZEK"], keys=None))
    assert "әзірге қабылданбайды" in browser.get("/my/enter/key").text
    assert browser.client.post("/my/enter/challenge", headers=HERE).location == "/my/enter/key"
    assert bring(browser, "x", "y").status_code == 422


def test_entries_that_are_begun_are_limited(browser):
    answers = [browser.client.post("/my/enter/challenge", headers=HERE).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_without_a_script_a_sentence_leads_on(browser):
    page = browser.client.post("/my/enter/challenge", headers=HERE).text
    assert "<noscript>" in page and "/my/enter" in page and IIN not in page


def test_whoever_entered_for_an_act_is_led_back_to_it_and_to_no_address_of_another_one(city):
    with city.web.app_context():
        person = db.session.get_one(Application, city.own.waiting).applicant.iin
    browser = doors.entered(city.web, person, SignedInBy.code)
    page = doors.post(browser, f"a/{city.own.waiting}/withdraw")
    assert "/my/enter/key" in page.text
    shown = enter(browser, holder(ENTRY, number=person)).text
    assert f'<a class="button" href="/my/a/{city.own.waiting}">Кіру</a>' in shown
    for told in ("https://elsewhere.example/", "//elsewhere.example", "/my/a/1/x/../..", "/my/leave", ""):
        forget_tries(city.web)
        browser.client.set_cookie("kezek_back", told, path="/my")
        assert '<a class="button" href="/my/">' in enter(browser, holder(ENTRY, number=person)).text
