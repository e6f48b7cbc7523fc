"""Spec 3.3: who waits, who is next, and what the number is. Every answer is a select; nothing is stored."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select

from app.models import (
    Application,
    ApplicationStatus,
    Child,
    Privilege,
    PrivilegeKind,
    PrivilegeStatus,
    QueueCategory,
    QueueKind,
)
from app.rules.deadlines import born_between

NOT_SERVED = 10_000  # the rank behind every category: children too young for any of them


class Standing(NamedTuple):
    """Where one application stands: the rank of its category, its moment, its id."""

    rank: int
    queued_at: datetime
    application_id: int


def privilege_on(day: date) -> ColumnElement[bool]:
    """Spec 3.3: a privilege counts only while confirmed and unexpired."""
    return and_(
        Privilege.application_id == Application.id,
        Privilege.status == PrivilegeStatus.confirmed,
        or_(Privilege.valid_until.is_(None), Privilege.valid_until >= day),
    )


def category_rank(categories: Sequence[QueueCategory], day: date) -> ColumnElement[int]:
    """Spec 3.3, categories: the rank of the first category that fits a child's age and privilege on this day.

    A category without a privilege asks for none: nobody is served later, or never, for having one.
    """
    return case(
        *((_fits(category, day), category.rank) for category in sorted(categories, key=lambda c: c.rank)),
        else_=NOT_SERVED,
    )


def _fits(category: QueueCategory, day: date) -> ColumnElement[bool]:
    earliest, latest = born_between(category.months_from, category.months_to, day)
    age = [Child.born_on <= latest] + ([Child.born_on >= earliest] if earliest else [])
    return and_(*age) if category.privilege is None else and_(Privilege.kind == category.privilege, *age)


def category_of(
    born_on: date, privilege: PrivilegeKind | None, categories: Sequence[QueueCategory], day: date
) -> QueueCategory | None:
    """The same for one child whose facts are at hand; None for a child too young for any category."""
    for category in sorted(categories, key=lambda c: c.rank):
        earliest, latest = born_between(category.months_from, category.months_to, day)
        if category.privilege in (None, privilege) and born_on <= latest and (earliest is None or born_on >= earliest):
            return category
    return None


def waiting(place_id: int, queue_kind: QueueKind, day: date) -> Select[Any]:
    """Spec 3.3: who stands in one queue (district and queue kind) on this day; columns are chosen by the caller."""
    return (
        select()
        .select_from(Application)
        .join(Child, Child.id == Application.child_id)
        .outerjoin(Privilege, privilege_on(day))
        .where(
            Application.place_id == place_id,
            Application.queue_kind == queue_kind,
            Application.status == ApplicationStatus.queued,
        )
    )


def next_by_categories(
    place_id: int, queue_kind: QueueKind, categories: Sequence[QueueCategory], day: date
) -> Select[int, int]:
    """S1, spec 3.3: (application id, birth year) of all who may be served, category by category, in order."""
    rank = category_rank(categories, day)
    return (
        waiting(place_id, queue_kind, day)
        .add_columns(Application.id, extract("year", Child.born_on))
        .where(rank < NOT_SERVED)
        .order_by(rank, Application.queued_at, Application.id)
    )


def number_in_category(
    place_id: int, queue_kind: QueueKind, categories: Sequence[QueueCategory], day: date, *, upto: Standing
) -> Select[int]:
    """Spec 3.3, categories: the number inside the category, counted from 1 over those still waiting."""
    rank = category_rank(categories, day)
    return waiting(place_id, queue_kind, day).add_columns(func.count()).where(rank == upto.rank, _not_behind(upto))


def number_among_privileged(
    place_id: int, queue_kind: QueueKind, categories: Sequence[QueueCategory], day: date, *, upto: Standing
) -> Select[int]:
    """S1 ("жеңілдік санаты бойынша нөмірі"): the number among all who have a privilege, in the order of service."""
    rank = category_rank(categories, day)
    return (
        waiting(place_id, queue_kind, day)
        .add_columns(func.count())
        .where(Privilege.id.is_not(None), or_(rank < upto.rank, and_(rank == upto.rank, _not_behind(upto))))
    )


def _not_behind(upto: Standing) -> ColumnElement[bool]:
    """Spec 3.3: who was queued earlier, or at the same moment with a smaller id; itself included."""
    return or_(
        Application.queued_at < upto.queued_at,
        and_(Application.queued_at == upto.queued_at, Application.id <= upto.application_id),
    )
