"""Spec 3.3: who waits, who is next, and what the number is. Every answer is a select; nothing is stored.

A line is a subquery of those who wait in one district and queue kind, with the columns id, born_on, birth_year,
queued_at and privilege (the one that counts on the day, else NULL): `waiting` is today's, `past.waiting` any earlier.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from app.models import Application, ApplicationStatus, PrivilegeKind, QueueCategory, Side
from app.rules import ratio
from app.rules.deadlines import born_between

NOT_SERVED = 10_000  # the rank behind every category: children too young for any of them
Queue: TypeAlias = Subquery | CTE

# Up to where others stand before one application, as a round keeps it. By categories {"rank": its category, "upto":
# [its moment, its id]}; by ratio {"birth_year": of its line, "upto": {side: moment and id of the last one before it, or
# None for nobody}}. FRONT: nobody stands before it any more.
Mark: TypeAlias = dict[str, Any]
FRONT: Mark = {"front": True}


class QueuePosition(NamedTuple):
    """Where one application stands: the rank of its category or side, its moment, its id."""

    rank: int
    queued_at: datetime
    application_id: int


# said in the statement itself: indexes hold those who wait alone, and a plan for any status would not find them
QUEUED = literal(ApplicationStatus.queued, Application.status.type, literal_execute=True)
SIDES = {PrivilegeKind.out_of_turn: Side.out_of_turn, PrivilegeKind.first_order: Side.privileged, None: Side.general}


def numbered() -> ColumnElement[bool]:
    """Spec 3.3: still waiting, standing kept."""
    return and_(Application.status == QUEUED, Application.standing)


def counts_on(day: Any) -> ColumnElement[bool]:
    """Spec 3.3: a confirmed privilege counts while it has not expired."""
    return or_(Application.privilege_until.is_(None), Application.privilege_until >= day)


def waiting(place_id: Any, queue_kind: Any, day: Any) -> Queue:
    """Spec 3.3: who stands in one queue today: those without a privilege and those with one, each by its index."""
    return _waiting(day, Application.place_id == place_id, Application.queue_kind == queue_kind)


def _waiting(day: Any, *queue: ColumnElement[bool]) -> Queue:
    shared = (Application.id, Application.born_on, Application.birth_year, Application.queued_at)
    kind, privilege = type_coerce(Application.queue_kind, String).label("queue_kind"), Application.privilege
    none, counting = null().cast(privilege.type), case((counts_on(day), privilege), else_=null())
    plain = select(*shared, none.label("privilege"), kind).where(*queue, numbered(), privilege.is_(None))
    with_one = select(*shared, counting.label("privilege"), kind).where(*queue, numbered(), privilege.is_not(None))
    return union_all(plain, with_one).subquery("waiting")


def side(line: Queue) -> ColumnElement[Side]:
    """Spec 3.3, ratio: which side a child stands on."""
    return case(
        *((line.c.privilege == kind, literal(str(of))) for kind, of in SIDES.items() if kind is not None),
        else_=literal(str(Side.general)),
    )


class Step(NamedTuple):
    """What of a category decides whom it serves."""

    rank: int
    privilege: PrivilegeKind | None
    months_from: int
    months_to: int | None


def steps(categories: Iterable[QueueCategory]) -> tuple[Step, ...]:
    """The same of all categories of an order."""
    return tuple(Step(one.rank, one.privilege, one.months_from, one.months_to) for one in categories)


def category_rank(line: Queue, categories: Sequence[QueueCategory | Step], day: date) -> ColumnElement[int]:
    """Spec 3.3, categories: the rank of the first category that fits a child's age and privilege on this day.

    A category without a privilege asks for none: nobody is served later, or never, for having one.
    """
    return case(
        *((_fits(line, category, day), category.rank) for category in sorted(categories, key=lambda c: c.rank)),
        else_=NOT_SERVED,
    )


def _fits(line: Queue, category: QueueCategory | Step, day: date) -> ColumnElement[bool]:
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


@lru_cache(maxsize=20)
def next_in_each(steps: tuple[Step, ...], day: date) -> Select[str, int, int]:
    """S1, spec 3.3: (queue kind, application id, birth year) of all who may be served in these `queue_kinds` of a
    `place_id`, those of each in order.

    Built once for an order and a day: every district has its round, and to build it takes as long as to answer it.
    """
    kinds = Application.queue_kind.in_(bindparam("queue_kinds", expanding=True))
    line = _waiting(day, Application.place_id == bindparam("place_id"), kinds)
    rank, c = category_rank(line, steps, day), line.c
    served = select(c.queue_kind, c.id, c.birth_year).where(rank < NOT_SERVED)
    return served.order_by(rank, c.queued_at, c.id)


def next_by_sides(line: Queue, birth_year: int | None = None) -> Select[*tuple[Any, ...]]:
    """Spec 3.3, ratio: (id, birth year, born on, queued at, side) of all who wait; ratio.py interleaves them."""
    c = line.c
    found = select(c.id, c.birth_year, c.born_on, c.queued_at, side(line)).order_by(c.queued_at, c.id)
    return found if birth_year is None else found.where(c.birth_year == birth_year)


def number_in_category(
    line: Queue, categories: Sequence[QueueCategory], day: date, *, upto: QueuePosition
) -> Select[int]:
    """Spec 3.3, categories: the number inside the category, counted from 1 over those still waiting."""
    rank = category_rank(line, categories, day)
    return select(func.count()).select_from(line).where(rank == upto.rank, _not_behind(line, upto))


def number_among_privileged(
    line: Queue, categories: Sequence[QueueCategory], day: date, *, upto: QueuePosition
) -> Select[int]:
    """S1, spec 3.3 ("жеңілдік санаты бойынша нөмірі"): the number among all who have a privilege, in the order of
    service.
    """
    rank = category_rank(line, categories, day)
    before = or_(rank < upto.rank, and_(rank == upto.rank, _not_behind(line, upto)))
    return select(func.count()).select_from(line).where(line.c.privilege.is_not(None), before)


def by_ratio(
    line: Queue, privilege: PrivilegeKind | None, birth_year: Any, queued_at: Any, application_id: Any
) -> Select[Any]:
    """Spec 3.3, ratio: (rank on its own side from 1, how many out of turn, how many on the other side, last sides).

    All of one birth year. ratio.Cycle makes the number of it; ratio.last_sides names the parameters of the last.
    """
    c = line.c
    ahead = or_(c.queued_at < queued_at, and_(c.queued_at == queued_at, c.id <= application_id))
    other = None if privilege is PrivilegeKind.first_order else PrivilegeKind.first_order

    def count(*where: ColumnElement[bool]) -> Any:
        return select(func.count()).select_from(line).where(c.birth_year == birth_year, *where).scalar_subquery()

    return select(
        count(_has(line, privilege), ahead),
        count(_has(line, PrivilegeKind.out_of_turn)),
        count(_has(line, other)) if privilege is not PrivilegeKind.out_of_turn else literal(0),
        ratio.last_sides(),
    )


def _today() -> Queue:
    """Today's line with its district, queue kind and day as parameters."""
    return waiting(
        bindparam("place_id", type_=Application.place_id.type),
        bindparam("queue_kind", type_=Application.queue_kind.type),
        bindparam("day", type_=Application.privilege_until.type),
    )


def all_by_ratio(line: Queue) -> Select[Any]:
    """Spec 3.3, ratio: (id, birth year, side, rank on its side, out of turn, privileged, general) of all at once."""
    c, stands = line.c, side(line)
    rank = func.row_number().over(partition_by=(c.birth_year, stands), order_by=(c.queued_at, c.id))
    totals = [
        func.sum(case((stands == str(one), 1), else_=0)).over(partition_by=c.birth_year).label(str(one)) for one in Side
    ]
    return select(c.id, c.birth_year, stands.label("side"), rank.label("rank"), *totals)


def all_by_categories(line: Queue, categories: Sequence[QueueCategory], day: date) -> Select[Any]:
    """Spec 3.3, categories: (id, rank of its category, number inside it) of all at once."""
    c, rank = line.c, category_rank(line, categories, day)
    number = func.row_number().over(partition_by=rank, order_by=(c.queued_at, c.id))
    return select(c.id, rank.label("category"), number.label("number"))


def first_ones(
    line: Queue, stands: ColumnElement[Any], most: Mapping[Any, int], *of: ColumnElement[bool]
) -> Select[int]:
    """Spec 3.3: the ids of the first so many of each side or category, in the order in which they are served.

    Whoever a number counts stands at the beginning of its side or category: this is who they are.
    """
    c = line.c
    place = func.row_number().over(partition_by=stands, order_by=(c.queued_at, c.id))
    ranked = select(c.id, stands.label("stands"), place.label("place")).where(*of).subquery()
    first = [and_(ranked.c.stands == one, ranked.c.place <= count) for one, count in most.items() if count]
    return select(ranked.c.id).where(or_(false(), *first))


def passed(line: Queue, rank: ColumnElement[int] | None, was: Mark | None, now: Mark | None) -> ColumnElement[bool]:
    """Spec 3.8: who of a line stood before another one where it `was`, and stands behind where it is `now`.

    `rank` is that of the categories, None for an order by ratio. Children that no category serves are passed by nobody.
    """
    served = true() if rank is None else rank < NOT_SERVED
    return and_(served, not_(_behind(line, rank, was)), _behind(line, rank, now))


def _behind(line: Queue, rank: ColumnElement[int] | None, mark: Mark | None) -> ColumnElement[bool]:
    if mark is None:  # it stands behind all
        return false()
    if mark.get("front"):
        return true()
    if rank is not None:
        return or_(rank > mark["rank"], and_(rank == mark["rank"], _after(line, mark["upto"])))
    sides = (and_(side(line) == one, _after(line, upto)) for one, upto in mark["upto"].items())
    return and_(line.c.birth_year == mark["birth_year"], or_(false(), *sides))


def _after(line: Queue, upto: Sequence[Any] | None) -> ColumnElement[bool]:
    if upto is None:
        return true()
    moment, id_ = datetime.fromisoformat(upto[0]), upto[1]
    return or_(line.c.queued_at > moment, and_(line.c.queued_at == moment, line.c.id > id_))


def how_many_by_category(
    line: Queue, categories: Sequence[QueueCategory], day: date, *, upto: QueuePosition
) -> Select[int, int]:
    """(rank, count) of those who stand before one application, itself not counted."""
    rank = category_rank(line, categories, day)
    before = or_(rank < upto.rank, and_(rank == upto.rank, _not_behind(line, upto)))
    return select(rank, func.count()).where(before, line.c.id != upto.application_id).group_by(rank).order_by(rank)


def _has(line: Queue, privilege: PrivilegeKind | None) -> ColumnElement[bool]:
    return line.c.privilege.is_(None) if privilege is None else line.c.privilege == privilege


def _not_behind(line: Queue, upto: QueuePosition) -> ColumnElement[bool]:
    """Spec 3.3: who was queued earlier, or at the same moment with a smaller id; itself included."""
    return or_(
        line.c.queued_at < upto.queued_at,
        and_(line.c.queued_at == upto.queued_at, line.c.id <= upto.application_id),
    )


# Built once: a number is asked for on every page, and building its statement would cost more than counting.
BY_RATIO = {
    privilege: by_ratio(
        _today(),
        privilege,
        bindparam("birth_year", type_=Application.birth_year.type),
        bindparam("queued_at", type_=Application.queued_at.type),
        bindparam("application_id", type_=Application.id.type),
    )
    for privilege in SIDES
}
