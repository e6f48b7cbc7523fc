"""Who is signed in (spec 7, sessions): a row for each browser, found by the random key that its cookie holds.

They lie in a table of their own and are written over a connection of their own (spec 6, trap 21): what becomes of a
request's transaction is nothing to them. They are read in that transaction, for every page begins with it. Their time
is the real one, never the demo's.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, not_, select, update

from app.access import account_scope, second_factor
from app.access.hashes import hashed
from app.db.database import own_transaction
from app.db.extensions import db
from app.models import Account, DemoTime, SecondFactor, SignedIn, User

ROW = SignedIn.__table__.c
LIVES = and_(ROW.seen_at > bindparam("seen_after"), ROW.began_at > bindparam("began_after"))
SEEN_EVERY = timedelta(minutes=1)  # so rarely is it written down that somebody is still there


class LiveSession(NamedTuple):
    """One that lives: whose, what the browser's session holds, the time of the demo, and how far the account reaches.

    `version`: of the account; `has_factor`: has it a second factor, and `factor_at` when was it asked for last?
    """

    id: int
    user_id: int
    facts: str
    seen_at: datetime
    began_at: datetime
    version: int
    factor_at: datetime | None
    has_factor: bool
    user: User
    demo_at: datetime | None
    reach: account_scope.AccountScope

    @property
    def waits(self) -> bool:
        """Is the second factor still to come? Nobody is signed in until then."""
        return self.has_factor and self.factor_at is None

    @property
    def stale(self) -> bool:
        """Is it asked for once more, where somebody does what is far-reaching?"""
        return self.has_factor and self.factor_at is not None and _now() - self.factor_at > second_factor.LASTS

    @property
    def is_young(self) -> bool:
        """Has somebody just come in? Then the password was asked for a moment ago."""
        return _now() - self.began_at <= second_factor.LASTS


def _found() -> Any:
    """The select of the one that `key_hash` opens."""
    account = Account.__table__.c
    version, factor = func.coalesce(account.version, 0), SecondFactor.__table__.c
    has_factor = exists().where(factor.user_id == ROW.user_id, factor.secret.is_not(None))
    own = ROW.id, ROW.user_id, ROW.facts, ROW.seen_at, ROW.began_at, ROW.version, ROW.factor_at
    return (
        select(*own, has_factor, User, select(DemoTime.at).scalar_subquery(), *account_scope.facts_of(ROW.user_id))
        .join_from(SignedIn.__table__, User, User.id == ROW.user_id)
        .outerjoin(Account.__table__, account.user_id == ROW.user_id)
        .where(ROW.key_hash == bindparam("key_hash"), ROW.version == version, LIVES)
    )


KEPT = update(SignedIn.__table__).where(ROW.id == bindparam("its_id"))
FOUND = _found()  # built once: every page begins with it


def find(key: str) -> LiveSession | None:
    """The one with this key, unless its time is over or the account's credentials changed since it began."""
    one = db.session.execute(FOUND, {"key_hash": hashed(key), **_not_before()}).first()
    return LiveSession(*one[:10], account_scope.found(*one[10:])) if one else None


def begin(user_id: int, version: int, facts: str, *, with_factor: bool = False) -> tuple[int, str]:
    """A new one, for the account as it was at this version; `with_factor`: its second factor has been asked for, too.

    Returns its id and its key, which is nowhere else.
    """
    key, at = secrets.token_urlsafe(32), _now()
    values = {"key_hash": hashed(key), "user_id": user_id, "version": version, "facts": facts}
    values["factor_at"] = at if with_factor else None
    with own_transaction() as connection:
        row = insert(SignedIn.__table__).values(began_at=at, seen_at=at, **values)
        return connection.execute(row).inserted_primary_key[0], key


def keep(connection: Connection, id_: int, facts: str) -> None:
    """What the browser's session holds now; and somebody was there."""
    connection.execute(KEPT, {"its_id": id_, "facts": facts, "seen_at": _now()})


def prove(id_: int) -> datetime:
    """The second factor was asked for just now, at this moment."""
    at = _now()
    with own_transaction() as connection:
        connection.execute(update(SignedIn.__table__).where(ROW.id == id_).values(factor_at=at))
    return at


def end(id_: int) -> None:
    """Signed out: the key opens nothing any more, whoever kept a copy."""
    with own_transaction() as connection:
        connection.execute(delete(SignedIn.__table__).where(SignedIn.__table__.c.id == id_))


def forget() -> int:
    """Remove those whose time is over. Returns how many."""
    over = delete(SignedIn.__table__).where(not_(LIVES))
    with own_transaction() as connection:
        return connection.execute(over, _not_before()).rowcount


def is_long_ago(seen_at: datetime) -> bool:
    """Is it time to write down again that somebody is there?"""
    return _now() - seen_at >= SEEN_EVERY


def _not_before() -> dict[str, datetime]:
    """Seen lately, and not begun too long ago."""
    config, at = current_app.config["KEZEK"], _now()
    return {"seen_after": at - config.session_idle, "began_after": at - config.session_longest}


def _now() -> datetime:
    return datetime.now(UTC)
