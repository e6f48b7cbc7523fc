"""Spec 7, passwords: strong hashes, twelve characters, one's own by the old one, another's given once."""

import re

import pytest
import sqlalchemy as sa
from werkzeug.security import generate_password_hash

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


def reset(city, name: str = "specialist") -> str:
    """The password that the administrator gives."""
    address = f"/users/action/reset_password/{getattr(city.own, f'{name}_account')}"
    answer = city.sign_in("administrator").post(address, {"sure": "yes"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return re.search(r"<code>(.+?)</code>", answer.text)[1]


def verbs(city, name: str) -> list[str]:
    account = getattr(city.own, f"{name}_account")
    kept = city.tables.rows()["change"]
    return [row["verb"] for row in kept if (row["subject"], row["subject_id"]) == ("ab_user", account)]


def test_a_hash_is_scrypt_of_2_to_the_17():
    assert STRONG.split(":") == ["scrypt", str(2**17), "8", "1"]


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 201])
def test_a_password_has_twelve_to_two_hundred_characters(password):
    with pytest.raises(ValueError, match="12 to 200"):
        accounts.hashed(password)


def test_a_hash_of_an_older_kind_is_made_anew_at_the_door(city):
    old = generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET password = :p WHERE username = 'specialist'"), {"p": old})
    browser = city.sign_in("specialist")
    (user,) = (row for row in city.tables.rows()["ab_user"] if row["username"] == "specialist")
    assert user["password"].startswith(accounts.HASH + "$")
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


def test_a_given_password_is_changed_before_anything_else(city):
    given = reset(city)
    assert let_in(city, "specialist", PASSWORD) is None
    browser = let_in(city, "specialist", given)
    for (method, rule), roles in routes.table().items():
        if "specialist" in roles and rule not in (
            "/password/",
            "/logout/",
            "/login/",
            *routes.FILES,
            *routes.PUBLIC,
            *routes.FORMS,
        ):
            if rule.startswith("/language/"):
                continue
            address, data = routes.address(rule, city)
            with city.tables.unchanged():
                answer = browser.get(address) if method == "GET" else browser.post(address, data | {"sure": "yes"})
            assert (answer.status_code, answer.location) == (303, "/password/"), (method, address)
    assert browser.post("/password/", CHANGED | {"current": given}).status_code == 303
    assert browser.get("/applications/list/").status_code == 200
    assert let_in(city, "specialist", given) is None
    assert let_in(city, "specialist", NEW).get("/applications/list/").status_code == 200


def test_a_given_password_is_random_shown_once_and_kept_nowhere(city):
    given = {reset(city, name) for name in ("specialist", "operator", "head")}
    assert len(given) == 3
    assert all(re.fullmatch("[a-z2-9]{4}(-[a-z2-9]{4}){3}", one) for one in given)
    with city.tables.engine.connect() as connection:
        sessions = connection.execute(sa.text("SELECT facts FROM signed_in")).all()
    kept = repr((sessions, city.tables.rows()))
    assert not any(one in kept for one in given)
    assert verbs(city, "specialist")[-1] == "reset_password"


def test_several_accounts_get_one_each(city):
    administrator = city.sign_in("administrator")
    ids = [str(city.own.specialist_account), str(city.own.head_account)]
    asked = {"action": "reset_password", "rowid": ids}
    with city.tables.unchanged():
        assert "specialist" in administrator.post("/users/action_post", asked).text
    given = re.findall("<code>(.+?)</code>", administrator.post("/users/action_post", asked | {"sure": "yes"}).text)
    assert let_in(city, "specialist", given[0]) and let_in(city, "head", given[1])


def test_the_administrator_s_own_password_is_changed_by_the_old_one_alone(city):
    administrator, own = city.sign_in("administrator"), city.own.administrator_account
    assert "reset_password" not in administrator.get(f"/users/show/{own}").text
    with city.tables.unchanged():
        answer = administrator.post(f"/users/action/reset_password/{own}", {"sure": "yes"})
    assert answer.status_code == 422
    assert "<code>" not in answer.text


def test_no_form_sets_another_s_password(city):
    administrator = city.sign_in("administrator")
    address = f"/users/edit/{city.own.specialist_account}"
    filled = forms.Fields(administrator.get(address).text)
    assert "password" not in filled.values
    assert administrator.post(address, {**filled.values, "active": "y", "password": NEW}).status_code == 302
    assert let_in(city, "specialist", PASSWORD)


def test_a_new_account_opens_nothing_until_it_is_given_a_password(city):
    administrator = city.sign_in("administrator")
    new = forms.valid("users", city.own)
    added = administrator.post("/users/add", new)
    assert added.status_code == 302
    for password in ("", new["password"], "None"):
        assert let_in(city, new["username"], password) is None
    pk = added.location.rpartition("/")[2]
    told = administrator.post(f"/users/action/reset_password/{pk}", {"sure": "yes"}).text
    browser = let_in(city, new["username"], re.search("<code>(.+?)</code>", told)[1])
    assert browser.get("/").location == "/password/"


def test_the_page_asks_a_stranger_to_sign_in(web):
    assert Browser(web.test_client()).get("/password/").location == "/login/"
