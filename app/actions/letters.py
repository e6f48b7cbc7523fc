"""E-mails to officials about their own accounts: left here, sent by jobs/letters.py."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.db.extensions import db
from app.models import AccountLetter, Invitation, Outbox, User

JOB = "letter"


def leave(
    user: User,
    template: str,
    *,
    at: datetime,
    address: str | None = None,
    invitation: Invitation | None = None,
    **facts: Any,
) -> AccountLetter:
    """A letter and the work of sending it, in the caller's transaction. `address`: another than the account's own."""
    to = address or user.email
    letter = AccountLetter(user=user, template=template, address=to, invitation=invitation, facts=facts, at=at)
    db.session.add_all([letter, Outbox(job=JOB, letter=letter, asked_at=at)])
    return letter


def last(user_id: int) -> AccountLetter | None:
    """The newest one to an account."""
    own = select(AccountLetter).where(AccountLetter.user_id == user_id)
    return db.session.scalars(own.order_by(AccountLetter.id.desc()).limit(1)).first()
