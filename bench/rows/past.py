"""Spec 9, past: the number of a past day, rebuilt from the history."""

from datetime import timedelta
from itertools import cycle

from app.actions import explanations, numbers
from app.db.extensions import db
from bench.measure import Figure, alternate
from bench.rows.number import some
from bench.town import AT, Town, application

WORK = "the number of one child on the day before, from the history of its district"
PEER = "the limit, 1 s"
TARGET = 1.0
LIMIT = 1.0  # seconds


def measure(town: Town, times: int) -> Figure:
    """Nothing moved since the day before: AssertionError where its number is not today's."""
    today = AT.date()
    with town.copy("past") as url, application(url, web=False):
        known = some(7)
        children = cycle(known)

        def ours() -> None:
            child = next(children)
            then = explanations.number_on(child, today - timedelta(days=1), today)
            assert then is not None and then == numbers.of(child, today)

        figure = alternate(ours, lambda: None, times=times)
        db.session.rollback()
        return Figure(figure.ours, [LIMIT] * len(figure.ours))
