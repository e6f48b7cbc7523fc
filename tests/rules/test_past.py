"""Spec 3.3, "any past day's number can be rebuilt": the history alone says what was shown on every day before."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.actions import (
    applications,
    claims,
    clock,
    contracts,
    enrolments,
    norms,
    numbers,
    offers,
    privileges,
    referrals,
    vacancies,
)
from app.actions import vouchers as rounds
from app.db.extensions import db
from app.models import (
    Application,
    Intake,
    KgGroup,
    Kindergarten,
    Ownership,
    Place,
    PrivilegeKind,
    PrivilegeStatus,
    QueueKind,
    Round,
    Unit,
    Vacancy,
)
from app.rules import past
from app.rules.calendar import LOCAL
from app.rules.past import Until
from app.rules.refusals import Refusal
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, norm, vacancy

FIRST = date(2026, 4, 1)
DAYS = {"sqlite": 9, "postgresql": 5}  # by what they are rebuilt is one select on both, which takes twice as long there
TERMS = {  # short ones, so that much runs out in a few days
    "voucher.confirm": ("1", "stop_list"),
    "voucher.choose": ("2", "archive"),
    "voucher.stop_list": ("2", "archive"),
    "referral.priority": ("1", "open"),
    "referral.attend": ("1", "stop_list"),
    "referral.stop_list": ("2", None),
}
BIRTHDAYS = (date(2020, 4, 6), date(2021, 9, 17), date(2022, 3, 5), date(2022, 9, 17))  # the first one grows too old
Shown = tuple[int, int, int | None, str | None]


class Town:
    """One district where something happens by chance, and what was shown of it on each day."""

    def __init__(self, procedure: str, chance: Random) -> None:
        db.session.rollback()  # what an example before this one left when it failed
        self.chance, self.procedure = chance, procedure
        self.place: Place = district(procedure=procedure)
        for name, (value, lapse) in TERMS.items():
            norm(name, value, Unit.CD, self.place, on_lapse=lapse)
        arman = kindergarten(self.place)
        private = kindergarten(self.place, "Балапан", ownership=Ownership.private, state_order=True)
        self.groups = [group(of, years=(2020, 2022), capacity=6) for of in (arman, arman, private)]
        for of in self.groups:
            vacancy(of, places=2)
        vacancy(self.groups[0], ends_on=FIRST + timedelta(days=5))
        self.now = datetime.combine(FIRST, time(9), LOCAL)
        for _ in range(6):
            self.register()

    def register(self) -> None:
        privilege = self.chance.choice([None, None, *PrivilegeKind])
        application(self.place, self.chance.choice(BIRTHDAYS), self.now, privilege)

    def applications(self) -> list[Application]:
        mine = select(Application).where(Application.place_id == self.place.id).order_by(Application.id)
        return list(db.session.scalars(mine))

    def vacancies(self) -> list[Vacancy]:
        mine = select(Vacancy).join(KgGroup).join(Kindergarten).where(Kindergarten.place_id == self.place.id)
        return list(db.session.scalars(mine.order_by(Vacancy.id)))

    def do_something(self) -> None:
        """One verb by whoever may do it, on what there is; most are refused, and that changes nothing."""
        child, place = self.chance.choice(self.applications()), self.chance.choice(self.vacancies())
        verb = self.chance.choice([*COMMON, *OWN[self.procedure]])
        self.now += timedelta(minutes=7)
        with suppress(Refusal), db.session.begin_nested():
            verb(self, child, place, self.now)

    def shown(self, day: date) -> dict[int, Shown | None]:
        return {a.id: short(numbers.of(a, day)) for a in self.applications()}

    def rebuilt(self, until: Until, before: int | None = None) -> dict[int, Shown | None]:
        """The same from the history: the numbers of those who waited then, in the line as it was then."""
        line = past.waiting(self.place.id, QueueKind.general, until)
        stood = {row.id: row.privilege for row in db.session.execute(select(line))}
        return {
            a.id: short(numbers.in_line(a, line, stood[a.id], until.day, before=before)) if a.id in stood else None
            for a in self.applications()
        }


def short(number: numbers.QueueNumber | None) -> Shown | None:
    if number is None:
        return None
    return number.value, number.privileged, number.category and number.category.rank, number.side


def claim(town: Town, child: Application, _place: Vacancy, now: datetime) -> None:
    claimed = privileges.claim(child, town.chance.choice([*PrivilegeKind]), by=family(child), at=now)
    claimed.valid_until = town.chance.choice([None, now.date(), now.date() + timedelta(days=2)])
    privileges.confirm(child, by=DEPARTMENT, at=now)


def reject(_town: Town, child: Application, _place: Vacancy, now: datetime) -> None:
    if child.privileges and child.privileges[-1].status is PrivilegeStatus.confirmed:
        privileges.reject(child, by=DEPARTMENT, at=now, reason="papers")


def publish(town: Town, _child: Application, _place: Vacancy, now: datetime) -> None:
    drafted = vacancy(town.chance.choice(town.groups), publish=False)
    vacancies.publish(drafted, by=DEPARTMENT, at=now)


def sign_and_enrol(town: Town, child: Application, place: Vacancy, now: datetime) -> None:
    contracts.sign(child, by=family(child), at=now)
    if town.chance.random() < 0.7:
        its_head = head(claims.current_referral(child).vacancy.group.kindergarten)
        contracts.sign(child, by=its_head, at=now)
        enrolments.enrol(child, by=its_head, at=now)


def enrol(_town: Town, child: Application, _place: Vacancy, now: datetime) -> None:
    enrolments.enrol(child, by=head(claims.current_referral(child).vacancy.group.kindergarten), at=now)


def leave(_town: Town, child: Application, _place: Vacancy, now: datetime) -> None:
    if child.referrals:
        enrolments.leave(child, by=head(child.referrals[-1].vacancy.group.kindergarten), at=now)


COMMON = (
    lambda town, _child, _place, _now: town.register(),
    claim,
    reject,
    publish,
    leave,
    lambda _town, child, _place, now: applications.withdraw(child, by=family(child), at=now),
    lambda _town, child, _place, now: applications.archive(child, by=DEPARTMENT, at=now, reason="moved"),
    lambda _town, child, _place, now: applications.reinstate(child, by=DEPARTMENT, at=now, reason="a mistake"),
    lambda _town, _child, place, now: vacancies.close(place, by=DEPARTMENT, at=now),
    *[lambda _town, child, place, now: referrals.choose(child, place, by=family(child), at=now)] * 4,
)
OWN = {
    "voucher": (
        *[lambda town, _child, _place, now: rounds.issue_round(town.place.id, by=DEPARTMENT, at=now)] * 2,
        *[lambda _town, child, _place, now: rounds.confirm(child, by=family(child), at=now)] * 4,
        *[sign_and_enrol] * 3,
        lambda _town, child, _place, now: rounds.issue_out_of_turn(child, by=DEPARTMENT, at=now, reason="as promised"),
        lambda _town, child, _place, now: rounds.refuse(child, by=family(child), at=now),
        lambda _town, child, _place, now: rounds.revoke(child, by=DEPARTMENT, at=now, reason="a mistake"),
        lambda _town, child, _place, now: applications.restore(child, by=family(child), at=now),
    ),
    "referral": (
        *[lambda _town, _child, place, now: offers.offer(place, by=DEPARTMENT, at=now)] * 3,
        *[enrol] * 2,
        lambda _town, child, _place, now: referrals.revoke(child, by=family(child), at=now, reason=None),
        lambda _town, child, _place, now: referrals.revoke(child, by=DEPARTMENT, at=now, reason="a mistake"),
        lambda _town, child, _place, now: referrals.extend(
            child, until=now.date() + timedelta(days=3), by=family(child), at=now, reason=None
        ),
        lambda _town, child, _place, now: applications.release(child, by=DEPARTMENT, at=now),
    ),
}


@pytest.mark.parametrize("procedure", OWN)
@given(seed=st.integers(0, 999_999))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3)
@example(seed=601)  # a voucher is taken back from a child that has grown too old
def test_every_past_days_numbers_are_rebuilt_as_they_were_shown(app, kind, procedure, seed):
    chance = Random(seed)
    town, noted = Town(procedure, chance), dict[date, dict[int, Shown | None]]()
    for n in range(DAYS[kind]):
        day = FIRST + timedelta(days=n)
        town.now = max(town.now, datetime.combine(day, time(0, 10), LOCAL))
        if clock_runs := chance.random() < 0.8:  # where it is down for a day its work counts from its own day
            clock.run(at=town.now, place_id=town.place.id)
        town.now = max(town.now, datetime.combine(day, time(9), LOCAL))
        for _ in range(chance.randint(0, 9)):
            town.do_something()
        if clock_runs:
            clock.run(at=town.now, place_id=town.place.id)  # whoever came back over age is due at once
            noted[day] = town.shown(day)
    for day, shown in noted.items():
        assert town.rebuilt(Until(day)) == shown | {a.id: None for a in town.applications() if a.id not in shown}, day
    db.session.rollback()


@pytest.mark.parametrize("procedure", OWN)
@given(seed=st.integers(0, 999_999))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3)
def test_what_a_round_decided_on_is_rebuilt_as_it_was_before_it(app, procedure, seed):
    chance = Random(seed)
    town, before = Town(procedure, chance), dict[int, dict[int, Shown | None]]()
    for day in (FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=3)):
        town.now = max(town.now, datetime.combine(day, time(0, 10), LOCAL))
        clock.run(at=town.now, place_id=town.place.id)
        town.now = max(town.now, datetime.combine(day, time(9), LOCAL))
        for _ in range(chance.randint(0, 6)):
            town.do_something()
        for place in town.vacancies():
            shown = town.shown(day)
            with suppress(Refusal), db.session.begin_nested():
                by_turn = procedure == "referral"
                held = hold(town, place) if by_turn else rounds.issue_round(town.place.id, by=DEPARTMENT, at=town.now)
                before[held.id] = shown
    assume(before)  # by chance nobody could be served in those days
    for id_, shown in before.items():
        held = db.session.get_one(Round, id_)
        found = town.rebuilt(Until(held.held_on, held.after_change_id), before=id_)
        assert {a: number for a, number in found.items() if a in shown} == shown
    db.session.rollback()


def hold(town: Town, place: Vacancy) -> Round:
    return offers.offer(place, by=DEPARTMENT, at=town.now)


def test_a_change_counts_from_its_own_day_however_late_the_clock_wrote_it(app):
    place = district(procedure="referral")
    vacancy(group(kindergarten(place)))
    child = application(place, queued_at=at("2026-04-01T10:00"))
    offers.offer(db.session.scalars(select(Vacancy)).one(), by=DEPARTMENT, at=at("2026-04-01T11:00"))
    clock.run(at=at("2026-05-01T10:00"), place_id=place.id)  # its window was over on 6 April

    def waited(day: str) -> bool:
        line = past.waiting(place.id, QueueKind.general, Until(date.fromisoformat(day)))
        return child.id in db.session.scalars(select(line.c.id))

    assert [waited(day) for day in ("2026-03-31", "2026-04-01", "2026-04-06", "2026-04-07")] == [
        False,
        False,
        False,
        True,
    ]


def test_a_private_place_takes_the_child_out_of_the_line_of_that_day_until_it_is_given_back(app):
    place = district(procedure="referral")
    private = kindergarten(place, ownership=Ownership.private, state_order=True)
    places = vacancy(group(private))
    child = application(place, queued_at=at("2026-04-01T10:00"))
    assert norms.procedure(place.id, FIRST) == "referral" and places.intake is Intake.general
    referrals.choose(child, places, by=family(child), at=at("2026-04-02T10:00"))
    referrals.revoke(child, by=DEPARTMENT, at=at("2026-04-04T10:00"), reason="a mistake")

    def stood(day: str) -> list[int]:
        return list(db.session.scalars(select(past.waiting(place.id, QueueKind.general, Until(at(day).date())).c.id)))

    assert [stood(f"2026-04-0{n}T12:00") for n in (1, 2, 3, 4)] == [[child.id], [], [], [child.id]]
    assert child.status == "queued"
