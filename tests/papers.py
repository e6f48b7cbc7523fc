"""Papers for a test: some that were asked for, and what is drawn on one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pypdfium2
from sqlalchemy import event

from app.actions import documents as actions
from app.actions import vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Document, DocumentKind
from app.papers import documents
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, vacancy

QR_SIZE = 41  # modules a side
CONFIRMED = at("2026-04-09T18:00")


def asked_for(number: int, when: datetime = CONFIRMED) -> list[Document]:
    """As many families as this have confirmed their vouchers, in one transaction: each gets its paper."""
    with transaction():
        place = district()
        vacancy(group(kindergarten(place), capacity=number), places=number)
        families = [application(place) for _ in range(number)]
        vouchers.issue_round(place.id, by=DEPARTMENT, at=when)
    with transaction():
        for child in families:
            vouchers.confirm(child, by=family(child), at=when)
    return [document for child in families for document in child.documents if document.kind is DocumentKind.voucher]


def qr_on(pdf: bytes) -> list[list[int]]:
    """The modules of the QR in the lower left of a paper's page: dark is 1. They are looked at, not decoded."""
    mm = 8 * 72 / 25.4  # pixels a millimetre
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=8).to_pil().convert("L")
    corner = picture.crop((int(14 * mm), int(255 * mm), int(48 * mm), int(290 * mm))).point(lambda grey: grey < 128)
    left, top, right, bottom = corner.getbbox()
    step, half = (right - left) / QR_SIZE, (right - left) / QR_SIZE / 2
    assert abs((bottom - top) / QR_SIZE - step) < 0.1
    centres = [half + step * i for i in range(QR_SIZE)]
    return [[int(corner.getpixel((int(left + x), int(top + y)))) for x in centres] for y in centres]


def untrue() -> list[Document]:
    """The current papers of rights in use that print something else than the records say now."""
    of_families = Document.replaced_at.is_(None), Document.application_id.is_not(None)
    current = db.session.scalars(db.select(Document).where(*of_families)).all()
    standing = [one for one in current if documents.stands(one)]
    return [one for one in standing if documents.prints_now(one) != one.facts]


def not_as_due() -> list[str]:
    """The applications whose current papers of rights in use are not those that the verbs of their history give."""
    db.session.expire_all()
    wrong = []
    for one in db.session.scalars(db.select(Application)):
        current = [paper for paper in one.documents if paper.replaced_at is None and documents.stands(paper)]
        there = {(paper.kind, documents.paper_of(paper)) for paper in current}
        if there != actions.due(one):
            wrong.append(f"{one.number}: {there ^ actions.due(one)}")
    return wrong


def ended_before_they_began() -> list[str]:
    """The papers whose page names a last day before the first one that they print."""
    wrong = []
    for one in db.session.scalars(db.select(Document)):
        last = documents.holds(one, date.max).last_day
        if last is not None and last.isoformat() < (one.facts.get("begins_on") or one.facts["issued_on"]):
            wrong.append(f"{one.kind} {one.version}: {last}, {one.facts}")
    return wrong


@contextmanager
def watched() -> Iterator[list[str]]:
    """What is untrue of papers before any commit inside: nobody can be handed a paper that tells what was before."""
    found: list[str] = []

    def look(session):
        if not session.in_nested_transaction():
            session.flush()
            found.extend(f"{one.kind} {one.version} of {one.application.number}" for one in untrue())

    event.listen(db.session, "before_commit", look)
    try:
        yield found
    finally:
        event.remove(db.session, "before_commit", look)
