"""Spec 9, numbers: the numbers of all 1,000,000 applications at once."""

import sqlalchemy as sa

from app.actions import clock
from app.db.extensions import db
from app.models import QueueKind
from app.rules import queue
from bench.measure import Figure, alternate
from bench.town import AT, Town, application

WORK = "rank, side and what stands on the other sides, of all who wait, district by district"
PEER = "one window query over the whole queue"
TARGET = 2.0
WINDOW = """
    SELECT count(*), sum(n) FROM (
        SELECT row_number() OVER (PARTITION BY place_id, queue_kind, birth_year, privilege ORDER BY queued_at, id) AS n
        FROM application WHERE status = 'queued' AND standing AND queue_kind = 'general'
    ) numbered
"""


def measure(town: Town, times: int) -> Figure:
    """AssertionError where the two sides rank differently."""
    with town.copy("numbers") as url, application(url, web=False):
        db.session.execute(sa.text("SET max_parallel_workers_per_gather = 0"))
        assert ours() == peer(), "the two sides differ"
        return alternate(ours, peer, times=times)


def ours() -> tuple[int, int]:
    """How many have a number, and the sum of their ranks."""
    children = ranks = 0
    for place_id in clock.districts():
        each = queue.all_by_ratio(queue.waiting(place_id, QueueKind.general, AT.date())).subquery()
        found = db.session.execute(
            sa.select(sa.func.count(each.c.id), sa.func.coalesce(sa.func.sum(each.c.rank), 0))
        ).one()
        children, ranks = children + found[0], ranks + int(found[1])
    return children, ranks


def peer() -> tuple[int, int]:
    """The same by hand."""
    found = db.session.execute(sa.text(WINDOW)).one()
    return found[0], int(found[1])
