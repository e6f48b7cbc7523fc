"""Papers are asked for in the verb's own transaction; a job renders and stores them (spec 5, principle 5)."""

from datetime import datetime
from secrets import token_urlsafe

from app.db.extensions import db
from app.models import Document, DocumentKind, Outbox, Referral, Voucher


def ask_for(paper_of: Voucher | Referral, kind: DocumentKind, *, at: datetime) -> Document:
    """Leave a document to be rendered and the outbox row that says so; its code goes into the QR."""
    db.session.flush()
    document = Document(
        application_id=paper_of.application_id,
        voucher_id=paper_of.id if isinstance(paper_of, Voucher) else None,
        referral_id=paper_of.id if isinstance(paper_of, Referral) else None,
        kind=kind,
        code=token_urlsafe(16),
        asked_at=at,
    )
    db.session.add(document)
    db.session.flush()
    db.session.add(Outbox(job="render", document_id=document.id, asked_at=at))
    return document
