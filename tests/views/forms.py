"""The forms of the back office as a person fills them in: one valid answer for each, and what a page offers."""

from datetime import date
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa

from app.db.extensions import db
from app.jobs import outbox
from app.models import Outbox, Sex
from app.rules import iin
from app.rules.contract import SECTIONS
from app.rules.roles import Role
from tests.registers import OTHERS, typed, writer

ADDS = {  # noun -> who adds, and a valid answer; what is of a place comes from the city
    "applications": Role.operator,
    "vacancies": Role.head,
    "kindergartens": Role.specialist,
    "groups": Role.head,
    "norms": Role.department,
    "queue-orders": Role.department,
    "contract-texts": Role.department,
    "days-off": Role.department,
    "users": Role.administrator,
    **{one.noun: writer(one, one.adds) for one in OTHERS},
}
EDITS = {**ADDS, "kindergartens": Role.head, **{one.noun: writer(one, one.changes) for one in OTHERS}}
DECLARED = {one.noun: one for one in OTHERS}


def valid(noun: str, own) -> dict[str, str]:
    """What somebody who adds one fills in."""
    if noun in DECLARED:
        return typed(DECLARED[noun], own)
    born, parent = date(2022, 3, 5), date(1990, 2, 3)
    return {
        "applications": {
            "place": own.place,
            "queue_kind": "general",
            "number": "",
            "child_sex": "",
            "child_iin": iin.make(born, Sex.female, 7001),
            "child_last_name": "Жаңа",
            "child_first_name": "Бала",
            "child_patronymic": "",
            "child_born_on": born.isoformat(),
            "applicant_iin": iin.make(parent, Sex.female, 7002),
            "applicant_last_name": "Жаңа",
            "applicant_first_name": "Ана",
            "applicant_patronymic": "",
            "ground": "large_family",
            "paper_title": "Анықтама",
            "paper_number": "12-345",
            "paper_issued_by": "ХҚКО",
            "paper_issued_on": "2024-02-01",
            "reason": "",
            "phone": "8 701 111 22 33",
            "email": "a@b.kz",
            "address": "Абай к-сі 2",
            "notice_language": "kk",
        },
        "vacancies": {"group": own.group, "intake": "general", "places": "1", "begins_on": "", "ends_on": ""},
        "kindergartens": {
            "name": "Жаңа бақша",
            "place": own.place,
            "kind": "kindergarten",
            "ownership": "state",
            "state_order": "",
            "bin": "",
            "phone": "8 7162 25 12 34",
            "email": "baqsha@example.org",
            "address": "Абай",
        },
        "groups": {
            "kindergarten": own.kindergarten,
            "name": "Жаңа топ",
            "language": "kk",
            "birth_year_from": "2023",
            "birth_year_to": "2023",
            "capacity": "5",
        },
        "norms": {
            "name": "notice.reminder",
            "place": own.place,
            "valid_from": "2028-01-01",
            "value": "2",
            "unit": "WD",
            "carry": "",
            "on_lapse": "",
            "legal_basis": "бұйрық 1",
            "note": "",
        },
        "queue-orders": {
            "place": own.place,
            "kind": "categories",
            "valid_from": "2028-01-01",
            "legal_basis": "бұйрық 2",
            "categories-0-rank": "1",
            "categories-0-privilege": "first_order",
            "categories-0-months_from": "36",
            "categories-0-months_to": "72",
            "categories-0-name_kk": "үш жасқа толғандар",
            "categories-0-name_ru": "достигшие трёх лет",
        },
        "contract-texts": {
            "place": own.place,
            "valid_from": "2028-01-01",
            "legal_basis": "бұйрық 3",
            **{f"{name}_kk": f"{name}: {{бала}} қабылданады" for name in SECTIONS},
            **{f"{name}_ru": f"{name}: принимаем: {{ребёнок}}" for name in SECTIONS},
        },
        "days-off": {"day": "2035-05-05", "working": "", "name": "Мереке", "decree": "№ 7"},
        "users": {
            "username": "жаңа",
            "first_name": "Жаңа",
            "last_name": "Адам",
            "email": "new@example.org",
            "role": "operator",
            "place": own.place,
            "kindergarten": "",
            "password": "ұзын көпір, сары үй 12",
            "active": "y",
        },
    }[noun]


def says_yes(browser, address: str, **kwargs):
    """Look at the page that asks, then say yes to what it shows, as people do."""
    seen = Fields(browser.post(address).text).values
    return browser.post(address, {**seen, "sure": "yes"}, **kwargs)


class Fields(HTMLParser):
    """The fields of the page's own form: name -> value, and for a select what it offers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values, self.options, self.kinds = dict[str, Any](), dict[str, list[str]](), dict[str, str]()
        self.inside, self.several, self.open = False, False, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        found = dict(attrs)
        if tag == "form":
            self.inside = "card form" in (found.get("class") or "")
        name = found.get("name") or ""
        if tag == "fieldset":
            self.several = "several" in (found.get("class") or "")
        if not self.inside or name in ("csrf_token", "form_key"):  # tests.views.conftest.Browser has them
            return
        if tag == "select":
            self.open, self.options[name], self.kinds[name] = name, [], tag
        elif tag == "option" and self.open:
            self.options[self.open].append(found.get("value") or "")
            if "selected" in found or len(self.options[self.open]) == 1:
                self.values[self.open] = found.get("value") or ""
        elif tag == "textarea":
            self.open, self.values[name], self.kinds[name] = name, "", tag
        elif tag == "input" and name:
            self.kinds[name] = found.get("type") or "text"
            if self.kinds[name] != "checkbox":
                self.values[name] = found.get("value") or ""
            elif self.several:
                self.kinds[name] = "several"
                self.values[name] = [*self.values.get(name, ()), *([found["value"]] if "checked" in found else ())]
            elif "checked" in found:
                self.values[name] = "y"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self.open = ""
        if tag == "fieldset":
            self.several = False
        if tag == "form":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.open and self.kinds[self.open] == "textarea":
            self.values[self.open] = (self.values[self.open] + data).removeprefix("\r\n").removeprefix("\n")


def round_asked(browser: Any, place: int | str) -> Any:
    """The answer to a yes to a round just as its page showed it."""
    return browser.post("/vouchers/round", Fields(browser.get(f"/vouchers/round?place={place}").text).values)


def work_at_rounds(web: Any) -> None:
    """What a worker would do with the runs in the outbox."""
    with web.app_context():
        outbox.handle(list(db.session.scalars(sa.select(Outbox.id).where(Outbox.bulk_run_id.is_not(None)))))


def issued(browser: Any, place: int | str) -> Any:
    """The same, once a job has held it."""
    answer = round_asked(browser, place)
    work_at_rounds(browser.client.application)
    return answer
