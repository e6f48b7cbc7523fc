"""S0-S2, spec 3.4.4, 3.5 and 3.6: the family chooses a place; a referral leads there, for good or for a time."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.actions import documents, ending, enrolments, norms, offers, places
from app.actions.beginning import begin, latest_referral, latest_voucher
from app.actions.moving import move, record
from app.actions.seating import leaves_room, seating
from app.actions.vouchers import live_voucher
from app.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Contract,
    ContractStatus,
    DocumentKind,
    Holding,
    HoldingKind,
    Intake,
    Norm,
    OnLapse,
    Ownership,
    Referral,
    ReferralStatus,
    Seat,
    StopListing,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.permissions import Actor, Role, permit
from app.rules import eligibility
from app.rules import places as place_rules
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months, due_moment
from app.rules.norms import term_of
from app.rules.refusals import Reason, Refusal


def choose(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> Referral:
    """S0-S2, spec 3.4.4, 3.5.2-4: the family takes a place: by its voucher, or in its turn and where none is needed.

    Raises Refusal: not_allowed, too_late, stop_listed, wrong_status, wrong_place, wrong_birth_year, too_young,
    no_free_place, not_their_turn, no_calendar.
    """
    day = begin(application, "choose", by=by, at=at, whole_district=True)
    held = latest_voucher(application)
    if norms.procedure(application.place_id, day) == "referral" and (held is None or held.status not in ending.LIVE):
        return _choose_by_turn(application, vacancy, by=by, at=at, day=day)
    return _choose_by_voucher(application, vacancy, by=by, at=at, day=day)


def _choose_by_voucher(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime, day: date) -> Referral:
    """S1: a free place of the child's birth year in any kindergarten of the district.

    A general place is held until the contract is signed; a temporary one begins a stay at once, and the child
    waits on with its old day.
    """
    voucher = live_voucher(application)
    if voucher.status is not VoucherStatus.confirmed:
        raise Refusal(Reason.wrong_status, verb="choose")
    if vacancy.intake is Intake.general:
        _no_other_referral(application)
    _in_its_queue(application, vacancy)
    eligibility.still_open(vacancy.ends_on, day)
    seat = _free_seat(application, vacancy)
    referral = _refer(application, vacancy, voucher, by=by, at=at, day=day)
    if vacancy.intake is Intake.temporary:
        _stay(referral, voucher, seat, by=by, at=at, day=day)
    else:
        _hold(referral, voucher, seat, by=by, at=at)
    return referral


def _choose_by_turn(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime, day: date) -> Referral:
    """S0, S2, spec 3.5.2-4: the place that was offered, an open one, or a private one or mini-centre without turn.

    With a private place the standing in the state queue is lost at once.
    """
    _no_other_referral(application)
    kindergarten = vacancy.group.kindergarten
    private = kindergarten.ownership is Ownership.private
    if vacancy.intake is Intake.temporary:  # spec 3.6: for a live confirmed voucher alone
        raise Refusal(Reason.wrong_status, verb="choose")
    _in_its_queue(application, vacancy)
    eligibility.not_too_young(application.born_on, day, offers.minimum_age(kindergarten, day))
    seat = offers.seat_for(application, vacancy, day)
    own = ending.live_offer(application)
    ending.end_offer(application, by=by, at=at, verb="choose" if own and own.vacancy_id == vacancy.id else "end")
    referral = _refer(application, vacancy, None, by=by, at=at, day=day, **terms(application.place_id, at))
    _claim(referral, seat, at=at)
    told = {"kindergarten": kindergarten.name, "attend_by": referral.attend_by}
    standing = application.standing and not private
    to, norm = ApplicationStatus.referred, db.session.get(Norm, referral.attend_norm_id)
    move(application, "choose", by=by, at=at, to=to, norm=norm, tell=told, standing=standing)
    documents.ask_for(referral, DocumentKind.referral, at=at)
    return referral


def terms(place_id: int, at: datetime) -> dict[str, Any]:
    """S2, spec 3.5.5: by when the family comes with a referral issued now, and until when it may take it back.

    Raises Refusal: no_norm, no_calendar.
    """
    day = local_day(at)
    attend_by, norm = norms.last_day("referral.attend", place_id, day)
    revocation = norms.in_force("referral.revocation", place_id, day)
    return {
        "attend_by": attend_by,
        "attend_norm_id": norm.id,
        "revocable_until": due_moment(at, term_of(revocation)),
        "revocation_norm_id": revocation.id,
    }


def extend(application: Application, *, until: date, by: Actor, at: datetime, reason: str | None) -> None:
    """S2, spec 3.5.5: once, and up to 30 days from the day it is granted, the last day to come moves.

    Raises Refusal: not_allowed, wrong_status (also for a voucher's referral, which has no term of its own), too_late,
    already_used, too_long.
    """
    day = begin(application, "extend", by=by, at=at)
    referral = _by_turn(application)
    running = referral.attend_by or day
    eligibility.later(until, running)
    place_id = application.place_id
    eligibility.times_left(referral.extensions, norms.number("referral.extensions", place_id, day))
    last, norm = norms.last_day("referral.extension", place_id, day)
    eligibility.not_too_long(until, last)
    referral.attend_by, referral.extensions = until, referral.extensions + 1
    details = {"attend_by": [running, until]}
    record(referral, "extend", by=by, at=at, reason=reason, norm=norm, details=details)
    record(application, "extend", by=by, at=at, reason=reason, norm=norm, details=details, tell={"attend_by": until})


def revoke(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """S2, spec 3.5.5: the family takes it back within 24 hours, an official at any time with a reason.

    The place is freed and the child waits on from its old day; the standing that a private place had cost returns
    (3.8). Raises Refusal: not_allowed, too_late, wrong_status, reason_required.
    """
    permit(by, "revoke", application)
    by_family = by.role is Role.family or by.stands_for_family("revoke")
    last = latest_referral(application)
    until = last.revocable_until if last is not None else None
    if by_family and last is not None and last.status is not ReferralStatus.used:
        eligibility.within_hours(at, until)
    begin(application, "revoke", by=by, at=at)
    referral = _by_turn(application)
    if not by_family:
        reason = eligibility.given(reason)
    ending.free_held_place(application, by=by, at=at, on=None, reason=reason or "revoke")
    told = {"kindergarten": referral.vacancy.group.kindergarten.name, "reason": reason}
    move(application, "revoke", by=by, at=at, reason=reason, tell=told, standing=True)


def miss(referral: Referral, *, by: Actor, at: datetime, on: date) -> None:
    """S2, spec 3.5.5: nobody came in time; the place is freed, and the child stop-listed or, at the last miss, removed.

    Where the norm says `hold` (S0: "blocked, not deleted") the stop-listing has no end and nobody is removed.
    Raises Refusal: no_norm, no_calendar.
    """
    application, norm = referral.application, referral.attend_norm
    if norm is None:
        raise ValueError("a voucher's referral has no term of its own")
    until, listed_by = None, norm
    final = misses(application) + 1 >= norms.number("referral.misses", application.place_id, on)
    removed = norm.on_lapse is not OnLapse.hold and final
    if norm.on_lapse is not OnLapse.hold and not removed:
        until, listed_by = norms.last_day("referral.stop_list", application.place_id, on)
    move(referral, "miss", by=by, at=at, on=on, norm=norm, ended_at=at)
    holding = db.session.scalars(place_rules.live_holding(application.id, HoldingKind.held)).one()
    holding.ended_at = at
    to, tell = ApplicationStatus.removed, {"last_day": referral.attend_by, "misses": misses(application)}
    if not removed:
        tell = {"last_day": referral.attend_by, "until": until}
        to = ApplicationStatus.stop_listed
        listing = StopListing(referral_id=referral.id, from_on=on, until=until, norm_id=listed_by.id)
        application.stop_listings.append(listing)
    move(application, "miss", by=by, at=at, on=on, to=to, norm=norm, tell=tell, standing=True)


def misses(application: Application) -> int:
    """How many of its referrals the family has let pass."""
    return sum(referral.status is ReferralStatus.missed for referral in application.referrals)


def _by_turn(application: Application) -> Referral:
    """The live referral of the referral procedure; a voucher's has no term of its own. Raises Refusal(wrong_status)."""
    referral = current(application)
    if referral.attend_by is None:
        raise Refusal(Reason.wrong_status)
    return referral


def _in_its_queue(application: Application, vacancy: Vacancy) -> None:
    """Spec 3.4.4, 3.8: a kindergarten of its district and queue that has places for it, a group of its birth year."""
    kindergarten = vacancy.group.kindergarten
    if (
        places.district_of(kindergarten.place_id) != application.place_id
        or kindergarten.queue_kind is not application.queue_kind
        or not eligibility.has_places(kindergarten)
    ):
        raise Refusal(Reason.wrong_place)
    eligibility.in_birth_years(application.born_on, vacancy.group)


def _no_other_referral(application: Application) -> None:
    """Spec 3.7: one live general referral per child, whichever of its queues gave it. Raises wrong_status."""
    other = select(Referral.id).where(
        Referral.child_id == application.child_id,
        Referral.kind == Intake.general,
        Referral.status == ReferralStatus.issued,
    )
    if db.session.scalars(other).first() is not None:
        raise Refusal(Reason.wrong_status, verb="choose")


def _free_seat(application: Application, vacancy: Vacancy) -> Seat:
    """Spec 3.7: a free published place whose loss leaves every other holder a seat. Raises no_free_place."""
    seat = db.session.scalars(place_rules.free_seats(vacancy.id, 1)).first()
    if seat is None or vacancy.status is not VacancyStatus.published:
        raise Refusal(Reason.no_free_place)
    held = seating(application.place_id, application.queue_kind, but=application.id)
    if vacancy.intake is Intake.general and not leaves_room(vacancy.group, held):
        raise Refusal(Reason.no_free_place)
    return seat


def _hold(referral: Referral, voucher: Voucher, seat: Seat, *, by: Actor, at: datetime) -> None:
    """Spec 3.4.4: the place is held at once; referral and contract wait for two signatures."""
    _claim(referral, seat, at=at)
    contract = Contract(referral=referral, drawn_up_at=at)
    db.session.add(contract)
    record(contract, "draw_up", by=by, at=at, status=(None, ContractStatus.draft))
    told = {"kindergarten": referral.vacancy.group.kindergarten.name, "choose_by": voucher.choose_by}
    move(referral.application, "choose", by=by, at=at, to=ApplicationStatus.referred, tell=told)
    documents.ask_for(referral, DocumentKind.referral, at=at)


def _claim(referral: Referral, seat: Seat, *, at: datetime) -> None:
    db.session.add(
        Holding(
            seat_id=seat.id,
            kind=HoldingKind.held,
            application_id=referral.application_id,
            referral_id=referral.id,
            started_at=at,
        )
    )


def _stay(referral: Referral, voucher: Voucher, seat: Seat, *, by: Actor, at: datetime, day: date) -> None:
    """S1, spec 3.6: the stay begins with the choice; the voucher becomes that of the stay."""
    application, vacancy = referral.application, referral.vacancy
    enrolments.end_stay(application, by=by, at=at, day=day)
    voucher.kind = Intake.temporary
    record(voucher, "choose", by=by, at=at, details={"kind": ["general", "temporary"]})
    move(referral, "use", by=by, at=at, ended_at=at)
    enrolments.start(application, vacancy, seat, voucher=voucher, by=by, at=at, day=day)
    told = {"kindergarten": vacancy.group.kindergarten.name, "ends_on": vacancy.ends_on}
    move(application, "choose", by=by, at=at, to=ApplicationStatus.queued, tell=told)
    documents.ask_for(referral, DocumentKind.temporary_referral, at=at)


def _refer(
    application: Application,
    vacancy: Vacancy,
    voucher: Voucher | None,
    *,
    by: Actor,
    at: datetime,
    day: date,
    **terms: Any,
) -> Referral:
    referral = Referral(
        application=application,
        child_id=application.child_id,
        voucher=voucher,
        vacancy=vacancy,
        kind=vacancy.intake,
        status=ReferralStatus.issued,
        issued_at=at,
        issued_on=day,
        ends_on=vacancy.ends_on,
        **terms,
    )
    db.session.add(referral)
    details = {"vacancy": vacancy, "group": vacancy.group_id, "ends_on": vacancy.ends_on}
    record(referral, "issue", by=by, at=at, status=(None, ReferralStatus.issued), details=details)
    return referral


def current(application: Application) -> Referral:
    """The live general referral of an application. Raises Refusal(wrong_status) when there is none."""
    for referral in reversed(application.referrals):
        if referral.kind is Intake.general and referral.status is ReferralStatus.issued:
            return referral
    raise Refusal(Reason.wrong_status)


def choices(application: Application, day: date) -> list[tuple[Vacancy, int]]:
    """S1, spec 3.4.4, "Балабақшаны таңдаңыз": published vacancies of the child's birth year in the district with
    free places.

    A general place that another holder must have is not among them. Free places are counted for each.
    """
    year = application.birth_year
    if norms.procedure(application.place_id, day) == "referral":
        return _choices_by_turn(application, day)
    held = seating(application.place_id, application.queue_kind, but=application.id)
    found = db.session.execute(
        place_rules.open_vacancies(places.subtree(application.place_id), application.queue_kind, year, day)
    )
    return [
        (vacancy, free)
        for vacancy, free in found
        if vacancy.intake is Intake.temporary or leaves_room(vacancy.group, held)
    ]


def _choices_by_turn(application: Application, day: date) -> list[tuple[Vacancy, int]]:
    """S0, S2: the place that was offered to it, the open ones, and those that need no turn; with what it may take."""
    own = ending.live_offer(application)
    found: list[tuple[Vacancy, int]] = [(own.vacancy, 1)] if own is not None else []
    within = place_rules.open_vacancies(
        places.subtree(application.place_id), application.queue_kind, application.birth_year, day
    )
    for vacancy, free in db.session.execute(within):
        kindergarten = vacancy.group.kindergarten
        if vacancy.intake is not Intake.general or (own is not None and own.vacancy_id == vacancy.id):
            continue
        if offers.by_turn(kindergarten, day):
            free = len(db.session.scalars(place_rules.open_seats(vacancy.id)).all())
        if free and age_in_months(application.born_on, day) >= offers.minimum_age(kindergarten, day):
            found.append((vacancy, free))
    return found
