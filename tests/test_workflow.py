"""Spec 7, "the workflow": the system does what the regulation says, step by step, beside a model of it (tests/model).

KEZEK_STEPS says how many steps, half of them on each database, KEZEK_SEED which walks. What fails prints the shortest
scenario that shows it. `make soak` walks 100,000 steps; `make test` 500 on SQLite and 200 on PostgreSQL: whoever
changes the workflow walks the long way.
"""

import math
import os
from functools import partial

import pytest

from tests.conftest import KINDS
from tests.model.machine import Walk

SEED, LONG = int(os.environ.get("KEZEK_SEED", "0")), int(os.environ.get("KEZEK_STEPS", "0"))
STEPS = dict.fromkeys(KINDS, LONG // 2 or 500)
A_WALK = 100  # steps
PARTS = max(5, STEPS["sqlite"] // 1000)  # on each database; parts may run beside each other
WALKS = {kind: math.ceil(steps / PARTS / A_WALK) for kind, steps in STEPS.items()}


@pytest.mark.parametrize("part", range(PARTS))
def test_the_system_does_what_the_regulation_says(databases, kind, part):
    first = SEED + KINDS.index(kind) * PARTS * WALKS["sqlite"] + part * WALKS[kind]
    for seed in range(first, first + WALKS[kind]):
        Walk(seed, partial(databases.empty, kind)).go(A_WALK)
