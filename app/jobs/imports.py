"""Try a file, or bring it in: read outside any transaction, done in the one that ends its outbox row."""

from app.db.extensions import db
from app.imports import steps
from app.models import ImportRun, Outbox
from app.now import now

TIMEOUT = 1800  # seconds: thousands of rows on a very slow machine


def read(row: Outbox) -> steps.StoredFile | None:
    """Which file it is; None where nothing is to be done any more."""
    return steps.file_of(db.session.get_one(ImportRun, row.import_run_id))


def make(file: steps.StoredFile | None) -> steps.Found | None:
    """What it says, or what came of trying it: however long that takes, nobody waits for it."""
    return steps.tried(file, steps.opened(file), at=now()) if file else None


def keep(row: Outbox, found: steps.Found | None) -> None:
    """All or nothing, and its run's stage. While one process is at it, another finds the outbox row locked."""
    if row.import_run_id is not None and found is not None:
        steps.go_on(row.import_run_id, found, at=now())
