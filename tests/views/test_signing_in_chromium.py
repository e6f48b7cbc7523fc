"""A key signs on a page, through the agent, as a parent sees it (S1 43-48, S2 108-110; spec 10)."""

import threading

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from werkzeug.serving import make_server

from app.actions import signatures
from app.db.extensions import db
from app.models import Application, ApplicationStatus, Purpose, Signature
from tests import agent as stand_in
from tests import authority as of
from tests.chromium import EVERY_RULE, launched
from tests.running import free_port
from tests.views.test_acts import child  # noqa: F401
from tests.views.test_look_in_chromium import AXE, NARROW, WIDTH, kind, windows  # noqa: F401

FAR = free_port()


@pytest.fixture(scope="module")
def chromium():
    """One that trusts the agent's certificate. Pages of one port come from the internet to it: it asks before they
    reach a program of the machine.
    """
    trusted = f"--ignore-certificate-errors-spki-list={stand_in.spki()}"
    with launched(trusted, f"--ip-address-space-overrides=127.0.0.1:{FAR}=public") as browser:
        yield browser


@pytest.fixture
def agent(city, tmp_path):
    with stand_in.running(tmp_path) as (agent, address), of.believed_by(city.web, tmp_path, agent=address):
        with city.web.app_context():
            agent.number = db.session.get_one(Application, city.own.waiting).applicant.iin
        yield agent


def begun(windows, language: str = "kk"):  # noqa: F811
    """The page of entry by a key, just before its button is pressed."""
    page = windows.open(None, language)
    page.goto("/my/")
    page.get_by_role("link", name="ЭЦҚ" if language == "kk" else "ЭЦП").click()
    expect(page.get_by_text("NCALayer").first).to_be_visible()
    return page


def choose(page) -> None:
    page.get_by_role("button", name="Сертификатты таңдаңыз").click()


def state(page):
    return page.locator("[data-state]")


@pytest.mark.parametrize(
    ("way", "said"),
    (
        ("cancels", "Терезе қол қойылмай жабылды"),
        ("dies", "NCALayer қол қоймай тұрып жабылды"),
        ("fails", "<b>no storage</b>"),
    ),
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(windows, agent, way, said):  # noqa: F811
    agent.way = way
    page = begun(windows)
    choose(page)
    expect(state(page)).to_contain_text(said)
    page.evaluate(AXE)
    assert page.evaluate(EVERY_RULE) == []
    agent.way = "signs"
    choose(page)
    expect(page.get_by_role("heading", name="ЭЦҚ иесінің деректері")).to_be_visible()


def test_a_wrong_key_is_said_by_its_name_and_another_one_is_tried(windows, agent):  # noqa: F811
    agent.key = of.holder(Purpose.act)
    page = begun(windows)
    choose(page)
    expect(page.get_by_role("alert")).to_contain_text("басқа түрдегі кілт")
    agent.key = None
    choose(page)
    expect(page.get_by_role("heading", name="ЭЦҚ иесінің деректері")).to_be_visible()


def test_an_agent_that_is_not_running_is_said_with_the_way_out(windows, city, tmp_path):  # noqa: F811
    with of.believed_by(city.web, tmp_path, agent="wss://127.0.0.1:9"):
        page = begun(windows)
        choose(page)
        expect(state(page)).to_contain_text("NCALayer жауап бермейді")
        page.get_by_role("link", name="бір реттік құпия сөзбен").click()
        expect(page.get_by_label("ЖСН")).to_be_visible()


@pytest.mark.parametrize("allowed", (True, False), ids=("allowed", "refused"))
def test_the_browsers_leave_to_reach_the_agent_is_asked_and_a_refusal_is_said(
    city, agent, chromium, allowed, monkeypatch
):
    monkeypatch.setitem(city.web.config, "SESSION_COOKIE_SECURE", False)
    server = make_server("127.0.0.1", int(FAR), city.web, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{FAR}")
        if allowed:
            context.grant_permissions(["local-network-access"])
        page = context.new_page()
        page.goto("/my/enter/key")
        choose(page)
        if allowed:
            expect(page.get_by_role("heading", name="ЭЦҚ иесінің деректері")).to_be_visible()
        else:
            expect(state(page)).to_contain_text("Браузер бұл сайтты NCALayer-ге жібермейді")
            assert agent.asked == []
        context.close()
    finally:
        server.shutdown()
        thread.join()


def test_S1_a_parent_signs_that_it_is_interested_and_a_double_click_does_it_once(windows, agent, city, child):  # noqa: F811
    page = begun(windows)
    choose(page)
    page.get_by_role("link", name="Кіру", exact=True).click()
    page.goto(f"/my/a/{child}")
    page.get_by_role("button", name="Қызығушылықты растау").click()
    expect(page.locator("pre.to-sign")).to_contain_text("Kezek")
    shown = page.locator("pre.to-sign").text_content()
    agent.way = "cancels"
    page.get_by_role("button", name="Қол қою және жіберу").click()
    expect(state(page)).to_contain_text("Терезе қол қойылмай жабылды")
    agent.way = "signs"
    page.get_by_role("button", name="Қол қою және жіберу").dblclick()
    page.wait_for_url(f"**/my/a/{child}?done=confirm")
    with city.web.app_context():
        (kept,) = db.session.scalars(sa.select(Signature)).all()
        assert kept.text.decode() == shown and kept.iin == agent.number and kept.verb == "confirm"
        assert db.session.get_one(Application, child).status is ApplicationStatus.voucher_issued
        assert signatures.wrong(kept) is None
    assert [one["args"]["signerParams"]["extKeyUsageOids"][0] for one in agent.asked] == [
        "1.3.6.1.5.5.7.3.2",
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.4",
    ]
    assert windows.refused == []
