"""One row of a bulk run: the very action that its own page would do, for good or to see what would come of it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.access.permissions import of
from app.actions import claims, possible
from app.actions.moving import plain
from app.db.database import taken_back
from app.db.extensions import db
from app.models import Application, Base, BulkOutcome, Intake, Referral, ReferralStatus, Voucher
from app.rules.refusals import Reason, Refusal

MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # ours: of one row, not of the run
CONTRADICTION, FAILED = "contradiction", "failed"  # why not, where it is no Reason of the regulation

# The verbs that a list offers as a bulk run, by what it lists.
VERBS: Mapping[type[Base], Sequence[str]] = {
    model: [verb for verb in possible.ACTS[model] if of(model, verb).many] for model in (Application, Voucher, Referral)
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What is to be done to every row. Plain values: what the session knew of the run goes with each row's lock."""

    model: type[Base]
    verb: str
    until: date | None
    reason: str | None
    by: Actor
    at: datetime


@dataclass(frozen=True)
class RowOutcome:
    """What became of a row, or would: done or refused, and why not (a Reason, or a word of our own) with its facts."""

    outcome: BulkOutcome
    reason: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def tried(order: Order, subject_id: int, *, keep: bool) -> RowOutcome:
    """Do it in a savepoint of its own, which goes again unless it is to be kept. One row's refusal is its own."""
    try:
        with db.session.begin_nested() if keep else taken_back():
            subject = db.session.get_one(order.model, subject_id)
            act, asks = possible.act(order.model, order.verb), of(order.model, order.verb).asks
            answers = {name: getattr(order, name) for name in asks}
            act.do(application_of(subject), by=order.by, at=order.at, **answers)
            db.session.flush()
    except Refusal as refusal:
        return RowOutcome(BulkOutcome.refused, str(refusal.reason), plain(refusal.facts) or {})
    except IntegrityError:
        return RowOutcome(BulkOutcome.refused, CONTRADICTION)
    except MISTAKES as error:
        log.error("%s of %s %s: %s", order.verb, order.model.__tablename__, subject_id, type(error).__name__)
        return RowOutcome(BulkOutcome.refused, FAILED)
    return RowOutcome(BulkOutcome.done)


def application_of(subject: Any) -> Application:
    """Whose term or place a row is about; a voucher or referral that has ended is about none. Raises wrong_status."""
    match subject:
        case Application():
            return subject
        case Voucher() if subject.kind is Intake.general and subject.status in claims.LIVE:
            return subject.application
        case Referral() if subject.kind is Intake.general and subject.status is ReferralStatus.issued:
            return subject.application
    raise Refusal(Reason.wrong_status, status=str(subject.status))
