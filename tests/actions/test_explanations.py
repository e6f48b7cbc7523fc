"""Spec 1.1-1.2, 3.3: why a number is what it is, today and on any past day; whether a round followed the order."""

from datetime import date, timedelta

import pytest

from app.actions import applications, clock, explanations, numbers, offers, privileges, referrals, rounds, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import ApplicationStatus, PrivilegeKind, Side, Voucher
from app.rules.calendar import local_day
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, vacancy

FIRST, OUT = PrivilegeKind.first_order, PrivilegeKind.out_of_turn
TODAY = date(2026, 4, 20)
KINDS = {"g1": None, "g2": None, "p1": FIRST, "g3": None, "o1": OUT, "g4": None, "p2": FIRST}


@pytest.fixture
def waiting(app):
    """A referral district where seven children of 2022 wait, one an hour later than the other."""
    with transaction():
        place = district(procedure="referral")
        moments = {name: at("2026-04-02T09:00") + timedelta(hours=n) for n, name in enumerate(KINDS)}
        return place, {n: application(place, queued_at=moments[n], privilege=kind) for n, kind in KINDS.items()}


def value(child, day=TODAY, today=TODAY) -> int | None:
    number = explanations.number_on(child, day, today)
    return number.value if number else None


def test_a_number_by_ratio_counts_who_is_served_before_by_side(waiting):
    _place, child = waiting
    assert [value(child[n]) for n in ("o1", "p1", "g1", "g2", "g3", "p2", "g4")] == [1, 2, 3, 4, 5, 6, 7]
    told = explanations.of(child["g4"], TODAY, TODAY)
    assert dict(told.ahead) == {Side.out_of_turn: 1, Side.privileged: 2, Side.general: 3}
    assert told.number.value == 1 + sum(count for _, count in told.ahead)
    assert {norm.name for norm in told.norms} == {"procedure", "queue.ratio"}
    assert (told.status, told.standing, told.privilege) == (ApplicationStatus.queued, True, None)
    assert explanations.of(child["p1"], TODAY, TODAY).privilege.kind is FIRST


def test_a_number_by_categories_counts_who_stands_ahead_in_each(app):
    with transaction():
        place = district()
        older = application(place, date(2022, 9, 17), at("2026-04-02T09:00"))
        first = application(place, date(2024, 3, 1), at("2026-04-02T10:00"), FIRST)
        child = application(place, date(2024, 3, 2), at("2026-04-02T11:00"))
    told = explanations.of(child, TODAY, TODAY)
    assert (told.number.value, told.number.category.rank) == (1, 5)
    assert [(category.rank, count) for category, count in told.ahead] == [(3, 1), (4, 1)]
    assert older.id and first.id


def test_a_past_day_is_told_from_the_history_as_it_was_shown_then(waiting):
    place, child = waiting
    shown = {}
    steps = {
        "2026-04-03T10:00": lambda when: applications.withdraw(child["g1"], by=family(child["g1"]), at=when),
        "2026-04-06T10:00": lambda when: privileges.reject(child["p1"], by=DEPARTMENT, at=when),
        "2026-04-07T10:00": lambda when: offers.offer(state, by=DEPARTMENT, at=when),
        "2026-04-08T10:00": lambda when: applications.archive(child["g3"], by=DEPARTMENT, at=when, reason="көшті"),
    }
    with transaction():
        state = vacancy(group(kindergarten(place)), places=2)
    for moment, step in steps.items():
        with transaction():
            step(at(moment))
        day = local_day(at(moment))
        shown[day] = {name: getattr(numbers.of(one, day), "value", None) for name, one in child.items()}
    for day, then in shown.items():
        assert {name: value(one, day) for name, one in child.items()} == then, day
    assert len({tuple(then.values()) for then in shown.values()}) == len(steps)
    gone = explanations.of(child["g1"], date(2026, 4, 3), TODAY)
    assert (gone.number, gone.status) == (None, ApplicationStatus.removed)
    assert explanations.of(child["g1"], date(2026, 4, 1), TODAY).status is None


def test_a_late_clock_does_not_change_what_a_past_day_says(waiting):
    place, child = waiting
    with transaction():
        state = vacancy(group(kindergarten(place)))
        offers.offer(state, by=DEPARTMENT, at=at("2026-04-06T10:00"))
    for day in (9, 10):
        assert value(child["o1"], date(2026, 4, day)) is None
    with transaction():
        clock.run(at=at("2026-04-17T10:00"), place_id=place.id)  # due on the 10th, done a week late
    assert value(child["o1"], date(2026, 4, 9)) is None
    assert value(child["o1"], date(2026, 4, 10)) == 1


def test_standing_is_lost_with_a_private_place_and_the_explanation_says_so(waiting):
    place, child = waiting
    with transaction():
        private = kindergarten(place, "Жеке", ownership="private", state_order=True)
        referrals.choose(child["g2"], vacancy(group(private)), by=family(child["g2"]), at=at("2026-04-13T10:00"))
    told = explanations.of(child["g2"], TODAY, TODAY)
    assert (told.status, told.standing, told.number) == (ApplicationStatus.referred, False, None)
    assert value(child["g2"], date(2026, 4, 10)) == 4


def test_a_round_is_rebuilt_as_it_stood_and_says_whom_it_passed_and_why(app):
    with transaction():
        place = district()
        vacancy(group(kindergarten(place), (2022, 2022)), places=1)
        served = application(place, date(2022, 9, 17), at("2026-04-02T09:00"))
        passed = application(place, date(2022, 9, 18), at("2026-04-02T10:00"))
        young = application(place, date(2025, 9, 18), at("2026-04-02T11:00"))
        held = vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-06T10:00"))
        applications.withdraw(served, by=family(served), at=at("2026-04-06T11:00"))
    told = rounds.of_round(held)
    assert [(one.application_id, one.outcome) for one in told.lines] == [
        (served.id, rounds.RoundOutcome.served),
        (passed.id, rounds.RoundOutcome.no_seat),
        (young.id, rounds.RoundOutcome.too_young),
    ]
    assert (told.followed, told.free, told.holders) == (True, {(2022, 2022): 1}, {})


def test_a_round_that_did_not_follow_the_order_is_found_out(app):
    with transaction():
        place = district()
        vacancy(group(kindergarten(place)), places=1)
        application(place, queued_at=at("2026-04-02T09:00"))
        later = application(place, queued_at=at("2026-04-02T10:00"))
        held = vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-06T10:00"))
        db.session.execute(db.update(Voucher).values(application_id=later.id))
    assert not rounds.of_round(held).followed


def test_offers_are_rebuilt_with_the_cycle_as_it_stood(waiting):
    place, child = waiting
    with transaction():
        of = group(kindergarten(place), capacity=9)
        first = offers.offer(vacancy(of, places=2), by=DEPARTMENT, at=at("2026-04-06T10:00"))
        second = offers.offer(vacancy(of, places=3), by=DEPARTMENT, at=at("2026-04-07T10:00"))
    names = {one.id: name for name, one in child.items()}
    for held, expected in ((first, ["o1", "p1"]), (second, ["g1", "g2", "g3"])):
        told = rounds.of_round(held)
        assert told.followed
        assert [names[o.application_id] for o in told.lines if o.outcome is rounds.RoundOutcome.served] == expected
    assert [names[o.application_id] for o in told.lines] == ["g1", "g2", "g3", "p2", "g4"]


def test_offers_are_rebuilt_by_the_years_that_the_group_had_then(waiting):
    place, _child = waiting
    with transaction():
        of = group(kindergarten(place), capacity=9)
        held = offers.offer(vacancy(of, places=1), by=DEPARTMENT, at=at("2026-04-06T10:00"))
        served = [one.application_id for one in rounds.of_round(held).lines]
        of.birth_year_from, of.birth_year_to = 2018, 2019
    told = rounds.of_round(held)
    assert (told.followed, [one.application_id for one in told.lines]) == (True, served)
