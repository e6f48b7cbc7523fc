"""What time it is: asked by entrances only (house rule 7). In the demo time is its own and only moves forward."""

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.models import DemoTime
from app.rules.refusals import Reason, Refusal


def now() -> datetime:
    """The present moment, in UTC: the demo's where there is one, the real one elsewhere."""
    if current_app.config["KEZEK"].demo and (demo := db.session.get(DemoTime, 1)) is not None:
        return demo.at
    return datetime.now(UTC)


def move_demo(to: datetime) -> None:
    """Spec 11: move the demo's clock on, in the caller's transaction. Raises Refusal(too_late) for going back."""
    demo = db.session.get(DemoTime, 1, with_for_update=True)
    if demo is None:
        db.session.add(DemoTime(id=1, at=to))
    elif to < demo.at:
        raise Refusal(Reason.too_late, last_day=demo.at)
    else:
        demo.at = to
