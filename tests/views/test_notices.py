"""Notices on screen: what became of each, to whom it went, who has read what, and the work that goes on by itself."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app.actions import applications, deliveries, moving, offers
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    Audience,
    Change,
    Channel,
    Delivery,
    DeliveryStage,
    Document,
    Kindergarten,
    Notice,
    Outbox,
    Vacancy,
)
from tests import factories
from tests.factories import DEPARTMENT, START, at

PHONE, SHOWN, EMAIL = "+77011112233", "+7 701 111 2233", "ana@example.org"
SURE = {"sure": "yes"}


@pytest.fixture
def told(web, town):
    """The child's family was told two things by SMS and by e-mail, the kindergarten one, the department one."""
    with web.app_context(), transaction():
        child = db.session.get_one(Application, town.child)
        applications.change(child, by=DEPARTMENT, at=START, phone=PHONE, email=EMAIL)
        db.session.get_one(Kindergarten, town.arman).email = "arman@example.org"
        moving.notify(child, "extend", at=START, audience=Audience.kindergarten, kindergarten_id=town.arman)
        moving.notify(child, "correct", at=START, audience=Audience.department)
        deliveries.plan(set(Channel), at=START)
        its = db.session.scalars(sa.select(Delivery).join(Notice).where(Notice.application_id == child.id))
        of = {(one.notice.audience, one.channel): one.id for one in its}
        mine = sa.select(Notice.id).where(Notice.audience == Audience.department)
        return SimpleNamespace(
            **vars(town),
            sms=of["family", "sms"],
            mail=of["family", "email"],
            letter=of["kindergarten", "email"],
            mine=db.session.scalars(mine).one(),
        )


def become(web, delivery: int, stage: DeliveryStage, error: str | None = None) -> None:
    with web.app_context(), transaction():
        facts = {"stage": stage, "error": error, "key": f"key {delivery}", "address": PHONE}
        db.session.execute(sa.update(Delivery).where(Delivery.id == delivery).values(facts))


def look(web, select):
    with web.app_context():
        return db.session.execute(select).all()


def test_what_became_of_a_notice_stands_on_it_and_on_the_childs_page(web, told):
    become(web, told.sms, DeliveryStage.sent)
    become(web, told.mail, DeliveryStage.perhaps, "no_answer")
    browser = told.sign_in("operator")
    for address in (f"/applications/show/{told.child}", "/notices/list/"):
        page = browser.get(address).text
        assert f'<a href="/deliveries/show/{told.sms}">SMS</a> <span class="badge sent">Жіберілді</span>' in page
        assert "Жіберілген болуы мүмкін</span> хабар жіберу қызметі хабарды алды, бірақ жауап бермеді" in page


def test_a_message_is_shown_as_it_is_sent_and_its_address_as_far_as_the_reader_may_see_it(told):
    for role, phone in (("department", SHOWN), ("auditor", "••••••")):
        browser = told.sign_in(role)
        page, rows = browser.get(f"/deliveries/show/{told.sms}").text, browser.get("/deliveries/list/").text
        assert phone in page and phone in rows and "Өтініш ОДО.2026.248: Балаңыз кезекке қойылды." in page
        assert "Балабақша кезегі: өтініш ОДО.2026.248" in browser.get(f"/deliveries/show/{told.mail}").text
        assert PHONE not in page and (EMAIL in rows) is (role == "department")


def test_a_kindergarten_is_written_to_in_both_languages_and_its_head_reads_it(told):
    page = told.sign_in("department").get(f"/deliveries/show/{told.letter}").text
    assert "arman@example.org" in page and "Сәлеметсіз бе!" in page and "Здравствуйте!" in page
    own = told.sign_in("head").get(f"/deliveries/show/{told.letter}").text
    assert "arman@example.org" in own and "Жолдамасы бар отбасы" in own
    assert "ОДО.2026.248" not in own, "the child is not referred there any more"
    assert told.sign_in("head").get(f"/deliveries/show/{told.sms}").status_code == 404


def test_what_failed_is_in_the_list_of_those_who_were_not_reached_and_is_sent_again(web, told):
    for one in (told.sms, told.mail):
        become(web, one, DeliveryStage.failed, "unreachable")
    browser = told.sign_in("operator")
    assert browser.get("/notices/list/?_flt_0_reached=no").text.count('<td data-label="Кімге"') == 1
    assert "/notices/list/?_flt_0_reached=no" in browser.get("/").text
    address = f"/deliveries/action/send_again/{told.sms}"
    assert "отбасы оны екі рет алады" in browser.post(address).text
    browser.post(address, SURE)
    assert look(web, sa.select(Delivery.stage, Delivery.key).where(Delivery.id == told.sms)) == [("waiting", None)]
    work = sa.select(Outbox.done_at, Outbox.given_up_at, Outbox.attempts).where(Outbox.delivery_id == told.sms)
    assert look(web, work) == [(None, None, 0)]
    assert look(web, sa.select(Change.role, Change.application_id).where(Change.verb == "send_again")) == [
        ("operator", told.child)
    ]
    assert browser.get("/notices/list/?_flt_0_reached=no").text.count('<td data-label="Кімге"') == 0
    browser.post(address, SURE)  # it waits: there is nothing to send again
    assert len(look(web, sa.select(Change.id).where(Change.verb == "send_again"))) == 1


def test_what_was_perhaps_sent_did_arrive_if_an_official_says_so_and_no_auditor(web, told):
    become(web, told.mail, DeliveryStage.perhaps, "no_answer")
    address = f"/deliveries/action/arrived/{told.mail}"
    assert told.sign_in("auditor").post(address, SURE).status_code == 403
    told.sign_in("specialist").post(address, SURE)
    assert look(web, sa.select(Delivery.stage, Delivery.error).where(Delivery.id == told.mail)) == [("sent", None)]


def test_each_official_reads_the_inbox_for_himself(web, told):
    department, specialist = told.sign_in("department"), told.sign_in("specialist")
    unread = "/inbox/list/?_flt_0_unread=1"
    for browser in (department, specialist):
        assert unread in browser.get("/").text and f"/inbox/show/{told.mine}" in browser.get(unread).text
        assert browser.get("/inbox/unread").get_json()["text"] == "1"
    for _ in range(2):
        assert department.post(f"/inbox/action/read/{told.mine}").status_code == 303
    assert f"/inbox/show/{told.mine}" not in department.get(unread).text
    assert department.get("/inbox/unread").get_json()["text"] == ""
    assert f"/inbox/show/{told.mine}" in department.get("/inbox/list/").text
    assert f"/inbox/show/{told.mine}" in specialist.get(unread).text
    head = told.sign_in("head").get(unread).text
    assert "Жолдамасы бар отбасы" in head and f"/inbox/show/{told.mine}" not in head


def test_a_status_says_that_a_notice_was_sent_only_when_it_was(web, told):
    with web.app_context(), transaction():
        place = factories.district("Бурабай ауданы", procedure="referral")
        child = factories.application(place)
        applications.change(child, by=DEPARTMENT, at=START, phone=PHONE)
        vacancy = factories.vacancy(factories.group(factories.kindergarten(place)))
        offers.offer(db.session.get_one(Vacancy, vacancy.id), by=DEPARTMENT, at=at("2026-04-08T10:00"))
        deliveries.plan({Channel.sms}, at=START)
        pk = child.id
        notice = next(one for one in child.notices if one.template == "offer")
        sent = notice.deliveries[0].id
    browser = told.sign_in("department")
    for address in (f"/applications/show/{pk}", "/applications/list/?_flt_0_status=notified"):
        page = browser.get(address).text.partition('id="history"')[0]  # there statuses are called by their names
        assert '<span class="badge notified">Кезегі келді, хабарлама әлі жіберілген жоқ</span>' in page
        assert '<span class="badge notified">Хабарлама жіберілді</span>' not in page
    become(web, sent, DeliveryStage.sent)
    for address in (f"/applications/show/{pk}", "/applications/list/?_flt_0_status=notified"):
        assert '<span class="badge notified">Хабарлама жіберілді</span>' in browser.get(address).text


# ---------------------------------------------------------------- work that goes on by itself


@pytest.mark.parametrize("role", ["department", "administrator"])
def test_work_that_failed_says_why_and_is_tried_again_or_cancelled(web, told, role):
    given_up = {"given_up_at": datetime.now(UTC), "error": "ValueError at papers/typesetting.py:9", "attempts": 9}
    with web.app_context(), transaction():
        work = sa.select(Outbox.id).where(Outbox.delivery_id == told.sms)
        (pk,) = db.session.scalars(work)
        db.session.execute(sa.update(Outbox).where(Outbox.id == pk).values(given_up))
        db.session.execute(sa.update(Delivery).where(Delivery.id == told.sms).values(stage="failed", error="died"))
    browser = told.sign_in(role)
    assert "/jobs/list/?_flt_0_state=failed" in browser.get("/").text
    page = browser.get("/jobs/list/?_flt_0_state=failed").text
    assert "бағдарлама қатесі: Value Error, papers/typesetting.py:9" in page
    assert ("ОДО.2026.248" in page) is (role == "department")
    browser.post(f"/jobs/action/try_again/{pk}", SURE)
    assert look(web, sa.select(Outbox.given_up_at, Outbox.error, Outbox.attempts).where(Outbox.id == pk)) == [
        (None, None, 0)
    ]
    assert look(web, sa.select(Delivery.stage).where(Delivery.id == told.sms)) == [("waiting",)]
    browser.post(f"/jobs/action/cancel/{pk}", SURE)
    assert look(web, sa.select(Outbox.error).where(Outbox.id == pk)) == [("cancelled",)]
    assert look(web, sa.select(Delivery.stage, Delivery.error).where(Delivery.id == told.sms)) == [
        ("failed", "cancelled")
    ]
    verbs = sa.select(Change.verb).where(Change.subject == "outbox").order_by(Change.id)
    assert look(web, verbs) == [("try_again",), ("cancel",)]


def test_a_paper_that_cannot_be_made_says_so_on_its_tab_and_why(web, told):
    browser = told.sign_in("specialist")
    address = f"/applications/show/{told.child}"
    assert "дайындалып жатыр…" in browser.get(address).text
    with web.app_context(), transaction():
        its = sa.select(Document.id).where(Document.application_id == told.child)
        db.session.execute(sa.update(Outbox).where(Outbox.document_id.in_(its)).values(error="NoFonts at x.py:1"))
    page = browser.get(address).text
    assert '<span class="badge failed">жасалмады</span> бұл серверде құжат қаріптері жоқ' in page
    assert "дайындалып жатыр…" not in page
