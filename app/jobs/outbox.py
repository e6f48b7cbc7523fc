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
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.db.database import retried, transaction
from app.db.extensions import db, redis
from app.db.viewer import unscoped
from app.jobs import bulk, deliveries, documents, imports, letters, queues, webhooks
from app.jobs.failures import without_words
from app.logs import described
from app.models import Channel, Outbox

CHUNK = 25  # rows a job: fewer, and forking costs more than the work
BATCH = 1000  # rows sent in one transaction
LOST = timedelta(seconds=10)  # after which what was sent, and is neither done nor in its queue, is sent again
# After each failed try; after one more failure nobody tries any more, until somebody says so: within a day.
WAITS = tuple(timedelta(seconds=s) for s in (10, 20, 30, 60, 90, 900, 3600, 21_600, 43_200))
AWAKE = "kezek:relay-is-coming"

log = logging.getLogger(__name__)


class Work(NamedTuple):
    """What a row's job is: read facts; make something of them, outside any transaction; keep it, with the row.

    Outside, because SQLite has one writer: whoever renders inside a transaction keeps every screen waiting. `keep`
    returns None when the row is done, or else a moment before which it is not tried again, or the reason why this try
    failed; `give_up` is told when it was the last one. `timeout`: seconds for a job of so many rows.
    """

    read: Callable[[Outbox], Any]
    make: Callable[[Any], Any]
    keep: Callable[[Outbox, Any], datetime | str | None]
    give_up: Callable[[Outbox], None] = lambda _row: None
    waits: bool = False  # for the row, if another has it: what was made must not be made again
    queue: str = queues.PAPERS
    rows: int = CHUNK
    timeout: int = queues.TIMEOUT


PAPER = Work(documents.read, documents.make, documents.keep)
DELIVERY = Work(
    deliveries.read,
    deliveries.make,
    deliveries.keep,
    deliveries.give_up,
    waits=True,
    rows=deliveries.ROWS,
)
JOBS: Mapping[str, Work] = {
    "render": PAPER,
    "bulk": Work(bulk.read, bulk.make, bulk.keep, queue=queues.LONG),
    Channel.sms: DELIVERY._replace(queue=queues.SMS),
    Channel.email: DELIVERY._replace(queue=queues.LETTERS),
    "letter": Work(
        letters.read, letters.make, letters.keep, letters.give_up, waits=True, rows=letters.ROWS, queue=queues.LETTERS
    ),
    "webhook": Work(webhooks.read, webhooks.make, webhooks.keep, waits=True, rows=webhooks.ROWS, queue=queues.LETTERS),
    "import": Work(imports.read, imports.make, imports.keep, queue=queues.LONG, rows=1, timeout=imports.TIMEOUT),
}


def relay() -> int:
    """Plan what was told; send what is to be done and was not sent, or was lost. Returns how many rows sent.

    Raises JobFailed.
    """
    sent = after = 0
    with without_words():
        redis().delete(AWAKE)  # first: whoever commits from now on wakes the next one
        deliveries.plan()
        empty = {name for name in queues.ORDER if queues.queue(name).is_empty()}  # what was sent may still be in others
        while rows := _lease([job for job, work in JOBS.items() if work.queue in empty], after):
            for name, calls in _calls(rows):
                queues.enqueue(name, calls)
            sent, after = sent + len(rows), rows[-1][0]
    return sent


def _calls(rows: Sequence[tuple[int, str]]) -> Iterator[tuple[str, list[EnqueueData]]]:
    """The jobs that do these rows, (id, job), by their queues: of one kind, some at a time."""
    for kind in dict.fromkeys(job for _id, job in rows):
        ids, work = [id_ for id_, job in rows if job == kind], JOBS.get(kind, PAPER)  # what nobody knows fails in `do`
        chunks = (ids[start : start + work.rows] for start in range(0, len(ids), work.rows))
        yield work.queue, [queues.job(handle, chunk, timeout=work.timeout) for chunk in chunks]


def handle(ids: list[int]) -> None:
    """Do these rows, one after the other; one that fails is tried again later and holds up no other.

    A job that came back died on one of its rows, for what merely fails never leaves this function: they go apart,
    so that only that one dies again.
    """
    if queues.came_back():
        if len(ids) > 1:
            queues.enqueue(queues.of_this_job(), (queues.job(handle, [row_id]) for row_id in ids))
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
        if row is None or row.done_at is not None or row.given_up_at is not None:
            return
        work = JOBS[row.job]
        facts = work.read(row)
        db.session.rollback()
    made = work.make(facts)
    retried(lambda: _end(row_id, work, made))


def _end(row_id: int, work: Work, made: Any) -> None:
    row = _claim(row_id, skip=not work.waits)
    if row is None:
        if work.waits:  # cancelled meanwhile: what became of it is no less true
            work.keep(db.session.get_one(Outbox, row_id), made)
        return
    match work.keep(row, made):
        case datetime() as moment:
            row.not_before, row.sent_at = moment, None
        case str() as why:
            log.warning("outbox %s: %s", row_id, why)
            _count(row, why)
        case None:
            row.done_at, row.error = _utc(), None


def _claim(row_id: int, skip: bool = True) -> Outbox | None:
    """The row, locked until the transaction ends; None when it is over, or (to skip) being done by another."""
    to_do = select(Outbox).where(Outbox.id == row_id, *_to_do())
    return db.session.scalars(to_do.with_for_update(skip_locked=skip)).first()


def _to_do() -> tuple[ColumnElement[bool], ...]:
    return Outbox.done_at.is_(None), Outbox.given_up_at.is_(None)


def _lease(empty: Sequence[str], after: int) -> list[tuple[int, str]]:
    """The next rows to send, marked so before they are: should this process die now, their wait sends them again.

    `empty`: the jobs whose queue has run dry, so that what was sent of them long ago was lost.
    """
    with transaction():
        now = _utc()
        to_send = (
            select(Outbox.id, Outbox.job)
            .where(Outbox.id > after, *_to_do(), or_(Outbox.not_before.is_(None), Outbox.not_before <= now))
            .where(or_(Outbox.sent_at.is_(None), and_(Outbox.job.in_(empty), _long_ago(now))))
        )
        found = db.session.execute(to_send.order_by(Outbox.id).limit(BATCH).with_for_update(skip_locked=True))
        rows = [(id_, job) for id_, job in found]
        db.session.execute(update(Outbox).where(Outbox.id.in_([id_ for id_, _job in rows])).values(sent_at=now))
    return rows


def _long_ago(now: datetime) -> ColumnElement[bool]:
    """Sent so long ago that it must have come; or ahead of now, by a clock that was put back since."""
    return or_(Outbox.sent_at <= now - LOST, Outbox.sent_at > now + LOST)


def _failed(row_id: int, error: str) -> None:
    """Record a failed try."""
    log.warning("outbox %s: %s", row_id, error)
    with transaction():
        row = _claim(row_id)
        if row is not None:
            _count(row, error)


def _count(row: Outbox, error: str) -> None:
    """A try failed: the next one waits longer than the last, and after enough of them there is none."""
    row.attempts, row.error, row.sent_at = row.attempts + 1, error, None
    if row.attempts <= len(WAITS):
        row.not_before = _utc() + WAITS[row.attempts - 1]
    else:
        row.given_up_at = _utc()
        JOBS.get(row.job, PAPER).give_up(row)


def _utc() -> datetime:
    return datetime.now(UTC)
