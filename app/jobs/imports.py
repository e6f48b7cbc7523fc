"""Try a file, or bring it in: read outside any transaction, done in the one that ends its outbox row."""

from app.db.extensions import db
from app.imports import steps
from app.models import ImportRun, Outbox
from app.now import now

TIMEOUT = 1800  # seconds: thousands of rows on a very slow machine


def read(row: Outbox) -> steps.StoredFile | None:
    """Which file it is; None where nothing is to be done any more."""
    return steps.file_of(db.session.get_one(ImportRun, row.import_run_id))


def make(file: steps.StoredFile | None) -> steps.Opened | None:
    """The table in it."""
    return steps.opened(file) if file else None


def keep(row: Outbox, table: steps.Opened | None) -> None:
    """All or nothing, and its run's stage. While one process is at it, another finds the outbox row locked."""
    if row.import_run_id is not None and table is not None:
        steps.go_on(row.import_run_id, table, at=now())
