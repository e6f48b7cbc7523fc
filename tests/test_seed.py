"""The demo's town (spec 11): every status is there, in order of time, and the story of seed 001 can be played."""

import json
from dataclasses import replace
from datetime import date

import pytest

from app.access import password_hashes
from app.access.actors import Actor
from app.actions import choosing, clock, norms, numbers, referrals, vouchers
from app.db.extensions import db
from app.demo import people, region, seed, town
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Change,
    Child,
    DemoTime,
    Enrolment,
    Intake,
    Kindergarten,
    Offer,
    Place,
    Referral,
    ReferralStatus,
    Seat,
    StopListing,
    User,
    UserScope,
    Vacancy,
    Voucher,
    VoucherStatus,
)
from app.now import now
from app.rules import iin, texts
from app.rules import seats as rules
from app.rules.roles import Role
from tests.factories import at, family
from tests.model import always


@pytest.fixture
def demo(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "KEZEK", replace(app.config["KEZEK"], demo=True, var=tmp_path))
    return app


def of_district(model, names: tuple[str, str]):
    return db.select(model).join(Place, Place.id == model.place_id).where(Place.name_kk == names[0])


def test_every_status_of_both_procedures_is_there(demo_town):
    by_voucher = {child.status for child in db.session.scalars(of_district(Application, people.TOWN))}
    assert by_voucher == set(ApplicationStatus) - {ApplicationStatus.notified}
    by_referral = {child.status for child in db.session.scalars(of_district(Application, people.BY_REFERRAL))}
    assert by_referral == {"queued", "notified", "referred", "stop_listed", "enrolled", "removed"}
    assert db.session.scalar(db.select(db.func.count(Application.id))) >= 60


def test_every_phone_of_the_town_is_kept_in_the_one_form(demo_town):
    columns = (Application.phone, Kindergarten.phone, Place.support_phone)
    kept = [phone for one in columns for phone in db.session.scalars(db.select(one).where(one.is_not(None)))]
    assert len(kept) > 60
    assert [phone for phone in kept if phone != texts.phones(phone)] == []


def test_the_district_by_referral_has_something_for_every_button(demo_town):
    (today, later) = (date(2026, 4, 8), date(2026, 4, 10))
    live = db.session.scalars(db.select(Offer).where(Offer.status == "live").order_by(Offer.id)).all()
    assert [offer.priority_by for offer in live] == [today, today, later]  # two about to pass over
    assert [offer.vacancy.group.kindergarten.kind for offer in live][-1] == "mini_centre"
    assert db.session.scalars(db.select(Seat).where(Seat.opened_at.is_not(None))).one().vacancy.status == "published"
    referred = of_district(Application, people.BY_REFERRAL).where(Application.status == "referred")
    by_turn, private = db.session.scalars(referred.order_by(Application.standing.desc()))
    assert (by_turn.referrals[-1].attend_by, by_turn.standing, private.standing) == (later, True, False)
    assert private.referrals[-1].revocable_until > seed.BEGINS
    (missed,) = db.session.scalars(db.select(StopListing).where(StopListing.referral_id.is_not(None), ended_not()))
    assert (missed.until, missed.application.status) == (later, "stop_listed")
    removed = of_district(Application, people.BY_REFERRAL).where(Application.status == "removed")
    assert [referral.status for referral in db.session.scalars(removed).one().referrals] == ["missed", "missed"]


def ended_not():
    return StopListing.ended_at.is_(None)


def test_a_place_waits_to_be_offered_and_one_is_free_without_turn(demo_town):
    free = {}
    for vacancy in db.session.scalars(db.select(Vacancy).where(Vacancy.status == "published")):
        if vacancy.group.kindergarten.place.name_kk == people.BY_REFERRAL[0]:
            found = len(db.session.scalars(rules.free_seats(vacancy.id)).all())
            free[vacancy.group.name] = free.get(vacancy.group.name, 0) + found
    assert free == {"Айгөлек": 1, "Еркетай": 1, "Ұшқын": 1, "Балбөбек": 0}  # the first one is open


def test_norms_differ_by_district(demo_town):
    values = {
        (norms.in_force("referral.attend", place.id, date(2026, 4, 8)).unit, place.name_kk)
        for place in db.session.scalars(db.select(Place).where(Place.kind == "district"))
    }
    assert {name for unit, name in values if unit == "CD"} == {people.THIRD[0]}


def test_the_history_is_in_order_of_time_and_ends_before_the_demo_begins(demo_town):
    moments = list(db.session.scalars(db.select(Change.at).order_by(Change.id)))
    assert moments == sorted(moments)
    assert moments[-1] < seed.BEGINS == db.session.get(DemoTime, 1).at


def test_people_are_invented_with_numbers_that_could_be_real(demo_town):
    for child in db.session.scalars(db.select(Child)):
        assert iin.facts(child.iin) == iin.IinFacts(child.born_on, child.sex)
    for first in ("Айару", "Ева"):
        assert any(first == child.first_name for child in db.session.scalars(db.select(Child)))


def test_each_role_has_an_account_that_opens_and_reaches_as_far_as_it_should(demo_town):
    users = {user.username: user for user in db.session.scalars(db.select(User))}
    roles = {login: [role.name for role in user.roles] for login, user in users.items()}
    assert {role for (role,) in roles.values()} == {str(role) for role in Role} - {"family", "clock"}
    assert roles["deputy"] == ["department"]
    for login, account in demo_town.accounts.items():
        assert password_hashes.is_of(account["password"], users[login].password)
    scopes = {scope.user.username: scope for scope in db.session.scalars(db.select(UserScope))}
    assert scopes["head"].kindergarten.name == town.ARMAN
    assert (scopes["auditor"].place.name_ru, scopes["operator"].place.name_ru) == (
        "Акмолинская область",
        "город Кокшетау",
    )


def test_flask_seed_writes_the_accounts_for_their_owner_alone_and_does_nothing_the_second_time(demo, tmp_path):
    run = demo.test_cli_runner()
    assert run.invoke(args=["seed"]).exit_code == 0
    file = tmp_path / "demo.json"
    assert file.stat().st_mode & 0o777 == 0o600
    written = file.read_text()
    assert json.loads(written)["department"]["login"] == "department"
    changes = db.session.scalar(db.select(db.func.count(Change.id)))
    assert run.invoke(args=["seed"]).exit_code == 0
    assert file.read_text() == written
    assert db.session.scalar(db.select(db.func.count(Change.id))) == changes


def test_a_size_puts_a_region_around_the_town_whose_history_is_true(demo, tmp_path, monkeypatch):
    """The region of `--size M` with fewer of all: by the same actions, on the record, sealed, with nothing in it that
    must never be (spec 3.7), and nobody in it whom there is.
    """
    monkeypatch.setitem(region.SIZES, "M", region.Size(4, 120))
    run = demo.test_cli_runner()
    said = run.invoke(args=["seed", "--size", "M"])
    assert said.exit_code == 0, said.output
    around = db.select(Place.id).where(Place.name_kk.in_([kk for kk, _ru in region.DISTRICTS[:2]]))
    of_region = Kindergarten.place_id.in_(around), Application.place_id.in_(around)
    assert [db.session.scalar(db.select(db.func.count()).where(one)) for one in of_region] == [4, 120]
    assert {one.status for one in db.session.scalars(db.select(Voucher))} == set(VoucherStatus)
    assert {one.status for one in db.session.scalars(db.select(Application))} == set(ApplicationStatus)
    assert {one.status for one in db.session.scalars(db.select(Referral))} == set(ReferralStatus)
    accounts = json.loads((tmp_path / "demo.json").read_text())
    for number in range(1, 3):
        assert {f"{role}-{number}" for role in region.OWN} | {f"head-{number}-1"} <= accounts.keys()

    people = [*db.session.scalars(db.select(Child)), *db.session.scalars(db.select(Applicant))]
    assert len({one.iin for one in people}) == len(people) > 240
    assert [
        one.iin for one in people if iin.facts(one.iin).born_on != (one.born_on or iin.facts(one.iin).born_on)
    ] == []
    moments = list(db.session.scalars(db.select(Change.at).order_by(Change.id)))
    assert moments == sorted(moments) and moments[-1] < seed.BEGINS
    always.hold(always.of_system())
    always.Attendance().holds(seed.BEGINS.date())
    always.History().goes_on()
    said = run.invoke(args=["history", "verify"])
    assert (said.exit_code, said.output.split(" records")[0]) == (0, f"good: {len(moments)}")


def test_a_size_that_there_is_not_is_said_and_changes_nothing(demo):
    said = demo.test_cli_runner().invoke(args=["seed", "--size", "XL"])
    assert said.exit_code == 2 and "'XL' is not one of 'S', 'M', 'L'" in said.output
    assert db.session.scalar(db.select(db.func.count(Application.id))) == 0


def test_every_command_lives_in_the_demos_time_without_a_variable(app, demo_town):
    """That this is the demo is a fact of its database, whatever the environment of a command says."""
    run = app.test_cli_runner()
    assert now() == seed.BEGINS
    before = db.session.scalar(db.select(db.func.max(Change.id)))
    asked = ["import", "applications", str(seed.SAMPLES / "applications.csv"), "--place", people.TOWN[0]]
    said = run.invoke(args=[*asked, "--language", "en"])
    assert said.exit_code == 0, said.output
    assert run.invoke(args=["clock", "--at", "2026-04-09T10:00"]).exit_code == 0
    assert now() == at("2026-04-09T10:00")
    moments = db.session.scalars(db.select(Change.at).where(Change.id > before)).all()
    assert all(seed.BEGINS <= moment <= at("2026-04-09T10:00") for moment in moments)


def test_where_time_is_real_no_command_moves_it(app):
    said = app.test_cli_runner().invoke(args=["clock", "--at", "2026-04-09T10:00"])
    assert (said.exit_code, "time is real" in said.output) == (2, True)


def test_outside_the_demo_no_town_is_invented(app):
    said = app.test_cli_runner().invoke(args=["seed"])
    assert said.exit_code == 2
    assert "KEZEK_DEMO=1" in said.output
    assert db.session.scalar(db.select(db.func.count(Application.id))) == 0


def test_the_story_of_seed_001_is_played_in_the_seeded_town(demo_town):
    child = db.session.scalars(db.select(Application).where(Application.number == "ОДО.2026.248")).one()
    department = Actor(Role.department)
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-04-07T11:21:08"))
    held = vouchers.issue_round(child.place_id, by=department, at=at("2026-04-08T10:00"))
    assert child.status is ApplicationStatus.confirming
    assert held.passed > 0
    assert child.vouchers[0].confirm_by == date(2026, 4, 10)

    vouchers.confirm(child, by=family(child), at=at("2026-04-08T18:00"))
    assert child.vouchers[0].choose_by == date(2026, 4, 15)
    choices = choosing.choices(child, date(2026, 4, 9))
    (temporary,) = [vacancy for vacancy, _free in choices if vacancy.intake is Intake.temporary]
    assert (temporary.group.kindergarten.name, temporary.ends_on) == (town.ARMAN, date(2026, 4, 30))
    referrals.choose(child, temporary, by=family(child), at=at("2026-04-09T12:00"))
    assert child.status is ApplicationStatus.queued
    number = numbers.of(child, date(2026, 4, 9))

    clock.run(at=at("2026-05-03T23:00"), place_id=child.place_id)
    stay = db.session.scalars(db.select(Enrolment).where(Enrolment.application_id == child.id)).one()
    assert stay.ended_on is None
    clock.run(at=at("2026-05-04T00:05"), place_id=child.place_id)
    assert stay.ended_on == date(2026, 4, 30)
    assert child.vouchers[0].status is VoucherStatus.annulled
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-04-07T11:21:08"))
    assert numbers.of(child, date(2026, 5, 4)) == number
    assert (number.value, number.privileged, number.category.rank) == (1, 0, 3)
