"""What officials have read of the notices to them: each for himself (spec 7)."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from app.access.actors import Actor
from app.access.permissions import permit
from app.db.extensions import db
from app.models import Audience, Notice, NoticeRead
from app.rules.roles import Role


def to(actor: Actor) -> ColumnElement[bool]:
    """The notices to officials of this kind; how far each reaches is the viewer's scope."""
    return Notice.audience == (Audience.kindergarten if actor.role is Role.head else Audience.department)


def unread(actor: Actor) -> ColumnElement[bool]:
    """Those of them that this one has not read yet."""
    seen = NoticeRead.__table__.c
    return to(actor) & Notice.id.not_in(select(seen.notice_id).where(seen.user_id == actor.user_id))


def read(notice: Notice, *, by: Actor, at: datetime) -> None:
    """One official has read it; again changes nothing. Raises Refusal(not_allowed)."""
    permit(by, "read", notice)
    seen = select(NoticeRead.id).where(NoticeRead.notice_id == notice.id, NoticeRead.user_id == by.user_id)
    if db.session.scalars(seen).first() is None:
        db.session.add(NoticeRead(notice_id=notice.id, user_id=by.user_id, at=at))
        db.session.flush()
