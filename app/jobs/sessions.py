"""Sessions and visits whose time is over, codes and challenges, and what a family has typed and not sent, are removed:
each names somebody, and opens nothing.
"""

from app.access import challenges, drafts, sessions, uploads, visits
from app.jobs.runs import turn


def forget() -> None:
    """Twice or in parallel it changes nothing. Raises JobFailed."""
    with turn("sessions"):
        sessions.forget()
        visits.forget()
        challenges.forget()
        drafts.forget()
        uploads.forget()
