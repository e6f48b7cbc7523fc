"""Two hands that do the same with a page, one by mouse and one by keyboard, as people do; and a witness of both.

Neither puts the focus anywhere, presses anything or opens an address but by what its device sends.
"""

from collections import Counter
from collections.abc import Callable

from playwright.sync_api import Download, Locator, Page, expect

MOST = 60  # presses of one key on the way to something: whatever lies farther cannot be worked with
WAY = """one => one === document.activeElement ? 0
  : document.activeElement.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING ? 1 : -1"""
LOOK = """one => [one, ...(one.labels || [])].map((each) => getComputedStyle(each))
  .map((style) => (style.outlineStyle === "none" ? "0px" : style.outlineWidth) + " " + style.boxShadow).join()"""
WATCH = """for (const kind of ["keydown", "mousedown", "mousemove", "touchstart"])
  addEventListener(kind, (event) => event.isTrusted && saw(kind === "keydown" ? event.key : "mouse"), true)"""


class Hand:
    """What a person does with a page. `keys`: how many keys were pressed, but for what was typed into fields."""

    def __init__(self, page: Page) -> None:
        self.page, self.role, self.keys, self.seen = page, "", 0, Counter()
        page.expose_function("saw", lambda what: self.seen.update([what]))
        page.add_init_script(WATCH)

    def press(self, thing: Locator, key: str = "") -> None:
        """Press a button or follow a link to another page; `key`: the product's own one that leads close to it."""
        with self.page.expect_navigation():
            self.use(thing, key)

    def take(self, thing: Locator, key: str = "") -> Download:
        """Press a button that sends a file; the page stays."""
        with self.page.expect_download() as sent:
            self.use(thing, key)
        return sent.value

    def use(self, thing: Locator, key: str = "") -> None:
        raise NotImplementedError

    def honest(self) -> bool:
        """Has the page seen nothing of the other device?"""
        raise NotImplementedError


class Mouse(Hand):
    def use(self, thing: Locator, key: str = "") -> None:
        self._click(thing)

    def fill(self, field: Locator, text: str) -> None:
        """Replace what stands in a field; in one for a day its first part is clicked."""
        self._click(field, at=0.06 if field.get_attribute("type") == "date" else 0.5)
        if field.get_attribute("type") != "date":
            self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, select: Locator, option: str, key: str = "") -> None:
        """Choose from a list. The list itself is drawn by the system, out of reach of a browser without a screen."""
        self._click(select)
        select.select_option(label=option)

    def filter(self, select: Locator, option: str) -> None:
        with self.page.expect_navigation():
            self.choose(select, option)

    def search(self, text: str) -> None:
        self.fill(self.page.locator(".find [name=q]"), text)
        self.press(self.page.locator(".find button"))

    def go(self, area: str) -> None:
        self.press(self.page.locator("#menu").get_by_role("link", name=area, exact=True))

    def open(self, link: Locator) -> None:
        self.press(link)

    def tick(self, row: Locator) -> None:
        self._click(row.locator("[name=rowid]"))

    def tab(self, name: str) -> None:
        self._click(self.page.locator(".tabs label").get_by_text(name, exact=True))

    def honest(self) -> bool:
        return self.seen["mouse"] > 0 and not self.seen["Tab"]

    def _click(self, thing: Locator, at: float = 0.5) -> None:
        expect(thing).to_be_visible()
        thing.scroll_into_view_if_needed()
        box = thing.bounding_box()
        self.page.mouse.click(box["x"] + box["width"] * at, box["y"] + box["height"] / 2)


class Keyboard(Hand):
    def use(self, thing: Locator, key: str = "") -> None:
        self.reach(thing, key)
        self.key("Enter")

    def fill(self, field: Locator, text: str) -> None:
        self.reach(field)
        if field.get_attribute("type") != "date":
            self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, select: Locator, option: str, key: str = "") -> None:
        self.reach(select, key)
        wanted = select.locator("option").all_inner_texts().index(option)
        self._until("ArrowDown", lambda: select.evaluate("one => one.selectedIndex") == wanted, option)

    def filter(self, select: Locator, option: str) -> None:
        self.choose(select, option, key="f")
        with self.page.expect_navigation():
            self.key("Enter")

    def search(self, text: str) -> None:
        self.key("/")
        expect(self.page.locator(".find [name=q]")).to_be_focused()
        self.page.keyboard.type(text)
        with self.page.expect_navigation():
            self.key("Enter")

    def go(self, area: str) -> None:
        link = self.page.locator("#menu").get_by_role("link", name=area, exact=True)
        self.key("g")
        with self.page.expect_navigation():
            self.key(link.get_attribute("data-key"))

    def open(self, link: Locator) -> None:
        self._step_to(link)
        with self.page.expect_navigation():
            self.key("Enter")

    def tick(self, row: Locator) -> None:
        self._step_to(row.get_by_role("link").first)
        self.key("x")

    def tab(self, name: str) -> None:
        wanted = self.page.get_by_label(name, exact=True)
        self.reach(self.page.locator(".tabs > :checked"), key="a")
        self._until("ArrowRight", wanted.is_checked, name)

    def honest(self) -> bool:
        return self.seen["Tab"] > 0 and not self.seen["mouse"]

    def reach(self, thing: Locator, key: str = "") -> None:
        """Go to something, forwards or backwards, and see there where one is."""
        expect(thing).to_be_visible()
        before = thing.evaluate(LOOK) if thing.evaluate(WAY) else "0px none"
        if key:
            self.key(key)
        for _ in range(MOST):
            if not (way := thing.evaluate(WAY)):
                assert thing.evaluate(LOOK) != before, f"the focus on {thing} is not to be seen"
                return
            self.key("Tab" if way > 0 else "Shift+Tab")
        raise AssertionError(f"{MOST} Tabs do not lead to {thing}")

    def key(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def _step_to(self, link: Locator) -> None:
        expect(link).to_be_visible()
        self._until("j", lambda: not link.evaluate(WAY), str(link))

    def _until(self, key: str, there: Callable[[], bool], what: str) -> None:
        for _ in range(MOST):
            if there():
                return
            self.key(key)
        raise AssertionError(f"{MOST} times {key} do not lead to {what}")


HANDS = {"mouse": Mouse, "keyboard": Keyboard}
