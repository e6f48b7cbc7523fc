"""All that people read is in words: no bare code, no value as a machine writes it, no clause number of our own.

One look (tests/reading.py) at every sentence that can be said, in three languages: of the catalogues, of refusals with
all facts that the code raises them with, of notices; at all pages that each role comes to, at what verbs ask and what
is refused, at each list's file, at the problems of files, and at papers. What was told and kept while each scenario was
played is looked at there (tests/test_scenarios.py); the history has tests of its own (test_history.py).
"""

import ast
import csv
import io
import re
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
import python_calamine
import sqlalchemy as sa
from flask_babel import force_locale, gettext, ngettext

from app import words
from app.actions.moving import plain
from app.actions.records import Invalid
from app.db.extensions import db
from app.imports import vocabulary
from app.models import ImportProblem, Norm, Notice
from app.papers import documents
from app.rules.norms import KNOWN
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.words.problems import SENTENCES
from tests.reading import LANGUAGES, raw, text_of
from tests.test_documents import PAPERS
from tests.test_documents import text as text_of_paper
from tests.test_translations import PLACEHOLDER, ROOT, collected, forms
from tests.views import routes
from tests.views.city import CANARIES
from tests.views.forms import Fields
from tests.views.test_lists import reader
from tests.views.walking import SAID

APP = Path(documents.__file__).parent.parent
EVERY = pytest.mark.parametrize("language", LANGUAGES)
NAMES = frozenset({*map(str, Role)})  # the city's accounts are called by their roles
DAY = date(2026, 4, 13)
SAMPLES = {"families": 3, "number": "Ө-2026-000012", "belongs_to": "Ө-2026-000012", "years": (2021, 2022), "year": 2032}


@pytest.fixture
def kind():
    """One database: how a thing is said is no matter of it. The scenarios' walk is made on both."""
    return "sqlite"


def sample(name: str):
    """A value as a fact of this name has it: a day, a number, a yes, or the name that the code has for something."""
    if name in SAMPLES:
        return SAMPLES[name]
    if name.endswith(("_on", "_by", "_day", "until")) or name == "day":
        return DAY
    return {"verb": "issue_out_of_turn", "status": "voucher_issued", "role": "department"}.get(name, True)


@cache
def calls() -> dict[str, list[ast.Call]]:
    """All calls in the application, by the name that is called."""
    found: dict[str, list[ast.Call]] = {}
    for file in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                found.setdefault(getattr(node.func, "id", getattr(node.func, "attr", "")), []).append(node)
    return found


def keys(node: ast.AST) -> set[str]:
    """The facts that a dict, or one of two dicts, names."""
    return {
        k.value for one in ast.walk(node) if isinstance(one, ast.Dict) for k in one.keys if isinstance(k, ast.Constant)
    }


def raised() -> set[tuple[Reason, tuple[str, ...]]]:
    """Each reason with the names of the facts that it is raised with, and each with none."""
    found = {(reason, ()) for reason in Reason}
    for node in calls()["Refusal"]:
        reasons = [Reason(a.attr) for a in node.args if isinstance(a, ast.Attribute) and a.attr in set(Reason)]
        named = {one.arg for one in node.keywords if one.arg} | {
            k for one in node.keywords if not one.arg for k in keys(one.value)
        }
        found |= {(reason, tuple(sorted(named))) for reason in reasons or Reason}
    return found


# ---------------------------------------------------------------- sentences


@EVERY
def test_no_text_of_ours_has_a_code_or_a_clause_in_it(web, language):
    """What stands in templates and tables of words, as it is written; the values that come in are looked at below."""
    texts = collected(ROOT / "app")
    with web.test_request_context(), force_locale(language):
        said_ = [gettext(one) if isinstance(one, str) else ngettext(*one, 2) for one in texts]
    said_ += [form for one in texts for form in forms(one)] if language == "en" else []
    assert len(said_) > 900
    assert [(text, bad) for text in said_ if (bad := raw(PLACEHOLDER.sub("…", text), language))] == []


@EVERY
def test_every_refusal_with_all_facts_that_it_is_raised_with_is_a_sentence_in_words(web, language):
    wrong = []
    with web.test_request_context(), force_locale(language):
        for reason, names in raised():
            facts = {name: sample(name) for name in names}
            variants = [facts | {"because": because} for of, because in words.NO_NUMBER if of is reason] or [facts]
            if "parts" in facts:
                variants = (
                    [facts | {"parts": [part]} for part in words.DOUBTS]
                    if reason is Reason.reason_required
                    else [facts | {"parts": ["child"]}]
                )
            for told in variants:
                at_screen = " ".join(words.refused(Refusal(reason, **told)).values())
                kept = words.because(str(reason), plain(told) or {})
                for text in (at_screen, kept):
                    if raw(text, language) or len(text) < 10:
                        wrong.append((reason, told, text))
    assert wrong == []


@EVERY
def test_what_else_is_said_with_values_of_its_own_is_in_words(web, language):
    with web.test_request_context(), force_locale(language):
        said_ = [
            words.invalid(Invalid("value", problem, norm=name))
            for name in KNOWN
            for problem in ("norm_value", "norm_unit", "norm_on_lapse")
        ]
        said_ += [
            str(of[one]) for of in (words.FORESEEN, words.OUTCOMES, words.WHY_NOT, words.NOT_BROUGHT_IN) for one in of
        ]
        said_ += [str(one) for of in words.LABELS.values() for one in of.values()]
        said_ += [words.passed_by(verb, DAY) for verb in words.BY_HAND] + [words.moved(v, s) for v, s in words.MOVED]
        said_ += [words.basis(verb, subject) for verb in words.VERBS for subject in ("application", "privilege")]
        said_ += [words.norm_name(name) for name in KNOWN] + [words.reason(one) for one in words.REASONS]
    assert [(text, bad) for text in said_ if (bad := raw(text, language))] == []


@EVERY
def test_every_notice_says_its_facts_in_words(web, language):
    """As a family, a kindergarten or a department gets it: a day of the calendar, a reason in words, no gap."""
    wrong, facts_of = (
        [],
        {"reason": "over_age", "kindergarten": "Арман", "number": "Ө-2026-000012", "misses": 2, "year": 2032},
    )
    with web.test_request_context(), force_locale(language):
        for (template, audience, *named), sentence in words.NOTICES.items():
            asked = set(re.findall(r"%\((\w+)\)", str(sentence))) | set(named)
            facts = {name: facts_of.get(name, "2026-04-13") for name in asked}
            told = words.notice(Notice(template=template, audience=audience, facts=facts))
            wrong += (
                [(template, told)]
                if raw(told, language) or ("2026-04-13" in facts.values()) > ("13.04.2026" in told)
                else []
            )
    assert [one for one in wrong if not one[0].startswith("remind") or raw(one[1], language)] == []


LAST_DAYS = {"confirm_by", "choose_by", "priority_by", "attend_by", "until"}
COUNTED = {
    "kk": r"DAY күнінен кешіктірмей|DAY дейін \(осы күнді қоса алғанда\)",
    "ru": r"не позднее DAY|по DAY",
}
VAGUE = {"kk": "күнге дейін", "ru": "этого дня"}


@pytest.mark.parametrize("language", COUNTED)
def test_a_last_day_that_a_notice_names_is_said_to_count_itself(web, language):
    """Spec 3.1: it belongs to the family until midnight; «до 16.04» leaves open whether it does."""
    open_, seen = [], set()
    with web.test_request_context(), force_locale(language):
        for sentence in words.NOTICES.values():
            open_ += [str(sentence)] if VAGUE[language] in str(sentence) else []
            for name in LAST_DAYS & set(re.findall(r"%\((\w+)\)", str(sentence))):
                seen.add(name)
                if not re.search(COUNTED[language].replace("DAY", re.escape(f"%({name})s")), str(sentence)):
                    open_.append(str(sentence))
    assert open_ == [] and seen == LAST_DAYS


# ---------------------------------------------------------------- pages, files, papers

FILE = re.compile("/export/|/paper/|/preview/|/problems/|/result/|/sample/")  # looked at below, or as a whole elsewhere
NO_PAGE = re.compile("/(login|logout|language|demo|bulk-runs/begin|imports/take)|.*/export/")
A_DAY = re.compile(r"\d\d\.\d\d\.\d{4}(?: \d\d:\d\d(?::\d\d)?)?")
CANARY = re.compile(r"\S*(?:" + "|".join(CANARIES.values()) + r")\S*")  # what is not the city's own is a text of a test


@pytest.mark.parametrize(("role", "language"), SAID.items())
def test_no_page_that_a_role_comes_to_shows_what_only_machines_read(city, walked, role, language):
    """Nor what it is asked before it acts, nor what is said where it may not."""
    pages = {address: text for address, text in walked(role).items() if not FILE.search(address)}
    browser = city.sign_in(str(role), language)
    for method, rule in routes.table():
        if method == "POST" and not NO_PAGE.match(rule):
            address, data = routes.address(rule, city)
            pages[f"POST {rule}"] = browser.post(address, data).text
    pages["nothing there"] = browser.get("/applications/show/999999").text
    pages["no such filter"] = browser.get("/applications/list/?_flt_0_status=flown").text
    found = set()
    for address, page in pages.items():
        for bad in raw(CANARY.sub("…", text_of(page)), language, NAMES):
            found.add((re.sub(r"\d+", "0", address), bad))
    assert found == set()
    assert len(pages) > 60


@EVERY
def test_each_lists_file_is_in_words_with_real_days(city, language):
    """Titles and cells of CSV and workbook; a day alone in a cell is a day, in a workbook no text."""
    wrong = []
    for noun in routes.REGISTERS:
        browser = city.sign_in(reader(noun), language)
        plain_file = browser.post(f"/{noun}/export/csv").data.decode("utf-8-sig")
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(browser.post(f"/{noun}/export/xlsx").data))
        rows = book.get_sheet_by_index(0).to_python()
        cells = [cell for row in csv.reader(io.StringIO(plain_file, newline=""), delimiter=";") for cell in row]
        texts = [cell for row in rows for cell in row if isinstance(cell, str)]
        wrong += [(noun, cell, bad) for cell in cells + texts if (bad := raw(CANARY.sub("…", cell), language, NAMES))]
        wrong += [(noun, text, "a day") for text in texts if A_DAY.fullmatch(text)]
        days = [cell for row in rows for cell in row if isinstance(cell, date | datetime)]
        wrong += (
            []
            if days or noun in ("kindergartens", "groups", "offices", "users", "clients")
            else [(noun, "no day in it")]
        )
    assert wrong == []


@EVERY
def test_every_problem_of_a_file_says_its_facts_in_words(web, language):
    """With the words that a cell may hold, as the columns name them: those of the file's language, not of the code."""
    of = vocabulary.STATUSES, vocabulary.KINDS, vocabulary.LANGUAGES, vocabulary.PRIVILEGES
    facts = {"known": ", ".join(written[0] for meanings in of for written in meanings.values())}
    facts |= {"kk": "Негіздеме", "ru": "Обоснование", "title": "Баға", "near": "Атауы", "other": "№ 1", "sign": "ж"}
    facts |= {"cell": "B2", "code": "U+200B", "rows": "2, 3", "columns": "B, C", "key": "x", "name": "ақы"}
    counted = {name for one in SENTENCES.values() for name in re.findall(r"%\((\w+)\)d", str(one))}
    facts |= dict.fromkeys(counted, 3)
    with web.test_request_context(), force_locale(language):
        told = {name: words.problem(ImportProblem(sentence=name, facts=facts)) for name in SENTENCES}
    assert {name: bad for name, text in told.items() if (bad := raw(text, language)) or "%" in text} == {}


@pytest.mark.parametrize("facts", PAPERS.values(), ids=PAPERS)
def test_a_paper_is_in_words_with_days_of_the_calendar(facts):
    said = text_of_paper(documents.render(facts)).replace(facts["address"], "")
    assert raw(said, "kk") == [] and words.day(date.fromisoformat(facts["issued_on"])) in said


def test_the_look_finds_each_kind_of_what_it_looks_for():
    """A control: a walk that finds nothing is worth what its look is."""
    codes = "voucher_issued", "voucher.confirm", "None", "{'a': 1}", "['x']", "%(day)s", "Role.head.value()"
    days = "2026-04-13", "2026-04-13T10:00"
    for bad in (*codes, *days, "<VoucherStatus.issued: 'issued'>", "spec 3.8", "S1", "3.12", "3.4.1"):
        assert raw(f"Бұл {bad}, дейді", "en"), bad
    assert raw("күйі issued", "kk") == ["issued"] and raw("it was issued", "en") == []
    fine = "Ваучер В-2026-000045, 13.04.2026 10:00:05, a_b@mail.kz, /files/a_b.csv, №3 «Арман», 1:3, 15 000, list.xlsx"
    assert raw(fine, "ru") == []


@EVERY
def test_a_choice_of_a_norm_is_shown_and_typed_by_its_word_and_kept_by_its_name(city, language):
    browser = city.sign_in("department", language)
    with city.web.test_request_context(), force_locale(language):
        word = str(words.CHOICES["voucher"])
    said = {"place": str(city.own.place), "name": "procedure", "unit": "CHOICE", "valid_from": "2027-02-01"}
    said |= {"legal_basis": "бұйрық", "on_lapse": ""}
    assert browser.post("/norms/add", {**said, "value": word.upper()}).status_code == 302
    with city.web.app_context():
        pk, value = db.session.execute(sa.select(Norm.id, Norm.value).order_by(Norm.id.desc())).first()
    fields = Fields(browser.get(f"/norms/edit/{pk}").text).values
    assert (value, fields["value"]) == ("voucher", word)
    again = browser.post("/norms/add", {**said, "valid_from": "2027-02-02", "value": "қайық"})
    assert again.status_code == 422 and word in text_of(again.text)
