"""Chromium as officials use it: somebody's own window on what `make run` starts, signed in by the demo's account."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.test_start import Kezek

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    assert CHROMIUM, "these tests need Debian's chromium: `make test` as root installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def at_the_door(chromium: Browser, kezek: Kezek, language: str = "kk") -> Page:
    """A window of somebody who has not signed in."""
    address = f"http://127.0.0.1:{kezek.environment['KEZEK_PORT']}"
    context = chromium.new_context(base_url=address, viewport={"width": 1400, "height": 900})
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto("/login/")
    return page


def enter(chromium: Browser, kezek: Kezek, role: str, language: str = "kk") -> Page:
    """Somebody's own window, signed in by the account that the demo shows."""
    page = at_the_door(chromium, kezek, language)
    account = json.loads((Path(kezek.environment["KEZEK_VAR"]) / "demo.json").read_text())[role]
    page.get_by_label("Пайдаланушы аты" if language == "kk" else "Имя пользователя").fill(account["login"])
    page.locator("#password").fill(account["password"])
    page.locator("#door button").click()
    expect(page.locator("#menu")).to_be_visible()
    return page
