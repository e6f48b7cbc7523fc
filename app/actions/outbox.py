"""Rows of the outbox as actions leave them; jobs do them (docs/adr/0006-outbox.md)."""

from app.models import Outbox


def begin_anew(row: Outbox) -> None:
    """As if it had just been asked for."""
    row.attempts, row.error = 0, None
    row.not_before = row.sent_at = row.done_at = row.given_up_at = None
