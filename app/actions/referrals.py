"""S1, spec 3.4.4 and 3.6: the family chooses a place; referral and contract are drawn up, or a stay begins."""

from datetime import date, datetime

from sqlalchemy import select

from app.actions import documents, enrolments, places
from app.actions.beginning import begin
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
    Referral,
    ReferralStatus,
    Seat,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.permissions import Actor
from app.rules import eligibility
from app.rules import places as place_rules
from app.rules.refusals import Reason, Refusal


def choose(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> Referral:
    """S1: the family takes a free place of its child's birth year in any kindergarten of the district.

    A general place is held until the contract is signed; a temporary one begins a stay at once, and the child
    waits on with its old day. Raises Refusal: not_allowed, too_late, stop_listed, wrong_status, wrong_place,
    wrong_birth_year, no_free_place.
    """
    day = begin(application, "choose", by=by, at=at, whole_district=True)
    voucher = live_voucher(application)
    if voucher.status is not VoucherStatus.confirmed:
        raise Refusal(Reason.wrong_status, verb="choose")
    if vacancy.intake is Intake.general:
        _no_other_referral(application)
    kindergarten = vacancy.group.kindergarten
    if (
        places.district_of(kindergarten.place_id) != application.place_id
        or kindergarten.queue_kind is not application.queue_kind
    ):
        raise Refusal(Reason.wrong_place)
    eligibility.in_birth_years(application.child.born_on, vacancy.group)
    eligibility.still_open(vacancy.ends_on, day)
    seat = _free_seat(application, vacancy)
    referral = _refer(application, vacancy, voucher, by=by, at=at, day=day)
    if vacancy.intake is Intake.temporary:
        _stay(referral, voucher, seat, by=by, at=at, day=day)
    else:
        _hold(referral, voucher, seat, by=by, at=at)
    return referral


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
    db.session.add(
        Holding(
            seat_id=seat.id,
            kind=HoldingKind.held,
            application_id=referral.application_id,
            referral_id=referral.id,
            started_at=at,
        )
    )
    contract = Contract(referral=referral, drawn_up_at=at)
    db.session.add(contract)
    record(contract, "draw_up", by=by, at=at, status=(None, ContractStatus.draft))
    told = {"kindergarten": referral.vacancy.group.kindergarten.name, "choose_by": voucher.choose_by}
    move(referral.application, "choose", by=by, at=at, to=ApplicationStatus.referred, tell=told)
    documents.ask_for(referral, DocumentKind.referral, at=at)


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
    application: Application, vacancy: Vacancy, voucher: Voucher, *, by: Actor, at: datetime, day: date
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
    """S1, "Балабақшаны таңдаңыз": published vacancies of the child's birth year in the district with free places.

    A general place that another holder must have is not among them. Free places are counted for each.
    """
    year = application.child.born_on.year
    held = seating(application.place_id, application.queue_kind, but=application.id)
    found = db.session.execute(
        place_rules.open_vacancies(places.subtree(application.place_id), application.queue_kind, year, day)
    )
    return [
        (vacancy, free)
        for vacancy, free in found
        if vacancy.intake is Intake.temporary or leaves_room(vacancy.group, held)
    ]
