"""Portals are told what happened: each message is a row of the outbox, tried again as other work is (ADR 36)."""

import json
from datetime import UTC, datetime

from flask import current_app

from app.actions import webhooks as told
from app.gateways import NotSent, Unsure, webhooks
from app.gateways.webhooks import Call
from app.models import Outbox
from app.now import now

ROWS = 5  # a job: a portal that hangs keeps so many waiting


def read(row: Outbox) -> Call | None:
    """What is posted where; None where the portal wants it no more."""
    client = row.client
    if client is None or not (client.active and client.webhook and client.secret):
        return None
    said = told.message(row.notice) if row.notice is not None else told.test(row.asked_at)
    body = json.dumps(said, separators=(",", ":")).encode()
    return Call(client.webhook, told.secrets(client, now()), f"msg_{row.id}", body)


def make(call: Call | None) -> str | None:
    """With no transaction open: why it was not taken, None when it was. It is known by its id when it comes again."""
    try:
        if call is not None:
            own_network = current_app.config["KEZEK"].own_network
            webhooks.send(call, moment=int(datetime.now(UTC).timestamp()), own_network=own_network)
    except (NotSent, Unsure) as missed:
        return missed.why
    return None


def keep(_row: Outbox, why: str | None) -> str | None:
    """Done, or tried again later."""
    return why
