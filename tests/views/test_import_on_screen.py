"""Spec 8, import, as officials meet it: a file is brought, tried, told by its cells, brought in once and as a whole."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
import python_calamine
import sqlalchemy as sa

from app.actions import imports as actions
from app.db.database import transaction
from app.db.extensions import db
from app.imports import applications, steps, whole_file
from app.jobs import outbox
from app.models import (
    Application,
    Change,
    Document,
    ImportKind,
    ImportProblem,
    ImportRun,
    ImportStage,
    KgGroup,
    Kindergarten,
    Outbox,
    Place,
    User,
    UserScope,
)
from app.papers import storage
from app.rules.roles import Role
from app.spreadsheets import reading
from app.views import imports, transport
from tests import factories, files
from tests.files import Formula
from tests.views.city import official
from tests.views.tables import Tables

BEGIN = "/imports/begin"
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture
def specialist(town):
    return town.sign_in("specialist")


@pytest.fixture
def department(town):
    return town.sign_in("department")


@pytest.fixture(params=["xlsx", "csv"])
def write(request, tmp_path):
    """Rows as the bytes of a file."""
    how = files.workbook if request.param == "xlsx" else files.comma_separated

    def written(rows):
        return how(tmp_path / f"list.{request.param}", rows).read_bytes()

    return written


def table(rows) -> bytes:
    """Rows as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow(rows[0])
    writer.writerows([files._text(cell) for cell in row.values()] for row in rows)
    return file.getvalue().encode()


def bring(browser, content: bytes, kind: str = "applications", name: str = "тізім.csv", **more):
    return browser.post(BEGIN, {"kind": kind, "file": (io.BytesIO(content), name), "place": "", **more})


def left(browser, content: bytes, kind: str = "applications", **more) -> str:
    """Bring a file, which the jobs have not looked at yet; the address of its page."""
    answer = bring(browser, content, kind, **more)
    assert answer.status_code == 303, re.findall("<li>(.*)</li>", answer.text.partition("errors")[2])
    return answer.location


def brought(browser, content: bytes, kind: str = "applications", **more) -> str:
    """The same, and the jobs have tried it."""
    address = left(browser, content, kind, **more)
    work(browser.client.application)
    return address


def run_of(web) -> ImportRun:
    """The last run, read from outside of any request."""
    with web.app_context():
        return db.session.scalars(sa.select(ImportRun).order_by(ImportRun.id.desc())).first()


def asked_for(browser, run: ImportRun):
    """Say yes; the jobs have not done it yet."""
    return browser.post(f"/imports/action/start/{run.id}")


def start(browser, run: ImportRun):
    """The same, and the jobs have done it."""
    answer = asked_for(browser, run)
    work(browser.client.application)
    return answer


def count(web, model) -> int:
    with web.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.added, run.changed, run.same, run.problems


def told(browser, run: ImportRun) -> list[list[str]]:
    """The file of problems, its titles left out."""
    text = browser.get(f"/imports/problems/{run.id}/csv").data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))[1:]


def work(web) -> None:
    """What a worker would do with the files that are in the outbox."""
    with web.app_context():
        while ids := list(
            db.session.scalars(sa.select(Outbox.id).where(Outbox.done_at.is_(None), Outbox.job == "import"))
        ):
            outbox.handle(ids)
            db.session.rollback()


# ---------------------------------------------------------------- from the file to the record


def test_a_file_is_tried_shown_and_brought_in_and_the_second_time_changes_nothing(web, specialist, write):
    content, before = write([files.application(1), files.application(2)]), count(web, Application)
    page = specialist.get(brought(specialist, content)).text
    run = run_of(web)
    assert (run.stage, counts(run), count(web, Application)) == (ImportStage.tried, (2, 0, 0, 0), before)
    assert "Қосылады" in page and "2 жолды енгізу" in page and "data-follow" not in page
    assert start(specialist, run).location.endswith(f"/imports/show/{run.id}")
    assert (run_of(web).stage, count(web, Application)) == (ImportStage.done, before + 2)
    assert "Енгізілді" in specialist.get(f"/imports/show/{run.id}").text
    history = count(web, Change)
    page = specialist.get(brought(specialist, content)).text
    assert (counts(run_of(web)), count(web, Application)) == ((0, 0, 2, 0), before + 2)
    assert "Бұл файл ештеңені өзгертпейді" in page and "/action/start/" not in page
    assert count(web, Change) == history + 1, "that it was tried, and nothing else"


def test_kindergartens_of_rows_that_name_no_place_come_into_the_one_that_was_chosen(web, town, specialist):
    row = files.kindergarten(7)
    del row["Аудан/қала"]
    brought(specialist, table([row]), "kindergartens", place=str(town.here))
    start(specialist, run_of(web))
    with web.app_context():
        made = db.session.scalars(sa.select(Kindergarten).where(Kindergarten.name == "№7 «Балапан»")).one()
        assert made.place_id == town.here
    brought(specialist, table([row]), "kindergartens")
    ((_cell, _kind, sentence, _value),) = told(specialist, run_of(web))
    assert sentence.startswith("Аудан немесе қала көрсетілмеген")


def test_every_problem_is_told_by_its_cell_in_the_reader_s_language_and_nothing_is_brought_in(web, specialist):
    wrong = files.application(1, **{"Баланың ЖСН": "7", "Email": "@SUM(1)"})
    before = count(web, Application)
    to = brought(specialist, table([wrong, files.application(2)]))
    kk = specialist.get(to).text
    specialist.client.set_cookie("language", "ru")
    ru = specialist.get(to).text
    assert "B2" in kk and "ЖСН он екі цифрдан" in kk and "K2" in kk
    assert "ИИН" in ru and "ЖСН он екі" not in ru
    assert "/action/start/" not in kk and count(web, Application) == before
    run = run_of(web)
    assert start(specialist, run).status_code == 303 and run_of(web).stage is ImportStage.tried
    assert [(row[0], row[3]) for row in told(specialist, run)] == [("B2", "7"), ("K2", "'@SUM(1)")]
    book = specialist.get(f"/imports/problems/{run.id}/xlsx").data
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[2][3] == "@SUM(1)"
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")


def test_the_page_shows_the_first_problems_and_the_file_has_all(web, specialist, monkeypatch):
    monkeypatch.setattr(imports, "SHOWN", 3)
    rows = [files.application(n, **{"Email": "жоқ"}) for n in range(1, 9)]
    page = specialist.get(brought(specialist, table(rows))).text
    assert page.count('data-label="Ұяшық"') == 3 and "алғашқы 3" in page
    assert len(told(specialist, run_of(web))) == 8


def test_a_namesake_is_a_warning_that_does_not_hold_the_file_up(web, specialist):
    namesake = {"Баланың Т.А.Ә.": "Ойдан Бала"}
    brought(specialist, table([files.application(1, **namesake), files.application(2, **namesake)]))
    page = specialist.get(f"/imports/show/{run_of(web).id}").text
    assert (run_of(web).problems, run_of(web).warnings) == (0, 2)
    assert "Қарап шығу керек" in page and "/action/start/" in page


def test_who_brought_what_in_when_is_on_record(web, specialist):
    brought(specialist, table([files.application(1)]))
    run = run_of(web)
    start(specialist, run)
    with web.app_context():
        of = sa.select(Change).where(Change.subject == "import_run").order_by(Change.id)
        changes = db.session.scalars(of).all()
        assert [(one.verb, one.user_id, one.role) for one in changes] == [
            (verb, run.user_id, "specialist") for verb in ("ask", "start", "bring_in")
        ]
        assert changes[-1].details == {
            "kind": "applications",
            "sha256": run.sha256,
            "added": 1,
            "changed": 0,
            "same": 0,
        }


def test_what_a_file_asks_is_answered_on_its_page_and_then_it_is_brought_in(web, specialist):
    before = count(web, Application)
    page = specialist.get(brought(specialist, table([files.application(1, **{"Аудан/қала": "Көкшетау"})]))).text
    run = run_of(web)
    assert "Сұрақтар" in page and "/action/start/" not in page
    assert start(specialist, run).status_code == 303 and count(web, Application) == before
    (field,) = set(re.findall(r'name="(answer-\d+)"', page))
    with Tables(web).unchanged():
        specialist.post(f"/imports/answer/{run.id}", {field: "nonsense"})
    assert specialist.post(f"/imports/answer/{run.id}", {field: "same"}).status_code == 303
    work(web)
    assert counts(run_of(web)) == (1, 0, 0, 0)
    start(specialist, run)
    assert count(web, Application) == before + 1


def test_nobody_else_answers_for_whoever_brought_the_file(web, town, specialist):
    with web.app_context(), transaction():
        official("екінші", Role.specialist, db.session.get_one(Place, town.here))
    page = specialist.get(brought(specialist, table([files.application(1, **{"Аудан/қала": "Көкшетау"})]))).text
    (field,) = set(re.findall(r'name="(answer-\d+)"', page))
    town.sign_in("екінші").post(f"/imports/answer/{run_of(web).id}", {field: "same"})
    assert run_of(web).stage is ImportStage.tried and run_of(web).answers == {}


def test_a_group_with_more_children_than_places_is_said_on_the_file_and_marked_in_the_list(web, town, department):
    rows = [files.kindergarten(1, **{"Бос орындар саны": "", "Жүріп жатқан балалар саны": 28}), files.kindergarten(2)]
    page = department.get(brought(department, table(rows), "kindergartens")).text
    assert "Орыннан көп бала барады (артығы: 3)" in page
    start(department, run_of(web))
    marked = department.get("/groups/list/?_flt_0_over_capacity=1").text
    cells = re.findall(r'data-label="(?:Сыйымдылығы|Барып жүр|Орыннан артық бала)">\s*(\d+)', marked)
    assert cells == ["25", "28", "3"]
    with web.app_context():
        of = db.session.scalars(sa.select(KgGroup).where(KgGroup.capacity == 25).order_by(KgGroup.id)).first().id
    assert "Орыннан артық бала" in department.get(f"/groups/show/{of}").text


# ---------------------------------------------------------------- taken out and brought in again


def test_what_is_recorded_can_be_taken_out_within_the_own_reach_and_that_is_on_record(web, town, specialist):
    with web.app_context(), transaction():
        factories.application(db.session.get_one(Place, town.there), number="БАСҚА-1")
    rows = specialist.post("/imports/take/applications/csv").data.decode("utf-8-sig").splitlines()
    assert "Нөмірі" in rows[0] and len(rows) > 1 and not any("БАСҚА-1" in row for row in rows)
    with web.app_context():
        change = db.session.scalars(sa.select(Change).where(Change.verb == "export")).one()
        assert change.details == {"register": "imports/applications", "rows": len(rows) - 1}


# ---------------------------------------------------------------- as a job: nothing lost, nothing twice


def test_a_long_file_is_tried_and_brought_in_by_jobs_once_however_often_they_are_delivered(web, specialist):
    before = count(web, Application)
    page = specialist.get(left(specialist, table([files.application(1)]))).text
    assert "data-follow" in page and run_of(web).stage is ImportStage.trying
    work(web)
    run = run_of(web)
    assert run.stage is ImportStage.tried and count(web, Application) == before
    assert [asked_for(specialist, run).status_code for _ in range(2)] == [303, 303]
    assert run_of(web).stage is ImportStage.running and count(web, Application) == before
    with web.app_context(), transaction():
        (row,) = db.session.scalars(sa.select(Outbox).where(Outbox.done_at.is_(None), Outbox.job == "import"))
        db.session.add(Outbox(job=row.job, import_run_id=row.import_run_id, asked_at=row.asked_at))
    work(web)
    assert run_of(web).stage is ImportStage.done and count(web, Application) == before + 1
    with web.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Change.id)).where(Change.verb == "bring_in")) == 1


def decides(address: sa.URL, district_id: int) -> str:
    """What becomes of another process that decides in a district at this moment."""
    engine, here = sa.create_engine(address), Place.id == district_id
    try:
        with engine.begin() as other:
            wait = {"postgresql": "SET LOCAL lock_timeout = 500", "sqlite": "PRAGMA busy_timeout = 500"}
            other.exec_driver_sql(wait[engine.dialect.name])
            other.execute(sa.select(Place.id).where(here).with_for_update(key_share=True))
            other.execute(sa.update(Place).where(here).values(support_phone="+77162550001"))
    except sa.exc.OperationalError:
        return "waited"
    finally:
        engine.dispose()
    return "done"


def test_while_a_file_is_tried_others_write_in_its_district_and_wait_for_nothing(web, town, specialist, monkeypatch):
    """In the middle of the trial, where its rows are written, another process decides in the district."""
    bring_in, seen = whole_file.KINDS[ImportKind.applications], []

    def beside(*args, **facts):
        outcome = bring_in(*args, **facts)
        seen.append(db.session.scalar(sa.select(sa.func.count()).select_from(Application)) - before)
        seen.append(decides(address, town.here))
        return outcome

    monkeypatch.setitem(whole_file.KINDS, ImportKind.applications, beside)
    with web.app_context():
        address, before = db.engine.url, db.session.scalar(sa.select(sa.func.count()).select_from(Application))
    left(specialist, table([files.application(1)]))
    work(web)
    assert seen == [1, "done"]
    assert run_of(web).stage is ImportStage.tried and count(web, Application) == before
    with web.app_context():
        assert db.session.get_one(Place, town.here).support_phone == "+77162550001"


def test_while_a_file_that_is_to_be_brought_in_is_read_nobody_waits(web, town, specialist, monkeypatch):
    """And all that can be worked out of its lines then is: under the lock of the district nothing of it is left."""
    read, seen, before = applications.read, [], count(web, Application)

    def beside(*args, **facts):
        journal = read(*args, **facts)
        new = ["new" in vars(entry) for lines in journal.lines.values() for _, entry in lines]
        seen.append((decides(db.engine.url, town.here), new, [len(one.lines) for one in journal.ready.values()]))
        return journal

    for serials, ready in (([1, 2], [2]), ([2, 3], [])):
        monkeypatch.setattr(applications, "read", read)
        brought(specialist, table([files.application(serial) for serial in serials]))
        monkeypatch.setattr(applications, "read", beside)
        start(specialist, run_of(web))
        assert seen.pop() == ("done", [True, True], ready)
    assert count(web, Application) == before + 3


@pytest.mark.parametrize(
    ("said", "cell"),
    [({"number": "ОДО-2026-2"}, "A3"), ({"number": "9", "child": files.child_iin(2)}, "B3")],
    ids=["number", "child"],
)
def test_what_others_record_after_a_file_was_read_is_told_by_its_cell_and_nothing_is_written(
    web, town, specialist, monkeypatch, said, cell
):
    """Whether its lines may be is asked again under the district's lock."""
    ahead = steps.ahead
    brought(specialist, table([files.application(serial) for serial in (1, 2, 3)]))

    def and_then(*args, **facts):
        journal = ahead(*args, **facts)
        with transaction():
            own = factories.application(db.session.get_one(Place, town.here), number=said["number"])
            own.child.iin = own.child_iin = said.get("child", own.child.iin)
        return journal

    monkeypatch.setattr(steps, "ahead", and_then)
    before = count(web, Application)
    start(specialist, run_of(web))
    run = run_of(web)
    assert (run.stage, run.refused_because, run.problems) == (ImportStage.refused, "problems", 1)
    assert count(web, Application) == before + 1  # the one that others have recorded
    assert [row[0] for row in told(specialist, run)] == [cell]


def test_a_worker_that_dies_before_the_end_leaves_everything_to_the_next_one(web, specialist, monkeypatch):
    left(specialist, table([files.application(1)]))
    work(web)
    asked_for(specialist, run_of(web))
    before, tell = count(web, Application), actions.tell

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(actions, "tell", die)
    with web.app_context():
        (id_,) = db.session.scalars(sa.select(Outbox.id).where(Outbox.done_at.is_(None), Outbox.job == "import"))
        with pytest.raises(KeyboardInterrupt):
            outbox.do(id_)
        db.session.rollback()
    assert run_of(web).stage is ImportStage.running and count(web, Application) == before
    monkeypatch.setattr(actions, "tell", tell)
    work(web)
    assert run_of(web).stage is ImportStage.done and count(web, Application) == before + 1


def test_a_turn_that_is_left_over_does_nothing_to_a_file_that_was_started_meanwhile(web, specialist):
    brought(specialist, table([files.application(1)]))
    work(web)
    assert run_of(web).stage is ImportStage.tried
    start(specialist, run_of(web))
    work(web)
    assert (run_of(web).stage, counts(run_of(web))) == (ImportStage.done, (1, 0, 0, 0))


def test_what_has_become_wrong_since_it_was_tried_is_told_and_nothing_is_written(web, town, specialist):
    brought(specialist, table([files.application(1), files.application(2)]))
    with web.app_context(), transaction():
        factories.application(db.session.get_one(Place, town.here), number="ОДО-2026-1")
    before = count(web, Application)
    run = run_of(web)
    start(specialist, run)
    run = run_of(web)
    assert (run.stage, run.refused_because) == (ImportStage.refused, "problems")
    assert count(web, Application) == before
    assert [row[0] for row in told(specialist, run)] == ["A2"]
    page = specialist.get(f"/imports/show/{run.id}").text
    assert "Файл тексерілгеннен кейін қате пайда болды" in page and "A2" in page


@pytest.mark.parametrize("kept", [b"another one", None], ids=["changed", "gone"])
def test_a_kept_file_that_is_not_as_it_came_is_not_brought_in(web, specialist, kept):
    left(specialist, table([files.application(1)]))
    work(web)
    run = run_of(web)
    with web.app_context():
        path = Path(web.config["KEZEK"].files) / run.file_key
        path.unlink() if kept is None else storage.keep(run.file_key, kept)
    asked_for(specialist, run)
    work(web)
    assert (run_of(web).stage, run_of(web).refused_because) == (ImportStage.refused, "damaged")
    assert specialist.get(f"/imports/problems/{run.id}/csv").status_code == 200


def test_a_mistake_of_ours_ends_the_run_by_name(web, specialist, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setitem(whole_file.KINDS, "applications", fails)
    page = specialist.get(brought(specialist, table([files.application(1)]))).text
    assert (run_of(web).stage, run_of(web).refused_because) == (ImportStage.refused, "failed")
    assert "Біздің тараптан қате болды" in page


# ---------------------------------------------------------------- who, and how far


@pytest.mark.parametrize("lost", ["role", "account"])
def test_whoever_lost_the_role_meanwhile_brings_nothing_in(web, town, specialist, lost):
    left(specialist, table([files.application(1)]))
    work(web)
    asked_for(specialist, run_of(web))
    with web.app_context(), transaction():
        user = db.session.get_one(User, run_of(web).user_id)
        if lost == "role":
            user.roles = [actions.accounts.role_row(Role.operator)]
        else:
            user.active = False
    before = count(web, Application)
    work(web)
    assert (run_of(web).stage, run_of(web).refused_because) == (ImportStage.refused, "dismissed")
    assert count(web, Application) == before


def test_whoever_reaches_less_meanwhile_brings_nothing_into_what_is_out_of_reach(web, town, department):
    there = files.application(1, **{"Аудан/қала": "Степногорск қаласы"})
    left(department, table([there]))
    work(web)
    asked_for(department, run_of(web))
    with web.app_context(), transaction():
        scope = sa.select(UserScope).where(UserScope.user_id == run_of(web).user_id)
        db.session.scalars(scope).one().place_id = town.here
    before = count(web, Application)
    work(web)
    assert run_of(web).refused_because == "problems" and count(web, Application) == before


@pytest.mark.parametrize("of", ["applications", "kindergartens"], ids=str)
def test_a_district_out_of_reach_is_none_and_is_not_named(web, specialist, of):
    make_row = files.application if of == "applications" else files.kindergarten
    content = table([make_row(1, **{"Аудан/қала": "Степногорск қаласы"}), make_row(2, **{"Аудан/қала": "Жоқ жер"})])
    page = specialist.get(brought(specialist, content, of)).text
    rows = told(specialist, run_of(web))
    sentences = {row[2] for row in rows}
    assert len(rows) == 2 and len(sentences) == 1, "as of a place that there is nowhere"
    assert "Көкшетау" in sentences.pop() and "Степногорск" not in page


def test_a_district_out_of_reach_cannot_be_chosen_for_the_whole_file(web, town, specialist):
    row = files.application(1)
    del row["Аудан/қала"]
    with Tables(web).unchanged():
        assert bring(specialist, table([row]), place=str(town.there)).status_code == 422


def test_an_auditor_reads_what_was_brought_without_what_stands_in_the_cells(web, town, specialist):
    brought(specialist, table([files.application(1, **{"Баланың ЖСН": "987654"})]))
    run, auditor = run_of(web), town.sign_in("auditor")
    page = auditor.get(f"/imports/show/{run.id}")
    assert page.status_code == 200 and "/action/" not in page.text
    assert "987654" not in page.text + str(told(auditor, run)) and len(told(auditor, run)) == 1
    with Tables(web).unchanged():
        assert start(auditor, run).status_code == 403
        assert bring(auditor, table([files.application(1)])).status_code == 403
        assert auditor.get(BEGIN).status_code in (302, 403)


def test_a_colleague_reads_of_a_file_but_does_not_bring_it_in(web, town, specialist):
    with web.app_context(), transaction():
        official("екінші", Role.specialist, db.session.get_one(Place, town.here))
    brought(specialist, table([files.application(1)]))
    run, other = run_of(web), town.sign_in("екінші")
    assert "/action/start/" not in other.get(f"/imports/show/{run.id}").text
    start(other, run)
    assert run_of(web).stage is ImportStage.tried


def test_a_specialist_does_not_see_the_files_of_the_region(web, town, department):
    brought(department, table([files.application(1, **{"Email": "жоқ"})]))
    specialist, run = town.sign_in("specialist"), run_of(web)
    for address in (f"/imports/show/{run.id}", f"/imports/problems/{run.id}/csv"):
        assert specialist.get(address).status_code == 404
    assert start(specialist, run).status_code == 404
    assert "тізім.csv" not in specialist.get("/imports/list/").text


@pytest.mark.parametrize("role", ["operator", "head", "administrator"])
def test_nobody_else_brings_a_file(web, town, role):
    browser = town.sign_in(role)
    with Tables(web).unchanged():
        assert bring(browser, table([files.application(1)])).status_code == 403
        assert browser.get("/imports/list/").status_code in (302, 403)


# ---------------------------------------------------------------- what is no table, or too much of one


def packed(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook() -> bytes:
    return (SAMPLES / "applications.xlsx").read_bytes()


def with_part(name: str, change) -> bytes:
    """A workbook with one part changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as whole, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as other:
        for part in whole.namelist():
            other.writestr(part, change(whole.read(part)) if part == name else whole.read(part))
    return file.getvalue()


def lying() -> bytes:
    """A workbook one of whose parts is a thousand times what it says: 5 bytes by its directory."""
    bomb = bytearray(with_part("xl/sharedStrings.xml", lambda _content: b" " * 5_000_000))
    at = bomb.rindex(b"PK\x01\x02", 0, bomb.rindex(b"xl/sharedStrings.xml"))
    bomb[at + 24 : at + 28] = (5).to_bytes(4, "little")
    return bytes(bomb)


BAD = {
    "titles alone": (table([files.application(1)]).splitlines()[0], "Мұнда жолдар жоқ"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0", "Excel кітабы"),
    "bomb": (packed(**{"xl/workbook.xml": b" " * 101_000_000}), "100 МБ"),
    "lying bomb": (lying(), "Excel кітабы"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_is_told_by_the_job_that_opened_it_and_changes_nothing(web, specialist, name):
    content, sentence = BAD[name]
    before = count(web, Kindergarten)
    page = specialist.get(brought(specialist, content, "kindergartens")).text
    assert sentence in page and "/action/start/" not in page
    assert (run_of(web).stage, run_of(web).problems, count(web, Kindergarten)) == (ImportStage.tried, 1, before)


def test_nothing_at_all_is_refused_at_once(web, specialist):
    with Tables(web).unchanged():
        answer = bring(specialist, b"", "kindergartens")
    assert answer.status_code == 422 and "Мұнда жолдар жоқ" in answer.text
    assert '<option selected value="kindergartens">' in answer.text, "what was chosen stays chosen"


def test_no_process_of_the_web_opens_a_file(web, specialist, monkeypatch):
    def opened(*_: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(steps, "parse", opened)
    monkeypatch.setattr(reading, "opened", opened)
    address = left(specialist, table([files.application(1)]))
    assert specialist.get(address).status_code == 200
    assert specialist.get(f"/imports/problems/{run_of(web).id}/csv").status_code == 200


def test_more_rows_than_a_page_takes_are_refused_by_their_number(web, specialist, monkeypatch):
    monkeypatch.setitem(steps.MOST_ROWS, imports.ImportKind.applications, 2)
    rows = [files.application(n) for n in range(1, 4)]
    assert "2 шегінен асады" in specialist.get(brought(specialist, table(rows))).text
    assert run_of(web).problems == 1
    brought(specialist, table(rows[:2]))
    assert run_of(web).problems == 0


def test_a_file_that_is_too_large_is_refused_with_the_limit(web, specialist, monkeypatch):
    assert imports.MOST_MEGABYTES < transport.MOST_MEGABYTES
    with Tables(web).unchanged():
        for most, status in ((imports.MOST_MEGABYTES, 422), (transport.MOST_MEGABYTES, 413)):
            answer = bring(specialist, b"a" * (most * 1_000_000 + 1))
            assert answer.status_code == status and f"{most} МБ" in answer.text
            answer.request.input_stream.close()  # the test's own copy of what was sent


def test_without_a_file_or_with_a_kind_there_is_not_nothing_happens(web, specialist):
    with Tables(web).unchanged():
        assert specialist.post(BEGIN, {"kind": "applications", "place": ""}).status_code == 422
        assert bring(specialist, table([files.application(1)]), kind="__class__").status_code == 422
        assert bring(specialist, table([files.application(1)]), kind="").status_code == 422


@pytest.mark.parametrize(
    ("said", "kept"), [("../../etc/passwd", "passwd"), ("папка/тізім.csv", "тізім.csv"), ("ж" * 300, "ж" * 200)]
)
def test_the_name_of_a_file_is_only_shown(web, specialist, said, kept):
    brought(specialist, table([files.application(1)]), name=said)
    assert run_of(web).file_name == kept and "ж" not in run_of(web).file_key


def test_a_formula_in_a_title_or_a_cell_is_no_formula_in_the_file_of_problems(web, specialist, tmp_path):
    row = {"=HYPERLINK(1)": "1", **files.application(1, **{"Нөмірі": Formula("=1+1")})}
    brought(specialist, files.workbook(tmp_path / "list.xlsx", [row]).read_bytes(), name="list.xlsx")
    rows = told(specialist, run_of(web))
    assert [row[0].rpartition("!")[2] for row in rows] == ["A1", "B2"]
    assert rows[0][3] == "'=HYPERLINK(1)" and rows[1][3] == ""


@pytest.mark.parametrize("noun", ["applications", "kindergartens"])
def test_the_samples_are_there_to_take(department, noun):
    """That they come in as they are is seen in test_import."""
    for kind in ("xlsx", "csv"):
        sample = department.get(f"/imports/sample/{noun}/{kind}")
        assert sample.status_code == 200 and f"{noun}.{kind}" in sample.headers["Content-Disposition"]
        assert sample.data == (SAMPLES / f"{noun}.{kind}").read_bytes()
    for address in ("nouns/csv", f"{noun}/pdf", f"..%2f{noun}/csv"):
        assert department.get(f"/imports/sample/{address}").status_code == 404


def test_the_page_shows_every_column_that_is_read(specialist):
    page = specialist.get(BEGIN).text
    for columns in whole_file.COLUMNS.values():
        for column in columns:
            if column.read:
                assert f">{column.titles[0]}</td>" in page and f">{column.titles[1]}</td>" in page


def test_no_file_that_was_brought_is_served(web, specialist):
    before = count(web, Document)
    brought(specialist, table([files.application(1)]))
    run = run_of(web)
    for address in (f"/imports/file/{run.id}", f"/applications/paper/{run.id}", f"/static/../{run.file_key}"):
        assert specialist.get(address).status_code == 404
    assert count(web, Document) == before and count(web, ImportProblem) == 0
