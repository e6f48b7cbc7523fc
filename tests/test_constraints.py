"""What the database itself refuses, whatever the code does (spec 3.7, the first two lines), on both databases."""

from datetime import date

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from app.actions import referrals, vouchers
from app.extensions import db
from app.models import (
    ApplicationStatus,
    Enrolment,
    Holding,
    HoldingKind,
    Intake,
    Norm,
    Seat,
    VoucherStatus,
)
from tests.factories import DEPARTMENT, START, application, at, district, family, group, kindergarten, vacancy


@pytest.fixture
def chosen(app):
    """A child that holds a place: one live application, voucher, referral and holding."""
    place = district()
    general = vacancy(group(kindergarten(place), capacity=3), places=2)
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00"))
    referrals.choose(child, general, by=family(child), at=at("2026-04-08T12:00"))
    db.session.flush()
    return child


def copy(row, **changed):
    """A second row just like this one, written past all of our code."""
    values = {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key != "id"} | changed
    db.session.execute(insert(type(row).__table__).values(**values))


def refused(row, **changed):
    with pytest.raises(IntegrityError), db.session.begin_nested():
        copy(row, **changed)


def test_a_place_is_held_once(chosen):
    holding = db.session.scalars(db.select(Holding)).one()
    for kind in HoldingKind:
        refused(holding, kind=kind)
    copy(holding, ended_at=START.replace(year=2027))


def test_a_child_waits_once_in_a_queue(chosen):
    refused(chosen, number="2", number_key="2", status=ApplicationStatus.queued)
    copy(chosen, number="3", number_key="3", status=ApplicationStatus.archived)


def test_a_number_stands_once_in_its_district(chosen):
    refused(chosen, status=ApplicationStatus.archived)


def test_an_application_has_one_live_voucher_of_a_kind(chosen):
    voucher = chosen.vouchers[0]
    refused(voucher)
    copy(voucher, kind=Intake.temporary)
    copy(voucher, status=VoucherStatus.lapsed)


def test_a_child_has_one_live_general_referral(chosen):
    refused(chosen.referrals[0])
    copy(chosen.referrals[0], kind=Intake.temporary, ends_on=date(2026, 4, 30))


def test_a_child_has_one_live_general_enrolment(chosen):
    seat = db.session.scalars(db.select(Seat)).first()
    enrolment = Enrolment(child_id=chosen.child_id, group_id=seat.group_id, started_on=date(2026, 4, 1))
    db.session.add(enrolment)
    db.session.flush()
    refused(enrolment)
    copy(enrolment, ended_on=date(2026, 4, 2))


def test_deadlines_do_not_precede_what_starts_them(chosen):
    refused(chosen.vouchers[0], status=VoucherStatus.lapsed, confirm_by=date(2026, 4, 7))


def test_nobody_approves_a_norm_that_they_entered(chosen):
    norm = db.session.scalars(db.select(Norm)).first()
    user = insert(db.metadata.tables["ab_user"]).values(first_name="x", last_name="x", username="x", email="x")
    entered = db.session.execute(user).inserted_primary_key[0]
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(update(Norm).where(Norm.id == norm.id).values(entered_by_id=entered, approved_by_id=entered))
