"""Spec 3.11: families that wait for a place in a kindergarten are told when one is free there; it promises nothing."""

from datetime import datetime

from sqlalchemy import func, select, update

from app.actions import opened
from app.actions.moving import notify_all, set_all
from app.db.extensions import db
from app.models import Seat, Vacancy, VacancyStatus, WaitingEntry
from app.rules import seats, wishes
from app.rules.calendar import local_day


def tell(vacancy: Vacancy, *, at: datetime) -> int:
    """Places of this vacancy are free: tell whoever wishes this kindergarten, once a day. Returns how many."""
    of = wishes.to_tell(vacancy.group, local_day(at))
    there = {"kindergarten": vacancy.group.kindergarten.name}
    told = notify_all(of.with_only_columns(wishes.ENTRY.application_id), "wished_place", at=at, facts=there)
    if told:
        these = of.with_only_columns(wishes.ENTRY.id)
        set_all(update(WaitingEntry).where(wishes.ENTRY.id.in_(these)).values(told_on=local_day(at)))
    return told


def freed(seat: Seat, *, at: datetime) -> None:
    """A seat is given up: is it free for the queue now, and perhaps a free choice that is given by lot?"""
    vacancy = seat.vacancy
    if vacancy is None or vacancy.status is not VacancyStatus.published or seat.retired_at is not None:
        return
    db.session.flush()
    if db.session.scalar(select(func.count()).select_from(seats.free_seats(vacancy.id, 1).subquery())):
        opened.by_lot([seat], at=at)
        tell(vacancy, at=at)
