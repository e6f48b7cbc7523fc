"""Letters to officials leave by the server for letters; a link that works stands in the letter alone (ADR 37)."""

import re

import pytest

from app.access.actors import Actor
from app.actions import accounts, invitations
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import outbox
from app.models import AccountLetter, Invitation, Outbox, User
from app.now import now
from app.rules.roles import Role
from tests.gateways import mail_server, set_up

ADMINISTRATOR = Actor(Role.administrator)
TO = "aigul@example.org"
PASSWORD = "жасыл ат көпір 2026"


@pytest.fixture(scope="module")
def mail():
    with mail_server() as server:
        yield server


@pytest.fixture
def invited(app, mail) -> int:
    """An account whose owner is sent a link: the id of the letter."""
    mail.forget()
    with transaction():
        user = User(username="aigul", first_name="Айгүл", last_name="Серікқызы", email=TO, active=True)
        accounts.save(user, role=Role.administrator, reach=(), by=ADMINISTRATOR, at=now())
        invitations.invite(user, by=ADMINISTRATOR, at=now())
        return db.session.scalars(db.select(AccountLetter.id)).one()


def go_on() -> None:
    with transaction():
        db.session.execute(db.update(Outbox).values(not_before=None))
    outbox.handle(list(db.session.scalars(db.select(Outbox.id).where(Outbox.letter_id.is_not(None)))))
    db.session.rollback()


def keys(mail) -> list[str]:
    return [re.search(r"/invitation/([\w-]+)", letter.get_content())[1] for letter in mail.to(TO)]


def test_a_link_leaves_once_in_both_languages_and_is_kept_nowhere(app, mail, invited):
    with set_up(app, smtp=mail.smtp()):
        for _ in range(3):
            go_on()
    (key,) = keys(mail)
    (letter,) = mail.to(TO)
    assert "Айгүл Серікқызы" in letter.get_content() and "aigul" in letter.get_content()
    kept = db.session.get_one(AccountLetter, invited)
    assert (kept.text, kept.error) == (None, None) and kept.sent_at
    assert key not in repr([vars(one) for one in db.session.scalars(db.select(Invitation))])
    with transaction():
        user = invitations.set_password(key, PASSWORD, at=now())
    assert accounts.is_password(accounts.find(user.username), PASSWORD)


def test_a_try_that_is_repeated_writes_another_link_and_the_last_one_opens(app, mail, invited, monkeypatch):
    with set_up(app, smtp=mail.smtp()):
        mail.ways = ["451 later"]
        go_on()
        go_on()
    assert len(keys(mail)) == 1
    assert invitations.whose(keys(mail)[-1], at=now())


def test_without_a_server_it_waits_and_no_link_is_made(app, mail, invited):
    with set_up(app, smtp=None):
        go_on()
    assert db.session.scalars(db.select(Invitation.key_hash)).one() is None
    assert db.session.scalars(db.select(Outbox.done_at).where(Outbox.letter_id == invited)).one() is None
    with set_up(app, smtp=mail.smtp()):
        go_on()
    assert len(keys(mail)) == 1


def test_a_link_that_was_withdrawn_meanwhile_is_not_sent(app, mail, invited):
    with transaction():
        invitations.withdraw(
            db.session.scalars(db.select(User).filter_by(username="aigul")).one(), by=ADMINISTRATOR, at=now()
        )
    with set_up(app, smtp=mail.smtp()):
        go_on()
    assert keys(mail) == []


def test_operators_make_the_first_administrator_and_help_where_nobody_else_can(app):
    run = app.test_cli_runner().invoke
    made = run(args=["account", "first", "aigul", TO, "Айгүл", "Серікқызы"])
    key = made.output.strip().rpartition("/")[2]
    assert made.exit_code == 0 and invitations.whose(key, at=now()), made.output
    assert run(args=["account", "first", "aigul", TO, "А", "Б"]).exit_code == 1
    again = run(args=["account", "link", "aigul"])
    assert again.exit_code == 0 and not invitations.whose(key, at=now())
    assert run(args=["account", "link", "nobody"]).exit_code == 2
    assert run(args=["account", "reset-factor", "aigul"]).exit_code == 1
    assert not db.session.scalars(db.select(Outbox)).all()
