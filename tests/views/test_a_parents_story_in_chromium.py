"""A parent's whole story on a phone, in Kazakh, from an empty database (issue 13, "Done when"; S0, S1, S3)."""

import io
import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pypdfium2
import pytest
from playwright.sync_api import expect

from app.actions import clock, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import deliveries, outbox
from app.models import DemoTime, Outbox, Sex, Unit
from app.rules import iin
from tests import agent as stand_in
from tests import authority, factories
from tests.factories import DEPARTMENT, at
from tests.gateways import set_up, sms_gateway
from tests.views.test_look_in_chromium import NARROW, WIDTH, kind, windows  # noqa: F401
from tests.views.test_signing_in_chromium import chromium  # noqa: F401

CHILD, PARENT = iin.make(date(2022, 9, 17), Sex.female, 4711), iin.make(date(1994, 3, 2), Sex.female, 815)
PHONE = "+77001112233"
CAME, TURN, CONFIRMS, CHOOSES, LAST, OUT = (
    "2026-04-07T11:21",
    "2026-04-08T10:00",
    "2026-04-09T18:00",
    "2026-04-10T12:00",
    "2026-05-03T23:59",  # Sunday
    "2026-05-04T00:10",  # the first working day after 30 April
)


@pytest.fixture
def city(web, monkeypatch):
    """One district with one kindergarten, which has a place for good and one until 30 April; no family yet."""
    monkeypatch.setitem(web.config, "KEZEK", replace(web.config["KEZEK"], demo=True))
    with web.app_context(), transaction():
        place = factories.district()
        factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
        factories.norm("notice.daily", "20", Unit.COUNT, place)  # all of a month is told in a minute
        group = factories.group(factories.kindergarten(place), capacity=3)
        factories.vacancy(group, places=1)
        factories.vacancy(group, places=1, ends_on=date(2026, 4, 30))
        return SimpleNamespace(web=web, place=place.id)


def it_is(city, moment: str, act=None) -> None:
    """Something happens at this moment; messages leave, as they do where time is the real one, and papers are made.
    Then whoever opens a page opens it at this moment.
    """
    with city.web.app_context():
        with transaction():
            db.session.execute(db.delete(DemoTime))
            if act:
                act()
        deliveries.plan()
        outbox.handle(list(db.session.scalars(db.select(Outbox.id).where(Outbox.done_at.is_(None)))))
        with transaction():
            db.session.add(DemoTime(id=1, at=at(moment)))


def test_a_parent_joins_the_queue_takes_a_place_for_a_time_and_waits_on(windows, city, tmp_path):  # noqa: F811
    with (
        stand_in.running(tmp_path) as (agent, address),
        sms_gateway() as sms,
        authority.believed_by(city.web, tmp_path, agent=address),
        set_up(city.web, sms=sms.sms()),
    ):
        agent.number = PARENT
        told(windows, city, sms)


def told(windows, city, sms) -> None:  # noqa: F811
    page = windows.open(None)
    page.set_viewport_size(NARROW)

    def press(button: str, then: str = "**") -> None:
        expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()
        assert page.evaluate(WIDTH) <= NARROW["width"], page.url
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_url(then)

    # in by a code, and into the queue
    it_is(city, CAME)
    page.goto("/")
    page.get_by_role("link", name="Менің өтініштерім").click()
    page.get_by_label("Сіздің ЖСН").fill(PARENT)
    page.get_by_label("Ұялы телефон").fill(PHONE)
    press("Код жіберу")
    page.get_by_label("Код (6 сан)").fill(page.url.rpartition("=")[2])
    press("Кіру")
    page.get_by_role("link", name="Жаңа өтініш").click()
    page.get_by_label("Аудан немесе қала").select_option(label="Көкшетау қаласы")
    press("Жалғастыру", "**/child")
    page.get_by_label("Баланың ЖСН").fill(CHILD)
    page.get_by_label("Баланың тегі").fill("Ойдан")
    page.get_by_label("Баланың аты").fill("Айым")
    press("Жалғастыру", "**/applicant")
    page.get_by_label("Өтініш берушінің тегі").fill("Ойдан")
    page.get_by_label("Өтініш берушінің аты").fill("Әсем")
    press("Жалғастыру", "**/contacts")
    page.get_by_label("Ұялы телефон").fill(PHONE)
    press("Жалғастыру", "**/queue")
    press("Жалғастыру", "**/privilege")  # the general queue
    press("Жалғастыру", "**/check")  # none
    expect(page.get_by_role("heading", name="Жауаптарыңызды тексеріңіз")).to_be_visible()
    press("Жалғастыру")
    press("Қол қою және жіберу")
    expect(page.get_by_role("status")).to_be_visible()
    own, number = page.url.partition("?")[0], re.search(r"\S+$", page.locator("h1").inner_text())[0]

    # the number is checked by whoever is nobody
    page.goto("/queue")
    page.get_by_label("Баланың ЖСН").fill(CHILD)
    press("Тексеру")
    expect(page.locator(".answer .big strong")).to_have_text("1")

    # the turn has come, and the phone says so
    it_is(city, TURN, lambda: vouchers.issue_round(city.place, by=DEPARTMENT, at=at(TURN)))
    assert any(number in one and "10.04.2026" in one for one in sms.texts(PHONE)), sms.texts(PHONE)

    # in by a key, and interested
    it_is(city, CONFIRMS)
    page.goto("/my/enter/key")
    press("Сертификатты таңдаңыз")
    expect(page.get_by_role("heading", name="ЭЦҚ иесінің деректері")).to_be_visible()
    page.get_by_role("link", name="Кіру", exact=True).click()
    page.get_by_role("link", name=number).first.click()
    press("Қызығушылықты растау")
    expect(page.locator(".to-sign")).to_contain_text(CHILD)
    press("Қол қою және жіберу")
    expect(page.get_by_role("status").filter(visible=True)).to_contain_text("расталды")

    # a place for a time, its last day shown; the number is kept
    it_is(city, CHOOSES)
    page.reload()
    page.locator('a[href$="/choose"]').click()
    page.locator("tr").filter(has_text="30.04.2026").get_by_role("radio").check()
    press("Мектепке дейінгі ұйымды таңдаңыз")
    expect(page.locator(".to-sign")).to_contain_text("30.04.2026")
    press("Қол қою және жіберу")
    expect(page.get_by_role("status").filter(visible=True)).to_be_visible()
    expect(page.locator(".answer .big strong")).to_have_text("1")

    # the paper
    it_is(city, CHOOSES)
    page.goto(own)
    paper = page.locator("li").filter(has_text="30.04.2026").get_by_role("link").first
    pdf = page.request.get(paper.get_attribute("href")).body()
    said = pypdfium2.PdfDocument(io.BytesIO(pdf))[0].get_textpage().get_text_range()
    for one in (number, "30.04.2026", "Айым"):
        assert one in said

    # out on the next working day, and it waits on
    for moment, is_over in ((LAST, 0), (OUT, 1)):
        it_is(city, moment, lambda moment=moment: clock.run(at=at(moment), place_id=city.place))
        page.goto(own)
        expect(page.get_by_text("Уақытша болу мерзімі 30.04.2026 күні аяқталды")).to_have_count(is_over)
    expect(page.locator(".answer .big strong")).to_have_text("1")
    expect(page.locator("li").filter(has_text="Уақытша жолдама")).to_contain_text("жарамсыз")
    assert "30.04.2026 күні аяқталды" in sms.texts(PHONE)[-1]
