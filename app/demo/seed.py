"""`flask seed`: the demo's small town, made by the same actions as everything else, at their moments, in order.

Every status is there, of vouchers in one city and of referrals in one district, one account for each role, a round
that waits to be held, and places that wait to be offered.
"""

import json
import os
import secrets
from collections.abc import Generator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

import config
from app.access.actors import Actor
from app.access.clients import key_of_demo
from app.access.hashes import hashed
from app.actions import (
    absences,
    accounts,
    applications,
    bulk,
    clock,
    contracts,
    enrolments,
    guardianships,
    norms,
    offers,
    places,
    privileges,
    proposals,
    records,
    referrals,
    vacancies,
    vouchers,
    wishes,
)
from app.actions.people import Person
from app.db.database import transaction
from app.db.extensions import db
from app.demo import keys, people
from app.imports import applications as journal
from app.imports import kindergartens as list_of_kindergartens
from app.imports.outcome import Places
from app.models import (
    Application,
    ApplicationStatus,
    BulkRun,
    Client,
    ContractText,
    GuardianshipBasis,
    KgGroup,
    Kindergarten,
    KindergartenKind,
    Language,
    Norm,
    Offer,
    Office,
    OnLapse,
    Ownership,
    Place,
    PlaceKind,
    SanatoriumCertificate,
    Sex,
    Unit,
    Vacancy,
    Voucher,
)
from app.now import move_demo
from app.rules import iin, shipped
from app.rules.calendar import LOCAL
from app.rules.roles import Role
from app.spreadsheets.reading import read

SAMPLES = config.ROOT / "samples"
BEGINS = datetime(2026, 4, 8, 9, tzinfo=LOCAL)
ARMAN, ARMAN_BIN, ARMAN_PHONE = "ГККП «Ясли-сад «Арман»", "120340012345", "+77716250916"
INVENTED = "ойдан шығарылған"
REJECTED = "куәліктің мерзімі өткен"
OUT_OF_TURN = "баланың ата-анасы ұзақ емделуде, комиссия хаттамасы № 4"
MOVED_AWAY = "отбасылар басқа облысқа көшті"
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
    keys.found(settings)
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
    town = DemoTown()
    _offices(town)
    _norms(town)
    _families(town)
    _tell(_vouchers(town), _referrals(town))
    department = town.actor("department")
    for bring_in, file, moment in (
        (list_of_kindergartens.bring_in, "kindergartens.xlsx", "2026-04-07T16:00"),
        (journal.bring_in, "applications.xlsx", "2026-04-07T16:30"),
    ):
        if problems := bring_in(read(SAMPLES / file), Places(None), by=department, at=_at(moment)).problems:
            raise RuntimeError(f"{file}: {problems}")
    _certificates(town, _at("2026-04-07T17:00"))
    _fathers(town, _at("2026-04-07T17:05"))
    _waits_for_a_kindergarten(town, _at("2026-04-07T17:07"))
    _contract_text(town, _at("2026-04-07T17:10"))
    _portal(town, _at("2026-04-07T17:15"))
    _waits_for_a_second_person(town, _at("2026-04-07T17:20"))
    for place_id in clock.districts():
        clock.run(at=_at("2026-04-08T00:10"), place_id=place_id)
    move_demo(BEGINS)
    return {login: {"login": login, "password": town.password} for login, *_ in ACCOUNTS}


class DemoTown:
    """The region with its districts, «Арман», and one account for each role."""

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(12)
        self.region = _place(PlaceKind.region, places.country(), people.REGION)
        self.places = {names: _place(PlaceKind.district, self.region, names) for names in people.DISTRICTS}
        self.town, self.second = self.places[people.TOWN], self.places[people.SECOND_TOWN]
        self.by_referral, self.third = self.places[people.BY_REFERRAL], self.places[people.THIRD]
        self.users: dict[str, User] = {}
        began = _at("2023-01-09T09:00")
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
        records.create(self.arman, by=self.actor("specialist"), at=_at("2023-02-01T10:00"))
        self._employ("head", reach=[self.arman], at=_at("2023-02-01T12:00"))

    def actor(self, login: str) -> Actor:
        """Who acts under this account, as it would signed in."""
        user, role = self.users[login], ROLES[login]
        if role is Role.head:
            return Actor(role, user.id, kindergarten_id=self.arman.id, on_paper=True)
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


def _norms(town: DemoTown) -> None:
    """Two cities give vouchers, the other districts refer, one of them with terms of its own (S0: "blocked, not
    deleted"); the department enters it, its deputy approves.
    """
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
    entered.append(
        Norm(
            name="referral.attend",
            place_id=town.third.id,
            valid_from=date(2023, 3, 1),
            value="5",
            unit=Unit.CD,
            on_lapse=OnLapse.hold,
            legal_basis=f"{INVENTED}: {town.third.name_kk} әкімдігінің қаулысы",
        )
    )
    for norm in entered:
        records.create(norm, by=town.actor("department"), at=_at("2023-02-06T10:00"))
    for norm in entered:
        norms.approve(norm, by=town.actor("deputy"), at=_at("2023-02-07T15:00"))


def _contract_text(town: DemoTown, at: datetime) -> None:
    """The region's own text, which waits for the deputy: the subject names the child and the kindergarten."""
    own = dict(shipped.CONTRACT_COLUMNS)
    own["subject_kk"] = (
        "{балабақша} (бұдан әрі – ұйым) және {өтініш беруші} (бұдан әрі – отбасы) мына бала туралы келісті: {бала}, "
        "{туған күні}. " + own["subject_kk"]
    )
    own["subject_ru"] = (
        "{детский сад} (далее – организация) и {заявитель} (далее – семья) договорились о ребёнке: {ребёнок}, "
        "{дата рождения}. " + own["subject_ru"]
    )
    basis = f"{INVENTED}: {town.region.name_kk} білім басқармасының бұйрығы"
    text = ContractText(place=town.region, valid_from=date(2026, 5, 1), legal_basis=basis, **own)
    records.create(text, by=town.actor("department"), at=at)


def _offices(town: DemoTown) -> None:
    """Who issues papers: the region's own department, and the city's office."""
    for place, names, address, phone, answers in (
        (
            town.region,
            ("Облыстық білім басқармасы", "Областное управление образования"),
            "Абай, 89",
            "+77162250000",
            "Қалиева Ш.",
        ),
        (
            town.town,
            ("Қалалық білім бөлімі", "Городской отдел образования"),
            "Әуезов, 12",
            "+77162251111",
            "Темірова А.",
        ),
    ):
        kk, ru = names
        office = Office(place=place, name_kk=kk, name_ru=ru, address=address, phone=phone, responsible=answers)
        records.create(office, by=town.actor("department"), at=_at("2023-02-01T13:00"))


def _families(town: DemoTown) -> None:
    """Families come to the counter on their days, and officials decide on their privileges."""
    there: dict[str, Application] = {}
    for moment, verb, family in people.events():
        office = town.actor("operator" if verb == "register" else "specialist")
        if family.place != people.TOWN:
            office = town.actor("department")
        if verb == "register":
            there[family.child.iin] = applications.register(
                place_id=town.places[family.place].id,
                child=family.child,
                applicant=family.applicant,
                contacts=family.contacts,
                by=office,
                at=moment,
                privilege=family.privilege,
            )
        elif verb == "confirm":
            privileges.confirm(there[family.child.iin], by=office, at=moment)
        else:
            privileges.reject(there[family.child.iin], by=office, at=moment, reason=REJECTED)


# A story says when it goes on and is told what moment that is; all are told together, in order of time.
Story = Generator[str, datetime, None]


def _tell(*stories: Story) -> None:
    """Let the story go on whose next moment comes first, until all are at their end."""
    nexts = [(next(story), n, story) for n, story in enumerate(stories)]
    while nexts:
        nexts.sort()
        moment, n, story = nexts.pop(0)
        try:
            nexts.append((story.send(_at(moment)), n, story))
        except StopIteration:
            continue


def _vouchers(town: DemoTown) -> Story:
    """Rounds for a few places of «Арман», and what families and the clock made of their vouchers."""
    head, office = town.actor("head"), town.actor("specialist")
    at = yield "2026-03-06T10:30"
    where = "Степногорск, 4-шағынаудан, 12"
    second = _kindergarten(town.second, "«Айналайын» бөбекжай-бақшасы", where, town, at, phone="+77000007777")
    at = yield "2026-03-06T11:00"
    _vacancy(_group(second, "Балапан", 2022, town.actor("department"), at), 2, town.actor("department"), at)
    at = yield "2026-03-10T09:15"
    places_of_2021 = _vacancy(_group(town.arman, "Күншуақ", 2021, head, at), 4, head, at)
    at = yield "2026-03-10T09:30"
    records.create(Vacancy(group=places_of_2021.group, places=1), by=head, at=at)

    at = yield "2026-03-10T10:00"
    enrolled, _stop_listed, refused, expired = _round(town, office, at)
    at = yield "2026-03-11T10:15"
    vouchers.confirm(enrolled, by=_family(enrolled), at=at)
    at = yield "2026-03-11T12:40"
    vouchers.refuse(refused, by=_family(refused), at=at)
    at = yield "2026-03-11T18:20"
    referrals.choose(enrolled, places_of_2021, by=_family(enrolled), at=at)
    at = yield "2026-03-12T08:05"
    vouchers.confirm(expired, by=_family(expired), at=at)
    at = yield "2026-03-12T19:30"
    contracts.sign(enrolled, by=_family(enrolled), at=at)
    at = yield "2026-03-13T00:10"
    clock.run(at=at, place_id=town.town.id)
    at = yield "2026-03-13T09:10"
    contracts.sign(enrolled, by=head, at=at)
    at = yield "2026-03-16T08:30"
    enrolments.enrol(enrolled, by=head, at=at)
    at = yield "2026-03-17T09:40"
    spring = {"from_on": date(2026, 3, 18), "until": date(2026, 4, 3)}
    absences.absent(enrolled, **spring, by=head, at=at, reason="Демалыс")
    at = yield "2026-03-20T00:10"
    clock.run(at=at, place_id=town.town.id)
    at = yield "2026-03-26T08:50"
    absences.come_back(enrolled, by=head, at=at)  # earlier than was planned, and nobody had its place

    at = yield "2026-04-01T10:00"
    referred, confirmed, withdrawn = _round(town, office, at)
    at = yield "2026-04-02T09:00"
    vouchers.confirm(referred, by=_family(referred), at=at)
    at = yield "2026-04-02T11:25"
    applications.withdraw(withdrawn, by=_family(withdrawn), at=at)
    at = yield "2026-04-03T16:15"
    healing = {"from_on": date(2026, 4, 13), "until": date(2026, 5, 29)}
    lent = absences.absent(enrolled, **healing, by=head, at=at, reason="Санаторий")
    vacancies.publish(lent.vacancy, by=head, at=at)
    at = yield "2026-04-03T20:45"
    vouchers.confirm(confirmed, by=_family(confirmed), at=at)
    at = yield "2026-04-06T13:00"
    referrals.choose(referred, places_of_2021, by=_family(referred), at=at)
    at = yield "2026-04-07T08:50"
    contracts.sign(referred, by=_family(referred), at=at)
    at = yield "2026-04-07T09:00"
    places_of_2022 = _vacancy(_group(town.arman, "Балдырған", 2022, head, at), 4, head, at)
    at = yield "2026-04-07T09:10"
    hard_case = _last_in_line(town.town, 2022)
    asked = proposals.ask(hard_case, "issue_out_of_turn", by=office, at=at, reason=OUT_OF_TURN)
    at = yield "2026-04-07T09:20"
    proposals.decide(asked, approved=True, by=town.actor("deputy"), at=at)
    at = yield "2026-04-07T09:30"
    referred, confirmed, _waits = (one for one in _round(town, office, at) if one.birth_year == 2022)
    at = yield "2026-04-07T10:20"
    vouchers.confirm(referred, by=_family(referred), at=at)
    at = yield "2026-04-07T11:45"
    vouchers.confirm(confirmed, by=_family(confirmed), at=at)
    at = yield "2026-04-07T13:10"
    referrals.choose(referred, places_of_2022, by=_family(referred), at=at)
    at = yield "2026-04-07T15:05"
    contracts.sign(referred, by=_family(referred), at=at)


def _referrals(town: DemoTown) -> Story:
    """Places offered in the district by referral: taken, missed, passed over, or waiting for an answer."""
    office = town.actor("department")
    at = yield "2026-03-02T09:00"
    state = _kindergarten(town.by_referral, "ГККП «Ясли-сад «Қарлығаш»", "Щучинск, Абылай хан көшесі, 41", town, at)
    kids, older = (_group(state, name, year, office, at) for name, year in (("Айгөлек", 2022), ("Еркетай", 2021)))
    at = yield "2026-03-02T10:00"
    enrolled, removed = _offer(_vacancy(kids, 2, office, at), office, at)
    at = yield "2026-03-02T18:30"
    referrals.choose(removed, removed.offers[0].vacancy, by=_family(removed), at=at)
    at = yield "2026-03-03T12:15"
    referrals.choose(enrolled, enrolled.offers[0].vacancy, by=_family(enrolled), at=at)
    at = yield "2026-03-05T08:40"
    enrolments.enrol(enrolled, by=_head(state), at=at)
    at = yield "2026-03-11T00:10"
    clock.run(at=at, place_id=town.by_referral.id)  # nobody came with the first referral
    at = yield "2026-03-12T09:20"
    applications.release(removed, by=office, at=at)
    at = yield "2026-03-12T10:00"
    (removed,) = _offer(removed.offers[0].vacancy, office, at)
    at = yield "2026-03-13T19:05"
    referrals.choose(removed, removed.offers[0].vacancy, by=_family(removed), at=at)

    at = yield "2026-03-16T10:00"
    (stop_listed,) = _offer(_vacancy(kids, 1, office, at), office, at)
    at = yield "2026-03-17T13:30"
    referrals.choose(stop_listed, stop_listed.offers[0].vacancy, by=_family(stop_listed), at=at)
    at = yield "2026-03-20T11:00"
    state_order = {"ownership": Ownership.private, "state_order": True}
    private = _kindergarten(
        town.by_referral, "«Балдәурен» балабақшасы", "Бурабай, Кенесары көшесі, 7", town, at, **state_order
    )
    without_turn = _vacancy(_group(private, "Ұшқын", 2022, office, at), 2, office, at)
    at = yield "2026-03-21T00:10"
    clock.run(at=at, place_id=town.by_referral.id)  # nor with the second
    at = yield "2026-03-26T10:00"
    _offer(removed.offers[0].vacancy, office, at)  # this place nobody takes: it is open from 1 April
    at = yield "2026-03-28T00:10"
    clock.run(at=at, place_id=town.by_referral.id)
    at = yield "2026-03-31T10:00"
    (referred,) = _offer(stop_listed.offers[0].vacancy, office, at)
    at = yield "2026-04-01T00:10"
    clock.run(at=at, place_id=town.by_referral.id)

    at = yield "2026-04-03T10:00"
    _offer(_vacancy(kids, 2, office, at), office, at)  # through 8 April
    at = yield "2026-04-03T17:45"
    referrals.choose(referred, referred.offers[0].vacancy, by=_family(referred), at=at)
    at = yield "2026-04-06T09:10"
    _vacancy(older, 1, office, at)  # nobody has offered it yet
    records.create(Vacancy(group=older, places=1), by=office, at=at)
    at = yield "2026-04-07T10:00"
    centre = _kindergarten(
        town.by_referral,
        "«Бөбек» шағын орталығы",
        "Щучинск, Мира көшесі, 15",
        town,
        at,
        kind=KindergartenKind.mini_centre,
    )
    _offer(_vacancy(_group(centre, "Балбөбек", 2023, office, at), 1, office, at), office, at)
    at = yield "2026-04-07T15:20"
    last = _last_in_line(town.by_referral, 2022)
    referrals.choose(last, without_turn, by=_family(last), at=at)  # it may still be taken back on 8 April


def _waits_for_a_second_person(town: DemoTown, at: datetime) -> None:
    """Two applications are to be archived at once: the department has asked, and its deputy has not answered yet."""
    waits = select(Application.id).where(
        Application.place_id == town.by_referral.id, Application.status == ApplicationStatus.queued
    )
    ids = db.session.scalars(waits.order_by(Application.queued_at.desc()).limit(2)).all()
    department = town.actor("department")
    run = bulk.ask(Application, "archive", [(id_, id_) for id_ in ids], by=department, at=at, reason=MOVED_AWAY)
    while bulk.go_on(run.id, at=at, enough=lambda: False):
        pass
    proposals.ask(db.session.get_one(BulkRun, run.id), "start", by=department, at=at, reason=MOVED_AWAY)


def _portal(town: DemoTown, moment: datetime) -> None:
    """One that may do all of it in the region; its key is shown beside the accounts."""
    row = Client(name="Indigo (демо)", place_id=town.region.id, registers=True, acts=True, active=True)
    records.create(row, by=town.actor("administrator"), at=moment)
    row.key_hash = hashed(key_of_demo(town.password))


def _certificates(town: DemoTown, at: datetime) -> None:
    """Two children have a certificate for a sanatorium: one that holds, and one whose last day is over."""
    some = select(Application).where(Application.place_id == town.by_referral.id).order_by(Application.id).limit(2)
    days = ((date(2026, 4, 1), date(2026, 9, 30)), (date(2025, 9, 1), date(2026, 3, 31)))
    for number, (application, (first, last)) in enumerate(zip(db.session.scalars(some).all(), days, strict=True), 17):
        facts = {"issuer": "Облыстық фтизиопульмонология орталығы", "number": f"{number}-С"}
        row = SanatoriumCertificate(child=application.child, from_on=first, until=last, **facts)
        records.create(row, by=town.actor("department"), at=at)


def _fathers(town: DemoTown, at: datetime) -> None:
    """One has joined the application of his child's mother and sees it; another one has asked, and waits."""
    some = select(Application).where(
        Application.place_id == town.town.id, Application.status == ApplicationStatus.queued
    )
    by = replace(town.actor("operator"), paper_on=at.date())
    for number, application in enumerate(db.session.scalars(some.order_by(Application.id).limit(2)).all()):
        father = Person(
            iin.make(date(1988, 5, 3 + number), Sex.male, 41),
            last_name=application.applicant.last_name.removesuffix("а"),
            first_name=("Асқар", "Нұрлан")[number],
        )
        phone, note = f"+770155500{number:02}", f"{INVENTED} туу туралы куәлік"
        facts = {"basis": GuardianshipBasis.parent, "phone": phone, "note": note, "by": by, "at": at}
        asked = guardianships.join(application, father, **facts)
        if number == 0:
            guardianships.approve(asked, by=town.actor("specialist"), at=at)


def _waits_for_a_kindergarten(town: DemoTown, at: datetime) -> None:
    """One family waits for a place in a kindergarten of the town."""
    some = select(Application).where(
        Application.place_id == town.town.id, Application.status == ApplicationStatus.queued
    )
    application = db.session.scalars(some.order_by(Application.id).limit(1)).first()
    there = db.session.scalars(wishes.choices(application).limit(1)).first() if application else None
    if application is not None and there is not None:
        wishes.wish(application, there, by=replace(town.actor("operator"), paper_on=at.date()), at=at)


def _kindergarten(place: Place, name: str, address: str, town: DemoTown, at: datetime, **more: Any) -> Kindergarten:
    there = Kindergarten(place_id=place.id, name=name, address=address, **more)
    records.create(there, by=town.actor("department"), at=at)
    return there


def _group(of: Kindergarten, name: str, year: int, by: Actor, at: datetime) -> KgGroup:
    """A group of one birth year, twenty of its children there."""
    group = KgGroup(
        kindergarten=of, name=name, language=Language.kk, birth_year_from=year, birth_year_to=year, capacity=25
    )
    records.create(group, by=by, at=at)
    records.occupy(group, 20, by=by, at=at)
    return group


def _vacancy(group: KgGroup, free: int, by: Actor, at: datetime) -> Vacancy:
    """So many published places of a group."""
    vacancy = Vacancy(group=group, places=free)
    records.create(vacancy, by=by, at=at)
    vacancies.publish(vacancy, by=by, at=at)
    return vacancy


def _round(town: DemoTown, by: Actor, at: datetime) -> list[Application]:
    """Hold a round and say who got a voucher, in order."""
    held = vouchers.issue_round(town.town.id, by=by, at=at)
    served = select(Application).join(Voucher).where(Voucher.round_id == held.id).order_by(Voucher.id)
    return list(db.session.scalars(served))


def _offer(vacancy: Vacancy, by: Actor, at: datetime) -> list[Application]:
    """Offer the free places of a vacancy and say to whom, in order."""
    held = offers.offer(vacancy, by=by, at=at)
    served = select(Application).join(Offer).where(Offer.round_id == held.id).order_by(Offer.id)
    return list(db.session.scalars(served))


def _last_in_line(place: Place, year: int) -> Application:
    waits = select(Application).where(Application.place_id == place.id, Application.birth_year == year)
    waits = waits.where(Application.status == ApplicationStatus.queued)
    return db.session.scalars(waits.order_by(Application.queued_at.desc(), Application.id.desc())).first()


def _head(of: Kindergarten) -> Actor:
    return Actor(Role.head, kindergarten_id=of.id)


def _family(of: Application) -> Actor:
    return Actor(Role.family, application_id=of.id, on_paper=True)


def _at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=LOCAL)
