"""S0, S2, spec 3.5: the turn comes, a place waits for three working days, then it is free for the birth years."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import norms, numbers, places
from app.actions.due import catch_up, foreseen
from app.actions.moving import last_change, move, record
from app.actions.seating import seating, spare, years_of
from app.db import database
from app.db.database import lock_district
from app.db.extensions import db
from app.models import (
    Application,
    Holding,
    HoldingKind,
    Intake,
    Norm,
    Offer,
    OfferStatus,
    QueueKind,
    Round,
    Seat,
    Side,
    Vacancy,
    VacancyStatus,
)
from app.rules import eligibility, queue, ratio
from app.rules import seats as rules
from app.rules.calendar import local_day
from app.rules.deadlines import born_between
from app.rules.refusals import Reason, Refusal


def offer(vacancy: Vacancy, *, by: Actor, at: datetime, automatic: bool = False) -> Round:
    """S2, spec 3.3, 3.5.1: as many next children as the vacancy has free places get a priority window on one.

    Raises Refusal: not_allowed, wrong_status (not published), wrong_place (another procedure, or a place that asks no
    turn), no_free_place (a live voucher needs it, too), no_calendar, no_norm.
    """
    day, district = local_day(at), places.district_of(vacancy.group.kindergarten.place_id)
    permit(by, "offer", Round(place_id=district))
    lock_district(district)
    catch_up(at=at, place_id=district)
    seats, priority_by, norm = may_offer(vacancy, by=by, at=at)
    held = Round(
        place_id=district,
        vacancy=vacancy,
        held_on=day,
        held_at=at,
        queue_order=norms.order(district, day),
        after_change_id=last_change(),
        automatic=automatic,
    )
    db.session.add(held)
    db.session.flush()
    served = next_children(vacancy, district, day, len(seats))
    for child, seat in zip(served, seats, strict=False):
        _offer(child, seat, held, priority_by, norm, by=by, at=at)
    held.served, held.passed = len(served), 0
    record(held, "offer", by=by, at=at, norm=norm, details=_stood(vacancy, held, len(seats)))
    return held


def offer_all(place_id: int, *, by: Actor, at: datetime, automatic: bool = False) -> Round:
    """Spec 3.1, 3.5.1: the offers of all published vacancies of a district that go by turn; the round of one day.

    Raises Refusal: not_allowed, no_calendar, no_norm.
    """
    day = local_day(at)
    order = norms.order(place_id, day)
    held = Round(place_id=place_id, held_on=day, held_at=at, queue_order=order, automatic=automatic)
    permit(by, "offer", held)
    db.session.add(held)
    held.after_change_id, held.served, held.passed = last_change(), 0, 0
    for vacancy in db.session.scalars(rules.published_general(places.subtree(place_id))):
        try:
            held.served += offer(vacancy, by=by, at=at, automatic=automatic).served
        except Refusal as refusal:
            if refusal.reason not in (Reason.wrong_place, Reason.no_free_place):
                raise
    record(held, "offer", by=by, at=at, details={"served": held.served})
    return held


def _stood(vacancy: Vacancy, held: Round, places: int) -> dict[str, Any]:
    """What the history keeps of offers: also what was so of the group then, and may be changed (rounds.py)."""
    group, kindergarten = vacancy.group, vacancy.group.kindergarten
    return {
        "places": places,
        "served": held.served,
        "years": [group.birth_year_from, group.birth_year_to],
        "minimum": norms.minimum_age(kindergarten, held.held_on),
        "serves": str(kindergarten.queue_kind),
    }


def seats_to_offer(vacancy: Vacancy, district: int) -> list[Seat]:
    """Spec 3.2, 3.5.1: the free seats that go by turn, as far as every live voucher of the district finds its own."""
    found = list(db.session.scalars(rules.seats_to_offer(vacancy.id)))
    held = seating(district, vacancy.group.kindergarten.queue_kind)
    return found[: spare(vacancy.group, held, len(found))]


def goes_by_turn(vacancy: Vacancy, district: int, day: date) -> bool:
    """Spec 3.5.1, 3.5.3-4: are the places of this vacancy offered here, one by one, to who is next? Raises no_norm."""
    return (
        norms.procedure(district, day) == "referral"
        and vacancy.intake is Intake.general
        and eligibility.has_places(vacancy.group.kindergarten)
        and norms.by_turn(vacancy.group.kindergarten, day)
    )


def may_offer(vacancy: Vacancy, *, by: Actor, at: datetime) -> tuple[list[Seat], date, Norm]:
    """The free places that would be offered now, whoever is next, the last day of their window and its norm.

    Raises Refusal: wrong_status, wrong_place, no_free_place, no_norm, no_calendar.
    """
    day, district = local_day(at), places.district_of(vacancy.group.kindergarten.place_id)
    if vacancy.status is not VacancyStatus.published:
        raise Refusal(Reason.wrong_status, verb="offer")
    if not goes_by_turn(vacancy, district, day):
        raise Refusal(Reason.wrong_place, place=district)
    seats = seats_to_offer(vacancy, district)
    if not seats:
        raise Refusal(Reason.no_free_place)
    norms.order(district, day)
    return seats, *norms.last_day("referral.priority", district, day)


class ExpectedOffer(NamedTuple):
    """What an offer would do: the free places that go by turn, the children who would be told, in their order, how many
    of those who wait are too young for the place, and the last day of the window."""

    free: int
    children: list[ratio.WaitingChild]
    too_young: int
    last_day: date


def expected(vacancies: Sequence[Vacancy], *, by: Actor, at: datetime) -> list[ExpectedOffer | Refusal]:
    """What offers of these vacancies would do, one after the other as they would be made, each after what is due and
    not done yet (spec 3.1); or why one would be refused. Nothing of it is kept. For one alone nothing is written, where
    nothing is due.
    """
    found = list[ExpectedOffer | Refusal]()
    with database.foreseen() if len(vacancies) > 1 else nullcontext():
        for number, vacancy in enumerate(vacancies, start=1):
            try:
                told = _expected(vacancy, by=by, at=at)
                if number < len(vacancies):
                    offer(vacancy, by=by, at=at)
            except Refusal as refusal:
                found.append(refusal)
            else:
                found.append(told)
    return found


def _expected(vacancy: Vacancy, *, by: Actor, at: datetime) -> ExpectedOffer:
    """Raises Refusal as `offer` does."""
    group, day = vacancy.group, local_day(at)
    district, queue_kind = places.district_of(group.kindergarten.place_id), group.kindergarten.queue_kind
    permit(by, "offer", Round(place_id=district))
    with foreseen(at=at, place_id=district):
        seats, last_day, _norm = may_offer(vacancy, by=by, at=at)
        _, born_by = born_between(norms.minimum_age(group.kindergarten, day), None, day)
        line = queue.waiting(district, queue_kind, day)
        young = select(func.count()).select_from(line)
        young = young.where(line.c.birth_year.between(*years_of(group)), line.c.born_on > born_by)
        children = next_children(vacancy, district, day, len(seats))
        return ExpectedOffer(len(seats), children, db.session.scalar(young) or 0, last_day)


def next_children(vacancy: Vacancy, district: int, day: date, places: int) -> list[ratio.WaitingChild]:
    """Spec 3.3: the next children for so many places of a group, each birth year with a line and a cycle of its own.

    No offer goes to a child that may not choose the place on that day (spec 3.8): see norms.minimum_age.
    """
    group, kind = vacancy.group, vacancy.group.kindergarten.queue_kind
    _, born_by = born_between(norms.minimum_age(group.kindergarten, day), None, day)
    waiting = queue.waiting(district, kind, day)
    lines = [
        ratio.BirthYearQueue(_first(waiting, year, born_by, places), numbers.cycle_of(district, kind, year, day))
        for year in range(group.birth_year_from, group.birth_year_to + 1)
    ]
    return ratio.serve(lines, places)


def _first(waiting: queue.Queue, year: int, born_by: date, most: int) -> list[ratio.WaitingChild]:
    """The first children of each side of one birth year: no more can be served than there are places."""
    found = queue.next_by_sides(waiting, year).where(waiting.c.born_on <= born_by)
    rows = [db.session.execute(found.where(queue.side(waiting) == str(side)).limit(most)) for side in Side]
    return [child for side in rows for child in ratio.children(side)]


def _offer(
    child: ratio.WaitingChild, seat: Seat, held: Round, priority_by: date, norm: Norm, *, by: Actor, at: datetime
) -> None:
    application = db.session.get_one(Application, child.application_id)
    made = Offer(
        round_id=held.id,
        application=application,
        vacancy=held.vacancy,
        place_id=application.place_id,
        queue_kind=application.queue_kind,
        birth_year=child.birth_year,
        side=child.side,
        offered_at=at,
        offered_on=held.held_on,
        priority_by=priority_by,
        norm_id=norm.id,
    )
    db.session.add(made)
    db.session.add(Holding(seat_id=seat.id, kind=HoldingKind.offer, application_id=application.id, started_at=at))
    record(made, "offer", by=by, at=at, norm=norm, status=(None, OfferStatus.live))
    told = {"kindergarten": seat.group.kindergarten.name, "priority_by": priority_by}
    move(application, "offer", by=by, at=at, norm=norm, tell=told)


def lines_of(place_id: int, day: date) -> dict[QueueKind, dict[int, list[ratio.WaitingChild]]]:
    """Spec 3.3, ratio: who waits in a district, by queue kind and birth year, each line in the order of service."""
    found: dict[QueueKind, dict[int, list[ratio.WaitingChild]]] = {}
    for kind in QueueKind:
        years: dict[int, list[ratio.WaitingChild]] = {}
        for child in ratio.children(db.session.execute(queue.next_by_sides(queue.waiting(place_id, kind, day)))):
            years.setdefault(child.birth_year, []).append(child)
        found[kind] = {
            year: ratio.serve([ratio.BirthYearQueue(children, numbers.cycle_of(place_id, kind, year, day))])
            for year, children in years.items()
        }
    return found
