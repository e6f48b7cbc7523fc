"""Render one paper: its facts are read, the paper is made, and what was made is stored; one after the other."""

from typing import NamedTuple

from app.actions import protocols
from app.db.extensions import db
from app.models import Document, Outbox
from app.papers import documents
from app.papers.documents import NO_LETTER, Facts
from app.papers.typesetting import NoLetter


class Made(NamedTuple):
    """What a paper prints, and the paper; or why there is none, for its tab."""

    said: Facts
    paper: bytes | str


def read(row: Outbox) -> Facts:
    """What the paper says, in a reading transaction; whom a round met is reckoned now, not under its district's lock:
    the history tells the same of it whenever it is asked.
    """
    document = _document(row)
    whom = protocols.reckoned(document.round) if document.round is not None else {}
    return documents.printed(document) | whom


def make(said: Facts) -> Made:
    """The paper itself, for which no transaction is open."""
    try:
        return Made(said, documents.render(said))
    except NoLetter as missing:
        return Made(said, f"{NO_LETTER}{missing}")


def keep(row: Outbox, made: Made) -> str | None:
    """Store it, in the transaction that ends its outbox row, with all that it prints; or why this try failed."""
    if isinstance(made.paper, str):
        return made.paper
    document = _document(row)
    documents.store(document, made.paper)
    if document.round is not None:
        document.facts = documents.its_facts(made.said)
    return None


def _document(row: Outbox) -> Document:
    return db.session.get_one(Document, row.document_id)
