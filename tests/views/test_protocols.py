"""The protocol of a round on its page: its state, the paper for whoever may read rounds, its next version."""

import pytest

from app.actions import vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import documents as job
from app.models import Document, Outbox, Place
from tests import factories
from tests.factories import DEPARTMENT, at


@pytest.fixture
def held(city) -> int:
    """A round of vouchers in the own city that has served a child."""
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.place)
        factories.vacancy(factories.group(factories.kindergarten(place, "Жаңа бақша"), capacity=30), places=30)
        factories.application(place)
        return vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-13T09:00")).id


def prepared(city, held: int) -> None:
    """The worker has made its protocol."""
    with city.web.app_context(), transaction():
        rows = db.select(Outbox).join(Document).where(Document.round_id == held)
        for row in db.session.scalars(rows):
            assert job.keep(row, job.make(job.read(row))) is None


def in_russian(city, name: str):
    browser = city.sign_in(name)
    browser.client.set_cookie("language", "ru")
    return browser


@pytest.mark.parametrize("name", ["department", "specialist", "operator", "auditor"])
def test_whoever_reads_rounds_downloads_their_protocol(city, held, name):
    browser, address = in_russian(city, name), f"/rounds/show/{held}"
    assert "готовится" in browser.get(address).text
    prepared(city, held)
    page = browser.get(address).text
    with city.web.app_context():
        (paper,) = db.session.scalars(db.select(Document).where(Document.round_id == held))
    assert f'href="/rounds/paper/{paper.id}"' in page and "действителен" in page
    answer = browser.get(f"/rounds/paper/{paper.id}")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert browser.get(f"/rounds/paper/{city.own.document}").status_code == 404  # a family's paper is no round's
    assert ("/rounds/make-protocol/" in page) == (name in ("department", "specialist"))


def test_nobody_elsewhere_and_no_head_gets_a_protocol(city, held):
    prepared(city, held)
    with city.web.app_context():
        (paper,) = db.session.scalars(db.select(Document.id).where(Document.round_id == held))
    assert city.sign_in("head").get(f"/rounds/paper/{paper}").status_code in (302, 403)
    for where in (city.district, city.region):
        for name in ("specialist", "operator"):
            assert city.sign_in(name).get(f"/rounds/paper/{where.protocol}").status_code == 404


def test_its_qr_leads_to_a_page_that_says_whether_it_holds(city, held):
    prepared(city, held)
    assert city.sign_in("specialist").post(f"/rounds/make-protocol/{held}").status_code in (302, 303)
    with city.web.app_context():
        older, newer = db.session.scalars(
            db.select(Document).where(Document.round_id == held).order_by(Document.version)
        ).all()
        codes = older.code, newer.code
    said = [city.web.test_client().get(f"/verify/{code}").get_data(as_text=True) for code in codes]
    assert ["Документ заменён" in one for one in said] == [True, False]
    assert all(f"Х-2026-{held:06d}" in one and "Протокол распределения мест" in one for one in said)
