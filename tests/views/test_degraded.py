"""Spec 7, degradation: without the queue server pages and verbs go on, work waits, and the screen says so."""

import pytest

from app.db.extensions import connect_redis, db
from app.models import Outbox
from app.rules.roles import Role
from tests.views.forms import valid
from tests.views.test_lists import reader

MAIN = (
    "",
    "applications",
    "vouchers",
    "offers",
    "referrals",
    "rounds",
    "vacancies",
    "kindergartens",
    "groups",
    "history",
)
SAYS = "The queue server does not answer."


@pytest.fixture
def kind():
    """What a page asks of Redis does not depend on the database."""
    return "sqlite"


@pytest.fixture
def away(city, monkeypatch):
    monkeypatch.setitem(city.web.extensions, "kezek_redis", connect_redis("unix:///nowhere/valkey.sock"))


@pytest.mark.usefixtures("away")
def test_the_ten_main_pages_and_a_registration_go_on_without_the_queue_server(city):
    for noun in MAIN:
        page = city.sign_in(reader(noun) if noun else Role.department).get(f"/{noun}/list/" if noun else "/")
        assert page.status_code == 200, noun
    operator = city.sign_in("operator")
    with city.web.app_context():
        before = db.session.query(Outbox).count()
    assert operator.post("/applications/add", valid("applications", city.own)).status_code == 302
    with city.web.app_context():
        assert db.session.query(Outbox).filter(Outbox.done_at.is_(None)).count() > before


@pytest.mark.usefixtures("away")
def test_the_page_of_jobs_says_that_the_queue_server_is_away(city):
    browser = city.sign_in("department")
    browser.client.set_cookie("language", "en")
    assert SAYS in browser.get("/jobs/list/").text


def test_it_says_nothing_where_the_queue_server_is_there(city, server):
    browser = city.sign_in("department")
    browser.client.set_cookie("language", "en")
    assert SAYS not in browser.get("/jobs/list/").text
