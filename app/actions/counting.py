"""Spec 3.3: a confirmed privilege counts in the queue, until its certificate is over or another one is confirmed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from app.access.actors import Actor
from app.actions.moving import move, notify, set_all
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import Application, Privilege, PrivilegeStatus
from app.rules.reasons import OwnReason
from app.rules.verbs import VERBS


def expire(privilege: Privilege, *, by: Actor, at: datetime, on: date) -> None:
    """Spec 3.3: the certificate is over; the application goes on in the general queue by its original day."""
    move(privilege, "expire", by=by, at=at, on=on, reason=OwnReason.certificate)
    counts([privilege.application])
    tell(privilege, "expire", at=at, last_day=on - timedelta(days=1))


def counts(applications: Sequence[Application]) -> None:
    """Spec 3.3: what is confirmed stands beside the day in the queue, from where the order is read.

    The one writer of `privilege` and `privilege_until`: every verb that confirms or ends a privilege calls it last.
    """
    db.session.flush()
    count([application.id for application in applications])
    for application in applications:
        db.session.expire(application, ["privilege", "privilege_until"])


def count(ids: Sequence[int]) -> None:
    """The same by their ids, of applications that the session knows nothing of."""
    of = (Privilege.application_id == Application.id, Privilege.status == PrivilegeStatus.confirmed)
    kind, until = (
        select(column).where(*of).correlate(Application).scalar_subquery()
        for column in (Privilege.kind, Privilege.valid_until)
    )
    set_all(update(Application).where(one_of(Application.id, ids)).values(privilege=kind, privilege_until=until))


def tell(privilege: Privilege, verb: str, *, at: datetime, **facts: object) -> None:
    """Leave the notices that go with a verb of a privilege."""
    for audience in VERBS[Privilege][verb].tells:
        notify(privilege.application, f"{verb}_privilege", at=at, audience=audience, facts=facts)
