"""Forms that were sent, and what was kept of others, are forgotten when their time is over."""

from app.access import sent_forms
from app.jobs.runs import turn


def forget() -> None:
    """Twice or in parallel it changes nothing. Raises JobFailed."""
    with turn("forms"):
        sent_forms.forget()
