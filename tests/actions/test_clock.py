"""Spec 3.1: what the clock cannot count waits, is shown to the department, and is tried again; all else goes on."""

from datetime import date

import pytest

from app.access.actors import CLOCK
from app.actions import clock, moving, referrals, vouchers
from app.db.extensions import db
from app.models import Application, ApplicationStatus, Audience, DayOff, Enrolment, Notice, Round, Unit, Voucher
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
    kindergarten,
    norm,
    role,
    vacancy,
)


def told_department(of: Application) -> list[str]:
    found = db.select(Notice.template).where(Notice.application_id == of.id, Notice.audience == Audience.department)
    return list(db.session.scalars(found))


def new_year(*days: str) -> None:
    """The officials fill in 2032."""
    db.session.add_all(DayOff(day=date.fromisoformat(day), name="test", approved_at=START) for day in days)
    db.session.flush()


def test_a_lapse_that_waited_for_the_calendar_keeps_its_own_day(app):
    place = district()
    norm("voucher.stop_list", "3", Unit.WD, place)
    vacancy(group(kindergarten(place), years=(2027, 2028), capacity=3), places=2)
    waits = application(place, date(2027, 9, 17), at("2031-12-01T09:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2031-12-26T10:00"))
    assert waits.vouchers[0].confirm_by == date(2031, 12, 30)
    for moment in ("2031-12-31T00:10", "2032-01-01T00:10", "2032-01-02T00:10"):
        clock.run(at=at(moment), place_id=place.id)
    assert waits.status is ApplicationStatus.confirming
    assert told_department(waits) == ["no_calendar"]  # once, however often it is tried
    new_year("2032-01-01", "2032-01-02")
    clock.run(at=at("2032-01-05T00:10"), place_id=place.id)
    assert waits.status is ApplicationStatus.stop_listed
    listing = waits.stop_listings[0]
    assert (listing.from_on, listing.until) == (date(2031, 12, 31), date(2032, 1, 7))


def test_a_stay_whose_end_has_no_next_working_day_waits_and_others_leave(app):
    place = district()
    kids = group(kindergarten(place), years=(2027, 2027), capacity=2)
    vacancy(kids, places=2)
    stays = [vacancy(kids, ends_on=date(2031, 12, day)) for day in (30, 31)]
    children = [application(place, date(2027, 9, day), at("2031-12-01T09:00")) for day in (1, 2)]
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2031-12-22T10:00"))
    for child, stay in zip(children, stays, strict=True):
        vouchers.confirm(child, by=family(child), at=at("2031-12-22T11:00"))
        referrals.choose(child, stay, by=family(child), at=at("2031-12-22T12:00"))
    clock.run(at=at("2032-01-03T00:10"), place_id=place.id)
    named = Enrolment.application_id.is_not(None)
    ended = dict(db.session.execute(db.select(Enrolment.application_id, Enrolment.ended_on).where(named)).all())
    assert ended == {children[0].id: date(2031, 12, 30), children[1].id: None}
    assert told_department(children[1]) == ["no_calendar"]
    new_year("2032-01-01")
    clock.run(at=at("2032-01-03T00:20"), place_id=place.id)
    assert db.session.scalars(db.select(Enrolment).where(Enrolment.ended_on.is_(None), named)).first() is None


def test_a_round_of_the_clock_without_calendar_waits_and_is_shown_to_the_department(app):
    place = district()
    norm("rounds", "clock", Unit.CHOICE, place)
    vacancy(group(kindergarten(place), years=(2027, 2027)))
    first = application(place, date(2027, 9, 17), at("2031-12-01T09:00"))
    application(place, date(2027, 9, 18), at("2031-12-01T09:01"))
    for moment in ("2032-01-02T00:10", "2032-01-02T12:10"):
        clock.run(at=at(moment), place_id=place.id)
    assert (first.status, told_department(first)) == (ApplicationStatus.queued, ["no_calendar"])
    assert db.session.scalars(db.select(Round)).first() is None
    new_year("2032-01-01")
    clock.run(at=at("2032-01-02T12:20"), place_id=place.id)
    assert first.status is ApplicationStatus.confirming


def test_a_number_that_nobody_entered_stops_the_clock_by_name(app):
    place = district()
    with pytest.raises(Refusal) as refused:
        clock.run(at=at("2015-12-31T10:00"), place_id=place.id)
    assert refused.value.reason is Reason.no_norm


def test_the_clock_goes_through_every_district_in_one_order(app):
    first, second = district(), district("Степногорск қаласы")
    assert clock.districts() == [first.id, second.id]


def test_many_lapse_in_one_statement_and_none_of_another_district(app):
    here, there = district(), district("Степногорск қаласы")
    children = []
    for place in (here, there):
        vacancy(group(kindergarten(place), capacity=4), places=3)
        children += [application(place, queued_at=at("2026-04-07T10:00")) for _ in range(3)]
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    clock.run(at=at("2026-04-13T10:00"), place_id=here.id)
    assert [child.status for child in children] == [ApplicationStatus.stop_listed] * 3 + [
        ApplicationStatus.confirming
    ] * 3


def test_a_verb_that_starts_from_several_statuses_needs_its_reason_when_it_moves_many(app):
    nobody = db.select(Application.id).where(Application.id < 0)
    facts = {"at": at("2026-04-08T10:00"), "on": date(2026, 4, 8), "place_id": district().id}
    with pytest.raises(ValueError, match="name the reason"):
        moving.move_all(Application, nobody, "archive", by=CLOCK, **facts)
    with pytest.raises(Refusal, match="not_allowed"):
        moving.move_all(Voucher, nobody, "lapse", by=role(Role.department), **facts)
    with pytest.raises(Refusal, match="not_allowed"):
        official = role(Role.specialist, place_ids=frozenset({-1}))
        moving.move_all(Application, nobody, "archive", by=official, reason="x", **facts)
