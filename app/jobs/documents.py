"""Render one paper: its facts are read, the paper is made, and what was made is stored; one after the other."""

from app.db.extensions import db
from app.models import Document, Outbox
from app.papers import documents
from app.papers.documents import Facts


def read(row: Outbox) -> Facts:
    """What the paper says, in a reading transaction."""
    return documents.printed(_document(row))


def make(facts: Facts) -> bytes:
    """The paper itself: a tenth of a second for which no transaction is open."""
    return documents.render(facts)


def keep(row: Outbox, paper: bytes) -> None:
    """Store it, in the transaction that ends its outbox row."""
    documents.store(_document(row), paper)


def _document(row: Outbox) -> Document:
    return db.session.get_one(Document, row.document_id)
