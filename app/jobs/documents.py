"""Render one paper: its facts are read, the paper is made, and what was made is stored; one after the other."""

from app.db.extensions import db
from app.models import Document, Outbox
from app.papers import documents
from app.papers.documents import NO_LETTER, Facts
from app.papers.typesetting import NoLetter


def read(row: Outbox) -> Facts:
    """What the paper says, in a reading transaction."""
    return documents.printed(_document(row))


def make(facts: Facts) -> bytes | str:
    """The paper itself: a tenth of a second for which no transaction is open; or why there is none, for its tab."""
    try:
        return documents.render(facts)
    except NoLetter as missing:
        return f"{NO_LETTER}{missing}"


def keep(row: Outbox, paper: bytes | str) -> str | None:
    """Store it, in the transaction that ends its outbox row; or why this try failed."""
    if isinstance(paper, str):
        return paper
    documents.store(_document(row), paper)
    return None


def _document(row: Outbox) -> Document:
    return db.session.get_one(Document, row.document_id)
