"""Which portal asks, by its key, and which applications are there for it (docs/adr/0036-the-api.md).

That its key was used is written over a connection of its own, once a minute. Time is the real one, never the demo's.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.access.hashes import hashed
from app.db.database import NO_WAIT, own_transaction
from app.db.extensions import db
from app.db.viewer import decides_in, unscoped
from app.models import Client

SEEN_EVERY = timedelta(minutes=1)
CLIENT = Client.__table__


class Portal(NamedTuple):
    """One that has come in: its row's id, name and place, what it may besides reading, and its key."""

    id: int
    name: str
    place_id: int
    registers: bool
    verbs: frozenset[str]
    key: str


def key_of_demo(password: str) -> str:
    """The key of the demo's own portal, by the password of its accounts; both are shown to whoever looks."""
    return f"kezek_demo_{password}"


def who(key: str) -> Portal | None:
    """Whose key this is, while it is good."""
    at, its = datetime.now(UTC), CLIENT.c.key_hash == hashed(key)
    with unscoped():
        found = db.session.execute(select(CLIENT).where(its, CLIENT.c.active)).first()
    if found is None:
        return None
    if found.seen_at is None or found.seen_at < at - SEEN_EVERY:
        db.session.rollback()  # SQLite has one writer
        decides_in(found.place_id)
        with unscoped(), suppress(OperationalError), own_transaction(waits=NO_WAIT) as connection:
            connection.execute(update(CLIENT).where(its).values(seen_at=at))
    return Portal(found.id, found.name, found.place_id, found.registers, _acts(found), key)


def _acts(found: Any) -> frozenset[str]:
    return frozenset(found.verbs if found.acts else ())
