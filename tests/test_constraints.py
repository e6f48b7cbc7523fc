"""What the database itself refuses, whatever the code does (spec 3.7, the first two lines), on both databases."""

from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.actions import offers, proposals, referrals, vouchers
from app.db.extensions import db
from app.models import (
    Absence,
    Application,
    ApplicationStatus,
    Change,
    ContractText,
    DayOff,
    Enrolment,
    Holding,
    HoldingKind,
    Intake,
    Norm,
    OfferStatus,
    PrivilegeKind,
    Proposal,
    QueueOrder,
    ReferralStatus,
    Round,
    Seat,
    SignedInBy,
    StopListing,
    VacancyStatus,
    VoucherStatus,
)
from app.rules.roles import Role
from app.rules.verbs import VERBS
from tests.factories import DEPARTMENT, START, application, at, district, family, group, kindergarten, vacancy


@pytest.fixture
def chosen(app, standing):
    """A child that holds a place: one live application, voucher, referral and holding."""
    return db.session.get_one(Application, standing("chosen", _chosen).child)


def _chosen():
    place = district()
    general = vacancy(group(kindergarten(place), capacity=3), places=2)
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00"))
    referrals.choose(child, general, by=family(child), at=at("2026-04-08T12:00"))
    db.session.flush()
    return SimpleNamespace(child=child.id)


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
    days = {"begins_on": date(2026, 4, 13), "ends_on": date(2026, 4, 30)}
    copy(chosen.referrals[0], kind=Intake.temporary, **days)


def test_a_child_has_one_live_general_enrolment(chosen):
    seat = db.session.scalars(db.select(Seat)).first()
    enrolment = Enrolment(
        child_id=chosen.child_id, child_iin=chosen.child_iin, group_id=seat.group_id, started_on=date(2026, 4, 1)
    )
    db.session.add(enrolment)
    db.session.flush()
    refused(enrolment)
    copy(enrolment, ended_on=date(2026, 4, 2))


def test_deadlines_do_not_precede_what_starts_them(chosen):
    refused(chosen.vouchers[0], status=VoucherStatus.lapsed, confirm_by=date(2026, 4, 7))


def users(n: int) -> list[int]:
    """So many accounts."""
    table = db.metadata.tables["ab_user"]
    rows = [{"first_name": "x", "last_name": "x", "username": f"u{i}", "email": f"u{i}@example.org"} for i in range(n)]
    return [db.session.execute(insert(table).values(**row)).inserted_primary_key[0] for row in rows]


@pytest.mark.parametrize("model", [Norm, QueueOrder, DayOff, ContractText])
def test_nobody_approves_a_rule_that_they_entered(app, model):
    row = db.session.scalars(db.select(model)).first()
    author, other = users(2)
    with pytest.raises(IntegrityError, match="never_approves"), db.session.begin_nested():
        db.session.execute(update(model).where(model.id == row.id).values(entered_by_id=author, approved_by_id=author))
    with pytest.raises(IntegrityError, match="never_approves"), db.session.begin_nested():
        by = {"entered_by_id": author, "changed_by_id": other, "approved_by_id": other}
        db.session.execute(update(model).where(model.id == row.id).values(by))
    db.session.execute(update(model).where(model.id == row.id).values(entered_by_id=author, approved_by_id=other))


# ---------------------------------------------------------------- the referral procedure


@pytest.fixture
def offered(app):
    """A child in the window of an offer."""
    place = district(procedure="referral")
    general = vacancy(group(kindergarten(place), capacity=3), places=2)
    child = application(place)
    offers.offer(general, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    db.session.flush()
    return child.offers[0]


def test_an_application_has_one_live_offer(offered):
    refused(offered)
    copy(offered, status=OfferStatus.ended, ended_at=START)


def test_an_offer_lives_until_it_ends(offered):
    refused(offered, status=OfferStatus.ended)
    refused(offered, application_id=application(offered.application.place).id, ended_at=START)


def test_a_window_does_not_end_before_it_begins(offered):
    refused(offered, status=OfferStatus.ended, ended_at=START, priority_by=date(2026, 4, 7))


def test_the_clock_makes_the_offers_of_a_vacancy_once_a_day_and_officials_as_often_as_they_like(offered):
    held = db.session.get_one(Round, offered.round_id)
    copy(held)
    copy(held, automatic=True)
    refused(held, automatic=True)
    copy(held, automatic=True, held_on=date(2026, 4, 9))


def test_the_terms_of_a_referral_come_together(offered):
    child = offered.application
    referrals.choose(child, offered.vacancy, by=family(child), at=at("2026-04-08T12:00"))
    done = {"status": ReferralStatus.revoked}
    refused(child.referrals[0], **done, attend_by=None)
    refused(child.referrals[0], **done, revocable_until=None)
    copy(child.referrals[0], **done, attend_by=None, revocable_until=None)


def test_a_stop_listing_follows_a_voucher_or_a_referral_and_never_both(chosen):
    voucher, referral = chosen.vouchers[0], chosen.referrals[0]
    days = {"from_on": date(2026, 4, 8), "until": None, "norm_id": voucher.confirm_norm_id}
    listing = StopListing(application_id=chosen.id, referral_id=referral.id, **days)
    db.session.add(listing)
    db.session.flush()
    refused(listing)
    ended = {"ended_at": START}
    refused(listing, **ended, voucher_id=voucher.id)
    refused(listing, **ended, referral_id=None)
    refused(listing, **ended, until=date(2026, 4, 7))
    copy(listing, **ended)


def test_only_a_privilege_has_a_last_day_and_an_application_one_confirmed_privilege(app):
    child = application(district(), privilege=PrivilegeKind.first_order)
    refused(child.privileges[0])
    another = {"number": "2", "number_key": "2", "status": ApplicationStatus.archived}
    refused(child, **another, privilege=None, privilege_until=date(2026, 5, 1))
    copy(child, **another, privilege_until=date(2026, 5, 1))


def test_the_birth_on_an_application_is_the_childs_and_follows_it(app):
    child = application(district())
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(update(Application).where(Application.id == child.id).values(birth_year=2020))
    child.child.born_on = date(2021, 1, 2)
    db.session.flush()
    db.session.expire_all()
    assert (child.born_on, child.birth_year) == (date(2021, 1, 2), 2021)


def test_who_asks_that_an_application_come_back_never_decides(chosen):
    first, second = users(2)
    chosen.status = ApplicationStatus.archived
    db.session.flush()
    asked = proposals.ask(chosen, "reinstate", by=DEPARTMENT, at=START, reason="a mistake")
    asked.asked_by_id = first
    db.session.flush()
    refused(asked)  # one open at a time
    decided = {"approved": True, "decided_at": START}
    refused(asked, **decided, decided_by_id=first)
    refused(asked, approved=None, decided_at=START)
    refused(asked, approved=True, decided_at=None)
    copy(asked, **decided, decided_by_id=second)
    assert db.session.scalar(db.select(db.func.count(Proposal.id))) == 2


COUNTER = [(role, verb) for role in ("department", "specialist", "operator") for verb in VERBS[Application]]


@pytest.mark.parametrize(("role", "verb"), COUNTER)
def test_an_act_for_a_family_at_the_counter_has_the_day_of_its_paper(chosen, role, verb):
    done = db.session.scalars(db.select(Change).where(Change.subject == "application", Change.verb == "choose")).one()
    by = Actor(Role(role))
    if by.stands_for_family(VERBS[Application][verb]):
        refused(done, role=role, verb=verb, paper_on=None)
    else:
        copy(done, role=role, verb=verb, paper_on=None)
    copy(done, role=role, verb=verb, for_family=True, paper_on=START.date())
    refused(done, role=role, verb=verb, for_family=True, paper_on=None)


def test_an_act_of_a_family_says_how_it_had_entered(chosen):
    done = db.session.scalars(db.select(Change).where(Change.subject == "application", Change.verb == "choose")).one()
    assert done.role == "family" and done.paper_on is not None
    refused(done, paper_on=None)
    for sign_in in SignedInBy:
        copy(done, paper_on=None, sign_in=sign_in)


def test_an_absence_ends_after_it_starts_and_lends_one_place(chosen):
    stay = Enrolment(
        child_id=chosen.child_id,
        child_iin=chosen.child_iin,
        group_id=chosen.referrals[0].vacancy.group_id,
        started_on=START.date(),
    )
    places = vacancy(chosen.referrals[0].vacancy.group, ends_on=date(2026, 4, 30), publish=False)
    db.session.add(stay)
    db.session.flush()
    days = {"from_on": date(2026, 4, 9), "until": date(2026, 4, 30), "reason": "sanatorium"}
    away = Absence(enrolment_id=stay.id, vacancy_id=places.id, **days)
    db.session.add(away)
    db.session.flush()
    refused(away, until=date(2026, 4, 8))
    lent = {"group_id": places.group_id, "vacancy_id": places.id, "intake": Intake.temporary}
    seat = Seat(absence_id=away.id, **lent)
    db.session.add(seat)
    db.session.flush()
    refused(seat)
    refused(seat, absence_id=None)
    copy(seat, absence_id=None, retired_at=START)


def test_only_a_temporary_vacancy_begins_and_a_published_one_has_its_first_day(chosen):
    draft = vacancy(chosen.referrals[0].vacancy.group, ends_on=date(2026, 4, 30), publish=False)
    refused(draft, begins_on=date(2026, 5, 1))
    refused(draft, status=VacancyStatus.published)
    refused(draft, intake=Intake.general, begins_on=date(2026, 4, 1), ends_on=None)
    copy(draft, status=VacancyStatus.published, begins_on=date(2026, 4, 30))


def test_a_day_has_one_draft_and_any_number_of_approved_rows(app):
    draft = DayOff(day=date(2027, 5, 5), name="test")
    db.session.add(draft)
    db.session.flush()
    refused(draft)
    copy(draft, approved_at=START)
    copy(draft, approved_at=START, working=True)
