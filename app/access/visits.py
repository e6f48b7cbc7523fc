"""Who of a family is signed in, weakly by a code or strongly by a key, and the codes (S1, «Бір реттік құпия сөз»).

A code has six digits, lives five minutes, opens once, on the browser that asked for it, and bears five tries. It is
written over a connection of its own, as sessions of officials are. Time is the real one, never the demo's.
"""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from app.access.actors import Visitor
from app.access.hashes import hashed
from app.db.database import own_transaction
from app.db.extensions import db
from app.models import OneTimeCode, SignedInBy, Visit

LIVES, TRIES, DIGITS = timedelta(minutes=5), 5, 6  # of a code
A_MOMENT = timedelta(minutes=1)  # in which nobody gets a second one (login_limits.CODE)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=8)  # of a visit
KEPT = timedelta(days=1)  # what a code leaves
SEEN_EVERY = timedelta(minutes=1)
CODE, VISIT = OneTimeCode.__table__, Visit.__table__


class Asked(NamedTuple):
    """A code that was asked for: the browser's key, which is nowhere else, and the code, if one is to be sent."""

    browser: str
    code: str | None


def new_browser() -> str:
    """The key of a browser on which somebody is about to enter."""
    return secrets.token_urlsafe(32)


def asked_just_now(browser: str, iin: str, phone: str) -> bool:
    """Did this very browser ask for a code for this person and phone a moment ago, and is it still good? Then this is
    the second of two clicks.
    """
    its = CODE.c.browser_hash == hashed(browser), CODE.c.iin == iin, CODE.c.phone_hash == hashed(phone)
    good = CODE.c.used_at.is_(None), CODE.c.tries < TRIES, CODE.c.asked_at > _now() - A_MOMENT
    return bool(db.session.scalar(select(CODE.c.id).where(*its, *good)))


def begin_asking(browser: str, iin: str, phone: str) -> str:
    """Somebody says to be this person: nothing opens yet. Returns the browser's key: the given one, if nobody has asked
    with it before.
    """
    kept = {"iin": iin, "phone_hash": hashed(phone), "whole": False, "asked_at": _now(), "tries": 0}
    with own_transaction() as connection:
        taken = select(CODE.c.id).where(CODE.c.browser_hash == hashed(browser))
        browser = browser if browser and connection.scalar(taken) is None else new_browser()
        connection.execute(insert(CODE).values(browser_hash=hashed(browser), code_hash=None, **kept))
    return browser


def ask(browser: str, *, known: bool, whole: bool = False) -> Asked:
    """A code for whoever has begun to ask; `known`: is the phone on record for the person? Else nothing opens.
    `whole`: is it registered for the IIN itself? Then all of the person's applications are seen.
    """
    code = new_code()
    its = update(CODE).where(CODE.c.browser_hash == hashed(browser), CODE.c.used_at.is_(None))
    with own_transaction() as connection:
        connection.execute(its.values(code_hash=hashed(browser + code) if known else None, whole=whole))
    return Asked(browser, code if known else None)


def new_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def enter(browser: str, code: str) -> str | None:
    """The key of a new visit, if this is the code that was sent for this browser; else None, and it is one try."""
    at, asked_here = _now(), CODE.c.browser_hash == hashed(browser)
    lives = and_(
        asked_here,
        CODE.c.used_at.is_(None),
        CODE.c.tries < TRIES,
        CODE.c.asked_at > at - LIVES,
    )
    tried = update(CODE).where(lives).values(tries=CODE.c.tries + 1).returning(CODE)
    with own_transaction() as connection:
        sent = connection.execute(tried).one_or_none()
        if sent is None or sent.code_hash != hashed(browser + code):
            return None
        connection.execute(update(CODE).where(asked_here).values(used_at=at))
        return _begin(connection, sent.iin, SignedInBy.code, phones=[sent.phone_hash], whole=sent.whole)


def begin(iin: str, *, instead_of: str = "") -> str:
    """The key of a new visit of whoever has entered with a key; an older visit on this browser is over, so that nobody
    who has learned its key becomes stronger with it.
    """
    with own_transaction() as connection:
        connection.execute(delete(VISIT).where(VISIT.c.key_hash == hashed(instead_of)))
        return _begin(connection, iin, SignedInBy.key, phones=[], whole=True)


def _begin(connection: Connection, iin: str, sign_in: SignedInBy, **more: Any) -> str:
    key, at = secrets.token_urlsafe(32), _now()
    new = insert(VISIT).values(key_hash=hashed(key), iin=iin, sign_in=sign_in, began_at=at, seen_at=at, **more)
    connection.execute(new)
    return key


def proven(key: str, phone: str) -> bool:
    """Has this visit brought a code that was sent to this phone? Then it is the person's."""
    phones = db.session.scalar(select(VISIT.c.phones).where(VISIT.c.key_hash == hashed(key)))
    return hashed(phone) in (phones or ())


def prove(key: str, phone: str) -> None:
    """It has, just now."""
    its = VISIT.c.key_hash == hashed(key)
    with own_transaction() as connection:
        phones = connection.scalar(select(VISIT.c.phones).where(its)) or []
        connection.execute(update(VISIT).where(its).values(phones=sorted({*phones, hashed(phone)})))


def who(key: str) -> Visitor | None:
    """Whoever visits with this key; None when the visit is over."""
    at = _now()
    lives = and_(VISIT.c.key_hash == hashed(key), VISIT.c.seen_at > at - IDLE, VISIT.c.began_at > at - LONGEST)
    found = db.session.execute(select(VISIT).where(lives)).first()
    if found is not None and found.seen_at < at - SEEN_EVERY:
        db.session.rollback()  # SQLite has one writer
        with suppress(OperationalError), own_transaction(waits=False) as connection:
            connection.execute(update(VISIT).where(VISIT.c.key_hash == hashed(key)).values(seen_at=at))
    if found is None:
        return None
    return Visitor(found.iin, found.sign_in, phones=None if found.whole else frozenset(found.phones))


def whose(key: str) -> str | None:
    """The IIN of whoever has visited with this key, also when that is over; None where nothing is known any more."""
    return db.session.scalar(select(VISIT.c.iin).where(VISIT.c.key_hash == hashed(key)))


def leave(key: str) -> None:
    """Signed out: the key opens nothing any more."""
    with own_transaction() as connection:
        connection.execute(delete(VISIT).where(VISIT.c.key_hash == hashed(key)))


def forget() -> None:
    """Remove the visits that are over, and codes after a day."""
    at = _now()
    with own_transaction() as connection:
        connection.execute(delete(VISIT).where(or_(VISIT.c.seen_at < at - IDLE, VISIT.c.began_at < at - LONGEST)))
        connection.execute(delete(CODE).where(CODE.c.asked_at < at - KEPT))


def _now() -> datetime:
    return datetime.now(UTC)
