"""Spec 3.8, Corrections: what was typed wrong is put right with a reason; the queue is told, the past stays."""

from datetime import date

import pytest

from app.actions import corrections, enrolments, explanations, offers, people, referrals, vouchers
from app.actions.applications import register
from app.actions.people import Person
from app.db.extensions import db
from app.models import Applicant, Change, Child, Notice, QueueKind, Sex, Unit
from app.rules import iin
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from tests import factories
from tests.factories import DEPARTMENT, START, at

NOW = at("2026-04-20T10:00")
RIGHT = date(2023, 9, 17)
WHY = "Туу туралы куәлік"


@pytest.fixture
def place(app):
    return factories.district()


def correct(application, who="child", by=DEPARTMENT, moment=NOW, reason=WHY, **facts):
    corrections.correct(application, who=who, by=by, at=moment, reason=reason, **facts)


def history(application):
    told = db.select(Change).where(Change.application_id == application.id, Change.verb == "correct")
    return db.session.scalars(told.order_by(Change.id)).all()


def refused(act):
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value.reason, refusal.value.facts


def number(application, day):
    told = explanations.number_on(application, day, NOW.date())
    return told and told.value


def test_all_facts_of_a_child_are_corrected_with_what_was_on_record(place):
    child = factories.application(place)
    was, new = child.child.iin, iin.make(RIGHT, Sex.female, 77)
    facts = {"born_on": RIGHT, "sex": Sex.female, "last_name": "Түзу", "first_name": "Қыз", "patronymic": "Ерқызы"}
    correct(child, iin=new, **facts)
    assert {name: getattr(child.child, name) for name in ("iin", *facts)} == {"iin": new, **facts}
    assert (child.born_on, child.birth_year, child.child_iin) == (RIGHT, 2023, new)
    (told,) = history(child)
    assert (told.reason, told.details["child.iin"]) == (WHY, [was, new])
    assert told.details["child.born_on"] == ["2022-09-17", "2023-09-17"]
    assert set(told.details) == {f"child.{name}" for name in ("iin", *facts)}


def test_the_queue_goes_by_the_new_birth_date_at_once_and_past_days_stay(place):
    first, second = (factories.application(place, queued_at=at(f"2026-04-0{n}T10:00")) for n in (1, 2))
    other = factories.application(place, RIGHT, queued_at=at("2026-04-03T10:00"))
    factories.norm("procedure", "referral", Unit.CHOICE, place, since=date(2021, 1, 1))
    days = [date(2026, 4, day) for day in (3, 10, 19)]
    before = {(one.id, day): number(one, day) for one in (first, second, other) for day in days}
    correct(first, born_on=RIGHT)
    assert {(one.id, day): number(one, day) for one in (first, second, other) for day in days} == before
    assert [number(one, NOW.date()) for one in (first, second, other)] != [
        before[one.id, days[-1]] for one in (first, second, other)
    ]
    assert explanations.of(first, days[-1], NOW.date()).number.value == before[first.id, days[-1]]


def test_two_applications_of_one_child_in_one_district_stay_one(place):
    one = factories.application(place)
    two = register(
        place_id=place.id,
        child=Person(one.child.iin),
        applicant=Person(one.applicant.iin),
        queue_kind=QueueKind.sanatorium,
        by=DEPARTMENT,
        at=START,
    )
    correct(two, born_on=RIGHT, first_name="Аты")
    assert (one.born_on, one.child.first_name, two.born_on) == (RIGHT, "Аты", RIGHT)
    assert [len(history(each)) for each in (one, two)] == [1, 1]


def test_another_district_keeps_what_it_has_recorded(place):
    one, there = factories.application(place), factories.district("Степногорск қаласы")
    other = register(
        place_id=there.id,
        child=Person(one.child.iin, last_name="Ойдан"),
        applicant=Person(one.applicant.iin, last_name="Ойдан"),
        queue_kind=QueueKind.special,
        by=DEPARTMENT,
        at=START,
    )
    correct(one, born_on=RIGHT, last_name="Басқа")
    correct(one, who="applicant", last_name="Басқа")
    db.session.expire_all()
    assert (other.born_on, other.child.last_name, other.applicant.last_name) == (date(2022, 9, 17), "Ойдан", "Ойдан")
    assert history(other) == [] and people.differs_elsewhere(one.child) and people.differs_elsewhere(other.child)


def test_a_reason_is_needed_and_who_may_is_department_and_specialist_of_the_district(place):
    child, far = factories.application(place), factories.district("Степногорск қаласы")
    for reason in (None, "", "  "):
        assert refused(lambda reason=reason: correct(child, reason=reason, last_name="Х"))[0] is Reason.reason_required
    reach = frozenset({place.id})
    for role in set(Role) - {Role.department, Role.specialist}:
        by = factories.role(role, place_ids=reach, application_id=child.id)
        assert refused(lambda by=by: correct(child, by=by, last_name="Х"))[0] is Reason.not_allowed, role
    away = factories.role(Role.specialist, place_ids=frozenset({far.id}))
    assert refused(lambda: correct(child, by=away, last_name="Х"))[0] is Reason.not_allowed
    correct(child, by=factories.role(Role.specialist, place_ids=reach), last_name="Х")
    assert child.child.last_name == "Х"


def test_what_is_not_named_stays_and_what_is_the_same_is_no_correction(place):
    child = factories.application(place)
    correct(child, last_name=child.child.last_name, iin=child.child.iin, born_on=child.born_on)
    assert history(child) == []
    correct(child, patronymic="Ерұлы")
    correct(child, patronymic="")
    assert child.child.full_name.startswith("Ойдан Бала") and child.child.patronymic == "" and len(history(child)) == 2


def test_an_iin_of_another_child_of_the_district_is_refused_with_its_applications_number(place):
    child, other = factories.application(place), factories.application(place, number="ОДО.2026.7")
    other.status = "archived"
    db.session.flush()
    reason, facts = refused(lambda: correct(child, iin=other.child.iin))
    assert (reason, facts["part"], facts["belongs_to"]) == (Reason.recorded_otherwise, "child", "ОДО.2026.7")


def test_an_iin_by_which_a_child_waits_elsewhere_is_refused_without_a_word_of_where(place):
    child, there = factories.application(place), factories.district("Степногорск қаласы")
    other = factories.application(there, number="СТ-1")
    reason, facts = refused(lambda: correct(child, iin=other.child.iin))
    assert (reason, facts) == (Reason.already_waiting, {"part": "child"})


def test_the_same_child_under_a_wrong_and_a_right_number_becomes_one(place):
    right = factories.application(place)
    right.status = "archived"
    wrong = register(
        place_id=place.id,
        child=Person(iin.make(right.born_on, Sex.male, 99), last_name="Ойдан", first_name=right.child.first_name),
        applicant=Person(right.applicant.iin),
        by=DEPARTMENT,
        at=START,
        reason="жаңа",
    )
    correct(wrong, iin=right.child_iin)
    assert wrong.child is right.child and db.session.scalar(db.select(db.func.count(Child.id))) == 1


@pytest.mark.parametrize("bad", ["220917500018", "1", "applicant"])
def test_a_number_that_cannot_be_is_refused(place, bad):
    child = factories.application(place)
    number_ = child.applicant.iin if bad == "applicant" else bad
    assert refused(lambda: correct(child, iin=number_))[0] is Reason.bad_iin


def test_the_other_parent_is_the_applicant_of_this_application_alone(place):
    one = factories.application(place)
    father, was = iin.make(date(1990, 1, 9), Sex.male, 5), one.applicant
    sibling = register(
        place_id=place.id,
        child=Person(iin.make(date(2023, 2, 3), Sex.male, 6), last_name="Ойдан", first_name="Іні"),
        applicant=Person(was.iin),
        by=DEPARTMENT,
        at=START,
    )
    correct(one, who="applicant", iin=father, last_name="Ойдан", first_name="Әке")
    assert (one.applicant.iin, one.applicant.first_name, sibling.applicant) == (father, "Әке", was)
    (told,) = history(one)
    assert told.details["applicant.iin"] == [was.iin, father] and history(sibling) == []
    correct(sibling, who="applicant", iin=father)
    assert sibling.applicant is one.applicant
    assert db.session.scalar(db.select(db.func.count(Applicant.id)).where(Applicant.iin == was.iin)) == 0


def test_a_live_right_that_the_corrected_facts_would_not_have_allowed_is_shown_not_taken(app):
    place = factories.district(procedure="referral")
    group = factories.group(factories.kindergarten(place))
    child = factories.application(place)
    offers.offer(factories.vacancy(group), by=DEPARTMENT, at=at("2026-04-17T10:00"))
    assert corrections.contrary(child) == []
    correct(child, born_on=RIGHT)
    assert corrections.contrary(child) == [corrections.Contrary("offer", group)]
    assert child.offers[0].status == "live" and child.status == "notified"
    told = db.session.scalars(db.select(Notice).where(Notice.template == "correct")).all()
    assert sorted(str(one.audience) for one in told) == ["department", "family"]


def test_a_child_that_the_correction_makes_too_old_leaves_the_queue_with_it(place):
    child = factories.application(place)
    days = [date(2026, 4, day) for day in (5, 19)]
    before = [number(child, day) for day in days]
    correct(child, born_on=date(2019, 9, 17))
    assert (child.status, number(child, NOW.date())) == ("archived", None)
    assert [number(child, day) for day in days] == before


@pytest.fixture
def holders(place):
    """Two children of 2022 whose vouchers are confirmed, with the two places for them, and a third one who waits."""
    group = factories.group(factories.kindergarten(place), capacity=2)
    vacancy = factories.vacancy(group, places=2)
    children = [factories.application(place, queued_at=at(f"2026-04-0{n}T10:00")) for n in (2, 3, 4)]
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-17T10:00"))
    for one in children[:2]:
        vouchers.confirm(one, by=factories.family(one), at=at("2026-04-17T12:00"))
    return vacancy, children


def choose(application, vacancy, moment="2026-04-20T11:00"):
    return referrals.choose(application, vacancy, by=factories.family(application), at=at(moment))


def test_a_voucher_without_a_place_for_the_corrected_year_holds_up_nobody(place, holders):
    vacancy, (moved, other, waits) = holders
    correct(moved, born_on=RIGHT)
    assert corrections.contrary(moved) == [corrections.Contrary("seat")]
    assert (moved.status, moved.vouchers[0].status) == ("voucher_issued", "confirmed")
    assert vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-20T10:30")).served == 1
    assert (waits.status, choose(other, vacancy).status) == ("confirming", "issued")
    told = db.session.scalars(db.select(Notice).where(Notice.template == "correct")).all()
    assert sorted(str(one.audience) for one in told) == ["department", "family"]


def test_a_place_of_the_corrected_year_is_kept_for_the_voucher_and_it_takes_nobody_elses(place, holders):
    vacancy, (moved, other, _waits) = holders
    correct(moved, born_on=RIGHT)
    mixed = factories.group(vacancy.group.kindergarten, years=(2022, 2023), capacity=1)
    only = factories.vacancy(mixed, places=1)
    assert corrections.contrary(moved) == []
    late = factories.application(place, RIGHT, queued_at=at("2026-04-05T10:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-20T10:30"))
    assert late.status == "queued"
    assert refused(lambda: choose(other, only))[0] is Reason.no_free_place
    assert choose(moved, only).status == "issued"


def test_whoever_came_by_a_correction_takes_no_seat_that_another_voucher_needs(place):
    kindergarten = factories.kindergarten(place)
    own, mixed = factories.group(kindergarten, capacity=1), factories.group(kindergarten, (2023, 2024), capacity=1)
    factories.vacancy(own, places=1)
    last = factories.vacancy(mixed, places=1)
    moved, other = factories.application(place), factories.application(place, date(2024, 2, 17))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-17T10:00"))
    for one in (moved, other):
        vouchers.confirm(one, by=factories.family(one), at=at("2026-04-17T12:00"))
    correct(moved, born_on=RIGHT)
    assert refused(lambda: choose(moved, last))[0] is Reason.no_free_place
    assert choose(other, last).status == "issued"


def test_of_two_vouchers_that_were_corrected_the_earlier_application_has_the_one_place(place, holders):
    vacancy, (first, second, _waits) = holders
    only = factories.vacancy(factories.group(vacancy.group.kindergarten, years=(2023, 2023), capacity=1), places=1)
    for one in (second, first):
        correct(one, born_on=RIGHT)
    assert [corrections.contrary(one) for one in (first, second)] == [[], [corrections.Contrary("seat")]]
    assert refused(lambda: choose(second, only))[0] is Reason.no_free_place
    assert choose(first, only).status == "issued"


def test_a_voucher_for_which_the_child_was_too_young_or_too_old_is_shown(place, holders):
    _vacancy, (one, other, _waits) = holders
    correct(one, born_on=date(2025, 9, 17))
    correct(other, born_on=date(2019, 9, 17))
    for child in (one, other):
        assert corrections.contrary(child) == [corrections.Contrary("voucher"), corrections.Contrary("seat")]
        assert child.vouchers[0].status == "confirmed"


@pytest.mark.parametrize("kept", ["referral", "enrolment"])
def test_a_place_is_kept_and_used_though_the_child_was_too_young_for_it(app, kept):
    """The group serves the year, and on the day of choice the child was younger than two."""
    place = factories.district(procedure="referral")
    kindergarten = factories.kindergarten(place)
    group = factories.group(kindergarten, (2022, 2024), capacity=3)
    vacancy, child = factories.vacancy(group), factories.application(place)
    offers.offer(vacancy, by=DEPARTMENT, at=at("2026-04-17T10:00"))
    choose(child, vacancy, "2026-04-17T12:00")
    correct(child, born_on=date(2024, 9, 17))
    assert corrections.contrary(child) == [corrections.Contrary("referral", group)]
    enrolments.enrol(child, by=factories.head(kindergarten), at=at("2026-04-20T12:00"))
    if kept == "enrolment":
        correct(child, born_on=RIGHT, moment=at("2026-04-20T13:00"))
        assert corrections.contrary(child) == []
        correct(child, born_on=date(2021, 9, 17), moment=at("2026-04-20T14:00"))
        assert corrections.contrary(child) == [corrections.Contrary("enrolment", group)]
    assert child.status == "enrolled"


def test_how_each_application_of_the_child_stands_is_told_before_and_after(place):
    first, second = (factories.application(place, queued_at=at(f"2026-04-0{n}T10:00")) for n in (1, 2))
    before = corrections.standing(second, at=NOW)
    correct(first, born_on=RIGHT)
    correct(second, born_on=date(2019, 9, 17))
    after = corrections.standing(second, at=NOW)
    assert [(one[second.id].number, one[second.id].status) for one in (before, after)] == [
        (2, "queued"),
        (None, "archived"),
    ]


def test_the_other_parent_of_a_child_with_two_applications_is_the_applicant_of_the_one_that_is_corrected(place):
    one = factories.application(place)
    was, said = one.applicant, Person(iin.make(date(1990, 1, 9), Sex.male, 5), last_name="Ойдан", first_name="Әке")
    two = register(
        place_id=place.id,
        child=Person(one.child.iin),
        applicant=Person(was.iin),
        queue_kind=QueueKind.sanatorium,
        by=DEPARTMENT,
        at=START,
    )
    assert corrections.with_this_applicant(one) == [two]
    correct(one, who="applicant", iin=said.iin, last_name=said.last_name, first_name=said.first_name)
    assert (one.applicant.iin, two.applicant, one.child) == (said.iin, was, two.child)
    assert [len(history(each)) for each in (one, two)] == [1, 0] and corrections.with_this_applicant(one) == []
    correct(two, who="applicant", first_name="Әже")
    assert (two.applicant.first_name, one.applicant.first_name) == ("Әже", "Әке")
    correct(two, who="applicant", iin=said.iin, first_name="Әке")
    assert two.applicant is one.applicant and [len(history(each)) for each in (one, two)] == [1, 2]
