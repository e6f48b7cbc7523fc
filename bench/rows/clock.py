"""Spec 9, clock: 50,000 vouchers due of 1,000,000 applications, with their stop-lists, history and notices."""

from functools import partial
from pathlib import Path

import psycopg
import sqlalchemy as sa

from app.actions import clock
from app.db.database import transaction
from app.db.extensions import db
from bench.measure import Figure, alternate
from bench.town import AT, Town, application, connect

WORK = "all districts, one transaction each; 5 in 100 applications have a voucher not confirmed in time"
PEER = "one hand-written SQL transaction"
TARGET = 3.0
BY_HAND = Path(__file__).with_suffix(".sql")
TOUCHED = ("voucher", "application", "stop_listing", "change", "notice")


def measure(town: Town, times: int) -> Figure:
    """Each run starts from a fresh copy of the town. AssertionError where the two sides differ."""
    with town.copy("clock") as url, application(url, web=False):
        check_same_rows(town, url)
        return alternate(ours, partial(by_hand, url), times=times, before=partial(start_again, town))


def ours() -> int:
    """What `flask clock` does. Returns the number of effects."""
    done = 0
    for place_id in clock.districts():
        with transaction():
            done += clock.run(at=AT, place_id=place_id)
    return done


def by_hand(url: str) -> None:
    """The same by clock.sql."""
    facts = {"today": AT.date(), "at": AT, "at_text": AT.isoformat()}
    with connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(BY_HAND.read_text(), facts)


def start_again(town: Town) -> None:
    """A fresh copy, and our connection to it open, as it is in a running system."""
    db.engine.dispose()
    town.restore("clock")
    db.session.execute(sa.text("SELECT 1"))
    db.session.rollback()


def check_same_rows(town: Town, url: str) -> None:
    """AssertionError, with the table's name, where the two sides leave different rows behind."""
    before = digests(url)
    start_again(town)
    ours()
    left = digests(url)
    start_again(town)
    by_hand(url)
    lefts_by_hand = digests(url)
    for table in TOUCHED:
        assert left[table] != before[table], f"nothing was due in {table}"
        assert left[table] == lefts_by_hand[table], f"the two sides differ in {table}"


def digests(url: str) -> dict[str, object]:
    """Every row of the tables that either side touches, whole but for its own id: their number and a sum of hashes."""
    digest = "SELECT count(*), sum(hashtextextended((to_jsonb(t) - 'id')::text, 0)) FROM {} t"
    with connect(url) as connection:
        return {table: connection.execute(digest.format(table)).fetchone() for table in TOUCHED}
