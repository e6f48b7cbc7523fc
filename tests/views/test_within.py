"""A record within its list: filters by where rows lie, the way back to the list as it was, the records beside one."""

import re
from html import unescape
from urllib.parse import urlencode

import sqlalchemy as sa

from app.db.extensions import db
from app.models import Application, Base, Kindergarten, Place, Seat
from app.rules.folding import fold
from app.views import location
from app.views.base import BaseView
from tests.registers import OTHERS
from tests.views import routes
from tests.views.forms import Fields
from tests.views.test_lists import reader, shown

BOTH, DISTRICT, NONE = {"place", "kindergarten"}, {"place"}, set()
AS_MANY = 7  # records of each list, in each of its orders
FILTERS = {  # register -> what its rows lie in, by its tables
    "applications": BOTH,  # by the seat that each has now
    "vouchers": DISTRICT,
    "referrals": BOTH,
    "rounds": BOTH,
    "offers": BOTH,
    "lots": BOTH,
    "daily-protocols": NONE,  # of all districts together
    "lot-entries": BOTH,
    "proposals": DISTRICT,
    "bulk-runs": DISTRICT,
    "imports": DISTRICT,
    "vacancies": BOTH,
    "kindergartens": DISTRICT,
    "groups": BOTH,
    "norms": DISTRICT,
    "queue-orders": DISTRICT,
    "contract-texts": DISTRICT,
    "days-off": NONE,
    "history": BOTH,
    "notices": BOTH,
    "inbox": NONE,
    "deliveries": BOTH,
    "jobs": NONE,
    "users": NONE,
    **{one.noun: DISTRICT if one.of or "place_id" in one.model.__table__.columns else NONE for one in OTHERS},
    **{one.noun: BOTH for one in OTHERS if one.of == "group" or "kindergarten_id" in one.model.__table__.columns},
}


def views(web) -> dict[str, BaseView]:
    found = (view for view in web.appbuilder.baseviews if isinstance(view, BaseView))
    return {view.route_base[1:]: view for view in found if view.route_base[1:] in routes.REGISTERS}


def lies_in(rows: dict, model: type[Base], row: dict, end: type[Base]) -> int | None:
    """The id that a row leads to, walked by hand; an application to the kindergarten where it has a seat."""
    if model is Application and end is Kindergarten:
        claims = (one for one in rows["holding"] if one["application_id"] == row["id"] and one["ended_at"] is None)
        seats = [next(seat for seat in rows["seat"] if seat["id"] == one["seat_id"]) for one in claims]
        return lies_in(rows, Seat, seats[0], end) if seats else None
    for step in location.way(model, end):
        row = next((one for one in rows[step.to.name] if one["id"] == row[step.column]), None)
        if row is None:
            return None
    return row["id"]


def back(text: str) -> str:
    """Where the line above a record's heading leads."""
    return unescape(re.search(r'class="above"><a href="([^"]+)"', text)[1])


def around(text: str) -> list[str]:
    """Where the records beside one are."""
    found = re.search(r'<nav class="around.*?</nav>', text, re.S)
    return [unescape(one) for one in re.findall(r'<a [^>]*href="([^"]+)"', found[0])] if found else []


def test_a_list_has_filters_for_district_and_kindergarten_wherever_its_rows_have_one(city):
    rows = city.tables.rows()
    with city.web.app_context():
        names = {one.id: one.name for one in db.session.scalars(sa.select(Kindergarten))}
        tree = {one.id: one.parent_id for one in db.session.scalars(sa.select(Place))}
    assert FILTERS.keys() == views(city.web).keys()
    for noun, view in views(city.web).items():
        browser, table = city.sign_in(reader(noun)), view.subject.__tablename__
        text = browser.get(f"/{noun}/list/").text
        assert {name for name in location.ENDS if f'name="_flt_0_{name}"' in text} == FILTERS[noun], noun
        whole = shown(noun, browser.get(f"/{noun}/list/?psize_{type(view).__name__}=100").text)
        asked = {"place": str(city.own.place), "kindergarten": names[city.own.kindergarten].upper()}
        for name in FILTERS[noun]:
            wishes = urlencode({f"psize_{type(view).__name__}": 100, f"_flt_0_{name}": asked[name]})
            found = shown(noun, browser.get(f"/{noun}/list/?{wishes}").text)
            lies = {one["id"]: lies_in(rows, view.subject, one, location.ENDS[name]) for one in rows[table]}
            if name == "place":
                right = [pk for pk in whole if lies[pk] and city.own.place in (lies[pk], tree[lies[pk]])]
            else:
                right = [pk for pk in whole if lies[pk] and fold(names[city.own.kindergarten]) in fold(names[lies[pk]])]
            assert (found == right) if len(whole) < 100 else {*right} <= {*found}, (noun, name)
            assert all(city.own.place in (lies[pk], tree[lies[pk]]) for pk in found if name == "place"), noun
            assert browser.get(f"/{noun}/list/?_flt_0_{name}=жоқ").status_code == (400 if name == "place" else 200)


def test_a_head_is_offered_no_filter_of_one_choice(city):
    text = city.sign_in("head").get("/vacancies/list/").text
    assert "_flt_0_status" in text and "_flt_0_kindergarten" not in text and "_flt_0_place" not in text


def test_a_record_leads_back_to_its_list_as_it_was_and_on_to_the_records_beside_it_in_every_list(city):
    for noun, view in views(city.web).items():
        browser, name = city.sign_in(reader(noun)), type(view).__name__
        orders = [
            "",
            *(f"&_oc_{name}={column}&_od_{name}={way}" for column in view.order_columns for way in ("asc", "desc")),
        ]
        for order in orders:
            address = f"/{noun}/list/?psize_{name}=100{order}"
            text = browser.get(address).text
            whole = shown(noun, text)
            first = unescape(re.search(rf'href="(/{noun}/show/{whole[0]}[^"]*)"', text)[1])
            seen, at = [], first
            while at:
                page = browser.get(at)
                assert page.status_code == 200, at
                assert back(page.text) == address, at
                seen.append(int(re.search(r"/show/(\d+)", at)[1]))
                beside = around(page.text)
                expected = len(seen) > 1
                assert len(beside) >= expected, at
                at = beside[-1] if len(beside) == 1 + expected else None
                if expected:
                    assert int(re.search(r"/show/(\d+)", beside[0])[1]) == seen[-2], (noun, order)
                if len(seen) == AS_MANY:
                    break
            assert seen == whole[: len(seen)] and len(seen) == min(AS_MANY, len(whole)), (noun, order)


def test_a_record_that_came_from_no_list_stands_in_the_lists_own_order(city):
    for noun in views(city.web):
        browser = city.sign_in(reader(noun))
        whole = shown(noun, browser.get(f"/{noun}/list/").text)
        page = browser.get(f"/{noun}/show/{whole[0]}").text
        assert back(page) == f"/{noun}/list/"
        assert around(page) == [f"/{noun}/show/{pk}" for pk in whole[1:2]], noun


def test_the_filter_is_kept_by_an_action_a_save_and_a_removal(city):
    browser, address = (
        city.sign_in("specialist"),
        "/vacancies/list/?_flt_0_status=draft&_oc_VacancyView=places&_od_VacancyView=asc",
    )
    show = unescape(re.search(rf'href="(/vacancies/show/{city.own.draft}[^"]*)"', browser.get(address).text)[1])
    edit = unescape(re.search(r'href="(/vacancies/edit/[^"]*)"', browser.get(show).text)[1])
    saved = browser.post(edit, {**Fields(browser.get(edit).text).values, "places": "1"})
    assert saved.status_code == 302 and back(browser.get(saved.location).text) == address
    publish = unescape(re.search(r'action="(/vacancies/action/publish/[^"]*)"', browser.get(show).text)[1])
    asked = browser.post(publish, {})
    assert back(browser.get(back(asked.text)).text) == address
    remove = unescape(re.search(r'action="(/vacancies/delete/[^"]*)"', browser.get(show).text)[1])
    assert browser.post(remove, {}).location == address


def test_what_a_list_is_carried_as_is_nobodys_address(city):
    browser = city.sign_in("department")
    for typed in (
        "//evil.example",
        "http://evil.example/",
        "_flt_0_status=nonsense",
        "%ff",
        "x" * 3000,
        "psize_=1&&&==",
        "_flt_0_place=x",
    ):
        page = browser.client.get(f"/applications/show/{city.own.application}", query_string={"within": typed})
        assert page.status_code == 200 and back(page.text).startswith("/applications/list/"), typed
        assert 'href="http://evil' not in page.text and 'href="//evil' not in page.text


def test_an_application_is_found_by_the_kindergarten_of_its_offer_held_place_or_enrolment(city):
    rows = city.tables.rows()
    kinds = {one["kind"].value for one in rows["holding"] if one["ended_at"] is None and one["application_id"]}
    assert kinds >= {"offer", "held", "enrolment"}, "the test above meets each of them"
