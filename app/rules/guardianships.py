"""Spec 3.10: who stands for a child besides whoever has applied, on a day."""

from datetime import date

from sqlalchemy import ColumnElement, Select, select

from app.models import Guardianship, GuardianshipStatus


def holds(day: date) -> ColumnElement[bool]:
    """Guardianships that were approved, have begun on this day, and end on it or later."""
    over = Guardianship.until.is_not(None) & (Guardianship.until < day)
    return (Guardianship.status == GuardianshipStatus.approved) & (Guardianship.from_on <= day) & ~over


def of_person(iin: str, day: date) -> Select[Guardianship]:
    """Those by which this person sees the applications of a child on this day."""
    return select(Guardianship).where(Guardianship.iin == iin, holds(day))
