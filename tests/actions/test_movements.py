"""Spec 1.1, 3.3: number then - who left + who came = number now, for both orders and any two days; and each was there.

The oracle knows nothing of selects: it sorts, in plain Python, those who waited at the end of each day. It judges the
reason too: what is named did change between the two days, and by categories it can turn the two children round.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.actions import (
    applications,
    clock,
    corrections,
    explanations,
    movements,
    norms,
    privileges,
    takeover,
    vouchers,
)
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Offer, PrivilegeKind, QueueOrderKind, Side, Unit
from app.rules.calendar import LOCAL
from app.rules.deadlines import age_in_months
from app.rules.orders import CategoryFacts
from app.rules.refusals import Refusal
from tests.actions.test_by_hand import entry
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, norm, order, vacancy
from tests.model.lines import interleaved
from tests.rules.test_past import FIRST, OWN, Town

FIRST_ORDER, OUT = PrivilegeKind.first_order, PrivilegeKind.out_of_turn
DAYS = 8
OTHER_LIST = (  # a list of categories that puts many elsewhere
    CategoryFacts(FIRST_ORDER, 0, None, "жеңілдік", "льгота"),
    CategoryFacts(None, 0, 48, "кішілер", "младшие"),
    CategoryFacts(None, 49, None, "үлкендер", "старшие"),
)


@dataclass
class Waits:
    """One child as it stood in the line at the end of a day."""

    id: int
    born_on: date
    queued_at: datetime
    counts: str  # the privilege that counts, or "none"

    @property
    def birth_year(self) -> int:
        return self.born_on.year


class Day:
    """The line of a district at the end of one day, and whom each number of it counts."""

    def __init__(self, place_id: int, day: date) -> None:
        self.line = [
            Waits(a.id, a.born_on, a.queued_at, str(counting(a, day) or "none"))
            for a in db.session.scalars(select(Application).where(Application.place_id == place_id))
            if a.status == "queued" and a.standing
        ]
        self.day, self.order = day, norms.order(place_id, day)
        self.steps = [(c.privilege, c.months_from, c.months_to) for c in self.order.categories]
        self.served: dict[int, list[bool]] = {}
        for offer in db.session.scalars(select(Offer).where(Offer.place_id == place_id).order_by(Offer.id)):
            if offer.side is not Side.out_of_turn:
                self.served.setdefault(offer.birth_year, []).append(offer.side is Side.privileged)

    def ahead(self, id_: int) -> set[int] | None:
        """Whom the number of a child counts; None for one that does not wait, or that no category serves yet."""
        child = self.of(id_)
        if child is None:
            return None
        if self.order.kind is QueueOrderKind.ratio:
            year = [one for one in self.line if one.birth_year == child.birth_year]
            stood = interleaved(year, self.served.get(child.birth_year, []), (1, 3))
        else:
            rank = self.rank(child)
            if rank is None:
                return None
            same = [one for one in self.line if self.rank(one) == rank]
            stood = sorted(same, key=lambda one: (one.queued_at, one.id))
        return {one.id for one in stood[: stood.index(child)]}

    def of(self, id_: int) -> Waits | None:
        return next((one for one in self.line if one.id == id_), None)

    def rank(self, child: Waits) -> int | None:
        return rank(self.steps, child.counts, age_in_months(child.born_on, self.day))


def rank(steps, counts: str, months: int) -> int | None:
    for n, (privilege, low, high) in enumerate(steps):
        if privilege in (None, counts) and low <= months <= (999 if high is None else high):
            return n
    return None


NAMES = {  # a reason -> the facts of which one has to have changed; "own": of the child whose page it is
    "order": {"order"},
    "itself": {"own day", "own counts"},
    "own_day": {"own queued_at"},
    "own_birth": {"own born_on"},
    "day": {"queued_at"},
    "birth": {"born_on"},
    "age": {"day"},
    "confirm": {"counts"},
    "reject": {"counts"},
    "expire": {"counts"},
}


def true_reason(verb: str, subject: str, mover: int, child: int, then: Day, now: Day) -> bool:
    """Is it so that the mover stands before the child on one of the two days only because of this?"""
    theirs, own = [at.of(mover) for at in (then, now)], [at.of(child) for at in (then, now)]
    if None in theirs:
        done = select(Change.verb).where(
            Change.application_id == mover, Change.effective_on > then.day, Change.effective_on <= now.day
        )
        return subject == "application" and verb in set(db.session.scalars(done))
    kinds = {at.order.kind for at in (then, now)}
    if len(kinds) > 1 or verb == "order":
        return verb == "order" and then.order.id != now.order.id
    if QueueOrderKind.ratio in kinds:
        left = mover in (then.ahead(child) or ())
        differs = set()
        for name, (was, is_), forward in (("", theirs, False), ("own ", own, True)):
            if was.birth_year != is_.birth_year:
                differs.add(f"{name}born_on")
            if was.counts != is_.counts:
                differs.add(f"{name}counts")
            if was.queued_at != is_.queued_at and left == ((is_.queued_at < was.queued_at) is forward):
                differs.add(f"{name}queued_at")
        return not differs if verb == "turn" else bool(NAMES[verb] & differs)
    facts = {
        "order": (then.steps, now.steps),
        "day": (then.day, now.day),
        "own day": (then.day, now.day),
    }
    for name in ("born_on", "queued_at", "counts"):
        facts[name] = tuple(getattr(one, name) for one in theirs)
        facts[f"own {name}"] = tuple(getattr(one, name) for one in own)
    free = [name for name, (was, is_) in facts.items() if was != is_]

    def ahead(of: dict[str, object]) -> bool:
        ranks = [
            rank(of["order"], of[f"{who}counts"], age_in_months(of[f"{who}born_on"], of[f"{who}day"]))
            for who in ("", "own ")
        ]
        same = ranks[0] is not None and ranks[0] == ranks[1]
        return same and (of["queued_at"], mover) < (of["own queued_at"], child)

    for choice in product((0, 1), repeat=len(free)):
        of = {name: pair[0] for name, pair in facts.items()}
        of |= {name: facts[name][n] for name, n in zip(free, choice, strict=True)}
        for name in NAMES[verb] & set(free):
            if ahead(of | {name: facts[name][0]}) != ahead(of | {name: facts[name][1]}):
                return True
    return False


def counting(a: Application, day: date) -> PrivilegeKind | None:
    return a.privilege if a.privilege_until is None or a.privilege_until >= day else None


def act_by_hand(town: Town) -> None:
    """Another day in the queue, or another birth date, is recorded for one child."""
    child = town.chance.choice(town.applications())
    town.now += timedelta(minutes=7)
    with suppress(Refusal), db.session.begin_nested():
        if town.chance.random() < 0.5:
            day = child.queued_at + timedelta(hours=town.chance.choice((-60, -3, 3, 60)))
            lines = [entry(child, queued_at=min(day, town.now))]
            takeover.take_over(lines, place_id=town.place.id, by=DEPARTMENT, at=town.now)
        else:
            born = town.chance.choice((date(2021, 9, 17), date(2022, 3, 5), date(2022, 9, 17), date(2023, 9, 1)))
            corrections.correct(child, who="child", born_on=born, by=DEPARTMENT, at=town.now, reason="by the papers")


def change_the_order(town: Town, procedure: str, day: date) -> None:
    """Another procedure with its order, or another list of categories, from this day on."""
    if town.chance.random() < 0.5:
        other = {"voucher": "referral", "referral": "voucher"}[procedure]
        norm("procedure", other, Unit.CHOICE, town.place, since=day)
    order(town.place, day, *OTHER_LIST).approved_at = datetime.combine(day, time(1), LOCAL)
    db.session.flush()


@pytest.mark.parametrize("procedure", OWN)
@given(seed=st.integers(0, 999_999))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=2, deadline=None)
@example(seed=7)
def test_a_number_less_who_left_with_who_came_is_the_later_number_and_each_stood_ahead(app, procedure, seed):
    chance = Random(seed)
    town = Town(procedure, chance)
    for _ in range(3):  # who comes of age for another category while they wait
        months = chance.choice((18, 24, 36))
        born = date(2026 - months // 12, 4 - months % 12 % 6, 1) + timedelta(days=chance.randrange(1, DAYS))
        application(town.place, born, town.now, chance.choice([None, FIRST_ORDER]))
    stood: dict[date, Day] = {}
    changes_on = FIRST + timedelta(days=chance.randrange(2, DAYS))
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        town.now = max(town.now, datetime.combine(day, time(0, 10), LOCAL))
        if day == changes_on and chance.random() < 0.7:
            change_the_order(town, procedure, day)
        clock.run(at=town.now, place_id=town.place.id)
        town.now = max(town.now, datetime.combine(day, time(9), LOCAL))
        for _ in range(chance.randint(0, 9)):
            town.do_something()
        for _ in range(chance.randint(0, 2)):
            act_by_hand(town)
        clock.run(at=town.now, place_id=town.place.id)
        stood[day] = Day(town.place.id, day)
    compared = 0
    for since, day in chance.sample(list(combinations(stood, 2)), 5):
        for child in town.applications():
            then, now = stood[since].ahead(child.id), stood[day].ahead(child.id)
            told = explanations.of(child, day, FIRST + timedelta(days=DAYS - 1))
            found = movements.compare(child, told, since, FIRST + timedelta(days=DAYS - 1))
            if then is None or now is None:
                assert found.moved == []
                continue
            assert (found.before.value, told.number.value) == (len(then) + 1, len(now) + 1)
            assert found.before.value - found.left + found.came == told.number.value
            assert frozenset().union(*(one.left for one in found.moved)) == then - now
            assert frozenset().union(*(one.came for one in found.moved)) == now - then
            for one in found.moved:
                for mover in one.left | one.came:
                    why = (one.verb, one.subject, mover, child.id)
                    assert true_reason(*why, stood[since], stood[day]), (*why, since, day)
            compared += 1
    db.session.rollback()
    assert compared or seed, "some child waited on two days"


TODAY = date(2026, 4, 20)
OLD = date(2022, 9, 17)


def reasons(child, since=date(2026, 4, 3), day=TODAY) -> dict[str, tuple[int, int]]:
    told = explanations.of(child, day, TODAY)
    return {one.verb: (len(one.left), len(one.came)) for one in movements.compare(child, told, since, TODAY).moved}


def waiting(procedure: str, *privileges_of: PrivilegeKind | None):
    place = district(procedure=procedure)
    moments = [at("2026-04-02T09:00") + timedelta(hours=n) for n in range(len(privileges_of))]
    return place, [application(place, OLD, moments[n], kind) for n, kind in enumerate(privileges_of)]


def test_who_leaves_and_who_comes_are_told_by_the_verb_that_took_them_out_or_brought_them_in(app):
    with transaction():
        place, (first, second, _third, child, behind) = waiting("voucher", *[None] * 5)
        applications.withdraw(first, by=family(first), at=at("2026-04-06T10:00"))
        applications.withdraw(behind, by=family(behind), at=at("2026-04-06T10:30"))
        applications.archive(second, by=DEPARTMENT, at=at("2026-04-06T11:00"), reason="көшті")
        vacancy(group(kindergarten(place)), places=1)
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-07T10:00"))
        applications.reinstate(second, by=DEPARTMENT, at=at("2026-04-08T11:00"), reason="қате")
    assert reasons(child) == {"withdraw": (1, 0), "issue": (1, 0)}
    assert reasons(child, since=date(2026, 4, 7)) == {"reinstate": (0, 1)}


def test_children_of_other_categories_neither_leave_nor_come(app):
    with transaction():
        place, (child,) = waiting("voucher", None)
        elsewhere = [application(place, date(2024, 3, 1), at(f"2026-04-01T1{n}:00")) for n in range(3)]
        for one in elsewhere:
            applications.withdraw(one, by=family(one), at=at("2026-04-06T10:00"))
    assert reasons(child) == {}


def test_a_privilege_that_is_confirmed_or_ends_moves_others_by_its_own_verb(app):
    with transaction():
        _place, (overtaken, overtakes, third) = waiting("voucher", None, None, None)
        privileges.claim(overtakes, FIRST_ORDER, by=family(overtakes), at=at("2026-04-06T10:00"))
        privileges.confirm(overtakes, by=DEPARTMENT, at=at("2026-04-06T11:00"))
    assert reasons(third) == {"confirm": (1, 0)}
    assert reasons(overtaken) == {}
    assert reasons(overtakes) == {"itself": (1, 0)}


def test_who_grows_into_a_category_comes_by_age(app):
    with transaction():
        place = district()
        grows = application(place, date(2023, 4, 10), at("2026-04-02T08:00"))
        child = application(place, OLD, at("2026-04-02T09:00"))
    assert (reasons(child), reasons(grows)) == ({"age": (0, 1)}, {})


def test_another_order_is_told_as_such(app):
    with transaction():
        place, (_first, child) = waiting("voucher", FIRST_ORDER, None)
        order(place, date(2026, 4, 10)).approved_at = at("2026-04-09T10:00")
    assert reasons(child) == {"order": (0, 1)}


def test_the_turns_of_a_ratio_move_children_who_did_nothing(app):
    with transaction():
        _place, (first, *_, child, _privileged) = waiting("referral", None, FIRST_ORDER, None, None, None, FIRST_ORDER)
        applications.withdraw(first, by=family(first), at=at("2026-04-06T10:00"))
    assert reasons(child) == {"withdraw": (1, 0), "turn": (1, 0)}


ON = at("2026-04-10T10:00")


@pytest.mark.parametrize("procedure", ["voucher", "referral"])
def test_another_day_in_the_queue_is_told_to_the_child_that_has_it_and_to_those_it_passed(app, procedure):
    with transaction():
        place, (first, second, third, behind) = waiting(procedure, *[None] * 4)
        lines = [entry(third, queued_at=at("2026-03-01T09:00"))]
        takeover.take_over(lines, place_id=place.id, by=DEPARTMENT, at=ON)
    told = [reasons(one) for one in (first, second, third, behind)]
    assert told == [{"day": (0, 1)}, {"day": (0, 1)}, {"own_day": (2, 0)}, {}]


@pytest.mark.parametrize("procedure", ["voucher", "referral"])
def test_a_later_day_in_the_queue_is_told_likewise(app, procedure):
    with transaction():
        place, (first, second, third) = waiting(procedure, *[None] * 3)
        lines = [entry(first, queued_at=at("2026-04-09T09:00"), reason="шешім")]
        takeover.take_over(lines, place_id=place.id, by=DEPARTMENT, at=ON)
    assert [reasons(one) for one in (first, second, third)] == [{"own_day": (0, 2)}, {"day": (1, 0)}, {"day": (1, 0)}]


@pytest.mark.parametrize("procedure", ["voucher", "referral"])
def test_a_corrected_birth_date_is_told_to_the_child_that_moved_and_to_those_it_left_and_joined(app, procedure):
    """Two lines: of those born in 2022, and of younger ones in another category and year."""
    with transaction():
        place, (first, moves, behind) = waiting(procedure, *[None] * 3)
        younger = [application(place, date(2024, 3, 1), at(f"2026-04-02T{hour}:30")) for hour in ("08", "12")]
        corrections.correct(moves, who="child", born_on=date(2024, 3, 1), by=DEPARTMENT, at=ON, reason="куәлік")
    told = [reasons(one) for one in (first, behind, *younger)]
    assert told == [{}, {"birth": (1, 0)}, {}, {"birth": (0, 1)}]
    assert reasons(moves) == {"own_birth": (1, 1)}
    assert reasons(moves, day=date(2026, 4, 9)) == {}


def test_a_day_without_a_number_is_not_compared(app):
    with transaction():
        _place, (child, other) = waiting("voucher", None, None)
        applications.withdraw(other, by=family(other), at=at("2026-04-06T10:00"))
    told = explanations.of(child, TODAY, TODAY)
    assert movements.compare(child, told, date(2026, 4, 1), TODAY) == movements.Compared(None, [])
    gone = explanations.of(other, TODAY, TODAY)
    assert movements.compare(other, gone, date(2026, 4, 3), TODAY).moved == []
