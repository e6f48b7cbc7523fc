"""Sessions and visits whose time is over, codes and challenges, are removed: each names somebody, and opens nothing."""

from app.access import challenges, sessions, visits
from app.jobs.runs import turn


def forget() -> None:
    """Twice or in parallel it changes nothing. Raises JobFailed."""
    with turn("sessions"):
        sessions.forget()
        visits.forget()
        challenges.forget()
