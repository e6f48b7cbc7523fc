"""Spec 3.6, 3.8: how a seat becomes free, or stands no longer: its child left, the stay in it is over, who lent it is
back, its vacancy closed.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, select

from app.access.actors import CLOCK, Actor
from app.actions import wished
from app.actions.moving import move, record
from app.actions.seating import first_day
from app.db.extensions import db
from app.models import Absence, Enrolment, Holding, HoldingKind, Intake, Seat, Vacancy, VacancyStatus
from app.rules import absences
from app.rules import seats as rules
from app.rules.calendar import local_day

ONE_DAY = timedelta(days=1)


def keep_or_free(enrolment: Enrolment, holding: Holding, last: date, *, by: Actor, at: datetime) -> None:
    """Spec 3.6: a child whose `last` day is known gives its seat up, once nobody stays in a place that it has lent.

    Its lent places that nobody has claimed end.
    """
    today = local_day(at)
    for absence in db.session.scalars(select(Absence).where(Absence.enrolment_id == enrolment.id)).all():
        end_unclaimed(absence, by=by, at=at)
    lent = db.session.scalar(absences.last_day_lent(enrolment.id))
    if lent is not None and lent > last and lent >= today:
        holding.kind = HoldingKind.lent
    else:
        _give_up(holding, at=at)


def _give_up(holding: Holding, *, at: datetime) -> None:
    """The seat is free again; that of a child above the capacity of its group stands no longer."""
    holding.ended_at = at
    if db.session.execute(rules.over_capacity(holding.seat.group_id)).first():
        holding.seat.retired_at = at
        db.session.flush()
    wished.freed(holding.seat, at=at)


def end_stay_in(seat: Seat, last: date, *, at: datetime) -> None:
    """Spec 3.6: the stay in this lent place has its `last` day: who lent it may have left."""
    absence = seat.absence
    if absence is None or seat.vacancy is None or seat.vacancy.ends_on is None:
        return
    if absence.enrolment.ended_on is not None or last >= seat.vacancy.ends_on:
        seat.retired_at = at
    give_back(absences.left_behind(local_day(at)).where(Holding.enrolment_id == absence.enrolment_id), at=at)


def give_back(left_behind: Select[Holding], *, at: datetime) -> int:
    """Spec 3.6: a seat that its child has left is free on the day after the last stay in it, and at once where nobody
    came to stay: whoever is next begins after the child's own last day anyway. Returns how many."""
    found = db.session.scalars(left_behind).all()
    for holding in found:
        enrolment = db.session.get_one(Enrolment, holding.enrolment_id)
        lent = db.session.scalar(absences.last_day_lent(enrolment.id))
        last = max(day for day in (lent, enrolment.ended_on) if day is not None)
        _give_up(holding, at=at)
        on = min(last + ONE_DAY, local_day(at))
        record(enrolment, "give_back", by=CLOCK, at=at, on=on, details={"last_day": last})
    return len(found)


def _take_back(seat: Seat, *, at: datetime) -> None:
    """Spec 3.8: a lent place that is free is closed; a child known by number alone was away for nothing else."""
    seat.retired_at = at
    if seat.absence is not None and seat.absence.enrolment.child_id is None:
        seat.absence.returned_on = first_day(seat, local_day(at))


def end_unclaimed(absence: Absence, *, by: Actor, at: datetime) -> None:
    """The place that an absence lends is lent no more, if nobody stays in it or is to come."""
    vacancy, seat = absence.vacancy, lent_seat(absence)
    if vacancy.status not in (VacancyStatus.draft, VacancyStatus.published):
        return
    if seat is not None:
        if db.session.scalars(select(Seat.id).where(Seat.id == seat.id, rules.is_free())).first() is None:
            return
        seat.retired_at = at
        db.session.flush()
    standing = select(Seat.id).where(Seat.vacancy_id == vacancy.id, Seat.retired_at.is_(None))
    if db.session.scalars(standing).first() is None:
        move(vacancy, "end", by=by, at=at, closed_at=at)


def lent_seat(absence: Absence) -> Seat | None:
    """The seat that an absence lends; None before its vacancy is published."""
    return db.session.scalars(select(Seat).where(Seat.absence_id == absence.id)).first()


def close_out(vacancy: Vacancy, *, by: Actor, at: datetime, on: date | None = None) -> None:
    """Take the free places back: general ones go to their group, temporary ones are gone."""
    for seat in db.session.scalars(rules.free_seats(vacancy.id)).all():
        if vacancy.intake is Intake.temporary:
            _take_back(seat, at=at)
        else:
            seat.vacancy_id = None
    move(vacancy, "close", by=by, at=at, on=on, closed_at=at)
