"""Each row of spec 7 names what proves it (docs/security.md), and what it names is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SECTION = (TESTS.parent / "docs" / "security.md").read_text("utf-8").partition("## Promises, row by row")[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in SECTION.partition("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| promise")
]
PROMISES = 33
NOT_YET = {"load"}  # a row leaves this set with its first proof


@pytest.mark.parametrize(("promise", "proofs", "lacks"), ROWS, ids=[row[0] for row in ROWS])
def test_a_promise_names_tests_that_are_there_or_that_it_lacks_them(promise, proofs, lacks):
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", proofs)
    for file, test in named:
        assert f"def {test}(" in (TESTS / file).read_text("utf-8"), f"{file}::{test}"
    assert bool(named) is (promise not in NOT_YET)
    assert named or lacks.startswith("not yet")


def test_every_promise_has_its_row():
    assert len({row[0] for row in ROWS}) == len(ROWS) == PROMISES
