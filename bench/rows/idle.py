"""Spec 9, idle: the clock with nothing to do costs the same, however many children wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from flask import Flask

from bench.measure import Figure, alternate
from bench.rows import clock
from bench.town import Town, application, build, connect, url

FEW, MANY = 30_000, 300_000
WORK = f"the clock with nothing due, all districts, one transaction each, in a town of {MANY:,} applications"
PEER = f"the same in a town of {FEW:,}"
TARGET = 1.3


def measure(town: Town, times: int) -> Figure:
    """In towns of its own, whatever the size of the other rows'. AssertionError where something is due."""
    with waiting(town.server, FEW) as few, waiting(town.server, MANY) as many:
        return alternate(partial(nothing_due, many), partial(nothing_due, few), times=times)


@contextmanager
def waiting(server: str, size: int) -> Iterator[Flask]:
    """A town of this size in which all that was due is done."""
    address = url(server, build(server, size, name=f"idle_{size}").template)
    with application(address, web=False) as app:
        clock.ours()
        with connect(address, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield app


def nothing_due(app: Flask) -> None:
    """What `flask clock` does then."""
    with app.app_context():
        assert clock.ours() == 0, "something was due"
