"""Spec 3.5.2-4, norm free_choice.window: what is given by lot when places become a free choice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.access.actors import CLOCK
from app.actions import norms, places
from app.actions.moving import record
from app.db.extensions import db
from app.models import Intake, Lot, Seat
from app.rules.calendar import local_day
from app.rules.deadlines import due_moment
from app.rules.norms import term_of


def by_lot(seats: Sequence[Seat], *, at: datetime) -> Lot | None:
    """These free places of one vacancy are a free choice from now on: those that ask no turn are given by lot, where
    the norm of this day gives time to ask for them; else to whoever comes first. The district's lock is held.

    What the norm says later changes no lot that runs; where there is none, nobody has decided to draw. Raises
    Refusal(no_norm), of the norms that say which kindergartens ask a turn.
    """
    vacancy, day = seats[0].vacancy, local_day(at)
    if vacancy is None or vacancy.intake is not Intake.general:
        return None
    kindergarten = vacancy.group.kindergarten
    district = places.district_of(kindergarten.place_id)
    norm = norms.if_any("free_choice.window", district, day)
    if norm is None or norm.value == "0" or norms.procedure(district, day) != "referral":
        return None
    chosen = [one for one in seats if one.opened_at is not None or not norms.by_turn(kindergarten, day)]
    if not chosen:
        return None
    same = select(Lot).where(Lot.vacancy_id == vacancy.id, Lot.opened_at == at)
    lot = db.session.scalars(same).first()
    if lot is None:
        until = due_moment(at, term_of(norm))
        lot = Lot(vacancy=vacancy, place_id=district, opened_at=at, until=until, norm_id=norm.id)
        db.session.add(lot)
        db.session.flush()
        record(lot, "open_lot", by=CLOCK, at=at, norm=norm, details={"vacancy": vacancy, "asked_until": until})
    for seat in chosen:
        seat.lot_id = lot.id
    return lot
