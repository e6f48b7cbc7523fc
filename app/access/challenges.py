"""Texts that a browser was asked to have signed (spec 10): each once, within five minutes, on that browser.

What is verified later is the text that is kept here, never one that came back. It ends with a line that no second text
has, so no signature is good for two of them. Time is the real one, never the demo's, as certificates have it.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update

from app.access.hashes import hashed
from app.db.database import own_transaction
from app.db.extensions import db
from app.models import Challenge, Purpose

LIVES = timedelta(minutes=5)
APART = timedelta(seconds=10)  # longer than the service for phones is waited for
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


def waiting(key: str, *, browser: str) -> Challenge | None:
    """What was asked with this key, on this browser, and waits; it is not taken by that."""
    found = _one(CHALLENGE.c.key_hash == hashed(key), [browser])
    return None if found is None or is_over(found) else found


def asked_just_now(browser: str) -> Mapping[str, Any]:
    """What the last text that this browser was shown was asked with, if it waits since a moment; {} else."""
    its = CHALLENGE.c.browser_hash == hashed(browser), CHALLENGE.c.used_at.is_(None)
    last = select(CHALLENGE.c.asked).where(*its, CHALLENGE.c.asked_at > _now() - APART)
    return db.session.scalar(last.order_by(CHALLENGE.c.id.desc()).limit(1)) or {}


def on_phone(id_: int, *, browsers: Collection[str]) -> Challenge | None:
    """What one of these browsers has signed on a phone, over or not."""
    found = _one(CHALLENGE.c.id == id_, browsers)
    return None if found is None or found.qr is None else found


def is_over(asked: Challenge) -> bool:
    """Was it taken, or are its five minutes over?"""
    return asked.used_at is not None or asked.asked_at <= _now() - LIVES


def _one(which: ColumnElement[bool], browsers: Collection[str]) -> Challenge | None:
    mine = CHALLENGE.c.browser_hash.in_([hashed(browser) for browser in browsers])
    row = db.session.execute(select(CHALLENGE).where(which, mine)).one_or_none()
    return None if row is None else Challenge(**row._mapping)


def pass_on(challenge: Challenge, known: Mapping[str, Any]) -> bool:
    """It is to be signed on a phone, by what is `known` of that, and its five minutes begin anew, once."""
    first = (CHALLENGE.c.id == challenge.id) & CHALLENGE.c.used_at.is_(None)
    db.session.rollback()
    with own_transaction() as connection:
        passed = connection.execute(update(CHALLENGE).where(first).values(qr=dict(known), asked_at=_now()))
        return passed.rowcount == 1


def turn(id_: int) -> bool:
    """Is the service for phones to be asked now? Of several who would ask at once one does."""
    at, one = _now(), CHALLENGE.c
    free = (one.id == id_) & (one.qr_asked_at.is_(None) | (one.qr_asked_at < at - APART))
    db.session.rollback()
    with own_transaction() as connection:
        return connection.execute(update(CHALLENGE).where(free).values(qr_asked_at=at)).rowcount == 1


def learn(id_: int, known: Mapping[str, Any]) -> None:
    """What the service has said of it."""
    db.session.rollback()
    with own_transaction() as connection:
        connection.execute(update(CHALLENGE).where(CHALLENGE.c.id == id_).values(qr=dict(known), qr_asked_at=None))


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
