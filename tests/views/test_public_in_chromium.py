"""Pages of everybody and of families as a phone shows them (issue 13, 9): each of them is small, as narrow as a phone,
without a barrier, and of use without a script. A page that is added tomorrow is among them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.actions import vouchers
from app.cabinet.own import KEY
from app.cabinet.public import TOPICS
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Kindergarten, SignedInBy
from app.now import now
from tests import authority
from tests.chromium import EVERY_RULE
from tests.factories import DEPARTMENT
from tests.views import doors
from tests.views.conftest import Browser, forget_tries
from tests.views.doors import HERE
from tests.views.test_look_in_chromium import AXE, NARROW, WIDE, WIDTH, kind, windows  # noqa: F401
from tests.views.test_public import waiting
from tests.views.test_whose_pages import addresses

WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter((one) => !one.name.includes("/static/help/")).reduce((sum, one) => sum + one.decodedBodySize, 0)"""
LIGHT = 150_000  # bytes that a page may weigh, with all that it loads but pictures
CONTRAST = "axe.run(document, {runOnly: ['color-contrast']}).then((found) => found.violations.map((one) => one.id))"
SENT = """([address, names]) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action: address});
  names.forEach((name) => form.append(Object.assign(document.createElement("input"), {name})));
  document.body.append(form);
  form.submit();
}"""
# What only a script could press: all but signing with a key and asking a phone again, which say so without one.
NEEDS_SCRIPT = """
[...document.querySelectorAll("main a, main button, main [onclick], main [hidden], main select")].filter(
  (one) => !one.closest("[data-agent], [data-qr]") && !(
    one.matches("a[href]:not([href^='#']):not([href^='javascript']), form button:not([type=button]), form select")
    && !one.hidden && !one.hasAttribute("onclick"))
).map((one) => one.outerHTML.slice(0, 80))"""
SAYS = "document.querySelector('main').innerText.replace(/\\s+/g, ' ')"


class Shown(NamedTuple):
    """A page: whose cookie opens it, how it is asked for, and of what it is made."""

    cookie: str
    method: str
    address: str
    made_of: frozenset[str]


def made_of(page: str) -> frozenset[str]:
    """Its elements and their classes: two pages that have the same ones look alike."""
    main = page.partition("<main")[2]
    return frozenset(re.findall(r"<(\w+(?: (?:class|type)=\"[^\"]*\")?)", main))


def everybodys(city) -> Iterator[tuple[str, str]]:
    """(method, address) of each page of everybody, from the application itself."""
    with city.web.app_context():
        place = city.own.place
        kindergarten = db.session.scalars(sa.select(Kindergarten.id).where(Kindergarten.place_id == place)).first()
    values = {"place_id": [place], "kindergarten_id": [kindergarten], "topic": TOPICS}
    for rule in city.web.url_map.iter_rules():
        if rule.endpoint.startswith("public.") and not rule.endpoint.endswith("manifest"):
            (name,) = rule.arguments or {""}
            for one in values.get(name, [""]):
                path = re.sub("<[^>]+>", str(one), rule.rule)
                yield from ((method, f"{path}?district={place}") for method in rule.methods & {"GET", "POST"})
    yield from (("GET", one) for one in ("/", "/verify/nobodys"))


@pytest.fixture
def pages(city, tmp_path) -> Iterator[list[Shown]]:
    """Each page of everybody, and of families whose applications stand differently, that is made otherwise than those
    before; what is only sent, too: the text that is signed, and what is refused.
    """
    with city.web.app_context(), transaction():
        vouchers.issue_out_of_turn(
            db.session.get_one(Application, city.own.waiting), by=DEPARTMENT, at=now(), reason="кезектен тыс"
        )
        children = (city.own.waiting, city.own.application, city.own.notified, city.own.waits, city.own.enrolled)
        people = {one: db.session.get_one(Application, one).applicant.iin for one in children}
    found = dict[tuple[str, frozenset[str]], Shown]()

    def look(browser: Browser, cookie: str, rule: str, method: str, address: str) -> None:
        forget_tries(city.web)
        answer = browser.client.open(address, method=method, headers=HERE, buffered=True)
        if answer.mimetype == "text/html" and answer.status_code in (200, 404, 422):
            made = made_of(answer.text)
            found.setdefault((rule, made), Shown(cookie, method, address, made))

    with authority.believed_by(city.web, tmp_path):
        for method, address in everybodys(city):
            look(Browser(city.web.test_client()), "", address, method, address)
        for child, person in people.items():
            for by in SignedInBy:
                browser = doors.entered(city.web, person, by)
                with city.web.app_context():
                    there = [one for one in addresses(city.web, frozenset({child})) if not one.foreign]
                for one in there:
                    if one.rule not in ("/my/leave", "/my/qr"):
                        cookie = browser.client.get_cookie(KEY, path="/my").value
                        look(browser, cookie, one.rule, one.method, one.path)
        yield list(found.values())


def open_(page: Page, shown: Shown) -> None:
    """As whoever may see it does: by its address, or by a form without a word in it."""
    if shown.cookie:
        page.context.add_cookies([{"name": KEY, "value": shown.cookie, "domain": "127.0.0.1", "path": "/my"}])
    if shown.method == "GET":
        page.goto(shown.address)
        return
    page.goto("/check")
    with page.expect_navigation():
        page.evaluate(SENT, [shown.address, []])


def test_each_page_of_everybody_and_of_families_is_light_narrow_open_to_all_and_of_use_without_a_script(
    windows,  # noqa: F811
    pages,
    city,
):
    """What is named and seen changes with the width, colours with the scheme, how long words are with the language."""
    found, says, weights = [], dict[Shown, str](), list[int]()
    narrow = {one: windows.open(None, one) for one in ("kk", "ru", "en")}
    for page in narrow.values():
        page.set_viewport_size(NARROW)
    for shown in pages:
        where = f"{shown.method} {shown.address}"
        for language, page in narrow.items():
            forget_tries(city.web)
            open_(page, shown)
            if (wide := page.evaluate(WIDTH)) > NARROW["width"]:
                found.append((where, language, f"{wide} pixels wide"))
        page = narrow["kk"]
        page.wait_for_load_state("load")
        says[shown] = page.evaluate(SAYS)
        weights.append(page.evaluate(WEIGHT))
        found += [(where, f"{weights[-1]} bytes")] * (weights[-1] > LIGHT)
        found += [(where, "needs a script", one) for one in page.evaluate(NEEDS_SCRIPT)]
        page.evaluate(AXE)
        found += [(where, one) for one in page.evaluate(EVERY_RULE)]
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(WIDE)
        found += [(where, "dark", one) for one in page.evaluate(CONTRAST)]
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(NARROW)
    context = windows.chromium.new_context(
        base_url=windows.address, viewport=NARROW, java_script_enabled=False, locale="kk-KZ"
    )
    page = context.new_page()
    for shown in pages:
        if shown.method == "GET":
            open_(page, shown)
            if page.evaluate(SAYS) != says[shown]:
                found.append((shown.address, "says something else without a script"))
    assert found == []
    assert min(weights) > 1000 and len(pages) > 40
    assert {"POST", "GET"} == {one.method for one in pages}


def test_a_parent_finds_the_number_and_a_free_place_without_a_script(windows, city):  # noqa: F811
    with city.web.app_context():
        child = waiting(city)
        number, born_on, name = child.number, child.born_on.isoformat(), child.place.name_kk
    context = windows.chromium.new_context(
        base_url=windows.address, viewport=NARROW, java_script_enabled=False, locale="kk-KZ"
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("link", name="Кезекті тексеру").click()
    page.get_by_label("Өтініш нөмірі").fill(number)
    page.get_by_label("Баланың туған күні").fill(born_on)
    page.get_by_role("button", name="Тексеру").click()
    expect(page.get_by_text(f"Өтініш {number}")).to_be_visible()
    expect(page.get_by_text("Кезек нөмірі")).to_be_visible()
    assert number not in page.url and born_on not in page.url
    page.get_by_role("link", name="Бос орындар").click()
    page.get_by_label("Аудан немесе қала").select_option(label=name)
    page.get_by_role("button", name="Көрсету").click()
    page.locator("main table a").first.click()
    expect(page.get_by_text("Меншік нысаны")).to_be_visible()
