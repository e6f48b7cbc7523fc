"""Go on with a bulk run for one turn; if there is more to do, its next turn is asked for, behind what waits by then."""

from app.actions import bulk
from app.db import time_slices
from app.db.extensions import db
from app.models import Outbox
from app.now import now

TURN = 5.0  # seconds: several runs may share one job's time (queues.TIMEOUT), and papers do not wait for thousands


def read(row: Outbox) -> int | None:
    """Which run it is."""
    return row.bulk_run_id


def make(run_id: int) -> bool:
    """One turn, in its own transactions; what they did stays done if this process dies."""
    return time_slices.work(lambda enough: bulk.go_on(run_id, at=now(), enough=enough), TURN)


def keep(row: Outbox, more: bool) -> None:
    """The next turn, in the transaction that ends this one's outbox row."""
    if more:
        db.session.add(Outbox(job=row.job, bulk_run_id=row.bulk_run_id, asked_at=row.asked_at))
