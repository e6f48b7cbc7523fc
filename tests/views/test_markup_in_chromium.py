"""Spec 7, stored XSS: whatever people wrote is text on every page, of the office, of families and of everybody.

Each column has another one of forty texts; `make soak` gives each column each of them. What a page answers is looked at
as a browser builds it, under its own policy: no dialog, nothing that the policy had to stop, nothing of it an element.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import hypothesis
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route

from app.access import visits
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application
from app.rules.roles import Role
from app.views.headers import POLICY
from tests.views.attacks import INJECTED, MARKUP, marked_with
from tests.views.conftest import Browser
from tests.views.test_public import crawled
from tests.views.test_whose_pages import addresses
from tests.views.walking import crawl

SOAK = hypothesis.settings.get_current_profile_name() == "soak"
TURNS = range(len(MARKUP)) if SOAK else (0,)
ROLES = tuple(Role.__members__.values()) if SOAK else (Role.department, Role.head, Role.administrator)
KEYS = {  # by these something is found, chosen or counted
    "norm": {"name", "value"},
    "ab_user": {"username", "password"},
    "document": {"code"},
    "child": {"iin"},
    "applicant": {"iin"},
}
TYPES = {"js": "text/javascript", "svg": "image/svg+xml"}
WATCH = "addEventListener('securitypolicyviolation', (one) => console.error('stopped: ' + one.violatedDirective))"


@pytest.fixture
def kind() -> str:
    """What templates and scripts make of a text does not depend on where it lay."""
    return "sqlite"


@pytest.fixture
def look(chromium, city) -> Iterator["Looker"]:
    context = chromium.new_context()
    yield Looker(context.new_page(), city.web.test_client())
    context.close()


class Looker:
    """A browser that is given pages which were asked for before; scripts of ours are the real ones."""

    def __init__(self, page: Page, client) -> None:
        self.page, self.client, self.wrong, self.shown = page, client, list[tuple[str, str]](), 0
        self.address, self.text = "", ""
        page.route("**/*", self.given)
        page.add_init_script(WATCH)
        page.on("dialog", lambda dialog: (self.said(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda said: self.said(said.text) if "stopped: " in said.text else None)

    def said(self, what: str) -> None:
        self.wrong.append((self.address, what))

    def given(self, route: Route) -> None:
        to = urlsplit(route.request.url)
        if to.netloc != "localhost":
            self.said(f"asks {route.request.url}")
            return route.abort()
        if route.request.is_navigation_request():
            nonce = re.search(r'nonce="([^"]+)"', self.text)
            policy = POLICY.format(nonce=nonce[1] if nonce else "none", reaches="")
            headers = {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
            return route.fulfill(body=self.text, headers=headers)
        ending = to.path.rpartition(".")[2]
        if not to.path.startswith("/static/") or ending not in TYPES:  # how it looks is nothing to us
            return route.fulfill(body="", content_type="text/css" if ending == "css" else "application/json")
        return route.fulfill(body=self.client.get(to.path, buffered=True).data, content_type=TYPES[ending])

    def at(self, address: str, text: str) -> None:
        self.address, self.text = address, text
        self.page.goto("http://localhost/" + address.lstrip("/"), wait_until="load")
        self.wrong += [(address, one) for one in self.page.evaluate(INJECTED)]
        self.shown += "alert(1)" in self.page.evaluate("document.body.innerText + document.body.innerHTML")


def one_of_each(pages: dict[str, str], seen: set[str]) -> Iterator[tuple[str, str]]:
    """The first page of each kind that is none of `seen`; in a soak each page."""
    for address, text in pages.items():
        if not text.lstrip().lower().startswith("<!doctype html>"):
            continue  # papers and tables are downloads
        assert [one for one in MARKUP if "<" in one and one in text] == [], address
        kind = re.sub(r"\d+", "0", address.partition("?")[0])
        if SOAK or kind not in seen:
            seen.add(kind)
            yield address, text


def of_a_family(city) -> dict[str, str]:
    """Every page that a parent with an application can open."""
    with city.web.app_context():
        own = db.session.get_one(Application, city.own.application).applicant.iin
        mine = {one.id for one in db.session.scalars(sa.select(Application)) if one.applicant.iin == own}
        there = [one.path for one in addresses(city.web, frozenset(mine)) if one.method == "GET" and not one.foreign]
        key = visits.begin(own)
    browser = Browser(city.web.test_client())
    browser.client.set_cookie("kezek_family", key, path="/my")
    return {path: browser.get(path).text for path in there}


@pytest.mark.parametrize("turn", TURNS)
def test_whatever_people_wrote_is_text_on_every_page(city, databases, kind, look, turn):
    with city.web.app_context(), transaction():
        marked_with(turn, KEYS, databases.shipped[kind])
    seen = set[str]()
    walks = [*(lambda role=role: crawl(city, role) for role in ROLES), lambda: of_a_family(city)]
    for walk in (*walks, lambda: crawled(Browser(city.web.test_client()))):
        for address, text in one_of_each(walk(), seen):
            look.at(address, text)
    assert look.wrong == []
    assert len(seen) > 80 and look.shown > 60, (len(seen), look.shown)
