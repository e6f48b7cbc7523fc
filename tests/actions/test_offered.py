"""Offered = accepted: every verb x role x application of the demo's town and of random towns, both ways (spec 8.8)."""

from datetime import timedelta
from functools import partial

import pytest

from app import seed
from app.actions import clock, possible
from app.database import transaction
from tests import offered
from tests.model.machine import Walk

LATER = timedelta(8)  # some terms are over by then, and a contract waits for its head


def test_every_verb_that_a_page_may_offer_is_tried():
    assert possible.VERBS.keys() <= offered.VERBS.keys()


@pytest.mark.parametrize("kind", ["sqlite"])  # it is much work; the random towns are tried on both
def test_the_demo_offers_what_it_accepts(app, kind, tmp_path):
    with transaction():
        seed.found_town()
        at = seed.BEGINS + LATER
        for place_id in clock.districts():
            clock.run(at=at, place_id=place_id)
    with transaction():
        assert offered.differences(at) == []


def test_a_random_town_offers_what_it_accepts(databases, kind):
    town = Walk(7000, partial(databases.empty, kind))
    town.pair.real.close, close = lambda: None, town.pair.real.close  # it is looked at before it is wiped away
    try:
        town.go(40)
        town.play("clock")
        with transaction():
            found = offered.differences(town.now)
    finally:
        close()
    assert found == []
