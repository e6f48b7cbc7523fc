"""The demo's town (spec 11): every status is there, in order of time, and the story of seed 001 can be played."""

import json
from dataclasses import replace
from datetime import date

import pytest
from werkzeug.security import check_password_hash

from app import seed
from app.actions import accounts, clock, numbers, referrals, vouchers
from app.database import transaction
from app.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Child,
    DemoTime,
    Enrolment,
    Intake,
    User,
    UserScope,
    VoucherStatus,
)
from app.permissions import Actor, Role
from app.rules import iin
from tests.factories import at, family


@pytest.fixture
def demo(app, tmp_path, monkeypatch):
    monkeypatch.setattr(accounts, "HASH", "scrypt:1024:8:1")  # seven strong hashes would be all that is waited for
    monkeypatch.setitem(app.config, "KEZEK", replace(app.config["KEZEK"], demo=True, var=tmp_path))
    return app


@pytest.fixture
def town(demo):
    with transaction():
        return seed.found_town()


def test_every_status_of_the_voucher_procedure_is_there(town):
    statuses = set(db.session.scalars(db.select(Application.status)))
    assert statuses == set(ApplicationStatus) - {ApplicationStatus.notified}
    assert db.session.scalar(db.select(db.func.count(Application.id))) >= 60


def test_the_history_is_in_order_of_time_and_ends_before_the_demo_begins(town):
    moments = list(db.session.scalars(db.select(Change.at).order_by(Change.id)))
    assert moments == sorted(moments)
    assert moments[-1] < seed.BEGINS == db.session.get(DemoTime, 1).at


def test_people_are_invented_with_numbers_that_could_be_real(town):
    for child in db.session.scalars(db.select(Child)):
        assert iin.facts(child.iin) == iin.IinFacts(child.born_on, child.sex)
    for first in ("Айару", "Ева"):
        assert any(first == child.first_name for child in db.session.scalars(db.select(Child)))


def test_each_role_has_an_account_that_opens_and_reaches_as_far_as_it_should(town):
    users = {user.username: user for user in db.session.scalars(db.select(User))}
    roles = {login: [role.name for role in user.roles] for login, user in users.items()}
    assert {role for (role,) in roles.values()} == {str(role) for role in Role} - {"family", "clock"}
    assert roles["deputy"] == ["department"]
    for login, account in town.items():
        assert check_password_hash(users[login].password, account["password"])
    scopes = {scope.user.username: scope for scope in db.session.scalars(db.select(UserScope))}
    assert scopes["head"].kindergarten.name == seed.ARMAN
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


def test_outside_the_demo_no_town_is_invented(app):
    said = app.test_cli_runner().invoke(args=["seed"])
    assert said.exit_code == 2
    assert "KEZEK_DEMO=1" in said.output
    assert db.session.scalar(db.select(db.func.count(Application.id))) == 0


def test_the_story_of_seed_001_is_played_in_the_seeded_town(town):
    child = db.session.scalars(db.select(Application).where(Application.number == "ОДО.2026.248")).one()
    department = Actor(Role.department)
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-04-07T11:21:08"))
    held = vouchers.issue_round(child.place_id, by=department, at=at("2026-04-08T10:00"))
    assert child.status is ApplicationStatus.confirming
    assert held.passed > 0
    assert child.vouchers[0].confirm_by == date(2026, 4, 10)

    vouchers.confirm(child, by=family(child), at=at("2026-04-08T18:00"))
    assert child.vouchers[0].choose_by == date(2026, 4, 15)
    choices = referrals.choices(child, date(2026, 4, 9))
    (temporary,) = [vacancy for vacancy, _free in choices if vacancy.intake is Intake.temporary]
    assert (temporary.group.kindergarten.name, temporary.ends_on) == (seed.ARMAN, date(2026, 4, 30))
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
