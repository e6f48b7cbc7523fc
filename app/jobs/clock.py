"""The clock's turn, as a job. Late, twice or in parallel it changes nothing (spec 3.1), so it needs no lock."""

from app.jobs.failures import without_words
from app.tick import tick


def run() -> None:
    """All that is due, in all districts. Raises JobFailed when some district's failed; the others are done."""
    with without_words():
        tick()
