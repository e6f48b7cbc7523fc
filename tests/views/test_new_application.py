"""S3: a family puts its child into the queue itself, one question a page (issue 13, 4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from app.access import drafts
from app.cabinet import new
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, ApplicationStatus, Change, Draft, Norm, Place, Purpose, Sex, SignedInBy, Unit
from app.rules import iin
from tests.authority import holder
from tests.factories import norm
from tests.views.conftest import Browser, forget_tries
from tests.views.test_acts import asked, believed, code_in, visiting  # noqa: F401
from tests.views.test_cabinet import HERE, mobile_citizens
from tests.views.test_cabinet import entered as come_in

CHILD, PARENT = iin.make(date(2023, 5, 4), Sex.female, 4711), iin.make(date(1994, 3, 2), Sex.female, 815)
PHONE = "+77021112233"


@pytest.fixture
def answers(city):
    """The answers to each page, right ones."""
    return {
        "district": {"district": str(city.own.place)},
        "child": {"child_iin": CHILD, "child_last_name": "Ойдан", "child_first_name": "Айым", "child_patronymic": ""},
        "applicant": {"applicant_last_name": "Ойдан", "applicant_first_name": "Әсем", "applicant_patronymic": ""},
        "contacts": {"phone": PHONE, "email": "", "address": "Абай көшесі, 1", "notice_language": "kk"},
        "queue": {"queue_kind": "general"},
        "privilege": dict.fromkeys(("ground", "paper_title", "paper_number", "paper_issued_by", "paper_issued_on"), ""),
    }


def post(browser: Browser, to: str, **data: str):
    return browser.client.post(f"/my/new{to}", data=data, headers=HERE)


def answered(browser: Browser, answers: dict) -> Browser:
    """All pages in their order, each after the one before."""
    for step, typed in answers.items():
        assert browser.get("/my/new").location == f"/my/new/{step}"
        assert browser.get(f"/my/new/{step}").status_code == 200
        assert post(browser, f"/{step}", **typed).status_code == 303
    assert browser.get("/my/new").location == "/my/new/check"
    return browser


def filed(city, person: str = CHILD) -> list[Application]:
    return db.session.scalars(sa.select(Application).where(Application.child_iin == person)).all()


def test_a_parent_who_is_nobodys_applicant_yet_puts_its_child_into_the_queue_by_a_code(city, answers):
    browser = answered(visiting(city, PARENT, SignedInBy.code), answers)
    page = browser.get("/my/new/check").text
    assert "Ойдан Айым" in page and "04.05.2023" in page
    shown = post(browser, "/check")
    key, text = asked(shown)
    assert CHILD in text and PARENT in text and PHONE in text
    assert post(browser, "/signed", challenge=key).status_code == 422  # without the code of the phone
    forget_tries(city.web)
    shown = post(browser, "/check")
    sent = post(browser, "/signed", challenge=asked(shown)[0], code=code_in(shown))
    assert sent.status_code == 303, sent.text
    assert 'role="status"' in browser.get(sent.location).text and "Кезек нөмірі" in browser.get(sent.location).text
    with city.web.app_context():
        (row,) = filed(city)
        assert (row.status, row.applicant.iin, row.phone) == (ApplicationStatus.queued, PARENT, PHONE)
        done = db.session.scalars(sa.select(Change).where(Change.application_id == row.id, Change.verb == "register"))
        assert [(one.role, one.sign_in, one.applicant_id) for one in done] == [
            ("family", SignedInBy.code, row.applicant_id)
        ]
        assert db.session.scalars(sa.select(Draft)).all() == []
    assert post(browser, "/signed", challenge=asked(shown)[0]).location == sent.location  # a second click: once
    with city.web.app_context():
        assert len(filed(city)) == 1


def test_where_the_department_asks_for_a_key_it_is_signed(city, answers):
    with city.web.app_context(), transaction():
        country = db.session.scalars(sa.select(Norm.place_id).where(Norm.name == "sign.register")).first()
        place = db.session.get_one(Place, country)
        norm("sign.register", "key", Unit.CHOICE, place, since=date(2026, 1, 1))
    told = post(answered(visiting(city, PARENT, SignedInBy.code), answers), "/check")
    assert told.status_code == 200 and "challenge" not in told.text and "/my/enter/key" in told.text
    browser = visiting(city, PARENT, SignedInBy.key)
    shown = post(browser, "/check")
    key, text = asked(shown)
    cms = holder(Purpose.act, number=PARENT).sign(text.encode())
    assert post(browser, "/signed", challenge=key, cms=cms, code=code_in(shown)).status_code == 303
    with city.web.app_context():
        assert len(filed(city)) == 1


def test_what_is_answered_half_way_is_there_the_next_day_for_its_person_alone(city, answers):
    browser = visiting(city, PARENT, SignedInBy.code)
    post(browser, "/district", **answers["district"])
    post(browser, "/child", **answers["child"])
    again = visiting(city, PARENT, SignedInBy.code)
    assert again.get("/my/new").location == "/my/new/applicant"
    assert CHILD in again.get("/my/new/child").text and "/my/new" in again.get("/my/").text
    with city.web.app_context():
        other = db.session.get_one(Application, city.own.application).applicant.iin
    stranger = visiting(city, other, SignedInBy.code)
    assert stranger.get("/my/new").location == "/my/new/district" and CHILD not in stranger.get("/my/new/child").text
    with city.web.app_context(), transaction():
        db.session.execute(sa.update(Draft).values(at=datetime.now(UTC) - drafts.KEPT))
    assert again.get("/my/new").location == "/my/new/district"


WRONG = [
    ("district", {"district": "x"}),
    ("district", {"district": "999999999999"}),
    ("child", {"child_iin": "230504600001"}),
    ("child", {"child_iin": PARENT}),
    ("child", {"child_first_name": ""}),
    ("child", {"child_last_name": "1"}),
    ("applicant", {"applicant_first_name": " "}),
    ("contacts", {"phone": ""}),
    ("contacts", {"email": "@"}),
    ("queue", {"queue_kind": "x"}),
    ("privilege", {"ground": "large_family"}),  # without its paper
]


@pytest.mark.parametrize(("step", "typed"), WRONG)
def test_what_cannot_be_is_said_on_its_page_and_stays_typed(city, answers, step, typed):
    browser = visiting(city, PARENT, SignedInBy.code)
    said = post(browser, f"/{step}", **answers[step] | typed)
    assert said.status_code == 422 and 'role="alert"' in said.text
    assert all(value in said.text for value in typed.values() if step != "district")
    assert browser.get("/my/new").location == "/my/new/district"  # no page counts as answered


def test_a_child_that_waits_already_is_refused_before_anything_is_signed_and_ten_times_a_day_at_most(city, answers):
    with city.web.app_context():
        waits = db.session.get_one(Application, city.own.waiting).child
    answers["child"] = {f"child_{name}": getattr(waits, name) or "" for name in ("iin", *new.NAMES)}
    browser = answered(visiting(city, PARENT, SignedInBy.code), answers)
    tried = [post(browser, "/check") for _ in range(11)]
    assert [one.status_code for one in tried] == [422] * 10 + [429]
    assert 'data-reason="already_waiting"' in tried[0].text and "challenge" not in tried[0].text
    with city.web.app_context():
        assert len(filed(city, waits.iin)) == 1


def test_an_application_is_sent_by_whoever_was_shown_it(city, answers):
    """A challenge of another act, though of the same person and browser, is none of a new application."""
    with city.web.app_context():
        other = db.session.get_one(Application, city.own.waiting).applicant.iin
    browser = answered(visiting(city, other, SignedInBy.code), answers)
    claim = {"ground": "large_family", "paper_title": "Анықтама", "paper_issued_on": "2026-04-01"}
    act = browser.client.post(f"/my/a/{city.own.waiting}/claim_privilege", data=claim, headers=HERE)
    assert post(browser, "/signed", challenge=asked(act)[0]).status_code == 422
    with city.web.app_context():
        assert filed(city) == []


def test_the_phone_by_which_one_has_entered_needs_no_second_code(city, answers):
    browser = Browser(city.web.test_client())
    with mobile_citizens(city.web, b'{"registered": true}'):
        come_in(browser, PARENT, PHONE)
    shown = post(answered(browser, answers), "/check")
    assert 'name="code"' not in shown.text
    assert post(browser, "/signed", challenge=asked(shown)[0]).status_code == 303


def test_a_stranger_who_knows_a_childs_iin_learns_nothing_and_writes_nothing_into_its_record(city, answers):
    with city.web.app_context(), transaction():
        child = db.session.get_one(Application, city.own.waiting).child
        child.patronymic, known = "", {"child_iin": child.iin, "child_first_name": child.first_name}
        last_name = child.last_name
    answers["child"] |= known | {"child_last_name": "", "child_patronymic": "Ерқызы"}
    answers["queue"] = {"queue_kind": "sanatorium"}
    browser = answered(visiting(city, PARENT, SignedInBy.code), answers)
    refused = post(browser, "/check")
    assert refused.status_code == 422 and last_name not in refused.text
    post(browser, "/child", **answers["child"] | {"child_last_name": last_name})
    shown = post(browser, "/check")
    sent = post(
        browser, "/signed", challenge=asked(shown)[0], **({"code": code_in(shown)} if "code" in shown.text else {})
    )
    assert sent.status_code == 303
    with city.web.app_context():
        assert db.session.get_one(Application, city.own.waiting).child.patronymic == ""


def test_a_namesake_of_the_same_day_is_an_officials_to_look_at(city, answers):
    with city.web.app_context():
        child = db.session.get_one(Application, city.own.waiting).child
        named = {f"child_{name}": getattr(child, name) for name in ("last_name", "first_name", "patronymic")}
        other = iin.make(child.born_on, Sex.male, 8_888)
    answers["child"] = {"child_iin": other, **named}
    refused = post(answered(visiting(city, PARENT, SignedInBy.code), answers), "/check")
    assert refused.status_code == 422 and "білім бөліміне келіңіз" in refused.text


@pytest.mark.parametrize("by", SignedInBy)
def test_a_privilege_that_is_claimed_with_it_is_signed_as_its_norm_asks(city, answers, by):
    with city.web.app_context(), transaction():
        country = db.session.scalars(sa.select(Norm.place_id).where(Norm.name == "sign.claim_privilege")).first()
        norm("sign.claim_privilege", "key", Unit.CHOICE, db.session.get_one(Place, country), since=date(2026, 1, 1))
    answers["privilege"] |= {"ground": "large_family", "paper_title": "Анықтама", "paper_issued_on": "2026-04-01"}
    browser = answered(visiting(city, PARENT, by), answers)
    shown = post(browser, "/check")
    if by is SignedInBy.code:
        assert "challenge" not in shown.text and "/my/enter/key" in shown.text
        return
    key, text = asked(shown)
    cms = holder(Purpose.act, number=PARENT).sign(text.encode())
    assert post(browser, "/signed", challenge=key, cms=cms, code=code_in(shown)).status_code == 303
    with city.web.app_context():
        assert [one.ground for one in filed(city)[0].privileges] == ["large_family"]


def test_a_phone_is_kept_in_one_form_however_it_is_typed(city, answers):
    answers["contacts"]["phone"] = "8 (702) 111-22-33"
    browser = answered(visiting(city, PARENT, SignedInBy.code), answers)
    assert f"{PHONE}" in asked(post(browser, "/check"))[1]


def test_what_no_database_keeps_is_refused(city, answers):
    browser = visiting(city, PARENT, SignedInBy.code)
    assert post(browser, "/privilege", **answers["privilege"] | {"paper_title": "а\0б"}).status_code == 400


def test_two_first_clicks_at_once_keep_one_draft(city):
    def keep(number):
        with city.web.app_context():
            drafts.keep(PARENT, {"district": str(number)})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, range(8)))
    with city.web.app_context():
        assert len(db.session.scalars(sa.select(Draft)).all()) == 1
