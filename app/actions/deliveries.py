"""Notices leave the house, once by each way, whatever dies or comes twice (docs/adr/0023-deliveries.md).

That one begins is committed before anything leaves. Whoever finds one that began and did not end sends it again under
its key, by which a gateway knows it; where there is no such gateway nobody knows, and a person decides.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from app.access.actors import Actor
from app.actions import norms, webhooks
from app.actions.moving import record
from app.actions.outbox import begin_anew
from app.db.database import lock_text, locked
from app.db.extensions import db
from app.models import Audience, Channel, Delivery, DeliveryStage, Notice, Outbox
from app.rules import due
from app.rules import notices as rules
from app.rules.calendar import local_day, start_of_day
from app.rules.refusals import Reason, Refusal

S = DeliveryStage
BATCH = 500  # notices planned in one transaction
LONGEST = timedelta(seconds=15)  # that a try takes as a rule; one that is older has died, or is called in question
NO_ADDRESS, CANCELLED, UNKNOWN = "no_address", "cancelled", "unknown"


def plan(channels: Collection[Channel], *, at: datetime, shown: bool = False) -> int:
    """Ask by which of these ways the next notices leave, and leave the work for it. Returns how many notices.

    Twice or in parallel it plans nothing twice. `shown`: nothing is to be sent, only shown, as in the demo.
    """
    found = db.session.scalars(
        select(Notice)
        .where(text("NOT notice.planned"))  # as its index says it
        .order_by(Notice.id)
        .limit(BATCH)
        .options(joinedload(Notice.application), joinedload(Notice.kindergarten), joinedload(Notice.guardianship))
        .with_for_update(skip_locked=True, of=Notice)
    ).all()
    for notice in found:
        notice.planned = True
        webhooks.leave(notice, at)
        for channel in rules.WAYS[notice.audience]:
            known = notice.audience is not Audience.kindergarten or rules.address(notice, channel)
            if channel in channels and known:  # a kindergarten that has no address reads in its inbox
                _leave(Delivery(notice=notice, channel=channel), at, shown)
    db.session.flush()
    return len(found)


def shown_unwritten() -> Sequence[Delivery]:
    """What is shown where nothing is sent, and has not been put into words yet."""
    new = Delivery.stage == S.shown, Delivery.text.is_(None), Delivery.address.is_not(None)  # else it was erased
    return db.session.scalars(select(Delivery).where(*new).options(joinedload(Delivery.notice))).all()


def _leave(delivery: Delivery, at: datetime, shown: bool = False) -> None:
    """The work of one delivery, in the outbox; without an address it has failed already."""
    db.session.add(delivery)
    address = rules.address(delivery.notice, delivery.channel)
    if address is None:
        _fail(delivery, NO_ADDRESS, at)
    elif shown:
        delivery.stage, delivery.address, delivery.ended_at = S.shown, address, at
    else:
        delivery.stage, delivery.ended_at, delivery.error = S.waiting, None, None
        begin_anew(_work(delivery, at))


def _work(delivery: Delivery, at: datetime) -> Outbox:
    """Its row of the outbox, the same each time that it is sent anew."""
    of_it = select(Outbox).where(Outbox.delivery_id == delivery.id)
    if delivery.id is None or (row := db.session.scalars(of_it.with_for_update()).first()) is None:
        row = Outbox(job=delivery.channel, delivery=delivery, asked_at=at)
        db.session.add(row)
    return row


def begin(delivery_id: int, *, at: datetime, repeats: bool) -> Delivery | datetime | None:
    """Mark a delivery as handed over, to be committed before it is.

    `repeats`: does its gateway know a message that comes again by its key? Returns the delivery, or the moment before
    which it is not to go, or None where nothing is to be sent any more: also where it asks a family for what cannot be
    done any more, because the right was used, extended or taken back meanwhile. Raises Refusal(no_norm).
    """
    delivery = locked(Delivery, delivery_id)
    if delivery.stage is S.sending and delivery.began_at is not None:
        if at < delivery.began_at + LONGEST:
            return delivery.began_at + LONGEST
        if not repeats:
            _unknown(delivery, at)
        delivery.uncertain = True
    elif delivery.stage is S.waiting:
        if not delivery.uncertain and _overtaken(delivery.notice, at):
            delivery.stage, delivery.ended_at, delivery.error = S.overtaken, at, None
            return None
        if not delivery.uncertain:
            delivery.address, delivery.key = rules.address(delivery.notice, delivery.channel), uuid4().hex
            delivery.subject = delivery.text = None
        if delivery.address is None:
            _fail(delivery, NO_ADDRESS, at)
        elif (later := _goes_at(delivery, at)) > at:
            return later
    if delivery.stage not in (S.sending, S.waiting):
        return None
    delivery.stage, delivery.began_at = S.sending, at
    return delivery


def _overtaken(notice: Notice, at: datetime) -> bool:
    """Does it name a last day of a term that does not run any more? What happened since is a notice of its own."""
    runs = due.asked_for(notice, local_day(at))
    return runs is not None and db.session.scalars(runs.limit(1)).first() is None


def _goes_at(delivery: Delivery, at: datetime) -> datetime:
    """Spec 3.2, notice.quiet and notice.daily: when it may go; an e-mail wakes nobody and may at any time.

    The phone is locked: of two that go at once one is counted by the other.
    """
    if delivery.channel is not Channel.sms:
        return at
    lock_text(f"sms to {delivery.address}")
    place_id, day = delivery.notice.application.place_id, local_day(at)
    sent = select(func.count(Delivery.id)).where(
        Delivery.address == delivery.address,
        Delivery.began_at >= start_of_day(day),
        Delivery.id != delivery.id,
        Delivery.stage.in_((S.sending, S.sent, S.perhaps)),
    )
    quiet, daily = (norms.in_force(f"notice.{name}", place_id, day).value for name in ("quiet", "daily"))
    return rules.goes_at(at, quiet=quiet, sent=db.session.scalar(sent) or 0, daily=int(daily))


def end(delivery_id: int, key: str, *, at: datetime) -> None:
    """The gateway has taken it, whatever another try under this key came to; unless it was sent anew meanwhile."""
    delivery = locked(Delivery, delivery_id)
    if delivery.key == key and delivery.stage in (S.sending, S.waiting, S.perhaps):
        delivery.stage, delivery.ended_at, delivery.error = S.sent, at, None


def missed(delivery_id: int, key: str, error: str, *, at: datetime, unsure: bool, final: bool, repeats: bool) -> bool:
    """The gateway has not taken it, for this reason, or, if `unsure`, may have. `final`: it never will.

    Returns whether it is to be tried again.
    """
    delivery = locked(Delivery, delivery_id)
    if delivery.key != key or delivery.stage is not S.sending:
        return False
    delivery.stage, delivery.uncertain, delivery.error = S.waiting, delivery.uncertain or unsure, error
    if unsure and not repeats:
        _unknown(delivery, at)
    elif final:
        give_up(delivery, error, at=at)
    return delivery.stage is S.waiting


def give_up(delivery: Delivery, error: str, *, at: datetime) -> None:
    """Nobody tries it any more: it failed, or nobody knows, where some try may have reached the family."""
    if delivery.stage not in (S.waiting, S.sending):
        return
    if delivery.uncertain or delivery.stage is S.sending:
        _unknown(delivery, at)
    else:
        _fail(delivery, error, at)


def goes_on(delivery: Delivery) -> bool:
    """Is it still tried, under the key by which its gateway may know it already? Another one would send it twice."""
    return delivery.stage is S.waiting


def failed(delivery: Delivery) -> bool:
    """Did it fail, or perhaps not arrive, and is there an address to send it to now?"""
    known = rules.address(delivery.notice, delivery.channel) is not None
    return known and delivery.stage in (S.waiting, S.failed, S.perhaps)


def send_again(delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """An official has it sent anew, under another key: what failed, or what may not have arrived.

    Raises Refusal: not_allowed, wrong_status.
    """
    delivery = locked(Delivery, delivery.id)
    may_send_again(delivery, by=by, at=at)
    record(delivery, "send_again", by=by, at=at)
    anew(delivery, at=at)


def may_send_again(delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """Is it over, without an arrival, and is there somewhere to send it to? Raises Refusal(wrong_status)."""
    if delivery.stage is S.waiting or not failed(delivery):
        raise Refusal(Reason.wrong_status, verb="send_again")


def anew(delivery: Delivery, *, at: datetime) -> None:
    """It is another message now, that its gateway does not know: what comes of the first one counts no more."""
    delivery.key = delivery.subject = delivery.text = None
    delivery.uncertain = False
    _leave(delivery, at)


def arrived(delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """An official knows from the family that what was perhaps sent did arrive. Raises not_allowed, wrong_status."""
    delivery = locked(Delivery, delivery.id)
    may_arrive(delivery, by=by, at=at)
    record(delivery, "arrived", by=by, at=at)
    delivery.stage, delivery.ended_at, delivery.error = S.sent, at, None


def may_arrive(delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """Does nobody know whether it did? Raises Refusal(wrong_status)."""
    if delivery.stage is not S.perhaps:
        raise Refusal(Reason.wrong_status, verb="arrived")


def _unknown(delivery: Delivery, at: datetime) -> None:
    delivery.stage, delivery.ended_at, delivery.error = S.perhaps, at, delivery.error or UNKNOWN


def _fail(delivery: Delivery, error: str, at: datetime) -> None:
    delivery.stage, delivery.ended_at, delivery.error = S.failed, at, error
