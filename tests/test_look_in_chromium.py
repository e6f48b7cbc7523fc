"""Every page of every role, as a browser sees it: readable by everybody in both themes, whole on a phone, and safe.

What is walked is read from the pages' own links and buttons, and held against the table of addresses.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from app.permissions import Role
from tests.chromium import at_the_door, enter, launched
from tests.test_start import Kezek, started
from tests.views.routes import table

ROOT = Path(__file__).resolve().parent.parent
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "app/static/vendor/screen/icons.svg").read_text()))
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1400, "height": 900}
NOT_WALKED = re.compile(r"/(static|verify|applications/paper|login|logout|language|demo)")  # files, or looked at below
NOTHING_YET = {"/reinstatements/show/<pk>"}  # the small town has none of these
SAID = {"department": "kk", "specialist": "ru", "operator": "kk", "head": "ru", "auditor": "kk", "administrator": "ru"}

LOOK = """async (rules) => {
  const found = await axe.run(document, {resultTypes: ["violations"], ...(rules ? {runOnly: rules} : {})});
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
}"""
LINKS = """() => ({
  links: [...document.querySelectorAll("a[href^='/']")].map((one) => one.getAttribute("href")),
  asks: [...document.querySelectorAll("form[action*='/action/']")].map((one) => one.getAttribute("action")),
  icons: [...document.querySelectorAll("use")].map((one) => one.getAttribute("href").split("#")[1]),
})"""


@pytest.fixture(scope="module")
def kezek() -> Iterator[Kezek]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def problems(page: Page) -> list[str]:
    """What is wrong with the page that is open: for axe in both themes, at 320 pixels, in its icons and words."""
    page.evaluate(AXE)
    found = []
    for theme, rules in (("light", None), ("dark", ["color-contrast"])):
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
        found += [f"{theme}: {one}" for one in page.evaluate(LOOK, rules)]
    page.set_viewport_size(NARROW)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(WIDE)
    found += [f"{width} pixels wide on a phone"] if width > NARROW["width"] else []
    found += [f"no icon {name}" for name in set(page.evaluate(LINKS)["icons"]) - ICONS]
    if left := re.search(r"\b(None|undefined|Undefined)\b", page.locator("body").inner_text()):
        found.append(f"says {left[0]}")
    return found


def rule_of(address: str) -> str:
    return re.sub(r"\d+", "<pk>", urlsplit(address).path)


def walk(page: Page) -> Iterator[str]:
    """Open every kind of page that links and asking buttons lead to, one of each kind."""
    waiting, seen = [("/", "")], set()
    while waiting:
        address, ask = waiting.pop(0)
        kind = ask.rsplit("/", 1)[0] if ask else rule_of(address)
        if kind in seen or NOT_WALKED.match(kind):
            continue
        seen.add(kind)
        page.goto(address)
        if ask:
            page.locator(f'form[action="{ask}"] button').first.click()
            page.wait_for_load_state()
        yield kind
        told = page.evaluate(LINKS)
        waiting += [(link, "") for link in told["links"]]
        waiting += [] if ask else [(address, one) for one in told["asks"]]


def forbidden(page: Page) -> list[str]:
    """What the page's policy refused, and what broke in its scripts, from now on."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("role", SAID)
def test_every_page_of_a_role_is_for_everybody_fits_a_phone_and_loads_nothing_forbidden(kezek, chromium, role):
    page = enter(chromium, kezek, role, SAID[role])
    refused, seen, wrong = forbidden(page), set(), {}
    for kind in walk(page):
        seen.add(kind)
        if found := problems(page):
            wrong[kind] = found
    page.context.close()
    meant = {rule for (method, rule), roles in table().items() if method == "GET" and Role(role) in roles}
    assert {rule for rule in meant - NOTHING_YET if not NOT_WALKED.match(rule)} - seen == set()
    assert (wrong, refused) == ({}, [])


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_door_a_refusal_and_a_checked_paper_are_for_everybody(kezek, chromium, language):
    page = at_the_door(chromium, kezek, language)
    refused, wrong = forbidden(page), {}
    for address in ("/login/", "/nowhere", "/verify/" + "A" * 22):
        page.goto(address)
        if found := problems(page):
            wrong[address] = found
    page.context.close()
    assert (wrong, refused) == ({}, [])


def test_a_wrong_form_says_so_on_top_and_leads_to_each_field(kezek, chromium):
    page = enter(chromium, kezek, "operator")
    page.goto("/applications/add")
    page.locator("main form button").click()
    expect(page.locator("#errors")).to_be_focused()
    assert problems(page) == []
    page.locator("#errors a").first.click()
    expect(page.locator("#child_iin")).to_be_focused()
    expect(page.locator("#child_iin")).to_have_attribute("aria-invalid", "true")


def test_the_keyboard_searches_helps_goes_to_areas_and_opens_rows(kezek, chromium):
    page = enter(chromium, kezek, "department")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys [data-areas] dt")).to_have_count(page.locator("#menu [data-key]").count())
    assert problems(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator(".find input")).to_be_focused()
    page.keyboard.type("gk")  # letters that are typed are only letters
    expect(page.locator(".find input")).to_have_value("gk")
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**/kindergartens/list/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("main tbody tr").nth(1).get_by_role("link").first
    expect(second).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    address = second.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def test_the_theme_is_remembered(kezek, chromium):
    page = at_the_door(chromium, kezek)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.locator("#theme").click()
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_kazakh_letters_are_in_the_font_that_pages_load(kezek, chromium):
    page = at_the_door(chromium, kezek)
    page.evaluate("document.fonts.ready")
    loaded = page.evaluate("[...document.fonts].filter((one) => one.status == 'loaded').length")
    assert loaded == 3
    assert page.evaluate("document.fonts.check('1rem Inter', 'ӘҒҚҢӨҰҮҺІәғқңөұүһі№')")
