"""Offered = accepted, as officials see it (spec 8.8): each button and link of a page works, and nothing else does."""

from datetime import date, datetime
from html import unescape
from types import SimpleNamespace

import pytest

from app.actions import applications, clock
from app.actions.people import Person
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    Change,
    DemoTime,
    Intake,
    KgGroup,
    Kindergarten,
    Place,
    Proposal,
    Referral,
    Vacancy,
)
from app.rules.roles import Role
from tests import factories, offered
from tests.actions.test_offered import SEEDS
from tests.conftest import KINDS
from tests.factories import DEPARTMENT, at
from tests.model.machine import PLACES
from tests.views import city as cities
from tests.views.conftest import sign_in
from tests.views.forms import says_yes
from tests.views.official import MODELS, Official
from tests.views.tables import Tables

ROLES = (Role.department, Role.specialist, Role.operator, Role.head, Role.auditor, Role.administrator)


@pytest.fixture
def town(web, standing) -> SimpleNamespace:
    """tests/views/city.py, where the clock has come as far as the day is."""
    made = standing("clocked", _town)
    made.sign_in = lambda name: sign_in(web, name)
    return made


def _town() -> SimpleNamespace:
    made = cities.build(marked=False)
    for place_id in clock.districts():
        clock.run(at=at(cities.NOW), place_id=place_id)
    return made


@pytest.mark.parametrize("kind", ["sqlite"])  # it is much work; the random towns are tried on both
def test_what_a_page_offers_is_accepted_and_what_it_does_not_offer_is_refused(web, town):
    wrong, tried = [], {}
    for role in ROLES:
        official = Official(web, role, str(role), "clocked")
        official.walk(*(MODELS if role is not Role.specialist else MODELS.keys() - {"applications"}))  # as department's
        wrong, tried[role] = [*wrong, *official.wrong], official.tried
    assert wrong == []
    assert all(tried.values()), tried


@pytest.mark.parametrize("kind", ["sqlite"])
def test_each_button_of_a_heads_first_page_works(web, town):
    with web.app_context(), transaction():
        group = db.session.get_one(KgGroup, town.own.group)
        more = group.capacity + 1  # than it has
        db.session.add(Vacancy(group=group, intake=Intake.general, places=more))
        over = {"begins_on": date(2026, 4, 1), "ends_on": date(2026, 4, 10)}
        db.session.add(Vacancy(group=group, intake=Intake.temporary, places=1, **over))
    Tables(web).keep("drafted")
    official = Official(web, Role.head, "head", "drafted")
    official.first_page()
    assert official.wrong == []
    assert official.tried >= 2


def test_a_round_is_offered_where_a_district_of_the_own_reach_gives_vouchers(web, town, kind):
    with web.app_context(), transaction():
        cities.official("refers", Role.specialist, db.session.get_one(Place, town.own.refers))
    link = 'href="/vouchers/round"'
    assert link in town.sign_in("specialist").get("/vouchers/list/").text
    refers = town.sign_in("refers")
    assert link not in refers.get("/vouchers/list/").text
    assert refers.post("/vouchers/round", {"place": str(town.own.refers)}).status_code == 422


def test_what_keeps_a_record_is_said_to_whoever_removes_it_by_hand(web, town, kind):
    """No button stands for it: a kindergarten with a group, a group with a draft, a published vacancy."""
    with web.app_context(), transaction():
        kindergarten = factories.kindergarten(db.session.get_one(Place, town.own.place), "№8 «Бос»")
        group = factories.group(kindergarten)
        factories.vacancy(group, publish=False)
        ids = kindergarten.id, group.id
    browser = town.sign_in("department")
    browser.client.set_cookie("language", "en")
    said = {
        f"/kindergartens/delete/{ids[0]}": "It cannot be removed: it has a history, groups.",
        f"/groups/delete/{ids[1]}": "It cannot be removed: it has vacancies.",
        f"/vacancies/delete/{town.own.vacancy}": "It was published, so it stays as it is.",
        f"/vacancies/edit/{town.own.vacancy}": "It was published, so it stays as it is.",
    }
    for address, sentence in said.items():
        noun, way, pk = address.split("/")[1:]
        assert address not in browser.get(f"/{noun}/show/{pk}").text
        with web.app_context():
            before = db.session.scalar(db.select(db.func.max(Change.id)))
        send = browser.get if way == "edit" else browser.post
        text = send(address, follow_redirects=True).text
        assert sentence in unescape(text), (address, sentence)
        with web.app_context():
            assert db.session.scalar(db.select(db.func.max(Change.id))) == before


def test_to_what_cannot_be_done_any_more_one_says_no(web, town, kind):
    """A return was asked for; the child was put into the queue anew since, and waits: nobody is offered to say yes."""
    browser, address = town.sign_in("department"), f"/proposals/action/approve/{town.own.proposal}"
    page = f"/proposals/show/{town.own.proposal}"
    assert address in browser.get(page).text
    with web.app_context(), transaction():
        gone = db.session.get_one(Application, town.own.back)
        born, number = gone.child.born_on, gone.child.iin
        applications.register(
            place_id=town.own.place,
            child=Person(number, born, gone.child.last_name, gone.child.first_name),
            applicant=Person(gone.applicant.iin, None, gone.applicant.last_name, gone.applicant.first_name),
            by=DEPARTMENT,
            at=at(cities.NOW),
        )
    text = browser.get(page).text
    assert address not in text and address.replace("approve", "reject") in text
    child = browser.get(f"/applications/show/{town.own.back}").text
    assert address not in child and address.replace("approve", "reject") in child
    says_yes(browser, address)
    with web.app_context():
        assert db.session.get_one(Proposal, town.own.proposal).decided_at is None


@pytest.mark.parametrize("kind", KINDS if len(SEEDS) > 1 else ["postgresql"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_pages_of_a_random_town_offer_what_it_accepts(databases, kind, seed):
    web = databases.app(kind, web=True)
    with offered.walked(databases, kind, seed, steps=25) as town:
        officials = _employed(town.now)
        Tables(web).keep("random")
        wrong = []
        for role, name in officials:
            official = Official(web, role, name, "random")
            official.walk("applications", "vacancies")
            wrong += official.wrong
    assert wrong == []


def _employed(moment: datetime) -> list[tuple[Role, str]]:
    """Somebody of each role in both districts, and the head of the kindergarten that most children came to."""
    with transaction():
        db.session.add(DemoTime(id=1, at=moment))
        both = db.session.scalars(db.select(Place).where(Place.name_kk.in_(PLACES))).all()
        came = db.select(KgGroup.kindergarten_id).join(Vacancy).outerjoin(Referral).group_by(KgGroup.kindergarten_id)
        most = db.session.scalars(came.order_by(db.func.count(Referral.id).desc(), KgGroup.kindergarten_id)).first()
        cities.official("specialist", Role.specialist, *both)
        cities.official("head", Role.head, db.session.get_one(Kindergarten, most))
    return [(role, str(role)) for role in (Role.specialist, Role.head)]
