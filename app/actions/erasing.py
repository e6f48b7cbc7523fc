"""What the history says of people can be erased once an application is over; that it was, stays on record (ADR 34)."""

from datetime import datetime

from sqlalchemy import select, update

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import chain, places
from app.actions.moving import record
from app.db.database import lock_districts
from app.db.extensions import db
from app.models import Application, Change, HistoryLink
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import APPLICATION_FINAL


def erase(application: Application, *, by: Actor, at: datetime) -> int:
    """Remove from the application's history its reasons and what is personal; the chain stays whole. Returns of how
    many records. Whoever works as a role that cannot change the history cannot do it: its owner does.

    Raises Refusal: not_allowed, wrong_status (it is not over).
    """
    permit(by, "erase", application)
    lock_districts(places.districts(application))
    if application.status not in APPLICATION_FINAL:
        raise Refusal(Reason.wrong_status, verb="erase")
    while chain.seal(at=at):
        pass
    sealed = (
        select(Change.id, Change.reason, Change.details, HistoryLink.hidden)
        .join(HistoryLink, HistoryLink.change_id == Change.id)
        .where(Change.application_id == application.id, HistoryLink.salt.is_not(None))
    )
    erased = [row for row in db.session.execute(sealed) if row.reason is not None or row.hidden]
    for row in erased:
        rest = {name: value for name, value in (row.details or {}).items() if name not in row.hidden} or None
        db.session.execute(update(Change).where(Change.id == row.id).values(reason=None, details=rest))
        db.session.execute(update(HistoryLink).where(HistoryLink.change_id == row.id).values(salt=None))
    if erased:
        record(application, "erase", by=by, at=at, details={"rows": len(erased)})
    return len(erased)
