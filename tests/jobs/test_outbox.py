"""The outbox: each row's effect happens exactly once, whatever is lost, sent twice or killed (spec 7, 9)."""

import os
import signal
import threading
from datetime import UTC, datetime, timedelta

import pytest
from rq import Queue, SimpleWorker
from rq.job import Job

from app.db.database import own_transaction, transaction
from app.db.extensions import db
from app.jobs import outbox, queues
from app.jobs.outbox import Work, handle, relay
from app.jobs.worker import WarmWorker
from app.models import Outbox
from app.papers import documents
from tests.factories import START
from tests.papers import asked_for


@pytest.fixture
def kept(app, redis, monkeypatch):
    """Jobs that do next to nothing: `count` keeps a row's id in the list, `fail` and `die` are what they say."""
    kept = []

    def fail(_facts):
        raise ValueError("Ойдан Ана 220917500123")

    work = {
        "count": Work(lambda row: row.id, lambda row_id: row_id, lambda row, _made: kept.append(row.id)),
        "fail": Work(lambda row: None, fail, lambda row, made: kept.append(row.id)),
        "die": Work(lambda row: None, lambda _: os.kill(os.getpid(), signal.SIGKILL), lambda row, made: None),
    }
    monkeypatch.setattr(outbox, "JOBS", work)
    return kept


def left(*jobs: str) -> list[int]:
    """Rows with these jobs, as an action leaves them."""
    with transaction():
        rows = [Outbox(job=job, asked_at=START) for job in jobs]
        db.session.add_all(rows)
        db.session.flush()
        return [row.id for row in rows]


def sent(seconds_ago: float, **more: object) -> None:
    with transaction():
        moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        db.session.execute(db.update(Outbox).values(sent_at=moment, **more))


def row(row_id: int) -> Outbox:
    db.session.rollback()
    return db.session.get_one(Outbox, row_id)


def queued(redis) -> list[tuple]:
    """The arguments of the jobs that wait for a worker."""
    ids = Queue(queues.PAPERS, connection=redis).job_ids
    return [job.args for job in Job.fetch_many(ids, connection=redis)]


def lose(redis) -> None:
    redis.flushall()


# ---------------------------------------------------------------- sent once, and again when it was lost


def test_a_row_is_sent_once_and_in_chunks(kept, redis, monkeypatch):
    monkeypatch.setitem(outbox.JOBS, "count", outbox.JOBS["count"]._replace(rows=2))
    monkeypatch.setattr(outbox, "BATCH", 3)
    ids = left(*["count"] * 5)
    assert relay() == 5
    assert queued(redis) == [(ids[:2],), (ids[2:3],), (ids[3:],)]
    assert relay() == 0


def test_a_row_that_was_lost_is_sent_again_after_its_wait_and_not_before(kept, redis):
    left("count")
    assert relay() == 1
    lose(redis)
    assert relay() == 0
    sent(seconds_ago=11)
    assert relay() == 1


def test_what_may_still_be_in_the_queue_is_not_sent_again(kept, redis):
    left("count")
    assert relay() == 1
    sent(seconds_ago=3600)
    assert relay() == 0
    lose(redis)
    assert relay() == 1


@pytest.mark.parametrize(("before", "wait"), [(0, 10), (2, 30), (8, 43_200)])
def test_a_row_that_failed_waits_longer_each_time(kept, redis, before, wait):
    (failing,) = left("fail")
    sent(seconds_ago=0, attempts=before)
    began = datetime.now(UTC)
    handle([failing])
    assert timedelta(0) <= row(failing).not_before - began - timedelta(seconds=wait) < timedelta(seconds=5)
    assert relay() == 0
    waited(failing)
    assert relay() == 1


def waited(row_id: int) -> None:
    """Its time has come."""
    with transaction():
        db.session.get_one(Outbox, row_id).not_before = datetime.now(UTC)


def test_what_failed_too_often_is_given_up_and_says_why(kept, redis, monkeypatch):
    told, (failing,) = [], left("fail")
    monkeypatch.setitem(outbox.JOBS, "fail", outbox.JOBS["fail"]._replace(give_up=lambda row: told.append(row.id)))
    for _ in range(len(outbox.WAITS) + 1):
        assert row(failing).given_up_at is None
        handle([failing])
    assert told == [failing] and row(failing).error.startswith("ValueError")
    handle([failing])
    assert row(failing).attempts == len(outbox.WAITS) + 1 and relay() == 0


def test_a_row_that_has_to_wait_for_its_time_is_sent_then_and_has_not_failed(kept, redis, monkeypatch):
    (later,) = left("count")
    moment = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setitem(outbox.JOBS, "count", outbox.JOBS["count"]._replace(keep=lambda _row, _made: moment))
    assert relay() == 1
    handle([later])
    assert (row(later).attempts, row(later).error, row(later).done_at) == (0, None, None)
    assert relay() == 0
    waited(later)
    lose(redis)
    assert relay() == 1


def test_each_job_goes_to_its_own_queue(kept, redis, monkeypatch):
    monkeypatch.setitem(outbox.JOBS, "fail", outbox.JOBS["fail"]._replace(queue=queues.SMS))
    left("count", "fail")
    relay()
    assert [len(Queue(name, connection=redis)) for name in (queues.SMS, queues.PAPERS)] == [1, 1]


def test_what_is_done_is_not_sent(kept, redis):
    ids = left("count")
    handle(ids)
    sent(seconds_ago=3600)
    assert relay() == 0


# ---------------------------------------------------------------- done exactly once


def test_a_row_that_is_sent_twice_is_made_and_done_once(kept, redis, monkeypatch):
    made, ids = [], left("count", "count")
    monkeypatch.setitem(outbox.JOBS, "count", outbox.JOBS["count"]._replace(make=made.append))
    handle(ids)
    done_at = row(ids[0]).done_at
    handle(ids)
    assert made == kept == ids
    assert row(ids[0]).done_at == done_at


def test_two_workers_with_the_same_row_do_it_once(app, kept, redis, monkeypatch):
    both, ids = threading.Barrier(2), left("count")

    def keep(row, _made):
        kept.append(row.id)
        threading.Event().wait(0.3)  # long enough for the other to come by

    monkeypatch.setitem(outbox.JOBS, "count", Work(lambda row: None, lambda _: both.wait(60), keep))

    def work():
        with app.app_context():
            handle(ids)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert kept == ids
    assert (row(ids[0]).attempts, row(ids[0]).done_at is None) == (0, False)


def test_an_effect_without_its_commit_did_not_happen(kept, redis, monkeypatch):
    ids = left("count")

    def keep(row, _made):
        row.error = "half"
        raise OSError

    with monkeypatch.context() as broken:
        broken.setitem(outbox.JOBS, "count", Work(lambda row: None, lambda _: None, keep))
        handle(ids)
    assert row(ids[0]).done_at is None and row(ids[0]).error.startswith("OSError")
    handle(ids)
    assert kept == ids and row(ids[0]).error is None


# ---------------------------------------------------------------- what fails or dies


def test_one_that_fails_holds_up_no_other_and_nobody_s_name_is_told(kept, redis, caplog):
    ids = left("count", "fail", "unheard of", "count")
    handle(ids)
    assert kept == [ids[0], ids[3]]
    assert (row(ids[1]).attempts, row(ids[1]).error) == (1, "ValueError at jobs/outbox.py:" + _line(row(ids[1]).error))
    assert row(ids[2]).error.startswith("KeyError at jobs/outbox.py")
    assert "Ойдан" not in caplog.text and "220917500123" not in caplog.text


def _line(error: str) -> str:
    return error.rpartition(":")[2]


def test_one_that_kills_its_worker_holds_up_no_other(kept, redis):
    ids = left("count", "die", "count", "count")
    relay()
    work()
    assert [row(each).done_at is None for each in ids] == [False, True, False, False]
    assert row(ids[1]).attempts >= 1 and row(ids[1]).error == "died"


def test_a_job_writes_though_somebody_else_has_written_since_it_read(kept, redis, monkeypatch):
    """SQLite says at once that it is locked to whoever goes on writing in what only read."""

    def reads_and_writes(_facts):
        db.session.scalar(db.select(Outbox.id).limit(1))
        with own_transaction() as other:
            other.execute(db.update(Outbox).values(attempts=Outbox.attempts + 1))
        with transaction():
            db.session.execute(db.update(Outbox).values(attempts=Outbox.attempts + 1))

    monkeypatch.setitem(outbox.JOBS, "write", Work(lambda row: None, reads_and_writes, lambda row, made: None))
    [id_] = left("write")
    relay()
    work()
    assert (row(id_).done_at is None, row(id_).error) == (False, None)


def work() -> None:
    """A real worker, in this process, with real processes for its jobs; until nothing is left."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    db.session.remove()
    db.engine.dispose()
    try:
        WarmWorker().work(burst=True, logging_level="CRITICAL")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


# ---------------------------------------------------------------- with real papers


def test_papers_are_rendered_stored_and_told_to_redis_by_number_only(app, redis):
    asked = [document.id for document in asked_for(3)]
    relay()
    said = b"".join(redis.dump(key) for key in redis.keys("*"))
    assert queued(redis) == [(list(db.session.scalars(db.select(Outbox.id).order_by(Outbox.id))),)]
    assert "Ойдан".encode() not in said
    SimpleWorker([queues.queue(queues.PAPERS)], connection=redis).work(burst=True)  # this process set papers: no forks
    for document_id in asked:
        document = db.session.get_one(documents.Document, document_id)
        assert documents.open_stored(document).startswith(b"%PDF")
    stored = (app.config["KEZEK"].files / "documents/2026").iterdir()
    assert all(path.suffix == ".pdf" for path in stored)
    assert db.session.scalars(db.select(Outbox).where(Outbox.done_at.is_(None))).all() == []
