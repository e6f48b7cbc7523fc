"""Free choice by lot on pages (issue 13, 8; ADR 38): in the cabinet, at the counter, and the protocol of the draw."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.actions import chain, clock, referrals, vacancies
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, DemoTime, LotEntry, Place, Unit, Vacancy
from app.now import now
from tests import authority, factories
from tests.factories import DEPARTMENT, family
from tests.views import doors, portals
from tests.views.doors import asked, post, sign
from tests.views.test_acts import person_of


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    with authority.believed_by(city.web, tmp_path):
        yield


@pytest.fixture
def given(city):
    """A place of the private kindergarten that is given by lot for two hours: the id of its vacancy."""
    with city.web.app_context(), transaction():
        place, private = db.session.get_one(Place, city.own.refers), db.session.get_one(Vacancy, city.own.private)
        factories.norm("free_choice.window", "2", Unit.H, place, since=date(2026, 4, 1))
        vacancy = factories.vacancy(factories.group(private.group.kindergarten, capacity=1), publish=False)
        vacancies.publish(vacancy, by=DEPARTMENT, at=now())
        return vacancy.id


def entries(city, child):
    with city.web.app_context():
        return list(
            db.session.scalars(sa.select(LotEntry.status).where(LotEntry.application_id == child).order_by(LotEntry.id))
        )


def enter(city, browser, child, given):
    answer = post(browser, f"a/{child}/enter_lot", vacancy=str(given))
    _key, text = asked(answer)
    assert "дейін" in text
    return sign(browser, f"a/{child}/signed", answer, person_of(city, child))


def test_a_family_asks_reads_that_it_is_kept_and_gives_it_up(city, given):
    child = city.own.waits
    browser = doors.entered(city.web, person_of(city, child))
    assert "Жеребе бойынша орын сұрау" in browser.get(f"/my/a/{child}").text
    form = browser.get(f"/my/a/{child}/enter_lot").text
    assert f'value="{given}"' in form and "айырмасы жоқ" in form
    assert enter(city, browser, child, given).status_code == 303 and entries(city, child) == ["waiting"]
    page = browser.get(f"/my/a/{child}").text
    assert re.search(r"13\.04\.2026 \d\d:\d\d:\d\d дейін сақталады. Әзірге сұрағандар: 1", page)
    assert "айырмасы жоқ" in page
    answer = post(browser, f"a/{child}/leave_lot", vacancy=str(given))
    assert sign(browser, f"a/{child}/signed", answer, person_of(city, child)).status_code == 303
    assert entries(city, child) == ["left"]


def test_at_the_counter_by_a_signed_paper_and_the_auditor_reads_how_it_was_drawn(city, given):
    child, operator = city.own.waits, city.sign_in("operator")
    address = f"/applications/enter-lot/{child}"
    assert address in operator.get(f"/applications/show/{child}").text
    assert f'value="{given}"' in operator.get(address).text
    assert operator.post(address, {"vacancy": str(given)}).status_code == 422
    assert operator.post(address, {"vacancy": str(given), "paper_on": "2026-04-13"}).status_code == 303
    assert entries(city, child) == ["waiting"]
    for hours in (3, 4):
        with city.web.app_context(), transaction():
            later = now() + timedelta(hours=hours)
            clock.run(at=later, place_id=city.own.refers)
            chain.seal(at=later)
            db.session.merge(DemoTime(id=1, at=later))
    assert entries(city, child) == ["won"]
    with city.web.app_context():
        lot, number = db.session.execute(
            sa.select(LotEntry.lot_id, Application.number).join(Application).where(Application.id == child)
        ).one()
    protocol = city.sign_in("auditor").get(f"/lots/show/{lot}").text
    assert number in protocol and "тізбек басы айтқандай." in protocol
    theirs = doors.entered(city.web, person_of(city, child)).get(f"/my/a/{child}").text
    assert "Жеребедегі реті: 1" in theirs and f" {number}</code>" in theirs


def test_who_comes_too_late_reads_on_the_same_page_what_else_is_free_and_a_portal_is_told_the_same(city):
    """S0, S2: without a lot; the place is taken between the page that shows it and the yes."""
    child, other = city.own.waits, city.own.notified
    browser, person = doors.entered(city.web, person_of(city, child)), person_of(city, child)
    portal = portals.made(city.web, city.own.refers)
    address = f"{portal.address(child)}/choose"
    with city.web.app_context(), transaction():
        private = db.session.get_one(Vacancy, city.own.private).group.kindergarten
        factories.vacancy(factories.group(private, capacity=1))  # another one, which stays free
        last = factories.vacancy(factories.group(private, capacity=1)).id
    answer = post(browser, f"a/{child}/choose", vacancy=str(last))
    wanted = {"iin": person, "vacancy": last}
    signature = portals.sign(portal.post(f"{address}/challenge", wanted).json, person)
    with city.web.app_context(), transaction():
        quicker = db.session.get_one(Application, other)
        referrals.choose(quicker, db.session.get_one(Vacancy, last), by=family(quicker), at=now())
    refused = sign(browser, f"a/{child}/signed", answer, person_of(city, child))
    assert refused.status_code == 422 and 'data-reason="no_free_place"' in refused.text
    assert "Қазір не бос" in refused.text and "Бос орындар: 1" in refused.text.replace("\n", " ")
    told = portal.once(address, wanted | {"signature": signature}, If_Match="*")
    assert (told.status_code, told.json["reason"]) == (422, "no_free_place")
    assert told.json["free"] == portal.get(f"{portal.address(child)}/places").json["items"] != []
    assert last not in [one["id"] for one in told.json["free"]]
