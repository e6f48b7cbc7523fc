"""Spec 3.3: who waits, who is next, and what the number is. Every answer is a select; nothing is stored."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select, tuple_

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


def privilege_on(day: date) -> ColumnElement[bool]:
    """Spec 3.3: a privilege counts only while confirmed and unexpired."""
    return and_(
        Privilege.application_id == Application.id,
        Privilege.status == PrivilegeStatus.confirmed,
        or_(Privilege.valid_until.is_(None), Privilege.valid_until >= day),
    )


def category_rank(categories: Sequence[QueueCategory], day: date) -> ColumnElement[int]:
    """Spec 3.3, categories: the rank of the first category that fits a child's age and privilege on this day."""
    return case(
        *((_fits(category, day), category.rank) for category in sorted(categories, key=lambda c: c.rank)),
        else_=NOT_SERVED,
    )


def _fits(category: QueueCategory, day: date) -> ColumnElement[bool]:
    earliest, latest = born_between(category.months_from, category.months_to, day)
    age = [Child.born_on <= latest] + ([Child.born_on >= earliest] if earliest else [])
    same = Privilege.kind.is_(None) if category.privilege is None else Privilege.kind == category.privilege
    return and_(same, *age)


def category_of(
    born_on: date, privilege: PrivilegeKind | None, categories: Sequence[QueueCategory], day: date
) -> QueueCategory | None:
    """The same for one child whose facts are at hand; None for a child too young for any category."""
    for category in sorted(categories, key=lambda c: c.rank):
        earliest, latest = born_between(category.months_from, category.months_to, day)
        if category.privilege == privilege and born_on <= latest and (earliest is None or born_on >= earliest):
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
) -> Select[tuple[int, int]]:
    """S1, spec 3.3: (application id, birth year) of all who may be served, category by category, in order."""
    rank = category_rank(categories, day)
    return (
        waiting(place_id, queue_kind, day)
        .add_columns(Application.id, extract("year", Child.born_on))
        .where(rank < NOT_SERVED)
        .order_by(rank, Application.queued_at, Application.id)
    )


def number_in_category(
    place_id: int,
    queue_kind: QueueKind,
    categories: Sequence[QueueCategory],
    day: date,
    *,
    rank: int,
    queued_at: datetime,
    application_id: int,
) -> Select[tuple[int]]:
    """Spec 3.3, categories: the number inside the category, counted from 1 over those still waiting."""
    mine = tuple_(Application.queued_at, Application.id) <= tuple_(queued_at, application_id)
    return (
        waiting(place_id, queue_kind, day).add_columns(func.count()).where(category_rank(categories, day) == rank, mine)
    )
