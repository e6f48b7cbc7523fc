"""Spec 9, explain: why a child has its number today."""

from datetime import timedelta
from itertools import cycle

from app.actions import explanations, movements
from app.db.extensions import db
from bench.measure import Figure, alternate
from bench.rows.number import some
from bench.town import AT, Town, application

WORK = "the explanation of one number: who stands ahead, order, norms, privilege, what moved it in a month"
PEER = "the limit, 100 ms"
TARGET = 1.0
LIMIT = 0.1  # seconds


def measure(town: Town, times: int) -> Figure:
    """AssertionError where the explanation does not add up to the number."""
    today = AT.date()
    with town.copy("explain") as url, application(url, web=False):
        children = cycle(some(20))

        def ours() -> None:
            child = next(children)
            told = explanations.of(child, today, today)
            assert told.number is not None and told.number.value == 1 + sum(n for _, n in told.ahead)
            movements.compare(child, told, today - timedelta(days=30), today)

        figure = alternate(ours, lambda: None, times=times * 3)
        db.session.rollback()
        return Figure(figure.ours, [LIMIT] * len(figure.ours))
