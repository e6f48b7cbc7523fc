"""Debian's Chromium, quiet."""

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
PATIENCE = 60_000  # milliseconds: a busy machine draws slowly
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
EVERY_RULE = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) => one.id))"


@contextlib.contextmanager
def launched(*more: str) -> Iterator[Browser]:
    assert CHROMIUM, "tests in a browser need Debian's chromium: `make test` as root installs it"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *more])
        yield browser
        browser.close()
