"""Seed 001 from a published place to the child out again on the next working day (spec 3.4, 3.6)."""

from datetime import date

from app.actions import clock, contracts, enrolments, referrals, vouchers
from app.db.extensions import db
from app.models import ApplicationStatus, Change, VoucherStatus
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, vacancy


def test_a_temporary_place_as_in_the_akmola_kz_manual(app):
    place = district()
    arman = kindergarten(place)
    russian = group(arman, capacity=25, occupied=24)
    vacancy(russian)
    temporary = vacancy(russian, ends_on=date(2026, 4, 30))
    child = application(place, queued_at=at("2026-04-07T11:21:08"), number="ОДО.2026.248")

    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    assert (held.served, held.passed) == (1, 0)
    assert child.status is ApplicationStatus.confirming
    vouchers.confirm(child, by=family(child), at=at("2026-04-09T18:00"))
    assert child.vouchers[0].choose_by == date(2026, 4, 16)
    referrals.choose(child, temporary, by=family(child), at=at("2026-04-10T12:00"))
    assert child.status is ApplicationStatus.queued

    for moment in ("2026-04-30T23:59", "2026-05-03T12:00"):
        clock.run(at=at(moment), place_id=place.id)
        assert child.vouchers[0].status is VoucherStatus.confirmed
    clock.run(at=at("2026-05-04T00:10"), place_id=place.id)
    assert child.vouchers[0].status is VoucherStatus.annulled
    assert child.status is ApplicationStatus.queued
    expelled = db.session.scalars(db.select(Change).where(Change.verb == "expel")).one()
    assert expelled.effective_on == date(2026, 5, 4)


def test_a_permanent_place_is_chosen_signed_by_both_and_entered(app):
    place = district()
    arman = kindergarten(place)
    general = vacancy(group(arman))
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-04-09T18:00"))
    referrals.choose(child, general, by=family(child), at=at("2026-04-10T12:00"))
    contracts.sign(child, by=head(arman), at=at("2026-04-10T13:00"))
    contracts.sign(child, by=family(child), at=at("2026-04-10T14:00"))
    assert child.vouchers[0].status is VoucherStatus.used
    enrolments.enrol(child, by=head(arman), at=at("2026-04-13T09:00"))
    assert child.status is ApplicationStatus.enrolled


def test_a_late_clock_leaves_the_days_as_they_were_due(app):
    place = district()
    vacancy(group(kindergarten(place)))
    child = application(place, queued_at=at("2026-03-18T10:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-03-19T10:00"))
    assert child.vouchers[0].confirm_by == date(2026, 3, 26)
    clock.run(at=at("2026-05-30T10:00"), place_id=place.id)
    listing = child.stop_listings[0]
    assert (listing.from_on, listing.until) == (date(2026, 3, 27), date(2026, 4, 24))
    assert child.status is ApplicationStatus.archived
    days = {
        c.verb: c.effective_on for c in db.session.scalars(db.select(Change).where(Change.subject == "application"))
    }
    assert (days["lapse"], days["archive"]) == (date(2026, 3, 27), date(2026, 4, 25))
