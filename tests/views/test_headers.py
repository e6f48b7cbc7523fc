"""What a browser may load with our pages, and how long it keeps our files."""

import re

import pytest
from fontTools.ttLib import TTFont

from app.views.headers import STATIC

KAZAKH = "ӘҒҚҢӨҰҮҺІәғқңөұүһі№"


@pytest.fixture
def kind() -> str:
    """One database is enough: none of this depends on it."""
    return "sqlite"


@pytest.mark.parametrize("address", ["/", "/applications/list/", "/nowhere", "/verify/" + "A" * 22])
def test_every_page_names_its_own_scripts_and_allows_no_others(town, address):
    browser = town.sign_in("department")
    first, second = browser.get(address), browser.get(address)
    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    (nonce,) = re.findall(r"script-src 'nonce-([\w-]{20,})';", policy)
    assert set(re.findall(r"<script\b[^>]*>", first.text)) <= set(
        re.findall(rf'<script nonce="{nonce}"[^>]*>', first.text)
    )
    assert nonce not in second.headers["Content-Security-Policy"]
    assert (first.headers["X-Content-Type-Options"], "Referrer-Policy" in first.headers) == ("nosniff", True)


@pytest.mark.parametrize("address", ["/", "/applications/add", "/norms/list/", "/rules/"])
def test_no_page_holds_styles_or_handlers_of_its_own(town, address):
    text = town.sign_in("department").get(address).text
    assert re.findall(r"<[^>]+\s(?:style|on\w+)=", text) == []
    assert "<style" not in text


def test_no_browser_keeps_what_only_the_signed_in_may_see(town):
    """Whoever comes to the machine after them finds nothing by going back."""
    browser = town.sign_in("department")
    child, paper = f"/applications/show/{town.child}", "/applications/export/csv"
    for answer in (browser.get("/"), browser.get(child), browser.post(paper), browser.get("/nowhere")):
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_file_of_ours_is_kept_for_a_year_under_an_address_that_changes_with_it(town):
    browser = town.sign_in("department")
    (address,) = set(re.findall(r'href="(/static/kezek\.css\?v=\w+)"', browser.get("/").text))
    assert "max-age=31536000" in browser.get(address).headers["Cache-Control"]


def test_the_font_of_screens_has_every_kazakh_letter():
    there = set()
    for file in (STATIC / "vendor/screen").glob("inter-*.woff2"):
        there |= set(TTFont(file).getBestCmap())
    assert {letter for letter in KAZAKH if ord(letter) not in there} == set()
