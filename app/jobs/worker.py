"""`flask worker`: takes jobs from the queues and does each in a process forked from this one, which is warm."""

import gc
import time
from collections.abc import Sequence

import click
from redis import RedisError
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.job import Job

from app.db.database import will_write
from app.db.extensions import db, redis
from app.jobs import queues
from app.logs import about

SAYS, SILENT = 5, 25  # seconds: how often a worker says that it is at a job, and after which it is not any more


class WarmWorker(Worker):
    """RQ's worker, quick to notice what is dead; its numbers are seconds."""

    max_connection_wait_time = 2.0
    log_result_lifespan = False

    def __init__(self, names: Sequence[str] = queues.ORDER) -> None:
        super().__init__(
            [queues.queue(name) for name in names],
            connection=redis(),
            worker_ttl=30,
            maintenance_interval=30,
            job_monitoring_interval=SAYS,
            log_job_description=False,
        )

    def get_heartbeat_ttl(self, job: Job) -> int:
        """Of a worker that is silent for so long another one does the job. RQ would wait a minute longer; the rows let
        nobody do them twice (outbox.py).
        """
        return SILENT

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """What is said meanwhile is about this job. What it reads ends where it begins to write: SQLite would refuse,
        at once, to write in what has read before somebody else wrote.
        """
        about.set(f"job {job.id}")
        will_write(False)
        return super().perform_job(job, queue)


@click.command("worker")
@click.argument("names", nargs=-1, type=click.Choice(queues.ORDER))
def worker(names: tuple[str, ...]) -> None:
    """Do what these queues ask for, or all, until told to stop; also across an absence of the queue server."""
    db.session.remove()
    db.engine.dispose()  # no connection for two processes to share (spec 6, trap 12)
    gc.freeze()  # what lives until now is shared with every fork, untouched
    while True:
        try:
            WarmWorker(names or queues.ORDER).work(logging_level="WARNING")
            return
        except RedisError as error:
            click.echo(f"The queue server is away ({type(error).__name__}): asking again in 2 seconds", err=True)
            try:
                time.sleep(2)
            except StopRequested:
                return
