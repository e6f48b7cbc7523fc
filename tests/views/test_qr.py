"""Signing on a phone by a QR code (issue 13, 3; spec 10), with a stand-in of the service between on loopback."""

import html
import json
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa

from app.access import visits
from app.actions import signatures
from app.db.extensions import db
from app.demo.phone import PATH, SigningPhone
from app.models import ApplicationStatus, Purpose, Signature, SignedInBy
from app.signing import qr
from config import Service
from tests import authority as of
from tests.authority import OTHER_IIN, holder
from tests.views.conftest import Browser
from tests.views.doors import asked, post
from tests.views.test_acts import child, entered, person_of, status_of  # noqa: F401
from tests.views.test_cabinet import HERE


@dataclass
class Told:
    """How the service answers from now on: `way`; whose key the phone has, for an entry or for an act."""

    way: str = ""
    signer: dict[bool, of.Holder] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Between(SigningPhone):
    def __init__(self, told: Told) -> None:
        super().__init__(lambda entry: told.signer.get(entry))
        self.told = told

    def registered(self, name):
        said = super().registered(name)
        ways = {
            "no picture": {"qrCode": "<svg>"},
            "elsewhere": {"dataURL": "http://169.254.169.254/latest"},
            "script": {"eGovMobileLaunchLink": "javascript:alert(1)", "eGovBusinessLaunchLink": 7},
            "over": {"expireAt": 1000},
        }
        return said | ways.get(self.told.way, {})

    def answer(self, to, said):
        way = self.told.way
        self.told.asked.append(f"{to.command} {to.path.rpartition('/')[0] or to.path}")
        if way == "slow":
            time.sleep(1.5)
        if way in ("500", "404", "302"):
            to.send_response(int(way))
            to.send_header("Location", f"http://127.0.0.1:{self.port}{PATH}/elsewhere")
            to.end_headers()
        elif way in ("nonsense", "list"):
            to.send_response(200)
            to.end_headers()
            to.wfile.write(b"[]" if way == "list" else b"<html>")
        else:
            super().answer(to, {"message": "gone"} if way == "gone" else said)


@contextmanager
def service(web):
    told = Told()
    with Between(told).served(0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        before = web.config["KEZEK"]
        web.config["KEZEK"] = replace(
            before, qr=Service(f"http://127.0.0.1:{server.server_port}", "сен".encode().hex())
        )
        yield told
        web.config["KEZEK"] = before
        server.shutdown()


@pytest.fixture(autouse=True)
def phone(city, child, tmp_path, monkeypatch):  # noqa: F811
    """A phone with both keys of the parent of the child."""
    monkeypatch.setattr(qr, "ANSWER", 10)  # on a busy machine too
    person = person_of(city, child)
    with of.believed_by(city.web, tmp_path), service(city.web) as told:
        told.signer = {one is Purpose.entry: holder(one, number=person) for one in (Purpose.entry, Purpose.act)}
        yield told


def begun(browser: Browser, child: int):  # noqa: F811
    """The page of a signing that has begun: its address and the text."""
    key, text = asked(post(browser, f"a/{child}/confirm"))
    answer = post(browser, "qr", challenge=key)
    assert answer.status_code == 303, answer.text
    return answer.location, text


def again(browser: Browser, address: str) -> str:
    """Pressed «check again»: the page."""
    assert browser.client.post(address, headers=HERE).status_code == 303
    return browser.get(address).text


def sent(browser: Browser, page: str):
    """What came from the phone is sent."""
    form = re.search(r'<form method="post" action="([^"]+)">.*?</form>', page, re.S)
    hidden = re.findall(r'name="(\w+)" value="([^"]*)"', form[0])
    return browser.client.post(form[1], data={name: html.unescape(value) for name, value in hidden}, headers=HERE)


def stage(page: str) -> str:
    return re.search(r'data-qr="(\w+)"', page)[1]


def test_an_act_is_signed_on_a_phone_over_the_text_that_was_shown(city, child, phone):  # noqa: F811
    browser = entered(city, child)
    address, text = begun(browser, child)
    page = browser.get(address).text
    assert stage(page) == "waits" and 'src="data:image/png;base64,' in page and html.escape(text).strip()[:60] in page
    assert re.findall(r'href="(https://[^"]+)"', page)[0].startswith("https://m.egov.kz/mobileSign/")
    assert stage(again(browser, address)) == "passed"
    page = again(browser, address)
    assert stage(page) == "signed" and status_of(city, child) is ApplicationStatus.confirming
    answer = sent(browser, page)
    assert (answer.status_code, answer.location) == (303, f"/my/a/{child}?done=confirm")
    assert status_of(city, child) is ApplicationStatus.voucher_issued
    with city.web.app_context():
        (kept,) = db.session.scalars(sa.select(Signature)).all()
        assert kept.text.decode() == text and kept.verb == "confirm" and signatures.wrong(kept) is None
    assert 'data-reason="challenge_over"' in browser.get(address).text  # what was used is over


def test_one_enters_by_the_key_that_lies_in_a_phone(city, child):  # noqa: F811
    browser = Browser(city.web.test_client())
    assert "QR" in browser.get("/my/enter").text and "eGov Mobile" in browser.get("/my/enter/qr").text
    address = browser.client.post("/my/enter/qr", headers=HERE).location
    again(browser, address)
    answer = sent(browser, again(browser, address))
    assert answer.status_code == 200 and person_of(city, child) in answer.text
    cookie = browser.client.get_cookie("kezek_family", path="/my").value
    with city.web.app_context():
        assert visits.who(cookie) == visits.Visitor(person_of(city, child), SignedInBy.key)


@pytest.mark.parametrize("way", ("500", "404", "302", "nonsense", "list", "no picture", "elsewhere", "slow", "gone"))
def test_a_service_that_fails_shows_no_code_and_says_what_else_there_is(city, child, phone, way, monkeypatch):  # noqa: F811
    browser = entered(city, child)
    key, _text = asked(post(browser, f"a/{child}/confirm"))
    phone.way = way
    monkeypatch.setattr(qr, "ANSWER", 1 if way == "slow" else 10)
    answer = post(browser, "qr", challenge=key)
    assert answer.status_code == 422 and re.search(r'data-reason="qr_(away|over)"', answer.text)
    assert 'href="/my/' in answer.text and phone.asked == [f"POST {PATH.rpartition('/')[0]}"]
    assert browser.client.post("/my/enter/qr", headers=HERE).status_code == 422
    assert status_of(city, child) is ApplicationStatus.confirming


@pytest.mark.parametrize("way", ("500", "nonsense", "302", "slow"))
def test_a_service_that_fails_on_the_way_is_asked_again(city, child, phone, way, monkeypatch):  # noqa: F811
    browser = entered(city, child)
    address, _text = begun(browser, child)
    for reached in ("waits", "passed"):
        phone.way = way
        monkeypatch.setattr(qr, "ANSWER", 1 if way == "slow" else 10)
        page = again(browser, address)
        monkeypatch.setattr(qr, "ANSWER", 10)
        assert stage(page).startswith(reached) and ("qr_away" in page) is (way != "slow")
        phone.way = ""
        page = again(browser, address)
    assert stage(page) == "signed" and sent(browser, page).status_code == 303


@pytest.mark.parametrize(("way", "reason"), (("gone", "qr_over"), ("404", "qr_over"), ("", "qr_cancelled")))
def test_what_ends_on_the_phone_is_said_and_begins_anew(city, child, phone, way, reason):  # noqa: F811
    browser = entered(city, child)
    address, _text = begun(browser, child)
    again(browser, address)
    phone.way, phone.signer = way, {}
    page = again(browser, address)
    assert stage(page) == "ended" and f'data-reason="{reason}"' in page and f'href="/my/a/{child}"' in page
    asked_so_far = len(phone.asked)
    again(browser, address)
    assert len(phone.asked) == asked_so_far  # nothing more comes
    assert status_of(city, child) is ApplicationStatus.confirming


def test_a_code_whose_time_is_over_is_asked_for_no_more(city, child, phone):  # noqa: F811
    phone.way = "over"
    browser = entered(city, child)
    address, _text = begun(browser, child)
    asked_so_far = len(phone.asked)
    assert 'data-reason="qr_over"' in again(browser, address) and len(phone.asked) == asked_so_far


@pytest.mark.parametrize(
    ("signer", "reason"),
    (
        (lambda _: holder(Purpose.act, number=OTHER_IIN), "foreign_iin"),
        (lambda person: holder(Purpose.entry, number=person), "wrong_key"),
        (lambda person: of.another(Purpose.act, number=person, by=of.stranger()), "unknown_issuer"),
        (lambda person: Other(holder(Purpose.act, number=person)), "bad_signature"),
        (lambda _: Other(None), "bad_signature"),
    ),
    ids=("another person's", "authentication key", "nobody's authority", "another text", "no signature"),
)
def test_what_came_from_a_phone_is_verified_as_what_came_from_the_agent(city, child, phone, signer, reason):  # noqa: F811
    phone.signer = {False: signer(person_of(city, child))}
    browser = entered(city, child)
    address, _text = begun(browser, child)
    again(browser, address)
    answer = sent(browser, again(browser, address))
    assert answer.status_code == 422 and f'data-reason="{reason}"' in answer.text
    assert status_of(city, child) is ApplicationStatus.confirming


class Other:
    """Signs another text than it is given, or nothing."""

    def __init__(self, who) -> None:
        self.who = who

    def sign(self, text: bytes) -> str:
        return self.who.sign(text + b" ") if self.who else "MIIC"


def test_another_browser_finds_no_signing_and_takes_none(city, child):  # noqa: F811
    browser = entered(city, child)
    address, _text = begun(browser, child)
    thief = entered(city, child)
    assert thief.get(address).status_code == 404
    assert thief.client.post(address, headers=HERE).status_code == 404
    key, _text = asked(post(browser, f"a/{child}/confirm"))
    assert 'data-reason="challenge_over"' in post(thief, "qr", challenge=key).text


def test_a_link_that_is_none_is_not_shown(city, child, phone):  # noqa: F811
    phone.way = "script"
    browser = entered(city, child)
    address, _text = begun(browser, child)
    page = browser.get(address).text
    assert "javascript" not in page and "eGov Business" not in page


def test_the_service_is_told_the_token_and_the_text_and_nothing_else(city, child, phone, monkeypatch):  # noqa: F811
    told = []
    monkeypatch.setattr(
        Between, "post", lambda self, path, body: told.append(body) or SigningPhone.post(self, path, body)
    )
    browser = entered(city, child)
    again(browser, begun(browser, child)[0])
    assert told[0] == {"description": "Kezek"} and sorted(told[1]) == ["documentsToSign", "signMethod"]
    assert person_of(city, child) not in json.dumps(told)  # but in the text itself, as base64


def test_without_the_setting_there_is_no_way_by_a_phone(city, child, monkeypatch):  # noqa: F811
    monkeypatch.setitem(city.web.config, "KEZEK", replace(city.web.config["KEZEK"], qr=None))
    browser = entered(city, child)
    page = post(browser, f"a/{child}/confirm")
    assert "/my/qr" not in page.text and "QR" not in browser.get("/my/enter").text
    assert browser.get("/my/enter/qr").status_code == 404
    assert post(browser, "qr", challenge=asked(page)[0]).status_code == 404
