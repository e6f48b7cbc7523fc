"""Pages of everybody as a phone shows them (issue 13, 9): small, without a barrier, of use without a script."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.db.extensions import db
from app.models import Kindergarten
from tests.chromium import EVERY_RULE
from tests.views.test_look_in_chromium import AXE, NARROW, WIDE, WIDTH, kind, windows  # noqa: F401
from tests.views.test_public import waiting

WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter((one) => !one.name.includes("/static/help/")).reduce((sum, one) => sum + one.decodedBodySize, 0)"""
LIGHT = 150_000  # bytes that a page may weigh, with all that it loads


@pytest.fixture
def addresses(city) -> list[str]:
    with city.web.app_context():
        place = city.own.place
        kindergarten = db.session.scalars(sa.select(Kindergarten.id).where(Kindergarten.place_id == place)).first()
    topics = [
        f"/help/{one}?district={place}" for one in ("join", "voucher", "referral", "private", "temporary", "terms")
    ]
    return [
        *("/", f"/d/{place}", f"/places?district={place}", f"/k/{kindergarten}", "/queue", f"/protocol/{place}"),
        *("/statistics", "/check", *topics),
    ]


def test_no_page_of_everybody_has_a_barrier_or_is_wider_than_a_phone(windows, addresses):  # noqa: F811
    """What is named and seen changes with the width, colours with the scheme, how long words are with the language."""
    found = []
    for language, size, scheme in (
        *(("kk", NARROW, "light"), ("kk", WIDE, "dark")),
        *(("ru", NARROW, None), ("en", NARROW, None)),
    ):
        page = windows.open(None, language)
        page.emulate_media(color_scheme=scheme or "light")
        page.set_viewport_size(size)
        for address in addresses:
            page.goto(address)
            if scheme:
                page.evaluate(AXE)
                found += [(address, language, size["width"], one) for one in page.evaluate(EVERY_RULE)]
            if (wide := page.evaluate(WIDTH)) > size["width"]:
                found.append((address, language, size["width"], f"{wide} pixels wide"))
    assert found == []


def test_a_page_of_everybody_is_light(windows, addresses):  # noqa: F811
    page, weights = windows.open(None), dict[str, int]()
    for address in addresses:
        page.goto(address, wait_until="networkidle")
        weights[address] = page.evaluate(WEIGHT)
    assert {address: weight for address, weight in weights.items() if weight > LIGHT} == {}
    assert min(weights.values()) > 1000


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
