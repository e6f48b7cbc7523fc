"""Offered = accepted: every verb x role x application of the demo's town and of random towns, both ways (spec 8.8)."""

import os
from datetime import timedelta

import pytest

from app.actions import clock, possible
from app.db.database import transaction
from app.demo import seed as demo
from tests import offered
from tests.offered import walked

FIRST, STEPS = int(os.environ.get("KEZEK_SEED", "7000")), int(os.environ.get("KEZEK_STEPS", "5000"))
SEEDS = range(FIRST, FIRST + max(1, STEPS // 10_000))  # `make soak` tries ten towns on each database
LATER = timedelta(8)  # some terms are over by then, and a contract waits for its head


def test_every_verb_that_a_page_may_offer_is_tried():
    assert set(possible.NAMES) == offered.VERBS.keys()


@pytest.mark.parametrize("kind", ["sqlite"])  # it is much work; the random towns are tried on both
def test_the_demo_offers_what_it_accepts(demo_town, kind):
    with transaction():
        at = demo.BEGINS + LATER
        for place_id in clock.districts():
            clock.run(at=at, place_id=place_id)
    with transaction():
        assert offered.differences(at) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_town_offers_what_it_accepts(databases, kind, seed):
    """With its rules, and where the calendar or the norms are missing: what begins a term is not offered then."""
    found = {}
    with walked(databases, kind, seed, steps=40) as town, transaction():
        found["as it is"] = offered.differences(town.now)
        for something in (offered.without_calendar, offered.without_norms) if kind == "sqlite" else ():
            with something():
                found[something.__name__] = offered.differences(town.now, roles=offered.ACTS)
    assert {how: some for how, some in found.items() if some} == {}
