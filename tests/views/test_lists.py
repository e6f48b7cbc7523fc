"""Lists by key: every row on exactly one page, whatever a list is ordered by and whoever adds rows meanwhile."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from app.db.database import transaction
from app.db.extensions import db
from app.models import Notice
from app.views import location
from app.views.base import BaseView
from app.views.notices import NoticeView
from app.views.paging import COUNTED
from tests import factories
from tests.views import routes
from tests.views.test_today import statements

ADMINISTRATORS = ("users", "clients")


def reader(noun: str) -> str:
    return "administrator" if noun in ADMINISTRATORS else "department"


def shown(noun: str, text: str) -> list[int]:
    """The rows of a page, in their order."""
    return [int(pk) for pk in re.findall(rf'data-label="[^"]*"><a href="/{noun}/show/(\d+)(?:\?[^"]*)?"', text)]


def link(rel: str, text: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', text)
    return unescape(found[1]) if found else None


def walk(browser, noun: str, address: str, rel: str = "next", between=lambda: None) -> list[list[int]]:
    """The rows of every page on the way."""
    pages: list[list[int]] = []
    while address:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        pages.append(shown(noun, answer.text))
        address = link(rel, answer.text)
        assert len(pages) < 300
        between()
    return pages


def orders(web) -> list[tuple[str, str, str]]:
    """(noun, view, order in an address) of every list, its own order among them."""
    views = {type(view).__name__: view for view in web.appbuilder.baseviews if isinstance(view, BaseView)}
    return [
        (view.route_base[1:], name, order)
        for name, view in views.items()
        if view.route_base[1:] in routes.REGISTERS
        for order in ("", *(f"&_oc_{name}={c}&_od_{name}={way}" for c in view.order_columns for way in ("asc", "desc")))
    ]


def test_every_row_is_on_exactly_one_page_in_every_order_of_every_list(city):
    browsers = {who: city.sign_in(who) for who in ("department", "administrator")}
    for noun, view, order in orders(city.web):
        browser = browsers[reader(noun)]
        whole = [pk for page in walk(browser, noun, f"/{noun}/list/?psize_{view}=100{order}") for pk in page]
        assert len(whole) == len(set(whole)) > 0, (noun, order)
        size = min(max(len(whole) // 3, 1), 100)
        pages = walk(browser, noun, f"/{noun}/list/?psize_{view}={size}{order}")
        assert [pk for page in pages for pk in page] == whole, (noun, order)
        assert {len(page) for page in pages[:-1]} <= {size}
        back = walk(browser, noun, f"/{noun}/list/?psize_{view}={size}{order}&last_{view}=1", "prev")
        assert sorted({pk for page in back for pk in page}) == sorted(whole), (noun, order)
        assert back[0] == whole[-size:] and back[-1] == whole[:size], (noun, order)


def test_rows_that_are_added_meanwhile_move_no_other_row(city):
    """By number, the second page would show the last row of the first one again."""
    browser, name = city.sign_in("department"), "ApplicationView"
    for order in ("", f"&_oc_{name}=queued_at&_od_{name}=asc", f"&_oc_{name}=queued_at&_od_{name}=desc"):
        address = f"/applications/list/?psize_{name}=3{order}"
        before = [pk for page in walk(browser, "applications", address) for pk in page]

        def add() -> None:
            with city.web.app_context(), transaction():
                place = db.session.get_one(factories.Place, city.own.place)
                factories.application(place, queued_at=factories.START)

        seen = [pk for page in walk(browser, "applications", address, between=add) for pk in page]
        assert len(seen) == len(set(seen)), order
        assert [pk for pk in seen if pk in before] == before, order


def test_an_empty_value_comes_last_both_ways(city):
    """Terms that nobody has yet are not what anybody looks for first; the two databases would put them elsewhere."""
    browser, name = city.sign_in("department"), "VoucherView"
    rows = {row["id"]: row["choose_by"] for row in city.tables.rows()["voucher"]}
    for way in ("asc", "desc"):
        address = f"/vouchers/list/?psize_{name}=2&_oc_{name}=choose_by&_od_{name}={way}"
        days = [rows[pk] for page in walk(browser, "vouchers", address) for pk in page]
        known = [day for day in days if day]
        assert 0 < len(known) < len(days) and days[: len(known)] == known
        assert known == sorted(known, reverse=way == "desc")


def test_a_page_whose_rows_are_gone_is_the_last_one_and_one_before_the_first_is_the_first(city):
    browser, name = city.sign_in("department"), "ApplicationView"
    address = f"/applications/list/?psize_{name}=3"
    pages = walk(browser, "applications", address)
    assert shown("applications", browser.get(f"{address}&after_{name}=0.{pages[-1][-1]}").text)[-1] == pages[-1][-1]
    assert shown("applications", browser.get(f"{address}&before_{name}=0.{pages[0][1]}").text) == pages[0]


def test_an_old_address_with_a_page_number_leads_to_the_first_page(city):
    browser = city.sign_in("department")
    answer = browser.get("/applications/list/?_flt_0_status=queued&page_ApplicationView=3")
    assert (answer.status_code, answer.location) == (302, "/applications/list/?_flt_0_status=queued")
    answer = browser.get(f"/groups/show/{city.own.group}?page_VacancyView=1")
    assert (answer.status_code, answer.location) == (302, f"/groups/show/{city.own.group}")


def test_an_order_begins_at_the_first_page_and_a_related_list_turns_its_own_pages(city):
    browser = city.sign_in("department")
    text = browser.get("/vouchers/list/?psize_VoucherView=1&_flt_0_kind=general").text
    after = link("next", text)
    assert "_flt_0_kind=general" in after and "after_VoucherView=" in after
    turned = browser.get(after).text
    assert "after_VoucherView" not in unescape(re.search(r'href="([^"]*_oc_VoucherView=confirm_by[^"]*)"', turned)[1])
    related = f"/kindergartens/show/{city.own.kindergarten}?psize_GroupView=1"
    groups = [pk for page in walk(browser, "groups", related) for pk in page]
    assert len(groups) == len(set(groups)) > 2


# ---------------------------------------------------------------- counts


def counts(text: str) -> list[str]:
    """What a page says of how many there are, the spaces in its numbers as people type them."""
    return [" ".join(one.split()) for one in re.findall(r'class="count">([^<]*)', text)]


@pytest.fixture
def crowd(city):
    """More notices to families than a list counts, in a district that the specialist does not reach."""
    facts = {"number": "О-2026-000001"}
    row = {"application_id": city.district.application, "template": "register", "facts": facts, "at": factories.START}
    with city.web.app_context(), transaction():
        db.session.execute(sa.insert(Notice), [row] * COUNTED)
    yield city
    NoticeView.datamodel.beyond_counting.clear()  # nobody but a test deletes rows


def test_a_list_is_counted_up_to_a_limit_and_then_not_again_on_that_day(crowd):
    first = crowd.sign_in("department").get("/notices/list/").text
    again, seen = statements(crowd, "department", "/notices/list/")
    assert counts(first) == counts(again) == ["10 000 жазбадан көп"]
    assert not any("count(" in one for one in seen)
    filtered, seen = statements(crowd, "department", "/notices/list/?_flt_0_audience=kindergarten")
    assert any("count(" in one for one in seen)
    assert re.fullmatch(r"\d{1,3} жазба", *counts(filtered))


def test_whoever_reaches_fewer_records_gets_their_own_count(crowd):
    assert counts(crowd.sign_in("department").get("/notices/list/").text) == ["10 000 жазбадан көп"]
    assert re.fullmatch(r"\d{1,3} жазба", *counts(crowd.sign_in("specialist").get("/notices/list/").text))


# ---------------------------------------------------------------- indexes

TYPED_BY_HAND = {
    "client",
    "norm",
    "queue_order",
    "contract_text",
    "day_off",
    "bulk_run",
    "import_run",
    "ab_user",
    "proposal",
}  # some hundred rows: a scan costs nothing
TWO_SIDES = {"automatic"}  # half of the rows or more: an index on it is not used


def leading(table: sa.Table) -> set[str]:
    """The columns that an index of all rows begins with, be it one that keeps them unique."""
    whole = [index for index in table.indexes if index.dialect_options["sqlite"].get("where") is None]
    whole += [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
    return {next(iter(index.columns)).name for index in whole if len(index.columns)} | {"id"}


def test_lists_offer_no_order_and_no_filter_without_an_index(web):
    missing = []
    for view in web.appbuilder.baseviews:
        if not isinstance(view, BaseView) or view.subject.__table__.name in TYPED_BY_HAND:
            continue
        if view.base_order is None:  # no list: the search, and the rules in force
            continue
        ordered = {view.sorted_as.get(name, name) for name in (*view.order_columns, view.base_order[0])}
        steps = [step for name in location.ENDS for step in location.way(view.subject, location.ENDS[name])]
        missing += [(type(view).__name__, one) for one in steps if one.column not in leading(one.table)]
        for name in ordered | set(view.filters()) - set(view.more_filters) - TWO_SIDES - location.ENDS.keys():
            known = getattr(view.subject, name).property
            (column,) = getattr(known, "local_columns", None) or known.columns
            if column.name not in leading(view.subject.__table__):
                missing.append((type(view).__name__, name))
    assert missing == []


def test_each_filter_of_each_list_is_called_something(web):
    views = [one for one in web.appbuilder.baseviews if isinstance(one, BaseView) and one.base_order is not None]
    nameless = [
        (type(one).__name__, name) for one in views for name in one.filters() if name not in one.filter_labels()
    ]
    assert nameless == [] and len(views) > 20
