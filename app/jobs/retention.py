"""What was kept of people for as long as it had to be is erased each day (docs/adr/0041-retention.md)."""

import logging
from collections.abc import Iterator
from functools import partial
from time import monotonic

from app.access.actors import CLOCK
from app.actions import erasing
from app.actions.erasing import Due
from app.db import grants
from app.db.database import retried, transaction
from app.jobs.failures import without_words
from app.jobs.runs import ended
from app.now import now

JOB = "retention"
LONGEST = 120.0  # seconds, as a job

log = logging.getLogger(__name__)


def run() -> None:
    """As a job: erase all whose time is over. Twice or in parallel it erases nothing twice. Raises JobFailed.

    Where Kezek works as a role that cannot change the history, the owner of the tables runs the command instead.
    """
    with without_words():
        with transaction():
            may = grants.may_erase()
        if not may:
            log.warning("retention: the owner of the tables has to run `flask retention`")
            return
        began = monotonic()
        for _ in sweep():
            if monotonic() - began > LONGEST:
                return  # so many at once, the first time: the next day goes on


def foreseen() -> list[Due]:
    """What a sweep of this moment would erase, in its order. Nothing is changed."""
    with transaction():
        return list(erasing.due(at=now()))


def sweep() -> Iterator[Due]:
    """Erase all whose time is over, as of this moment, a transaction for each slice; what was erased is told then."""
    at = now()
    with transaction():
        steps = erasing.steps(at=at)
    for name, place_id in steps:
        more = True
        while more:
            done = retried(partial(erasing.erase_next, name, place_id, by=CLOCK, at=at))
            yield from done
            more = len(done) == erasing.SLICE
    ended(JOB)
