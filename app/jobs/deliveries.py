"""Notices leave: the relay plans them (`plan`), and each delivery is a row of the outbox, handed to its gateway once.

What was begun is committed before anything is handed over (docs/adr/0023-deliveries.md). Time is the real one.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from flask import current_app

from app import words
from app.actions import deliveries
from app.db.database import locked, retried
from app.gateways import Message, NotSent, Unsure, mail, sms
from app.models import Channel, Delivery, Outbox
from app.now import is_demo, now

NO_GATEWAY = timedelta(minutes=10)  # until it is looked again whether there is one
ROWS = 5  # a job: a gateway that hangs keeps so many waiting for ten seconds each, and no more
GATEWAYS: Mapping[Channel, Callable[[Any, Message], None]] = {Channel.sms: sms.send, Channel.email: mail.send}


class Handed(NamedTuple):
    """What became of one try: `missed` is None when the gateway has taken the message."""

    key: str
    missed: NotSent | Unsure | None


def plan() -> int:
    """Plan all that was told since, in slices. Returns how many notices."""
    total = 0
    while done := retried(_plan):
        total += done
    return total


def _plan() -> int:
    shown = is_demo()
    ways = set(Channel) if shown else {channel for channel in Channel if _settings(channel)}
    planned = deliveries.plan(ways, at=now() if shown else _utc(), shown=shown)
    for one in deliveries.shown_unwritten() if shown else ():
        one.subject, one.text = words.message(one.notice, one.channel)
    return planned


def read(row: Outbox) -> int | None:
    """Which delivery it is."""
    return row.delivery_id


def make(delivery_id: int) -> Handed | datetime | None:
    """Say that it begins, and then hand it over, with no transaction open; or when it may go; None: not at all."""
    begun = retried(partial(_begin, delivery_id))
    if not isinstance(begun, tuple):
        return begun
    channel, message = begun
    try:
        GATEWAYS[channel](_settings(channel), message)
    except (NotSent, Unsure) as missed:
        return Handed(message.key, missed)
    return Handed(message.key, None)


def keep(row: Outbox, made: Handed | datetime | None) -> datetime | str | None:
    """What became of it, in the transaction that ends its outbox row, or says when it is tried again."""
    if not isinstance(made, Handed) or row.delivery is None:
        return made if isinstance(made, datetime) else None
    if made.missed is None:
        deliveries.end(row.delivery.id, made.key, at=_utc())
        return None
    why, final = made.missed.why, isinstance(made.missed, NotSent) and made.missed.final
    facts = {"unsure": isinstance(made.missed, Unsure), "final": final, "repeats": _repeats(row.delivery.channel)}
    return why if deliveries.missed(row.delivery.id, made.key, why, at=_utc(), **facts) else None


def give_up(row: Outbox) -> None:
    """Its last try has failed, or its process died over it again and again."""
    if row.delivery is not None:
        deliveries.give_up(row.delivery, row.delivery.error or "died", at=_utc())


def _begin(delivery_id: int) -> tuple[Channel, Message] | datetime | None:
    """What is to be handed over; where its gateway is no longer in the settings it waits, and nothing has begun."""
    channel = locked(Delivery, delivery_id).channel
    if _settings(channel) is None:
        return _utc() + NO_GATEWAY
    begun = deliveries.begin(delivery_id, at=_utc(), repeats=_repeats(channel))
    return (channel, _written(begun)) if isinstance(begun, Delivery) else begun


def _written(begun: Delivery) -> Message:
    """What is sent, in the language of whom it tells; under one key it stays as it was written first."""
    if begun.text is None:
        begun.subject, begun.text = words.message(begun.notice, begun.channel)
    return Message(begun.key or "", begun.address or "", begun.subject or "", begun.text)


def _settings(channel: Channel) -> Any:
    config = current_app.config["KEZEK"]
    return config.sms if channel is Channel.sms else config.smtp


def _repeats(channel: Channel) -> bool:
    return channel is Channel.sms and _settings(channel) is not None and _settings(channel).repeats


def _utc() -> datetime:
    return datetime.now(UTC)
