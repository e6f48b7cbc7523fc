"""Older lists: all that is wrong is named with its cell, and then nothing is written; what is right comes once."""

import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.actions import vouchers
from app.db.extensions import db
from app.imports import applications, declared, export
from app.imports.columns import MatchedTable
from app.imports.command import bring_in
from app.imports.vocabulary import plain
from app.imports.whole_file import COLUMNS
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Enrolment,
    ImportKind,
    KgGroup,
    Kindergarten,
    Language,
    Notice,
    Seat,
    Sex,
    Vacancy,
)
from app.registers.declaration import Field, SomeOf
from app.registers.kindergartens import KINDERGARTENS
from app.rules import iin
from app.rules.registration_numbers import fold
from app.spreadsheets import writing
from app.spreadsheets.reading import letters, parse, read
from app.words.problems import SENTENCES, Wrong
from tests import files
from tests.factories import DEPARTMENT, at, district
from tests.factories import application as registered
from tests.files import Formula, comma_separated, workbook
from tools import samples

NOW = at("2026-04-08T09:00")
SAMPLES = Path(__file__).resolve().parent.parent / "samples"
IIN = files.child_iin(900)


def with_check_digit(first11):
    return f"{first11}{iin.check_digit(first11)}"


# title, what is written there instead, the problem
BAD_APPLICATIONS = [
    ("Нөмірі", "", "empty_cell"),
    ("Нөмірі", "---", "number_form"),
    ("Нөмірі", "7" * 61, "long_text"),
    ("Нөмірі", True, "text_expected"),
    ("Баланың ЖСН", "", "empty_cell"),
    ("Баланың ЖСН", 22091760012, "iin_form"),
    ("Баланың ЖСН", IIN[:-1] + str((int(IIN[-1]) + 1) % 10), "iin_check_digit"),
    ("Баланың ЖСН", "22-09-17", "iin_form"),
    ("Баланың ЖСН", "1,80917E+11", "iin_rounded"),
    ("Баланың ЖСН", with_check_digit("22091790001"), "iin_century"),
    ("Баланың ЖСН", with_check_digit("22139960001"), "iin_birth_date"),
    ("Баланың Т.А.Ә.", "Ойдан Бала2", "name_signs"),
    ("Баланың Т.А.Ә.", "Ван дер Берг Анна", "name_parts"),
    ("Баланың Т.А.Ә.", "Ойдан Бала😀", "no_glyph"),
    ("Баланың Т.А.Ә.", "Ойдан Ба\u200bла", "invisible"),
    ("Баланың Т.А.Ә.", "Ойдан\nБала", "line_break"),
    ("Баланың Т.А.Ә.", "Ы" * 81 + " Бала", "long_text"),
    ("Туған күні", date(2022, 9, 18), "born_otherwise"),
    ("Туған күні", "17 қыркүйек", "not_a_day"),
    ("Туған күні", "31.02.2022", "not_a_day"),
    ("Туған күні", 7, "not_a_day"),
    ("Өтініш берушінің ЖСН", "930818", "iin_form"),
    ("Тіркеу күні мен уақыты", "", "empty_cell"),
    ("Тіркеу күні мен уақыты", "кеше", "not_a_moment"),
    ("Тіркеу күні мен уақыты", "07.04.2026 25:00", "not_a_moment"),
    ("Тіркеу күні мен уақыты", "09.04.2026", "future"),
    ("Тіркеу күні мен уақыты", "16.09.2022", "before_birth"),
    ("Статустар", "Күтуде", "unknown_word"),
    ("Статустар", "Ваучер берілді", "under_way"),
    ("Жеңілдік түрі", "иә", "unknown_word"),
    ("Телефон нөмірі", "12345", "phone"),
    ("Телефон нөмірі", "87758759999 үй", "phone"),
    ("Email", "ana.example.org", "email"),
    ("Аудан/қала", "Алматы", "place_unknown"),
    ("Аудан/қала", "", "place_missing"),
]
BAD_KINDERGARTENS = [
    ("Тіл", "", "empty_cell"),
    ("Тіл", "қытайша", "unknown_word"),
    ("Мектеп нысаны", "ортақ", "unknown_word"),
    ("Мектепке дейінгі ұйымның атауы", "Б" * 201, "long_text"),
    ("Қабылдау режимі", "кейде", "unknown_word"),
    ("Қабылдау режимі", "Уақытша болу", "ends_on_missing"),
    ("Телефон нөмірі", "жоқ", "phone"),
    ("Бос орындар саны", "көп", "not_whole"),
    ("Бос орындар саны", -1, "not_whole"),
    ("Бос орындар саны", 2.5, "not_whole"),
    ("Бос орындар саны", 6, "over_capacity"),
    ("Аяқталу күні", date(2026, 4, 30), "ends_on_general"),
    ("Туған жылдары", "", "empty_cell"),
    ("Туған жылдары", "3-4 жас", "not_years"),
    ("Туған жылдары", "2022-2021", "not_years"),
    ("Сыйымдылығы", "", "empty_cell"),
    ("Сыйымдылығы", 1000, "not_whole"),
    ("Жүріп жатқан балалар саны", 30, "over_capacity"),
    ("Түрі", "мектеп", "unknown_word"),
    ("Мемлекеттік тапсырыс", "мүмкін", "unknown_word"),
    ("БСН", "180940000001", "bin"),
    ("Аудан/қала", "Атлантида", "place_unknown"),
]
WHERE_ELSE = {"over_capacity": "Бос орындар саны", "ends_on_missing": "Аяқталу күні"}


@pytest.fixture
def town(app):
    place = district()
    db.session.commit()
    return place


@pytest.fixture(params=[workbook, comma_separated], ids=["xlsx", "csv"])
def write(request, tmp_path):
    suffix = "xlsx" if request.param is workbook else "csv"
    return lambda rows, name="list": request.param(tmp_path / f"{name}.{suffix}", rows)


def bring(kind, path, **more):
    return bring_in(kind, path, by=DEPARTMENT, at=NOW, **more)


def named(outcome):
    """(cell, problem) of all that is wrong; the sheet is left out."""
    return [(problem.cell.rpartition("!")[2], problem.name) for problem in outcome.problems]


def count(model):
    return db.session.scalar(db.select(db.func.count()).select_from(model))


def spoilt(make_row, bad):
    """Right rows, each with one bad cell, and the cells and problems that a report must name."""
    rows = [make_row(number, **{title: value}) for number, (title, value, _) in enumerate(bad, 1)]
    titles = list(rows[0])
    cells = [
        (f"{letters(titles.index(WHERE_ELSE.get(problem, title)) + 1)}{number}", problem)
        for number, (title, _, problem) in enumerate(bad, 2)
    ]
    return rows, cells


def test_every_bad_cell_of_a_journal_is_named_at_once_and_nothing_is_written(town, write):
    rows, cells = spoilt(files.application, [bad for bad in BAD_APPLICATIONS if bad[1] is not True])
    outcome = bring("applications", write([*rows, files.application(99)]))
    assert set(named(outcome)) ^ set(cells) == set()
    assert len(outcome.problems) == len(cells)
    assert (count(Application), count(Change)) == (0, 0)


def test_every_bad_cell_of_a_list_of_kindergartens_is_named_at_once_and_nothing_is_written(town, write):
    rows, cells = spoilt(files.kindergarten, BAD_KINDERGARTENS)
    assert sorted(named(bring("kindergartens", write([*rows, files.kindergarten(99)])))) == sorted(cells)
    assert (count(Kindergarten), count(Change)) == (0, 0)


def test_together_they_are_more_than_forty():
    assert len(BAD_APPLICATIONS) + len(BAD_KINDERGARTENS) + len(BAD_FILES) > 60


# ---------------------------------------------------------------- what one row says against another, or the record


def test_a_number_or_a_child_twice_names_the_other_cell(town, write):
    twin = files.application(1, **{"Нөмірі": "ODO-2026-1", "Баланың ЖСН": files.child_iin(5)})
    again = files.application(3, **{"Баланың ЖСН": files.child_iin(2), "Баланың Т.А.Ә.": "Ойдан Бала"})
    outcome = bring("applications", write([files.application(1), files.application(2), twin, again]))
    assert named(outcome) == [("A4", "number_twice"), ("B5", "child_twice"), ("C5", "person_differs")]
    assert [problem.facts["cell"].rpartition("!")[2] for problem in outcome.problems] == ["A2", "B3", "C3"]


def test_one_person_in_two_ways_names_the_other_cell(town, write):
    same = {"Өтініш берушінің ЖСН": files.parent_iin(1), "Өтініш берушінің Т.А.Ә.": "Басқа Ана"}
    assert named(bring("applications", write([files.application(1), files.application(2, **same)]))) == [
        ("F3", "person_differs")
    ]


def test_one_applicant_is_reached_otherwise_about_each_child(town, write):
    same = {"Өтініш берушінің ЖСН": files.parent_iin(1), "Email": "basqa@example.org"}
    assert bring("applications", write([files.application(1), files.application(2, **same)])).added == 2
    told = db.session.execute(db.select(Application.email).order_by(Application.id)).scalars()
    assert list(told) == ["ana@example.org", "basqa@example.org"]


def test_a_child_as_its_own_applicant_is_refused(town, write):
    row = files.application(1, **{"Өтініш берушінің ЖСН": files.child_iin(1)})
    assert named(bring("applications", write([row]))) == [("E2", "same_person")]


def test_a_child_that_waits_in_another_district_and_a_number_of_another_child_are_refused(town, write):
    district("Степногорск қаласы")
    db.session.commit()
    assert bring("applications", write([files.application(1), files.application(2)])).added == 2
    elsewhere = files.application(3, **{"Баланың ЖСН": files.child_iin(1), "Аудан/қала": "г. Степногорск"})
    taken = files.application(2, **{"Баланың ЖСН": files.child_iin(7), "Аудан/қала": "КӨКШЕТАУ  қаласы"})
    elsewhere["Баланың Т.А.Ә."], taken["Баланың Т.А.Ә."] = "Ойдан Бала Нөмірі", "Басқа Бала"
    outcome = bring("applications", write([taken, elsewhere]))
    assert named(outcome) == [("A2", "number_taken"), ("B3", "child_waiting")]


def test_rows_of_one_kindergarten_or_group_must_agree(town, write):
    rows = [
        files.kindergarten(1),
        files.kindergarten(1, **{"Топ": "Жұлдыз", "Телефон нөмірі": "+7 (771) 625-09-16"}),
        files.kindergarten(1, **{"Қабылдау режимі": "Уақытша болу", "Аяқталу күні": date(2026, 4, 30)})
        | {"Сыйымдылығы": 30},
        files.kindergarten(1),
    ]
    assert named(bring("kindergartens", write(rows))) == [("E3", "differs"), ("J4", "differs"), ("H5", "group_twice")]


def test_no_file_takes_the_place_that_a_family_needs(town, write):
    bring("kindergartens", write([files.kindergarten(1)]))
    registered(town)
    vouchers.issue_round(town.id, by=DEPARTMENT, at=NOW)
    others = files.kindergarten(1, **{"Туған жылдары": "2023"})
    private = files.kindergarten(1, **{"Мектеп нысаны": "Жеке меншік"})
    for row, cell in ((others, "I2"), (private, "B2")):
        outcome = bring("kindergartens", write([row]))
        assert named(outcome) == [(cell, "families_hold")]
        assert outcome.problems[0].facts == {"families": 1}


def test_what_the_record_refuses_is_named_with_its_cell(town, write):
    assert bring("kindergartens", write([files.kindergarten(1), files.kindergarten(2)])).added == 2
    fewer = files.kindergarten(1, **{"Бос орындар саны": 2})
    smaller = files.kindergarten(2, **{"Сыйымдылығы": 22, "Жүріп жатқан балалар саны": 19})
    special = files.kindergarten(2, **{"Топ": "Жұлдыз", "Түрі": "арнайы"})
    over = {"Топ": "Айгүл", "Қабылдау режимі": "Уақытша болу", "Аяқталу күні": date(2026, 4, 7)}
    assert named(bring("kindergartens", write([fewer]))) == [("F2", "fewer_places")]
    assert named(bring("kindergartens", write([smaller]))) == [("J2", "places_are_held")]
    assert named(bring("kindergartens", write([special]))) == [("L2", "kind_is_used")]
    assert named(bring("kindergartens", write([files.kindergarten(3, **over)]))) == [("G2", "place_over")]


def test_a_day_in_the_queue_changes_for_a_reason_only(town, write):
    bring("applications", write([files.application(1)]))
    earlier = files.application(1, **{"Тіркеу күні мен уақыты": datetime.fromisoformat("2025-01-09 10:00:00")})
    assert named(bring("applications", write([earlier]))) == [("G2", "needs_reason")]
    told = write([earlier | {"Негіздеме": "Сот шешімі"}])
    assert (bring("applications", told).changed, bring("applications", told).changed) == (1, 0)
    change = db.session.scalars(db.select(Change).where(Change.verb == "change")).one()
    assert (change.reason, set(change.details)) == ("Сот шешімі", {"queued_at"})
    assert db.session.scalars(db.select(Application)).one().queued_at == at("2025-01-09T10:00:00")


# ---------------------------------------------------------------- exact, near, another one (spec 3.9)


def asked(outcome):
    """(cell, question, its key) of all that a file asks."""
    return [(one.cell.rpartition("!")[2], one.name, one.facts.get("key")) for one in outcome.problems]


NAME = "Мектепке дейінгі ұйымның атауы"
TWO_NAMES = [("Мини-центр № 1-2", "Мини-центр № 12"), ("№ 1 бала бақша", "№ 11 бала бақша"), ("Арман 2", "Арман 3")]


@pytest.mark.parametrize("names", TWO_NAMES, ids=str)
def test_kindergartens_of_two_numbers_are_two(town, write, names):
    for name in names:
        outcome = bring("kindergartens", write([files.kindergarten(1, **{NAME: name})]))
        assert (outcome.added, outcome.problems) == (1, [])
    assert sorted(db.session.scalars(db.select(Kindergarten.name))) == sorted(names)


def test_groups_of_two_numbers_are_two(town, write):
    for group in ("1-2", "12"):
        assert bring("kindergartens", write([files.kindergarten(1, **{"Топ": group})])).added == 1
    assert (count(Kindergarten), count(KgGroup)) == (1, 2)


@pytest.mark.parametrize("written", ['№ 1 "Балапан"', "№1   “балапан”", "№ 1 «БАЛАПАН»"])
def test_kinds_of_quotes_blanks_and_case_are_no_other_name(town, write, written):
    bring("kindergartens", write([files.kindergarten(1)]))
    again = bring("kindergartens", write([files.kindergarten(1, **{NAME: written})]))
    assert (again.same, again.problems, count(Kindergarten)) == (1, [], 1)


ALIKE = ["№1 «Бaлапан»", "№1 Балапан", "№1 «Балапан»."]


@pytest.mark.parametrize("written", ALIKE)
def test_a_kindergarten_that_is_called_almost_so_is_asked_about_and_is_what_the_answer_says(town, write, written):
    bring("kindergartens", write([files.kindergarten(1)]))
    path = write([files.kindergarten(1, **{NAME: written})])
    outcome = bring("kindergartens", path)
    ((cell, question, key),) = asked(outcome)
    assert (cell, question, outcome.problems[0].facts["other"]) == ("C2", "near_kindergarten", "№1 «Балапан»")
    same = bring("kindergartens", path, answers={key: "same"})
    assert (same.same, same.problems) == (1, [])
    assert db.session.scalars(db.select(Kindergarten.name)).all() == ["№1 «Балапан»"], "nothing is renamed by a file"
    assert bring("kindergartens", path, answers={key: "other"}).added == 1
    assert count(Kindergarten) == 2


def test_two_rows_of_one_file_that_are_called_almost_so_are_asked_about_once(town, write):
    rows = [files.kindergarten(1), *(files.kindergarten(1, **{NAME: ALIKE[0], "Топ": one}) for one in ("а", "б"))]
    assert [(cell, question) for cell, question, _ in asked(bring("kindergartens", write(rows)))] == [
        ("C3", "near_kindergarten")
    ]


def test_a_group_that_is_called_almost_so_is_asked_about(town, write):
    bring("kindergartens", write([files.kindergarten(1)]))
    path = write([files.kindergarten(1, **{"Топ": "Күншуaқ"})])
    ((cell, question, key),) = asked(bring("kindergartens", path))
    assert (cell, question) == ("H2", "near_group")
    assert (bring("kindergartens", path, answers={key: "same"}).same, count(KgGroup)) == (1, 1)
    assert (bring("kindergartens", path, answers={key: "other"}).added, count(KgGroup)) == (1, 2)


@pytest.mark.parametrize("written", ["Көкшетау", "Көкшетау ауданы", "Kөкшетау қаласы", "Кокшетау"])
def test_a_place_that_is_called_almost_so_is_asked_about_once(town, write, written):
    path = write([files.application(n, **{"Аудан/қала": written}) for n in (1, 2)])
    ((_cell, question, key),) = asked(bring("applications", path))
    assert (question, key) == ("near_place", f"near_place:{written}")
    assert {name for _, name in named(bring("applications", path, answers={key: "other"}))} == {"place_unknown"}
    assert bring("applications", path, answers={key: "same"}).added == 2


@pytest.mark.parametrize(
    "written", ["Көкшетау қаласы", "КӨКШЕТАУ ҚАЛАСЫ", "г. Көкшетау", "город Көкшетау", "Көкшетау қ."]
)
def test_a_city_is_known_in_either_language(town, write, written):
    assert bring("applications", write([files.application(1, **{"Аудан/қала": written})])).added == 1


def test_the_command_says_how_a_question_is_answered(town, tmp_path, app):
    path = workbook(tmp_path / "list.xlsx", [files.application(1, **{"Аудан/қала": "Көкшетау"})])
    command = ["import", "applications", str(path), "--language", "en"]
    said = app.test_cli_runner().invoke(args=command)
    assert (said.exit_code, "--answer 'near_place:Көкшетау=same'" in said.output) == (1, True)
    told = app.test_cli_runner().invoke(args=[*command, "--answer", "near_place:Көкшетау=same"])
    assert (told.exit_code, "1 added" in told.output) == (0, True)


def test_a_child_whose_iin_is_another_one_now_is_a_correction_with_a_reason(town, write):
    bring("applications", write([files.application(1)]))
    corrected = files.application(1, **{"Баланың ЖСН": files.child_iin(7)})
    assert named(bring("applications", write([corrected]))) == [("B2", "iin_otherwise")]
    assert bring("applications", write([corrected | {"Негіздеме": "Туу туралы куәлік"}])).changed == 1
    assert db.session.scalars(db.select(Application)).one().child_iin == files.child_iin(7)


# ---------------------------------------------------------------- files that are no tables, and titles

WIDE = ";".join(f"Баған {n}" for n in range(100_000))
BAD_FILES = [
    ("list.csv", b"", "empty"),
    ("list.csv", b"\n;;;\n  ; \n", "empty"),
    ("list.csv", bytes(range(1, 256)), "not_utf8"),
    ("list.csv", b"\0\0\0", "not_a_table"),
    ("list.csv", "Нөмірі;Баланың ЖСН".encode("cp1251", "replace"), "not_utf8"),
    ("list.csv", WIDE.encode(), "too_wide"),
    ("list.csv", b"a\n" * 60_000, "too_long"),
    ("list.xlsx", b"PK\x03\x04 and nothing more", "not_a_table"),
    ("list.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_workbook"),
]


@pytest.mark.parametrize(("name", "data", "problem"), BAD_FILES, ids=range(len(BAD_FILES)))
@pytest.mark.parametrize("what", ["kindergartens", "applications"])
def test_a_file_that_is_no_table_is_named(town, tmp_path, what, name, data, problem):
    path = tmp_path / name
    path.write_bytes(data)
    assert named(bring(what, path)) == [(name, problem)]


def test_a_zip_that_is_no_workbook_and_a_workbook_cut_short_are_named(town, tmp_path):
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.writestr("хат.txt", "сәлем")
    whole = workbook(tmp_path / "list.xlsx", [files.application(1)]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    for name, said in (("list.zip", "archive"), ("cut.xlsx", "not_a_table")):
        assert named(bring("applications", tmp_path / name)) == [(name, said)]


@pytest.mark.parametrize(("cell", "problem"), [("XFD1048576", "too_long"), ("XFD3", "too_wide")])
def test_one_cell_far_away_takes_no_memory(town, tmp_path, cell, problem):
    path = workbook(tmp_path / "list.xlsx", [files.application(1)])
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "far.xlsx", "w") as new:
        for part in old.namelist():
            text = old.read(part)
            if part.endswith("sheet1.xml"):
                far = f'<row r="{cell[3:]}"><c r="{cell}"><v>1</v></c></row></sheetData>'
                text = text.replace(b"</sheetData>", far.encode())
            new.writestr(part, text)
    assert named(bring("applications", tmp_path / "far.xlsx")) == [("far.xlsx", "too_wide")]


@settings(max_examples=150)
@given(st.data())
def test_a_file_broken_anywhere_is_read_or_named_never_more(data):
    """Bytes of a sample's parts are changed, cut out and put in; the reader knows one exception."""
    with zipfile.ZipFile(SAMPLES / data.draw(st.sampled_from(["applications.xlsx", "kindergartens.xlsx"]))) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    hit = data.draw(st.sampled_from(sorted(parts)))
    first = data.draw(st.integers(0, len(parts[hit])))
    parts[hit] = parts[hit][:first] + data.draw(st.binary(max_size=9)) + parts[hit][first + data.draw(SOME) :]
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(Path(folder) / "list.xlsx", "w") as broken:
            for name, text in parts.items():
                broken.writestr(name, text)
        try:
            table = MatchedTable(read(Path(folder) / "list.xlsx"), applications.COLUMNS)
        except Wrong as wrong:
            assert wrong.name in SENTENCES
        else:
            assert all(problem.name in SENTENCES for row in table.rows() for problem in row.table.problems)


SOME = st.integers(0, 12)


def test_titles_are_matched_whatever_their_case_spaces_order_and_language(town, tmp_path):
    row = files.application(1)
    told = {
        "ИИН  РЕБЕНКА": row["Баланың ЖСН"],
        "фио ребёнка": row["Баланың Т.А.Ә."],
        "НОМЕР": row["Нөмірі"],
        "Номер очереди": 17,
        "Дата создания ": row["Тіркеу күні мен уақыты"],
        "ИИН заявителя": row["Өтініш берушінің ЖСН"],
        "ФИО заявителя": row["Өтініш берушінің Т.А.Ә."],
        "E-mail": row["Email"],
        "Район / город": "город Көкшетау",
    }
    assert bring("applications", comma_separated(tmp_path / "ru.csv", [told], between=",")).added == 1
    assert bring("applications", workbook(tmp_path / "kk.xlsx", [row])).changed == 1  # the phone is new


def test_titles_that_are_unknown_missing_doubled_or_empty_are_named(town, tmp_path):
    row = files.application(1) | {"Тотемі": "бүркіт", "Номер": "x", "": "артық"}
    del row["Баланың Т.А.Ә."]
    outcome = bring("applications", workbook(tmp_path / "list.xlsx", [row]))
    assert named(outcome) == [
        ("A1", "missing_column"),
        ("M1", "unknown_column"),
        ("N1", "column_twice"),
        ("O1", "untitled_column"),
    ]


@pytest.mark.parametrize("columns", COLUMNS.values(), ids=map(str, COLUMNS))
def test_no_title_means_two_columns(columns):
    titles = [plain(title) for column in columns for title in {plain(title): title for title in column.titles}.values()]
    assert len(titles) == len(set(titles))


def test_a_place_or_a_day_that_the_whole_file_lacks_is_named_once(town, tmp_path):
    rows = [files.application(1), files.application(2)]
    for row in rows:
        del row["Аудан/қала"], row["Тіркеу күні мен уақыты"]
    path = workbook(tmp_path / "list.xlsx", rows)
    assert named(bring("applications", path)) == [("A1", "place_missing"), ("A1", "missing_column")]


def test_formulas_and_errors_of_excel_are_named(town, tmp_path):
    formula = files.application(1, **{"Нөмірі": Formula("=1+1")})
    rows = [formula, files.application(2, **{"Телефон нөмірі": Formula("=A2")})]
    assert named(bring("applications", workbook(tmp_path / "list.xlsx", rows, sheet="Бірінші бет"))) == [
        ("A2", "formula"),
        ("J3", "formula"),
    ]
    text = files.application(1, **{"Нөмірі": "=1+1"})
    assert named(bring("applications", comma_separated(tmp_path / "list.csv", [text]))) == [("A2", "formula")]


def test_a_cell_is_named_as_excel_names_it(town, tmp_path):
    row = files.application(1, **{"Баланың ЖСН": "7"})
    (problem,) = bring("applications", workbook(tmp_path / "list.xlsx", [row], sheet="Бірінші бет")).problems
    assert problem.cell == "'Бірінші бет'!B2"


# ---------------------------------------------------------------- what is right comes in, once


def test_the_same_file_a_second_time_changes_nothing_and_leaves_no_history(town, write):
    for kind, make_row in (("kindergartens", files.kindergarten), ("applications", files.application)):
        path = write([make_row(1), make_row(2)], kind)
        first, history = bring(kind, path), count(Change)
        again = bring(kind, path)
        assert (first.added, first.changed, first.problems) == (2, 0, [])
        assert (again.added, again.changed, again.same, count(Change)) == (0, 0, 2, history)


@pytest.mark.parametrize(
    ("of", "make_row", "title", "value"),
    [
        ("applications", files.application, "Телефон нөмірі", "+7 (701) 000-00-01"),
        ("kindergartens", files.kindergarten, "Телефон нөмірі", "+7 (701) 000-00-01"),
        ("kindergartens", files.kindergarten, "Сыйымдылығы", 26),
        ("kindergartens", files.kindergarten, "Жүріп жатқан балалар саны", 21),
        ("kindergartens", files.kindergarten, "Жүріп жатқан балалар саны", 18),
        ("kindergartens", files.kindergarten, "Туған жылдары", "2021-2022"),
    ],
)
def test_one_changed_cell_is_one_change_on_record(town, write, of, make_row, title, value):
    bring(of, write([make_row(1), make_row(2)]))
    history = count(Change)
    outcome = bring(of, write([make_row(1), make_row(2, **{title: value})]))
    assert (outcome.added, outcome.changed, outcome.same, outcome.problems) == (0, 1, 1, [])
    assert count(Change) == history + 1


def test_more_free_places_are_published_beside_those_that_are(town, write):
    bring("kindergartens", write([files.kindergarten(1)]))
    assert bring("kindergartens", write([files.kindergarten(1, **{"Бос орындар саны": 5})])).changed == 1
    assert [vacancy.places for vacancy in db.session.scalars(db.select(Vacancy).order_by(Vacancy.id))] == [3, 2]
    assert (count(Seat), count(Enrolment)) == (25, 20)


def test_a_dry_run_says_the_same_and_writes_nothing(town, write):
    path = write([files.application(1), files.application(2)])
    tried = bring("applications", path, dry_run=True)
    assert (tried.added, count(Application), count(Change)) == (2, 0, 0)
    done = bring("applications", path)
    assert (tried.added, tried.changed, tried.same) == (done.added, done.changed, done.same)


def test_with_one_error_no_other_row_is_written(town, write):
    bad = files.kindergarten(2, **{"Сыйымдылығы": ""})
    assert bring("kindergartens", write([files.kindergarten(1), bad])).added == 1
    assert (count(Kindergarten), count(KgGroup), count(Change)) == (0, 0, 0)


def test_numbers_and_days_as_excel_has_them(town, tmp_path):
    """An IIN that became a number and lost its zero, a phone that is one, days as days, as numbers and as texts."""
    mother = files.make(date(2003, 1, 5), Sex.female, 77)
    row = files.application(
        1,
        **{
            "Нөмірі": 248,
            "Баланың ЖСН": float(files.child_iin(1)),
            "Туған күні": 44821,
            "Өтініш берушінің ЖСН": float(mother),
            "Телефон нөмірі": 87758759999,
            "Тіркеу күні мен уақыты": 46119.47300925926,
        },
    )
    assert bring("applications", workbook(tmp_path / "numbers.xlsx", [row])).problems == []
    told = db.session.scalars(db.select(Application)).one()
    assert (told.number, told.child.iin, told.child.born_on) == ("248", files.child_iin(1), files.BORN)
    assert (told.applicant.iin, told.phone) == (mother, "+77758759999")
    assert told.queued_at == at("2026-04-07T11:21:08")
    text = row | {
        "Нөмірі": "248",
        "Баланың ЖСН": files.child_iin(1),
        "Туған күні": "2022-09-17",
        "Өтініш берушінің ЖСН": mother.lstrip("0"),
        "Тіркеу күні мен уақыты": "07.04.2026 11:21:08",
    }
    assert bring("applications", comma_separated(tmp_path / "texts.csv", [text])).same == 1


@pytest.mark.parametrize(
    ("title", "value", "cell"),
    [
        ("Баланың Т.А.Ә.", "Басқа Бала", "C2"),
        ("Туған күні", date(2022, 9, 18), "D2"),
        ("Баланың ЖСН", files.child_iin(9), "B2"),
        ("Өтініш берушінің ЖСН", files.parent_iin(9), "E2"),
        ("Өтініш берушінің Т.А.Ә.", "Басқа Ана", "F2"),
    ],
)
def test_what_a_list_says_otherwise_of_people_is_a_correction_with_a_reason(town, write, title, value, cell):
    bring("applications", write([files.application(1)]))
    other = files.application(1, **{title: value})
    assert [found[0] for found in named(bring("applications", write([other])))] == [cell]
    right = other | {"Негіздеме": "Туу туралы куәлік"}
    assert (bring("applications", write([right])).changed, bring("applications", write([right])).same) == (1, 1)
    (told,) = db.session.scalars(db.select(Change).where(Change.verb == "correct")).all()
    assert told.reason == "Туу туралы куәлік"
    assert all(len(both) == 2 for name, both in told.details.items() if name != "accepted")


def test_a_name_that_a_list_only_spells_otherwise_stays_as_it_is_recorded(town, write):
    bring("applications", write([files.application(1, **{"Баланың Т.А.Ә.": "Ойдан Қарлығаш"})]))
    assert bring("applications", write([files.application(1, **{"Баланың Т.А.Ә.": "ОЙДАН Карлыгаш"})])).same == 1
    assert db.session.scalars(db.select(Application)).one().child.full_name == "Ойдан Қарлығаш"


def test_a_birth_date_that_differs_from_the_iin_is_taken_with_a_reason_which_is_kept(town, write):
    row = files.application(1, **{"Туған күні": date(2022, 9, 18), "Негіздеме": "Туу туралы куәлік"})
    assert bring("applications", write([row])).added == 1
    change = db.session.scalars(db.select(Change).where(Change.verb == "register")).one()
    assert (change.reason, change.details["born_on"]) == ("Туу туралы куәлік", "2022-09-18")


def test_an_older_child_comes_archived_and_is_found_by_its_number(town, write):
    born_on = date(2011, 9, 9)
    row = files.application(1, **{"Нөмірі": "UO.2018.000016.1", "Баланың ЖСН": files.child_iin(1, born_on)})
    row |= {"Туған күні": born_on, "Тіркеу күні мен уақыты": date(2018, 7, 30), "Статустар": "Направлено уведомление"}
    assert bring("applications", write([row])).added == 1
    told = db.session.scalars(db.select(Application).where(Application.number_key == fold("УО-2018-000016/1"))).one()
    assert told.status is ApplicationStatus.archived
    history = db.session.execute(db.select(Change.verb, Change.reason).order_by(Change.id)).all()
    assert [tuple(change) for change in history] == [("register", "over_age")]


def test_an_old_archived_application_stands_beside_the_one_that_waits(town, write):
    """One live application per child: what was over before it came is never live, not even for a moment."""
    old = files.application(1, **{"Нөмірі": "ОДО.2024.7", "Статустар": "Мұрағатта"})
    assert bring("applications", write([files.application(1), old])).added == 2
    older = old | {"Нөмірі": "ОДО.2023.9"}
    assert (bring("applications", write([older])).added, bring("applications", write([older])).same) == (1, 1)
    told = db.session.execute(db.select(Application.number, Application.status).order_by(Application.id)).all()
    assert [tuple(map(str, row)) for row in told] == [
        ("ОДО.2026.1", "queued"),
        ("ОДО.2024.7", "archived"),
        ("ОДО.2023.9", "archived"),
    ]


def test_a_privilege_comes_as_it_was_decided_and_the_family_is_not_told_that_a_list_moved(town, write):
    bring("applications", write([files.application(1, **{"Жеңілдік түрі": "Көп балалы отбасы"})]))
    (privilege,) = db.session.scalars(db.select(Application)).one().privileges
    assert (privilege.kind, privilege.status) == ("first_order", "confirmed")
    assert count(Notice) == 0
    without = files.application(1)
    assert named(bring("applications", write([without]))) == [("I2", "needs_reason")]
    assert bring("applications", write([without | {"Негіздеме": "Мерзімі өтті"}])).changed == 1
    assert privilege.status == "rejected"
    assert bring("applications", write([without])).same == 1


def test_the_sample_files_hold_what_the_seeds_print_and_come_in_once(town):
    for kind, rows in (("kindergartens", 9), ("applications", 4)):
        first = bring(kind, SAMPLES / f"{kind}.xlsx")
        assert (first.added, first.problems) == (rows, [])
        for name in (f"{kind}.xlsx", f"{kind}.csv"):
            assert (bring(kind, SAMPLES / name).same, bring(kind, SAMPLES / name).changed) == (rows, 0)
    printed = db.session.execute(
        db.select(Vacancy.places, Vacancy.intake, KgGroup.language, Kindergarten.phone)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .order_by(Vacancy.id)
    ).all()
    assert [tuple(map(str, row)) for row in printed[:5]] == [
        ("10", "general", "ru", "+77758759999"),
        ("7", "general", "kk", "+77758759999"),
        ("100", "general", "en", "+77758759999"),
        ("9", "temporary", "ru", "+77716250916"),
        ("9", "general", "ru", "+73305732547"),
    ]
    waiting = db.session.scalars(db.select(Application).where(Application.status == "queued")).one()
    assert (waiting.number, waiting.queued_at) == ("ОДО.2026.248", at("2026-04-07T11:21:08"))


def test_the_sample_files_are_what_the_table_says(tmp_path):
    samples.write(tmp_path)
    for file in SAMPLES.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


# ---------------------------------------------------------------- taken out and brought in again


@pytest.mark.parametrize("suffix", writing.KINDS)
@pytest.mark.parametrize("what", ["kindergartens", "applications"])
def test_a_list_that_was_taken_out_is_brought_in_again_and_changes_nothing(town, tmp_path, what, suffix):
    """What the samples say, a surname of two words, one name alone, two phones, a privilege, and what is under way."""
    rows = [
        files.application(1, **{"Баланың Т.А.Ә.": "Ван дер Берг, Анна", "Телефон нөмірі": "87758759999, 87010000001"}),
        files.application(2, **{"Баланың Т.А.Ә.": "Мухаммадали", "Жеңілдік түрі": "Көп балалы отбасы"}),
        files.application(3),
    ]
    for one in ("kindergartens", "applications"):
        assert bring(one, SAMPLES / f"{one}.xlsx").problems == []
    assert bring("kindergartens", workbook(tmp_path / "more.xlsx", [files.kindergarten(1)])).problems == []
    assert bring("applications", workbook(tmp_path / "rows.xlsx", rows)).problems == []
    gone = db.session.scalars(db.select(Application).where(Application.number == "ОДО.2026.3")).one()
    vouchers.issue_out_of_turn(gone, by=DEPARTMENT, at=NOW, reason="себеп")
    db.session.commit()
    noun, history = ImportKind(what), count(Change)
    path = tmp_path / f"taken.{suffix}"
    path.write_bytes(b"".join(writing.KINDS[suffix].write(export.titles(noun), export.rows(noun))))
    again = bring(what, path)
    assert ([(one.cell, one.name) for one in again.problems], again.added, again.changed) == ([], 0, 0)
    assert again.same == again.rows > 6 and count(Change) == history


def test_days_and_numbers_that_are_taken_out_are_days_and_numbers(town, tmp_path):
    bring("applications", SAMPLES / "applications.xlsx")
    what = ImportKind.applications
    data = b"".join(writing.xlsx(export.titles(what), export.rows(what)))
    sheet = parse(data)
    row = dict(zip(export.titles(what), sheet.rows[1], strict=False))
    assert (row["Туған күні"], row["Тіркеу күні мен уақыты"]) == (
        date(2022, 9, 17),
        datetime.fromisoformat("2026-04-07T11:21:08"),
    )


# ---------------------------------------------------------------- the command


def test_the_command_names_the_problems_and_fails(town, tmp_path, app):
    path = workbook(tmp_path / "list.xlsx", [files.application(1, **{"Баланың ЖСН": "7"})])
    said = app.test_cli_runner().invoke(args=["import", "applications", str(path), "--language", "en"])
    assert said.exit_code == 1
    assert (
        "Парақ1!B2: An IIN has twelve digits. Correct it by the child's or parent's paper.\n1 problem." in said.output
    )


def test_the_command_counts_what_it_did(town, tmp_path, app):
    row = files.kindergarten(1)
    del row["Аудан/қала"]
    path = workbook(tmp_path / "list.xlsx", [row])
    command = ["import", "kindergartens", str(path), "--place", "Көкшетау қаласы", "--language", "en"]
    run = app.test_cli_runner()
    assert "1 added, 0 changed, 0 as before.\nThis was a dry run" in run.invoke(args=[*command, "--dry-run"]).output
    assert run.invoke(args=command).output == "The sheet “Парақ1” was read.\n1 added, 0 changed, 0 as before.\n"
    assert run.invoke(args=command).output == "The sheet “Парақ1” was read.\n0 added, 0 changed, 1 as before.\n"
    unknown = run.invoke(args=[*command[:-3], "Атлантида", "--language", "en"])
    assert (unknown.exit_code, "There is no such district or city" in unknown.output) == (1, True)


@pytest.mark.parametrize("of", (ImportKind.applications, ImportKind.kindergartens), ids=str)
def test_the_guide_names_every_column(of):
    """Those of a declaration stand on the page of imports and in the data dictionary, which are made of it."""
    guide = " ".join((SAMPLES.parent / "docs" / "import.md").read_text("utf-8").split())
    declared = {field.name for field in KINDERGARTENS.brought if of is ImportKind.kindergartens}
    for column in COLUMNS[of]:
        bold = f"**{column.titles[0]}**" if column.required else column.titles[0]
        assert column.field in declared or (bold in guide and column.titles[1] in guide), column.field


def test_a_cell_names_some_of_several_as_a_list_that_is_taken_out_does():
    field = Field("languages", "Languages", SomeOf(Language), titles=("Тілдер",))
    read = declared.READ[SomeOf](field.type)
    assert read("русский; қазақша,") == read("Қазақ\nорыс") == [Language.kk, Language.ru]
    assert read(declared._cell(field, [Language.ru, Language.en])) == [Language.ru, Language.en]
    with pytest.raises(Wrong, match="unknown_word"):
        read("қазақша; клингонша")
