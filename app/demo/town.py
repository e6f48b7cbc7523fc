"""The region of the demo with its first accounts, and what its stories are told with (seed.py, region.py)."""

import secrets
from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.access.actors import Actor
from app.actions import accounts, offers, places, records, vacancies, vouchers
from app.db.extensions import db
from app.demo import people
from app.models import (
    Application,
    ApplicationStatus,
    KgGroup,
    Kindergarten,
    Language,
    Offer,
    Place,
    PlaceKind,
    Vacancy,
    Voucher,
)
from app.rules.calendar import LOCAL
from app.rules.roles import Role

ARMAN, ARMAN_BIN, ARMAN_PHONE = "ГККП «Ясли-сад «Арман»", "120340012345", "+77716250916"
# login, role, surname and name; the deputy approves what the department enters
ACCOUNTS = (
    ("department", Role.department, "Қалиева", "Шолпан"),
    ("deputy", Role.department, "Беляев", "Игорь"),
    ("specialist", Role.specialist, "Темірова", "Айнұр"),
    ("head", Role.head, "Захарова", "Людмила"),
    ("operator", Role.operator, "Ахметова", "Жұлдыз"),
    ("auditor", Role.auditor, "Сәрсенов", "Нұрбол"),
    ("administrator", Role.administrator, "Громов", "Павел"),
)
ROLES = {login: role for login, role, *_ in ACCOUNTS}


class DemoTown:
    """The region with its districts, «Арман», and one account for each role."""

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(12)
        self.region = place_of(PlaceKind.region, places.country(), people.REGION)
        self.places = {names: place_of(PlaceKind.district, self.region, names) for names in people.DISTRICTS}
        self.town, self.second = self.places[people.TOWN], self.places[people.SECOND_TOWN]
        self.by_referral, self.third = self.places[people.BY_REFERRAL], self.places[people.THIRD]
        self.users: dict[str, User] = {}
        began = local("2023-01-09T09:00")
        self._employ("department", "deputy", "auditor", reach=[self.region], at=began)
        self._employ("specialist", "operator", reach=[self.town], at=began)
        self._employ("administrator", reach=[], at=began)
        reached = {
            "bin": ARMAN_BIN,
            "phone": ARMAN_PHONE,
            "email": "arman@example.org",
            "address": "Көкшетау, Абай көшесі, 96",
        }
        self.arman = Kindergarten(place_id=self.town.id, name=ARMAN, **reached)
        records.create(self.arman, by=self.actor("specialist"), at=local("2023-02-01T10:00"))
        self._employ("head", reach=[self.arman], at=local("2023-02-01T12:00"))

    def actor(self, login: str) -> Actor:
        """Who acts under this account, as it would signed in."""
        user, role = self.users[login], ROLES[login]
        if role is Role.head:
            return Actor(role, user.id, kindergarten_id=self.arman.id, on_paper=True)
        reach = self.town if role in (Role.specialist, Role.operator) else self.region
        return Actor(role, user.id, frozenset(places.subtree(reach.id)))

    def _employ(self, *logins: str, reach: list[Place | Kindergarten], at: datetime) -> None:
        for login, role, *names in ACCOUNTS:
            if login in logins:
                self.employ(login, role, names, reach=reach, at=at)

    def employ(
        self, login: str, role: Role, names: Sequence[str], *, reach: list[Place | Kindergarten], at: datetime
    ) -> User:
        """Give somebody, of this surname and name, an account of this role; its password is that of all others."""
        last_name, first_name = names
        self.users[login] = accounts.save(
            User(),
            role=role,
            reach=reach,
            password=self.password,
            by=Actor(Role.administrator),
            at=at,
            username=login,
            first_name=first_name,
            last_name=last_name,
            email=f"{login}@example.org",
            active=True,
        )
        return self.users[login]


def place_of(kind: PlaceKind, parent: Place, names: tuple[str, str]) -> Place:
    """The place of this name below another one, whether or not it was there."""
    place = db.session.scalars(select(Place).where(Place.parent_id == parent.id, Place.name_kk == names[0])).first()
    if place is None:
        place = Place(kind=kind, parent_id=parent.id, name_kk=names[0], name_ru=names[1])
        db.session.add(place)
        db.session.flush()
    return place


# A story says when it goes on and is told what moment that is; all are told together, in order of time.
Story = Generator[str, datetime, None]


def tell(*stories: Story) -> None:
    """Let the story go on whose next moment comes first, until all are at their end."""
    nexts = [(next(story), n, story) for n, story in enumerate(stories)]
    while nexts:
        nexts.sort()
        moment, n, story = nexts.pop(0)
        try:
            nexts.append((story.send(local(moment)), n, story))
        except StopIteration:
            continue


def kindergarten(place: Place, name: str, address: str, town: DemoTown, at: datetime, **more: Any) -> Kindergarten:
    """A kindergarten that the department has recorded."""
    there = Kindergarten(place_id=place.id, name=name, address=address, **more)
    records.create(there, by=town.actor("department"), at=at)
    return there


def group(of: Kindergarten, name: str, year: int, by: Actor, at: datetime) -> KgGroup:
    """A group of one birth year, twenty of its children there."""
    years = {"birth_year_from": year, "birth_year_to": year}
    made = KgGroup(kindergarten=of, name=name, language=Language.kk, capacity=25, **years)
    records.create(made, by=by, at=at)
    records.occupy(made, 20, by=by, at=at)
    return made


def vacancy(group: KgGroup, free: int, by: Actor, at: datetime) -> Vacancy:
    """So many published places of a group."""
    made = Vacancy(group=group, places=free)
    records.create(made, by=by, at=at)
    vacancies.publish(made, by=by, at=at)
    return made


def hold_round(place: Place, by: Actor, at: datetime) -> list[Application]:
    """Hold a round and say who got a voucher, in order."""
    held = vouchers.issue_round(place.id, by=by, at=at)
    served = select(Application).join(Voucher).where(Voucher.round_id == held.id).order_by(Voucher.id)
    return list(db.session.scalars(served))


def offer(vacancy: Vacancy, by: Actor, at: datetime) -> list[Application]:
    """Offer the free places of a vacancy and say to whom, in order."""
    held = offers.offer(vacancy, by=by, at=at)
    served = select(Application).join(Offer).where(Offer.round_id == held.id).order_by(Offer.id)
    return list(db.session.scalars(served))


def last_in_line(place: Place, year: int) -> Application:
    """Who has waited for the shortest time in a district, of one birth year."""
    waits = select(Application).where(Application.place_id == place.id, Application.birth_year == year)
    waits = waits.where(Application.status == ApplicationStatus.queued)
    return db.session.scalars(waits.order_by(Application.queued_at.desc(), Application.id.desc())).first()


def head_of(of: Kindergarten) -> Actor:
    """Whoever is at its head, by no account."""
    return Actor(Role.head, kindergarten_id=of.id)


def family(of: Application) -> Actor:
    """Whoever has applied, by a paper of the day of the act."""
    return Actor(Role.family, application_id=of.id, on_paper=True)


def local(moment: str) -> datetime:
    """A moment as the clocks of the country have it."""
    return datetime.fromisoformat(moment).replace(tzinfo=LOCAL)
