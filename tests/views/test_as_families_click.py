"""What people do on phones: two clicks, the back button, a visit that was over, an address that is only ever sent, a
database that cannot take anything. The way out is on the page, as these pages look, and nothing typed is lost.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.access import visits
from app.cabinet.own import BACK, ENTRY, KEY, TYPED
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, OneTimeCode, SignedInBy, Visit
from app.words import PERHAPS_DONE
from tests.authority import IIN, OTHER_IIN
from tests.gateways import set_up, sms_gateway
from tests.views import doors
from tests.views.conftest import Browser, forget_tries
from tests.views.test_acts import CONTACTS, asked, believed, child, code_in, entered, person_of, post, sign  # noqa: F401
from tests.views.test_cabinet import HERE, PHONE, ask, code_of, family, say  # noqa: F401
from tests.views.test_new_application import CHILD
from tests.views.test_nothing_lost import at_once, locked, unheard_commit  # noqa: F401
from tests.views.test_whose_pages import addresses

OFFICE = "tabler.min.css"  # of the office's pages


@pytest.fixture
def kind() -> str:
    """One database is enough: what is said to a browser does not depend on it."""
    return "sqlite"


@pytest.fixture
def browser(city) -> Browser:
    """One that has opened the page where one enters."""
    found = Browser(city.web.test_client())
    found.get("/my/enter")
    return found


def over(city) -> None:
    """Nobody clicked for half an hour: every visit is over."""
    with city.web.app_context(), transaction():
        db.session.execute(sa.update(Visit).values(seen_at=datetime.now(UTC) - visits.IDLE - timedelta(seconds=1)))


def once_more(city, browser: Browser, person: str, by: SignedInBy = SignedInBy.code) -> Browser:
    """The same browser, on which somebody has entered again."""
    entered_again = doors.entered(city.web, person, by).client.get_cookie(KEY, path="/my")
    browser.client.set_cookie(KEY, entered_again.value, path="/my")
    return browser


# ---------------------------------------------------------------- two clicks


def test_of_two_clicks_that_ask_for_a_code_the_second_leads_to_where_it_is_typed(city, browser, family, monkeypatch):  # noqa: F811
    """A browser shows what the second has brought, and need not keep what came with the first."""
    monkeypatch.setattr("app.cabinet.own.is_demo", lambda: False)
    entry = browser.client.get_cookie(ENTRY, path="/my").value
    with sms_gateway() as gateway, set_up(city.web, sms=gateway.sms()):
        answers = []
        for _ in range(2):
            browser.client.set_cookie(ENTRY, entry, path="/my")
            answers.append((answer := ask(browser, family)).location)
            answer.close()  # an SMS leaves after the answer
        (text,) = gateway.texts(PHONE)
    assert answers == ["/my/enter/code"] * 2
    assert say(browser, re.search(r"\d{6}", text)[0]).status_code == 303


def test_a_second_click_of_whoever_is_not_on_record_is_answered_alike(city, browser, monkeypatch):
    monkeypatch.setattr("app.cabinet.own.is_demo", lambda: False)
    assert [ask(browser, OTHER_IIN).location for _ in range(2)] == ["/my/enter/code"] * 2
    assert ask(browser, IIN).status_code == 303, "somebody else on the same browser asks anew"
    with city.web.app_context():
        assert db.session.scalars(sa.select(OneTimeCode.code_hash)).all() == [None, None]


def test_of_two_clicks_that_change_a_phone_each_page_takes_the_code_that_was_sent_once(city, child, monkeypatch):  # noqa: F811
    monkeypatch.setattr("app.cabinet.sending.in_demo", lambda: False)
    browser, new = entered(city, child, SignedInBy.code), "+77020000002"
    with sms_gateway() as gateway, set_up(city.web, sms=gateway.sms()):
        pages = [post(browser, f"{child}/change", phone=new, **CONTACTS) for _ in range(4)]
        for page in pages:
            page.close()  # an SMS leaves after the answer
        (text,) = gateway.texts(new)
    assert [page.status_code for page in pages] == [200, 200, 200, 429], "no more tries than at the entry"
    code = re.search(r"\d{6}", text)[0]
    wrong = post(browser, f"{child}/signed", challenge=asked(pages[0])[0], code=f"{(int(code) + 1) % 1_000_000:06}")
    assert wrong.status_code == 422
    assert post(browser, f"{child}/signed", challenge=asked(pages[2])[0], code=code).status_code == 303


def test_the_demo_shows_its_code_to_the_second_click_too(city, browser, child, family):  # noqa: F811
    codes = [code_of(ask(browser, family)) for _ in range(2)]
    assert say(browser, codes[1]).status_code == 303
    forget_tries(city.web)
    cabinet = entered(city, child, SignedInBy.code)
    pages = [post(cabinet, f"{child}/change", phone="+77020000002", **CONTACTS) for _ in range(2)]
    assert code_in(pages[0]) == code_in(pages[1])


# ---------------------------------------------------------------- a visit that was over


FORMS = {  # where a family types, and what; the rest of what it sends has no form of its own
    "new/child": {"child_iin": CHILD, "child_last_name": "Ойдан", "child_first_name": "Айым", "child_patronymic": ""},
    "new/contacts": {"phone": PHONE, **CONTACTS},
    "join": {"number": "ОДО.1", "child_iin": CHILD, "basis": "parent", "first_name": "Айгүл", "phone": PHONE},
    "a/{child}/change": {"phone": "+77020000002", **CONTACTS},
    "a/{child}/claim_privilege": {"ground": "large_family", "paper_title": "Анықтама", "paper_number": "47-1147"},
}


@pytest.mark.parametrize("form", FORMS)
def test_what_was_typed_when_the_visit_was_over_stands_in_its_form_after_the_next_entry_of_the_same_person(
    city,
    child,  # noqa: F811
    form,
):
    path, typed = form.format(child=child), FORMS[form]
    person = person_of(city, child)
    browser = entered(city, child, SignedInBy.code)
    over(city)
    told = doors.post(browser, path, **typed)
    assert (told.status_code, told.location) == (303, "/my/enter")
    kept = browser.client.get_cookie(TYPED, path="/my").value
    assert browser.client.get_cookie(BACK, path="/my").value == f"/my/{path}"
    assert 'role="status"' in browser.get("/my/enter").text
    other = once_more(city, Browser(city.web.test_client()), OTHER_IIN)
    other.client.set_cookie(TYPED, kept, path="/my")
    assert not any(said in other.get(f"/my/{path}").text for said in typed.values() if re.search(r"\d", said))
    shown = once_more(city, browser, person).get(f"/my/{path}")
    missing = [said for said in typed.values() if said and said not in shown.text]
    assert (shown.status_code, missing) == (200, [])
    again = browser.get(f"/my/{path}").text
    assert not any(said in again for said in typed.values() if re.search(r"\d", said)), "once"


def test_whoever_enters_again_is_led_back_to_the_own_page_and_nobody_to_another_ones(city, browser, child, family):  # noqa: F811
    own = f"/my/a/{child}"
    assert browser.get(own).location == "/my/enter"
    assert say(browser, code_of(ask(browser, family))).location == own
    browser.client.post("/my/leave", headers=HERE)
    browser.client.set_cookie(BACK, f"/my/a/{city.own.application}", path="/my")
    forget_tries(city.web)
    browser.get("/my/enter")
    assert say(browser, code_of(ask(browser, family))).location == "/my/"


def test_whoever_enters_by_a_key_for_what_it_has_typed_finds_it_there(city, child):  # noqa: F811
    browser, person = entered(city, child, SignedInBy.code), person_of(city, child)
    typed = {"number": "ОДО.77", "child_iin": CHILD, "basis": "guardian", "first_name": "Айгүл", "phone": PHONE}
    with city.web.app_context():
        number = db.session.get_one(Application, city.own.application)
        typed |= {"number": number.number, "child_iin": number.child_iin}
    assert 'data-reason="signature_required"' in doors.post(browser, "join", **typed).text
    page = once_more(city, browser, person, SignedInBy.key).get("/my/join").text
    assert [said for said in typed.values() if said not in page] == []


def test_no_signature_and_no_code_is_kept_of_what_was_sent_too_late(city, child):  # noqa: F811
    browser = entered(city, child, SignedInBy.code)
    over(city)
    for path in (f"a/{child}/signed", "join/signed", "new/signed"):
        doors.post(browser, path, challenge="x", cms="y", code="123456")
        assert browser.client.get_cookie(TYPED, path="/my") is None


# ---------------------------------------------------------------- what is only ever sent, and what goes wrong


def test_an_address_that_is_only_ever_sent_leads_to_the_page_that_it_belongs_to(city, child):  # noqa: F811
    browser, wrong, count = entered(city, child, SignedInBy.code), [], 0
    with city.web.app_context():
        there = list(addresses(city.web, frozenset({child})))
    pages = {one.path for one in there if one.method == "GET" and "_rest" not in one.rule}
    for one in there:
        if one.method == "POST" and one.path not in pages and not one.foreign and "_rest" not in one.rule:
            answer, count = browser.get(one.path), count + 1
            if answer.status_code != 303 or browser.get(answer.location).status_code not in (200, 303):
                wrong.append((one.path, answer.status_code, answer.location))
    assert wrong == [] and count > 10
    nowhere = browser.get("/my/nowhere")
    assert nowhere.status_code == 404 and OFFICE not in nowhere.text and "cabinet" in nowhere.text


def own_posts(city, child: int) -> list[str]:  # noqa: F811
    with city.web.app_context():
        return [one.path for one in addresses(city.web, frozenset({child})) if one.method == "POST" and not one.foreign]


def test_whatever_goes_wrong_is_told_as_families_pages_look(city, child, monkeypatch):  # noqa: F811
    browser, wrong = entered(city, child, SignedInBy.code), []

    def look(what: str, answer, *statuses: int) -> None:
        if answer.status_code not in statuses or "cabinet" not in answer.text or OFFICE in answer.text:
            wrong.append((what, answer.status_code))

    for path in own_posts(city, child):
        look(f"another site {path}", browser.client.post(path, headers={"Origin": "https://elsewhere.example"}), 400)
        look(f"a zero byte {path}", browser.client.post(path, data={"phone": "\0"}, headers=HERE), 400)
    monkeypatch.setitem(city.web.config, "MAX_CONTENT_LENGTH", 1_000_000)
    for path in (f"/my/a/{child}/claim_privilege", "/my/new/privilege", "/queue"):
        large = browser.client.post(path, data={"reason": "a" * 1_000_001}, headers=HERE)
        look(f"too large {path}", large, 413)
        assert f'href="{path}"' in large.text
    monkeypatch.setattr("app.cabinet.public.numbers_of", None)
    monkeypatch.setattr("app.cabinet.own.numbers_of", None)
    monkeypatch.setitem(city.web.config, "PROPAGATE_EXCEPTIONS", False)
    look("a fault of ours", browser.get(f"/my/a/{child}"), 500)
    assert wrong == []


@pytest.mark.usefixtures("at_once")
def test_while_nothing_can_be_written_each_page_says_so_and_one_click_sends_the_same_again(city, child, kind):  # noqa: F811
    browser, typed = entered(city, child, SignedInBy.code), {"phone": PHONE, **CONTACTS}
    new = uuid4().hex[:8]
    with locked(city, kind), city.tables.unchanged():
        told = doors.post(browser, "new/contacts", **typed | {"address": new})
    assert told.status_code == 503 and told.headers["Retry-After"] and OFFICE not in told.text
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', told.text))
    assert again["address"] == new and again.keys() == typed.keys()
    assert doors.post(browser, "new/contacts", **again).status_code == 303


def test_an_act_of_which_nobody_heard_that_it_is_done_may_be_and_the_same_sent_again_leads_to_it(city, child, kind):  # noqa: F811
    browser, person = entered(city, child), person_of(city, child)
    browser.client.set_cookie("language", "en")
    shown = post(browser, f"{child}/confirm")
    with unheard_commit(city, kind):
        told = sign(browser, child, shown, person)
    assert told.status_code == 503 and str(PERHAPS_DONE) in told.text and "Nothing was changed" not in told.text
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', told.text))
    with city.tables.unchanged():
        led = doors.post(browser, f"a/{child}/signed", **again)
    assert (led.status_code, led.location) == (303, f"/my/a/{child}?done=confirm")
