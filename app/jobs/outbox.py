"""The outbox (spec 9): a row is the truth, Redis only wakes workers. Each row's effect happens exactly once.

`relay` sends rows that are to be done, `handle` does them. Either may be killed anywhere, run twice or be lost:
what is not done is sent again, and what is done is not done again. Their time is the real one, never the demo's.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from rq.queue import EnqueueData
from rq.timeouts import BaseTimeoutException
from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.db.database import retried, transaction
from app.db.extensions import db, redis
from app.db.viewer import unscoped
from app.jobs import bulk, documents, imports, queues
from app.jobs.failures import described, without_words
from app.models import Outbox

CHUNK = 25  # rows a job: fewer, and forking costs more than the work
BATCH = 1000  # rows sent in one transaction
WAITS = tuple(timedelta(seconds=s) for s in (10, 20, 60, 300, 900, 3600))  # until sent again, by failed attempts
AWAKE = "kezek:relay-is-coming"

log = logging.getLogger(__name__)


class Work(NamedTuple):
    """What a row's job is: read facts; make something of them, outside any transaction; keep it, with the row.

    Outside, because SQLite has one writer: whoever renders inside a transaction keeps every screen waiting.
    """

    read: Callable[[Outbox], Any]
    make: Callable[[Any], Any]
    keep: Callable[[Outbox, Any], None]


JOBS: Mapping[str, Work] = {
    "render": Work(documents.read, documents.make, documents.keep),
    "bulk": Work(bulk.read, bulk.make, bulk.keep),
    "import": Work(imports.read, imports.make, imports.keep),
}
ALONE = {"import": imports.TIMEOUT}  # what goes by itself, and how many seconds it may take


def relay() -> int:
    """Send what is to be done and was not sent, or was lost. Returns how many rows. Raises JobFailed."""
    sent = after = 0
    with without_words():
        redis().delete(AWAKE)  # first: whoever commits from now on wakes the next one
        again = queues.queue(queues.PAPERS).is_empty()  # else what was sent may still be in the queue
        while rows := _lease(again, after):
            queues.enqueue(queues.PAPERS, _calls(rows))
            sent, after = sent + len(rows), rows[-1][0]
    return sent


def _calls(rows: Sequence[tuple[int, str]]) -> Iterator[EnqueueData]:
    """The jobs that do these rows, (id, job): some at a time, but what takes long by itself."""
    together = [id_ for id_, job in rows if job not in ALONE]
    for start in range(0, len(together), CHUNK):
        yield queues.job(handle, together[start : start + CHUNK])
    for id_, job in rows:
        if job in ALONE:
            yield queues.job(handle, [id_], timeout=ALONE[job])


def handle(ids: list[int]) -> None:
    """Do these rows, one after the other; one that fails is tried again later and holds up no other.

    A job that came back died on one of its rows, for what merely fails never leaves this function: they go apart,
    so that only that one dies again.
    """
    if queues.came_back():
        if len(ids) > 1:
            queues.enqueue(queues.PAPERS, (queues.job(handle, [row_id]) for row_id in ids))
            return
        _failed(ids[0], "died")
    for row_id in ids:
        try:
            do(row_id)
        except Exception as error:
            db.session.rollback()
            try:
                _failed(row_id, described(error))
            except SQLAlchemyError:
                log.warning("outbox %s and what follows wait for the database", row_id)
                return
            if isinstance(error, BaseTimeoutException):
                raise


def do(row_id: int) -> None:
    """One row's work, unless it is done; its effect and `done_at` are committed together, under its lock."""
    with unscoped():
        row = db.session.get(Outbox, row_id)
        if row is None or row.done_at is not None:
            return
        work = JOBS[row.job]
        facts = work.read(row)
        db.session.rollback()
    made = work.make(facts)
    retried(lambda: _end(row_id, work, made))


def _end(row_id: int, work: Work, made: Any) -> None:
    row = _claim(row_id)
    if row is not None:
        work.keep(row, made)
        row.done_at, row.error = _utc(), None


def _claim(row_id: int) -> Outbox | None:
    """The row, locked until the transaction ends; None when it is done, or being done by another."""
    to_do = select(Outbox).where(Outbox.id == row_id, Outbox.done_at.is_(None))
    return db.session.scalars(to_do.with_for_update(skip_locked=True)).first()


def _lease(again: bool, after: int) -> list[tuple[int, str]]:
    """The next rows to send, marked so before they are: should this process die now, their wait sends them again."""
    with transaction():
        now = _utc()
        lost = [
            and_(
                Outbox.attempts >= failed if wait is WAITS[-1] else Outbox.attempts == failed,
                Outbox.sent_at <= now - wait,
            )
            for failed, wait in enumerate(WAITS)
        ]
        to_send = select(Outbox.id, Outbox.job).where(
            Outbox.id > after, Outbox.done_at.is_(None), or_(Outbox.sent_at.is_(None), *(lost if again else ()))
        )
        found = db.session.execute(to_send.order_by(Outbox.id).limit(BATCH).with_for_update(skip_locked=True))
        rows = [(id_, job) for id_, job in found]
        db.session.execute(update(Outbox).where(Outbox.id.in_([id_ for id_, _job in rows])).values(sent_at=now))
    return rows


def _failed(row_id: int, error: str) -> None:
    """Record a failed attempt; the row's next one waits longer."""
    log.warning("outbox %s: %s", row_id, error)
    with transaction():
        row = _claim(row_id)
        if row is not None:
            row.attempts, row.error, row.sent_at = row.attempts + 1, error, _utc()


def _utc() -> datetime:
    return datetime.now(UTC)
