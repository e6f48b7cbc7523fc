"""The history is sealed as a chain by the clock, verified, and taken out with its proof (spec 7, ADR 34)."""

import secrets
from collections.abc import Generator, Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, exists, false, func, insert, not_, or_, select

from app.access.personal_data import can_be_erased
from app.db.database import lock_text
from app.db.extensions import db
from app.models import Change, Document, DocumentKind, HistoryLink, HistorySeal
from app.rules import chain as rules
from app.rules.calendar import local_day, start_of_day
from app.rules.chain import FIRST, Fault, Sealed

AT_ONCE = 10_000  # records, in one transaction
CHAIN = "the chain of the history"  # whoever adds to it locks this
LATE = timedelta(days=1)  # no transaction takes that long between its number or moment and its end
RECORD = Change.__table__.c
UNSEALED = ~exists().where(HistoryLink.change_id == RECORD.id)


class SealedAt(NamedTuple):
    """When the clock sealed, up to which position, and the head of the chain then."""

    at: datetime
    position: int
    head: bytes


def seal(*, at: datetime, most: int = AT_ONCE) -> int:
    """Seal what was committed since the last time, at most so many records. Returns how many they were.

    A transaction that took long has smaller numbers than what is sealed already: it is sealed when it is seen. What
    says that it is older than LATE, beside what is sealed, stays unsealed, and is a fault. No seal holds more than one
    local day. Two at once wait for each other.
    """
    lock_text(CHAIN)
    last = last_seal()
    new = select(*RECORD).where(UNSEALED, not_(_out_of_time(at, last))).order_by(RECORD.id).limit(most)
    so_far, head, newest = (last.position, last.head, last.newest) if last else (0, FIRST, 0)
    today, links = local_day(at), list[dict[str, Any]]()
    day = last.day if last and last.day <= today else date.min
    for position, row in enumerate(db.session.execute(new), so_far + 1):
        its_day = min(local_day(row.at), today)
        if links and its_day > day:
            db.session.add(HistorySeal(at=at, position=position - 1, day=day, head=head, newest=newest))
        day = max(day, its_day)  # what comes late is of the day on which it came
        record, salt = as_record(row), secrets.token_bytes(16)
        hidden = sorted(name for name in record["details"] or () if can_be_erased(record["subject"], name))
        erasable = rules.erasable(record, hidden, salt)
        head = rules.digest(head, record, hidden, erasable)
        links.append({"id": position, "change_id": row.id, "hidden": hidden, "salt": salt})
        links[-1] |= {"erasable": erasable, "digest": head}
        newest = max(newest, row.id)
    if links:
        db.session.execute(insert(HistoryLink), links)
        db.session.add(HistorySeal(at=at, position=so_far + len(links), day=day, head=head, newest=newest))
    return len(links)


def sealed() -> Generator[Sealed]:
    """The whole chain in its order, each record as it is kept now; in portions, however long it is."""
    link = HistoryLink.__table__.c
    whole = (
        select(link.id, link.change_id, link.hidden, link.salt, link.erasable, link.digest, *RECORD)
        .select_from(HistoryLink.__table__.outerjoin(Change.__table__, RECORD.id == link.change_id))
        .order_by(link.id)
        .execution_options(yield_per=5_000)
    )
    with db.session.execute(whole) as rows:
        for position, number, hidden, salt, erasable, digest, *record in rows:
            told = as_record(record) if record[0] is not None else None
            yield Sealed(position, number, told, hidden, salt, erasable, digest)


def first_fault(heads: Mapping[int, bytes], *, at: datetime) -> Fault | None:
    """What is wrong with the chain: by itself, by the heads that are kept beside it, by those that were given out
    (`heads`, by their positions), by those that daily protocols print, or because a record among the sealed was never
    sealed.
    """
    kept = {one.position: one.head for one in seals(after=0)}
    with closing(sealed()) as whole:
        if fault := rules.first_fault(whole, kept, heads, printed_heads()):
            return fault
    beside = db.session.scalar(
        select(RECORD.id).where(UNSEALED, _out_of_time(at, last_seal())).order_by(RECORD.id).limit(1)
    )
    return None if beside is None else Fault(0, beside, rules.UNSEALED)


def last_seal() -> HistorySeal | None:
    """The newest seal; None where nothing was sealed yet."""
    return db.session.scalars(select(HistorySeal).order_by(HistorySeal.position.desc()).limit(1)).first()


def unsealed_since() -> datetime | None:
    """Since when the oldest record waits that came after all that is sealed; None where there is none."""
    last = last_seal()
    oldest = select(func.min(Change.at)).where(Change.id > (last.newest if last else 0))
    since: datetime | None = db.session.scalar(oldest)
    return since


def seals(*, after: int) -> list[SealedAt]:
    """When what was sealed after a position, and the head of the chain then."""
    seal = HistorySeal.__table__.c
    found = select(seal.at, seal.position, seal.head).where(seal.position > after).order_by(seal.position)
    return [SealedAt(*row) for row in db.session.execute(found)]


def printed_heads() -> dict[int, bytes]:
    """The heads that daily protocols print, by their positions."""
    facts = db.session.scalars(select(Document.facts).where(Document.kind == DocumentKind.daily_protocol))
    return {one["last"]: bytes.fromhex(one["head"]) for one in facts if one is not None}


def _out_of_time(at: datetime, last: HistorySeal | None) -> ColumnElement[bool]:
    """Of a record that is not sealed: by its number or its moment it should have been long ago."""
    if last is None:
        return false()
    settled = db.session.scalar(select(func.max(HistorySeal.newest)).where(HistorySeal.at <= at - LATE)) or 0
    return or_(RECORD.id <= settled, RECORD.at <= _reached(last) - LATE)


def _reached(last: HistorySeal) -> datetime:
    """Up to which moment all is sealed but what was committed late: where the clock stood still, old records follow in
    portions, and a seal's day says how far they are. The day never goes back, as the moment of the newest one may.
    """
    return last.at if last.day >= local_day(last.at) else start_of_day(last.day)


NAMES = [column.name for column in RECORD]


def as_record(row: Row[Any] | list[Any]) -> dict[str, Any]:
    """A row of the history as it is sealed: numbers, words, and days and moments as ISO has them."""
    return {name: _said(value) for name, value in zip(NAMES, row, strict=True)}


def _said(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
