"""Sessions and visits whose time is over, codes and challenges, are removed: each names somebody, and opens nothing."""

from app.access import challenges, sessions, visits
from app.jobs.failures import without_words


def forget() -> None:
    """Twice or in parallel it changes nothing. Raises JobFailed."""
    with without_words():
        sessions.forget()
        visits.forget()
        challenges.forget()
