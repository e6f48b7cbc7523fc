"""Pictures of the main pages, on what `make run` starts: all of them into var/tour, a chosen few into docs/tour.

In both themes and all languages, at the width of a desk and of a phone. `screenshots.py VAR PORT` takes them of a
Kezek that runs there already.
"""

import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZES = {"desk": (1400, 900), "phone": (360, 760)}
LANGUAGES = ("kk", "ru", "en")
THEMES = ("light", "dark")
LARGEST = 120_000  # bytes of a picture in docs/

CHILD, OLDER = "ОДО.2026.248", "Ө-2024-000011"

PAGES = {  # name: (role, address or the number of an application, what to press there)
    "sign-in": (None, "/login/", ""),
    "first-page": ("department", "/", ""),
    "journal": ("department", "/applications/list/", ""),
    "application": ("department", CHILD, ""),
    "history": ("department", OLDER, "label[for=tab-history]"),
    "why": ("department", CHILD, ".lead a"),
    "ask": ("department", CHILD, ".verbs button"),
    "register": ("operator", "/applications/add", ""),
    "errors": ("operator", "/applications/add", "main form > .buttons button"),
    "vouchers": ("department", "/vouchers/list/", ""),
    "offers": ("department", "/offers/list/", ""),
    "referrals": ("department", "/referrals/list/", ""),
    "rounds": ("department", "/rounds/list/", ""),
    "round": ("department", "/rounds/list/", "main tbody a"),
    "round-foreseen": ("specialist", "/vouchers/round?place=3", ""),
    "offer": ("department", "/vacancies/list/?_flt_0_status=published", "main tbody a"),
    "vacancies": ("head", "/vacancies/list/", ""),
    "vacancy": ("head", "/vacancies/list/", "main tbody a"),
    "kindergarten": ("department", "/kindergartens/list/", "main tbody a"),
    "certificates": ("department", "/sanatorium-certificates/list/", ""),
    "certificate": ("specialist", "/sanatorium-certificates/add", ""),
    "dictionary": ("department", "/dictionary/", ""),
    "groups": ("head", "/groups/list/", ""),
    "rules": ("department", "/rules/", ""),
    "norms": ("department", "/norms/list/", ""),
    "norm": ("department", "/norms/add", ""),
    "order": ("department", "/queue-orders/add", ""),
    "days-off": ("department", "/days-off/list/", ""),
    "changes": ("auditor", "/history/list/", ""),
    "inbox": ("head", "/inbox/list/", ""),
    "messages": ("department", "/deliveries/list/", ""),
    "message": ("department", "/deliveries/list/?_flt_0_channel=email", "main tbody a"),
    "jobs": ("administrator", "/jobs/list/", ""),
    "notices": ("department", "/notices/list/", ""),
    "users": ("administrator", "/users/list/", ""),
    "empty": ("department", "/proposals/list/", ""),
    "problem": ("department", "/nowhere", ""),
    "imports": ("department", "/imports/list/", ""),
    "import": ("department", "/imports/begin", ""),
    "bulk-runs": ("department", "/bulk-runs/list/", ""),
    "keyboard": ("department", "/applications/list/", "?"),
}
CHOSEN = {  # picture: what it shows
    "first-page-kk-light-desk": "The first page: what waits today, for the role and the reach of whoever looks.",
    "journal-ru-light-desk": "The journal of applications: `/` searches from any page, `j` and `k` go down and up.",
    "application-kk-light-desk": "A child's page: the number and why, and only what can be done now.",
    "history-ru-dark-desk": "Its history: who, when, from what to what, why, and by which norm.",
    "ask-kk-light-desk": "Before anything happens the page says what will follow.",
    "why-ru-light-desk": "Why number N: who stands ahead, by which rules, and what has moved since.",
    "errors-kk-light-desk": "A form that is not right says so on top, with a way to each field.",
    "rules-ru-dark-desk": "The rules in force, here and on this day, and what changes next.",
    "referrals-kk-dark-desk": "Referrals, dark.",
    "application-kk-light-phone": "The same page on a phone.",
    "journal-ru-dark-phone": "The journal on a phone, dark.",
    "sign-in-kk-light-phone": "The door on a phone.",
}


@contextlib.contextmanager
def town() -> Iterator[tuple[Path, str]]:
    """A demo of its own, gone afterwards: its folder and port."""
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="tour-") as var:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        own = {**os.environ, "KEZEK_VAR": var, "KEZEK_PORT": port, "KEZEK_DEMO": "1"}
        command = [sys.executable, "tools/run.py"]
        with subprocess.Popen(command, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True) as process:
            if not any("Kezek is at" in line for line in process.stdout or ()):
                sys.exit("No pictures: Kezek did not start.")
            yield Path(var), port
            process.terminate()


def find(page: Page, number: str) -> None:
    """An application by its number, from the search box."""
    page.goto("/")
    page.locator(".find [name=q]").fill(number)
    page.locator(".find [name=q]").press("Enter")
    page.wait_for_load_state()
    if "/applications/show/" not in page.url:
        page.locator("main").get_by_role("link", name=number, exact=True).first.click()
        page.wait_for_load_state()


class Camera:
    """One window for each role, language and size, signed in once."""

    def __init__(self, browser: Browser, var: Path, port: str) -> None:
        self.browser, self.address = browser, f"http://127.0.0.1:{port}"
        self.accounts = json.loads((var / "demo.json").read_text())
        self.windows: dict[tuple[str | None, str, str], Page] = {}

    def window(self, role: str | None, language: str, size: str) -> Page:
        if (role, language, size) not in self.windows:
            width, height = SIZES[size]
            context = self.browser.new_context(
                base_url=self.address,
                viewport={"width": width, "height": height},
                locale=language,
                reduced_motion="reduce",
            )
            context.add_cookies([{"name": "language", "value": language, "url": self.address}])
            page = context.new_page()
            if role:
                page.goto("/login/")
                page.locator("#username").fill(self.accounts[role]["login"])
                page.locator("#password").fill(self.accounts[role]["password"])
                page.locator("#door button").click()
                page.wait_for_url(self.address + "/")
            self.windows[role, language, size] = page
        return self.windows[role, language, size]

    def take(self, name: str, language: str, size: str) -> dict[str, bytes]:
        """One page in both themes, by picture's name."""
        role, address, press = PAGES[name]
        page = self.window(role, language, size)
        if address.startswith("/"):
            page.goto(address)
        else:
            find(page, address)
        for selector in filter(None, press.split("; ")):
            if selector == "?":
                page.keyboard.press("?")
            else:
                page.locator(selector).first.click()
                page.wait_for_load_state()
        pictures = {}
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
            page.evaluate("document.fonts.ready")
            whole = os.environ.get("WHOLE") == "1"
            pictures[f"{name}-{language}-{theme}-{size}"] = page.screenshot(full_page=whole)
        return pictures


def small(picture: bytes, largest: int = LARGEST) -> bytes:
    """The same in so few colours that a page loads at once."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (192, 128, 64, 32, 16):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= largest:
            break
    return out.getvalue()


def tour(folder: Path) -> None:
    """The chosen pictures with what they show, as a page of docs."""
    said = "\n\n".join(f"{says}\n\n![{says}](tour/{name}.png)" for name, says in CHOSEN.items())
    text = f"# A tour in pictures\n\nThe invented town of `make run`; `make screenshots` takes these anew.\n\n{said}\n"
    (folder / "tour.md").write_text(text)


def main(only: list[str], var: Path, port: str) -> None:
    """All pages, or those that ONLY names, at every size, in every language and theme."""
    everything, chosen = ROOT / "var/tour", ROOT / "docs/tour"
    everything.mkdir(parents=True, exist_ok=True)
    chosen.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        camera = Camera(browser, var, port)
        for name in only or PAGES:
            for size in SIZES:
                for language in LANGUAGES:
                    for picture, data in camera.take(name, language, size).items():
                        (everything / f"{picture}.png").write_bytes(data)
                        if picture in CHOSEN and not os.environ.get("WHOLE"):
                            (chosen / f"{picture}.png").write_bytes(small(data))
        browser.close()
    tour(ROOT / "docs")


if __name__ == "__main__":
    names = [name for name in os.environ.get("ONLY", "").split(",") if name]
    with contextlib.nullcontext((Path(sys.argv[1]), sys.argv[2])) if len(sys.argv) > 2 else town() as (where, at):
        main(names, where, at)
