"""`flask seed`: the demo's small town, made by the same actions as everything else, at their moments, in order.

Every status that the voucher procedure has is there, one account for each role, and a round that waits to be held.
"""

import json
import os
import secrets
from datetime import date, datetime
from pathlib import Path

import click
from flask import current_app
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

import config
from app import invented
from app.actions import (
    accounts,
    applications,
    clock,
    contracts,
    enrolments,
    norms,
    places,
    privileges,
    records,
    referrals,
    vacancies,
    vouchers,
)
from app.database import transaction
from app.extensions import db
from app.files import applications as journal
from app.files import kindergartens as list_of_kindergartens
from app.files.outcome import Places
from app.files.spreadsheet import read
from app.models import (
    Application,
    KgGroup,
    Kindergarten,
    Language,
    Norm,
    Place,
    PlaceKind,
    Unit,
    Vacancy,
    Voucher,
)
from app.now import move_demo
from app.permissions import Actor, Role
from app.rules.calendar import LOCAL

SAMPLES = config.ROOT / "samples"
BEGINS = datetime(2026, 4, 8, 9, tzinfo=LOCAL)
ARMAN, ARMAN_PHONE = "ГККП «Ясли-сад «Арман»", "+7 (771) 625-09-16"
INVENTED = "ойдан шығарылған"
REJECTED = "куәліктің мерзімі өткен"
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


@click.command("seed")
def seed() -> None:
    """Fill an empty demo with a small invented town, and write its accounts to demo.json."""
    settings = current_app.config["KEZEK"]
    if not settings.demo:
        raise click.UsageError("The invented town is for the demo: set KEZEK_DEMO=1. Nothing was changed.")
    with transaction():
        if db.session.scalars(select(Application.id).limit(1)).first() is None:
            write_accounts(settings.var / "demo.json", found_town())


def write_accounts(path: Path, accounts: dict[str, dict[str, str]]) -> None:
    """Write the demo's accounts for their owner's eyes alone."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(accounts, file, indent=2)


def found_town() -> dict[str, dict[str, str]]:
    """Make the town, in the caller's transaction; returns the accounts by role."""
    town = Town()
    _norms(town)
    _families(town)
    _story(town)
    department = town.actor("department")
    for bring_in, file, moment in (
        (list_of_kindergartens.bring_in, "kindergartens.xlsx", "2026-04-07T16:00"),
        (journal.bring_in, "applications.xlsx", "2026-04-07T16:30"),
    ):
        if problems := bring_in(read(SAMPLES / file), Places(None), by=department, at=_at(moment)).problems:
            raise RuntimeError(f"{file}: {problems}")
    for place_id in clock.districts():
        clock.run(at=_at("2026-04-08T00:10"), place_id=place_id)
    move_demo(BEGINS)
    return {login: {"login": login, "password": town.password} for login, *_ in ACCOUNTS}


class Town:
    """The region with its districts, «Арман», and one account for each role."""

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(12)
        self.region = _place(PlaceKind.region, places.country(), invented.REGION)
        self.places = {names: _place(PlaceKind.district, self.region, names) for names in invented.DISTRICTS}
        self.town, self.second = self.places[invented.TOWN], self.places[invented.SECOND_TOWN]
        self.users: dict[str, User] = {}
        began = _at("2023-01-09T09:00")
        self._employ("department", "deputy", "auditor", reach=[self.region], at=began)
        self._employ("specialist", "operator", reach=[self.town], at=began)
        self._employ("administrator", reach=[], at=began)
        self.arman = Kindergarten(place_id=self.town.id, name=ARMAN, phone=ARMAN_PHONE)
        records.create(self.arman, by=self.actor("specialist"), at=_at("2023-02-01T10:00"))
        self._employ("head", reach=[self.arman], at=_at("2023-02-01T12:00"))

    def actor(self, login: str) -> Actor:
        """Who acts under this account, as it would signed in."""
        user, role = self.users[login], ROLES[login]
        if role is Role.head:
            return Actor(role, user.id, kindergarten_id=self.arman.id)
        reach = self.town if role in (Role.specialist, Role.operator) else self.region
        return Actor(role, user.id, frozenset(places.subtree(reach.id)))

    def _employ(self, *logins: str, reach: list[Place | Kindergarten], at: datetime) -> None:
        for login, role, last_name, first_name in ACCOUNTS:
            if login in logins:
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


def _place(kind: PlaceKind, parent: Place, names: tuple[str, str]) -> Place:
    place = db.session.scalars(select(Place).where(Place.parent_id == parent.id, Place.name_kk == names[0])).first()
    if place is None:
        place = Place(kind=kind, parent_id=parent.id, name_kk=names[0], name_ru=names[1])
        db.session.add(place)
        db.session.flush()
    return place


def _norms(town: Town) -> None:
    """Two cities give vouchers; the department enters it, its deputy approves, the other districts refer."""
    entered = [
        Norm(
            name="procedure",
            place_id=place.id,
            valid_from=date(2023, 3, 1),
            value="voucher",
            unit=Unit.CHOICE,
            legal_basis=f"{INVENTED}: {place.name_kk} әкімдігінің қаулысы",
        )
        for place in (town.town, town.second)
    ]
    for norm in entered:
        records.create(norm, by=town.actor("department"), at=_at("2023-02-06T10:00"))
    for norm in entered:
        norms.approve(norm, by=town.actor("deputy"), at=_at("2023-02-07T15:00"))


def _families(town: Town) -> None:
    """Families come to the counter on their days, and officials decide on their privileges."""
    there: dict[str, Application] = {}
    for moment, verb, family in invented.events():
        office = town.actor("operator" if verb == "register" else "specialist")
        if family.place != invented.TOWN:
            office = town.actor("department")
        if verb == "register":
            there[family.child.iin] = applications.register(
                place_id=town.places[family.place].id,
                child=family.child,
                applicant=family.applicant,
                by=office,
                at=moment,
                privilege=family.privilege,
            )
        else:
            privileges.decide(there[family.child.iin], verb, by=office, at=moment, reason=REJECTED)


def _story(town: Town) -> None:
    """Rounds for a few places of «Арман», and what families and the clock made of their vouchers."""
    head, office = town.actor("head"), town.actor("specialist")
    _vacancy(_second_kindergarten(town), "Балапан", 2022, 2, town.actor("department"), at=_at("2026-03-06T11:00"))
    places_of_2021 = _vacancy(town.arman, "Күншуақ", 2021, 4, head, at=_at("2026-03-10T09:15"))
    records.create(Vacancy(group=places_of_2021.group, places=1), by=head, at=_at("2026-03-10T09:30"))

    enrolled, _stop_listed, refused, expired = _round(town, office, "2026-03-10T10:00")
    vouchers.confirm(enrolled, by=_family(enrolled), at=_at("2026-03-11T10:15"))
    vouchers.refuse(refused, by=_family(refused), at=_at("2026-03-11T12:40"))
    referrals.choose(enrolled, places_of_2021, by=_family(enrolled), at=_at("2026-03-11T18:20"))
    vouchers.confirm(expired, by=_family(expired), at=_at("2026-03-12T08:05"))
    contracts.sign(enrolled, by=_family(enrolled), at=_at("2026-03-12T19:30"))
    _clock(town, "2026-03-13T00:10")
    contracts.sign(enrolled, by=head, at=_at("2026-03-13T09:10"))
    enrolments.enrol(enrolled, by=head, at=_at("2026-03-16T08:30"))
    _clock(town, "2026-03-20T00:10")

    referred, confirmed, withdrawn = _round(town, office, "2026-04-01T10:00")
    vouchers.confirm(referred, by=_family(referred), at=_at("2026-04-02T09:00"))
    applications.withdraw(withdrawn, by=_family(withdrawn), at=_at("2026-04-02T11:25"))
    vouchers.confirm(confirmed, by=_family(confirmed), at=_at("2026-04-03T20:45"))
    referrals.choose(referred, places_of_2021, by=_family(referred), at=_at("2026-04-06T13:00"))
    contracts.sign(referred, by=_family(referred), at=_at("2026-04-07T08:50"))
    _round(town, office, "2026-04-07T09:30")


def _second_kindergarten(town: Town) -> Kindergarten:
    there = Kindergarten(place_id=town.second.id, name="«Айналайын» бөбекжай-бақшасы", phone="+7 (700) 000-77-77")
    records.create(there, by=town.actor("department"), at=_at("2026-03-06T10:30"))
    return there


def _vacancy(of: Kindergarten, name: str, year: int, free: int, by: Actor, *, at: datetime) -> Vacancy:
    """A group of one birth year, twenty of its children there, with so many places published."""
    group = KgGroup(
        kindergarten=of, name=name, language=Language.kk, birth_year_from=year, birth_year_to=year, capacity=25
    )
    records.create(group, by=by, at=at)
    records.occupy(group, 20, by=by, at=at)
    vacancy = Vacancy(group=group, places=free)
    records.create(vacancy, by=by, at=at)
    vacancies.publish(vacancy, by=by, at=at)
    return vacancy


def _round(town: Town, by: Actor, moment: str) -> list[Application]:
    """Hold a round and say who got a voucher, in order."""
    held = vouchers.issue_round(town.town.id, by=by, at=_at(moment))
    served = select(Application).join(Voucher).where(Voucher.round_id == held.id).order_by(Voucher.id)
    return list(db.session.scalars(served))


def _clock(town: Town, moment: str) -> None:
    clock.run(at=_at(moment), place_id=town.town.id)


def _family(of: Application) -> Actor:
    return Actor(Role.family, application_id=of.id)


def _at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=LOCAL)
