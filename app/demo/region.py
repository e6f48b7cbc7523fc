"""A larger region around the demo's town, for `flask seed --size`: the same actions at their moments, for thousands.

The districts where the town's own stories are not told have kindergartens, groups and a queue as an older list had it
(takeover.py, which adds its rows by COPY), and two rounds: the first one is over in every way that a right can end, of
the second one families still have their vouchers and offers. Every other district gives vouchers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from app.access.actors import Actor
from app.actions import (
    absences,
    clock,
    contracts,
    enrolments,
    offers,
    records,
    referrals,
    takeover,
    vacancies,
    vouchers,
)
from app.actions.entries import Entry
from app.db.database import analyse
from app.db.extensions import db
from app.demo import people
from app.demo.town import DemoTown, Story, family, group, head_of, hold_round, vacancy
from app.models import (
    Application,
    Kindergarten,
    KindergartenKind,
    Norm,
    Offer,
    Ownership,
    Place,
    Round,
    Unit,
    Vacancy,
)
from app.rules.roles import Role


class Size(NamedTuple):
    """How many kindergartens a region has besides the town's own, and children that are in the queue or were."""

    kindergartens: int
    children: int


SIZES = {"S": Size(0, 0), "M": Size(60, 6_000), "L": Size(600, 60_000)}
DISTRICTS = [names for names in people.DISTRICTS if names not in people.WAITING]
NAMES = ("Айгөлек", "Ақбота", "Алтын", "Балапан", "Бәйтерек", "Бөбек", "Күншуақ", "Қарлығаш", "Назерке", "Таңшолпан")
GROUPS = ((2021, "Еркетай"), (2022, "Айгөлек"), (2023, "Балбөбек"), (2024, "Балапан"))  # of each kindergarten
FREE = 2  # places that every other one of these has published
PLAYED = 64  # of the families that a round has served, those whose story is told; the others let their term pass
OWN = (Role.department, Role.specialist, Role.operator, Role.auditor)  # a district has an account for each of them
HEADS = 3  # kindergartens of a district whose heads have accounts
FIRST_FAMILY, APART = 1_000_000, 10_000  # beyond the town's own, and a district's: phones are made of their numbers
SIGNED_BY_CODE = ("confirm", "choose", "sign")  # the districts that give vouchers have decided so (spec 3.10)
TAKEN_BACK = "отбасы басқа ауданға көшті"
AWAY = "Санаторий"


@dataclass
class ToldDistrict:
    """One of the region: its place, how many kindergartens and children, and what there is of them so far."""

    place: Place
    names: tuple[str, str]
    number: int
    kindergartens: int
    children: int
    free: dict[int, list[Vacancy]] = field(default_factory=dict)  # by birth year, a vacancy for each of its free places

    @property
    def by_voucher(self) -> bool:
        return self.number % 2 == 0


def districts(town: DemoTown, size: Size) -> list[ToldDistrict]:
    """Those of a region of this size; each has a share of it, two kindergartens at least."""
    many = min(len(DISTRICTS), size.kindergartens // 2)
    return [
        ToldDistrict(
            town.places[one], one, n, len(range(n, size.kindergartens, many)), len(range(n, size.children, many))
        )
        for n, one in enumerate(DISTRICTS[:many])
    ]


def norms_of(found: Iterable[ToldDistrict]) -> list[Norm]:
    """What the department decides for the districts that give vouchers: that they do, and that a code signs there."""
    by_code = {f"sign.{verb}": "code" for verb in SIGNED_BY_CODE}
    return [
        Norm(
            name=name,
            place_id=one.place.id,
            valid_from=date(2023, 3, 1),
            value=value,
            unit=Unit.CHOICE,
            legal_basis=f"ойдан шығарылған: {one.place.name_kk} әкімдігінің қаулысы",
        )
        for one in found
        if one.by_voucher
        for name, value in ({"procedure": "voucher"} | by_code).items()
    ]


def stories(town: DemoTown, found: Iterable[ToldDistrict]) -> list[Story]:
    """What happens in these districts."""
    numbers = people.NewNumbers()
    return [(_vouchers if one.by_voucher else _referrals)(town, one, numbers) for one in found]


def _vouchers(town: DemoTown, here: ToldDistrict, numbers: people.NewNumbers) -> Story:
    """Of each eight vouchers of the first round one lapses, one is refused, two expire, one is revoked, three are used;
    one that would expire becomes a temporary one, until the child whose place it was comes back.
    """
    office = town.actor("department")
    yield from _found(town, here, numbers)
    at = yield "2026-03-03T10:00"
    eighths = _dealt(hold_round(here.place, office, at), 8)
    _lapse, refused, revoked, *expire = eighths[:5]
    used = _all(eighths[5:])
    at = yield "2026-03-04T10:00"
    for one in refused:
        vouchers.refuse(one, by=family(one), at=at)
    for one in (*_all(expire), *revoked, *used):
        vouchers.confirm(one, by=family(one), at=at)
    at = yield "2026-03-05T12:00"
    for one in used:
        referrals.choose(one, _taken(here, one), by=family(one), at=at)
    at = yield "2026-03-06T00:10"
    clock.run(at=at, place_id=here.place.id)
    at = yield "2026-03-06T15:00"
    for one in used:
        contracts.sign(one, by=family(one), at=at)
        contracts.sign(one, by=_its_head(one), at=at)
    for one in revoked:
        vouchers.revoke(one, by=office, at=at, reason=TAKEN_BACK)
    at = yield "2026-03-10T09:00"
    for one in used:
        enrolments.enrol(one, by=_its_head(one), at=at)
    yield from _lent(used, _all(expire))
    for moment in ("2026-03-16T00:10", "2026-03-26T00:10"):
        at = yield moment
        clock.run(at=at, place_id=here.place.id)

    at = yield "2026-04-06T10:00"
    _issued, confirmed, chosen, signed = _dealt(hold_round(here.place, office, at), 4)
    at = yield "2026-04-07T09:00"
    for one in (*confirmed, *chosen, *signed):
        vouchers.confirm(one, by=family(one), at=at)
    at = yield "2026-04-07T12:00"
    for one in (*chosen, *signed):
        referrals.choose(one, _taken(here, one), by=family(one), at=at)
    at = yield "2026-04-07T15:00"
    for one in signed:
        contracts.sign(one, by=family(one), at=at)


def _lent(enrolled: Sequence[Application], confirmed: Sequence[Application]) -> Story:
    """A child goes away for some days, and another one of its age stays in its place until it is back."""
    years = {one.birth_year: one for one in confirmed}
    owner = next((one for one in enrolled if one.birth_year in years), None)
    if owner is None:
        return
    at = yield "2026-03-10T11:00"
    days = {"from_on": date(2026, 3, 11), "until": date(2026, 3, 20)}
    lent = absences.absent(owner, **days, by=_its_head(owner), at=at, reason=AWAY).vacancy
    vacancies.publish(lent, by=_its_head(owner), at=at)
    at = yield "2026-03-10T12:00"
    guest = years[owner.birth_year]
    referrals.choose(guest, lent, by=family(guest), at=at)


def _referrals(town: DemoTown, here: ToldDistrict, numbers: people.NewNumbers) -> Story:
    """Of each six offers of the first day one is passed over, one is missed, one is given back, three are used."""
    office = town.actor("department")
    yield from _found(town, here, numbers)
    at = yield "2026-03-03T10:00"
    _, *taken = _dealt(_offered(here.place, office, at), 6)
    missed, given_back, used = *taken[:2], _all(taken[2:])
    at = yield "2026-03-04T10:00"
    for one in (*missed, *given_back, *used):
        referrals.choose(one, one.offers[-1].vacancy, by=family(one), at=at)
    at = yield "2026-03-04T18:00"
    for one in given_back:
        referrals.revoke(one, by=family(one), at=at, reason=None)
    at = yield "2026-03-06T09:00"
    for one in used:
        enrolments.enrol(one, by=_its_head(one), at=at)
    for moment in ("2026-03-07T00:10", "2026-03-13T00:10", "2026-03-28T00:10"):
        at = yield moment
        clock.run(at=at, place_id=here.place.id)

    at = yield "2026-04-06T11:00"
    _waits, referred = _dealt(_offered(here.place, office, at), 2)
    at = yield "2026-04-07T12:00"
    for one in referred:
        referrals.choose(one, one.offers[-1].vacancy, by=family(one), at=at)


def _found(town: DemoTown, here: ToldDistrict, numbers: people.NewNumbers) -> Story:
    """Accounts, kindergartens with published places, and the queue, as the first days of March found them."""
    office = town.actor("department")
    at = yield "2026-03-02T08:00"
    for role in OWN:
        town.employ(f"{role}-{here.number + 1}", role, _an_official(here.number), reach=[here.place], at=at)
    at = yield "2026-03-02T08:10"
    for number in range(1, here.kindergartens + 1):
        there = _kindergarten(here, number, office, at)
        for n, (year, name) in enumerate(GROUPS, number):
            made = group(there, name, year, office, at)
            if n % 2:
                here.free.setdefault(year, []).extend([vacancy(made, FREE, office, at)] * FREE)
        if number in (2, here.kindergartens):
            analyse()
        if number <= HEADS:
            login = f"head-{here.number + 1}-{number}"
            town.employ(login, Role.head, _an_official(here.number + number), reach=[there], at=at)
    at = yield "2026-03-02T08:30"
    known = people.more_families(here.names, FIRST_FAMILY + here.number * APART, here.children, numbers)
    lines = [_entry(one, n) for n, one in enumerate(known, 1)]
    done = takeover.take_over(lines, place_id=here.place.id, by=office, at=at)
    if done.refused:
        raise RuntimeError(f"{here.place}: {done.refused}")
    analyse()


def _kindergarten(here: ToldDistrict, number: int, office: Actor, at: datetime) -> Kindergarten:
    """One in ten is private, on state order, and one in ten a mini-centre."""
    there = Kindergarten(
        place_id=here.place.id,
        name=f"«{NAMES[number % len(NAMES)]}» бөбекжай-бақшасы № {number}",
        kind=KindergartenKind.mini_centre if number % 10 == 1 else KindergartenKind.nursery_kindergarten,
        ownership=Ownership.private if number % 10 == 2 else Ownership.state,
        state_order=number % 10 == 2,
        phone=f"+77002{here.number:02}{number:04}",
        email=f"balabaqsha{here.number + 1}-{number}@example.org",
        address=f"{here.place.name_kk}, Абай көшесі, {number}",
    )
    records.create(there, by=office, at=at, apart=True)
    return there


def _an_official(number: int) -> tuple[str, str]:
    """A surname and a name."""
    surnames, *_, mothers, _ending = people.KAZAKH
    return f"{surnames.split()[number % 11]}а", mothers.split()[number % 10]


def _entry(one: people.Family, number: int) -> Entry:
    """A line of the older list; of each ten children one is there no more."""
    return Entry(
        number=f"ОДО.{one.registered_at.year}.{number}",
        child=one.child,
        applicant=one.applicant,
        contacts=one.contacts,
        queued_at=one.registered_at,
        archived=number % 10 == 0,
        privilege=one.privilege,
        privilege_said=True,
    )


def _offered(place: Place, office: Actor, at: datetime) -> list[Application]:
    """Offer all places of a district that go by turn, and say to whom, in order."""
    offers.offer_all(place.id, by=office, at=at)
    day = select(Application).join(Offer).join(Round).where(Round.place_id == place.id, Round.held_at == at)
    return list(db.session.scalars(day.order_by(Offer.id)))


def _dealt(found: Sequence[Application], hands: int) -> list[list[Application]]:
    """As cards are dealt, so that each hand has some of every birth year; a hand for each part of the story."""
    by_year = sorted(found[:PLAYED], key=lambda one: one.birth_year)
    return [by_year[n::hands] for n in range(hands)]


def _all(hands: Iterable[Sequence[Application]]) -> list[Application]:
    return [one for hand in hands for one in hand]


def _taken(here: ToldDistrict, one: Application) -> Vacancy:
    """A place that is free for this child, and no more."""
    return here.free[one.birth_year].pop()


def _its_head(one: Application) -> Actor:
    """The head of the kindergarten that a child is referred to or attends."""
    return replace(head_of(one.referrals[-1].vacancy.group.kindergarten), on_paper=True)
