"""Portals that use the API: the administrator gives each its key, and the secret by which it knows what we tell it.

Both are said once, to whoever asked; of a key its hash is kept, with a secret we sign ourselves (ADR 36). A portal sets
itself where it is told, and gets its secret, under its own name.
"""

import secrets
from base64 import b64encode
from datetime import datetime

from app.access.actors import Actor
from app.access.hashes import hashed
from app.actions.moving import record
from app.models import Client

KEY, SECRET = "kezek_", "whsec_"  # what they begin with, so that a leaked one is known for what it is


def new_key(client: Client, *, by: Actor, at: datetime) -> str:
    """Another key, which is returned and kept nowhere; the one before opens nothing from now on. Raises Refusal."""
    key = KEY + secrets.token_urlsafe(32)
    record(client, "new_key", by=by, at=at)
    client.key_hash = hashed(key)
    return key


def new_secret(client: Client, *, by: Actor, at: datetime) -> str:
    """Another secret; for a day what is told is signed with the one before too. Raises Refusal(not_allowed)."""
    record(client, "new_secret", by=by, at=at)
    client.secret_before, client.secret_at = client.secret, at
    client.secret = SECRET + b64encode(secrets.token_bytes(24)).decode()
    return client.secret


def set_webhook(client: Client, url: str, *, by: Actor, at: datetime) -> str | None:
    """It is told there from now on. Returns its secret where it had none. Raises Refusal(not_allowed)."""
    record(client, "set_webhook", by=by, at=at, details={"webhook": [client.webhook, url]})
    client.webhook = url
    return None if client.secret else new_secret(client, by=by, at=at)


def remove_webhook(client: Client, *, by: Actor, at: datetime) -> None:
    """It is told nothing any more, and both secrets are forgotten. Raises Refusal(not_allowed)."""
    record(client, "remove_webhook", by=by, at=at, details={"webhook": [client.webhook, None]})
    client.webhook = client.secret = client.secret_before = client.secret_at = None
