"""The timetable, the only one: what runs how often, in this order, and why so. `flask timetable` follows it.

A second timetable does no harm: everything on it may run twice. What fails is not tried again: its next time comes.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import click
from redis import RedisError
from rq.cron import CronScheduler
from rq.exceptions import StopRequested

from app.db.extensions import redis
from app.jobs import clock, forms, history, outbox, queues, retention, revocation, sessions


class ScheduledJob(NamedTuple):
    """One line: `every` in seconds."""

    job: Callable[[], object]
    every: int
    why: str
    queue: str = queues.URGENT


TIMETABLE = (
    ScheduledJob(clock.run, 60, "First: what falls due asks for papers. A minute, for days end at midnight."),
    ScheduledJob(outbox.relay, 5, "Then what it left is sent, and what anybody left whose wake-up was lost."),
    ScheduledJob(history.seal, 60, "What was recorded is sealed soon: until then nothing tells that it was changed."),
    ScheduledJob(sessions.forget, 3600, "Last, for it is only tidying: an old session opens nothing, removed or not."),
    ScheduledJob(
        forms.forget, 600, "The same: an old form is not taken. Sooner, for what was typed is kept no longer than said."
    ),
    ScheduledJob(
        history.mail_head,
        24 * 3600,
        "Who keeps the head of a day can prove all before it. By the letters' worker: a server may be slow.",
        queues.LETTERS,
    ),
    ScheduledJob(
        revocation.fetch,
        3600,
        "Lists of revoked keys: no entry waits for one. By the letters' worker, for an address may keep it waiting.",
        queues.LETTERS,
    ),
    ScheduledJob(
        retention.run,
        24 * 3600,
        "Nobody waits for it, and it may take long the first time. Once a day, for it is counted in days.",
        queues.LONG,
    ),
)


def scheduler() -> CronScheduler:
    """RQ's own, with our timetable. What no worker takes up until it is due again is dropped, so nothing piles up."""
    found = CronScheduler(redis(), logging_level="WARNING")
    for entry in TIMETABLE:
        found.register(
            entry.job,
            entry.queue,
            interval=entry.every,
            ttl=entry.every,
            job_timeout=queues.TIMEOUT,
            result_ttl=0,
            failure_ttl=queues.FAILURE_KEPT,
        )
    return found


@click.command("timetable")
def timetable() -> None:
    """Queue what the timetable says, until told to stop; also across an absence of the queue server."""
    following = scheduler()
    while True:
        try:
            return following.start()
        except RedisError as error:
            click.echo(f"The queue server is away ({type(error).__name__}): asking again in 2 seconds", err=True)
            try:
                time.sleep(2)
            except StopRequested:
                return
