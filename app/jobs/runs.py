"""That something on the timetable came to its end is on record: whoever watches over Kezek asks when it last did."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from app.db.database import own_transaction, put
from app.jobs.failures import without_words
from app.models import LastRun


@contextmanager
def turn(job: str) -> Iterator[None]:
    """One turn of it, whose failure is told without its words. Raises JobFailed."""
    with without_words():
        yield
        ended(job)


def ended(job: str) -> None:
    """It did all that it had to."""
    with own_transaction() as connection:
        put(connection, LastRun.__table__, ["job"], job=job, ended_at=datetime.now(UTC))
