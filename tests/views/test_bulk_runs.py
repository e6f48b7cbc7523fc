"""Spec 8, bulk, as officials meet it: chosen on a list, tried, confirmed, followed, each row told in a file."""

import csv
import io
import re
import zipfile

import pytest
import python_calamine
import sqlalchemy as sa

from app.actions import applications, vouchers
from app.db import time_slices
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import bulk as jobs
from app.jobs import outbox
from app.models import (
    Application,
    BulkRun,
    BulkStage,
    Change,
    Outbox,
    Place,
    Proposal,
)
from app.rules.roles import Role
from app.views import bulk
from tests import factories
from tests.views.city import official
from tests.views.forms import Fields, says_yes
from tests.views.tables import Tables

BEGIN = "/bulk-runs/begin"
ARCHIVE = {"list": "ApplicationView", "action": "archive", "filter": "", "reason": "тізімді тазарту"}
SURE = {**ARCHIVE, "sure": "yes"}


@pytest.fixture
def many(web, town, monkeypatch):
    """Three more children wait here, two of them with names that a spreadsheet would reckon; pages take their time."""
    monkeypatch.setattr(bulk, "AT_ONCE", 60)
    with web.app_context(), transaction():
        here = db.session.get_one(Place, town.here)
        children = [factories.application(here, number=f"К-{number}") for number in range(3)]
        children[0].child.last_name, children[0].child.first_name = "=HYPERLINK(1)", "+1"
        children[1].child.last_name, children[1].child.first_name = "@SUM(1)", ""
        return [child.id for child in children]


@pytest.fixture
def department(town):
    return town.sign_in("department")


def run_of(web) -> BulkRun:
    """The only run, read from outside of any request."""
    with web.app_context():
        return db.session.scalars(sa.select(BulkRun).order_by(BulkRun.id.desc())).first()


def statuses(web, ids: list[int]) -> list[str]:
    with web.app_context():
        return [str(db.session.get_one(Application, id_).status) for id_ in ids]


def tried(browser, **more) -> str:
    """Begin a run; the address of its page."""
    answer = browser.post(BEGIN, {**SURE, **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def rows_of_csv(browser, run: BulkRun) -> list[list[str]]:
    text = browser.get(f"/bulk-runs/result/{run.id}/csv").data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def start(browser, run: BulkRun):
    return browser.post(f"/bulk-runs/action/start/{run.id}")


def asked_of(web) -> int | None:
    """What waits for a second person, if anything does."""
    with web.app_context():
        return db.session.scalars(sa.select(Proposal.id).where(Proposal.decided_at.is_(None))).first()


@pytest.fixture
def second(web, town):
    """Another one of the department, who looks at what was asked for and says yes to it."""
    with web.app_context(), transaction():
        official("second", Role.department, db.session.get_one(Place, town.here).parent)

    def yes(**more):
        return says_yes(town.sign_in("second"), f"/proposals/action/approve/{asked_of(web)}", **more)

    return yes


# ---------------------------------------------------------------- from the list to the file


def test_a_selection_is_asked_about_tried_started_and_told(web, town, many, department, second):
    asked = department.post(BEGIN, {**ARCHIVE, "reason": "", "rowid": many})
    assert asked.status_code == 200 and run_of(web) is None
    assert Fields(asked.text).values["sure"] == "yes" and asked.text.count('name="rowid"') == 3
    page = department.get(tried(department, rowid=many)).text
    assert statuses(web, many) == ["queued"] * 3
    assert "Бастауға дайын" in page and "Екінші адамнан сұрау" in page
    run = run_of(web)
    assert (run.feasible, run.hopeless, run.reason) == (3, 0, "тізімді тазарту")
    answer = start(department, run)
    assert answer.location.endswith(f"/bulk-runs/show/{run.id}") and statuses(web, many) == ["queued"] * 3
    assert second().status_code == 303
    department.get(answer.location)
    work(web)
    assert statuses(web, many) == ["archived"] * 3
    page = department.get(answer.location).text
    assert "Аяқталды" in page and "data-follow" not in page
    rows = rows_of_csv(department, run)
    assert len(rows[0]) == 5
    assert [(row[1], row[3]) for row in rows[1:]] == [(f"К-{n}", "Орындалды") for n in (2, 1, 0)]
    assert f"/bulk-runs/show/{run.id}" in department.get("/bulk-runs/list/").text


def test_all_that_match_are_those_of_the_filter_at_that_moment_and_none_that_is_foreign(web, town, many, second):
    specialist = town.sign_in("specialist")
    listed = specialist.get("/applications/list/?_flt_0_status=queued&psize_ApplicationView=2").text
    assert 'name="all"' in listed and f'formaction="{BEGIN}"' in listed
    tried(specialist, all="yes", filter="_flt_0_status=queued&page_ApplicationView=1")
    run = run_of(web)
    assert run.selected == 4 and run.selection == {"_flt_0_status": "queued"}
    assert (start(specialist, run).status_code, second().status_code) == (303, 303)
    work(web)
    assert statuses(web, [*many, town.child, town.foreign]) == ["archived"] * 4 + ["queued"]
    page = specialist.get(f"/bulk-runs/show/{run.id}").text
    assert "Кезекте" in page


def test_the_list_s_filter_and_its_order_are_kept(web, many, department):
    order = "_oc_ApplicationView=queued_at&_od_ApplicationView=asc"
    none = department.post(BEGIN, {**SURE, "all": "yes", "filter": f"_flt_0_status=enrolled&{order}"})
    assert none.status_code == 302, "nobody is enrolled here"
    tried(department, all="yes", filter=f"_flt_0_status=queued&{order}")
    rows = [row[1] for row in rows_of_csv(department, run_of(web))[1:]]
    assert [row for row in rows if row.startswith("К-")] == ["К-0", "К-1", "К-2"]


def test_who_will_be_turned_down_is_shown_with_the_reason_in_the_reader_s_language(web, many, department, second):
    with web.app_context(), transaction():
        applications.archive(
            db.session.get_one(Application, many[0]), by=factories.DEPARTMENT, at=factories.START, reason="бұрын"
        )
    to = tried(department, rowid=many)
    kk = department.get(to).text
    department.client.set_cookie("language", "ru")
    ru = department.get(to).text
    assert "Қабылданбайды" in kk and "К-0" in kk
    assert "Будет отклонено" in ru and "Қабылданбайды" not in ru
    run = run_of(web)
    start(department, run)
    second()
    work(web)
    rows = {row[1]: row[3:] for row in rows_of_csv(department, run)[1:]}
    assert rows["К-0"][0] == "Отклонено" and rows["К-0"][1] and rows["К-1"] == ["Выполнено", ""]


def test_no_name_becomes_a_formula(web, many, department):
    tried(department, rowid=many)
    run = run_of(web)
    names = [row[2] for row in rows_of_csv(department, run)[1:]]
    assert names[1:] == ["'@SUM(1)", "'=HYPERLINK(1) +1"]
    file = department.get(f"/bulk-runs/result/{run.id}/xlsx").data
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file))
    names = [row[2] for row in book.get_sheet_by_index(0).to_python()[1:]]
    assert names[1:] == ["@SUM(1)", "=HYPERLINK(1) +1"]
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(file)).read("xl/worksheets/sheet1.xml")


# ---------------------------------------------------------------- nothing lost, nothing twice


def test_with_the_browser_closed_the_jobs_go_on_turn_by_turn_until_the_end(web, many, department, second, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    monkeypatch.setattr(time_slices, "SLICE", 0)
    monkeypatch.setattr(jobs, "TURN", 0.001)  # a row a slice, a slice a turn
    to = tried(department, rowid=many)
    page = department.get(to).text
    assert "data-follow" in page and 'max="3" value="0"' in page
    assert run_of(web).stage is BulkStage.previewing
    work(web)
    assert run_of(web).stage is BulkStage.previewed
    start(department, run_of(web))
    second()
    assert run_of(web).stage is BulkStage.running and statuses(web, many) == ["queued"] * 3
    work(web)
    assert run_of(web).stage is BulkStage.done and statuses(web, many) == ["archived"] * 3
    with web.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Outbox.id)).where(Outbox.bulk_run_id.is_not(None))) == 6


def work(web) -> None:
    """What a worker would do with what is in the outbox."""
    with web.app_context():
        while ids := list(db.session.scalars(sa.select(Outbox.id).where(Outbox.done_at.is_(None)))):
            outbox.handle(ids)
            db.session.rollback()


def test_two_clicks_start_one_run(web, many, department, second):
    tried(department, rowid=many)
    run = run_of(web)
    assert [start(department, run).status_code for _ in range(2)] == [303, 303]
    second()
    work(web)
    assert start(department, run).status_code == 303
    assert 'role="alert"' not in department.get(f"/bulk-runs/show/{run.id}").text
    with web.app_context():
        archived = sa.select(Change.application_id).where(Change.verb == "archive", Change.application_id.in_(many))
        assert sorted(db.session.scalars(archived)) == sorted(many)


def test_a_run_that_is_stopped_leaves_the_rest_as_it_is(web, many, department):
    tried(department, rowid=many)
    run = run_of(web)
    assert department.post(f"/bulk-runs/action/stop/{run.id}").status_code == 303
    page = department.get(f"/bulk-runs/show/{run.id}").text
    assert "Тоқтатылды" in page and "/action/start/" not in page
    assert start(department, run).status_code == 303
    assert statuses(web, many) == ["queued"] * 3 and run_of(web).skipped == 3


# ---------------------------------------------------------------- who


def test_an_auditor_reads_runs_and_files_and_changes_none(web, town, many, department):
    tried(department, rowid=many)
    run, auditor = run_of(web), town.sign_in("auditor")
    page = auditor.get(f"/bulk-runs/show/{run.id}")
    assert page.status_code == 200 and "/action/" not in page.text
    assert len(rows_of_csv(auditor, run)) == 4
    with Tables(web).unchanged():
        for address in (f"/bulk-runs/action/start/{run.id}", f"/bulk-runs/action/stop/{run.id}"):
            assert auditor.post(address).status_code == 403
        assert auditor.post(BEGIN, {**SURE, "rowid": many}).status_code == 403
    assert f'formaction="{BEGIN}"' not in auditor.get("/applications/list/").text


def test_a_colleague_reads_a_run_but_does_not_start_it(web, town, many, department):
    with web.app_context(), transaction():
        official("екінші", Role.department, db.session.get_one(Place, town.here).parent)
    tried(department, rowid=many)
    run, other = run_of(web), town.sign_in("екінші")
    assert "/action/start/" not in other.get(f"/bulk-runs/show/{run.id}").text
    start(other, run)
    assert run_of(web).stage is BulkStage.previewed


def test_a_specialist_does_not_see_the_runs_of_the_region(web, town, many, department):
    tried(department, rowid=many)
    specialist, run = town.sign_in("specialist"), run_of(web)
    for address in (f"/bulk-runs/show/{run.id}", f"/bulk-runs/result/{run.id}/csv"):
        assert specialist.get(address).status_code == 404
    assert start(specialist, run).status_code == 404


@pytest.mark.parametrize("role", ["operator", "head", "administrator"])
def test_nobody_else_is_offered_a_run_or_begins_one(web, town, many, role):
    browser = town.sign_in(role)
    with Tables(web).unchanged():
        assert browser.post(BEGIN, {**SURE, "rowid": many}).status_code == 403
        assert browser.get("/bulk-runs/list/").status_code in (302, 403)
    assert f'formaction="{BEGIN}"' not in browser.get("/applications/list/").text


def test_one_foreign_record_makes_the_whole_selection_404(web, town, many):
    specialist = town.sign_in("specialist")
    with Tables(web).unchanged():
        for rows in ([*many, town.foreign], [town.foreign], [*many, "999999"], [*many, "abc"]):
            for answer in (SURE, ARCHIVE):
                assert specialist.post(BEGIN, {**answer, "rowid": rows}).status_code == 404, rows


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"list": "VacancyView"}, 404),
        ({"list": "HistoryView"}, 404),
        ({"list": "nonsense"}, 404),
        ({"list": ""}, 404),
        ({"action": "enrol"}, 404),
        ({"action": "__class__"}, 404),
        ({"rowid": list(range(1, 102))}, 400),
        ({"all": "yes", "filter": "_flt_0_status=nonsense"}, 400),
        ({"all": "yes", "filter": "_flt_0_place=abc"}, 400),
        ({"all": "yes", "filter": "_flt_0_settlement=1"}, 400),
    ],
)
def test_what_no_list_asks_for_is_refused_and_changes_nothing(web, many, department, wrong, status):
    with Tables(web).unchanged():
        assert department.post(BEGIN, {**SURE, "rowid": many, **wrong}).status_code == status


def test_without_a_reason_nothing_is_tried_and_what_was_typed_stays(web, many, department):
    extend = {**SURE, "action": "extend", "until": "2026-05-20", "reason": "  ", "rowid": many}
    with Tables(web).unchanged():
        answer = department.post(BEGIN, extend)
    assert answer.status_code == 422
    fields = Fields(answer.text).values
    assert (fields["until"], fields["action"]) == ("2026-05-20", "extend")
    assert sorted(re.findall(r'name="rowid" value="(\d+)"', answer.text)) == sorted(map(str, many))


def test_nothing_selected_and_too_much_selected_are_said(web, many, department, monkeypatch):
    with Tables(web).unchanged():
        answer = department.post(BEGIN, SURE)
        assert answer.status_code == 302
        assert "Кемінде бір жолды" in department.get(answer.location).text
        monkeypatch.setattr(bulk.bulk, "MOST", 2)
        answer = department.post(BEGIN, {**SURE, "all": "yes"})
        assert answer.status_code == 302
        assert "ең көбі 2" in department.get(answer.location).text


def test_a_kind_of_file_that_there_is_not_is_404(web, many, department):
    tried(department, rowid=many)
    assert department.get(f"/bulk-runs/result/{run_of(web).id}/pdf").status_code == 404


@pytest.mark.parametrize(
    ("noun", "verbs"), [("vouchers", "extend revoke"), ("applications", "issue_out_of_turn extend archive")]
)
def test_each_list_offers_its_verbs_for_many(web, town, noun, verbs):
    with web.app_context(), transaction():
        child = db.session.get_one(Application, town.child)
        vouchers.issue_out_of_turn(child, by=factories.DEPARTMENT, at=factories.START, reason="себеп")
    text = town.sign_in("department").get(f"/{noun}/list/").text
    for verb in verbs.split():
        assert f'value="{verb}" formaction="{BEGIN}"' in text
