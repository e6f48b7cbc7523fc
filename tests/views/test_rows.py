"""Spec 6, the holes of the base view: custom actions, foreign keys, related lists, and addresses that cannot be."""

import re

import pytest

from app.rules.roles import Role
from tests.registers import OTHERS, other_record
from tests.views import forms, routes

NO_IDS = ("0", "-1", "999999", "2147483648", "9" * 30, "9" * 5000, "abc", "1e3", "%00")
NO_VERBS = ("nonsense", "delete", "load", "show", "__class__", "_run", "%00", "confirm%20")
YES = {"sure": "yes", "reason": "себеп", "until": "2026-05-01", "paper_on": "2026-04-13"}
ABROAD = (
    (Role.department, "region"),
    (Role.specialist, "district"),
    (Role.operator, "district"),
    (Role.head, "neighbour"),
)
PICKERS = {
    "vacancies": "group",
    "groups": "kindergarten",
    "kindergartens": "place",
    "norms": "place",
    "queue-orders": "place",
    "contract-texts": "place",
    **{one.noun: field.name for one in OTHERS for field in one.typed if other_record(field)},
}
OWN = {
    "vacancies": "draft",
    "queue-orders": "order",
    "contract-texts": "text",
    **{one.noun: one.table for one in OTHERS},
}
LISTS = [noun for noun in routes.REGISTERS if noun != "users"]


def answers(browser, addresses, method: str = "GET", data: dict | None = None) -> dict[str, int]:
    send = browser.get if method == "GET" else lambda address: browser.post(address, data)
    return {address: send(address).status_code for address in addresses}


@pytest.mark.parametrize(("role", "where"), ABROAD)
def test_one_foreign_row_makes_a_whole_batch_404_and_nothing_changes(city, role, where):
    browser, wrong = city.sign_in(str(role)), []
    with city.tables.unchanged():
        for noun, verbs in routes.VERBS.items():
            if noun == "days-off":
                continue  # the calendar is everybody's
            own = routes.address(f"/{noun}/show/<pk>", city)[0].rpartition("/")[2]
            foreign = routes.address(f"/{noun}/show/<pk>", city, vars(city)[where])[0].rpartition("/")[2]
            for verb in (verb for verb, roles in verbs.items() if role in roles):
                for rows in ([own, foreign], [foreign, own], [own, "abc"], [own, own, "999999"]):
                    answer = browser.post(f"/{noun}/action_post", {"action": verb, "rowid": rows, **YES})
                    if answer.status_code != 404:
                        wrong.append((noun, verb, rows, answer.status_code))
    assert wrong == []


def test_a_record_that_cannot_be_is_404_never_500(city):
    browser, role = city.sign_in("department"), Role.department
    with city.tables.unchanged():
        for (method, rule), roles in routes.table().items():
            if role not in roles or not re.search("<pk>|<int:", rule):
                continue
            addresses = [re.sub("<[^>]+>", pk, rule) for pk in NO_IDS]
            assert set(answers(browser, addresses, method, YES).values()) == {404}, (method, rule)
        for noun, verbs in routes.VERBS.items():
            for verb in (verb for verb, roles in verbs.items() if role in roles):
                for pk in NO_IDS:
                    answer = browser.post(f"/{noun}/action_post", {"action": verb, "rowid": pk, **YES})
                    assert answer.status_code == 404, (noun, verb, pk)


def test_an_unknown_action_is_404_single_and_bulk_and_changes_nothing(city):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        for noun in routes.VERBS:
            pk = routes.address(f"/{noun}/show/<pk>", city)[0].rpartition("/")[2]
            addresses = [f"/{noun}/action/{verb}/{pk}" for verb in NO_VERBS]
            assert set(answers(browser, addresses, "POST", YES).values()) == {404}, noun
            for verb in NO_VERBS:
                answer = browser.post(f"/{noun}/action_post", {"action": verb, "rowid": pk, **YES})
                assert answer.status_code == 404, (noun, verb)


def test_actions_and_removals_answer_a_get_or_head_with_405_and_change_nothing(city):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        for method, rule in routes.table():
            if method == "POST" and re.search("/action|/delete/|/logout/|/language/|/demo/", rule):
                address, _ = routes.address(rule, city)
                for read in (browser.client.get, browser.client.head):
                    assert read(address, query_string=YES).status_code == 405, address


def test_nothing_selected_changes_nothing(city):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        for noun, verbs in routes.VERBS.items():
            for verb, roles in verbs.items():
                answer = browser.post(f"/{noun}/action_post", {"action": verb, **YES})
                assert answer.status_code == (302 if Role.department in roles else 403), (noun, verb)


@pytest.mark.parametrize(("role", "where"), ABROAD)
def test_a_picker_offers_no_foreign_record_and_takes_none(city, role, where):
    browser, foreign = city.sign_in(str(role)), vars(city)[where]
    table = routes.table()
    with city.tables.unchanged():
        for noun, field in {**PICKERS, "applications": "place"}.items():
            for form in (
                "add",
                f"edit/{getattr(city.own, OWN.get(noun, noun[:-1]), 0)}",
            ):
                if role not in table["POST", f"/{noun}/{form.replace(form[5:], '<pk>') if '/' in form else form}"]:
                    continue
                if noun in ("applications", "guardianships", "waiting-list") and form != "add":
                    continue  # whose they are is asked for anew
                alien = str(getattr(foreign, field))
                address = f"/{noun}/{form}"
                offered = forms.Fields(browser.get(f"{address}?_flt_0_{field}={alien}").text)
                if where == "neighbour" and field == "place":
                    continue  # the neighbour lies in the own district
                assert offered.options[field] and alien not in offered.options[field], address
                filled = {**forms.valid(noun, city.own), **offered.values, field: alien}
                answer = browser.post(f"{address}?_flt_0_{field}={alien}", filled)
                assert answer.status_code == 422, (address, answer.status_code)
                refused = rf'<\w+(?=[^>]*aria-invalid="true")[^>]* id="{field}"'
                assert re.search(refused, answer.text), (address, "the form refuses it, not only the action")
    with city.tables.unchanged():
        if role is not Role.head and role is not Role.operator:
            assert browser.post("/vouchers/round", {"place": str(foreign.place)}).status_code == 422


def test_a_filter_in_the_address_of_a_form_forces_nothing(city):
    """Spec 6: the framework takes ?_flt_0_group=7 as the value of the field, whatever was picked."""
    browser = city.sign_in("head")
    other = {"group": str(city.neighbour.group), "places": "77", "status": "published"}
    query = "&".join(f"_flt_0_{name}={value}" for name, value in other.items())
    before = {row["id"] for row in city.tables.rows()["vacancy"]}
    assert browser.post(f"/vacancies/add?{query}", forms.valid("vacancies", city.own)).status_code == 302
    (added,) = (row for row in city.tables.rows()["vacancy"] if row["id"] not in before)
    assert (added["group_id"], added["places"], added["status"].value) == (city.own.group, 1, "draft")


def test_a_place_to_choose_is_refused_where_it_is_not_offered(city):
    browser = city.sign_in("operator")
    chosen = f"/applications/choose/{city.own.waiting}"
    with city.tables.unchanged():
        for vacancy in (city.district.vacancy, city.own.draft, 999999, "abc", "", "9" * 30):
            answer = browser.post(chosen, {"vacancy": str(vacancy), **YES})
            assert answer.status_code == 422, (vacancy, answer.status_code)


def test_related_lists_are_shown_to_whoever_may_read_them_and_to_nobody_else(city):
    browser, grants = city.sign_in("auditor"), city.web.appbuilder.sm.grants[Role.auditor]
    related = re.compile(rf"/vacancies/show/{city.own.vacancy}\b")
    assert related.search(browser.get(f"/groups/show/{city.own.group}").text)
    grants.discard(("can_list", "VacancyView"))
    try:
        assert not related.search(browser.get(f"/groups/show/{city.own.group}").text)
    finally:
        grants.add(("can_list", "VacancyView"))


NO_KEYS = ("0.1", "0.1.", "0.1.x", "0.1.2026-04-01T10:00", "0.1.0001-01-01T00:00:00%2B14:00", "0.1.9999-12-31", "2.1.2")


def wishes(view: str) -> list[str]:
    """What nobody's link asks for: pages, sizes, orders and filters that cannot be."""
    numbers = ("abc", "-1", "9" * 30, "9" * 5000, "%00")
    return [
        *(
            f"{way}_{view}={row}"
            for way in ("after", "before")
            for row in (*numbers, "0.1.x", "7.1", "0.0", "1.1.2026-99-01")
        ),
        *(f"_oc_{view}={column}&after_{view}={row}" for column in ("queued_at", "at", "choose_by") for row in NO_KEYS),
        *(f"psize_{view}={number}" for number in ("abc", "-5", "0", "9" * 30, "9" * 5000)),
        *(f"_oc_{view}={column}&_od_{view}=asc" for column in ("nonsense", "password", "child.iin", "%00")),
        *(f"_flt_0_{name}={value}" for name in ("status", "place", "active") for value in ("zzz", "%00", "9")),
        "_flt_9_id=1",
        "_flt_0_nonsense=1",
        "_flt_0_password=1",
    ]


@pytest.mark.parametrize("role", (Role.department, Role.administrator))
def test_a_page_order_size_or_filter_that_cannot_be_is_400_or_clamped_never_500(city, role):
    browser = city.sign_in(str(role))
    for noun, (readers, *_) in routes.REGISTERS.items():
        if role in readers:
            view = city.view_of(f"/{noun}/")
            found = answers(browser, [f"/{noun}/list/?{wish}" for wish in wishes(view)])
            assert set(found.values()) <= {200, 400}, {a[:60]: s for a, s in found.items() if s not in (200, 400)}
    if role is Role.department:
        related = [f"/kindergartens/show/{city.own.kindergarten}?{wish}" for wish in wishes("GroupView")]
        related += [f"/groups/show/{city.own.group}?{wish}" for wish in wishes("VacancyView")]
        found = answers(browser, related)
        assert set(found.values()) <= {200, 400}, {a[:60]: s for a, s in found.items() if s not in (200, 400)}


def test_a_filter_that_a_list_has_not_is_400_and_never_the_whole_list(city):
    for noun, (readers, *_) in routes.REGISTERS.items():
        browser = city.sign_in(next(str(role) for role in (Role.department, Role.administrator) if role in readers))
        for wish in ("_flt_0_nonsense=1", "_flt_1_status=issued", "_flt_0_nonsense="):
            assert browser.get(f"/{noun}/list/?{wish}").status_code == 400, (noun, wish)
            exported = browser.post(f"/{noun}/export/csv?{wish}", {})
            assert exported.status_code == 400, (noun, wish)


def test_a_page_has_at_most_a_hundred_rows(city):
    browser = city.sign_in("department")
    text = browser.get("/days-off/list/?psize_DayOffView=1000000").text
    assert len(set(re.findall(r"/days-off/show/(\d+)", text))) == 100


SEARCHES = ("%00", "x" * 10_000, "%25", "_", "%27%20OR%201=1--", "👶🏽", "%5C", "%ED%A0%80", "%FF", "  ", "٣" * 12)


def test_whatever_is_searched_for_is_looked_for_and_no_more(city):
    browser = city.sign_in("department")
    found = answers(browser, [f"/kindergartens/list/?q={sought}" for sought in SEARCHES])
    assert set(found.values()) <= {200, 400}, {a[:60]: s for a, s in found.items()}
    for sought in ("%25", "_", "%27%20OR%201=1--"):
        assert "/kindergartens/show/" not in browser.get(f"/kindergartens/list/?q={sought}").text, sought


def test_a_round_is_of_a_district_that_somebody_chose(city):
    """One press issues a voucher to each whose turn it is: no district stands there already."""
    browser = city.sign_in("department")
    assert forms.Fields(browser.get("/vouchers/round").text).values["place"] == ""
    with city.tables.unchanged():
        assert browser.post("/vouchers/round", {"place": ""}).status_code == 422
