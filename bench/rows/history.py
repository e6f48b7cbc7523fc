"""Spec 7, history: a chain of as many records as the town has applications, verified from end to end."""

from functools import partial
from itertools import repeat

from app.actions import chain
from app.db.database import transaction
from app.db.extensions import db
from bench.measure import Figure, seconds
from bench.town import AT, Town, application, connect

LIMIT = 60.0  # seconds, for 1,000,000 records
WORK = "every record of a sealed history read and compared, with what can be erased of it, and with the heads"
PEER = "the limit, 60 s for 1,000,000 records"
TARGET = 1.0
RECORDS = """
INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, for_family,
                    status_from, status_to, standing, reason, details)
SELECT a.queued_at, a.queued_at::date, 'change', 'application', a.id, a.id, a.place_id, 'specialist', false,
       NULL, NULL, true, CASE WHEN a.id % 10 = 0 THEN 'an invented reason' END,
       jsonb_build_object('phone', jsonb_build_array(NULL, '+7700' || lpad(a.id::text, 7, '0')))
FROM application a
"""


def measure(town: Town, times: int) -> Figure:
    """AssertionError where the chain is not whole."""
    with town.copy("history") as url, application(url, web=False):
        with connect(url, autocommit=True) as connection:
            connection.execute(RECORDS)
        count = sealed = 0
        while sealed := portion():
            count += sealed
        db.session.rollback()
        ours = [seconds(partial(verified, count)) for _ in range(min(times, 3))]
        return Figure(ours, list(repeat(LIMIT * count / 1_000_000, len(ours))), f"{count:,} records")


def portion() -> int:
    """Seal some more. Returns how many."""
    with transaction():
        return chain.seal(at=AT)


def verified(count: int) -> None:
    """From the first to the last."""
    last = chain.last_seal()
    assert last is not None
    assert last.position == count
    assert chain.first_fault({last.position: last.head}, at=AT) is None
    db.session.rollback()
