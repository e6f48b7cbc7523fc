"""Spec 3.3: the categories of a queue order that officials enter; records.py saves the order around them."""

from collections.abc import Sequence

from app.db.extensions import db
from app.models import QueueCategory, QueueOrder
from app.rules.orders import CategoryFacts, step_of


def steps(order: QueueOrder) -> list[CategoryFacts]:
    """The categories as people write them, in order."""
    return [step_of(category) for category in order.categories]


def write(order: QueueOrder, steps: Sequence[CategoryFacts]) -> None:
    """Make these the categories of an order that is not approved yet: a category's rank is its place in the list.

    The caller flushes.
    """
    for rank, step in enumerate(steps, start=1):
        if rank > len(order.categories):
            order.categories.append(QueueCategory())
        category = order.categories[rank - 1]
        category.rank = rank
        for name, value in step._asdict().items():
            setattr(category, name, value)
    for category in order.categories[len(steps) :]:
        order.categories.remove(category)
        if category.id is not None:
            db.session.delete(category)
