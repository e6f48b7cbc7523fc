"""Render one paper: its facts are read, the paper is made, and what was made is stored; one after the other."""

from collections.abc import Callable
from typing import NamedTuple

from flask_babel import force_locale

from app import words
from app.actions import daily_protocols, protocols
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
    """What the paper says, in a reading transaction; whom a round met and what was recorded on a day is reckoned now,
    not under anybody's lock: the history tells the same of it whenever it is asked.
    """
    document = _document(row)
    said = documents.printed(document)
    if document.round is not None:
        return said | protocols.reckoned(document.round)
    return said | _counted(said) if document.seal is not None else said


def _counted(said: Facts) -> Facts:
    """What was recorded between the positions of a daily protocol, in numbers, in both languages."""
    counted = daily_protocols.counted(said["first"], said["last"])
    subjects = sorted({subject for subject, _verb in counted})
    of = {subject: {verb: n for (each, verb), n in counted.items() if each == subject} for subject in subjects}
    return {
        "recorded": [
            {
                **_in_both(lambda subject=subject: str(words.SUBJECTS.get(subject, subject))),
                "verbs": [
                    {**_in_both(lambda verb=verb, subject=subject: words.happened(verb, subject)), "n": n}
                    for verb, n in sorted(verbs.items(), key=lambda one: (-one[1], one[0]))
                ],
            }
            for subject, verbs in of.items()
        ]
    }


def _in_both(text: Callable[[], str]) -> dict[str, str]:
    said = {}
    for language in ("kk", "ru"):
        with force_locale(language):
            said[language] = text()
    return said


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
    if document.round is not None or document.seal is not None:
        document.facts = documents.its_facts(made.said)
    return None


def _document(row: Outbox) -> Document:
    return db.session.get_one(Document, row.document_id)
