"""What changes an order by hand is seen (spec 3.8): in the list of rounds, and by every child that it passed.

Whatever gives one child another place than the order gave it goes through here: a voucher out of turn, a return with
the old day, another day in the queue, an older day at the start, a list that is taken over, a privilege that comes
after places were announced. The act stands among the rounds, with where the child stood before and after; a child is
passed when the other one stood behind it and stands before it now. Who was passed is worked out from the history.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, not_, select

from app.access.actors import Actor
from app.actions import norms, numbers, places
from app.actions.moving import last_change
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import (
    Application,
    KgGroup,
    Kindergarten,
    Proposal,
    QueueKind,
    QueueOrderKind,
    Round,
    Vacancy,
    VacancyStatus,
)
from app.rules import past, queue
from app.rules.calendar import local_day
from app.rules.queue import FRONT, Mark

MOST = 100  # acts that are looked through for one child, the last ones first


@dataclass(frozen=True)
class Stood:
    """Where an application stood before an act, None for outside or behind all; the last row of history then."""

    mark: Mark | None
    queued_at: datetime | None
    born_on: date | None
    after_change_id: int


def before(application: Application | None, *, at: datetime) -> Stood:
    """What is to be known before the act; of one that is only being put into the queue nothing. Raises no_norm."""
    if application is None or application.id is None:
        return Stood(None, None, None, last_change())
    return Stood(mark(application, local_day(at)), application.queued_at, application.born_on, last_change())


def out_of_turn(application: Application, *, by: Actor, at: datetime, reason: str) -> Round:
    """Spec 3.8: a voucher is given to this child now, before all who stand ahead of it."""
    stood = before(application, at=at)
    return _keep(application, "issue_out_of_turn", stood, FRONT, by=by, at=at, reason=reason)


def seen(
    application: Application,
    verb: str,
    stood: Stood,
    *,
    by: Actor,
    at: datetime,
    reason: str | None = None,
    always: bool = True,
) -> Round | None:
    """An act is done: keep it where it moved the child forward; unless `always`, only where it passed somebody."""
    db.session.flush()
    now = mark(application, local_day(at))
    moved = stood.queued_at is not None and stood.queued_at != application.queued_at
    born = stood.born_on is not None and stood.born_on != application.born_on
    if now == stood.mark and not moved and not born:
        return None
    held = _keep(application, verb, stood, now, by=by, at=at, reason=reason)
    if moved:
        held.queued_before = stood.queued_at
    if born:
        held.born_before = stood.born_on
    if not always and not held.passed:
        db.session.delete(held)
        db.session.flush()
        return None
    return held


def taken_over(place_id: int, own: set[int], stood: Stood, *, by: Actor, at: datetime) -> None:
    """An older list came into a queue where others wait already: one row for each line in which it passed somebody.

    A line is passed by whoever of the list stands first in it. Raises no_norm.
    """
    for queue_kind in QueueKind if own else ():
        line = queue.waiting(place_id, queue_kind, local_day(at))
        if db.session.scalars(select(line.c.id).where(not_(one_of(line.c.id, own))).limit(1)).first() is None:
            continue  # nobody else waits
        for first in _first_of_each_line(place_id, queue_kind, own, local_day(at)):
            now = mark(first, local_day(at))
            held = _keep(first, "take_over", stood, now, by=by, at=at, reason=None, own=own)
            held.application_id = None
            if not held.passed:
                db.session.delete(held)
    db.session.flush()


def _first_of_each_line(place_id: int, queue_kind: QueueKind, own: set[int], day: date) -> list[Application]:
    """By ratio of each birth year, by categories of the whole queue: who of these is served first."""
    order, line = norms.order(place_id, day), queue.waiting(place_id, queue_kind, day)
    if order.kind is QueueOrderKind.ratio:
        theirs = queue.all_by_ratio(select(line).where(one_of(line.c.id, own)).subquery()).subquery().c
        firsts: dict[int, tuple[int, Application]] = {}
        for id_ in db.session.scalars(select(theirs.id).where(theirs.rank == 1).order_by(theirs.id)):
            one = db.session.get_one(Application, id_)
            number, year = numbers.of(one, day), one.birth_year
            if number is not None and (year not in firsts or number.value < firsts[year][0]):
                firsts[year] = (number.value, one)
        return [one for _, one in firsts.values()]
    ranks = db.session.execute(queue.all_by_categories(line, order.categories, day))
    served = [(rank, number, id_) for id_, rank, number in ranks if id_ in own and rank < queue.NOT_SERVED]
    return [db.session.get_one(Application, min(served)[2])] if served else []


def announced(application: Application) -> bool:
    """Have places been given, offered or published in its queue since it stands there? Then an order was to be seen."""
    held = select(Round.id).where(
        Round.place_id == application.place_id, Round.by_hand.is_(None), Round.held_at >= application.queued_at
    )
    published = (
        select(Vacancy.id)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(
            Kindergarten.place_id.in_(places.subtree(application.place_id)),
            Kindergarten.queue_kind == application.queue_kind,
            Vacancy.status != VacancyStatus.draft,
            Vacancy.published_at >= application.queued_at,
        )
    )
    return any(db.session.scalars(one.limit(1)).first() is not None for one in (held, published))


def mark(application: Application, day: date) -> Mark | None:
    """Up to where others stand before this one: see queue.Mark. None where it has no number. Raises no_norm."""
    number = numbers.of(application, day)
    if number is None:
        return None
    own = [application.queued_at.isoformat(), application.id]
    if number.side is None:
        return {"rank": number.category.rank if number.category else queue.NOT_SERVED, "upto": own}
    line = queue.waiting(application.place_id, application.queue_kind, day)
    upto = {str(side): _last_of(line, str(side), application.birth_year, count) for side, count in number.ahead}
    return {"birth_year": application.birth_year, "upto": upto | {str(number.side): own}}


def passed_in(held: Round, line: queue.Queue) -> ColumnElement[bool]:
    """Who of a line was passed by an act: the other one stood behind it before, and before it after."""
    order = held.queue_order
    by_ratio, stood = order.kind is QueueOrderKind.ratio, held.stood or {}
    rank = None if by_ratio else queue.category_rank(line, order.categories, held.held_on)
    return queue.passed(line, rank, stood.get("was"), stood.get("now"))


def that_passed(application: Application, until: date) -> Iterable[Round]:
    """Spec 3.8: the acts until a day that passed this child, the last one first."""
    acts = select(Round).where(
        Round.place_id == application.place_id,
        Round.by_hand.is_not(None),
        Round.held_at >= numbers.earliest(application),
        Round.held_on <= until,
        Round.application_id.is_(None) | (Round.application_id != application.id),
    )
    for held in db.session.scalars(acts.order_by(Round.id.desc()).limit(MOST)):
        if (held.stood or {}).get("queue_kind") != application.queue_kind:
            continue
        then = past.Until(held.held_on, held.after_change_id)
        line = past.waiting(held.place_id, application.queue_kind, then, application.id)
        if db.session.scalars(select(line.c.id).where(passed_in(held, line))).first() is not None:
            yield held


def _keep(
    application: Application,
    verb: str,
    stood: Stood,
    now: Mark | None,
    *,
    by: Actor,
    at: datetime,
    reason: str | None,
    own: Collection[int] = (),
) -> Round:
    day = local_day(at)
    held = Round(
        place_id=application.place_id,
        held_on=day,
        held_at=at,
        queue_order=norms.order(application.place_id, day),
        after_change_id=stood.after_change_id,
        automatic=False,
        by_hand=verb,
        application_id=application.id,
        reason=reason,
        stood={"queue_kind": str(application.queue_kind), "was": stood.mark, "now": now},
        served=1,
        passed=0,
    )
    db.session.add(held)
    db.session.flush()
    held.passed = _how_many(held, application.queue_kind, {application.id, *own})
    return held


def _how_many(held: Round, queue_kind: QueueKind, own: Collection[int]) -> int:
    """How many of those who wait now were passed, but for those whom the act was for."""
    line = queue.waiting(held.place_id, queue_kind, held.held_on)
    passed = select(line.c.id).where(passed_in(held, line)).subquery()
    return db.session.scalar(select(func.count()).select_from(passed).where(not_(one_of(passed.c.id, own)))) or 0


def _last_of(line: queue.Queue, side: str, birth_year: int, count: int) -> list[Any] | None:
    """The moment and id of the last of the first so many on one side; None for none."""
    if not count:
        return None
    c = line.c
    found = (
        select(c.queued_at, c.id)
        .where(c.birth_year == birth_year, queue.side(line) == side)
        .order_by(c.queued_at, c.id)
        .offset(count - 1)
        .limit(1)
    )
    queued_at, id_ = db.session.execute(found).one()
    return [queued_at.isoformat(), id_]


class Passed(NamedTuple):
    """A child that an act passed, with what was on record of it then."""

    application_id: int
    birth_year: int
    queued_at: datetime


def whom_it_passed(held: Round, most: int) -> list[Passed]:
    """The first children that an act passed, by their day in the queue, from the history."""
    queue_kind = QueueKind((held.stood or {})["queue_kind"])
    line = past.waiting(held.place_id, queue_kind, past.Until(held.held_on, held.after_change_id))
    passed = select(line.c.id, line.c.birth_year, line.c.queued_at)
    passed = passed.where(passed_in(held, line), line.c.id != (held.application_id or 0))
    first = passed.order_by(line.c.queued_at, line.c.id).limit(most)
    return [Passed(*row) for row in db.session.execute(first)]


def asked_for(held: Round) -> Proposal | None:
    """What one official had asked for and another one approved; None for an act that one may do alone."""
    if held.application_id is None:
        return None
    asked = select(Proposal).where(
        Proposal.application_id == held.application_id,
        Proposal.verb == held.by_hand,
        Proposal.decided_at == held.held_at,
    )
    return db.session.scalars(asked).first()
