"""Spec 3.6: who is away on which days, whose places may be lent, who stays in them. Selects, and arithmetic of days."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, literal, or_, select
from sqlalchemy.orm import aliased, joinedload

from app.models import Absence, Enrolment, Holding, HoldingKind, Intake, KgGroup, Kindergarten, Seat
from app.rules.deadlines import months_later

ONE_DAY = timedelta(days=1)
LENT = literal(HoldingKind.lent, Holding.kind.type, literal_execute=True)  # as its index says it


def last_before_school(born_on: date, months: int) -> date:
    """Spec 3.6, queue.maximum_age: the last day before a child reaches school age."""
    return months_later(born_on, months) - ONE_DAY


def uncovered(first: date, last: date, taken: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Spec 3.6, absences of one child do not overlap: what is left of the days from first to last beside those taken.

    All days are inclusive; what is taken comes in any order and may be empty (its last day before its first).
    """
    left = []
    for begins, ends in sorted(days for days in taken if days[0] <= days[1]):
        if begins > last or ends < first:
            continue
        if begins > first:
            left.append((first, begins - ONE_DAY))
        first = max(first, ends + ONE_DAY)
    return [*left, (first, last)] if first <= last else left


def days_of(absence: Absence) -> tuple[date, date]:
    """The first and last day on which the child is away; the last before the first when it never went."""
    back = absence.returned_on
    return absence.from_on, absence.until if back is None else min(absence.until, back - ONE_DAY)


def covers(first: date, last: date) -> ColumnElement[bool]:
    """Absences that cover at least one of these days."""
    back = Absence.returned_on
    away_still = or_(back.is_(None), and_(back > first, back > Absence.from_on))
    return and_(Absence.from_on <= last, Absence.until >= first, away_still)


def of(enrolment_id: int, first: date, last: date) -> Select[Absence]:
    """The absences of one enrolled child on these days, in order of time."""
    return select(Absence).where(Absence.enrolment_id == enrolment_id, covers(first, last)).order_by(Absence.from_on)


def may_go(group_id: int, first: date, last: date, limit: int) -> Select[Enrolment]:
    """Children known by number alone who attend a group and are not away yet on any of these days."""
    away = select(Absence.enrolment_id).where(covers(first, last))
    return (
        select(Enrolment)
        .where(
            Enrolment.group_id == group_id,
            Enrolment.child_id.is_(None),
            Enrolment.ended_on.is_(None),
            Enrolment.started_on <= first,
            Enrolment.id.not_in(away),
        )
        .order_by(Enrolment.id)
        .limit(limit)
    )


def away_from(today: date, limit: int) -> Select[Absence, Enrolment]:
    """(absence, stay) of who is away or will be, with whoever attends in its place or will; the first to go first."""
    stay = aliased(Enrolment)
    return (
        select(Absence, stay)
        .join(Enrolment, Enrolment.id == Absence.enrolment_id)
        .outerjoin(Seat, Seat.absence_id == Absence.id)
        .outerjoin(Holding, and_(Holding.seat_id == Seat.id, Holding.ended_at.is_(None)))
        .outerjoin(stay, stay.id == Holding.enrolment_id)
        .where(covers(today, date.max), Enrolment.ended_on.is_(None))
        .options(joinedload(stay.application))
        .order_by(Absence.from_on, Absence.id)
        .limit(limit)
    )


def _last() -> ColumnElement[date]:
    """The last day of whoever holds or held a seat, known or to come; None while no end is known."""
    return func.coalesce(Enrolment.ended_on, Enrolment.ends_on)


def _last_days_attended() -> Select[int, date | None]:
    """(seat, the last day on which anybody attends on it who has left it or will leave it) of some `seats`; None, or no
    row, where nobody does.
    """
    began = Enrolment.ended_on.is_(None) | (Enrolment.ended_on >= Enrolment.started_on)
    return (
        select(Holding.seat_id, func.max(_last()))
        .join(Enrolment, Holding.enrolment_id == Enrolment.id)
        .where(Holding.seat_id.in_(bindparam("seats", expanding=True)), began)
        .group_by(Holding.seat_id)
    )


LAST_DAYS_ATTENDED = _last_days_attended()  # built once: every enrolment asks for it


def last_day_lent(owner_id: int) -> Select[date | None]:
    """The last day on which another child stays in a place that this enrolled child has lent; None for nobody."""
    began = Enrolment.ended_on.is_(None) | (Enrolment.ended_on >= Enrolment.started_on)
    return (
        select(func.max(_last()))
        .join(Holding, Holding.enrolment_id == Enrolment.id)
        .join(Seat, Seat.id == Holding.seat_id)
        .join(Absence, Absence.id == Seat.absence_id)
        .where(Absence.enrolment_id == owner_id, began)
    )


def left_behind(today: date) -> Select[Holding]:
    """Places that their child has left for good, and in which nobody stays from today on: the claims that kept them."""
    seat, held, stay = aliased(Seat), aliased(Holding), aliased(Enrolment)
    lent = exists().where(
        Absence.enrolment_id == Holding.enrolment_id,
        seat.absence_id == Absence.id,
        held.seat_id == seat.id,
        stay.id == held.enrolment_id,
        stay.ended_on.is_(None) | (stay.ended_on >= stay.started_on),
        func.coalesce(stay.ended_on, stay.ends_on) >= today,
    )
    return (
        select(Holding)
        .join(Enrolment, Enrolment.id == Holding.enrolment_id)
        .join(KgGroup, KgGroup.id == Enrolment.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(Holding.kind == LENT, Holding.ended_at.is_(None), Enrolment.ended_on.is_not(None))
        .where(~lent.correlate(Holding))
        .order_by(Holding.id)
    )


def own_enrolment(application_id: int) -> Select[Enrolment]:
    """Where an application's child is enrolled by it: on a place of its own, not on a lent one."""
    return (
        select(Enrolment)
        .join(Holding, Holding.enrolment_id == Enrolment.id)
        .join(Seat, Seat.id == Holding.seat_id)
        .where(
            Enrolment.application_id == application_id,
            Enrolment.ended_on.is_(None),
            Holding.ended_at.is_(None),
            Seat.intake == Intake.general,
        )
    )
