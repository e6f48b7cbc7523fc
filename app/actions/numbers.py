"""S1, S3, spec 3.3: the numbers that a waiting child has in its queue. Computed when asked for, never stored."""

from dataclasses import dataclass
from datetime import date

from app.actions import norms, vouchers
from app.extensions import db
from app.models import Application, ApplicationStatus, QueueCategory
from app.rules import queue


@dataclass(frozen=True)
class Number:
    """S1 ("Кезек кезеңі", "Кезек нөмірі"): the number inside its category, with the category.

    `category` is None while the child is too young for any; `value` then counts those who are too young too.
    `privileged` counts all who have a privilege, in the order in which they are served; 0 without one.
    """

    value: int
    privileged: int
    category: QueueCategory | None


def of(application: Application, day: date) -> Number | None:
    """Spec 3.3, categories: its numbers on this local day; None when it does not wait.

    Also None where the district follows the referral procedure, whose order is not in force yet.
    Raises Refusal(no_norm).
    """
    if application.status is not ApplicationStatus.queued or norms.procedure(application.place_id, day) != "voucher":
        return None
    categories = norms.order(application.place_id, day).categories
    privilege = vouchers.privilege(application, day)
    category = queue.category_of(application.child.born_on, privilege, categories, day)
    standing = queue.Standing(
        rank=category.rank if category else queue.NOT_SERVED,
        queued_at=application.queued_at,
        application_id=application.id,
    )
    line = (application.place_id, application.queue_kind, categories, day)
    value = db.session.scalar(queue.number_in_category(*line, upto=standing)) or 0
    among = db.session.scalar(queue.number_among_privileged(*line, upto=standing)) or 0 if privilege else 0
    return Number(value, among, category)
