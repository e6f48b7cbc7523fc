"""A file that a person of a family has sent beside an act that is not signed yet: a day, for that person alone.

Written over a connection of its own. Times are real ones, never the demo's.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Delete, delete, select

from app.db.database import own_transaction, put
from app.db.extensions import db
from app.models import Upload

KEPT = timedelta(days=1)
MOST = 5  # of one person at once
UPLOAD = Upload.__table__


def keep(iin: str, content: bytes) -> str:
    """By what the file is known from now on. Of more than MOST the oldest goes."""
    db.session.rollback()  # what was read ends: on SQLite there is one writer
    at, checksum = datetime.now(UTC), sha256(content).hexdigest()
    own = UPLOAD.c.iin == iin
    with own_transaction() as connection:
        connection.execute(_old(at))
        older = connection.scalars(select(UPLOAD.c.id).where(own).order_by(UPLOAD.c.id.desc())).all()[MOST - 1 :]
        connection.execute(delete(UPLOAD).where(UPLOAD.c.id.in_(older)))
        put(connection, UPLOAD, ["iin", "sha256"], iin=iin, sha256=checksum, content=content, at=at)
    return checksum


def of(iin: str, checksum: str) -> bytes | None:
    """That file; None where this person has sent none such, or it is over."""
    lives = UPLOAD.c.at > datetime.now(UTC) - KEPT
    found = select(UPLOAD.c.content).where(UPLOAD.c.iin == iin, UPLOAD.c.sha256 == checksum, lives)
    return db.session.scalar(found)


def forget() -> None:
    """Remove what is older than KEPT."""
    with own_transaction() as connection:
        connection.execute(_old(datetime.now(UTC)))


def _old(at: datetime) -> Delete:
    return delete(UPLOAD).where(UPLOAD.c.at < at - KEPT)
