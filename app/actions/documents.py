"""Papers of an application and of a round: whether each still holds, and any of them made anew by an official."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import places, versions
from app.actions.moving import record
from app.db.database import lock_districts
from app.db.extensions import db
from app.models import Application, Change, Document, DocumentKind, Round
from app.papers import documents
from app.rules import validity
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import NOT_FINAL, VERBS


class PaperStanding(NamedTuple):
    """How it is with a version on a day: of the right that it is the paper of, and of the version that replaced it."""

    right: validity.PaperState
    replaced_by: int | None
    replaced_at: datetime | None
    current: bool  # it may be made anew
    made: bool = True  # it is there to be read
    differs: bool = False  # it stays as it was signed, and the record says otherwise since

    @property
    def valid(self) -> bool:
        """Does this very version hold?"""
        return self.right.valid and self.replaced_at is None


def standing(document: Document, day: date) -> PaperStanding:
    """Spec 3.1: of this version on a day, whatever the clock has done by then."""
    replaced_by = document.version + 1 if document.replaced_at else None
    holds, differs = documents.holds(document, day), documents.differs(document)
    return PaperStanding(
        holds, replaced_by, document.replaced_at, _current(document), document.file_key is not None, differs
    )


def make_anew(document: Document, *, by: Actor, at: datetime) -> Document:
    """A new version of a paper, whether or not a fact has changed: the older one is replaced by it.

    Raises Refusal: not_allowed, wrong_status (it was replaced already, or its right has come to nothing).
    """
    whose = document.application or document.round
    if whose is None:  # a day's, of which there is one version
        raise Refusal(Reason.wrong_status, verb="make_anew")
    permit(by, "make_anew", whose)
    lock_districts(places.districts(whose))
    if not _current(document):
        raise Refusal(Reason.wrong_status, verb="make_anew")
    made = versions.renew(document, at=at, anew=True)
    details = {"document": document.kind, "version": [document.version, made.version]}
    record(whose, "make_anew", by=by, at=at, details=details)
    return made


def protocols(held: Round) -> list[Document]:
    """The versions of a round's protocol, the last one first."""
    of_it = select(Document).where(Document.round_id == held.id).order_by(Document.version.desc())
    return list(db.session.scalars(of_it))


def make_protocol(held: Round, *, by: Actor, at: datetime) -> Document:
    """The protocol of a round that has none, because it served nobody or was held before protocols were made; or else
    its next version.

    Raises Refusal: not_allowed, wrong_status (an act by hand, or a day whose vacancies have a round each).
    """
    if there := protocols(held):
        return make_anew(there[0], by=by, at=at)
    permit(by, "make_anew", held)
    lock_districts(places.districts(held))
    if not documents.PAPERS[DocumentKind.protocol].stands(held):
        raise Refusal(Reason.wrong_status, verb="make_anew")
    made = versions.ask_for(held, DocumentKind.protocol, at=at)
    record(held, "make_anew", by=by, at=at, details={"document": made.kind, "version": [None, 1]})
    return made


def missing(application: Application) -> list[tuple[DocumentKind, documents.PaperOf]]:
    """The papers that are due and are not there: whoever came with an older list has none of its registration."""
    there = {(one.kind, documents.paper_of(one)) for one in application.documents}
    return sorted(due(application) - there, key=lambda one: (tuple(documents.PAPERS).index(one[0]), one[1].id))


def due(application: Application) -> set[tuple[DocumentKind, documents.PaperOf]]:
    """ADR 22: what the verbs of its history give, as far as it may be made now. Who was archived in an older list was
    registered by it, but not here.
    """
    its_own = Change.subject == Application.__tablename__, Change.subject_id == application.id
    verbs = {verb: row.gives for verb, row in VERBS[Application].items() if row.gives}
    gave = select(Change.verb, Change.at, Change.status_to).where(*its_own, Change.verb.in_(verbs))
    return {
        (kind, row)
        for verb, at, status in db.session.execute(gave)
        if status in NOT_FINAL | VERBS[Application][verb].target
        for kind in verbs[verb]
        for row in documents.given(kind, application, at)
    }


def make_missing(application: Application, *, by: Actor, at: datetime) -> int:
    """Ask for all of them. Returns how many. Raises Refusal(not_allowed)."""
    permit(by, "make_anew", application)
    lock_districts(places.districts(application))
    found = missing(application)
    for kind, row in found:
        versions.ask_for(row, kind, at=at)
        record(application, "make_anew", by=by, at=at, details={"document": kind, "version": [None, 1]})
    return len(found)


def _current(document: Document) -> bool:
    """Is it the last version, of a right that has not come to nothing?"""
    return document.replaced_at is None and documents.stands(document)
