"""Who is looking now, if anybody: what is read then is cut to what it may see (access/row_scope.py).

And who decides, and where: PostgreSQL takes nothing that would be written elsewhere (access/row_security.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple


class Decision(NamedTuple):
    """What reads all; `by`: the access.actors.Actor that looked when it began, None for whom nobody has named."""

    by: Any


viewer: ContextVar[Any] = ContextVar("viewer", default=None)  # an access.actors.Actor, or None: all is seen
decision: ContextVar[Decision | None] = ContextVar("decision", default=None)
decided_in: ContextVar[frozenset[int]] = ContextVar("decided_in", default=frozenset())  # places beside those of `by`


@contextmanager
def unscoped() -> Iterator[None]:
    """Decisions and queue computations see the whole queue; the subject was loaded through the scope before."""
    by = viewer.get()
    begun = Decision(by) if by is not None else decision.get() or Decision(None)
    tokens = viewer.set(None), decision.set(begun), decided_in.set(decided_in.get())
    try:
        yield
    finally:
        viewer.reset(tokens[0])
        decision.reset(tokens[1])
        decided_in.reset(tokens[2])


def decides_in(*place_ids: int | None) -> None:
    """What is decided from now on may be written in these places too, until the decision or the request ends.

    The application of a family, the district that it asks for, what follows elsewhere from what was done here.
    """
    decided_in.set(decided_in.get() | {one for one in place_ids if one is not None})
