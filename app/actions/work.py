"""Work that goes on by itself, and what people do where it does not (spec 7): have it tried again, or cancel it."""

from datetime import datetime

from app.access.actors import Actor
from app.actions import deliveries
from app.actions.moving import record
from app.actions.outbox import begin_anew
from app.db.database import locked
from app.models import Channel, Outbox
from app.rules.refusals import Reason, Refusal

CANCELS = ("render", *Channel)  # a bulk run is stopped, and a file begun anew, on their own pages


def try_again(row: Outbox, *, by: Actor, at: datetime) -> None:
    """What failed, or was given up, is tried at once, as for the first time. Raises not_allowed, wrong_status."""
    row = locked(Outbox, row.id)
    may_try_again(row, by=by, at=at)
    record(row, "try_again", by=by, at=at)
    if row.delivery is not None and not deliveries.goes_on(row.delivery):
        deliveries.anew(row.delivery, at=at)
    else:
        begin_anew(row)


def may_try_again(row: Outbox, *, by: Actor, at: datetime) -> None:
    """Has it failed, and is it not done since? Raises Refusal(wrong_status)."""
    if row.done_at is not None or row.error is None or not (row.delivery is None or deliveries.failed(row.delivery)):
        raise Refusal(Reason.wrong_status, verb="try_again")


def cancel(row: Outbox, *, by: Actor, at: datetime) -> None:
    """Nobody does it any more, until somebody has it tried again. Raises not_allowed, wrong_status."""
    row = locked(Outbox, row.id)
    may_cancel(row, by=by, at=at)
    record(row, "cancel", by=by, at=at)
    row.given_up_at, row.error = at, deliveries.CANCELLED
    if row.delivery is not None:
        deliveries.give_up(row.delivery, deliveries.CANCELLED, at=at)


def may_cancel(row: Outbox, *, by: Actor, at: datetime) -> None:
    """Is it still to be done, and can it be left? Raises Refusal(wrong_status)."""
    if row.done_at is not None or row.given_up_at is not None or row.job not in CANCELS:
        raise Refusal(Reason.wrong_status, verb="cancel")
