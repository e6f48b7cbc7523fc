"""The queues, the most urgent first, and what every job has in common: ids only, tried again, forgotten when done."""

from collections.abc import Iterable

from rq import Queue, Retry, get_current_job
from rq.queue import EnqueueData

from app.db.extensions import redis

URGENT = "urgent"  # the timetable's: short, and never behind a thousand papers
SMS, LETTERS = "sms", "letters"  # a gateway may keep its worker waiting: others do the rest meanwhile
LONG = "long"  # files and bulk runs, for which somebody waits: before papers, and on one worker alone
PAPERS = "papers"
ORDER = (URGENT, SMS, LETTERS, LONG, PAPERS)
RETRIES = 3
TIMEOUT = 180  # seconds: a chunk of papers on a very slow machine
FAILURE_KEPT = 24 * 3600  # seconds: what failed is on record in its row, Redis need not keep it


def queue(name: str) -> Queue:
    return Queue(name, connection=redis())


def job(function: object, *arguments: object, timeout: int = TIMEOUT) -> EnqueueData:
    """One call to be queued; `timeout` in seconds. Its arguments are ids, never anything about people (spec 7)."""
    return Queue.prepare_data(
        function,
        arguments,
        timeout=timeout,
        result_ttl=0,
        failure_ttl=FAILURE_KEPT,
        retry=Retry(max=RETRIES),
    )


def enqueue(name: str, jobs: Iterable[EnqueueData]) -> None:
    """Queue many calls in one go. Raises redis.RedisError."""
    queue(name).enqueue_many(list(jobs))


def of_this_job() -> str:
    """The queue that the job of this process came from."""
    job = get_current_job()
    return job.origin if job is not None and job.origin else PAPERS


def came_back() -> bool:
    """Is this job here again, because its process died, overran its time or failed?"""
    job = get_current_job()
    return job is not None and job.retries_left is not None and job.retries_left < RETRIES
