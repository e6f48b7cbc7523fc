"""Spec 7, passwords: strong hashes, twelve characters, one's own by the old one, the first one by a link (ADR 37)."""

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from werkzeug.security import generate_password_hash

from app.access import password_hashes
from app.access.passwords import easily_guessed
from app.actions import accounts
from tests.conftest import STRONG
from tests.views import forms, routes
from tests.views.city import PASSWORD
from tests.views.conftest import Browser

NEW = "жасыл ат көпір 2026"
CHANGED = {"current": PASSWORD, "new": NEW, "again": NEW}


def let_in(city, name: str, password: str) -> Browser | None:
    browser = Browser(city.web.test_client())
    answer = browser.post("/login/", {"username": name, "password": password})
    del browser.csrf
    return browser if answer.status_code == 302 else None


def verbs(city, name: str) -> list[str]:
    account = getattr(city.own, f"{name}_account")
    kept = city.tables.rows()["change"]
    return [row["verb"] for row in kept if (row["subject"], row["subject_id"]) == ("ab_user", account)]


def test_a_hash_is_argon2id_of_64_megabytes_three_times_over():
    assert STRONG.hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 201])
def test_a_password_has_twelve_to_two_hundred_characters(password):
    with pytest.raises(ValueError, match="12 to 200"):
        accounts.hashed(password)


OLDER = {
    "of another kind": generate_password_hash(PASSWORD, "pbkdf2:sha256:1000"),
    "as it was before argon2": generate_password_hash(PASSWORD, "scrypt:1024:8:1"),
    "of other costs": PasswordHasher(2, 8, 1).hash(PASSWORD),
}


@pytest.mark.parametrize("old", OLDER.values(), ids=OLDER)
def test_a_hash_of_an_older_kind_opens_and_is_made_anew_at_the_door(city, old):
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET password = :p WHERE username = 'specialist'"), {"p": old})
    browser = city.sign_in("specialist")
    (user,) = (row for row in city.tables.rows()["ab_user"] if row["username"] == "specialist")
    assert user["password"].startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert let_in(city, "specialist", "not the password") is None
    assert browser.get("/").status_code == 200
    assert let_in(city, "specialist", PASSWORD)


@pytest.mark.parametrize("role", sorted(routes.SIGNED_IN))
def test_anybody_changes_the_own_password_by_the_old_one(city, role):
    browser = city.sign_in(str(role))
    assert browser.post("/password/", CHANGED).status_code == 303
    assert browser.get("/").status_code == 200, "who changed it stays signed in"
    assert let_in(city, str(role), PASSWORD) is None
    assert let_in(city, str(role), NEW)
    assert verbs(city, str(role))[-1] == "change_password"


@pytest.mark.parametrize(
    "wrong",
    [
        {"current": "not the password"},
        {"current": ""},
        {"new": "q7#Vz9!kW2x", "again": "q7#Vz9!kW2x"},  # hard to guess, and a character short
        {"new": "x" * 201, "again": "x" * 201},
        {"again": NEW + "!"},
        {"new": "password1234", "again": "password1234"},
        {"new": "йцукенгшщзхъ", "again": "йцукенгшщзхъ"},
        {"new": "балабақша2026", "again": "балабақша2026"},
        {"new": PASSWORD, "again": PASSWORD},
        {"new": "", "again": ""},
    ],
)
def test_a_password_that_cannot_be_changed_stays_and_the_field_says_why(city, wrong):
    browser = city.sign_in("head")
    with city.tables.unchanged():
        answer = browser.post("/password/", CHANGED | wrong)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert not any(secret in answer.text for secret in (PASSWORD, NEW, "not the password"))


@pytest.mark.parametrize(
    ("password", "guessed"),
    [
        ("kezek2026kezek", True),
        ("Көкшетау2026", True),
        ("қазақстан2026", True),
        ("мадина123456", True),
        ("temirova2026!", True),
        ("Темірова-2026", True),
        ("gfhjkmgfhjkm", True),
        ("жасыл ат көпір", False),
        ("көкшетаудағы сары үй", False),
        ("74-91-00-35-82-16", False),
    ],
)
def test_what_anybody_tries_first_is_guessed_in_any_spelling_with_any_year(password, guessed):
    assert easily_guessed(password, ["Темірова"]) is guessed


def test_nobody_s_hash_costs_what_any_other_does():
    assert not password_hashes.is_old(password_hashes.of_nobody())
    assert not password_hashes.is_of("", password_hashes.of_nobody())


def test_no_form_sets_another_s_password(city):
    administrator = city.sign_in("administrator")
    address = f"/users/edit/{city.own.specialist_account}"
    filled = forms.Fields(administrator.get(address).text)
    assert "password" not in filled.values
    assert administrator.post(address, {**filled.values, "active": "y", "password": NEW}).status_code == 302
    assert let_in(city, "specialist", PASSWORD)


def test_the_page_asks_a_stranger_to_sign_in(web):
    assert Browser(web.test_client()).get("/password/").location == "/login/"
