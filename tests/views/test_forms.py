"""Spec 7, bad input and mass assignment: a sentence at the field, nothing changed or lost, nothing smuggled in."""

import re
from datetime import date, datetime
from html import unescape

import pytest
import sqlalchemy as sa

from app.db.extensions import db
from tests.registers import OTHERS
from tests.views.forms import ADDS, EDITS, Fields, valid

LONG, NUL = "я" * 10_000, "қала\0"
NO_DAYS = ("2026-02-31", "13.04.2026", "0001-01-01", "9999-12-31", "ертең", "-1", "9" * 30, NUL)
NO_NUMBERS = ("-1", "abc", "1.5", "9" * 30, "9" * 5000, "1e3", "", NUL)
NO_CHOICES = ("nonsense", "999999", "-1", "9" * 30, NUL, "__None", "1 OR 1=1")
NO_TEXTS = (LONG, NUL)
NUMBERS = {"places", "birth_year_from", "birth_year_to", "capacity"}
MAY_BE_EMPTY = {
    "applications": {
        *("child_last_name", "applicant_last_name"),  # spec 3.9: one name is enough
        *("child_patronymic", "applicant_patronymic", "reason", "phone", "email", "address", "number", "child_sex"),
        *("paper_number", "paper_issued_by"),
    },
    "vacancies": {"begins_on", "ends_on"},
    "kindergartens": {"bin", "phone", "email", "address"},
    "groups": set(),
    "norms": {"on_lapse", "note"},
    "queue-orders": {f"categories-0-{name}" for name in ("rank", "privilege", "months_from", "months_to")},
    "contract-texts": set(),
    "days-off": set(),
    "users": {"place", "kindergarten", "password"},
    **{one.noun: {field.name for field in one.typed if not field.required} for one in OTHERS},
}
OWN = {"vacancies": "draft", "days-off": "day", "queue-orders": "order", "contract-texts": "text", "users": "account"}
OWN |= {one.noun: one.table for one in OTHERS}
MARK, MARK_ID, MARK_DAY = "smuggled", 987_654, date(2077, 7, 7)


def nonsense(noun: str, name: str, kind: str) -> tuple[str, ...]:
    """What one field of a form must refuse; ticks take anything as a yes."""
    if re.match("categories-[1-9]", name):
        return ()  # the first line stands for all of them
    empty = () if name in MAY_BE_EMPTY[noun] else ("", "   ")
    if kind == "date":
        return (*NO_DAYS, *empty)
    if kind == "several":
        return NO_CHOICES
    if kind == "select":
        return (*NO_CHOICES, *(("",) if empty else ()))
    if name in NUMBERS or kind == "number":
        return tuple(value for value in NO_NUMBERS if value or empty)
    return () if kind in ("checkbox", "hidden") else (*NO_TEXTS, *empty) if name != "password" else ("short", "қ" * 201)


def targets(city, noun: str) -> list[str]:
    """The addresses of a noun's forms, for the role that fills them in the tests."""
    return [f"/{noun}/add", f"/{noun}/edit/{getattr(city.own, OWN.get(noun, noun[:-1]))}"]


@pytest.mark.parametrize("noun", ADDS)
def test_a_field_with_nonsense_is_422_with_a_sentence_and_what_was_typed(city, noun):
    browsers = {role: city.sign_in(str(role)) for role in {ADDS[noun], EDITS[noun]}}
    wrong = []
    with city.tables.unchanged():
        for address, role in zip(targets(city, noun), (ADDS[noun], EDITS[noun]), strict=True):
            fields = Fields(browsers[role].get(address).text)
            filled = {**valid(noun, city.own), **fields.values} if "edit" in address else valid(noun, city.own)
            for name, kind in fields.kinds.items():
                for value in nonsense(noun, name, kind):
                    answer = browsers[role].post(address, {**filled, name: value})
                    said = re.search(rf'href="#{name}">[^<]+</a>: [^<]+', answer.text)
                    if answer.status_code != 422 or not said:
                        wrong.append((address, name, value[:20], answer.status_code, bool(said)))
                    elif not kept({**filled, name: value}, Fields(answer.data.decode()), name):
                        wrong.append((address, name, value[:20], "not kept"))
    assert wrong == []


def kept(typed: dict[str, str], shown: Fields, wrong: str) -> bool:
    """Is all that was typed still in the form? A select shows its own choices; a password is never shown."""
    for name, kind in shown.kinds.items():
        was, now = str(typed.get(name, "")), str(shown.values.get(name, ""))
        if kind in ("password", "checkbox") or (kind in ("select", "several") and name == wrong):
            continue
        if was.replace("\0", "\ufffd").strip() != now.replace("\0", "\ufffd").strip():
            return False
    return True


def test_an_empty_form_is_422_and_changes_nothing(city):
    with city.tables.unchanged():
        for noun in ADDS:
            for address, role in zip(targets(city, noun), (ADDS[noun], EDITS[noun]), strict=True):
                if not address.startswith(("/applications/edit", "/waiting-list/edit")):  # all of it may be left out
                    assert city.sign_in(str(role)).post(address).status_code == 422, address


NAMES = {
    "applications": ("address", "paper_title"),
    "norms": ("legal_basis", "note"),
    "queue-orders": ("legal_basis", "categories-0-name_kk"),
    "days-off": ("name", "decree"),
}


def test_signs_and_markup_are_text_like_any_other(city):
    """What people type is kept as typed and shown as text."""
    text = "≥ 3 <b>&amp;</b>"
    for noun, names in NAMES.items():
        browser = city.sign_in(str(ADDS[noun]))
        answer = browser.post(f"/{noun}/add", {**valid(noun, city.own), **dict.fromkeys(names, text)})
        assert answer.status_code in (302, 303), answer.text
        page = browser.get(answer.location).text
        assert text not in page, noun
        assert page.count("≥ 3 &lt;b&gt;&amp;amp;&lt;/b&gt;") >= len(names), noun


def smuggled(noun: str, shown: set[str]) -> dict[str, str]:
    """A value for every column of every table that the form does not have, and for its relations by id."""
    extra = {}
    for table in db.metadata.sorted_tables:
        for column in table.c:
            for name in {column.name, column.name.removesuffix("_id")} - shown - {"csrf_token"}:
                extra[name] = str(column_value(column))
    return extra


def column_value(column: sa.Column) -> object:
    if isinstance(column.type, sa.Enum):
        return column.type.enums[-1]
    if isinstance(column.type, sa.Boolean):
        return "y"
    if isinstance(column.type, sa.Integer):
        return MARK_ID
    if isinstance(column.type, sa.Date):
        return MARK_DAY.isoformat()
    if isinstance(column.type, sa.String):
        return MARK
    return f"{MARK_DAY.isoformat()}T00:00"


def found_smuggled(rows: dict[str, list[dict]]) -> list[tuple[str, str]]:
    """Where one of the smuggled values has arrived in the database."""

    def is_it(value: object) -> bool:
        if isinstance(value, datetime):
            return value.date() == MARK_DAY
        return value in (MARK_ID, MARK_DAY) or (isinstance(value, str | dict) and MARK in str(value))

    return [(table, name) for table, found in rows.items() for row in found for name in row if is_it(row[name])]


@pytest.mark.parametrize("noun", ADDS)
def test_no_column_that_is_not_on_the_form_can_be_posted(city, noun):
    """Spec 6: status, queued_at, deadlines and holders are never form fields."""
    adder, editor = city.sign_in(str(ADDS[noun])), city.sign_in(str(EDITS[noun]))
    add, edit = targets(city, noun)
    before = city.tables.rows()
    filled = valid(noun, city.own)
    answer = adder.post(add, {**filled, **smuggled(noun, set(filled))})
    assert answer.status_code in (302, 303), unescape(answer.text)
    rows = city.tables.rows()
    assert found_smuggled(rows) == []
    tables = {"applications": "application", "vacancies": "vacancy", "norms": "norm"}
    if noun in tables:
        (added,) = (row for row in rows[tables[noun]] if row["id"] not in {r["id"] for r in before[tables[noun]]})
        assert str(added.get("status", "draft")) in ("draft", "queued")
        assert added.get("approved_at") is None and added.get("published_at") is None
        assert added.get("entered_by_id", city.own.department_account) == city.own.department_account
    fields = Fields(editor.get(edit).text)
    shown = {name: value for name, value in fields.values.items() if fields.kinds[name] != "password"}
    extra = smuggled(noun, set(fields.kinds))
    before = city.tables.rows()
    assert editor.post(edit, {**extra, **shown}).status_code in (302, 303)
    after = city.tables.rows()
    assert after == before


def test_a_head_keeps_the_own_groups_and_vacancies_and_cannot_move_the_kindergarten(city):
    """Spec 1, 3.8. That a head comes to no other kindergarten is said in tests/views/test_scope.py and test_rows.py."""
    head = city.sign_in("head")
    spare = Fields(head.get(f"/groups/edit/{city.own.spare}").text).values
    assert head.post(f"/groups/edit/{city.own.spare}", {**spare, "capacity": "2"}).status_code == 302
    assert head.post(f"/vacancies/action/publish/{city.own.draft}", {"sure": "yes"}).status_code == 303
    rows = {name: {row.get("id"): row for row in found} for name, found in city.tables.rows().items()}
    assert rows["kg_group"][city.own.spare]["capacity"] == 2
    assert rows["vacancy"][city.own.draft]["status"].value == "published"
    with city.tables.unchanged():
        address = f"/kindergartens/edit/{city.own.kindergarten}"
        known = Fields(head.get(address).text).values
        for place in (city.district.place, city.region.place, 1):
            assert head.post(address, {**known, "place": str(place)}).status_code == 422


NO_REASONS = ("", "   ", LONG, NUL)


@pytest.mark.parametrize("verb", ("issue_out_of_turn", "extend", "revoke", "archive"))
def test_a_verb_without_a_reason_or_with_a_book_for_one_asks_again_and_keeps_what_was_typed(city, verb):
    browser = city.sign_in("department")
    pk = city.own.waiting if verb == "issue_out_of_turn" else city.own.application
    good = {"sure": "yes", "reason": "себеп", "until": "2026-05-01"}
    with city.tables.unchanged():
        for reason in NO_REASONS:
            answer = browser.post(f"/applications/action/{verb}/{pk}", {**good, "reason": reason})
            assert answer.status_code == 422, (reason[:20], answer.status_code)
            assert Fields(answer.text).values.get("until", "2026-05-01") == "2026-05-01"
    if verb == "extend":
        with city.tables.unchanged():
            for until in (*NO_DAYS, ""):
                answer = browser.post(f"/applications/action/{verb}/{pk}", {**good, "until": until})
                assert answer.status_code == 422, (until, answer.status_code)
                assert Fields(answer.text).values["reason"] == "себеп"
    assert browser.post(f"/applications/action/{verb}/{pk}", good).status_code == 303


@pytest.mark.parametrize(("noun", "row"), [("applications", "application"), ("vouchers", "voucher")])
def test_a_day_that_is_too_early_is_said_where_it_was_asked_for_and_what_was_typed_stays(city, noun, row):
    answer = {"sure": "yes", "until": "2026-04-13", "reason": "себеп"}
    with city.tables.unchanged():
        page = city.sign_in("department").post(f"/{noun}/action/extend/{getattr(city.own, row)}", answer)
    assert page.status_code == 422
    assert re.search(r'id="errors">[^<]*күннен кейін[^<]*: \d\d\.04\.2026', page.text)
    values = Fields(page.text).values
    assert (values["until"], values["reason"]) == ("2026-04-13", "себеп")


def test_the_day_of_a_signed_paper_is_a_day_that_has_come(city):
    browser = city.sign_in("operator")
    with city.tables.unchanged():
        for paper_on in ("2026-04-14", "2026-02-31", "nonsense", "9" * 30, NUL):
            yes = {"sure": "yes", "paper_on": paper_on, "vacancy": str(city.own.vacancy)}
            for verb in ("confirm", "sign", "withdraw"):
                answer = browser.post(f"/applications/action/{verb}/{city.own.application}", yes)
                assert answer.status_code == 422, (verb, paper_on, answer.status_code)
        yes = {"sure": "yes", "paper_on": "2026-04-14", "vacancy": str(city.own.vacancy)}
        assert browser.post(f"/applications/choose/{city.own.waiting}", yes).status_code == 422


def test_the_clock_of_the_demo_takes_no_nonsense(city):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        for to in ("", "nonsense", "0001-01-01T00:00", "9999-12-31T23:59", "2026-04-01T00:00", NUL, LONG):
            assert browser.post("/demo/clock", {"to": to, "back": "/"}).status_code == 303, to[:20]


def test_a_form_larger_than_a_form_can_be_is_413_with_a_sentence(city):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        answer = browser.post("/norms/add", {"note": "x" * (17 * 1024 * 1024)})
        assert (answer.status_code, 'class="card narrow"' in answer.text) == (413, True)
