"""Two people are two: whoever asked for something, wrote it or changed it is never the one who says yes to it."""

from collections.abc import Collection

from sqlalchemy import select

from app.access.actors import Actor
from app.db.extensions import db
from app.models import Application, Proposal
from app.rules.refusals import Reason, Refusal


def another(by: Actor, authors: Collection[int], *, verb: str) -> None:
    """Spec 3.2, 3.8: whoever decides is none of the authors. Raises Refusal(not_allowed)."""
    if by.user_id is not None and by.user_id in authors:
        raise Refusal(Reason.not_allowed, verb=verb, author=True)


def not_asked(application: Application, verb: str) -> None:
    """Spec 3.8: what waits for a second person's answer about an application is not done beside it.

    Raises Refusal(wrong_status).
    """
    waiting = select(Proposal.id).where(Proposal.application_id == application.id, Proposal.decided_at.is_(None))
    if db.session.scalars(waiting).first() is not None:
        raise Refusal(Reason.wrong_status, verb=verb, asked=True)
