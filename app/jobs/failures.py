"""What is told of a failure: its kind and our line where it happened, never its words, which may hold a name."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.logs import described


class JobFailed(Exception):
    """A job did not finish; the error itself stays out of Redis and logs (spec 7, personal data)."""


@contextmanager
def without_words() -> Iterator[None]:
    """Whatever fails inside is told without its words. Raises JobFailed."""
    try:
        yield
    except Exception as error:
        raise JobFailed(described(error)) from None
