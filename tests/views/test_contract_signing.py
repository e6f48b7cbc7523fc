"""The head signs the contract (issue 13, 5; S1, spec 10): with a key of its kindergarten, or on paper with its day."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.actions import signatures
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Contract, Kindergarten, Purpose, Signature
from tests import authority as of
from tests.authority import BIN, IIN, another, holder
from tests.views.doors import asked

ORGANISATION = Purpose.organisation
OTHER_BIN = "030440001233"


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    """The kindergarten has a BIN, and the authority of the tests is believed."""
    with city.web.app_context(), transaction():
        own = db.session.get_one(Application, city.own.application)
        db.session.get_one(Kindergarten, own.referrals[-1].vacancy.group.kindergarten_id).bin = BIN
    with of.believed_by(city.web, tmp_path):
        yield


@pytest.fixture
def page(city):
    return f"/applications/contract/{city.own.application}"


@pytest.fixture
def head(city):
    return city.sign_in("head")


def contract(city) -> Contract:
    return db.session.get_one(Application, city.own.application).referrals[-1].contract


def signed_at(city):
    with city.web.app_context():
        return contract(city).head_signed_at


def shown(head, page) -> tuple[str, str]:
    """The key and the text that the agent is handed."""
    return asked(head.post(page))


def brought(head, page, key: str, cms: str):
    return head.post(page, {"challenge": key, "cms": cms})


def test_the_head_signs_with_the_key_of_its_kindergarten_all_that_the_contract_says(city, head, page):
    read = head.get(page).text
    key, text = shown(head, page)
    assert BIN in text and re.search(r"1\. Мәні: \S+", text) and "Келісімшартқа қол қою" in read
    with city.web.app_context():
        own = db.session.get_one(Application, city.own.application)
        assert {own.child.full_name, own.applicant.full_name, "7. Мерзім"} <= set(re.findall(r"<d[td]>([^<]*)<", read))
    answer = brought(head, page, key, holder(ORGANISATION, bin=BIN).sign(text.encode()))
    assert answer.status_code in (302, 303) and answer.location.endswith(f"/applications/show/{city.own.application}")
    with city.web.app_context():
        kept = db.session.scalars(sa.select(Signature)).one()
        of_head = Change.application_id == city.own.application, Change.verb == "sign", Change.role == "head"
        done = db.session.scalars(sa.select(Change).where(*of_head)).all()
        assert (kept.bin, kept.iin, kept.purpose, kept.verb) == (BIN, IIN, ORGANISATION, "sign")
        assert {(one.signature_id, one.paper_on) for one in done} == {(kept.id, None)}
        assert contract(city).head_signed_at is not None and signatures.wrong(kept) is None
    again = brought(head, page, key, holder(ORGANISATION, bin=BIN).sign(text.encode()))
    assert again.status_code in (302, 303, 422)  # signed once


EMPLOYEE = ["1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.5"]  # of it, who may not sign for it
WRONG = {
    "personal key": lambda text: holder(Purpose.act).sign(text),
    "authentication key": lambda text: holder(Purpose.entry).sign(text),
    "another organisation's": lambda text: holder(ORGANISATION, bin=OTHER_BIN).sign(text),
    "employee's": lambda text: another(ORGANISATION, uses=EMPLOYEE, bin=BIN).sign(text),
    "nobody's authority": lambda text: another(ORGANISATION, bin=BIN, by=of.stranger()).sign(text),
    "another text": lambda text: holder(ORGANISATION, bin=BIN).sign(text + b" "),
    "no signature": lambda _text: "MIIC",
    "nothing": lambda _text: "",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_no_other_key_signs_a_contract(city, head, page, wrong):
    key, text = shown(head, page)
    answer = brought(head, page, key, WRONG[wrong](text.encode()))
    assert answer.status_code == 422 and 'class="flash danger"' in answer.text
    with city.web.app_context():
        assert contract(city).head_signed_at is None
        assert db.session.scalar(sa.select(sa.func.count(Signature.id))) == 0


def test_a_revoked_key_signs_none(city, head, page):
    who = holder(ORGANISATION, bin=BIN)
    key, text = shown(head, page)
    of.write(city.web.config["KEZEK"].crls, who.certificate)
    assert brought(head, page, key, who.sign(text.encode())).status_code == 422 and signed_at(city) is None


def test_what_was_shown_to_one_head_is_signed_by_no_other_browser_and_for_no_other_contract(city, head, page):
    key, text = shown(head, page)
    cms = holder(ORGANISATION, bin=BIN).sign(text.encode())
    assert brought(city.sign_in("head"), page, key, cms).status_code == 422 and signed_at(city) is None


def test_on_paper_its_day_is_asked_and_kept(city, head):
    asks = head.post("/applications/action_post", {"action": "sign", "rowid": str(city.own.application)})
    assert 'name="paper_on"' in asks.text and f"/applications/contract/{city.own.application}" in asks.text
    sure = {"action": "sign", "rowid": str(city.own.application), "sure": "yes"}
    assert head.post("/applications/action_post", sure).status_code == 422 and signed_at(city) is None
    early = head.post("/applications/action_post", sure | {"paper_on": "2026-04-01"})
    assert early.status_code == 422 and signed_at(city) is None  # before the contract was drawn up
    assert head.post("/applications/action_post", sure | {"paper_on": "2026-04-13"}).status_code == 303
    with city.web.app_context():
        done = sa.select(Change.paper_on).where(Change.verb == "sign", Change.role == "head").order_by(Change.id.desc())
        assert str(db.session.scalars(done).first()) == "2026-04-13"


def test_without_a_bin_or_without_keys_the_page_says_what_else_there_is(city, head, page, monkeypatch):
    monkeypatch.setitem(city.web.config, "KEZEK", replace(city.web.config["KEZEK"], keys=None))
    for _ in range(2):
        read = head.get(page).text
        assert 'class="flash warning"' in read and 'value="sign"' in read and "<pre" not in head.post(page).text
        with city.web.app_context(), transaction():
            own = db.session.get_one(Application, city.own.application)
            db.session.get_one(Kindergarten, own.referrals[-1].vacancy.group.kindergarten_id).bin = None
