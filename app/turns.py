"""Turns of work at a bulk run, in slices that are transactions: as a job does them, and a page for its first second."""

from collections.abc import Callable
from functools import partial
from time import monotonic, sleep

from app.actions import bulk
from app.database import lasting
from app.now import now

SLICE = 0.4  # seconds of one transaction: SQLite has one writer, and nobody else decides in its districts meanwhile
BREATH = 0.25  # of a slice's time, after each: long enough for whoever waits to get in between


def work(run_id: int, seconds: float) -> bool:
    """Go on with a run for so long; returns whether there is more to do."""
    end = monotonic() + seconds
    more = True
    while more and monotonic() < end:
        began = monotonic()
        more = lasting(partial(_slice, run_id, end))
        if more:
            sleep(BREATH * (monotonic() - began))
    return more


def _slice(run_id: int, end: float) -> bool:
    return bulk.go_on(run_id, at=now(), enough=_past(min(monotonic() + SLICE, end)))


def _past(moment: float) -> Callable[[], bool]:
    return lambda: monotonic() >= moment
