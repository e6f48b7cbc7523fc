"""The daily protocol on its pages: listed, downloaded by who reads it, and shown with its head to whoever scans it."""

import pytest
import sqlalchemy as sa

from app import words
from app.db.database import transaction
from app.db.extensions import db
from app.models import Document, HistorySeal


@pytest.fixture
def kind():
    """The rules are the same on both; test_scope.py and test_routes.py walk its addresses."""
    return "sqlite"


@pytest.fixture
def daily(city):
    with city.web.app_context():
        document = db.session.get_one(Document, city.own.daily)
        return document.code, document.facts["head"], document.seal_id


def visited(city, code):
    return " ".join(city.web.test_client().get(f"/verify/{code}").text.split())


@pytest.mark.parametrize("name", ["department", "auditor", "administrator"])
def test_it_is_listed_shown_with_its_head_and_downloaded(city, daily, name):
    browser, (_code, head, _seal) = city.sign_in(name, "ru"), daily
    assert f'href="/daily-protocols/show/{city.own.daily}"' in browser.get("/daily-protocols/list/").text
    page = browser.get(f"/daily-protocols/show/{city.own.daily}").text
    assert words.in_groups(head) in page and "действителен" in page
    assert browser.get(f"/daily-protocols/paper/{city.own.daily}").data == b"%PDF day"
    if name != "administrator":
        assert f'href="/daily-protocols/paper/{city.own.daily}"' in browser.get("/history/list/").text


def test_a_paper_of_a_family_or_a_round_is_none_of_a_day_and_the_other_way_round(city):
    browser, own = city.sign_in("department"), city.own
    for document in (own.document, own.protocol):
        for address in ("show", "paper"):
            assert browser.get(f"/daily-protocols/{address}/{document}").status_code == 404
    for document in (own.protocol, own.daily):
        assert browser.get(f"/applications/paper/{document}").status_code == 404
        assert browser.post(f"/applications/make-anew/{document}").status_code == 404
    assert browser.get(f"/rounds/paper/{own.daily}").status_code == 404


def test_the_page_of_its_qr_shows_the_head_and_says_when_the_chain_has_another_one(city, daily):
    code, head, seal = daily
    said = visited(city, code)
    for one in ("Құжат жарамды", "Документ действителен", words.in_groups(head), "Голова цепи"):
        assert one in said
    with city.web.app_context(), transaction():
        db.session.execute(sa.update(HistorySeal).where(HistorySeal.id == seal).values(head=bytes(32)))
    said = visited(city, code)
    assert "Документ недействителен" in said and words.in_groups(head) in said
