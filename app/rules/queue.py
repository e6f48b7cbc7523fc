"""Spec 3.3: who waits, who is next, and what the number is. Every answer is a select; nothing is stored.

A line is a subquery of those who wait in one district and queue kind, with the columns id, born_on, birth_year,
queued_at and privilege (the one that counts on the day, else NULL): `waiting` is today's, `past.waiting` any earlier.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal, null, or_, select, union_all

from app.models import Application, PrivilegeKind, QueueCategory, QueueKind, Side
from app.rules.deadlines import born_between

NOT_SERVED = 10_000  # the rank behind every category: children too young for any of them
Queue: TypeAlias = Subquery


class Standing(NamedTuple):
    """Where one application stands: the rank of its category or side, its moment, its id."""

    rank: int
    queued_at: datetime
    application_id: int


SIDES = {PrivilegeKind.out_of_turn: Side.out_of_turn, PrivilegeKind.first_order: Side.privileged, None: Side.general}


def numbered() -> ColumnElement[bool]:
    """Spec 3.3: still waiting, standing kept."""
    return and_(Application.status == literal("queued", Application.status.type), Application.standing)


def counts_on(day: date) -> ColumnElement[bool]:
    """Spec 3.3: a confirmed privilege counts while it has not expired."""
    return or_(Application.privilege_until.is_(None), Application.privilege_until >= day)


def waiting(place_id: int, queue_kind: QueueKind, day: date) -> Queue:
    """Spec 3.3: who stands in one queue today: those without a privilege and those with one, each by its index."""
    shared = (Application.id, Application.born_on, Application.birth_year, Application.queued_at)
    queue = (Application.place_id == place_id, Application.queue_kind == queue_kind, numbered())
    privilege = Application.privilege
    plain = select(*shared, null().cast(privilege.type).label("privilege")).where(*queue, privilege.is_(None))
    counting = case((counts_on(day), privilege), else_=null()).label("privilege")
    with_one = select(*shared, counting).where(*queue, privilege.is_not(None))
    return union_all(plain, with_one).subquery("waiting")


def side(line: Queue) -> ColumnElement[Side]:
    """Spec 3.3, ratio: which side a child stands on."""
    return case(
        *((line.c.privilege == kind, literal(str(of))) for kind, of in SIDES.items() if kind is not None),
        else_=literal(str(Side.general)),
    )


def category_rank(line: Queue, categories: Sequence[QueueCategory], day: date) -> ColumnElement[int]:
    """Spec 3.3, categories: the rank of the first category that fits a child's age and privilege on this day.

    A category without a privilege asks for none: nobody is served later, or never, for having one.
    """
    return case(
        *((_fits(line, category, day), category.rank) for category in sorted(categories, key=lambda c: c.rank)),
        else_=NOT_SERVED,
    )


def _fits(line: Queue, category: QueueCategory, day: date) -> ColumnElement[bool]:
    earliest, latest = born_between(category.months_from, category.months_to, day)
    age = [line.c.born_on <= latest] + ([line.c.born_on >= earliest] if earliest else [])
    return and_(*age) if category.privilege is None else and_(line.c.privilege == category.privilege, *age)


def category_of(
    born_on: date, privilege: PrivilegeKind | None, categories: Sequence[QueueCategory], day: date
) -> QueueCategory | None:
    """The same for one child whose facts are at hand; None for a child too young for any category."""
    for category in sorted(categories, key=lambda c: c.rank):
        earliest, latest = born_between(category.months_from, category.months_to, day)
        if category.privilege in (None, privilege) and born_on <= latest and (earliest is None or born_on >= earliest):
            return category
    return None


def next_by_categories(line: Queue, categories: Sequence[QueueCategory], day: date) -> Select[int, int]:
    """S1, spec 3.3: (application id, birth year) of all who may be served, category by category, in order."""
    rank = category_rank(line, categories, day)
    return select(line.c.id, line.c.birth_year).where(rank < NOT_SERVED).order_by(rank, line.c.queued_at, line.c.id)


def next_by_sides(line: Queue, birth_year: int | None = None) -> Select[Any]:
    """Spec 3.3, ratio: (id, birth year, born on, queued at, side) of all who wait; ratio.py interleaves them."""
    c = line.c
    found = select(c.id, c.birth_year, c.born_on, c.queued_at, side(line)).order_by(c.queued_at, c.id)
    return found if birth_year is None else found.where(c.birth_year == birth_year)


def number_in_category(line: Queue, categories: Sequence[QueueCategory], day: date, *, upto: Standing) -> Select[int]:
    """Spec 3.3, categories: the number inside the category, counted from 1 over those still waiting."""
    rank = category_rank(line, categories, day)
    return select(func.count()).select_from(line).where(rank == upto.rank, _not_behind(line, upto))


def number_among_privileged(
    line: Queue, categories: Sequence[QueueCategory], day: date, *, upto: Standing
) -> Select[int]:
    """S1, spec 3.3 ("жеңілдік санаты бойынша нөмірі"): the number among all who have a privilege, in the order of
    service.
    """
    rank = category_rank(line, categories, day)
    before = or_(rank < upto.rank, and_(rank == upto.rank, _not_behind(line, upto)))
    return select(func.count()).select_from(line).where(line.c.privilege.is_not(None), before)


def rank_on_side(line: Queue, birth_year: int, privilege: PrivilegeKind | None, *, upto: Standing) -> Select[int]:
    """Spec 3.3, ratio: the rank among those of one side and birth year, from 1."""
    return (
        select(func.count())
        .select_from(line)
        .where(line.c.birth_year == birth_year, _has(line, privilege), _not_behind(line, upto))
    )


def how_many_on_side(
    line: Queue, birth_year: int, privilege: PrivilegeKind | None, most: int | None = None
) -> Select[int]:
    """How many of one side and birth year wait, counted up to `most`."""
    some = select(line.c.id).where(line.c.birth_year == birth_year, _has(line, privilege)).limit(most)
    return select(func.count()).select_from(some.subquery())


def how_many_by_category(
    line: Queue, categories: Sequence[QueueCategory], day: date, *, upto: Standing
) -> Select[int, int]:
    """(rank, count) of those who stand before one application, itself not counted."""
    rank = category_rank(line, categories, day)
    before = or_(rank < upto.rank, and_(rank == upto.rank, _not_behind(line, upto)))
    return select(rank, func.count()).where(before, line.c.id != upto.application_id).group_by(rank).order_by(rank)


def _has(line: Queue, privilege: PrivilegeKind | None) -> ColumnElement[bool]:
    return line.c.privilege.is_(None) if privilege is None else line.c.privilege == privilege


def _not_behind(line: Queue, upto: Standing) -> ColumnElement[bool]:
    """Spec 3.3: who was queued earlier, or at the same moment with a smaller id; itself included."""
    return or_(
        line.c.queued_at < upto.queued_at,
        and_(line.c.queued_at == upto.queued_at, line.c.id <= upto.application_id),
    )
