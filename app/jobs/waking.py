"""After a commit that left work, or a notice, wake a relay, if the queue server is there to be asked.

If it is not, nothing is lost and nobody waits: the timetable sends the rows when the server is back.
"""

from math import inf
from time import monotonic
from typing import Any

from flask import Flask, current_app
from redis import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.db.extensions import db, redis
from app.jobs import outbox, queues
from app.models import Notice, Outbox

LEFT_WORK = "kezek_left_work"
DOWN_UNTIL = "kezek_queue_down_until"
NOT_ASKED_FOR = 30  # seconds for which a server that was down is not asked again: a page waits once, not each time
COMING = 30  # seconds after which a relay that was asked for and never came may be asked for again


def register(app: Flask) -> None:
    """Listen to what this application commits."""
    app.extensions[DOWN_UNTIL] = 0.0
    event.listen(db.session, "after_flush", _after_flush)
    event.listen(db.session, "after_commit", _after_commit)
    event.listen(db.session, "after_rollback", _after_rollback)


def wake() -> None:
    """Ask for a relay, once until it comes; never fails, and waits a second at most.

    An application that has no workers, like a scenario's scratch one, wakes nobody.
    """
    if monotonic() < current_app.extensions.get(DOWN_UNTIL, inf):
        return
    try:
        if redis().set(outbox.AWAKE, 1, nx=True, ex=COMING):
            queues.enqueue(queues.URGENT, [queues.job(outbox.relay)])
    except (RedisError, OSError):
        current_app.extensions[DOWN_UNTIL] = monotonic() + NOT_ASKED_FOR


def _after_flush(session: Session, _context: Any) -> None:
    if any(isinstance(row, Outbox | Notice) for row in session.new):
        session.info[LEFT_WORK] = True


def _after_commit(session: Session) -> None:
    """A savepoint that is released is not a commit yet: nobody else sees its rows."""
    if not session.in_nested_transaction() and session.info.pop(LEFT_WORK, False):
        wake()


def _after_rollback(session: Session) -> None:
    session.info.pop(LEFT_WORK, None)
