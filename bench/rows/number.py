"""Spec 9, number: one queue number by ratio, the child's application at hand."""

from itertools import cycle

import sqlalchemy as sa

from app.actions import norms, numbers
from app.db.extensions import db
from app.models import Application, ApplicationStatus
from bench.measure import Figure, alternate
from bench.town import AT, Town, application

WORK = "the number of one waiting child, its norms looked up once in the transaction"
PEER = "a bare index count of those ahead in its line"
TARGET = 2.0
A_ROUND = 60  # numbers for each run that was asked for
BARE = """
    SELECT count(*) FROM application
    WHERE place_id = :place_id AND queue_kind = 'general' AND birth_year = :birth_year AND standing
      AND status = 'queued' AND privilege IS NULL AND (queued_at < :queued_at OR queued_at = :queued_at AND id <= :id)
"""


def measure(town: Town, times: int) -> Figure:
    """AssertionError where the bare count is not the rank that the number is made of."""
    with town.copy("number") as url, application(url, web=False):
        children = some(60)
        bare = {child.id: count_of(child) for child in children}
        for child in children:
            number = numbers.of(child, AT.date())
            assert number is not None and dict(number.ahead)[number.side] + 1 == bare[child.id]()
        ours, peer = cycle(children), cycle(bare.values())
        return alternate(lambda: numbers.of(next(ours), AT.date()), lambda: next(peer)(), times=times * A_ROUND)


def some(many: int) -> list[Application]:
    """Children of the general side, from all over the queue; their norms are looked up."""
    waiting = sa.select(Application).where(
        Application.status == ApplicationStatus.queued, Application.privilege.is_(None)
    )
    step = db.session.scalar(sa.select(sa.func.max(Application.id))) // many
    found = list(db.session.scalars(waiting.where(Application.id % step == 0).limit(many)))
    for child in found:
        norms.in_force("queue.ratio", child.place_id, AT.date())
    return found


def count_of(child: Application):
    """The bare count for one child, as a prepared text statement on the same connection."""
    facts = {name: getattr(child, name) for name in ("place_id", "birth_year", "queued_at", "id")}
    statement = sa.text(BARE)
    return lambda: db.session.connection().execute(statement, facts).scalar_one()
