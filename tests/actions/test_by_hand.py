"""Spec 3.8: what changes an order by hand is seen, in the list of rounds and by every child that it passed."""

from datetime import date

import pytest

from app.actions import applications, by_hand, explanations, numbers, privileges, takeover, vouchers
from app.actions.entries import Entry
from app.actions.people import Person
from app.db.database import transaction
from app.db.extensions import db
from app.models import Change, PrivilegeKind, Round, Sex, Voucher
from app.rules import iin
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, vacancy

FIRST, OUT = PrivilegeKind.first_order, PrivilegeKind.out_of_turn
OLD = date(2022, 9, 17)
ON = at("2026-04-10T10:00")
LATER = date(2026, 4, 30)


def line(procedure="voucher", *kinds, places=9):
    """A district where one child after another was put into the queue, an hour apart."""
    place = district(procedure=procedure)
    vacancy(group(kindergarten(place), capacity=places), places=places)
    return place, [application(place, OLD, at(f"2026-04-02T{9 + n:02}:00"), kind) for n, kind in enumerate(kinds)]


def acts() -> list[Round]:
    return list(db.session.scalars(db.select(Round).where(Round.by_hand.is_not(None)).order_by(Round.id)))


def passed(*children) -> list[list[str]]:
    return [[one.by_hand for one in by_hand.that_passed(child, LATER)] for child in children]


def test_a_voucher_out_of_turn_stands_among_the_rounds_with_its_reason_and_is_a_verb_of_its_own(app):
    with transaction():
        _place, children = line("voucher", None, FIRST, None, None)
        vouchers.issue_out_of_turn(children[2], by=DEPARTMENT, at=ON, reason="төтенше жағдай")
    (held,) = acts()
    told = (held.by_hand, held.application_id, held.reason, held.served, held.passed)
    assert told == ("issue_out_of_turn", children[2].id, "төтенше жағдай", 1, 2)
    assert db.session.scalars(db.select(Voucher.round_id)).one() == held.id
    verbs = db.session.scalars(
        db.select(Change.verb).where(Change.subject.in_(("application", "voucher")), Change.at == ON)
    )
    assert list(verbs) == ["issue_out_of_turn"] * 2


def test_every_child_that_stood_before_it_reads_of_a_voucher_out_of_turn_and_nobody_else(app):
    with transaction():
        place, children = line("voucher", None, FIRST, None, None)
        young = application(place, date(2024, 3, 1), at("2026-04-02T08:00"))  # earlier, in a later category
        other = application(place, date(2025, 12, 1), at("2026-04-02T08:00"))  # too young for any
        vouchers.issue_out_of_turn(children[2], by=DEPARTMENT, at=ON, reason="төтенше жағдай")
        late = application(place, OLD, at("2026-04-11T09:00"))
    out = ["issue_out_of_turn"]
    assert passed(*children, young, other, late) == [out, out, [], [], [], [], []]
    assert list(by_hand.that_passed(children[0], date(2026, 4, 9))) == []  # not on a day before it


@pytest.mark.parametrize("procedure", ["voucher", "referral"])
def test_a_return_with_the_old_day_passes_those_who_stand_behind_it_now(app, procedure):
    with transaction():
        _place, (first, back, third, privileged) = line(procedure, None, None, None, FIRST)
        applications.archive(back, by=DEPARTMENT, at=at("2026-04-05T10:00"), reason="көшті")
        applications.reinstate(back, by=DEPARTMENT, at=ON, reason="қате")
    assert passed(first, back, third, privileged) == [[], [], ["reinstate"], []]
    assert acts()[0].passed == 1


def test_a_return_whose_turns_push_a_child_of_the_other_side_is_seen_by_it(app):
    """By ratio three general children are served between two privileged ones: the second of these is pushed back."""
    with transaction():
        _place, (back, *others) = line("referral", None, FIRST, FIRST, None, None)
        applications.archive(back, by=DEPARTMENT, at=at("2026-04-05T10:00"), reason="көшті")
        applications.reinstate(back, by=DEPARTMENT, at=ON, reason="қате")
    assert [numbers.of(one, ON.date()).value for one in (others[0], back, *others[2:], others[1])] == [1, 2, 3, 4, 5]
    assert passed(*others) == [[], ["reinstate"], ["reinstate"], ["reinstate"]]


def entry(of, **more) -> Entry:
    child, applicant = of.child, of.applicant
    return Entry(
        number=of.number,
        child=Person(child.iin, born_on=child.born_on),
        applicant=Person(applicant.iin),
        **{"queued_at": of.queued_at, "reason": "тізім бойынша", **more},
    )


def test_another_day_in_the_queue_is_seen_and_leaves_every_past_number_as_it_was(app):
    with transaction():
        place, (first, second, third) = line("voucher", None, None, None)
    shown = [explanations.number_on(one, date(2026, 4, 5), date(2026, 4, 10)).value for one in (first, second, third)]
    with transaction():
        takeover.take_over([entry(third, queued_at=at("2026-03-01T09:00"))], place_id=place.id, by=DEPARTMENT, at=ON)
    assert passed(first, second, third) == [["change"], ["change"], []]
    (held,) = acts()
    assert (held.reason, held.passed, held.queued_before) == ("тізім бойынша", 2, at("2026-04-02T11:00"))
    then = [explanations.number_on(one, date(2026, 4, 5), LATER).value for one in (first, second, third)]
    now = [numbers.of(one, date(2026, 4, 10)).value for one in (first, second, third)]
    assert (shown, then, now) == ([1, 2, 3], [1, 2, 3], [2, 3, 1])


def test_a_later_day_in_the_queue_passes_nobody_and_is_on_record(app):
    with transaction():
        place, (first, second) = line("voucher", None, None)
        takeover.take_over([entry(first, queued_at=at("2026-04-03T09:00"))], place_id=place.id, by=DEPARTMENT, at=ON)
    assert passed(first, second) == [[], []]
    assert [(held.by_hand, held.passed) for held in acts()] == [("change", 0)]


def person(serial: int, born: date = OLD, sex: Sex = Sex.female) -> Person:
    return Person(iin.make(born, sex, serial), born_on=born, last_name="Тізім", first_name=f"Бала {serial}")


@pytest.mark.parametrize("procedure", ["voucher", "referral"])
def test_a_list_that_is_taken_over_is_one_act_seen_by_those_behind_its_first_one(app, procedure):
    with transaction():
        place, (first, second) = line(procedure, None, None)
        listed = [
            Entry(f"ОДО.2026.{n}", person(6000 + n), person(6100 + n, date(1990, 1, 2)), at(f"2026-04-02T09:3{n}"))
            for n in range(3)
        ]
        takeover.take_over(listed, place_id=place.id, by=DEPARTMENT, at=ON)
    assert passed(first, second) == [[], ["take_over"]]
    assert [(held.by_hand, held.application_id, held.passed) for held in acts()] == [("take_over", None, 1)]


def test_a_list_that_comes_behind_all_or_into_an_empty_queue_passed_nobody(app):
    with transaction():
        place = district()
        lists = [[("2026-04-01T09:00", 1), ("2026-04-01T10:00", 2)], [("2026-04-03T10:00", 3)]]
        for rows in lists:
            entries = [
                Entry(f"ОДО.2026.{n}", person(6000 + n), person(6100 + n, date(1990, 1, 2)), at(moment))
                for moment, n in rows
            ]
            takeover.take_over(entries, place_id=place.id, by=DEPARTMENT, at=ON)
    assert acts() == []


def test_an_application_that_is_put_in_with_an_older_day_is_seen_by_those_behind_it(app):
    with transaction():
        place, (first, second) = line("voucher", None, None)
        applications.register(
            place_id=place.id,
            child=person(6200),
            applicant=person(6201, date(1990, 1, 2)),
            by=DEPARTMENT,
            at=ON,
            queued_at=at("2026-04-02T09:30"),
        )
        application(place, OLD, at("2026-04-11T09:00"))  # of today, behind all
    assert passed(first, second) == [[], ["register"]]


def claimed(child, kind=FIRST):
    privileges.claim(child, kind, by=family(child), at=at("2026-04-09T10:00"))
    privileges.confirm(child, by=DEPARTMENT, at=ON)


def test_a_privilege_that_is_confirmed_after_a_round_is_seen_by_those_that_it_passes(app):
    with transaction():
        place, (first, second) = line("voucher", None, None, places=1)
        third = application(place, OLD, at("2026-04-02T12:00"))
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-05T10:00"))
        claimed(third)
    assert first.status == "confirming"
    assert passed(second, third) == [["confirm_privilege"], []]


def test_a_privilege_before_anything_was_announced_is_the_order_itself(app):
    with transaction():
        place = district()
        children = [application(place, OLD, at(f"2026-04-02T{9 + n:02}:00")) for n in range(2)]
        claimed(children[1])
    assert (acts(), passed(*children)) == ([], [[], []])


def test_no_act_names_the_child_that_it_was_for_to_those_that_it_passed(app):
    with transaction():
        _place, children = line("voucher", None, None)
        vouchers.issue_out_of_turn(children[1], by=DEPARTMENT, at=ON, reason="төтенше жағдай")
    (held,) = by_hand.that_passed(children[0], LATER)
    assert str(children[1].child.iin) not in str(held.stood)
