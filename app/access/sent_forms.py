"""What forms have sent (spec 7, "double click, retry"; docs/adr/0015-forms-that-stay.md).

`sent_form`: a form was sent and had its effect; it says nothing of what was in it. `kept_form`: what somebody typed
whose session was over by then, for an hour. Times are real ones, never the demo's.

What was typed is about people, so it lies nowhere: a one-time pad as long as the text lies in the table, the text
encrypted by it in a cookie of the browser that sent it. Each half alone is noise, in any copy of the database too.
"""

import hmac
import json
import secrets
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.access.hashes import hashed
from app.db.database import own_transaction
from app.db.extensions import db
from app.models import KeptForm, SentForm

KEY_LASTS = timedelta(hours=24)  # a page is older than that in no session; its form is not taken then
KEPT = timedelta(hours=1)
LONGEST = 2_700  # bytes of what is kept of one form, packed: a cookie holds no more
LONGEST_PATH = 200
SENT, KEPT_FORM = SentForm.__table__, KeptForm.__table__

Fields = list[tuple[str, str]]


class Repeated(Exception):
    """This very form has had its effect already, a moment ago."""


class Sent(NamedTuple):
    """A form that had its effect: who sent it, a digest of what was in it, and how it was answered, once it was."""

    user_id: int | None
    body_hash: str
    answer: dict[str, Any] | None


def digest(key: str, body: str) -> str:
    """The same for the same body of the same form; without the key, which is kept nowhere, it says nothing of it."""
    return hmac.digest(key.encode(), body.encode(), "sha256").hex()


FOUND = select(SENT.c.user_id, SENT.c.body_hash, SENT.c.answer).where(SENT.c.key_hash == bindparam("key_hash"))
ITS_PATH = and_(KEPT_FORM.c.user_id == bindparam("user_id"), KEPT_FORM.c.path == bindparam("path"))
IS_KEPT = select(exists(FOUND), exists().where(ITS_PATH))
CLAIMED, ANSWERED = insert(SENT).inline(), update(SENT).where(SENT.c.key_hash == bindparam("its_hash"))
DONE = delete(KEPT_FORM).where(ITS_PATH)


def find(key: str) -> Sent | None:
    """What became of the form with this key, if it had its effect."""
    row = db.session.execute(FOUND, {"key_hash": hashed(key)}).first()
    return Sent(*row) if row else None


def known(key: str, *, user_id: int, path: str) -> tuple[bool, bool]:
    """Had the form with this key its effect, and is anything kept of this account's form at this path?"""
    sent, kept = db.session.execute(IS_KEPT, {"key_hash": hashed(key), "user_id": user_id, "path": path}).one()
    return sent, kept


def claim(key: str, user_id: int | None, body_hash: str, *, client_id: int | None = None) -> None:
    """In the effect's own transaction: no other one has this effect. Raises Repeated."""
    row = {"key_hash": hashed(key), "user_id": user_id, "client_id": client_id, "body_hash": body_hash, "at": _now()}
    try:
        db.session.execute(CLAIMED, row)
    except IntegrityError:
        raise Repeated from None


def answer_within(key: str, answer: dict[str, Any]) -> None:
    """How it is answered, where that is known in the effect's own transaction."""
    db.session.execute(ANSWERED, {"its_hash": hashed(key), "answer": answer})


def answered(connection: Connection, key: str, answer: dict[str, Any]) -> None:
    """How it was answered, for whoever sends it again."""
    connection.execute(ANSWERED, {"its_hash": hashed(key), "answer": answer})


def done(connection: Connection, *, user_id: int, path: str) -> None:
    """What was kept of this account's form at this path is done."""
    connection.execute(DONE, {"user_id": user_id, "path": path})


def keep(user_id: int, path: str, address: str, fields: Fields) -> str | None:
    """Keep what this account has typed, instead of what was kept for it before; None where that is too much.

    `address`: the path with its query. Returns the browser's half.
    """
    text = zlib.compress(json.dumps([address, fields], ensure_ascii=False).encode())
    if len(text) > LONGEST or len(path) > LONGEST_PATH:
        return None
    pad = secrets.token_bytes(len(text))
    with own_transaction() as connection:
        connection.execute(delete(KEPT_FORM).where(KEPT_FORM.c.user_id == user_id))
        connection.execute(insert(KEPT_FORM).values(user_id=user_id, path=path, pad=pad, at=_now()))
    return urlsafe_b64encode(_together(text, pad)).decode()


def kept(user_id: int, half: str) -> tuple[str, Fields] | None:
    """What is kept for this account, as (address, fields); None without this browser's half."""
    pad = db.session.scalar(select(KEPT_FORM.c.pad).where(_is_kept(user_id)))
    if pad is None:
        return None
    try:
        address, fields = json.loads(zlib.decompress(_together(urlsafe_b64decode(half), pad)))
    except (ValueError, zlib.error):  # the half of another form, or of none
        return None
    return address, [(name, value) for name, value in fields]


def is_kept(user_id: int) -> bool:
    """Is there anything?"""
    return bool(db.session.scalar(select(exists().where(_is_kept(user_id)))))


def forget() -> int:
    """Remove what is over: a key is not taken any more when its row goes. Returns how many."""
    over = delete(SENT).where(SENT.c.at <= _now() - KEY_LASTS), delete(KEPT_FORM).where(KEPT_FORM.c.at <= _now() - KEPT)
    with own_transaction() as connection:
        return sum(connection.execute(one).rowcount for one in over)


def _is_kept(user_id: int) -> ColumnElement[bool]:
    return and_(KEPT_FORM.c.user_id == user_id, KEPT_FORM.c.at > _now() - KEPT)


def _together(half: bytes, other: bytes) -> bytes:
    """A one-time pad, both ways. ValueError for halves that are none of each other."""
    return bytes(one ^ two for one, two in zip(half, other, strict=True))


def _now() -> datetime:
    return datetime.now(UTC)
