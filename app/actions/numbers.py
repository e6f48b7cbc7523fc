"""S1, S3, spec 3.3: the numbers that a waiting child has in its queue. Computed when asked for, never stored."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from app.actions import norms
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    PrivilegeKind,
    QueueCategory,
    QueueKind,
    QueueOrderKind,
    Round,
    Side,
)
from app.rules import past, queue, ratio

LATER = 2**31 - 1  # than every round
AT_ITS_TURN = (ApplicationStatus.confirming, ApplicationStatus.voucher_issued, ApplicationStatus.notified)


@dataclass(frozen=True)
class QueueNumber:
    """S1 ("Кезек кезеңі", "Кезек нөмірі"): the number of a child that waits, from 1.

    By categories it counts inside `category`, by ratio among the children of its birth year, `side` saying on which
    side it stands. `privileged` counts all who have a privilege, in the order in which they are served; 0 without one.
    `ahead`, by ratio: how many of each side are served before, and where the `cycle` of its line stands.
    """

    value: int
    privileged: int
    category: QueueCategory | None = None
    side: Side | None = None
    ahead: tuple[tuple[Side, int], ...] = ()
    cycle: ratio.Cycle | None = None


def of(application: Application, day: date) -> QueueNumber | None:
    """Spec 3.3: its numbers on this local day, which is today; None when it does not wait or has lost its standing,
    and while no category serves it yet (3.12).

    Raises Refusal(no_norm).
    """
    if application.status is not ApplicationStatus.queued or not application.standing:
        return None
    return in_line(application, None, privilege(application, day), day)


def kept(application: Application, day: date) -> QueueNumber | None:
    """S1 («Кезек кезеңі», «Кезек нөмірі» under «Растауда»): its numbers today, or those at which it would wait again if
    its voucher or the place that is offered to it came to nothing. None where it has left the queue.

    Raises Refusal(no_norm).
    """
    if application.status not in AT_ITS_TURN or not application.standing:
        return of(application, day)
    return in_line(application, None, privilege(application, day), day, joins=1)


def in_line(
    application: Application,
    line: queue.Queue | None,
    privilege: PrivilegeKind | None,
    day: date,
    *,
    before: int | None = None,
    joins: int = 0,
) -> QueueNumber | None:
    """Its numbers in a line that it stands in, a past one or (None) today's, with the privilege that counted then.

    None while the child is too young for any category. `before`: the id of a round, whose own offers have not moved
    the cycle yet; `joins`: 1 for one that does not stand in it. Raises Refusal(no_norm).
    """
    order = norms.order(application.place_id, day)
    if order.kind is QueueOrderKind.ratio:
        return _by_ratio(application, line, privilege, day, before, joins)
    category = queue.category_of(born_on(application, line, day), privilege, order.categories, day)
    if category is None:
        return None
    since = queued_at(application, line, day)
    if line is None:
        line = queue.waiting(application.place_id, application.queue_kind, day)
    upto = standing(application, category.rank, since)
    value = (db.session.scalar(queue.number_in_category(line, order.categories, day, upto=upto)) or 0) + joins
    among = queue.number_among_privileged(line, order.categories, day, upto=upto)
    return QueueNumber(value, (db.session.scalar(among) or 0) + joins if privilege else 0, category=category)


def counted(application: Application, line: queue.Queue | None, number: QueueNumber, day: date) -> set[int]:
    """Spec 3.3: whom one of its numbers counts, by id: as many as stand before it in that number.

    `line` is the one that the number was counted in. Raises Refusal(no_norm).
    """
    year = born_on(application, line, day).year
    if line is None:
        line = queue.waiting(application.place_id, application.queue_kind, day)
    order = norms.order(application.place_id, day)
    if order.kind is QueueOrderKind.ratio:
        sides = {str(side): count for side, count in number.ahead}
        ahead = queue.first_ones(line, queue.side(line), sides, line.c.birth_year == year)
    else:
        rank = number.category.rank if number.category else queue.NOT_SERVED
        ahead = queue.first_ones(line, queue.category_rank(line, order.categories, day), {rank: number.value - 1})
    return set(db.session.scalars(ahead))


def privilege(application: Application, day: date) -> PrivilegeKind | None:
    """Spec 3.3: the privilege that counts on a day, confirmed and unexpired; the twin of queue.counts_on."""
    counts = application.privilege_until is None or application.privilege_until >= day
    return application.privilege if counts else None


def standing(application: Application, rank: int = 0, since: datetime | None = None) -> queue.QueuePosition:
    """Where an application stands, in a category of this rank; `since`: by another day in the queue than it has now."""
    return queue.QueuePosition(rank=rank, queued_at=since or application.queued_at, application_id=application.id)


def queued_at(application: Application, line: queue.Queue | None, day: date) -> datetime:
    """The moment that a number in this line goes by: on a past day the one of then (by_hand.py)."""
    if line is None:
        return application.queued_at
    return db.session.scalar(past.queued_at(application.id, past.Until(day))) or application.queued_at


def earliest(application: Application) -> datetime:
    """The earliest moment that it ever stood in the queue by: it may have been given a later day by hand."""
    kept = select(func.min(Round.queued_before)).where(Round.application_id == application.id)
    before = db.session.scalar(kept)
    return application.queued_at if before is None else min(before, application.queued_at)


def born_on(application: Application, line: queue.Queue | None, day: date) -> date:
    """The birth date that a number in this line goes by: on a past day the one that was on record then."""
    if line is None:
        return application.born_on
    return db.session.scalar(past.born_on(application.id, past.Until(day))) or application.born_on


def cycle(application: Application, day: date, before: int | None = None) -> ratio.Cycle:
    """Spec 3.3: where the cycle of the application's line stands on a day. Raises Refusal(no_norm)."""
    born = db.session.scalar(past.born_on(application.id, past.Until(day))) or application.born_on
    return cycle_of(application.place_id, application.queue_kind, born.year, day, before)


def cycle_of(
    place_id: int,
    queue_kind: QueueKind,
    birth_year: int,
    day: date,
    before: int | None = None,
    at: datetime | None = None,
) -> ratio.Cycle:
    """The same for a line by its district, queue kind and birth year; `at`: by the ratio of this moment of the day."""
    shares = _shares(place_id, day, at)
    line = _line(place_id, queue_kind, birth_year, shares, day, before)
    return ratio.cycle(shares, ratio.read_sides(db.session.scalar(ratio.LAST_SIDES, line)))


def _shares(place_id: int, day: date, at: datetime | None = None) -> tuple[int, int]:
    return ratio.parse(norms.in_force("queue.ratio", place_id, day, at).value)


def _line(
    place_id: int, queue_kind: QueueKind, birth_year: int, shares: tuple[int, int], day: date, before: int | None
) -> dict[str, Any]:
    line = {"place_id": place_id, "queue_kind": queue_kind, "birth_year": birth_year}
    return line | {"until": day, "before": before or LATER, "most": sum(shares)}


def _by_ratio(
    application: Application,
    line: queue.Queue | None,
    privilege: PrivilegeKind | None,
    day: date,
    before: int | None,
    joins: int = 0,
) -> QueueNumber:
    shares = _shares(application.place_id, day)
    year = born_on(application, line, day).year
    facts = _line(application.place_id, application.queue_kind, year, shares, day, before)
    if line is None:
        facts |= {"day": day, "queued_at": application.queued_at, "application_id": application.id}
        found = db.session.execute(queue.BY_RATIO[privilege], facts)
    else:
        stands = (year, queued_at(application, line, day), application.id)
        found = db.session.execute(queue.by_ratio(line, privilege, *stands), facts)
    rank, out_of_turn, other, sides = found.one()
    rank += joins
    side = queue.SIDES[privilege]
    turns = ratio.cycle(shares, ratio.read_sides(sides))
    if side is Side.out_of_turn:
        return QueueNumber(rank, rank, side=side, ahead=((side, rank - 1),), cycle=turns)
    if side is Side.privileged:
        between = min(other, turns.general_before(rank))
        ahead = ((Side.out_of_turn, out_of_turn), (Side.privileged, rank - 1), (Side.general, between))
        value = out_of_turn + rank + between
        return QueueNumber(value, out_of_turn + rank, side=side, ahead=ahead, cycle=turns)
    between = min(other, turns.privileged_before(rank))
    ahead = ((Side.out_of_turn, out_of_turn), (Side.privileged, between), (Side.general, rank - 1))
    return QueueNumber(out_of_turn + rank + between, 0, side=side, ahead=ahead, cycle=turns)
