"""Two people are two: whoever asked for something, wrote it or changed it is never the one who says yes to it."""

from collections.abc import Collection

from app.permissions import Actor
from app.rules.refusals import Reason, Refusal


def another(by: Actor, authors: Collection[int], *, verb: str) -> None:
    """Spec 3.2, 3.8: whoever decides is none of the authors. Raises Refusal(not_allowed)."""
    if by.user_id is not None and by.user_id in authors:
        raise Refusal(Reason.not_allowed, verb=verb, author=True)
