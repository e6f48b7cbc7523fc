"""Why a number is what it is (spec 1.1, 3.3): facts, not sentences; what moved it: movements.py; why a round
served or passed whom: rounds.py.

Today's answers come from the queue itself, those of a past day from the history alone. The words are the screens'.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy import select

from app.actions import norms, numbers
from app.actions.numbers import QueueNumber
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Norm,
    Privilege,
    QueueCategory,
    QueueKind,
    QueueOrder,
    QueueOrderKind,
    Side,
)
from app.rules import past, queue, ratio
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months

Ahead: TypeAlias = tuple[tuple[QueueCategory | Side | None, int], ...]  # None: too young for any category


@dataclass(frozen=True)
class Explanation:
    """Spec 3.3: a number on one day, who stands ahead by category or side, and the rules that put the child there.

    `status` is the application's on that day, None before it was registered; without a `number` the child did not
    wait, had lost its `standing`, or was too young for any category. `cycle` belongs to an order by ratio.
    `queued_at` and `born_on` are those that were on record then.
    """

    day: date
    queued_at: datetime
    born_on: date
    status: ApplicationStatus | None
    standing: bool
    last_change: Change | None
    number: QueueNumber | None
    ahead: Ahead
    order: QueueOrder
    norms: tuple[Norm, ...]
    privilege: Privilege | None
    months: int
    cycle: ratio.Cycle | None


def of(application: Application, day: date, today: date) -> Explanation:
    """Spec 3.3: why an application had its number on a local day, from the day it was registered until today.

    Raises Refusal(no_norm).
    """
    order = norms.order(application.place_id, day)
    last = _last_change(application, day)
    status = ApplicationStatus(last.status_to) if last is not None and last.status_to else None
    waits = status is ApplicationStatus.queued and last is not None and bool(last.standing)
    held = _privilege_on(application, day) if waits else None
    number: QueueNumber | None = None
    ahead: Ahead = ()
    line = line_on(application.place_id, application.queue_kind, day, today)
    if waits:
        number = numbers.in_line(application, line, held.kind if held else None, day)
        if number is not None:
            by_ratio = order.kind is QueueOrderKind.ratio
            ahead = number.ahead if by_ratio else _ahead_by_category(application, line, order, number, day)
    born_on = numbers.born_on(application, line, day)
    used = ["procedure", "queue.ratio"] if order.kind is QueueOrderKind.ratio else ["procedure"]
    return Explanation(
        day=day,
        queued_at=numbers.queued_at(application, line, day),
        born_on=born_on,
        status=status,
        standing=bool(last.standing) if last is not None else False,
        last_change=last,
        number=number,
        ahead=ahead,
        order=order,
        norms=tuple(norms.in_force(name, application.place_id, day) for name in used),
        privilege=held,
        months=age_in_months(born_on, day),
        cycle=number.cycle if number else None,
    )


def number_on(application: Application, day: date, today: date) -> QueueNumber | None:
    """Spec 3.3: its numbers on any local day; None where it did not wait, had lost its standing or was too young.

    Raises Refusal(no_norm).
    """
    last = _last_change(application, day)
    if last is None or last.status_to != ApplicationStatus.queued or not last.standing:
        return None
    held = _privilege_on(application, day)
    line = line_on(application.place_id, application.queue_kind, day, today)
    return numbers.in_line(application, line, held.kind if held else None, day)


def first_day(application: Application) -> date:
    """The first local day that there is something to tell of: its earliest day in the queue that was ever recorded."""
    return local_day(numbers.earliest(application))


def line_on(place_id: int, queue_kind: QueueKind, day: date, today: date) -> queue.Queue | None:
    """Who waited on a past day, by the history; None for today's queue itself."""
    return None if day >= today else past.waiting(place_id, queue_kind, past.Until(day))


def _ahead_by_category(
    application: Application, line: queue.Queue | None, order: QueueOrder, number: QueueNumber, day: date
) -> Ahead:
    since = numbers.queued_at(application, line, day)
    if line is None:
        line = queue.waiting(application.place_id, application.queue_kind, day)
    upto = numbers.standing(application, number.category.rank if number.category else queue.NOT_SERVED, since)
    by_rank = {category.rank: category for category in order.categories}
    counted = db.session.execute(queue.how_many_by_category(line, order.categories, day, upto=upto))
    return tuple((by_rank.get(rank), count) for rank, count in counted)


def _last_change(application: Application, day: date) -> Change | None:
    """The change of status that an application stood after at the end of a day."""
    return db.session.scalars(
        select(Change)
        .where(
            Change.application_id == application.id,
            Change.subject == Application.__tablename__,
            Change.status_to.is_not(None),
            Change.effective_on <= day,
        )
        .order_by(Change.id.desc())
        .limit(1)
    ).first()


def _privilege_on(application: Application, day: date) -> Privilege | None:
    """The privilege that counted at the end of a day."""
    for privilege in application.privileges:
        last = db.session.scalars(
            select(Change.status_to)
            .where(
                Change.subject == Privilege.__tablename__,
                Change.subject_id == privilege.id,
                Change.status_to.is_not(None),
                Change.effective_on <= day,
            )
            .order_by(Change.id.desc())
            .limit(1)
        ).first()
        if last == "confirmed" and (privilege.valid_until is None or privilege.valid_until >= day):
            return privilege
    return None
