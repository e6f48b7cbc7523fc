"""A paper is a version: what changes a printed fact asks for a new one in its own transaction (ADR 22).

Which papers a verb gives, and whose facts it may change, is its row (rules/verbs.py); whether one did change is seen
here, by the facts that the last version prints. The older version stays as it was made, and says that it was replaced.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Result, Select, bindparam, or_, select
from sqlalchemy.orm import joinedload, load_only

from app.db.database import read_again
from app.db.extensions import db
from app.models import (
    Application,
    Contract,
    Document,
    DocumentKind,
    HistorySeal,
    KgGroup,
    Outbox,
    Place,
    Privilege,
    Referral,
    ReferralStatus,
    Round,
    Vacancy,
    Voucher,
    VoucherStatus,
)
from app.papers import documents
from app.rules.verbs import VERBS

PRINTED = {"queued_at"}  # a fact of an application itself
ITS_OFFICES = (
    joinedload(Place.offices),
    joinedload(Place.parent).options(joinedload(Place.offices), joinedload(Place.parent)),
)
PLACE_OF_A_ROUND = joinedload(Round.place).options(*ITS_OFFICES)
PRINTED_BY_ALL = (  # what each paper prints, in the statement that finds them
    *map(joinedload, (Application.child, Application.applicant)),
    joinedload(Application.place).options(*ITS_OFFICES),
)
OF_RIGHTS = (  # what those of other applications print besides; of its own a verb has read it
    joinedload(Document.voucher),
    joinedload(Document.referral).options(
        joinedload(Referral.voucher),
        joinedload(Referral.contract).joinedload(Contract.text),
        joinedload(Referral.vacancy).joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),
    ),
)


def follow(subject: Any, verb: str, details: Mapping[str, Any] | None, *, at: datetime, gives: bool = True) -> None:
    """The papers that a verb gives (unless many are taken over at once), and new versions of those whose printed facts
    it has changed.

    A fact of a person ("child.iin") stands on the papers of all applications that share that person.
    """
    if isinstance(subject, Round):
        return _of_round(subject, verb, at=at)
    if not isinstance(subject, Application | Privilege):
        return
    row = VERBS[type(subject)][verb]
    application = subject if isinstance(subject, Application) else subject.application
    given = row.gives if gives else frozenset[DocumentKind]()
    changed = (name for name, value in (details or {}).items() if isinstance(value, list))  # before and after
    named = {name.split(".")[0] for name in changed if "." in name or name in PRINTED}
    changes = row.changes if named or not row.people else frozenset[DocumentKind]()
    if not changes and not given:
        return
    found = _current(_whose(application, named), changes | given) if named else _its_own(application, changes | given)
    for document in found:
        if document.kind in changes and documents.stands(document):
            renew(document, at=at)
    there = {(document.kind, documents.paper_of(document)) for document in found}
    for kind in sorted(given):
        for paper_of in documents.given(kind, application, at):
            if (kind, paper_of) not in there:
                ask_for(paper_of, kind, at=at)


def _of_round(held: Round, verb: str, *, at: datetime) -> None:
    """The protocol of a round that has served somebody."""
    for kind in VERBS[Round][verb].gives:
        if held.served and documents.PAPERS[kind].stands(held):
            read_again(held, PLACE_OF_A_ROUND)
            ask_for(held, kind, at=at)


def of_groups(groups: Iterable[KgGroup], *, at: datetime) -> None:
    """A kindergarten or a group is called otherwise, or lies elsewhere: whoever is on the way there gets a new paper.

    Of a child that is enrolled there it has done its work.
    """
    on_the_way = (
        select(Referral.id)
        .join(Vacancy, Vacancy.id == Referral.vacancy_id)
        .outerjoin(Voucher, Voucher.id == Referral.voucher_id)
        .where(
            Vacancy.group_id.in_([group.id for group in groups]),
            or_(
                Referral.status == ReferralStatus.issued,
                Referral.ends_on.is_not(None) & (Voucher.status == VoucherStatus.confirmed),
            ),
        )
    )
    its_vouchers = select(Referral.voucher_id).where(Referral.id.in_(on_the_way), Referral.ends_on.is_not(None))
    whose = or_(Document.referral_id.in_(on_the_way), Document.voucher_id.in_(its_vouchers))
    for document in _current(whose, frozenset(DocumentKind)):
        renew(document, at=at)


def renew(document: Document, *, at: datetime, anew: bool = False) -> Document:
    """The next version of a paper, where it would print something else now, or `anew` in any case; else this one.

    What was asked for at this very moment, and was not sent yet, nobody has seen: it is made with what is known now.
    """
    paper_of = documents.paper_of(document)
    now = documents.prints_now(document)
    if not anew and document.facts == now:
        return document
    if not anew and document.asked_at == at and _unsent(document):
        document.facts = now
        return document
    document.replaced_at = at
    db.session.flush()  # the older version is no longer the current one
    return ask_for(paper_of, document.kind, at=at, version=document.version + 1, facts=now)


def ask_for(
    paper_of: documents.PaperOf,
    kind: DocumentKind,
    *,
    at: datetime,
    version: int = 1,
    facts: Mapping[str, Any] | None = None,
) -> Document:
    """Leave a version to be rendered, with what it prints, and the outbox row that says so; its code is in the QR."""
    document = Document(
        application=_application(paper_of),
        round=paper_of if isinstance(paper_of, Round) else None,
        seal=paper_of if isinstance(paper_of, HistorySeal) else None,
        voucher=paper_of if isinstance(paper_of, Voucher) else None,
        referral=paper_of if isinstance(paper_of, Referral) else None,
        kind=kind,
        version=version,
        facts=dict(facts) if facts is not None else documents.PAPERS[kind].prints(paper_of),
        code=token_urlsafe(16),
        asked_at=at,
    )
    db.session.add(Outbox(job="render", document=document, asked_at=at))
    return document


def _application(paper_of: documents.PaperOf) -> Application | None:
    if isinstance(paper_of, Round | HistorySeal):
        return None
    return paper_of if isinstance(paper_of, Application) else paper_of.application


def _unsent(document: Document) -> bool:
    sent = select(Outbox.id).where(Outbox.document_id == document.id, Outbox.sent_at.is_not(None))
    return db.session.scalars(sent).first() is None


def _current(whose: ColumnElement[bool], kinds: frozenset[DocumentKind]) -> list[Document]:
    """The current versions. What they print comes with the same statement, also where there is none yet."""
    rows = _rows(Document.kind.in_(kinds)).where(whose).options(*PRINTED_BY_ALL, *OF_RIGHTS)
    return _documents(db.session.execute(rows))


def _its_own(application: Application, kinds: frozenset[DocumentKind]) -> list[Document]:
    """The same of one application. A version that is new is written already (moving.py); nothing else counts here."""
    with db.session.no_autoflush:
        return _documents(db.session.execute(ITS_OWN, {"id": application.id, "kinds": list(kinds)}))


def _rows(of_kinds: ColumnElement[bool]) -> Select[Application, Document]:
    current = (Document.application_id == Application.id) & of_kinds & Document.replaced_at.is_(None)
    return select(Application, Document).outerjoin(Document, current).order_by(Document.id)


ITS_OWN = (  # built once: every verb that gives a paper asks for it
    _rows(Document.kind.in_(bindparam("kinds", expanding=True)))
    .where(Application.id == bindparam("id"))
    .options(load_only(Application.id), *PRINTED_BY_ALL)
)


def _documents(rows: Result[Application, Document | None]) -> list[Document]:
    return [document for _, document in rows.unique() if document is not None]


def _whose(application: Application, named: set[str]) -> ColumnElement[bool]:
    """Of this application alone, or of all that share a person of whom a fact was changed."""
    own = Application.id == application.id
    if "child" in named:
        own |= Application.child_id == application.child_id
    if "applicant" in named:
        own |= Application.applicant_id == application.applicant_id
    return own
