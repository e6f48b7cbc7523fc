"""What time it is: asked by entrances only (house rule 7). In the demo time is its own and only moves forward.

Whether this is the demo is a fact of its database, so that every page, job and command lives in the same time.
"""

from datetime import UTC, datetime

from flask import g

from app.db.extensions import db
from app.models import DemoTime
from app.rules.refusals import Reason, Refusal


def now() -> datetime:
    """The present moment, in UTC: the demo's where there is one, the real one elsewhere."""
    return _demo() or datetime.now(UTC)


def is_demo() -> bool:
    """Has this database a time of its own?"""
    return _demo() is not None


def read(demo_at: datetime | None) -> None:
    """The demo's time as this request has read it with its first question; None: time is real."""
    g.demo_at = demo_at


def _demo() -> datetime | None:
    """The demo's time; that there is none is asked once for a request, a job or a command."""
    if "demo_at" in g:
        known: datetime | None = g.demo_at
        return known
    g.demo = demo = db.session.get(DemoTime, 1)  # held, so that it is not read again and again
    if demo is None:
        g.demo_at = None
    return None if demo is None else demo.at


def move_demo(to: datetime) -> None:
    """Spec 11: move the demo's clock on, in the caller's transaction. Raises Refusal(too_late) for going back."""
    demo = db.session.get(DemoTime, 1, with_for_update=True)
    if demo is None:
        db.session.add(DemoTime(id=1, at=to))
    elif to < demo.at:
        raise Refusal(Reason.too_late, last_day=demo.at)
    else:
        demo.at = to
    g.pop("demo_at", None)
