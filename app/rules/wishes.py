"""Spec 3.11: whom a free place is told. A wish gives no right and changes no order."""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app.models import Application, ApplicationStatus, KgGroup, WaitingEntry

TABLE, OF = WaitingEntry.__table__, Application.__table__.c  # plain: a head who publishes sees no family
ENTRY = TABLE.c
WAIT = (  # a stop-listed child may choose nothing, one that is enrolled or gone waits for nothing
    *(ApplicationStatus.queued, ApplicationStatus.notified),
    *(ApplicationStatus.confirming, ApplicationStatus.voucher_issued),
)


def live() -> Select[Any]:
    """Entries of applications that still wait."""
    joined = TABLE.join(Application.__table__, OF.id == ENTRY.application_id)
    return select(ENTRY.id).select_from(joined).where(ENTRY.ended_at.is_(None), OF.status.in_(WAIT))


def to_tell(group: KgGroup, day: date) -> Select[Any]:
    """Those that a free place of this group is for, and that were not told of one of the kindergarten on this day."""
    years = OF.birth_year.between(group.birth_year_from, group.birth_year_to)
    language = ENTRY.language.is_(None) | (ENTRY.language == group.language)
    told = ENTRY.told_on.is_not(None) & (ENTRY.told_on >= day)
    return live().where(ENTRY.kindergarten_id == group.kindergarten_id, years, language, ~told)


def waiting_for(kindergarten_id: int) -> Select[int]:
    """How many wait for a place there."""
    of = live().where(ENTRY.kindergarten_id == kindergarten_id)
    return of.with_only_columns(func.count())
