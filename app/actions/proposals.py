"""What takes two people (spec 3.8, 3.12): one official asks, another one says yes or no. One mechanism for all of it.

A proposal names a verb and the record that it is for. Before it is kept the verb is tried and taken back, so that
nobody is asked for what cannot be; with the yes it is done, by whoever says it, and the history has both of them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import permit, place_of
from app.actions import bulk, norms, places, possible, two_people
from app.actions.moving import record
from app.actions.possible import Act
from app.db.database import lock_districts, taken_back
from app.db.extensions import db
from app.models import Application, Base, BulkRun, ContractText, Norm, Proposal, QueueOrder
from app.rules import eligibility
from app.rules.refusals import Reason, Refusal, accepted
from app.rules.verbs import VERBS

TAKE_BACK = {"take_back": Act(norms.take_back, norms.may_take_back)}
ACTS: Mapping[type[Base], Mapping[str, Act]] = {  # of the record; by=, at= and reason=
    Application: {verb: act for verb, act in possible.ACTS[Application].items() if VERBS[Application][verb].alone == 0},
    BulkRun: {"start": Act(bulk.start_by_another, bulk.may_start)},
    Norm: TAKE_BACK,
    QueueOrder: TAKE_BACK,
    ContractText: TAKE_BACK,
}
MODELS: Mapping[str, type[Base]] = {model.__tablename__: model for model in ACTS}


def ask(subject: Any, verb: str, *, by: Actor, at: datetime, reason: str | None) -> Proposal:
    """Spec 3.8: ask that this be done; it waits for another official.

    Raises Refusal: not_allowed, wrong_status (also when it is asked for already), reason_required, and whatever the
    verb itself would be refused for now.
    """
    permit(by, verb, subject)
    lock_districts(places.districts(subject))
    if open_one(subject) is not None:
        raise Refusal(Reason.wrong_status, verb=verb, asked=True)
    act, place_id = ACTS[type(subject)][verb], place_of(subject)
    with taken_back():
        act.do(subject, by=by, at=at, reason=reason)
    db.session.expire_all()
    asked = Proposal(
        verb=verb,
        subject=subject.__tablename__,
        subject_id=subject.id,
        application=subject if isinstance(subject, Application) else None,
        place_id=place_id,
        reason=eligibility.given(reason),
        asked_at=at,
        asked_by_id=by.user_id,
    )
    db.session.add(asked)
    record(asked, "ask", by=by, at=at, reason=asked.reason, details={"verb": verb})
    return asked


def decide(asked: Proposal, *, approved: bool, by: Actor, at: datetime) -> None:
    """Spec 3.8: another official says yes, and it is done; or no, and nothing else happens.

    Raises Refusal: not_allowed (also whoever asked, and whose role could not do it), wrong_status (decided already),
    and what the verb raises.
    """
    verb = "approve" if approved else "reject"
    permit(by, verb, asked)
    lock_districts(places.districts(asked))
    db.session.execute(select(Proposal.id).where(Proposal.id == asked.id).with_for_update())
    db.session.refresh(asked)
    subject = subject_of(asked)
    if subject is None:
        raise Refusal(Reason.wrong_status, verb=verb)
    permit(by, asked.verb, subject)
    two_people.another(by, authors(asked), verb=verb)
    if asked.decided_at is not None:
        raise Refusal(Reason.wrong_status, verb=verb)
    asked.approved, asked.decided_at, asked.decided_by_id = approved, at, by.user_id
    record(asked, verb, by=by, at=at, reason=asked.reason, details={"verb": asked.verb})
    if approved:
        ACTS[type(subject)][asked.verb].do(subject, by=by, at=at, reason=asked.reason)


def subject_of(asked: Proposal) -> Any:
    """The record that a proposal is about; None once it was taken back."""
    return db.session.get(MODELS[asked.subject], asked.subject_id)


def authors(asked: Proposal) -> set[int]:
    """Whoever may not say yes: who asked."""
    return set() if asked.asked_by_id is None else {asked.asked_by_id}


def may_decide(asked: Proposal | None, *, by: Actor) -> bool:
    """Is this open, did somebody else ask for it, and could this actor's role do it?"""
    subject = subject_of(asked) if asked is not None and asked.decided_at is None else None
    if asked is None or subject is None or by.user_id in authors(asked):
        return False
    return accepted(lambda: permit(by, asked.verb, subject))


def answers(asked: Proposal | None, *, by: Actor, at: datetime) -> list[str]:
    """How this actor may answer: with a no, and with a yes where what was asked for could be done now."""
    if asked is None or not may_decide(asked, by=by):
        return []
    subject = subject_of(asked)
    if isinstance(subject, Application):
        ready = possible.could(subject, asked.verb, by=by, at=at)
    else:
        ready = accepted(lambda: possible.may(ACTS[type(subject)][asked.verb], subject, by=by, at=at))
    return ["approve", "reject"] if ready else ["reject"]


def open_one(subject: Base) -> Proposal | None:
    """What was asked for about this record and is not decided yet; there is one at most."""
    waiting = select(Proposal).where(
        Proposal.subject == subject.__tablename__, Proposal.subject_id == subject.id, Proposal.decided_at.is_(None)
    )
    return db.session.scalars(waiting).first()
