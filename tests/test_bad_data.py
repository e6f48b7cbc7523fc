"""Bad data in scenarios and imports: a named refusal, or a warning accepted with a reason; nothing else changes.

What comes stands line by line in tests/bad_data.py; tests/views/test_bad_data_on_screen.py asks the screens.
"""

import json
import zipfile
from datetime import date

import pytest
from flask import current_app
from flask_babel import Babel, force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config
from app.actions import privileges, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.imports import applications as journal
from app.imports.command import bring_in, report
from app.imports.outcome import Places
from app.models import Application, Audience, Change, Child, Notice, PrivilegeGround, Unit
from app.scenarios.checking import read
from app.scenarios.player import play
from app.scenarios.reading import FileWrong
from app.spreadsheets.reading import Sheet, letters
from app.words.problems import SENTENCES
from tests import factories, files
from tests.bad_data import BORN, DOUBTFUL, KNOWN, KNOWN_NAME, NAME, NEW_CHILD, PARENT, of, on_record, the_known_one
from tests.factories import DEPARTMENT, at

NOW = at("2026-04-13T10:00")


def rows_of_people():
    """What no refusal may change: applications, children and the history."""
    return [db.session.scalar(db.select(db.func.count()).select_from(model)) for model in (Application, Child, Change)]


# ---------------------------------------------------------------- scenarios


@pytest.fixture
def town(app):
    """A district where one application is known."""
    place = factories.district()
    the_known_one(place)
    db.session.commit()
    return place


def scenario(said, error=None, reason=None):
    """A file that puts one child into the queue beside the known one."""
    new = {"ref": "new", "place": "d", "child": {"iin": said.get("iin", NEW_CHILD)}}
    new |= {"number": said["number"]} if "number" in said else {}
    for name in ("born_on", "sex"):
        new["child"] |= {name: str(said[name])} if name in said else {}
    step = {"at": "2026-04-13T10:00", "do": "register", "by": "operator", "application": new}
    step |= {"error": error} if error else {}
    step |= {"reason": reason} if reason else {}
    known = {"ref": "known", "number": KNOWN, "place": "d", "child": {"born_on": str(BORN)}}
    return json.dumps(
        {
            "title": "Жаман дерек",
            "places": [{"ref": "d", "kind": "district", "name": "Көкшетау қаласы"}],
            "applications": [known | {"queued_at": "2026-04-02T09:00"}],
            "steps": [step],
        }
    )


@pytest.mark.parametrize("line", of("player"), ids=str)
def test_a_scenario_is_refused_by_name_and_nothing_enters(app, line):
    played = play(read(scenario(line.said, line.refusal)))
    assert played.failed == []
    assert played.state["d"]["waiting"] == 1
    assert rows_of_people()[:2] == [1, 1]


@pytest.mark.parametrize("line", of("player", DOUBTFUL), ids=str)
def test_a_scenario_accepts_a_warning_with_a_reason(app, line):
    assert play(read(scenario(line.said, reason="куәлік"))).failed == []
    assert on_record()[0] == "куәлік"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"number": "7" * 61}, "is too long"),
        ({"number": "ОДО\0"}, "cannot be kept"),
        ({"number": "ОДО\ud800"}, "cannot be kept"),
        ({"born_on": "2022-02-30"}, "not a day"),
        ({"sex": "boy"}, "not one of"),
    ],
)
def test_a_scenario_that_cannot_be_written_so_is_named_with_its_place(said, message):
    with pytest.raises(FileWrong, match=message):
        read(scenario(said))


def test_a_scenario_without_a_birthday_or_with_one_that_no_iin_has_is_named():
    for child, message in (
        ({"sex": "male"}, "missing: born_on"),
        ({"born_on": "1700-01-01"}, "no IIN has this birthday"),
        ({"born_on": "2100-01-01"}, "no IIN has this birthday"),
    ):
        text = json.loads(scenario({}))
        text["steps"][0]["application"]["child"] = child
        with pytest.raises(FileWrong, match=message):
            read(json.dumps(text))


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_number_of_blanks_in_a_scenario_is_no_number(app, blank):
    assert play(read(scenario({"number": blank}, "bad_number"))).failed == []


# ---------------------------------------------------------------- import


TITLES = {"number": "Нөмірі", "iin": "Баланың ЖСН", "born_on": "Туған күні", "applicant_iin": "Өтініш берушінің ЖСН"}


def row(said):
    """A line of a journal with what is said instead; the sex in the journal's own words."""
    cells = {TITLES[name]: value for name, value in said.items() if name in TITLES}
    cells |= {"Жынысы": {"male": "ұл", "": ""}[said.get("sex", "")], "Негіздеме": said.get("reason", "")}
    cells["Баланың Т.А.Ә."] = " ".join(said.get("name", NAME))
    usual = {"Нөмірі": "ОДО.2026.300", "Баланың ЖСН": NEW_CHILD, "Өтініш берушінің ЖСН": PARENT, "Туған күні": BORN}
    when = {"Тіркеу күні мен уақыты": at("2026-04-07T11:21").replace(tzinfo=None)}
    return files.application(1, **(usual | when | cells))


def bring(tmp_path, *rows, **more):
    path = files.workbook(tmp_path / "list.xlsx", list(rows))
    return bring_in("applications", path, by=DEPARTMENT, at=NOW, **more)


@pytest.mark.parametrize("line", of("import"), ids=str)
def test_an_import_names_the_cell_and_nothing_is_written(town, tmp_path, line):
    before, told = rows_of_people(), row(line.said)
    outcome = bring(tmp_path, told)
    if line.cell is None:  # spec 3.2: imports keep older ones, archived
        assert (outcome.added, outcome.problems) == (1, [])
        assert db.session.scalars(db.select(Application).order_by(Application.id.desc())).first().status == "archived"
        return
    title, problem = line.cell
    cell = f"{letters(list(told).index(title) + 1)}2"
    assert [(found.cell.rpartition("!")[2], found.name) for found in outcome.problems] == [(cell, problem)]
    assert rows_of_people() == before


@pytest.mark.parametrize("line", of("import", DOUBTFUL), ids=str)
def test_an_import_takes_a_warning_with_the_reason_of_its_line(town, tmp_path, line):
    told = row(line.said | {"reason": "Туу туралы куәлік"})
    assert (bring(tmp_path, told).added, bring(tmp_path, told).same) == (1, 1)
    assert on_record()[0] == "Туу туралы куәлік"


def test_an_import_brings_a_namesake_in_and_says_so_once(town, tmp_path):
    outcome = bring(tmp_path, row({"name": KNOWN_NAME}))
    assert (outcome.added, outcome.problems) == (1, [])
    assert [(found.cell, found.name) for found in outcome.warnings] == [("Парақ1!C2", "namesake")]
    with town_language("en"):
        _sheet, first, *_, last = report(outcome)
    assert first.startswith("Парақ1!C2: A child of this name") and last == "1 added, 0 changed, 0 as before."
    assert bring(tmp_path, row({"name": KNOWN_NAME})).warnings == []


def test_an_import_does_not_warn_of_a_namesake_that_it_explains(town, tmp_path):
    assert bring(tmp_path, row({"name": KNOWN_NAME, "reason": "Екі бөлек бала"})).warnings == []


def test_two_namesakes_of_one_file_are_both_said(town, tmp_path):
    other = files.child_iin(77)
    second = row({"number": "ОДО.2026.301", "iin": other, "applicant_iin": files.parent_iin(77)})
    warned = [found.cell for found in bring(tmp_path, row({}), second).warnings]
    assert warned == ["Парақ1!C2", "Парақ1!C3"]


def test_a_cell_with_a_character_that_no_database_keeps_is_named(town, tmp_path):
    """Excel writes a sign that XML has not as _x0000_, and reads it back as that sign."""
    for title, cell in (("Нөмірі", "A2"), ("Баланың Т.А.Ә.", "C2"), ("Негіздеме", "M2")):
        path = files.workbook(tmp_path / "list.xlsx", [row({}) | {title: "Ойдан Ба@ла"}])
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "sign.xlsx", "w") as new:
            for part in old.namelist():
                new.writestr(part, old.read(part).replace(b"@\xd0\xbb", b"_x0000_\xd0\xbb"))
        outcome = bring_in("applications", tmp_path / "sign.xlsx", by=DEPARTMENT, at=NOW)
        assert [(found.cell.rpartition("!")[2], found.name) for found in outcome.problems] == [(cell, "unkept")]


# ---------------------------------------------------------------- what is due is done before a list is compared


def test_an_import_does_first_what_the_clock_has_not_come_to(town, tmp_path):
    """Spec 3.1: a late clock changes nothing. A certificate ran out: a list that knows of none is right."""
    waiting = row({"number": "ОДО.2026.300"})
    assert bring(tmp_path, waiting).added == 1
    last = db.select(Application).where(Application.number == "ОДО.2026.300")
    application = db.session.scalars(last).one()
    paper = privileges.Paper("Анықтама", date(2026, 3, 1))
    military = PrivilegeGround.military
    privileges.claim(application, military, papers=[paper], by=factories.family(application), at=at("2026-03-02T10:00"))
    privileges.confirm(application, by=DEPARTMENT, at=at("2026-03-02T11:00"))
    db.session.commit()
    assert application.privilege is not None
    outcome = bring(tmp_path, waiting)  # it says "without privilege", and it is right
    assert (outcome.problems, outcome.same) == ([], 1)
    assert db.session.scalars(last).one().privilege is None


def test_an_import_does_what_is_due_for_children_that_it_does_not_name(town, tmp_path):
    """Spec 3.1: the place that a verb touches. Somebody reached six before; the list comes with somebody else."""
    old = factories.application(town, date(2020, 4, 5), queued_at=at("2026-04-02T10:00"))
    db.session.commit()
    assert bring(tmp_path, row({}), dry_run=True).added == 1
    assert db.session.get_one(Application, old.id).status == "queued"  # a dry run writes nothing
    assert bring(tmp_path, row({})).added == 1
    assert db.session.get_one(Application, old.id).status == "archived"


def test_an_import_without_a_calendar_waits_with_the_terms_and_brings_in_the_rest(town, tmp_path):
    """Spec 3.1: one effect waits for the calendar and is shown to the department, all else goes on."""
    place = factories.norm("voucher.stop_list", "10", Unit.WD, town, since=date(2031, 1, 1)).place
    factories.vacancy(factories.group(factories.kindergarten(place), years=(2028, 2028)), places=1)
    late = factories.application(place, date(2028, 10, 1), queued_at=at("2031-12-15T10:00"))
    vouchers.issue_out_of_turn(late, by=DEPARTMENT, at=at("2031-12-22T10:00"), reason="кезектен тыс")
    db.session.commit()
    path = files.workbook(tmp_path / "list.xlsx", [row({}) | {"Баланың ЖСН": files.child_iin(3, date(2029, 5, 5))}])
    outcome = bring_in("applications", path, by=DEPARTMENT, at=at("2032-01-05T10:00"))
    assert [found.name for found in outcome.problems] == ["born_otherwise"]  # of its own, and nothing of the calendar
    path = files.workbook(
        tmp_path / "list.xlsx",
        [
            row({"born_on": date(2029, 5, 5), "iin": files.child_iin(3, date(2029, 5, 5))})
            | {"Тіркеу күні мен уақыты": at("2031-12-07T11:21").replace(tzinfo=None)}
        ],
    )
    assert bring_in("applications", path, by=DEPARTMENT, at=at("2032-01-05T10:00")).added == 1
    told = db.session.scalars(db.select(Notice).where(Notice.template == "no_calendar")).one()
    assert (told.application_id, told.facts, told.audience) == (late.id, {"year": 2032}, Audience.department)


@pytest.mark.parametrize(
    ("title", "near"),
    [
        ("Нөмір", "Нөмірі"),
        ("ИИН ребенкаа", "ИИН ребёнка"),
        ("Туылған күні", "Туған күні"),
        ("Гражданство заявителя", ""),
    ],
)
def test_a_title_that_is_not_known_gets_the_nearest_one(town, tmp_path, title, near):
    (problem,) = bring(tmp_path, row({}) | {title: "x"}).problems
    assert problem.name == "unknown_column"
    assert problem.facts["near"] == near or (not near and problem.facts["near"] in TITLES_KNOWN)


TITLES_KNOWN = {title for column in journal.COLUMNS for title in column.titles}

CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=70) | st.integers() | st.floats() | st.booleans()
CELL |= (
    st.dates() | st.datetimes() | st.sampled_from(["ΐ" * 80, "ﷺ" * 60, "1а" * 30, "=1+1", "\0", 1e300, float("nan")])
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.dictionaries(st.sampled_from(sorted(row({}))), CELL, min_size=1, max_size=4), title=st.text(max_size=40)
)
def test_whatever_stands_in_a_cell_is_taken_or_named(town, cells, title):
    """What the reader gives of a workbook's cells, before anything is understood of them; a title of any kind too."""
    told = row({}) | cells | {title: "бірдеңе"}
    sheet = Sheet("Парақ1", [list(told), list(told.values())])
    before = rows_of_people()
    try:
        with transaction():
            outcome = journal.bring_in(sheet, Places(None), by=DEPARTMENT, at=NOW)
            raise Undone
    except Undone:
        assert outcome.problems or outcome.added + outcome.changed == 1
        assert {found.name for found in outcome.problems} <= set(SENTENCES)
    assert rows_of_people() == before


class Undone(Exception):
    pass


def town_language(language):

    if "babel" not in current_app.extensions:
        Babel(current_app, default_translation_directories=str(config.ROOT / "translations"))
    return force_locale(language)
