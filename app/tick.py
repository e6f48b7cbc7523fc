"""One turn of the clock over the whole country: what `flask clock` does, and the timetable."""

import logging
from functools import partial

from app.actions import clock
from app.database import lasting, transaction
from app.now import now

log = logging.getLogger(__name__)


def tick() -> int:
    """Do all that is due, one transaction for each district. Returns the number of effects.

    A district where it fails holds up no other; afterwards ExceptionGroup, with what failed.
    """
    with transaction():
        districts = clock.districts()
    done, failures = 0, []
    for place_id in districts:
        try:
            done += lasting(partial(_run, place_id))
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(districts)} districts", failures)
    return done


def _run(place_id: int) -> int:
    return clock.run(at=now(), place_id=place_id)
