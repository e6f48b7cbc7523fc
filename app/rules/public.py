"""What everybody may know of a district: free places, and what was issued, by number. No word about people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all

from app.models import (
    Application,
    Change,
    Intake,
    KgGroup,
    Kindergarten,
    Language,
    Ownership,
    Referral,
    Seat,
    Vacancy,
    VacancyStatus,
    Voucher,
)
from app.rules import seats


def free_places(
    places: Sequence[int],
    *,
    language: Language | None = None,
    ownership: Ownership | None = None,
    intake: Intake | None = None,
    year: int | None = None,
    kindergarten: int | None = None,
) -> Select[Vacancy, int]:
    """S1 ("Бос орындар саны"): published vacancies of these places with a place that nobody has, and how many."""
    asked: list[ColumnElement[bool]] = [Kindergarten.place_id.in_(places), seats.has_places()]
    asked += [KgGroup.language == language] if language else []
    asked += [Kindergarten.ownership == ownership] if ownership else []
    asked += [Vacancy.intake == intake] if intake else []
    asked += [KgGroup.birth_year_from <= year, KgGroup.birth_year_to >= year] if year else []
    asked += [Kindergarten.id == kindergarten] if kindergarten else []
    listed = (
        select(Vacancy)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(Vacancy.status == VacancyStatus.published, *asked)
    )
    free = (
        select(Seat.vacancy_id, func.count().label("free"))
        .where(Seat.vacancy_id.in_(listed.with_only_columns(Vacancy.id)), seats.is_free())
        .group_by(Seat.vacancy_id)
        .subquery()
    )
    return listed.join(free, free.c.vacancy_id == Vacancy.id).add_columns(free.c.free)


def last_kept(kindergartens: Sequence[int]) -> Select[int | None, datetime]:
    """(kindergarten, when somebody last changed its groups or its free places)."""
    kept = Change.subject.in_((KgGroup.__tablename__, Vacancy.__tablename__))
    return (
        select(Change.kindergarten_id, func.max(Change.at))
        .where(Change.kindergarten_id.in_(kindergartens), kept)
        .group_by(Change.kindergarten_id)
    )


def issued(places: Sequence[int]) -> Select[datetime, str, datetime, int, str, int]:
    """The protocol of what was issued, the newest first: (when, which application, its day in the queue, its child's
    birth year, what, its number). A referral that a voucher was used for is no second one.
    """
    application = Application.__table__.c
    facts = (application.number, application.queued_at, application.birth_year)
    by_voucher = select(Voucher.issued_at.label("at"), *facts, literal("voucher").label("what"), Voucher.id.label("id"))
    by_referral = select(Referral.issued_at, *facts, literal("referral"), Referral.id).where(
        Referral.voucher_id.is_(None)
    )
    both = union_all(
        by_voucher.join(Application, Application.id == Voucher.application_id).where(application.place_id.in_(places)),
        by_referral.join(Application, Application.id == Referral.application_id).where(
            application.place_id.in_(places)
        ),
    ).subquery()
    return select(both).order_by(both.c.at.desc(), both.c.id.desc())
