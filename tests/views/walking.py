"""Every kind of page that an official comes to, link by link."""

import io
import re
import zipfile
from collections import Counter
from html import unescape

from app.rules.roles import Role
from tests.views import routes

MOST_ALIKE = 3  # pages of one kind, or those where a walk begins: the history and the calendar have hundreds
# Files, and what is only ever posted.
NO_PAGE = "/(static|verify|language|demo|logout|search/in)|/[a-z-]+/(action|delete|publish-free|begin|make-[a-z]+)"
SAID = {  # each role in one of the languages
    Role.department: "kk",
    Role.specialist: "ru",
    Role.operator: "en",
    Role.head: "ru",
    Role.auditor: "kk",
    Role.administrator: "ru",
}


def links(text: str) -> set[str]:
    """The addresses of ours that a page leads to, with one wish at a time, and what its filters can ask for."""
    found = {unescape(link) for link in re.findall(r'(?:href|action)="(/[^"#]*)"', text)}
    for name, options in re.findall(r'<select name="(_flt_[^"]+)">(.*?)</select>', text, re.S):
        found |= {f"?{name}={value}" for value in re.findall(r'<option value="([^"]+)"', options)}
    return {link for link in found if not re.match(NO_PAGE, link) and "&page" not in link}


def unpacked(workbook: bytes) -> bytes:
    """What the cells of a workbook hold."""
    return zipfile.ZipFile(io.BytesIO(workbook)).read("xl/worksheets/sheet1.xml")


def crawl(city, role: Role, language: str = "kk") -> dict[str, str]:
    """Every kind of page that a person of this role comes to: address -> text."""
    browser, pages, kinds = city.sign_in(str(role), language), dict[str, str](), Counter[str]()
    todo = [f"/{noun}/list/" for noun, (readers, *_) in routes.REGISTERS.items() if role in readers]
    if role not in (Role.head, Role.administrator):
        own = vars(city.own)
        todo += [
            f"/applications/show/{own[name]}" for name in ("notified", "chose", "waits", "went", "stopped", "came")
        ]
        todo += [f"/vacancies/show/{own[name]}" for name in ("turn", "private")]
    todo += [f"{address}?psize_{city.view_of(address)}=100" for address in todo]
    begins = frozenset(todo)
    while todo:
        address = todo.pop(0)
        kind = re.sub(r"\d+", "0", address)
        if address in pages or (kinds[kind] >= MOST_ALIKE and address not in begins):
            continue
        kinds[kind] += 1
        file = re.search("/export/(csv|xlsx)", address)
        answer = browser.post(address) if file else browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        book = answer.data.startswith(b"PK")
        pages[address] = (unpacked(answer.data) if book else answer.data).decode(errors="replace")
        if "?" not in address:
            todo += sorted(address + link if link[0] == "?" else link for link in links(pages[address]))
    return pages
