"""Spec 3.9: what people read stands in the order of their alphabet, by the name that they read."""

import re

import pytest

from app.db.database import transaction
from app.db.extensions import db
from app.models import Place, PlaceKind
from app.rules.alphabet import sort_key
from tests import factories
from tests.views.test_lists import shown

PLACES = [("Үшарал", "Аягоз"), ("Ұлытау", "Ёлки"), ("Әйтеке", "Яр"), ("Іле", "Елец"), ("Ақсу", "Жарма")]
NAMES = ["№ 2 топ", "№ 10 топ", "Әсем", "Бота", "Қайнар", "Ұлан", "Үміт", "Һанс", "Ырыс", "Інжу", "Ясли"]


@pytest.mark.parametrize(("language", "name"), [("kk", 0), ("ru", 1), ("en", 0)])
@pytest.mark.parametrize(
    ("role", "address"),
    [("department", "/applications/list/"), ("department", "/applications/add"), ("administrator", "/users/add")],
)
def test_places_stand_by_the_name_that_their_reader_reads(city, language, name, role, address):
    with city.web.app_context(), transaction():
        region = db.session.get_one(Place, db.session.get_one(Place, city.own.place).parent_id)
        for kk, ru in PLACES:
            db.session.add(Place(kind=PlaceKind.district, parent_id=region.id, name_kk=kk, name_ru=ru))
    browser = city.sign_in(role)
    browser.client.set_cookie("language", language)
    offered = re.findall(r"<option[^>]*>([^<]+)</option>", browser.get(address).text)
    names = [one[name] for one in PLACES]
    found = [one for one in offered if one in names]
    assert found == sorted(names, key=sort_key)


def test_kindergartens_and_groups_stand_in_the_order_of_the_alphabet_on_every_page_of_their_lists(city):
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.place)
        rows = [factories.kindergarten(place, name) for name in NAMES[::-1]]
        groups = [factories.group(rows[0], name=name) for name in NAMES[::-1]]
        made = {"kindergartens": [row.id for row in rows][::-1], "groups": [row.id for row in groups][::-1]}
    browser = city.sign_in("department")
    for noun, view in (("kindergartens", "KindergartenView"), ("groups", "GroupView")):
        for way in ("asc", "desc"):
            address, seen = f"/{noun}/list/?_oc_{view}=name&_od_{view}={way}&psize_{view}=4", []
            while address:
                text = browser.get(address).text
                seen += shown(noun, text)
                link = re.search(r'rel="next" href="([^"]*)"', text)
                address = link and link[1].replace("&amp;", "&")
            mine = [pk for pk in seen if pk in made[noun]]
            assert mine == made[noun][:: 1 if way == "asc" else -1], (noun, way)


def test_a_picker_finds_and_orders_by_the_alphabet_too(city):
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.place)
        for name in ("Балбұлақ Ырыс", "Балбұлақ Әсем", "Балбұлақ Ұлан"):
            factories.kindergarten(place, name)
    found = city.sign_in("department").post("/kindergartens/pick", {"q": "балбулак"}).json
    assert [one["text"] for one in found] == ["Балбұлақ Әсем", "Балбұлақ Ұлан", "Балбұлақ Ырыс"]
