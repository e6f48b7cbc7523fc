"""Spec 7, "the workflow": the system does what the regulation says, step by step, beside a model of it (tests/model).

KEZEK_STEPS says how many steps over both databases (`make soak`: 100,000), KEZEK_SEED which walks. What fails prints
the shortest scenario that shows it.
"""

import math
import os
from functools import partial

import pytest

from tests.conftest import KINDS
from tests.model.machine import Walk

STEPS, SEED = int(os.environ.get("KEZEK_STEPS", "5000")), int(os.environ.get("KEZEK_SEED", "0"))
A_WALK = 100  # steps
PARTS = max(5, STEPS // 2000)  # on each database; parts may run beside each other
WALKS = math.ceil(STEPS / len(KINDS) / PARTS / A_WALK)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_system_does_what_the_regulation_says(databases, kind, part):
    first = SEED + (KINDS.index(kind) * PARTS + part) * WALKS
    for seed in range(first, first + WALKS):
        Walk(seed, partial(databases.empty, kind)).go(A_WALK)
