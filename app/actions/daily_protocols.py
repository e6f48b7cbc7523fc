"""Spec 1.2, 7: the paper of a day: what was recorded, in numbers, and the head of the chain then (ADR 34)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.actions import versions
from app.actions.chain import CHAIN
from app.db.database import lock_text
from app.db.extensions import db
from app.models import Change, Document, DocumentKind, HistoryLink, HistorySeal
from app.rules.calendar import local_day

OF_A_DAY = Document.seal_id.is_not(None)


def ask_for(*, at: datetime) -> int:
    """Ask for the protocol of each local day that is over and has records: of its last seal. Returns how many.

    To be called when all that was committed is sealed; what comes later stands in the next one, so that each record
    stands in one. Late, twice or in parallel it asks for none twice.
    """
    lock_text(CHAIN)
    its_seal = select(HistorySeal.position, HistorySeal.day).join(Document, Document.seal_id == HistorySeal.id)
    after, day = db.session.execute(its_seal.order_by(HistorySeal.position.desc()).limit(1)).first() or (0, None)
    last_of_each = (
        select(func.max(HistorySeal.position))
        .where(HistorySeal.position > after, HistorySeal.day < local_day(at))
        .where(HistorySeal.day != day if day else HistorySeal.day.is_not(None))
        .group_by(HistorySeal.day)
    )
    due = select(HistorySeal).where(HistorySeal.position.in_(last_of_each)).order_by(HistorySeal.position)
    seals = _from_the_beginning(db.session.scalars(due).all())
    for seal in seals:
        versions.ask_for(seal, DocumentKind.daily_protocol, at=at)
        db.session.flush()  # the next one begins after it
    return len(seals)


def _from_the_beginning(seals: Sequence[HistorySeal]) -> Sequence[HistorySeal]:
    """What was recorded before there was a chain stands in one protocol, that of its last day."""
    began = db.session.scalar(select(func.min(HistorySeal.at)))
    before = [seal for seal in seals if seal.day < local_day(began)] if began else []
    return seals[max(0, len(before) - 1) :]


def counted(first: int, last: int) -> dict[tuple[str, str], int]:
    """How many records there are of each (subject, verb) from one position of the chain to another."""
    records = (
        select(Change.subject, Change.verb, func.count())
        .join(HistoryLink, HistoryLink.change_id == Change.id)
        .where(HistoryLink.id.between(first, last))
        .group_by(Change.subject, Change.verb)
    )
    return {(subject, verb): count for subject, verb, count in db.session.execute(records)}
