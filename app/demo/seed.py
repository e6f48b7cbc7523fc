"""`flask seed`: the demo's small town, made by the same actions as everything else, at their moments, in order.

Every status is there, of vouchers in one city and of referrals in one district, one account for each role, a round
that waits to be held, and places that wait to be offered.
"""

import json
import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import select

import config
from app.access.clients import key_of_demo
from app.access.hashes import hashed
from app.actions import (
    absences,
    applications,
    bulk,
    chain,
    clock,
    contracts,
    enrolments,
    guardianships,
    norms,
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
from app.demo import keys, people, region
from app.demo.region import Size
from app.demo.town import (
    DemoTown,
    Story,
    family,
    group,
    head_of,
    hold_round,
    kindergarten,
    last_in_line,
    local,
    offer,
    tell,
    vacancy,
)
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
    KindergartenKind,
    Norm,
    Office,
    OnLapse,
    Ownership,
    SanatoriumCertificate,
    Sex,
    Unit,
    Vacancy,
)
from app.now import move_demo, now
from app.rules import iin, shipped
from app.rules.calendar import LOCAL
from app.spreadsheets.reading import read

SAMPLES = config.ROOT / "samples"
BEGINS = datetime(2026, 4, 8, 9, tzinfo=LOCAL)
ALL = 100_000_000  # records
INVENTED = "ойдан шығарылған"
REJECTED = "куәліктің мерзімі өткен"
OUT_OF_TURN = "баланың ата-анасы ұзақ емделуде, комиссия хаттамасы № 4"
MOVED_AWAY = "отбасылар басқа облысқа көшті"


@click.command("seed")
@click.option("--size", type=click.Choice(list(region.SIZES)), default="S", help="S: a small town; M, L: a region.")
def seed(size: str) -> None:
    """Fill an empty demo with an invented town, and write its accounts to demo.json.

    S is a small town. M puts 60 kindergartens and 6,000 children around it, L 600 and 60,000.
    """
    settings = current_app.config["KEZEK"]
    if not settings.demo:
        raise click.UsageError("The invented town is for the demo: set KEZEK_DEMO=1. Nothing was changed.")
    keys.found(settings)
    with transaction():
        if db.session.scalars(select(Application.id).limit(1)).first() is None:
            write_accounts(settings.var / "demo.json", found_town(region.SIZES[size]))
    if size != "S":
        seal()


def write_accounts(path: Path, accounts: dict[str, dict[str, str]]) -> None:
    """Write the demo's accounts for their owner's eyes alone."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(accounts, file, indent=2)


def seal() -> None:
    """Seal the history of a region at once, in whatever order its moments are."""
    with transaction():
        chain.seal(at=now(), most=ALL)


def found_town(size: Size = region.SIZES["S"]) -> dict[str, dict[str, str]]:
    """Make the town, and a region of this size around it, in the caller's transaction; returns the accounts."""
    town = DemoTown()
    around = region.districts(town, size)
    _offices(town)
    _norms(town, region.norms_of(around))
    _families(town)
    tell(_vouchers(town), _referrals(town), *region.stories(town, around))
    department = town.actor("department")
    for bring_in, file, moment in (
        (list_of_kindergartens.bring_in, "kindergartens.xlsx", "2026-04-07T16:00"),
        (journal.bring_in, "applications.xlsx", "2026-04-07T16:30"),
    ):
        if problems := bring_in(read(SAMPLES / file), Places(None), by=department, at=local(moment)).problems:
            raise RuntimeError(f"{file}: {problems}")
    _certificates(town, local("2026-04-07T17:00"))
    _fathers(town, local("2026-04-07T17:05"))
    _waits_for_a_kindergarten(town, local("2026-04-07T17:07"))
    _contract_text(town, local("2026-04-07T17:10"))
    _portal(town, local("2026-04-07T17:15"))
    _waits_for_a_second_person(town, local("2026-04-07T17:20"))
    for place_id in clock.districts():
        clock.run(at=local("2026-04-08T00:10"), place_id=place_id)
    move_demo(BEGINS)
    return {login: {"login": login, "password": town.password} for login in town.users}


def _norms(town: DemoTown, more: list[Norm]) -> None:
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
    entered += more
    for norm in entered:
        records.create(norm, by=town.actor("department"), at=local("2023-02-06T10:00"))
    for norm in entered:
        norms.approve(norm, by=town.actor("deputy"), at=local("2023-02-07T15:00"))


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
        records.create(office, by=town.actor("department"), at=local("2023-02-01T13:00"))


def _families(town: DemoTown) -> None:
    """Families come to the counter on their days, and officials decide on their privileges."""
    there: dict[str, Application] = {}
    for moment, verb, one in people.events():
        office = town.actor("operator" if verb == "register" else "specialist")
        if one.place != people.TOWN:
            office = town.actor("department")
        if verb == "register":
            there[one.child.iin] = applications.register(
                place_id=town.places[one.place].id,
                child=one.child,
                applicant=one.applicant,
                contacts=one.contacts,
                by=office,
                at=moment,
                privilege=one.privilege,
            )
        elif verb == "confirm":
            privileges.confirm(there[one.child.iin], by=office, at=moment)
        else:
            privileges.reject(there[one.child.iin], by=office, at=moment, reason=REJECTED)


def _vouchers(town: DemoTown) -> Story:
    """Rounds for a few places of «Арман», and what families and the clock made of their vouchers."""
    head, office = town.actor("head"), town.actor("specialist")
    at = yield "2026-03-06T10:30"
    where = "Степногорск, 4-шағынаудан, 12"
    second = kindergarten(town.second, "«Айналайын» бөбекжай-бақшасы", where, town, at, phone="+77000007777")
    at = yield "2026-03-06T11:00"
    vacancy(group(second, "Балапан", 2022, town.actor("department"), at), 2, town.actor("department"), at)
    at = yield "2026-03-10T09:15"
    places_of_2021 = vacancy(group(town.arman, "Күншуақ", 2021, head, at), 4, head, at)
    at = yield "2026-03-10T09:30"
    records.create(Vacancy(group=places_of_2021.group, places=1), by=head, at=at)

    at = yield "2026-03-10T10:00"
    enrolled, _stop_listed, refused, expired = hold_round(town.town, office, at)
    at = yield "2026-03-11T10:15"
    vouchers.confirm(enrolled, by=family(enrolled), at=at)
    at = yield "2026-03-11T12:40"
    vouchers.refuse(refused, by=family(refused), at=at)
    at = yield "2026-03-11T18:20"
    referrals.choose(enrolled, places_of_2021, by=family(enrolled), at=at)
    at = yield "2026-03-12T08:05"
    vouchers.confirm(expired, by=family(expired), at=at)
    at = yield "2026-03-12T19:30"
    contracts.sign(enrolled, by=family(enrolled), at=at)
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
    referred, confirmed, withdrawn = hold_round(town.town, office, at)
    at = yield "2026-04-02T09:00"
    vouchers.confirm(referred, by=family(referred), at=at)
    at = yield "2026-04-02T11:25"
    applications.withdraw(withdrawn, by=family(withdrawn), at=at)
    at = yield "2026-04-03T16:15"
    healing = {"from_on": date(2026, 4, 13), "until": date(2026, 5, 29)}
    lent = absences.absent(enrolled, **healing, by=head, at=at, reason="Санаторий")
    vacancies.publish(lent.vacancy, by=head, at=at)
    at = yield "2026-04-03T20:45"
    vouchers.confirm(confirmed, by=family(confirmed), at=at)
    at = yield "2026-04-06T13:00"
    referrals.choose(referred, places_of_2021, by=family(referred), at=at)
    at = yield "2026-04-07T08:50"
    contracts.sign(referred, by=family(referred), at=at)
    at = yield "2026-04-07T09:00"
    places_of_2022 = vacancy(group(town.arman, "Балдырған", 2022, head, at), 4, head, at)
    at = yield "2026-04-07T09:10"
    hard_case = last_in_line(town.town, 2022)
    asked = proposals.ask(hard_case, "issue_out_of_turn", by=office, at=at, reason=OUT_OF_TURN)
    at = yield "2026-04-07T09:20"
    proposals.decide(asked, approved=True, by=town.actor("deputy"), at=at)
    at = yield "2026-04-07T09:30"
    referred, confirmed, _waits = (one for one in hold_round(town.town, office, at) if one.birth_year == 2022)
    at = yield "2026-04-07T10:20"
    vouchers.confirm(referred, by=family(referred), at=at)
    at = yield "2026-04-07T11:45"
    vouchers.confirm(confirmed, by=family(confirmed), at=at)
    at = yield "2026-04-07T13:10"
    referrals.choose(referred, places_of_2022, by=family(referred), at=at)
    at = yield "2026-04-07T15:05"
    contracts.sign(referred, by=family(referred), at=at)


def _referrals(town: DemoTown) -> Story:
    """Places offered in the district by referral: taken, missed, passed over, or waiting for an answer."""
    office = town.actor("department")
    at = yield "2026-03-02T09:00"
    state = kindergarten(town.by_referral, "ГККП «Ясли-сад «Қарлығаш»", "Щучинск, Абылай хан көшесі, 41", town, at)
    kids, older = (group(state, name, year, office, at) for name, year in (("Айгөлек", 2022), ("Еркетай", 2021)))
    at = yield "2026-03-02T10:00"
    enrolled, removed = offer(vacancy(kids, 2, office, at), office, at)
    at = yield "2026-03-02T18:30"
    referrals.choose(removed, removed.offers[0].vacancy, by=family(removed), at=at)
    at = yield "2026-03-03T12:15"
    referrals.choose(enrolled, enrolled.offers[0].vacancy, by=family(enrolled), at=at)
    at = yield "2026-03-05T08:40"
    enrolments.enrol(enrolled, by=head_of(state), at=at)
    at = yield "2026-03-11T00:10"
    clock.run(at=at, place_id=town.by_referral.id)  # nobody came with the first referral
    at = yield "2026-03-12T09:20"
    applications.release(removed, by=office, at=at)
    at = yield "2026-03-12T10:00"
    (removed,) = offer(removed.offers[0].vacancy, office, at)
    at = yield "2026-03-13T19:05"
    referrals.choose(removed, removed.offers[0].vacancy, by=family(removed), at=at)

    at = yield "2026-03-16T10:00"
    (stop_listed,) = offer(vacancy(kids, 1, office, at), office, at)
    at = yield "2026-03-17T13:30"
    referrals.choose(stop_listed, stop_listed.offers[0].vacancy, by=family(stop_listed), at=at)
    at = yield "2026-03-20T11:00"
    state_order = {"ownership": Ownership.private, "state_order": True}
    private = kindergarten(
        town.by_referral, "«Балдәурен» балабақшасы", "Бурабай, Кенесары көшесі, 7", town, at, **state_order
    )
    without_turn = vacancy(group(private, "Ұшқын", 2022, office, at), 2, office, at)
    at = yield "2026-03-21T00:10"
    clock.run(at=at, place_id=town.by_referral.id)  # nor with the second
    at = yield "2026-03-26T10:00"
    offer(removed.offers[0].vacancy, office, at)  # this place nobody takes: it is open from 1 April
    at = yield "2026-03-28T00:10"
    clock.run(at=at, place_id=town.by_referral.id)
    at = yield "2026-03-31T10:00"
    (referred,) = offer(stop_listed.offers[0].vacancy, office, at)
    at = yield "2026-04-01T00:10"
    clock.run(at=at, place_id=town.by_referral.id)

    at = yield "2026-04-03T10:00"
    offer(vacancy(kids, 2, office, at), office, at)  # through 8 April
    at = yield "2026-04-03T17:45"
    referrals.choose(referred, referred.offers[0].vacancy, by=family(referred), at=at)
    at = yield "2026-04-06T09:10"
    vacancy(older, 1, office, at)  # nobody has offered it yet
    records.create(Vacancy(group=older, places=1), by=office, at=at)
    at = yield "2026-04-07T10:00"
    centre = kindergarten(
        town.by_referral,
        "«Бөбек» шағын орталығы",
        "Щучинск, Мира көшесі, 15",
        town,
        at,
        kind=KindergartenKind.mini_centre,
    )
    offer(vacancy(group(centre, "Балбөбек", 2023, office, at), 1, office, at), office, at)
    at = yield "2026-04-07T15:20"
    last = last_in_line(town.by_referral, 2022)
    referrals.choose(last, without_turn, by=family(last), at=at)  # it may still be taken back on 8 April


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
