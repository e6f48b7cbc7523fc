"""Spec 9, round: 10,080 vouchers over 360 queues in strict order, with history, notices and a protocol to be made."""

from functools import partial
from pathlib import Path

import psycopg
import sqlalchemy as sa

from app.access.actors import Actor
from app.actions import clock, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.rules.roles import Role
from bench.measure import Figure, alternate
from bench.town import AT, Town, application, connect

WORK = "a round in each of 120 districts, one transaction each: 10,080 vouchers over 360 queues, in strict order"
PEER = "one hand-written SQL transaction"
TARGET = 3.0
SEATS = 28  # of each queue
BY_HAND, WAITS = Path(__file__).with_suffix(".sql"), Path(__file__).parent.parent / "rounds.sql"
DEPARTMENT = Actor(Role.department)
TOUCHED = {  # what both sides write, but what a round keeps of how it found the queues
    "voucher": "SELECT * FROM voucher",
    "application": "SELECT * FROM application",
    "notice": "SELECT * FROM notice",
    "change": "SELECT * FROM change WHERE subject <> 'queue_round'",
    "document": "SELECT round_id, kind, version, asked_at FROM document WHERE kind = 'protocol'",
    "outbox": "SELECT job, asked_at, attempts, sent_at, done_at FROM outbox WHERE document_id IS NOT NULL",
    "queue_round": "SELECT id, place_id, held_on, held_at, queue_order_id, served, passed FROM queue_round",
}


def measure(town: Town, times: int) -> Figure:
    """Each run starts from a fresh copy. AssertionError where the two sides differ."""
    with town.copy("waits") as prepared:
        prepare(prepared)
        waits = Town(town.server, town.size, template="waits")
        with waits.copy("rounds") as url, application(url, web=False):
            check_same_rows(waits, url)
            return alternate(ours, partial(by_hand, url), times=times, before=partial(start_again, waits))


def prepare(url: str) -> None:
    """The town's children in 360 queues with free places."""
    with connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(WAITS.read_text(), {"seats": SEATS})
    with connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def ours() -> int:
    """What the department does by a button in each district. Returns how many were served."""
    served = 0
    for place_id in clock.districts():
        with transaction():
            served += vouchers.issue_round(place_id, by=DEPARTMENT, at=AT).served
    return served


def by_hand(url: str) -> None:
    """The same by round.sql; 10 April 2026 is a Friday, and two working days later is a Tuesday."""
    facts = {"today": AT.date(), "at": AT, "confirm_by": "2026-04-14"}
    with connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(BY_HAND.read_text(), facts)


def start_again(waits: Town) -> None:
    """A fresh copy, and our connection to it open, as it is in a running system."""
    db.engine.dispose()
    waits.restore("rounds")
    db.session.execute(sa.text("SELECT 1"))
    db.session.rollback()


def check_same_rows(waits: Town, url: str) -> None:
    """AssertionError, with the table's name, where the two sides leave different rows behind: also in another order."""
    start_again(waits)
    assert ours() == 360 * SEATS, "not every place was given"
    left = digests(url)
    start_again(waits)
    by_hand(url)
    left_by_hand = digests(url)
    for table in TOUCHED:
        assert left[table] == left_by_hand[table], f"the two sides differ in {table}"


def digests(url: str) -> dict[str, object]:
    """Of every table that either side touches the rows, whole but for the ids of what no other row names."""
    digest = "SELECT count(*), sum(hashtextextended((to_jsonb(t) - {})::text, 0)) FROM ({}) t"
    named = {"voucher", "queue_round"}
    with connect(url) as connection:
        return {
            table: connection.execute(digest.format("''" if table in named else "'id'", rows)).fetchone()
            for table, rows in TOUCHED.items()
        }
