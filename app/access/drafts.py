"""A new application that a family has begun and not sent: what it has typed so far, for thirty days (issue 13, 4).

One for each person, by the IIN with which it has entered; written over a connection of its own. Times are real ones.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Delete, delete, select

from app.db.database import own_transaction, put
from app.db.extensions import db
from app.models import Draft

KEPT = timedelta(days=30)
DRAFT = Draft.__table__
Answers = Mapping[str, str]


def of(iin: str) -> dict[str, str]:
    """What this person has answered so far, by the names of the fields."""
    kept = select(DRAFT.c.answers).where(DRAFT.c.iin == iin, DRAFT.c.at > datetime.now(UTC) - KEPT)
    return dict(db.session.scalar(kept) or {})


def keep(iin: str, answers: Answers) -> None:
    """What stands there from now on; what is older than KEPT goes. {}: nothing is kept of this person."""
    db.session.rollback()  # what was read ends: on SQLite there is one writer
    at = datetime.now(UTC)
    with own_transaction() as connection:
        connection.execute(_old(at))
        if not answers:
            connection.execute(delete(DRAFT).where(DRAFT.c.iin == iin))
        else:
            put(connection, DRAFT, ["iin"], iin=iin, answers=dict(answers), at=at)


def forget() -> None:
    """Remove what is older than KEPT."""
    with own_transaction() as connection:
        connection.execute(_old(datetime.now(UTC)))


def _old(at: datetime) -> Delete:
    return delete(DRAFT).where(DRAFT.c.at < at - KEPT)
