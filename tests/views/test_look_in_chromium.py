"""Every page of every role, as a browser sees it: readable by everybody in both themes, whole on a phone, and safe."""

import logging
import os
import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, KgGroup, Kindergarten, Place
from app.rules.roles import Role
from tests import factories, files
from tests.views import routes
from tests.views.city import PASSWORD
from tests.views.test_import_on_screen import work

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "app/static/vendor/screen/icons.svg").read_text()))
WHOLE = "KEZEK_STEPS" in os.environ  # make soak
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1400, "height": 900}
# files and answers to scripts, or looked at by a test of their own
NO_PAGE = re.compile(
    r"/(static|verify|login|(applications|rounds|daily-protocols)/(privilege-)?paper|contract-texts/preview|bulk-runs/result)/"
    r"|/imports/(sample|problems)/|/[a-z-]+/(pick|menu/|unread)"
)
SAID = {  # each role in one of the languages
    Role.department: "kk",
    Role.specialist: "ru",
    Role.operator: "kk",
    Role.head: "ru",
    Role.auditor: "kk",
    Role.administrator: "ru",
}
LOOK = """async ([part, options]) => {
  const found = await axe.run(document.querySelector(part), {resultTypes: ["violations"], ...options});
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
}"""
THEME = "theme => { document.documentElement.dataset.bsTheme = theme }"
SHAPE = """async (address) => {
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  const part = (one) => one.tagName + "." + (one.getAttribute("class") || "") + [...one.attributes].map((a) => a.name);
  const path = (one, up) => up && one.tagName !== "MAIN" ? path(one.parentElement, up - 1) + ">" + part(one) : "";
  return [...new Set([...page.querySelectorAll("main *")].map((one) => path(one, 3)))];
}"""  # of what the server sends: a page that nobody draws costs a fifth of one that is drawn
# a page that has just been opened may still be drawn at its first width
DRAWN_ANEW = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
WIDTH = "document.documentElement.scrollWidth"
DRAWN = "[...document.querySelectorAll('use')].map((one) => one.getAttribute('href').split('#')[1])"
BARS = """place => {
  const [canvas] = place.getElementsByTagName("canvas"), {series: [bars]} = echarts.getInstanceByDom(place).getOption();
  const points = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return {numbers: bars.data, colour: bars.itemStyle.color, drawn: points.filter((one) => one).length > 500};
}"""
POST = """([address, token]) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action: address});
  form.innerHTML = `<input name="csrf_token" value="${token}">`;
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture
def kind() -> str:
    """One database is enough: how a page looks does not depend on it."""
    return "sqlite"


class Windows:
    """The city on a port of its own, and somebody's window on it."""

    def __init__(self, city, chromium: Browser, port: int) -> None:
        self.city, self.chromium, self.address = city, chromium, f"http://127.0.0.1:{port}"
        self.refused: list[str] = []

    def open(self, role: Role | None, language: str = "kk") -> Page:
        """A window of somebody with this role, or of somebody unknown; what its pages must not do is written down."""
        context = self.chromium.new_context(base_url=self.address, viewport=WIDE, reduced_motion="reduce")
        cookies = {"language": language}
        if role:
            cookies["session"] = self.city.sign_in(str(role)).client.get_cookie("session").value
        context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda said: self.refused.append(said.text) if "Content Security" in said.text else None)
        page.on("pageerror", lambda error: self.refused.append(str(error)))
        return page


@pytest.fixture
def windows(city, chromium, monkeypatch) -> Iterator[Windows]:
    monkeypatch.setitem(city.web.config, "SESSION_COOKIE_SECURE", False)  # the name of a secure one is no other's
    monkeypatch.setitem(city.web.config, "SESSION_COOKIE_NAME", "session")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, city.web, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    windows = Windows(city, chromium, server.server_port)
    yield windows
    for context in chromium.contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert windows.refused == []


def barriers(page: Page, phone: bool = False, part: str = "html") -> list[str]:
    """What axe finds serious or critical in a part of the page: on a desk in both themes, or on a phone.

    Which colours there are is all that a theme changes; what is there to be seen and named, what a phone changes.
    """
    page.evaluate("window.axe === undefined") and page.evaluate(AXE)
    if phone:
        found = page.evaluate(LOOK, [part, {"rules": {"color-contrast": {"enabled": False}}}])
        return [f"on a phone: {one}" for one in found]
    found = [f"light: {one}" for one in page.evaluate(LOOK, [part, {}])]
    page.evaluate(THEME, "dark")
    found += [f"dark: {one}" for one in page.evaluate(LOOK, [part, {"runOnly": ["color-contrast"]}])]
    page.evaluate(THEME, "light")
    return found


def problems(page: Page, barriers_known: bool = False, part: str = "html") -> list[str]:
    """What is wrong with the page that is open: barriers, what does not fit, icons and words that are none."""
    found = [] if barriers_known else barriers(page, part=part)
    page.set_viewport_size(NARROW)
    page.evaluate(DRAWN_ANEW)
    found += [] if barriers_known else barriers(page, phone=True, part=part)
    width = page.evaluate(WIDTH)
    page.set_viewport_size(WIDE)
    found += [f"{width} pixels wide on a phone"] if width > NARROW["width"] else []
    found += [f"{width} pixels wide on a desk"] if (width := page.evaluate(WIDTH)) > WIDE["width"] else []
    found += [f"no icon {name}" for name in set(page.evaluate(DRAWN)) - ICONS]
    if left := re.search(r"\b(None|undefined|Undefined)\b", page.locator("body").inner_text()):
        found.append(f"says {left[0]}")
    return found


def addresses(role: Role, city) -> list[str]:
    """Every page of the table of addresses that opens for a role, and some that say more."""
    meant = [rule for (method, rule), roles in routes.table().items() if method == "GET" and role in roles]
    found = [routes.address(rule, city)[0] for rule in meant if not NO_PAGE.match(rule)]
    if role is Role.department:
        found += [f"/applications/show/{pk}" for pk in (city.own.came, city.own.stopped, city.own.stay)]
        found += [f"/applications/choose/{city.own.notified}{more}" for more in ("", f"?vacancy={city.own.turn}")]
        found += ["/nowhere", "/applications/list/?_flt_0_status=removed"]
    return found


def test_every_page_of_every_role_is_for_everybody_and_fits_a_desk_and_a_phone(windows, city):
    """One after another, for most of what a role sees another one has seen: a page is drawn where it has an element in
    surroundings in which this language has had none yet, and looked at for barriers where no language has. `make soak`
    draws and looks at them all.
    """
    seen, wrong = {language: set[str]() for language in SAID.values()}, []
    for role, language in SAID.items():
        page = windows.open(role, language)
        page.goto("/")
        wrong += [f"{role}: {problem}" for problem in problems(page)]  # and the frame of all the others
        for address in addresses(role, city):
            shape = set(page.evaluate(SHAPE, address))
            if not WHOLE and seen[language] >= shape:
                continue
            page.goto(address)
            known = not WHOLE and set().union(*seen.values()) >= shape
            part = "html" if WHOLE else "main"
            wrong += [f"{role}, {address}: {problem}" for problem in problems(page, barriers_known=known, part=part)]
            seen[language] |= shape
        page.context.close()
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_door_and_what_lies_outside_of_it_are_for_everybody(windows, language):
    page, wrong = windows.open(None, language), []
    for address in ("/login/", "/nowhere", "/verify/" + "A" * 22):
        page.goto(address)
        wrong += [f"{address}: {problem}" for problem in problems(page)]
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize(("role", "verb"), [(Role.head, "absent"), (Role.operator, "revoke")])
def test_the_page_that_asks_before_an_action_is_for_everybody(windows, city, role, verb):
    page = windows.open(role)
    page.goto(f"/applications/show/{city.own.chose if verb == 'revoke' else city.own.enrolled}")
    token = page.locator("[name=csrf_token]").first.get_attribute("value")
    address = f"/applications/action/{verb}/{city.own.chose if verb == 'revoke' else city.own.enrolled}"
    with page.expect_navigation():
        page.evaluate(POST, [address, token])
    expect(page.locator(".follows")).to_be_visible()
    assert problems(page) == []


def test_a_wrong_form_says_so_on_top_and_leads_to_each_field(windows):
    page = windows.open(Role.operator)
    page.goto("/applications/add")
    page.locator("main form button").click()
    expect(page.locator("#errors")).to_be_focused()
    assert problems(page) == []
    page.locator("#errors a").first.click()
    expect(page.locator("#child_iin")).to_be_focused()
    expect(page.locator("#child_iin")).to_have_attribute("aria-invalid", "true")


def test_the_keyboard_searches_helps_goes_to_areas_and_opens_rows(windows):
    page = windows.open(Role.department)
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys [data-areas] dt")).to_have_count(page.locator("#menu [data-key]").count())
    assert problems(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("gk")  # letters that are typed are only letters
    expect(page.locator(".find [name=q]")).to_have_value("gk")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**/kindergartens/list/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("main tbody tr").nth(1).get_by_role("link").first
    expect(second).to_be_focused()
    page.keyboard.press("k")
    expect(second).not_to_be_focused()
    page.keyboard.press("j")
    address = second.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def test_escape_leaves_a_field_and_closes_a_menu_where_it_was_opened(windows):
    page = windows.open(Role.department)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator(".find [name=q]")).not_to_be_focused()
    menu = page.locator(".tools details").last.locator("summary")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(menu).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(page.locator(".drop[open]")).to_have_count(0)


def test_a_key_that_is_held_says_yes_only_once(windows, city):
    page = windows.open(Role.operator)
    page.goto("/applications/add")
    page.locator("main form button").focus()
    posted = []
    page.on("request", lambda sent: posted.append(sent.url) if sent.method == "POST" else None)
    with page.expect_navigation():
        page.keyboard.down("Enter")
    page.locator("main form button").focus()
    page.keyboard.down("Enter")  # still held
    page.keyboard.up("Enter")
    page.wait_for_timeout(300)
    assert len(posted) == 1


def test_a_filter_waits_for_enter_while_arrows_go_past_what_is_not_meant(windows):
    page = windows.open(Role.department)
    page.goto("/applications/list/")
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.name").startswith("_flt_"), "the first of the filters"
    status = page.get_by_label("Мәртебе")
    status.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    assert page.url.endswith("/applications/list/")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(status).to_have_value("notified")


def test_a_row_has_a_menu_of_its_own_with_what_its_list_can_do(windows):
    page = windows.open(Role.department, "ru")
    page.goto("/vouchers/list/")
    expect(page.locator(".bar").get_by_role("button", name="Отозвать")).to_be_hidden()
    row = page.locator("main tbody tr", has=page.locator("summary")).first
    number = row.locator("a").inner_text()
    row.locator("summary").click()
    assert problems(page) == []
    row.get_by_role("button", name="Отозвать").click()
    expect(page.locator(".follows")).to_be_visible()
    expect(page.locator("main form b")).to_have_text(number)


def test_the_actions_of_a_list_show_once_a_row_is_chosen(windows):
    page = windows.open(Role.department, "ru")
    page.goto("/vouchers/list/")
    can = page.locator("main tbody tr").evaluate_all("rows => rows.findIndex(row => row.querySelector('summary'))")
    for _ in range(can + 1):
        page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".bar").get_by_role("button", name="Отозвать")).to_be_visible()


def test_a_list_is_downloaded_by_its_filters_and_the_page_stays(windows):
    page = windows.open(Role.department)
    page.goto("/applications/list/?_flt_0_status=queued")
    for kind in ("XLSX", "CSV"):
        with page.expect_download() as downloading:
            page.get_by_role("button", name=kind).click()
        file = downloading.value
        assert file.suggested_filename.startswith("applications-") and file.suggested_filename.endswith(kind.lower())
        assert file.failure() is None and file.path().stat().st_size > 100
    assert page.url.endswith("/applications/list/?_flt_0_status=queued")


def test_a_file_is_brought_in_by_hand_and_one_that_is_too_large_is_not_even_sent(windows, tmp_path):
    page, large = windows.open(Role.department, "ru"), tmp_path / "large.csv"
    large.write_bytes(b"a" * 15_000_001)
    rows = [files.application(1), files.application(2)]
    for row in rows:
        del row["Аудан/қала"]
    file = files.workbook(tmp_path / "Журнал.xlsx", rows)
    page.goto("/imports/begin")
    page.locator("#kind").select_option("applications")
    page.locator("#place").select_option(str(windows.city.own.place))
    page.locator("#file").set_input_files(large)
    page.get_by_role("button", name="Проверить").click()
    assert page.locator("#file").evaluate("one => one.validationMessage").startswith("Файл больше 15 МБ")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Проверить").click()
    page.wait_for_url("**/imports/show/*")
    work(windows.city.web)
    expect(page.locator("#progress h2")).to_have_text("Проверен")
    assert problems(page) == []
    page.get_by_role("button", name="Загрузить 2 строки").click()
    expect(page.locator("#progress h2")).not_to_have_text("Проверен")
    work(windows.city.web)
    expect(page.locator("#progress h2")).to_have_text("Загружен")
    assert problems(page) == []


def counts(page: Page, by: str) -> list[int]:
    """The numbers of the table of who waits: the sums of its lines, or of its columns."""
    cells = page.locator("#waiting [data-count]").evaluate_all(
        "all => all.map((one) => [one.closest('tr').dataset.district, one.dataset.year, Number(one.dataset.count)])"
    )
    sums: dict[str, int] = {}
    for district, year, count in cells:
        key = {"district": district, "year": year}[by]
        sums[key] = sums.get(key, 0) + count
    return list(sums.values())


@pytest.fixture
def years_wait(city) -> None:
    """Children of two more birth years wait."""
    with city.web.app_context(), transaction():
        for born in (date(2021, 5, 1), date(2021, 6, 1), date(2023, 5, 1)):
            factories.application(db.session.get_one(Place, city.own.place), born)


def test_a_text_without_a_place_to_break_fits_a_phone(windows, city):
    with city.web.app_context(), transaction():
        application = db.session.get_one(Application, city.own.application)
        application.number = "УО.2026." + "1" * 44
        application.child.last_name = "Ұ" * 90
        kindergarten = db.session.get_one(Kindergarten, city.own.kindergarten)
        kindergarten.name = "Ж" * 144
        db.session.get_one(KgGroup, city.own.group).name = "Т" * 100
    page, wide = windows.open(Role.department, "ru"), {}
    page.set_viewport_size(NARROW)
    own = city.own
    for address in (
        *(
            f"/applications/{page_}/{own.application}"
            for page_ in ("show", "why", "edit", "correct", "claim-privilege")
        ),
        *(f"/kindergartens/{of}/{own.kindergarten}" for of in ("show", "edit")),
        *(f"/groups/{of}/{own.group}" for of in ("show", "edit")),
        *("/vacancies/add", "/applications/list/", "/kindergartens/list/", "/groups/list/", "/vacancies/list/", "/"),
    ):
        assert page.goto(address).status == 200
        page.evaluate(DRAWN_ANEW)
        wide |= {address: width} if (width := page.evaluate(WIDTH)) > NARROW["width"] else {}
    page.set_viewport_size(WIDE)
    assert wide == {}


@pytest.mark.usefixtures("years_wait")
@pytest.mark.parametrize(("role", "language"), [(Role.department, "kk"), (Role.specialist, "ru")])
def test_who_waits_is_drawn_with_the_numbers_of_its_table_in_the_colours_of_the_theme(windows, role, language):
    page = windows.open(role, language)
    page.goto("/")
    years = page.locator("[data-bars=year]")
    expect(years).to_be_visible()
    before = years.evaluate(BARS)
    assert before["drawn"] and before["numbers"] == counts(page, "year") and len(before["numbers"]) == 3
    assert re.search(r"\d{4}: \d+; \d{4}: \d+", years.get_attribute("aria-label"))
    places = page.locator("[data-bars=district]")
    longest = sorted(filter(None, counts(page, "district")), reverse=True)[:10]
    assert places.is_visible() == (len(longest) > 1)
    if len(longest) > 1:
        assert places.evaluate(BARS)["numbers"] == longest
    page.locator("#theme").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert years.evaluate(BARS)["colour"] != before["colour"]
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(100)
    assert years.locator("canvas").bounding_box()["width"] < NARROW["width"]
    assert page.evaluate(WIDTH) <= NARROW["width"]


def test_only_a_page_with_bars_loads_what_draws_them(windows):
    page = windows.open(Role.department)
    asked = []
    page.on("request", lambda sent: asked.append(sent.url) if "chart" in sent.url else None)
    page.goto("/applications/list/")
    assert asked == []
    page.goto("/")
    assert len(asked) == 2


def test_no_two_areas_share_a_key(windows):
    page = windows.open(Role.department)
    page.goto("/")
    keys = page.evaluate("[...document.querySelectorAll('#menu [data-key]')].map((one) => one.dataset.key)")
    assert len(keys) == len(set(keys)) > 10


def test_without_scripts_one_signs_in_finds_a_child_and_sees_what_can_be_done(windows, city):
    context = windows.chromium.new_context(base_url=windows.address, java_script_enabled=False, viewport=NARROW)
    page = context.new_page()
    page.goto("/login/")
    page.locator("#username").fill("department")
    page.locator("#password").fill(PASSWORD)
    page.locator("#door button").click()
    expect(page.locator("#menu a").first).to_be_visible()
    page.goto(f"/applications/show/{city.own.waiting}")
    expect(page.locator(".verbs button").first).to_be_visible()
    page.locator("label[for=tab-history]").click()
    expect(page.locator(".timeline").first).to_be_visible()


def test_the_theme_is_remembered(windows):
    page = windows.open(None)
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.locator("#theme").click()
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_kazakh_letters_are_in_the_font_that_pages_load(windows):
    page = windows.open(None)
    page.goto("/login/")
    page.evaluate("document.fonts.load('1rem Inter', 'A Б Ә')")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].filter((one) => one.status == 'loaded').length") == 3


def test_an_inline_script_does_not_run(windows):
    """That the policy holds: what somebody smuggled into a page stays text."""
    page = windows.open(None)
    page.goto("/login/")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert any("script" in said for said in windows.refused)
    windows.refused.clear()


def test_the_menu_of_a_row_has_what_that_row_would_take_and_other_rows_have_none(windows):
    page = windows.open(Role.department, "ru")
    page.goto("/applications/list/?psize_ApplicationView=100")
    row = page.locator("tbody tr").filter(has=page.locator(f'[name=rowid][value="{windows.city.own.waits}"]'))
    row.locator(".row-menu summary").click()
    expect(row.locator(".row-menu button")).to_have_count(1)
    assert row.locator(".row-menu button").get_attribute("value") == "archive"  # its district gives no vouchers
    assert row.locator("[name=rowid]").get_attribute("data-can") == "issue_out_of_turn archive"
    ended = page.locator("tbody tr").filter(has_not=page.locator("[name=rowid]"))
    assert ended.count() > 0 and ended.locator(".row-menu").count() == 0
