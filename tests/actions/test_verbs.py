"""What verbs do where a scenario does not reach: transactions, privileges that expire, seats, other districts."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.actions import applications, clock, contracts, enrolments, records, referrals, vacancies, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Holding,
    Ownership,
    PrivilegeKind,
    PrivilegeStatus,
    Seat,
    Voucher,
    VoucherStatus,
)
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from tests.factories import (
    DEPARTMENT,
    START,
    application,
    at,
    district,
    family,
    group,
    head,
    kindergarten,
    role,
    vacancy,
)


def with_voucher(place, **more) -> Application:
    child = application(place, queued_at=at("2026-04-07T10:00"), **more)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00"))
    return child


def enrolled(child, places) -> None:
    referrals.choose(child, places, by=family(child), at=at("2026-04-08T12:00"))
    contracts.sign(child, by=family(child), at=at("2026-04-08T13:00"))
    contracts.sign(child, by=head(places.group.kindergarten), at=at("2026-04-08T14:00"))
    enrolments.enrol(child, by=head(places.group.kindergarten), at=at("2026-04-09T09:00"))


def test_a_refused_verb_undoes_what_it_found_due_and_what_it_began(app):
    with transaction():
        place = district()
        vacancy(group(kindergarten(place)))
        child = application(place, queued_at=at("2026-04-07T10:00"))
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    before = db.session.scalar(db.select(db.func.count(Change.id)))
    with pytest.raises(Refusal, match="wrong_status"), transaction():
        vouchers.refuse(child, by=family(child), at=at("2026-04-13T10:00"))
    assert (child.status, child.vouchers[0].status) == (ApplicationStatus.confirming, VoucherStatus.issued)
    assert (child.stop_listings, db.session.scalar(db.select(db.func.count(Change.id)))) == ([], before)


def test_other_birth_years_and_a_smaller_group_take_no_promised_place(app):
    place = district()
    kids = group(kindergarten(place), capacity=2)
    vacancy(kids)
    child = with_voucher(place)
    with pytest.raises(Refusal, match="no_free_place"), db.session.begin_nested():
        records.change(kids, {"birth_year_from": 2023, "birth_year_to": 2023}, by=DEPARTMENT, at=START)
    with pytest.raises(Refusal, match="no_free_place"), db.session.begin_nested():
        records.change(kids, {"capacity": 0}, by=DEPARTMENT, at=START)
    records.change(kids, {"capacity": 1}, by=DEPARTMENT, at=START)  # the one that nobody published goes
    records.change(kids, {"birth_year_from": 2021}, by=DEPARTMENT, at=START)
    assert child.status is ApplicationStatus.voucher_issued
    standing = db.select(db.func.count(Seat.id)).where(Seat.group_id == kids.id, Seat.retired_at.is_(None))
    assert db.session.scalar(standing) == 1


def test_enrolling_in_another_district_archives_the_application_there(app):
    here, there = district(), district("Степногорск қаласы")
    private = kindergarten(here, ownership=Ownership.private, state_order=True)
    child = with_voucher_at(here, vacancy(group(private)))
    again = applications.register(
        place_id=there.id,
        child=applications.Person(child.child.iin),
        applicant=applications.Person(child.applicant.iin),
        by=DEPARTMENT,
        at=at("2026-04-10T10:00"),
    )
    places = vacancy(group(kindergarten(there, "Қарлығаш")))
    vouchers.issue_round(there.id, by=DEPARTMENT, at=at("2026-04-13T10:00"))
    vouchers.confirm(again, by=family(again), at=at("2026-04-13T11:00"))
    referrals.choose(again, places, by=family(again), at=at("2026-04-13T12:00"))
    contracts.sign(again, by=family(again), at=at("2026-04-13T13:00"))
    contracts.sign(again, by=head(places.group.kindergarten), at=at("2026-04-13T14:00"))
    enrolments.enrol(again, by=head(places.group.kindergarten), at=at("2026-04-14T10:00"))
    assert (child.status, again.status) == (ApplicationStatus.archived, ApplicationStatus.enrolled)
    leave = db.session.scalars(db.select(Change).where(Change.subject == "enrolment", Change.verb == "leave")).one()
    assert leave.details == {"ended_on": "2026-04-13"}
    assert leave.kindergarten_id == private.id


def with_voucher_at(place, places) -> Application:
    child = with_voucher(place)
    enrolled(child, places)
    return child


def test_a_head_who_comes_too_late_hears_so_and_a_strange_head_is_not_allowed(app):
    place = district()
    arman = kindergarten(place)
    places = vacancy(group(arman))
    child = with_voucher(place)
    strange = kindergarten(place, "Мадина")
    referrals.choose(child, places, by=family(child), at=at("2026-04-08T12:00"))
    clock.run(at=at("2026-04-20T10:00"), place_id=place.id)
    assert child.status is ApplicationStatus.archived
    for by, reason in ((head(arman), Reason.wrong_status), (head(strange), Reason.not_allowed)):
        with pytest.raises(Refusal) as refused:
            enrolments.enrol(child, by=by, at=at("2026-04-20T11:00"))
        assert refused.value.reason is reason


def test_the_familys_paper_is_asked_for_only_while_its_signature_is_missing(app):
    place = district()
    arman = kindergarten(place)
    child = with_voucher_and_choice(place, vacancy(group(arman)))
    operator = role(Role.operator, place_ids=frozenset({place.id}))
    with pytest.raises(Refusal, match="reason_required"):
        contracts.sign(child, by=operator, at=at("2026-04-09T10:00"))
    contracts.sign(child, by=family(child), at=at("2026-04-09T11:00"))
    with pytest.raises(Refusal, match="wrong_status"):
        contracts.sign(child, by=operator, at=at("2026-04-09T12:00"))


def with_voucher_and_choice(place, places) -> Application:
    child = with_voucher(place)
    referrals.choose(child, places, by=family(child), at=at("2026-04-08T12:00"))
    return child


def test_a_closed_vacancy_whose_child_left_gives_the_seat_back_to_the_group(app):
    place = district()
    arman = kindergarten(place)
    kids = group(arman, capacity=1)
    places = vacancy(kids)
    with_voucher_and_choice(place, places)
    vacancies.close(places, by=head(arman), at=at("2026-04-08T13:00"))
    clock.run(at=at("2026-04-20T10:00"), place_id=place.id)
    again = vacancy(kids)
    assert db.session.scalars(db.select(Seat.vacancy_id).where(Seat.group_id == kids.id)).all() == [again.id]


def test_what_the_clock_did_for_one_application_it_did_for_no_other(app):
    place = district()
    vacancy(group(kindergarten(place), capacity=2), places=2)
    first, second = (application(place, queued_at=at("2026-04-07T10:00")) for _ in range(2))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    applications.withdraw(first, by=family(first), at=at("2026-04-13T10:00"))
    assert (first.status, second.status) == (ApplicationStatus.removed, ApplicationStatus.confirming)
    assert first.stop_listings[0].until == date(2026, 4, 10) + timedelta(days=1 + 28)
    assert [v.status for v in db.session.scalars(db.select(Voucher).order_by(Voucher.id))] == ["lapsed", "issued"]


def test_the_database_itself_refuses_two_on_one_seat(app):
    place = district()
    vacancy(group(kindergarten(place), capacity=1, occupied=0))
    seat = db.session.scalars(db.select(Seat)).first()
    holding = {"seat_id": seat.id, "kind": "held", "started_at": START}
    db.session.add_all([Holding(**holding), Holding(**holding)])
    with pytest.raises(IntegrityError, match=r"uq_holding_one_live_per_seat|holding\.seat_id"):
        db.session.flush()
    db.session.rollback()


def test_a_family_may_register_its_child_and_is_then_its_own_family(app):
    place = district()
    child = applications.register(
        place_id=place.id,
        child=applications.Person("220917500003"),
        applicant=applications.Person("930818450003"),
        by=role(Role.family, on_paper=True),
        at=START,
        privilege=PrivilegeKind.first_order,
    )
    assert child.privileges[0].status is PrivilegeStatus.claimed
    with pytest.raises(Refusal, match="not_allowed"):
        applications.withdraw(child, by=role(Role.family), at=START)
    applications.withdraw(child, by=family(child), at=START)
    assert child.status is ApplicationStatus.removed
