"""A record whose personal data is masked is opened: with a reason, on the record, for whoever gave it (spec 1, 7)."""

from datetime import datetime

from app.access.actors import Actor
from app.actions.moving import record
from app.models import Application
from app.rules import eligibility


def open_record(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Write down that somebody looks at an application's people, and why; for how long is said by the entrance.

    Raises Refusal: not_allowed, reason_required.
    """
    record(application, "open", by=by, at=at, reason=eligibility.given(reason))
