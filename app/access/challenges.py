"""Texts that a browser was asked to have signed (spec 10): each once, within five minutes, on that browser.

What is verified later is the text that is kept here, never one that came back. It ends with a line that no second text
has, so no signature is good for two of them. Time is the real one, never the demo's, as certificates have it.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from app.access.hashes import hashed
from app.db.database import own_transaction
from app.db.extensions import db
from app.models import Challenge, Purpose

LIVES = timedelta(minutes=5)
KEPT = timedelta(days=1)  # what was not signed leaves then, with whatever it names
CHALLENGE = Challenge.__table__


class ToSign(NamedTuple):
    """The key by which the signature is brought, which is nowhere else, and the text exactly as it is to be shown."""

    key: str
    text: str


def ask(text: str, *, purpose: Purpose, browser: str, **of: Any) -> ToSign:
    """Have this text signed by whoever sits at a browser, which is known by `browser`, a secret of its cookie.

    `of`: iin, bin (whose key it has to be), application_id, verb, asked (what the verb is asked with, as JSON).
    What the session has read ends, here and in `take`: on SQLite there is one writer.
    """
    db.session.rollback()
    key, at = secrets.token_urlsafe(32), _now()
    text = f"{text.rstrip()}\n\n{at:%Y-%m-%d %H:%M} UTC · {secrets.token_hex(16)}\n"
    kept = {"key_hash": hashed(key), "browser_hash": hashed(browser), "purpose": purpose, "text": text.encode()}
    with own_transaction() as connection:
        connection.execute(insert(CHALLENGE).values(**kept, asked_at=at, **of))
    return ToSign(key, text)


def take(key: str, *, browser: str, purpose: Purpose) -> Challenge | None:
    """What was asked with this key, on this browser, for this purpose: the first time, within its five minutes; else
    None. Whatever comes of it, it is used then. `used_at` is the moment, by which certificates are judged.
    """
    db.session.rollback()
    at, one = _now(), CHALLENGE.c
    first = (one.key_hash == hashed(key)) & (one.browser_hash == hashed(browser)) & one.used_at.is_(None)
    lives = first & (one.asked_at > at - LIVES) & (one.purpose == purpose)
    with own_transaction() as connection:
        used = connection.execute(update(CHALLENGE).where(lives).values(used_at=at).returning(CHALLENGE)).one_or_none()
    return None if used is None else Challenge(**used._mapping)


def forget() -> None:
    """Remove those of more than a day ago, signed or not: what was signed is kept apart."""
    with own_transaction() as connection:
        connection.execute(delete(CHALLENGE).where(CHALLENGE.c.asked_at < _now() - KEPT))


def led_to(key: str, *, browser: str) -> str | None:
    """Where what was asked with this key has led, on this browser; None where nothing was done."""
    one = CHALLENGE.c
    found = select(one.led_to).where(one.key_hash == hashed(key), one.browser_hash == hashed(browser))
    return db.session.scalar(found)


def lead(challenge: Challenge, address: str) -> None:
    """It was done, in the transaction of what was done, and leads there: also when it is sent once more."""
    db.session.execute(update(CHALLENGE).where(CHALLENGE.c.id == challenge.id).values(led_to=address))


def _now() -> datetime:
    return datetime.now(UTC)
