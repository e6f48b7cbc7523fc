"""`make rules`: every clause of the regulation has its rule and its proof, and a scenario runs what it cites."""

import re
import sys
from functools import cache

import pytest

from app.scenarios.checking import read
from app.scenarios.player import play
from app.scenarios.scratch import scratch
from tests.scenarios import FILES
from tools import rules

PARENTS = {"3.4", "3.5"}  # what is common to their paragraphs


def test_every_clause_has_a_rule_and_a_scenario_that_proves_it():
    clauses = {clause.number: clause for clause in rules.contents()}
    assert [number for number, clause in clauses.items() if not clause.rules and number != "3.5"] == []
    assert [number for number, clause in clauses.items() if not clause.scenarios and number not in PARENTS] == []


def test_every_scenario_cites_its_clause_and_there_are_forty_of_them():
    uncited = [file.stem for file in FILES if not rules.cited(file.read_text("utf-8").split("\ntitle:")[0])]
    assert uncited == []
    assert len(FILES) >= 40


def test_a_citation_is_read_with_its_ranges():
    assert rules.cited("S0-S2, spec 3.4.4, 3.5.2-4: the family") == {"3.4.4", "3.5.2", "3.5.3", "3.5.4"}
    assert rules.cited("Spec 3.1; version 13.14, 2.3.1") == {"3.1"}


@pytest.mark.parametrize("number", [number for number in rules.CLAUSES if number not in PARENTS | {"3.9"}])
def test_the_scenarios_of_a_clause_run_its_rules(number):
    """Three of a clause's scenarios call a third of its rules at least; the rest are twins, screens and refusals."""
    clause = next(clause for clause in rules.contents() if clause.number == number)
    cited = {name.rpartition(".")[2] for name, _ in clause.rules}
    called: set[str] = set()
    for stem in [file for file, _ in clause.scenarios][:3]:
        if len(cited & called) * 3 < len(cited):
            called |= calls(next(file for file in FILES if file.stem == stem).read_text("utf-8"))
    assert len(cited & called) * 3 >= len(cited), sorted(cited - called)


@cache
def calls(text: str) -> set[str]:
    """The names of our functions that playing a scenario calls."""
    seen: set[str] = set()
    files: dict[str, bool] = {}  # is it one of ours?

    def note(frame, _event, _argument):
        code = frame.f_code
        if code.co_filename not in files:
            files[code.co_filename] = bool(re.search(r"app/(rules|actions)/", code.co_filename))
        if files[code.co_filename]:
            seen.add(code.co_name)
            if "self" in code.co_varnames and "self" in frame.f_locals:
                seen.add(type(frame.f_locals["self"]).__name__)

    before = sys.gettrace()
    with scratch("sqlite://"):
        sys.settrace(note)  # asked at calls alone, for it returns nothing that would be asked at each line
        try:
            assert play(read(text)).failed == []
        finally:
            sys.settrace(before)
    return seen
