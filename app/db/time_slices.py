"""Long work in slices of time, each a transaction: as a job does it, and a page for its first second."""

from collections.abc import Callable
from functools import partial
from time import monotonic, sleep

from app.db.database import retried

SLICE = 0.4  # seconds of one transaction: SQLite has one writer, and nobody else decides in its districts meanwhile
PAUSE = 0.25  # of a slice's time, after each: long enough for whoever waits to get in between

Enough = Callable[[], bool]


def work(step: Callable[[Enough], bool], seconds: float) -> bool:
    """Go on for so long. `step` does what it can until its argument says enough, and returns whether there is more.

    There is a slice at least, however late it begins, unless there are no seconds. Returns whether there is more to do.
    """
    end = monotonic() + seconds
    more, first = True, seconds > 0
    while more and (first or monotonic() < end):
        began, first = monotonic(), False
        more = retried(partial(step, _past(min(began + SLICE, end))))
        if more:
            sleep(PAUSE * (monotonic() - began))
    return more


def _past(moment: float) -> Enough:
    return lambda: monotonic() >= moment
