"""Forms that were sent, and what was kept of others, are forgotten when their time is over."""

from app.access import sent_forms
from app.jobs.failures import without_words


def forget() -> None:
    """Twice or in parallel it changes nothing. Raises JobFailed."""
    with without_words():
        sent_forms.forget()
