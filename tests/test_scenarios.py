"""Spec 4: the regulation's own tests, each played on both databases, and the command that plays them."""

import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.actions import families, versions
from app.db.extensions import db
from app.models import Place, PlaceKind
from app.scenarios.checking import read
from app.scenarios.player import play, through_its_action
from app.scenarios.reading import FileWrong, Scenario
from app.scenarios.verbs import VERBS
from tests import authority, papers
from tests.agreement import disagreeing
from tests.guards import GUARDS
from tests.reading import told_in_words
from tests.scenarios import FILES
from tests.views import doors
from tests.views.tables import Tables

EXAMPLE = Path(__file__).parent / "scenarios" / "a-temporary-place.yaml"
FAILS = ("number: 1", "number: 2")


def steps_of_families(scenario: Scenario) -> list[dict]:
    return [step for _, step in scenario.rows("steps") if doors.is_of_a_family(step)]


def outcomes(*files: Path) -> set[tuple[str, str | None, str | None]]:
    """What families do there, how they have entered, and whether and why it is refused."""
    steps = [one for file in files for one in steps_of_families(read(file.read_text("utf-8")))]
    return {(one["do"], one.get("sign_in"), one.get("error")) for one in steps}


WHOLE = "KEZEK_STEPS" in os.environ  # make soak: each scenario with a family's step
IN_THE_CABINET = {  # each outcome of each act of a family is in one of them, and what tests/guards.py names
    "a-certificate-is-confirmed-too-late",
    "a-child-leaves-its-kindergarten",
    "a-claim-is-rejected",
    "a-place-is-chosen-by-the-last-day",
    "a-privilege-counts-when-confirmed",
    "a-referral-is-extended",
    "a-referral-is-revoked",
    "a-sanatorium-ends-no-usual-enrolment",
    "a-year-without-calendar",
    "an-offer-is-for-one-place",
    "another-parent-joins",
    "by-a-code-or-by-a-key",
    "missed-twice",
    "referrals-without-a-calendar",
    "refuse-and-withdraw",
    "released-earlier",
    "restored-once",
    "roles-and-scopes",
    "roles-of-the-referral-procedure",
    "the-owner-of-a-lent-place-comes-back",
    "too-young-for-an-offer",
    "twenty-four-hours",
    "two-signatures",
    "which-refusal-first",
    "on-the-waiting-list",
    "free-choice-by-lot",
}
ON_BOTH = {"a-referral-is-extended", "by-a-code-or-by-a-key", "missed-twice", "restored-once", "two-signatures"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_regulation_holds(app, kind, file, databases, tmp_path):
    """Through the actions; and some where families act through their own pages too, which leave the same rows.

    One test, because to play a file takes as long as to compare what is left.
    """
    scenario = read(file.read_text("utf-8"))
    with papers.watched() if kind == "sqlite" else nullcontext([]) as untrue:  # test_versions.py looks on both
        played = play(scenario)
    assert played.failed == []
    assert untrue == []
    assert papers.not_as_due() == papers.ended_before_they_began() == []
    assert disagreeing() == []
    if kind == "sqlite":  # what is told is the same on both: to say it three times takes as long as to play it
        assert told_in_words() == []
    if steps_of_families(scenario) and (WHOLE or file.stem in (IN_THE_CABINET if kind == "sqlite" else ON_BOTH)):
        tables = Tables(app)
        by_action = doors.left(tables)
        databases.wipe(kind)
        with authority.believed_by(web := databases.app(kind, web=True), tmp_path):
            assert play(scenario, doors.Cabinet(web)) == played
        if kind == "sqlite":  # on PostgreSQL what was tried has used up numbers of rows
            assert doors.left(tables) == by_action
        if kind == "sqlite" and any(map(doors.is_of_a_portal, steps_of_families(scenario))):
            databases.wipe(kind)
            with authority.believed_by(web, tmp_path):
                assert play(scenario, doors.Api(web)) == played
            assert doors.left(tables) == by_action


def test_each_outcome_of_an_act_of_a_family_is_played_on_its_own_pages():
    chosen = [file for file in FILES if file.stem in IN_THE_CABINET]
    assert len(chosen) == len(IN_THE_CABINET)
    assert outcomes(*FILES) - outcomes(*chosen) == set()
    named = [
        one.test.partition("[sqlite-")[2].rstrip("]")
        for one in GUARDS
        if test_the_regulation_holds.__name__ in one.test
    ]
    assert {*named} - IN_THE_CABINET == set()


def test_of_all_that_a_family_may_do_one_step_alone_is_left_to_its_action_at_each_door():
    """A birth date that differs from the IIN is an official's to take; what no family may do has no page."""
    left = [
        (file.stem, step["do"], step.get("error"))
        for file in FILES
        for _, step in read(file.read_text("utf-8")).rows("steps")
        if step.get("by") == "family" and step.get("error") != "not_allowed" and not doors.is_of_a_portal(step)
    ]
    assert left == [("data-as-it-comes", "register", "reason_required")]


def test_every_act_of_a_family_is_played_on_its_own_pages_and_at_the_counter_in_a_scenario():
    on_its_own, at_the_counter = set(), set()
    for file in FILES:
        accepted = [one for one in steps_of_families(read(file.read_text("utf-8"))) if "error" not in one]
        on_its_own |= {one["do"] for one in accepted}
        at_the_counter |= {one["do"] for one in accepted if doors.is_for_a_family(one) and file.stem in AT_THE_COUNTER}
    assert on_its_own == {"register", "join", *families.ACTS} - {families.CONTACTS}
    registered = {families.CONTACTS, *families.WISHES, *families.LOTS}  # by forms of the office (test_lots.py too)
    assert at_the_counter == set(families.ACTS) - registered


AT_THE_COUNTER = (
    "a-change-of-privilege",
    "a-referral-is-extended",
    "refuse-and-withdraw",
    "restored-once",
    "twenty-four-hours",
    "two-signatures",
)


@pytest.mark.parametrize("kind", ["sqlite"])  # its own pages are on both, above
@pytest.mark.parametrize("name", AT_THE_COUNTER)
def test_what_a_family_does_an_official_does_for_it_at_the_counter_with_the_same_end(app, kind, name, databases):
    scenario, found = read((EXAMPLE.parent / f"{name}.yaml").read_text("utf-8")), []
    for door in (through_its_action, doors.Counter(databases.app(kind, web=True))):
        found.append((play(scenario, door), doors.history()))
        db.session.rollback()
        databases.wipe(kind)
    assert found[0] == found[1]


def test_each_scenario_has_a_title_and_names_its_seed():
    texts = [file.read_text("utf-8") for file in FILES]
    assert [text for text in texts if "title: " not in text] == []
    assert [text[:80] for text in texts if "seed" not in text.split("\nplaces:")[0].lower()] == []


def test_every_verb_is_played_by_a_scenario():
    played = {step.get("do") for file in FILES for _, step in read(file.read_text("utf-8")).rows("steps")}
    assert set(VERBS) - played == set()


# ---------------------------------------------------------------- the command


@pytest.fixture
def run(app, tmp_path):
    """`flask scenario play` on a text, with the options that follow."""

    def run(text: str, *options: str):
        file = tmp_path / "scenario.yaml"
        file.write_text(text, "utf-8")
        return app.test_cli_runner().invoke(args=["scenario", "play", str(file), *options])

    return run


def example(*replaced: tuple[str, str]) -> str:
    text = EXAMPLE.read_text("utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_line_is_printed_for_every_step_and_the_exit_status_is_0_when_all_holds(run):
    result = run(example())
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 6 + 1
    assert lines[1].split() == ["2026-04-09T18:00", "confirm", "a1", "done"]


def test_what_does_not_hold_is_told_with_its_line_and_the_exit_status_is_1(run):
    result = run(example(FAILS))
    assert result.exit_code == 1
    assert "DOES NOT HOLD  a1.number: expected 2, found 1 (line 30)" in result.stdout


def test_json_is_one_document_with_steps_state_and_failed(run):
    result = run(example(FAILS), "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert list(document) == ["steps", "state", "failed"]
    assert document["steps"][1] == {
        "at": "2026-04-09T18:00",
        "do": "confirm",
        "subject": "a1",
        "ok": True,
        "error": None,
    }
    assert document["state"]["a1"]["temporary_voucher"] == "annulled"
    assert document["state"]["arman-ru"] == {"free_general": 1, "free_temporary": 0, "enrolled": 24}
    assert [(f["subject"], f["fact"], f["expected"], f["found"], f["line"]) for f in document["failed"]] == [
        ("a1", "number", 2, 1, 30)
    ]


def test_a_refusal_that_nobody_expected_and_an_expected_one_that_does_not_come_are_failures(run):
    early = ("{at: 2026-04-10T12:00, by: family, do: choose", "{at: 2026-04-20T12:00, by: family, do: choose")
    document = json.loads(run(example(early), "--json").stdout)
    assert document["steps"][2] | {"at": ""} == {
        "at": "",
        "do": "choose",
        "subject": "a1",
        "ok": False,
        "error": "too_late",
    }
    assert {"subject": "a1", "fact": "error", "expected": None, "found": "too_late"}.items() <= document["failed"][
        0
    ].items()
    expected = run(example(("do: issue, place: kokshetau", "do: issue, place: kokshetau, error: no_calendar")))
    assert (expected.exit_code, "expected no_calendar, found None" in expected.stdout) == (1, True)


WRONG = {
    "not YAML": (("title: A", "title: [A"), "3:7", "expected ',' or ']'"),
    "unknown key": (("intake: general", "intakes: general"), "17:43", "unknown key: intakes"),
    "unknown key at the top": (("working: []", "workings: []"), "8:1", "unknown key: workings"),
    "missing key": (("ref: v1, ", ""), "17:5", "missing: ref"),
    "wrong type": (("capacity: 25", "capacity: many"), "15:76", "'many' is not of type 'integer'"),
    "not a day": (("ends_on: 2026-04-30", "ends_on: 2026-04-31"), "18:71", "not a day"),
    "not a moment": (("publish_at: 2026-04-06T09:00", "publish_at: 2026-04-06"), "17:72", "not a moment"),
    "a moment with a zone": (("at: 2026-04-08T10:00", "at: 2026-04-08T10:00Z"), "27:10", "not a moment"),
    "written twice": (("places: 1, intake: general", "places: 1, places: 1"), "17:43", "written twice: places"),
    "an alias": (("days_off: [2026-05-01", "days_off: [*a"), "7:12", "aliases are not read here"),
    "named twice": (("ref: t1", "ref: v1"), "18:11", "named twice: v1"),
    "unknown ref": (
        ("group: arman-ru, places: 1, intake: t", "group: arman, places: 1, intake: t"),
        "18:22",
        "group: arman",
    ),
    "unknown fact": (("attends: arman-ru", "attend: arman-ru"), "30:58", "unknown fact"),
    "fact of another kind": (("{free_general: 1}", "{free: 1}"), "35:14", "unknown fact of this group: free"),
    "value no fact can have": (("status: queued, attends: null", "status: waiting"), "34:16", "not one of queued"),
    "nothing is known": (("arman-ru: {free", "arman: {free"), "35:3", "nothing is known of: arman"),
    "unknown verb": (("do: confirm", "do: confrim"), "28:44", "unknown verb: confrim"),
    "unknown role": (("by: department", "by: departement"), "27:32", "not a role"),
    "unknown refusal": (("do: clock}", "do: clock, error: late}"), "31:46", "unknown refusal: late"),
    "field of another verb": (("do: confirm, a", "do: confirm, vacancy: t1, a"), "28:53", "unknown key: vacancy"),
    "verb without its subject": (("do: confirm, application: a1", "do: confirm"), "28:5", "missing: application"),
    "verb without a role": (("by: family, do: confirm", "do: confirm"), "28:5", "missing: by"),
    "issue of two": (("do: issue,", "do: issue, application: a1,"), "27:5", "needs one of: application, place"),
    "out of order": (("at: 2026-05-03T12:00", "at: 2026-04-03T12:00"), "31:10", "earlier than the step before it"),
    "no such norm": (("name: voucher.confirm", "name: voucher.confirms"), "6:12", "no such name of a norm"),
    "norm in hours": (("value: 2, unit: WD", "value: 2, unit: H"), "6:87", "no such unit of a norm: H"),
    "more than the capacity": (("occupied: 24", "occupied: 26"), "15:90", "more than the capacity: 26"),
    "ends without being temporary": (("intake: temporary, ", ""), "18:5", "ends_on belongs to a temporary"),
    "no moment in the queue": (("    queued_at: 2026-04-07T11:21:08\n", ""), "20:5", "missing: queued_at"),
    "nobody's child": (("child: {born_on: 2022-09-17}", "child: {same_as: a1}"), "23:22", "nobody's child: a1"),
    "too long": (("ОДО.2026.248", "1" * 61), "21:13", "is too long"),
    "cannot enter": (("born_on: 2022-09-17", "born_on: 2020-04-07"), "20:5", "cannot enter: too_old"),
    "not there yet": (
        (
            "at: 2026-04-08T10:00, by: department, do: issue, place: kokshetau",
            "at: 2026-04-01T10:00, by: family, do: confirm, application: a1",
        ),
        "27:5",
        "not there yet: a1",
    ),
    "an offer without its vacancy": (("do: clock}", "do: offer, by: department}"), "31:5", "missing: vacancy"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_wrong_is_named_with_line_and_column_and_exit_status_2(run, case):
    replaced, where, told = WRONG[case]
    result = run(example(replaced), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"scenario.yaml:{where}: " in result.stderr
    assert told in result.stderr


def test_a_number_under_the_referral_procedure_is_that_of_the_ratio(run):
    text = example((", procedure: voucher", ""))
    text = text[: text.index("  - {at: 2026-04-08")] + "  - {at: 2026-04-30T23:59, expect: {a1: {number: 1}}}\n"
    result = run(text)
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_no_yaml_can_hold_is_wrong_too(run, tmp_path, app):
    assert run("").exit_code == 2
    assert run("[1, 2]").exit_code == 2
    assert run("places: !!python/object:os.system []").exit_code == 2
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"title: a\nplaces: \xe9")
    result = app.test_cli_runner().invoke(args=["scenario", "play", str(file)])
    assert (result.exit_code, ":2:9: not UTF-8" in result.stderr) == (2, True)


def test_all_days_and_numbers_are_read_as_they_stand():
    content = read(example(("number: ОДО.2026.248", "number: 2026.10"))).content
    assert content["applications"][0]["number"] == "2026.10"
    with pytest.raises(FileWrong, match="is not of type 'integer'"):
        read(example(("capacity: 25", "capacity: 025")))


def test_a_role_that_may_not_is_refused_by_name(run):
    document = json.loads(run(example(("by: department, do: issue", "by: auditor, do: issue")), "--json").stdout)
    assert document["steps"][0]["error"] == "not_allowed"


def test_nothing_is_kept_of_a_play_unless_it_is_asked_for(run):
    before = _places()
    assert run(example()).exit_code == 0
    assert _places() == before
    assert run(example(), "--keep").exit_code == 0
    assert len(_places()) == len(before) + 2
    assert run(example(), "--keep").exit_code == 0  # and again: in a region of its own
    assert len(_places()) == len(before) + 4


def _places() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Place.id).where(Place.kind != PlaceKind.country)))


def test_a_file_that_cannot_be_kept_leaves_nothing_of_its_beginning(run):
    before = _places()
    twice = "  - {ref: again, kind: district, name: Көкшетау қаласы}\nnorms:"
    result = run(example(("norms:", twice)), "--keep")
    assert (result.exit_code, "cannot enter" in result.stderr) == (2, True)
    assert _places() == before


def test_a_crash_is_a_crash_and_leaves_no_schema_behind(run, monkeypatch):
    def crash(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(versions, "ask_for", crash)
    assert isinstance(run(example()).exception, ZeroDivisionError)
    if db.engine.dialect.name == "postgresql":
        left = sa.text("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'scenario%'")
        assert db.session.scalars(left).all() == []
