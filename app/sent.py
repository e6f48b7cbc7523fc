"""What forms have sent (spec 7, "double click, retry"; docs/adr/0013-forms-that-stay.md).

`sent_form`: a form was sent and had its effect; it says nothing of what was in it. `kept_form`: what somebody typed
whose session was over by then, for an hour. Times are real ones, never the demo's.
"""

import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.database import apart
from app.extensions import db
from app.models import KeptForm, SentForm

KEY_LASTS = timedelta(hours=24)  # a page is older than that in no session; its form is not taken then
KEPT = timedelta(hours=1)
LONGEST = 200_000  # characters of what is kept of one form: no form that is typed has as many
SENT, KEPT_FORM = SentForm.__table__, KeptForm.__table__

Fields = list[tuple[str, str]]


class Repeated(Exception):
    """This very form has had its effect already, a moment ago."""


class Sent(NamedTuple):
    """A form that had its effect: who sent it, a digest of what was in it, and how it was answered, once it was."""

    user_id: int
    body_hash: str
    answer: dict[str, Any] | None


def digest(key: str, body: str) -> str:
    """The same for the same body of the same form; without the key, which is kept nowhere, it says nothing of it."""
    return hmac.digest(key.encode(), body.encode(), "sha256").hex()


def find(key: str) -> Sent | None:
    """What became of the form with this key, if it had its effect."""
    found = select(SENT.c.user_id, SENT.c.body_hash, SENT.c.answer).where(SENT.c.key_hash == _hash(key))
    row = db.session.execute(found).first()
    return Sent(*row) if row else None


def claim(key: str, user_id: int, body_hash: str) -> None:
    """In the effect's own transaction: no other one has this effect. Raises Repeated."""
    row = {"key_hash": _hash(key), "user_id": user_id, "body_hash": body_hash, "at": _now()}
    try:
        db.session.execute(insert(SENT).values(row))
    except IntegrityError:
        raise Repeated from None


def answered(key: str, answer: dict[str, Any]) -> None:
    """How it was answered, for whoever sends it again."""
    with apart() as connection:
        connection.execute(update(SENT).where(SENT.c.key_hash == _hash(key)).values(answer=answer))


def keep(user_id: int, address: str, fields: Fields) -> bool:
    """Keep what this account has typed, instead of what was kept for it before; False where that is too much."""
    text = json.dumps([address, fields], ensure_ascii=False)
    if len(text) > LONGEST:
        return False
    with apart() as connection:
        connection.execute(delete(KEPT_FORM).where(KEPT_FORM.c.user_id == user_id))
        connection.execute(insert(KEPT_FORM).values(user_id=user_id, typed=text, at=_now()))
    return True


def kept(user_id: int) -> tuple[str, Fields] | None:
    """What is kept for this account, as (address, fields)."""
    found = select(KEPT_FORM.c.typed).where(KEPT_FORM.c.user_id == user_id, KEPT_FORM.c.at > _now() - KEPT)
    text = db.session.scalar(found)
    if text is None:
        return None
    address, fields = json.loads(text)
    return address, [(name, value) for name, value in fields]


def forget() -> int:
    """Remove what is over: a key is not taken any more when its row goes. Returns how many."""
    over = delete(SENT).where(SENT.c.at <= _now() - KEY_LASTS), delete(KEPT_FORM).where(KEPT_FORM.c.at <= _now() - KEPT)
    with apart() as connection:
        return sum(connection.execute(one).rowcount for one in over)


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
