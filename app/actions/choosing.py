"""S0-S2, spec 3.4.4, 3.5.2-4, 3.8: which places a family may take today, the one rule for what a page lists and what
`choose` accepts.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property

from sqlalchemy import select

from app.actions import claims, norms, places
from app.actions.preconditions import in_time, latest_voucher
from app.actions.seating import Seating, leaves_room, seating, with_one_more
from app.db.extensions import db
from app.models import (
    Application,
    HoldingKind,
    Intake,
    Referral,
    ReferralStatus,
    Seat,
    Vacancy,
    VacancyStatus,
    VoucherStatus,
)
from app.rules import eligibility
from app.rules import seats as rules
from app.rules.refusals import Reason, Refusal

Seats = Mapping[str, int]  # of one vacancy by state (places.seats_by_state)


def procedure(application: Application, day: date) -> str:
    """Spec 3.2, what runs keeps its procedure: that of its live voucher or its offer, else the one in force that day.

    Raises Refusal(no_norm).
    """
    voucher = latest_voucher(application)
    if voucher is not None and voucher.status in claims.LIVE:
        return "voucher"
    if claims.live_offer(application) is not None:
        return "referral"
    return norms.procedure(application.place_id, day)


class Choosing:
    """What decides about each of the places that an application might take on a day, looked up once for all of them.

    Raises Refusal(no_norm).
    """

    def __init__(self, application: Application, day: date) -> None:
        self.application, self.day = application, day
        self.by_turn = procedure(application, day) == "referral"
        self.offer = claims.live_offer(application)
        self.district = frozenset(places.subtree(application.place_id))
        self.referred = _is_referred(application)

    @cached_property
    def held(self) -> Seating:
        """Who has a claim on a seat. The dearest question: whoever finds no free place is told without it."""
        held = seating(self.application.place_id, self.application.queue_kind, but=self.application.id)
        return held if self.offer is None else with_one_more(held, self.offer.vacancy)  # which ends with the choice

    def offered(self, vacancy: Vacancy) -> bool:
        """Is it the place that was offered to this child? Nothing else is asked then: the offer was."""
        return self.by_turn and self.offer is not None and self.offer.vacancy_id == vacancy.id

    def check(self, vacancy: Vacancy, seats: Seats) -> None:
        """Raises Refusal: too_late, wrong_status, wrong_place, wrong_birth_year, too_young, no_free_place,
        not_their_turn, drawn_by_lot, no_norm.
        """
        general = vacancy.intake is Intake.general
        if not self.by_turn:
            self._voucher()
            eligibility.still_open(vacancy.ends_on, self.day)
        elif not general:  # spec 3.6: for a live confirmed voucher alone
            raise Refusal(Reason.wrong_status, verb="choose")
        if general and self.referred:
            raise Refusal(Reason.wrong_status, verb="choose")
        if self.offered(vacancy):
            return
        self._in_its_queue(vacancy)
        kindergarten = vacancy.group.kindergarten
        if self.by_turn:
            youngest = norms.minimum_age(kindergarten, self.day)
            eligibility.not_too_young(self.application.born_on, self.day, youngest)
        if vacancy.status is not VacancyStatus.published or not _not_taken(seats):
            raise Refusal(Reason.no_free_place)
        if not self.free(vacancy, seats):
            if seats.get("lot"):
                raise Refusal(Reason.drawn_by_lot)
            raise Refusal(Reason.not_their_turn if self.turn(vacancy) else Reason.no_free_place)
        if general and not leaves_room(vacancy.group, self.held):
            raise Refusal(Reason.no_free_place)

    def free(self, vacancy: Vacancy, seats: Seats) -> int:
        """How many places of a vacancy this application may take one of: what is given by lot a voucher takes too."""
        if self.offered(vacancy):
            return 1
        if self.turn(vacancy):
            return seats.get("open", 0)
        return _free(seats) + (0 if self.by_turn else seats.get("lot", 0))

    def turn(self, vacancy: Vacancy) -> bool:
        """Spec 3.5.2-4: does this child need the turn, or an open place, there? Raises Refusal(no_norm)."""
        return self.by_turn and norms.by_turn(vacancy.group.kindergarten, self.day)

    def _voucher(self) -> None:
        voucher = latest_voucher(self.application)
        if voucher is None or voucher.status is not VoucherStatus.confirmed:
            raise Refusal(Reason.wrong_status, verb="choose")

    def _in_its_queue(self, vacancy: Vacancy) -> None:
        """Spec 3.4.4, 3.8: a kindergarten of its district and queue that has places for it, a group of its year."""
        kindergarten = vacancy.group.kindergarten
        if (
            kindergarten.place_id not in self.district
            or kindergarten.queue_kind is not self.application.queue_kind
            or not eligibility.has_places(kindergarten)
        ):
            raise Refusal(Reason.wrong_place)
        eligibility.in_birth_years(self.application.born_on, vacancy.group)


def _is_referred(application: Application) -> bool:
    """Spec 3.7: one live general referral per child, whichever of its queues gave it."""
    live = select(Referral.id).where(
        Referral.child_iin == application.child_iin,
        Referral.kind == Intake.general,
        Referral.status == ReferralStatus.issued,
    )
    return db.session.scalars(live.limit(1)).first() is not None


def _free(seats: Seats) -> int:
    return seats.get("free", 0) + seats.get("open", 0)


def _not_taken(seats: Seats) -> int:
    """Spec 3.8: places that are neither held nor entered, those in somebody's window or in a lot too."""
    return _free(seats) + seats.get("offer", 0) + seats.get("lot", 0)


def seats_of(vacancies: Iterable[Vacancy]) -> dict[int, dict[str, int]]:
    """{vacancy: {state: how many seats}}, in one select."""
    found: dict[int, dict[str, int]] = {vacancy.id: {} for vacancy in vacancies}
    for vacancy_id, state, count in db.session.execute(rules.seats_by_state(list(found))):
        if vacancy_id is not None:
            found[vacancy_id][state] = count
    return found


def seat_for(application: Application, vacancy: Vacancy, day: date) -> Seat:
    """Spec 3.4.4, 3.5.2-4: the seat that this child may take: the one offered to it, an open one, or any free one.

    Raises Refusal as Choosing.check does.
    """
    choosing = Choosing(application, day)
    choosing.check(vacancy, seats_of([vacancy])[vacancy.id])
    if choosing.offered(vacancy):
        return db.session.scalars(rules.live_holding(application.id, HoldingKind.offer)).one().seat
    of_choice = rules.open_seats if choosing.turn(vacancy) else rules.seats_without_lot
    free = of_choice(vacancy.id) if choosing.by_turn else rules.free_seats(vacancy.id)
    return db.session.scalars(free.limit(1)).one()


def choices(application: Application, day: date) -> list[tuple[Vacancy, int]]:
    """S0-S2, «Балабақшаны таңдаңыз»: the places that `choose` would accept on this day, as long as nothing is due,
    the offered one first, the others by name, with how many of each the family may take one of. Raises no_norm.
    """
    try:
        in_time(application, "choose", day)
        eligibility.right_status("choose", application.status)
    except Refusal:
        return []
    choosing = Choosing(application, day)
    within = rules.open_vacancies(sorted(choosing.district), application.queue_kind, application.birth_year, day)
    found = [choosing.offer.vacancy] if choosing.offer is not None else []
    found += [vacancy for vacancy in db.session.scalars(within) if vacancy not in found]
    seats = seats_of(found)
    return [(one, choosing.free(one, seats[one.id])) for one in found if _accepted(choosing, one, seats[one.id])]


def _accepted(choosing: Choosing, vacancy: Vacancy, seats: Seats) -> bool:
    try:
        choosing.check(vacancy, seats)
    except Refusal as refusal:
        if refusal.reason is Reason.no_norm:
            raise
        return False
    return True
