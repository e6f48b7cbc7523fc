"""Any list as a file: the rows, words and order of its pages, within one's reach, no formula, never all in memory."""

import csv
import io
import re
import secrets
import zipfile
from datetime import date, datetime
from html import unescape
from xml.etree import ElementTree

import pytest
import python_calamine
import sqlalchemy as sa
from markupsafe import Markup

from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.db.database import transaction
from app.db.extensions import db
from app.models import Change, Place
from app.rules.roles import Role
from app.spreadsheets import writing
from app.views import base, downloads, paging
from tests import factories
from tests.views.test_lists import link, orders, reader

FORMULAS = [
    first + rest
    for first in ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "＝")
    for rest in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.kz","ә")')
]


def export(browser, noun: str, kind: str = "csv", asked: str = ""):
    return browser.post(f"/{noun}/export/{kind}?{asked}")


def lines(answer) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def sheet(data: bytes) -> list[list]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return book.get_sheet_by_index(0).to_python()


def cells(page: str) -> list[list[str]]:
    """What the rows of a list's page show, as people read it."""
    found = re.findall(r"<tr>((?:(?!</tr>).)*data-label.*?)</tr>", page, re.DOTALL)
    of = [re.findall(r'<td data-label="[^"]*">(.*?)</td>', row, re.DOTALL) for row in found]
    return [["" if text == "—" else text for text in (Markup(cell).striptags() for cell in row)] for row in of]


def written_out(cell) -> str:
    """A number or a day of a workbook, as a text has it."""
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return f"{cell:.0f}" if isinstance(cell, float) else cell


def told(row: list[str]) -> list[str]:
    return [" ".join(cell.removeprefix("'").split()) for cell in row]


# ---------------------------------------------------------------- the same as on screen


def test_a_file_has_the_rows_of_all_pages_in_every_order_of_every_list(city):
    for noun, view, order in orders(city.web):
        browser = city.sign_in(reader(noun))
        file = lines(export(browser, noun, asked=order))  # first: that it was taken stands in the history
        address, pages = f"/{noun}/list/?psize_{view}=100{order}", list[str]()
        while address:
            pages.append(browser.get(address).text)
            address = link("next", pages[-1])
        shown = [told(row) for page in pages for row in cells(page)]
        titles = re.findall(r'<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]*)', pages[0])
        assert file[0] == [unescape(title) for title in titles], noun
        assert [told(row) for row in file[1:]] == shown, (noun, order)


def test_both_kinds_of_file_say_the_same(city):
    browser = city.sign_in("department")
    for noun in ("applications", "vacancies", "norms"):
        as_csv, as_xlsx = lines(export(browser, noun)), sheet(export(browser, noun, "xlsx").data)
        same = [[written_out(cell) for cell in row] for row in as_xlsx]
        assert [told(row) for row in same[1:]] == [told(row) for row in as_csv[1:]] != [], noun


def test_the_filters_and_the_search_of_the_list_hold_for_its_file(city):
    browser = city.sign_in("department")
    for noun, asked in (("applications", "_flt_0_status=queued"), ("kindergartens", "q=а"), ("vouchers", "q=x")):
        file = lines(export(browser, noun, asked=asked))[1:]
        assert [row[0] for row in cells(browser.get(f"/{noun}/list/?{asked}").text)] == [told(row)[0] for row in file]
    assert len(lines(export(browser, "applications", asked="_flt_0_status=queued"))) < len(
        lines(export(browser, "applications"))
    )


def test_the_list_s_buttons_carry_its_filters_and_its_order(city):
    browser = city.sign_in("auditor")
    asked = "_flt_0_status=queued&_oc_ApplicationView=queued_at&_od_ApplicationView=desc"
    page = browser.get(f"/applications/list/?{asked}").text
    for kind in writing.KINDS:
        assert f'formaction="/applications/export/{kind}?{asked.replace("&", "&amp;")}"' in page
    assert "/export/" not in browser.get("/kindergartens/list/?q=nothing").text, "no rows, no file"
    assert "/export/" not in browser.get(f"/groups/show/{city.own.group}").text


def test_each_reader_takes_away_what_the_own_screen_shows_and_no_more(city):
    for role in ("specialist", "head", "operator", "auditor"):
        browser = city.sign_in(role)
        file, page = (
            lines(export(browser, "applications")),
            browser.get("/applications/list/?psize_ApplicationView=100"),
        )
        assert [told(row) for row in file[1:]] == [told(row) for row in cells(page.text)] != [], role
    whole = lines(export(city.sign_in("department"), "applications"))
    assert len(whole) > len(lines(export(city.sign_in("specialist"), "applications")))


def test_between_two_pieces_another_reader_does_not_widen_the_reach(app):
    here, there = factories.district("Көкшетау қаласы"), factories.district("Степногорск қаласы")
    db.session.flush()
    specialist = Actor(Role.specialist, place_ids=frozenset({here.id}))

    def pieces():
        while True:
            yield ",".join(
                db.session.scalars(sa.select(Place.name_kk).where(Place.id.in_((here.id, there.id))))
            ).encode()

    with app.test_request_context():
        sent = downloads._looking(pieces(), specialist, None)
        with looking_as(specialist):
            assert next(sent).decode() == "Көкшетау қаласы"
        with looking_as(None):
            assert next(sent).decode() == "Көкшетау қаласы"


def test_it_speaks_the_reader_s_language(city):
    browser = city.sign_in("department")
    browser.client.set_cookie("language", "ru")
    file = lines(export(browser, "applications", asked="_flt_0_status=queued"))
    assert {row[-1] for row in file[1:]} == {"В очереди"} and file[0][-1] == "Статус"
    assert all(re.fullmatch(r"\d\d\.\d\d\.\d{4}", row[2]) for row in file[1:])


# ---------------------------------------------------------------- no formula


@pytest.mark.parametrize("typed", FORMULAS)
def test_nothing_that_anybody_typed_becomes_a_formula(typed):
    made = b"".join(writing.xlsx(["A"], [[typed]]))
    xml = zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in xml and b"<f " not in xml and sheet(made)[1][0].strip() == typed.strip()
    read = list(
        csv.reader(io.StringIO(b"".join(writing.csv_(["A"], [[typed]])).decode("utf-8-sig"), newline=""), delimiter=";")
    )
    assert read[1] == ["'" + typed]


def test_what_is_no_formula_stays_as_it_is():
    typed = ["Ә-ні", "1-2", "a=b", "’", "", "№ 5 «Айгөлек»", "Ұ" * 40_000]
    assert lines_of(writing.csv_(["A"], [[one] for one in typed]))[1:-1] == [
        [one] if one else [""] for one in typed[:-1]
    ]
    assert [row[0] for row in sheet(b"".join(writing.xlsx(["A"], [[one] for one in typed])))][
        -1
    ] == "Ұ" * writing.LONGEST


def lines_of(pieces) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline=""), delimiter=";"))


def test_no_child_s_name_becomes_a_formula_in_a_list(web, town):
    with web.app_context(), transaction():
        child = factories.application(db.session.get_one(Place, town.here)).child
        child.last_name, child.first_name = "=HYPERLINK(1)", "+1"
    browser = town.sign_in("specialist")
    assert "'=HYPERLINK(1) +1" in [row[1] for row in lines(export(browser, "applications"))]
    file = export(browser, "applications", "xlsx").data
    assert "=HYPERLINK(1) +1" in [row[1] for row in sheet(file)]
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(file)).read("xl/worksheets/sheet1.xml")


# ---------------------------------------------------------------- row by row


@pytest.mark.parametrize("form", writing.KINDS)
def test_the_first_piece_is_there_before_the_first_row_is_read(form):
    def none():
        raise AssertionError("read")
        yield

    assert len(next(writing.KINDS[form].write(["A"], none()))) > 0


@pytest.mark.parametrize("form", writing.KINDS)
def test_a_file_is_sent_before_all_of_its_rows_are_read(form):
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield [secrets.token_hex(200)]

    pieces = writing.KINDS[form].write(["A"], endless())
    assert [len(next(pieces)) > 0 for _ in range(4)] and read < 5000


def test_a_workbook_that_was_sent_piece_by_piece_is_whole():
    rows_ = [[number, -0.5, "<b>&", "_x0041_ \x01\x0b", "  е кі\nжол ", ""] for number in range(20_000)]
    pieces = [*writing.xlsx(["Ә", "b", "c", "d", "e", "f"], rows_)]
    made = b"".join(pieces)
    book = zipfile.ZipFile(io.BytesIO(made))
    assert len(pieces) > 2 and book.testzip() is None
    for part in book.namelist():
        ElementTree.fromstring(book.read(part))
    assert b"<dimension" not in book.read("xl/worksheets/sheet1.xml")
    found = sheet(made)
    assert found[0] == ["Ә", "b", "c", "d", "e", "f"] and len(found) == 20_001
    assert found[-1][:3] == [19_999, -0.5, "<b>&"] and found[-1][4:] == ["  е кі\nжол ", ""]
    assert b"_x005F_x0041_ <" in book.read("xl/worksheets/sheet1.xml")


def test_of_a_long_list_some_rows_are_in_memory_and_few_statements_are_asked(web, town, monkeypatch):
    monkeypatch.setattr(paging, "CHUNK", 5)
    with web.app_context(), transaction():
        here = db.session.get_one(Place, town.here)
        for _ in range(40):
            factories.application(here)
    browser, asked, alive = town.sign_in("department"), [], []
    browser.token()
    with web.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    sa.event.listen(db.session, "loaded_as_persistent", lambda session, _row: alive.append(len(session.identity_map)))
    assert len(lines(export(browser, "applications"))) > 40
    assert len([one for one in asked if "FROM application" in one]) <= 3
    assert max(alive) < 40


def test_whoever_downloads_slowly_keeps_nobody_from_writing(web, town, monkeypatch):
    monkeypatch.setattr(writing, "PIECE", 1)
    browser = town.sign_in("department")
    with web.app_context(), transaction():
        here = db.session.get_one(Place, town.here)
        for _ in range(3):
            factories.application(here)
    answer = browser.client.post("/applications/export/csv", data={"csrf_token": browser.token()})
    pieces = answer.iter_encoded()
    first = next(pieces), next(pieces)
    with web.app_context(), transaction():
        factories.application(db.session.get_one(Place, town.here))
    assert len(lines_of([*first, *pieces])) == 6, "the titles, and the rows of the moment when it began"


def test_what_is_too_much_is_said_and_nothing_is_recorded(city, monkeypatch):
    browser = city.sign_in("department")
    monkeypatch.setattr(base, "MOST_EXPORTED", 3)
    with city.tables.unchanged():
        answer = export(browser, "applications")
    assert answer.status_code == 422 and "3 жазба" in answer.text


@pytest.mark.parametrize(
    ("asked", "form", "status"),
    (
        ("_flt_0_status=x", "csv", 400),
        ("_oc_ApplicationView=child", "csv", 400),
        ("psize_ApplicationView=x", "csv", 400),
        ("", "pdf", 404),
    ),
)
def test_what_no_list_asks_for_is_refused(city, asked, form, status):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        assert export(browser, "applications", form, asked).status_code == status


# ---------------------------------------------------------------- on record


def test_who_took_which_list_by_which_filters_and_how_many_rows_is_on_record(city):
    browser = city.sign_in("auditor")
    file = lines(export(browser, "applications", asked="_flt_0_status=queued&q=Аманова"))
    with city.web.app_context():
        change = db.session.scalars(sa.select(Change).where(Change.verb == "export")).one()
        assert (change.role, change.subject, change.subject_id) == ("auditor", "ab_user", change.user_id)
        assert change.details == {"register": "applications", "rows": len(file) - 1, "status": "queued"}
    assert "Тізім жүктеп алынды" in city.sign_in("department").get("/history/list/").text


def test_nothing_else_is_written_by_a_download(city):
    browser = city.sign_in("department")
    with city.tables.writes() as written_:
        export(browser, "applications")
    assert {line.split()[2].strip('"') for line in written_ if line.startswith("INSERT")} == {"change"}, written_
