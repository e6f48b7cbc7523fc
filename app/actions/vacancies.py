"""Places of a group are published and closed: general ones out of its capacity, temporary ones beside it (S1)."""

from collections.abc import Sequence
from datetime import datetime

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import absences, freeing, opened, places, wished
from app.actions.due import catch_up
from app.actions.moving import move
from app.actions.seating import keep_holders_seated, years_of
from app.db.database import lock_district
from app.db.extensions import db
from app.models import Intake, Seat, Vacancy
from app.rules import eligibility
from app.rules import seats as rules
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import target


def publish(vacancy: Vacancy, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.5.1, 3.6: the places of a drafted vacancy become free for the queue.

    Raises Refusal: not_allowed, too_late (its last day is over), wrong_status, no_free_place (the group has
    fewer free places than the vacancy promises, or fewer children who are away).
    """
    permit(by, "publish", vacancy)
    district = places.district_of(vacancy.group.kindergarten.place_id)
    lock_district(district)
    catch_up(at=at, place_id=district)
    free = may_publish(vacancy, by=by, at=at)
    if vacancy.intake is Intake.temporary:
        absences.lend(vacancy, at=at)
    for seat in free:
        seat.vacancy_id, seat.opened_at, seat.lot_id = vacancy.id, None, None  # published anew, it goes by turn again
    move(vacancy, "publish", by=by, at=at, published_at=at, begins_on=vacancy.begins_on)
    if free:
        opened.by_lot(free, at=at)
    wished.tell(vacancy, at=at)


def may_publish(vacancy: Vacancy, *, by: Actor, at: datetime) -> Sequence[Seat]:
    """The seats of its group that a general vacancy would publish; a temporary one has children who are away instead.

    Raises Refusal: too_late, wrong_status, no_free_place (too few, or more children than places), no_norm.
    """
    eligibility.still_open(vacancy.ends_on, local_day(at))
    target(Vacancy, "publish", vacancy.status)
    if too_many := db.session.execute(rules.over_capacity(vacancy.group_id)).first():
        raise Refusal(Reason.no_free_place, over_capacity=too_many[1])
    if vacancy.intake is Intake.temporary:
        absences.may_lend(vacancy, local_day(at))
        return ()
    free = db.session.scalars(rules.unpublished_seats(vacancy.group_id, vacancy.places)).all()
    if len(free) < vacancy.places:
        raise Refusal(Reason.no_free_place, free=len(free), places=vacancy.places)
    return free


def close(vacancy: Vacancy, *, by: Actor, at: datetime) -> None:
    """Spec 3.8: a published vacancy closes for its free places; held ones go on.

    Raises Refusal: not_allowed, wrong_status, no_free_place (a live voucher would be left without a seat).
    """
    permit(by, "close", vacancy)
    district = places.district_of(vacancy.group.kindergarten.place_id)
    lock_district(district)
    catch_up(at=at, place_id=district)
    may_close(vacancy, by=by, at=at)
    freeing.close_out(vacancy, by=by, at=at)


def may_close(vacancy: Vacancy, *, by: Actor, at: datetime) -> None:
    """Is it published, and does every live voucher find its seat without it? Raises wrong_status, no_free_place."""
    target(Vacancy, "close", vacancy.status)
    kindergarten = vacancy.group.kindergarten
    district = places.district_of(kindergarten.place_id)
    free = db.session.scalars(rules.free_seats(vacancy.id)).all()
    if vacancy.intake is Intake.general and eligibility.has_places(kindergarten):
        keep_holders_seated(district, kindergarten.queue_kind, {years_of(vacancy.group): -len(free)})
