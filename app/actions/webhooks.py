"""What portals are told: with each notice to a family one message for each portal of its place that has an address.

It is left in the outbox in the transaction that plans the notice (deliveries.py), so it is neither lost nor doubled.
A row of no notice is a test that the portal has asked for.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.actions import places
from app.db.extensions import db
from app.models import Application, Audience, Change, Client, Notice, Outbox
from app.rules.verbs import VERBS
from app.rules.webhooks import EVENTS, STATUS, TEST

JOB = "webhook"
BOTH = timedelta(days=1)  # for which what is told is signed with the secret of before too


class Nowhere(Exception):
    """A portal has said nowhere to tell it."""


class Goes(NamedTuple):
    """How telling a portal goes: how much waits to be taken, when it took something last, why it did not last."""

    waiting: int
    taken_at: datetime | None
    problem: str | None


def leave(notice: Notice, at: datetime) -> None:
    """The work of telling those portals."""
    if notice.audience is not Audience.family or event(notice.template) is None:
        return
    told = select(Client).where(
        Client.active,
        Client.webhook.is_not(None),
        Client.secret.is_not(None),
        Client.place_id.in_(places.path(notice.application.place_id)),
    )
    for client in db.session.scalars(told.order_by(Client.id)):
        db.session.add(Outbox(job=JOB, client=client, notice=notice, asked_at=at))


def leave_test(client: Client, at: datetime) -> None:
    """The work of sending it a test. Raises Nowhere."""
    if not (client.webhook and client.secret):
        raise Nowhere
    db.session.add(Outbox(job=JOB, client=client, asked_at=at))


def goes(client: Client) -> Goes:
    """How telling this portal goes."""
    its = (Outbox.client_id == client.id) & (Outbox.job == JOB)
    waits = its & Outbox.done_at.is_(None) & Outbox.given_up_at.is_(None)
    count, taken_at = db.session.execute(
        select(func.count(Outbox.id).filter(waits), func.max(Outbox.done_at)).where(its)
    ).one()
    newest = select(Outbox.error).where(waits, Outbox.error.is_not(None)).order_by(Outbox.id.desc()).limit(1)
    return Goes(count, taken_at, db.session.scalar(newest))


def event(template: str) -> str | None:
    """What a notice means to a portal; None where no status has changed."""
    row = VERBS[Application].get(template)
    changes = template == "register" or (row is not None and row.target)
    return EVENTS.get(template, STATUS) if changes else None


def test(at: datetime) -> dict[str, Any]:
    """What a test says, asked for at a moment."""
    return {"type": TEST, "timestamp": at.isoformat(), "data": {}}


def message(notice: Notice) -> dict[str, Any]:
    """Ids and statuses, nothing else; the same however late it is made: the status is the one of then."""
    then = select(Change.status_to).where(
        Change.application_id == notice.application_id,
        Change.subject == Application.__tablename__,
        Change.status_to.is_not(None),
        Change.at <= notice.at,
    )
    status = db.session.scalar(then.order_by(Change.id.desc()).limit(1))
    own = notice.application
    data = {"application": own.number, "district": own.place_id, "status": status or str(own.status)}
    return {"type": event(notice.template), "timestamp": notice.at.isoformat(), "data": data}


def secrets(client: Client, at: datetime) -> list[str]:
    """By which it is signed at a moment."""
    before = client.secret_before if client.secret_at is not None and at < client.secret_at + BOTH else None
    return [one for one in (client.secret, before) if one]
