"""The measures that Prometheus reads. Requests are counted in every process of the web (deploy/gunicorn.conf.py says
where they add them up), all else is looked for when it is asked.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily as Gauge
from prometheus_client.multiprocess import MultiProcessCollector

from app.health import standing
from app.health.standing import Examined

__all__ = ["CONTENT_TYPE", "count", "exported"]

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
REQUESTS = Counter("kezek_requests", "Requests that were answered.", ["route", "method", "status"], registry=None)
SECONDS = Histogram(
    "kezek_request_seconds", "Until an answer begins to be sent.", ["route"], buckets=BUCKETS, registry=None
)


def count(route: str, method: str, status: str, seconds: float) -> None:
    """A request was answered; `route` is a rule of ours, so that there are as many of them as we have addresses."""
    with suppress(OSError):  # no room to add it up: it was answered all the same
        REQUESTS.labels(route, method, status).inc()
        SECONDS.labels(route).observe(seconds)


def exported(found: Examined) -> bytes:
    """All of them as text: the requests of all processes, and how the parts stand."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(HowItStands(found))
    return generate_latest(registry)


class HowItStands:
    """How the parts stand, for a registry."""

    def __init__(self, found: Examined) -> None:
        self.found = found

    def collect(self) -> Iterator[Gauge]:
        up = Gauge("kezek_part_good", "Is nothing wrong with this part?", labels=["part"])
        for part, word in self.found.parts.items():
            up.add_metric([part], word == standing.GOOD)
        yield up
        if self.found.free is not None:
            yield Gauge("kezek_files_free_bytes", "Room for files.", self.found.free)
        if (numbers := self.found.numbers) is None:
            return
        rows = Gauge("kezek_outbox_rows", "Work that is not done, by how it stands.", labels=["job", "state"])
        for (job, state), many in numbers.work.items():
            rows.add_metric([job, state], many)
        yield rows
        oldest = Gauge("kezek_outbox_oldest_seconds", "For how long work waits that may be done.", labels=["job"])
        for job, age in numbers.oldest.items():
            oldest.add_metric([job], age)
        yield oldest
        yield Gauge("kezek_notices_failed", "Messages that reached nobody.", numbers.failed_notices)
        ended = Gauge("kezek_last_run_timestamp_seconds", "When what is on the timetable last ended.", labels=["job"])
        for job, when in numbers.runs.items():
            ended.add_metric([job], when)
        yield ended
        yield Gauge("kezek_history_unsealed_seconds", "For how long a record waits to be sealed.", numbers.unsealed)
