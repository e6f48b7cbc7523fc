"""Who is looking now, if anybody: what is read then is cut to what it may see (access/row_scope.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

viewer: ContextVar[Any] = ContextVar("viewer", default=None)  # an access.actors.Actor, or None: all is seen


@contextmanager
def unscoped() -> Iterator[None]:
    """Decisions and queue computations see the whole queue; the subject was loaded through the scope before."""
    token = viewer.set(None)
    try:
        yield
    finally:
        viewer.reset(token)
