"""Spec 3.6: who is away lends its place, and on no day are more children expected in a group than it has places."""

from datetime import date

import pytest

from app.actions import (
    absences,
    applications,
    clock,
    contracts,
    enrolments,
    possible,
    records,
    referrals,
    vacancies,
    vouchers,
)
from app.actions.people import Person
from app.db.extensions import db
from app.models import (
    Application,
    Change,
    Enrolment,
    Holding,
    Intake,
    KgGroup,
    KindergartenKind,
    Place,
    QueueKind,
    Seat,
    Vacancy,
)
from app.rules.refusals import Reason, Refusal
from app.rules.seats import free_seats
from tests.factories import DEPARTMENT, START, application, at, district, family, group, head, kindergarten, vacancy

BORN = date(2022, 9, 17)


def chosen(place: Place, of: Vacancy, when: str) -> Application:
    """A new child with a voucher chooses a place of a vacancy."""
    child = application(place, BORN, START)
    vouchers.issue_out_of_turn(child, by=DEPARTMENT, at=at(when), reason="test")
    vouchers.confirm(child, by=family(child), at=at(when))
    referrals.choose(child, of, by=family(child), at=at(when))
    return child


def enter(child: Application, when: str) -> None:
    """Both sign, and the head takes the child in."""
    there = head(child.referrals[-1].vacancy.group.kindergarten)
    contracts.sign(child, by=family(child), at=at(when))
    contracts.sign(child, by=there, at=at(when))
    enrolments.enrol(child, by=there, at=at(when))


def lent(child: Application, first: date, until: date, when: str) -> Vacancy:
    """The child's absence is recorded, and its place published."""
    by = head(child.referrals[-1].vacancy.group.kindergarten)
    drafted = absences.absent(child, from_on=first, until=until, by=by, at=at(when), reason="санаторий").vacancy
    vacancies.publish(drafted, by=by, at=at(when))
    return drafted


def drafted(of: KgGroup, places: int) -> Vacancy:
    """Temporary places that no absence drafted."""
    draft = Vacancy(group=of, places=places, intake=Intake.temporary, ends_on=date(2026, 4, 30))
    records.create(draft, by=DEPARTMENT, at=START)
    return draft


def refused(act, *args, **facts) -> Reason:
    with pytest.raises(Refusal) as refusal:
        act(*args, **facts)
    return refusal.value.reason


@pytest.fixture
def town(app) -> tuple[Place, Vacancy, Vacancy]:
    """A kindergarten of one place and another of three, published."""
    place = district()
    one = vacancy(group(kindergarten(place), capacity=1))
    others = vacancy(group(kindergarten(place, "Мадина"), capacity=3), places=3)
    return place, one, others


@pytest.fixture
def owner(town) -> Application:
    """Enrolled in the kindergarten of one place."""
    child = chosen(town[0], town[1], "2026-04-02T09:00")
    enter(child, "2026-04-02T10:00")
    return child


def kinds(of: KgGroup) -> list[str]:
    """How the places of a group are held, in their order."""
    held = db.select(Holding.kind).join(Holding.seat).where(Holding.ended_at.is_(None), Seat.group_id == of.id)
    return [str(kind) for kind in db.session.scalars(held.order_by(Holding.id))]


def free(of: Vacancy) -> int:
    return len(db.session.scalars(free_seats(of.id)).all())


def test_a_place_left_while_it_is_lent_is_nobodys_before_the_day_after_the_stay(town, owner):
    place, one, _others = town
    chosen(place, lent(owner, date(2026, 4, 13), date(2026, 4, 30), "2026-04-03T09:00"), "2026-04-03T10:00")
    enrolments.leave(owner, by=head(one.group.kindergarten), at=at("2026-04-06T09:00"))
    for when in ("2026-04-06T10:00", "2026-04-30T23:59"):
        clock.run(at=at(when), place_id=place.id)
        assert (kinds(one.group), free(one)) == (["lent", "stay"], 0)
    clock.run(at=at("2026-05-01T00:10"), place_id=place.id)  # a holiday: the stay ends on the next working day
    assert (kinds(one.group), free(one)) == (["stay"], 1)
    given_back = db.session.scalars(db.select(Change).where(Change.verb == "give_back")).one()
    assert given_back.effective_on == date(2026, 5, 1)


def test_a_place_left_for_another_kindergarten_is_nobodys_either(town):
    place, one, others = town
    owner = chosen(place, one, "2026-04-02T09:00")
    child, parent = owner.child, owner.applicant
    queued = applications.register(
        place_id=place.id,
        child=Person(child.iin, last_name=child.last_name, first_name=child.first_name),
        applicant=Person(parent.iin, last_name=parent.last_name, first_name=parent.first_name),
        by=DEPARTMENT,
        at=at("2026-04-02T09:30"),
        queue_kind=QueueKind.special,
    )
    enter(owner, "2026-04-02T10:00")
    guest = chosen(place, lent(owner, date(2026, 4, 13), date(2026, 4, 30), "2026-04-03T09:00"), "2026-04-03T10:00")
    special = vacancy(group(kindergarten(place, "Мейірім", kind=KindergartenKind.special)))
    again = queued
    vouchers.issue_out_of_turn(again, by=DEPARTMENT, at=at("2026-04-06T10:00"), reason="test")
    vouchers.confirm(again, by=family(again), at=at("2026-04-06T10:00"))
    referrals.choose(again, special, by=family(again), at=at("2026-04-06T10:00"))
    enter(again, "2026-04-07T09:00")
    assert (kinds(one.group), free(one)) == (["lent", "stay"], 0)
    vouchers.issue_out_of_turn(guest, by=DEPARTMENT, at=at("2026-04-08T09:00"), reason="test")
    vouchers.confirm(guest, by=family(guest), at=at("2026-04-08T09:00"))
    referrals.choose(guest, others, by=family(guest), at=at("2026-04-08T09:00"))
    enter(guest, "2026-04-09T09:00")  # the stay is given up before its first day
    assert (kinds(one.group), free(one)) == ([], 1)


def test_a_child_known_by_number_alone_keeps_its_place_lent_too(town):
    place, _one, others = town
    kids = group(others.group.kindergarten, capacity=1, occupied=1)
    temporary = drafted(kids, 1)
    vacancies.publish(temporary, by=DEPARTMENT, at=at("2026-04-02T09:00"))
    chosen(place, temporary, "2026-04-02T10:00")
    records.vacate(kids, 1, by=DEPARTMENT, at=at("2026-04-03T09:00"))
    assert kinds(kids) == ["lent", "stay"]
    cut = {"capacity": 0}
    assert refused(records.change, kids, cut, by=DEPARTMENT, at=at("2026-04-30T12:00")) is Reason.no_free_place
    records.change(kids, cut, by=DEPARTMENT, at=at("2026-05-01T12:00"))  # no clock has run


def test_no_more_temporary_places_are_published_than_children_are_away(town):
    kids = group(town[1].group.kindergarten, capacity=3, occupied=2)
    three, two, again = (drafted(kids, places) for places in (3, 2, 2))
    day = at("2026-04-02T09:00")
    assert refused(vacancies.publish, three, by=DEPARTMENT, at=day) is Reason.no_free_place
    vacancies.publish(two, by=DEPARTMENT, at=day)
    assert (free(two), two.begins_on) == (2, date(2026, 4, 2))
    assert refused(vacancies.publish, again, by=DEPARTMENT, at=day) is Reason.no_free_place
    vacancies.close(two, by=DEPARTMENT, at=day)  # they were away for these places alone
    vacancies.publish(again, by=DEPARTMENT, at=day)
    assert free(again) == 2


def test_a_stay_begins_with_its_place_and_after_whoever_was_there_that_day(town, owner):
    place, _one, others = town
    temporary = lent(owner, date(2026, 4, 13), date(2026, 4, 30), "2026-04-03T09:00")
    first = chosen(place, temporary, "2026-04-03T10:00")
    stay = db.session.scalars(db.select(Enrolment).where(Enrolment.application_id == first.id)).one()
    assert (stay.started_on, first.referrals[-1].begins_on) == (date(2026, 4, 13), date(2026, 4, 13))
    vouchers.issue_out_of_turn(first, by=DEPARTMENT, at=at("2026-04-14T09:00"), reason="test")
    vouchers.confirm(first, by=family(first), at=at("2026-04-14T09:00"))
    other = vacancy(others.group, ends_on=date(2026, 5, 29))
    referrals.choose(first, other, by=family(first), at=at("2026-04-15T09:00"))  # its last day there
    second = chosen(place, temporary, "2026-04-15T10:00")
    assert stay.ended_on == date(2026, 4, 15)
    assert second.referrals[-1].begins_on == date(2026, 4, 16)


def test_what_an_absence_drafted_follows_the_absence_alone(owner):
    by = head(owner.referrals[-1].vacancy.group.kindergarten)
    days = {"from_on": date(2026, 4, 13), "until": date(2026, 4, 30)}
    drafted = absences.absent(owner, **days, by=by, at=at("2026-04-03T09:00"), reason="санаторий").vacancy
    later = {"ends_on": date(2026, 5, 29)}
    assert refused(records.change, drafted, later, by=by, at=at("2026-04-03T10:00")) is Reason.wrong_status
    assert refused(records.change, drafted, {"places": 60}, by=by, at=at("2026-04-03T10:00")) is Reason.wrong_status
    assert refused(records.remove, drafted, by=by, at=at("2026-04-03T10:00")) is Reason.wrong_status


def test_a_page_offers_a_return_only_where_it_would_be_taken(town, owner):
    place, one, _others = town
    by, when = head(one.group.kindergarten), at("2026-04-03T10:00")
    assert "return" not in possible.verbs(owner, by=by, at=when)
    temporary = lent(owner, date(2026, 4, 13), date(2026, 4, 30), "2026-04-03T09:00")
    assert "return" in possible.verbs(owner, by=by, at=when)
    chosen(place, temporary, "2026-04-03T10:00")
    assert "return" not in possible.verbs(owner, by=by, at=when)
    assert refused(absences.come_back, owner, by=by, at=when) is Reason.place_is_lent
