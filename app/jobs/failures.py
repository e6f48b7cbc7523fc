"""What is told of a failure: its kind and our line where it happened, never its words, which may hold a name."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]


class JobFailed(Exception):
    """A job did not finish; the error itself stays out of Redis and logs (spec 7, personal data)."""


def described(error: BaseException) -> str:
    """For a row, a log or Redis: `IntegrityError at actions/clock.py:88`."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(HOUSE)]
    where = f" at {Path(ours[-1].filename).relative_to(HOUSE)}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


@contextmanager
def without_words() -> Iterator[None]:
    """Whatever fails inside is told without its words. Raises JobFailed."""
    try:
        yield
    except Exception as error:
        raise JobFailed(described(error)) from None
