"""S2, «Өтінішті ата-ананың ЖСН-ға біріктіру» (issue 13, 1; spec 3.10): a parent asks in the cabinet to join the other
one's application, an official decides in the office, and nothing is shown before that."""

import html
import re

import pytest
import sqlalchemy as sa

from app.access import visits
from app.actions import applications
from app.actions.people import Contacts, Person
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Guardianship, Notice, Place, Purpose, QueueKind, Signature, SignedInBy, Unit
from app.rules.texts import phones_said
from tests import authority as of
from tests import factories
from tests.authority import IIN, holder
from tests.factories import DEPARTMENT, START
from tests.views.conftest import Browser, forget_tries
from tests.views.doors import code_in
from tests.views.test_cabinet import HERE

ACT = Purpose.act
NAME = {
    "last_name": "Серікова",
    "first_name": "Айгүл",
    "patronymic": "",
    "phone": "+7 701 555 00 11",
    "basis": "parent",
}


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    with of.believed_by(city.web, tmp_path) as keys:
        yield keys


@pytest.fixture
def child(city) -> dict[str, str]:
    """What the other parent knows of a child that waits."""
    with city.web.app_context():
        row = db.session.get_one(Application, city.own.waiting)
        return {"number": row.number, "child_iin": row.child_iin}


@pytest.fixture
def mother(city):
    """She has entered with a key."""
    return visiting(city, SignedInBy.key)


def visiting(city, sign_in: SignedInBy, iin: str = IIN) -> Browser:
    browser = Browser(city.web.test_client())
    with city.web.app_context():
        key = visits.begin(iin)
        if sign_in is SignedInBy.code:
            with transaction():
                db.session.execute(sa.text("UPDATE visit SET sign_in = 'code'"))
    browser.client.set_cookie("kezek_family", key, path="/my")
    return browser


def post(browser, **typed: str):
    return browser.client.post("/my/join", data={**NAME, **typed}, headers=HERE)


def signed(browser, page, who: of.Holder | None = None):
    """The text of the page that asks for a signature, signed; by a code where no key is asked for."""
    key = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
    text = html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.S)[1])
    by_key = {"cms": (who or holder(ACT)).sign(text.encode())} if 'name="cms"' in page.text else {}
    code = {"code": code_in(page)} if 'name="code"' in page.text else {}
    return text, browser.client.post("/my/join/signed", data={"challenge": key, **by_key, **code}, headers=HERE)


def asked(city) -> list[Guardianship]:
    with city.web.app_context():
        return list(db.session.scalars(sa.select(Guardianship).where(Guardianship.iin == IIN)))


def code_is_enough(city) -> None:
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.place)
        factories.norm("sign.join", "code", Unit.CHOICE, place)


def test_a_parent_asks_with_a_key_and_sees_the_application_once_an_official_has_approved(city, mother, child):
    page = post(mother, **child)
    assert page.status_code == 200, page.text
    text, done = signed(mother, page)
    assert all(one in text for one in (*child.values(), "Серікова Айгүл", IIN, "+77015550011", "Ата-ана"))
    assert (done.status_code, done.location) == (303, "/my/join")
    waits = mother.get("/my/join").text
    assert child["number"] in waits and "Шешім күтеді" in waits
    assert f"/my/a/{city.own.waiting}" not in mother.get("/my/").text
    assert mother.get(f"/my/a/{city.own.waiting}").status_code == 404

    official = city.sign_in("specialist")
    assert re.search(r'href="/guardianships/list/\?_flt_0_mine=1"', official.get("/").text)
    (row,) = asked(city)
    shown = official.get(f"/guardianships/show/{row.id}").text
    assert [
        one for one in ("Серікова", "Айгүл", IIN, phones_said("+77015550011"), child["number"]) if one not in shown
    ] == []
    official.post(f"/guardianships/action/approve/{row.id}", {"sure": "yes"})
    assert f"/my/a/{city.own.waiting}" in mother.get("/my/").text
    seen = mother.get(f"/my/a/{city.own.waiting}")
    assert seen.status_code == 200 and "Серікова Айгүл" in seen.text and "бұдан былай" in seen.text
    with city.web.app_context():
        change = db.session.scalars(sa.select(Change).where(Change.verb == "join", Change.role == "family")).one()
        kept = db.session.scalars(sa.select(Signature)).one()
        told = sa.select(Notice.template).where(Notice.guardianship_id == row.id)
        assert (change.sign_in, change.application_id) == (SignedInBy.key, city.own.waiting)
        assert (kept.iin, kept.verb, kept.text.decode()) == (IIN, "join", text)
        assert db.session.scalars(told).all() == ["approve_guardianship"]


def test_what_was_shown_to_join_by_is_no_act_of_the_application_that_was_joined_meanwhile(city, mother, child):
    page = post(mother, **child)
    forget_tries(city.web)
    signed(mother, post(mother, **child))
    (row,) = asked(city)
    city.sign_in("specialist").post(f"/guardianships/action/approve/{row.id}", {"sure": "yes"})
    left_open = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
    answer = mother.client.post(f"/my/a/{city.own.waiting}/signed", data={"challenge": left_open}, headers=HERE)
    assert answer.status_code == 422 and 'data-reason="challenge_over"' in answer.text


def test_an_official_rejects_with_a_reason_that_the_parent_reads(city, mother, child):
    signed(mother, post(mother, **child))
    (row,) = asked(city)
    official = city.sign_in("specialist")
    assert official.post(f"/guardianships/action/reject/{row.id}", {"sure": "yes"}).status_code == 422
    official.post(f"/guardianships/action/reject/{row.id}", {"sure": "yes", "reason": "туу туралы куәлік жоқ"})
    page = mother.get("/my/join").text
    assert "туу туралы куәлік жоқ" in page and "Қабылданбады" in page
    assert mother.get(f"/my/a/{city.own.waiting}").status_code == 404


def test_which_of_two_facts_is_wrong_is_told_to_nobody(city, mother, child):
    with city.web.app_context():
        other = db.session.get_one(Application, city.own.application).child_iin
    tried = [
        {**child, "child_iin": other},
        {**child, "number": "ЖОҚ.2026.1"},
        {"number": "ЖОҚ.2026.1", "child_iin": IIN},
        {**child, "child_iin": "1' OR 1=1"},
        {**child, "number": "—"},
    ]
    pages = set()
    for typed in tried:
        answer = post(mother, **typed)
        text = answer.text
        for one in typed.values():
            text = text.replace(f'value="{html.escape(one).replace("&#x27;", "&#39;")}"', "")
        pages.add((answer.status_code, text))
    assert len(pages) == 1 and pages.pop()[0] == 404
    assert asked(city) == []


def test_a_number_is_known_in_any_spelling(city, mother, child):
    code_is_enough(city)
    number = child["number"].lower().replace("-", ".")
    assert number != child["number"]
    assert signed(mother, post(mother, number=number, child_iin=child["child_iin"]))[1].status_code == 303
    assert [one.application_id for one in asked(city)] == [city.own.waiting]


def test_a_code_is_not_enough_unless_a_norm_says_so(city, child):
    browser = visiting(city, SignedInBy.code)
    refused = post(browser, **child)
    assert refused.status_code == 422 and "кілт" in refused.text and asked(city) == []
    assert 'value="Серікова"' in refused.text
    code_is_enough(city)
    assert signed(browser, post(browser, **child))[1].status_code == 303 and len(asked(city)) == 1


def test_whoever_asks_twice_has_asked_once(city, mother, child):
    page = post(mother, **child)
    signed(mother, page)
    assert signed(mother, page)[1].location == "/my/join"  # as the first time, and once
    again = post(mother, **child)
    assert again.status_code == 422 and "сұрап қойған" in again.text
    assert len(asked(city)) == 1


def test_the_signature_of_another_person_asks_for_nothing(city, mother, child):
    _text, answer = signed(mother, post(mother, **child), holder(ACT, number=of.OTHER_IIN))
    assert answer.status_code == 422 and asked(city) == []


def test_the_phone_is_proven_by_a_code_that_goes_there(city, mother, child):
    page = post(mother, **child)
    key = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
    text = html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.S)[1])
    wrong = f"{(int(code_in(page)) + 1) % 1_000_000:06}"
    typed = {"challenge": key, "cms": holder(ACT).sign(text.encode()), "code": wrong}
    answer = mother.client.post("/my/join/signed", data=typed, headers=HERE)
    assert answer.status_code == 422 and "код" in answer.text and asked(city) == []


@pytest.mark.parametrize(
    "typed", ({"first_name": ""}, {"phone": ""}, {"phone": "жоқ"}, {"basis": "nobody"}, {"last_name": "<b>"})
)
def test_what_is_missing_of_the_person_is_said_and_stays_typed(city, mother, child, typed):
    answer = post(mother, **child, **typed)
    assert answer.status_code == 422 and "телефон" in answer.text
    assert f'value="{child["number"]}"' in answer.text and asked(city) == []


def test_the_applicant_itself_is_told_that_it_sees_it_already(city, child):
    with city.web.app_context():
        applicant = db.session.get_one(Application, city.own.waiting).applicant.iin
    browser = visiting(city, SignedInBy.key, applicant)
    answer = post(browser, **child)
    assert answer.status_code == 422 and "онсыз да көреді" in answer.text


def test_guesses_are_limited_by_address_and_by_person(city, mother):
    guess = {"number": "ЖОҚ.2026.1", "child_iin": IIN}
    mother.client.environ_base["REMOTE_ADDR"] = "10.1.1.1"
    found = [post(mother, **guess).status_code for _ in range(7)]
    assert found == [404] * 5 + [429] * 2
    mother.client.environ_base["REMOTE_ADDR"] = "10.1.2.3"
    again = post(mother, **guess)
    assert again.status_code == 429 and int(again.headers["Retry-After"]) > 0  # the same person elsewhere
    other = visiting(city, SignedInBy.key, of.OTHER_IIN)
    other.client.environ_base["REMOTE_ADDR"] = "10.1.1.1"
    assert post(other, **guess).status_code == 429  # another person of the same network
    forget_tries(city.web)
    assert post(other, **guess).status_code == 404


def test_at_the_counter_another_official_than_the_one_who_asked_approves(city, child):
    operator, form = city.sign_in("operator"), {"child": str(city.own.child), "iin": IIN, **NAME}
    answer = operator.post("/guardianships/add", {**form, "note": "", "until": "", "paper_on": "2026-04-13"})
    assert answer.status_code == 302, answer.text
    (row,) = asked(city)
    assert row.asked_by_id == city.own.operator_account and row.child_id == city.own.child
    assert operator.post(f"/guardianships/action/approve/{row.id}", {"sure": "yes"}).status_code == 403
    address, official = f"/guardianships/action/approve/{row.id}", city.sign_in("specialist")
    assert "Бұл балаға" not in official.post(address, {}).text
    with city.web.app_context(), transaction():
        theirs = db.session.get_one(Guardianship, row.id).application
        both = {"child": Person(theirs.child_iin), "applicant": Person(of.OTHER_IIN, first_name="Бөтен")}
        kind, place_id = QueueKind.sanatorium, theirs.place_id
        applications.register(place_id=place_id, **both, contacts=Contacts(), queue_kind=kind, by=DEPARTMENT, at=START)
    assert "Бұл балаға" in official.post(address, {}).text
    to_come = operator.post("/guardianships/add", {**form, "note": "", "until": "", "paper_on": "2026-04-14"})
    assert to_come.status_code == 422
    city.sign_in("specialist").post(f"/guardianships/action/approve/{row.id}", {"sure": "yes"})
    assert asked(city)[0].from_on is not None


def test_a_guardianship_is_ended_in_the_office_and_who_joins_stays_who_it_was(city, mother, child):
    signed(mother, post(mother, **child))
    (row,) = asked(city)
    official = city.sign_in("specialist")
    official.post(f"/guardianships/action/approve/{row.id}", {"sure": "yes"})
    page = official.get(f"/guardianships/edit/{row.id}").text
    assert 'name="until"' in page and 'name="iin"' not in page and 'name="child"' not in page
    form = {
        "last_name": "Серікова",
        "first_name": "Айгүл",
        "patronymic": "",
        "phone": "",
        "basis": "parent",
        "note": "сот",
    }
    form |= {"until": "2026-04-12", "iin": of.OTHER_IIN, "seen": re.search(r'name="seen"[^>]*value="([^"]*)"', page)[1]}
    answer = official.post(f"/guardianships/edit/{row.id}", form)
    assert answer.status_code == 302, answer.text
    assert mother.get(f"/my/a/{city.own.waiting}").status_code == 404
    (row,) = asked(city)
    assert (row.iin, str(row.until), row.note) == (IIN, "2026-04-12", "сот")
