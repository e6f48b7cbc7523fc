"""Offered = accepted, as officials see it (spec 8.8): each button and link of a page works, and nothing else does."""

from datetime import date, datetime
from types import SimpleNamespace

import pytest

from app.actions import accounts, clock
from app.database import transaction
from app.extensions import db
from app.models import DemoTime, Intake, KgGroup, Kindergarten, Place, Referral, Vacancy
from app.permissions import Role
from tests import offered
from tests.actions.test_offered import SEEDS
from tests.conftest import KINDS
from tests.factories import at
from tests.model.machine import PLACES
from tests.views import city as cities
from tests.views.official import MODELS, Official
from tests.views.tables import Tables

ROLES = (Role.department, Role.specialist, Role.operator, Role.head, Role.auditor, Role.administrator)


@pytest.fixture
def town(web, standing, monkeypatch) -> SimpleNamespace:
    """tests/views/city.py, where the clock has come as far as the day is."""
    monkeypatch.setattr(accounts, "HASH", "scrypt:1024:8:1")
    return standing("clocked", _town)


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


@pytest.mark.parametrize("kind", KINDS if len(SEEDS) > 1 else ["postgresql"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_pages_of_a_random_town_offer_what_it_accepts(databases, kind, seed, monkeypatch):
    monkeypatch.setattr(accounts, "HASH", "scrypt:1024:8:1")
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
