"""Sessions whose time is over are removed: nobody reads them any more."""

from app.access import sessions
from app.jobs.failures import without_words


def forget() -> None:
    """Twice or in parallel it changes nothing. Raises JobFailed."""
    with without_words():
        sessions.forget()
