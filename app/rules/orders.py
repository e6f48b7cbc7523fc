"""Spec 3.3: what a queue order may say: by ratio nothing more, by categories who is served after whom."""

from collections.abc import Sequence
from typing import NamedTuple

from app.models import PrivilegeKind, QueueCategory, QueueOrderKind

OLDEST = 216  # months: nobody who waits is a grown-up
MOST = 30  # categories of one order; 18 or 21 are in use


class CategoryFacts(NamedTuple):
    """One category as people write it: whom it serves, its ages in full months (both included), and its name."""

    privilege: PrivilegeKind | None
    months_from: int
    months_to: int | None
    name_kk: str
    name_ru: str


class OrderProblem(NamedTuple):
    """What is wrong with the categories of an order: the sentence's name, and the ranks that it is about."""

    name: str
    rank: int = 0
    other: int = 0


def step_of(category: QueueCategory) -> CategoryFacts:
    """A category without its rank."""
    return CategoryFacts(*(getattr(category, name) for name in CategoryFacts._fields))


def problem(kind: QueueOrderKind, steps: Sequence[CategoryFacts]) -> OrderProblem | None:
    """What is wrong with an order that somebody enters, `steps` being its categories by rank; None for nothing."""
    if kind is QueueOrderKind.ratio:
        return OrderProblem("categories_by_ratio") if steps else None
    if not steps:
        return OrderProblem("no_categories")
    if len(steps) > MOST:
        return OrderProblem("too_many_categories", rank=MOST)
    for rank, step in enumerate(steps, start=1):
        if found := _wrong(step) or _in_vain(step, steps[: rank - 1]):
            return found._replace(rank=rank)
    return None


def _wrong(step: CategoryFacts) -> OrderProblem | None:
    """One category by itself."""
    if not step.name_kk or not step.name_ru:
        return OrderProblem("category_name")
    if not 0 <= step.months_from <= OLDEST or not 0 <= (step.months_to or 0) <= OLDEST:
        return OrderProblem("category_ages")
    return OrderProblem("category_ages") if _last(step) < step.months_from else None


def _in_vain(step: CategoryFacts, earlier: Sequence[CategoryFacts]) -> OrderProblem | None:
    """A child goes to the first category that fits: two of one privilege share no age, and each serves somebody."""
    for rank, before in enumerate(earlier, start=1):
        shared = before.months_from <= _last(step) and step.months_from <= _last(before)
        if before.privilege == step.privilege and shared:
            return OrderProblem("categories_overlap", other=rank)
        covered = before.months_from <= step.months_from and _last(step) <= _last(before)
        if before.privilege is None and covered:
            return OrderProblem("category_in_vain", other=rank)
    return None


def _last(step: CategoryFacts) -> int:
    return OLDEST if step.months_to is None else step.months_to
