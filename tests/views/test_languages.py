"""In each language no word of another one of the catalogues is left on a screen; days are written as people do."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po

from app import words
from app.rules import shipped
from app.rules.calendar import LOCAL

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"
PLACEHOLDER = re.compile(r"%\\?\(\w+\\?\)[a-z]|%[a-z]|\\{\w+\\}")  # in a msgid that re.escape has been over
SAID = ("alt", "aria-label", "placeholder", "title", "data-confirm")  # attributes that people read or hear
OWN_NAMES = {"Қазақша", "Русский", "English"}  # what each language calls itself, for whoever reads no other
IN_NAMES = {"Бала", "Топ", "Ясли-сад"}  # words that the town's children, groups and kindergartens are named by
NAMES = {row[-1] for row in shipped.NORMS} - {shipped.OURS} | {kk for *_, kk, _ru in shipped.CATEGORIES}
NAMES |= {text for texts in shipped.CONTRACT.values() for text in texts}
BASES = re.compile("|".join(sorted(map(re.escape, NAMES), key=len, reverse=True)))  # titles and categories are names
FILES = "/static", "/verify", "/applications/paper", "/contract-texts/preview", "/imports/sample"  # no page of ours
ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


@pytest.fixture
def kind() -> str:
    """One database is enough: what a page says does not depend on it."""
    return "sqlite"


class Page(HTMLParser):
    """What a page says, and where it leads: its links, and the forms that ask before an action."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said, self.links, self.asks, self.silent, self.named = [], set(), set(), 0, False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attributes = dict(attrs)
        self.named = tag == "td" and "lang" in attributes  # a title of a file, which is said to be of that language
        self.silent += tag in ("script", "style") or self.named
        self.said += [attributes[name] or "" for name in SAID if name in attributes]
        if tag == "a" and (attributes.get("href") or "").startswith("/"):
            self.links.add(attributes["href"])
        if tag == "form" and "/action/" in (attributes.get("action") or ""):
            self.asks.add(attributes["action"])

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style") or (tag == "td" and self.named)
        self.named = False

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.said.append(BASES.sub("", " ".join(data.split())))


def foreign(language: str) -> re.Pattern:
    """Any text of the catalogues that is not of this language, as whole words: English, or in English all others."""
    texts = set[str]()
    for each in ("kk", "ru") if language == "en" else (language,):
        file = TRANSLATIONS / each / "LC_MESSAGES/messages.po"
        for message in read_po(BytesIO(file.read_bytes())):
            ids, strings = set(forms(message.id)), set(forms(message.string))
            texts |= strings - ids if language == "en" else ids - strings
    shapes = (PLACEHOLDER.sub(".+?", re.escape(text.strip())) for text in texts - OWN_NAMES - IN_NAMES - {""})
    return re.compile(rf"(?<![\w.@-])({'|'.join(sorted(shapes, key=len, reverse=True))})(?![\w@-])")


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def pages(browser, start: tuple[str, ...]) -> Iterator[tuple[str, Page]]:
    """Every kind of page that links and asking buttons lead to, one of each kind."""
    waiting, seen = [("GET", address) for address in start], set()
    while waiting:
        method, address = waiting.pop(0)
        kind = re.sub(r"\d+", "0", urlsplit(address).path)
        if (method, kind) in seen or kind.startswith(
            ("/static", "/verify", "/applications/paper", "/contract-texts/preview", "/imports/sample")
        ):
            continue
        seen.add((method, kind))
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert answer.status_code in (200, 403), (method, address)
        page = Page(answer.text)
        yield f"{method} {address}", page
        waiting += [("GET", link) for link in sorted(page.links)] + [("POST", ask) for ask in sorted(page.asks)]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_no_other_language_is_left_on_a_screen(town, language):
    browser = town.sign_in("department")
    browser.client.set_cookie("language", language)
    left, seen = foreign(language), set()
    for address, page in pages(browser, ("/",)):
        seen.add(address.split("?")[0])
        assert [(found[1], text) for text in page.said if (found := left.search(text))] == [], address
        assert [text for text in page.said if ISO_DAY.search(text)] == [], address
    assert {f"GET /{noun}/list/" for noun in ("applications", "vouchers", "norms", "history", "notices")} <= seen
    assert {"GET /applications/add", f"POST /applications/action/archive/{town.child}", "GET /vouchers/round"} <= seen
    assert len(seen) > 25, seen


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_no_other_language_is_left_in_the_procedure_of_referrals(city, language):
    browser, left, own = city.sign_in("department"), foreign(language), city.own
    browser.client.set_cookie("language", language)
    children = (own.notified, own.chose, own.waits, own.went, own.stopped, own.came)
    addresses = [f"/applications/show/{pk}" for pk in children]
    addresses += [f"/applications/choose/{own.notified}?vacancy={pk}" for pk in (own.turn, own.private, "")]
    addresses += [f"/vacancies/show/{own.turn}", "/vacancies/list/", f"/referrals/show/{own.direct}", "/history/list/"]
    addresses += ["/offers/list/", f"/offers/show/{own.offer}", "/proposals/list/", "/notices/list/"]
    addresses.append(f"/proposals/show/{own.proposal}")
    asks = [f"/applications/action/{verb}/{own.chose}" for verb in ("extend", "revoke")]
    asks += [f"/vacancies/action/offer/{own.turn}", f"/proposals/action/approve/{own.proposal}"]
    answers = [browser.get(address) for address in addresses] + [browser.post(address) for address in asks]
    for answer in answers:
        said = Page(answer.text).said
        assert [(found[1], text) for text in said if (found := left.search(text))] == [], answer.request.path
        assert [text for text in said if ISO_DAY.search(text)] == [], answer.request.path


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_no_other_language_is_left_for_the_other_roles(town, language):
    left = foreign(language)
    for name in ("specialist", "operator", "head", "auditor", "administrator"):
        browser = town.sign_in(name)
        browser.client.set_cookie("language", language)
        for address, page in pages(browser, ("/",)):
            assert [(found[1], text) for text in page.said if (found := left.search(text))] == [], (name, address)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_form_that_is_wrong_says_so_in_the_readers_language(town, language):
    browser = town.sign_in("department")
    browser.client.set_cookie("language", language)
    left = foreign(language)
    for address in (
        "/applications/add",
        "/kindergartens/add",
        "/groups/add",
        "/norms/add",
        "/days-off/add",
        "/queue-orders/add",
        "/contract-texts/add",
    ):
        answer = browser.post(address, {"child_iin": "1", "capacity": "x", "valid_from": "x", "phone": "1" * 99})
        assert answer.status_code == 422, address
        assert [(found[1], text) for text in Page(answer.text).said if (found := left.search(text))] == [], address


PROBLEMS = ("/nowhere", "/users/list/", "/applications/list/?after_ApplicationView=x", "/applications/action/x/1")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_problems_speak_the_readers_language(town, language):
    browser, left = town.sign_in("head"), foreign(language)
    browser.client.set_cookie("language", language)
    for address in PROBLEMS:
        said = Page(browser.get(address, follow_redirects=True).text).said
        assert [(found[1], text) for text in said if (found := left.search(text))] == [], address


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_door_speaks_the_readers_language(web, town, language):
    browser, left = type(town.sign_in("head"))(web.test_client()), foreign(language)
    browser.client.set_cookie("language", language)
    refused = browser.post("/login/", {"username": "head", "password": "x"}, follow_redirects=True)
    assert 'class="flash' in refused.text
    assert [(found[1], text) for text in Page(refused.text).said if (found := left.search(text))] == []


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_days_are_written_as_in_the_seeds(web, language):
    with web.test_request_context("/", headers={"Accept-Language": language}):
        assert words.day(date(2026, 4, 7)) == "07.04.2026"
        assert words.moment(datetime(2026, 4, 7, 11, 21, 8, tzinfo=LOCAL)) == "07.04.2026 11:21:08"
