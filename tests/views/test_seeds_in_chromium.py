"""Each step of each seed, as a parent comes to it in Chromium, in Kazakh, on a phone (issue 13, 6).

A seed is walked through once for all workers (tests/seeds); each of its steps is a test of its own, which says whether
the walk came to it and found it as the seed has it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import running
from tests.seeds import Step, walk
from tests.seeds.every import PAGE, SEEDS, page

Walked = Callable[[Step], str]


@pytest.fixture
def walked(request, databases, tmp_path_factory) -> Walked:
    """What became of a step of this test's seed: "" where it is as the seed has it."""
    seed, town = SEEDS[request.node.originalname.removeprefix("test_")]

    def go(folder: Path) -> None:
        web = databases.app("sqlite", web=True)
        try:
            (folder / "told.json").write_text(json.dumps(walk.told(seed, web, folder, town)))
        finally:
            with web.app_context():
                databases.wipe("sqlite")

    folder = running.once(tmp_path_factory, f"seed-{seed.name}", go)
    outcomes = json.loads((folder / "told.json").read_text())
    return lambda step: outcomes.get(str(step.number), f"the walk ended before: {[*outcomes.values()][-1]}")


def each(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("step", SEEDS[name][0].ours, ids=lambda step: step.id)


@each("S0")
def test_S0(step: Step, walked: Walked):
    assert walked(step) == ""


@each("S1")
def test_S1(step: Step, walked: Walked):
    assert walked(step) == ""


@each("S2")
def test_S2(step: Step, walked: Walked):
    assert walked(step) == ""


@each("S3")
def test_S3(step: Step, walked: Walked):
    assert walked(step) == ""


def test_every_one_of_the_200_steps_has_its_row_and_its_test():
    """That a named test exists follows: the page is written from the tables that the tests are made of."""
    steps = [one for seed, _town in SEEDS.values() for one in seed.steps]
    assert sorted(one.number for one in steps) == list(range(1, 201))
    assert all(one.act or one.why for one in steps)
    assert PAGE.read_text() == page(), "`.venv/bin/python -m tests.seeds.every`"
