"""The clock's turn, for `flask clock` and the timetable. Late, twice or in parallel it changes nothing (spec 3.1)."""

import logging
from functools import partial

from app.actions import clock
from app.db.database import retried, transaction
from app.jobs.failures import without_words
from app.jobs.runs import ended
from app.now import now

log = logging.getLogger(__name__)


def run() -> None:
    """As a job: all that is due. Raises JobFailed when some district's failed; the others are done."""
    with without_words():
        do_all_due()


def do_all_due() -> int:
    """Do all that is due, one transaction for each district. Returns the number of effects.

    A district where it fails holds up no other; afterwards ExceptionGroup, with what failed.
    """
    with transaction():
        districts = clock.districts()
    done, failures = 0, []
    for place_id in districts:
        try:
            done += retried(partial(_run, place_id))
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(districts)} districts", failures)
    ended("clock")
    return done


def _run(place_id: int) -> int:
    return clock.run(at=now(), place_id=place_id)
