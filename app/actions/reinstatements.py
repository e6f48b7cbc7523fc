"""Spec 3.8, reinstate: one of the department asks, a second one approves or rejects."""

from datetime import datetime

from sqlalchemy import select

from app.actions import applications
from app.actions.moving import record
from app.database import lock_district
from app.extensions import db
from app.models import Application, Reinstatement
from app.permissions import Actor, permit
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.transitions import target


def ask(application: Application, *, by: Actor, at: datetime, reason: str | None) -> Reinstatement:
    """Spec 3.8: ask that an archived or removed application come back.

    Raises Refusal: not_allowed, wrong_status (also when it is asked for already), reason_required, too_old,
    already_waiting.
    """
    permit(by, "reinstate", application)
    lock_district(application.place_id)
    target(Application, "reinstate", application.status)
    applications.has_not_left(application)
    reason = eligibility.given(reason)
    if open_one(application) is not None:
        raise Refusal(Reason.wrong_status, verb="reinstate")
    applications.may_come_back(application, local_day(at))
    asked = Reinstatement(application=application, reason=reason, asked_at=at, asked_by_id=by.user_id)
    db.session.add(asked)
    record(asked, "ask", by=by, at=at, reason=reason)
    return asked


def decide(asked: Reinstatement, *, approved: bool, by: Actor, at: datetime) -> None:
    """Spec 3.8: a second person says yes, and the application waits again; or no, and nothing else happens.

    Raises Refusal: not_allowed (also whoever asked), wrong_status (decided already), and what reinstate raises.
    """
    verb = "approve" if approved else "reject"
    permit(by, verb, asked)
    if asked.asked_by_id is not None and asked.asked_by_id == by.user_id:
        raise Refusal(Reason.not_allowed, verb=verb)
    if asked.decided_at is not None:
        raise Refusal(Reason.wrong_status, verb=verb)
    asked.approved, asked.decided_at, asked.decided_by_id = approved, at, by.user_id
    record(asked, verb, by=by, at=at)
    if approved:
        applications.reinstate(asked.application, by=by, at=at, reason=asked.reason)


def open_one(application: Application) -> Reinstatement | None:
    """What was asked for this application and is not decided yet."""
    waiting = select(Reinstatement).where(
        Reinstatement.application_id == application.id, Reinstatement.decided_at.is_(None)
    )
    return db.session.scalars(waiting).first()
