"""What happens by itself in a district (spec 3.1): all that is due, the lots, and the rounds that the clock holds."""

from datetime import datetime

from sqlalchemy import select

from app.access.actors import CLOCK
from app.actions import contracts, due, lots, norms, offers, vouchers
from app.db.database import lock_district
from app.db.extensions import db
from app.models import Application, Place, PlaceKind, Round
from app.rules import due as rules
from app.rules.calendar import local_day
from app.rules.refusals import Refusal


def run(*, at: datetime, place_id: int, head: str | None = None) -> int:
    """Spec 3.1: all that is due in one district, contracts that wait for their text, lots whose window is over, and its
    round where the norm says that the clock holds it.

    `head`: by which lots are drawn in a scenario. Returns the number of effects. The caller commits, district by
    district.
    """
    lock_district(place_id)
    done = due.catch_up(at=at, place_id=place_id) + contracts.give_texts(place_id, at=at)
    return done + _draw_lots(at, place_id, head) + _hold_round(at, place_id)


def districts() -> list[int]:
    """Every district and city, in the order in which the clock goes through them."""
    return list(db.session.scalars(select(Place.id).where(Place.kind == PlaceKind.district).order_by(Place.id)))


def _draw_lots(at: datetime, place_id: int, head: str | None) -> int:
    """Spec 3.5.2, norm free_choice.window: as a round, a lot is drawn when the clock runs; once."""
    if not lots.running(place_id):
        return 0
    try:
        with db.session.begin_nested():
            return lots.draw_due(place_id, at=at, head=head)
    except Refusal as refusal:
        return _wait(refusal, at, place_id)


def _wait(refusal: Refusal, at: datetime, place_id: int) -> int:
    """What has no calendar waits, is shown to the department, and is tried again."""
    first = rules.narrow(rules.queued(), place_id).order_by(Application.queued_at, Application.id).limit(1)
    return due.wait(first, refusal, at=at, on=local_day(at))


def _hold_round(at: datetime, place_id: int) -> int:
    """Spec 3.1, 3.2 rounds: where the clock holds the rounds, one for each district and local day."""
    today = local_day(at)
    if norms.in_force("rounds", place_id, today).value != "clock":
        return 0
    held = select(Round.id).where(
        Round.place_id == place_id, Round.held_on == today, Round.automatic, Round.vacancy_id.is_(None)
    )
    if db.session.scalars(held).first() is not None:
        return 0
    hold = vouchers.issue_round if norms.procedure(place_id, today) == "voucher" else offers.offer_all
    try:
        with db.session.begin_nested():
            hold(place_id, by=CLOCK, at=at, automatic=True)
    except Refusal as refusal:
        return _wait(refusal, at, place_id)
    return 1
