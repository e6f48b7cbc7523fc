"""A form knows a name as a file does (spec 3.9): what is recorded is named, what is called almost so is asked about."""

import pytest
import sqlalchemy as sa

from app.access.permissions import EVERY_VERB
from app.actions import records
from app.db.database import transaction
from app.db.extensions import db
from app.models import Client, DayOff, KgGroup, Kindergarten, Norm
from tests.factories import DEPARTMENT, START
from tests.views.forms import Fields
from tests.views.test_bad_data_on_screen import complaints

NAMED = {Kindergarten: "kindergartens", KgGroup: "groups"}
OTHERS = {Norm, DayOff, Client}  # known by their day, and a portal by its key
EXACT = ('ГККП "Ясли-сад "АРМАН"', "гккп «ясли-сад  «арман»", "ГККП „Ясли‑сад „Арман“")
NEAR = ("ГККП «Ясли-сад «Apмaн»", "ГККП Ясли сад Арман", "ГККП «Ясли-сад «Әрман»")


@pytest.fixture(params=NAMED, ids=NAMED.get)
def forms(request, town, web):
    """The form for a new one, beside one of the first name above; and the form that changes the next one."""
    noun, model = NAMED[request.param], request.param
    with web.app_context(), transaction():
        of = db.session.get_one(Kindergarten, town.arman)
        recorded = of
        if model is KgGroup:
            recorded = db.session.get_one(KgGroup, town.group)
            records.change(recorded, {"name": of.name}, by=DEPARTMENT, at=START)
        town.known = recorded.name
    town.browser, town.model, town.noun = town.sign_in("specialist"), model, noun
    more = {"place": str(town.here), "kind": "kindergarten", "ownership": "state"}
    if model is KgGroup:
        more = {"kindergarten": str(town.arman), "language": "kk", "capacity": "20"}
        more |= {"birth_year_from": "2022", "birth_year_to": "2022"}
    town.add = lambda name, **said: town.browser.post(f"/{noun}/add", {"name": name, **more, **said})
    return town


def names(web, model):
    with web.app_context():
        return sorted(db.session.scalars(sa.select(model.name)))


def test_every_register_with_a_name_of_its_own_is_one_of_these():
    kept = {model for model, verbs in EVERY_VERB.items() if {"create", "change"} <= verbs.keys()}
    assert {model for model in kept if "name" in sa.inspect(model).columns and model not in OTHERS} == NAMED.keys()


@pytest.mark.parametrize("written", EXACT)
def test_a_name_that_is_recorded_is_refused_and_named(forms, web, written):
    before = names(web, forms.model)
    for tick in ({}, {"another": "y"}):
        answer = forms.add(written, **tick)
        assert answer.status_code == 422 and "«Арман»" in complaints(answer)["name"]
    assert names(web, forms.model) == before


@pytest.mark.parametrize("written", NEAR)
def test_a_name_that_is_almost_recorded_is_asked_about_and_taken_with_a_tick(forms, web, written):
    asked = forms.add(written)
    assert asked.status_code == 422 and "«Арман»" in complaints(asked)["name"] and 'name="another"' in asked.text
    assert Fields(asked.text).values["name"] == written and written not in names(web, forms.model)
    assert forms.add(written, another="y").status_code in (302, 303)
    assert written in names(web, forms.model)


def test_a_name_of_its_own_is_not_asked_about(forms, web):
    assert 'name="another"' not in forms.browser.get(f"/{forms.noun}/add").text
    assert forms.add("Күншуақ").status_code in (302, 303)
    assert forms.add("Куншуак").status_code == 422


def test_another_name_for_what_is_recorded_is_asked_about_too(forms, web):
    forms.add("Балапан")
    with web.app_context():
        pk = db.session.scalars(sa.select(forms.model.id).where(forms.model.name == "Балапан")).one()
    address = f"/{forms.noun}/edit/{pk}"
    fields = Fields(forms.browser.get(address).text).values
    assert forms.browser.post(address, {**fields, "name": EXACT[0]}).status_code == 422
    asked = forms.browser.post(address, {**fields, "name": NEAR[0]})
    assert asked.status_code == 422 and 'name="another"' in asked.text
    assert forms.browser.post(address, {**fields, "name": NEAR[0], "another": "y"}).status_code in (302, 303)
    assert NEAR[0] in names(web, forms.model)
