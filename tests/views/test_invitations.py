"""Nobody is given a password: the owner of an account chooses it, by a link that opens once (ADR 37)."""

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from app.models import Invitation
from app.rules.roles import Role
from app.views.users import ROLES
from tests.views import forms
from tests.views.authenticators import by_password, link, post_letters, set_up
from tests.views.city import PASSWORD
from tests.views.conftest import Browser
from tests.views.test_passwords import NEW, let_in, verbs

CHOSEN = {"new": NEW, "again": NEW}


def invite(city, name: str = "specialist", verb: str = "invite"):
    address = f"/users/action/{verb}/{getattr(city.own, f'{name}_account')}"
    return city.sign_in("administrator").post(address, {"sure": "yes"})


def sent(city, name: str = "specialist") -> str:
    """The link that the administrator has sent."""
    assert invite(city, name).status_code == 303
    return link(post_letters(city)[-1])


def opened(city, address: str):
    return Browser(city.web.test_client()).get(address)


def choose(city, address: str, **more: str):
    """Whoever has the link chooses a password."""
    return Browser(city.web.test_client()).post(address, CHOSEN | more)


def test_a_new_account_gets_a_link_and_opens_nothing_until_its_owner_has_chosen(city):
    administrator, new = city.sign_in("administrator"), forms.valid("users", city.own)
    assert administrator.post("/users/add", {**new, "password": NEW}).status_code == 302
    (text,) = post_letters(city)
    for password in ("", NEW, "None"):
        assert let_in(city, new["username"], password) is None
    assert new["username"] in text and new["username"] in opened(city, link(text)).text
    assert choose(city, link(text)).location == "/login/"
    assert let_in(city, new["username"], NEW).get("/").status_code == 200


def test_a_link_ends_the_old_password_and_opens_once(city):
    address = sent(city)
    assert let_in(city, "specialist", PASSWORD) is None
    assert choose(city, address).status_code == 303
    assert let_in(city, "specialist", NEW)
    with city.tables.unchanged():
        assert choose(city, address, new="басқа құпия сөз 77", again="басқа құпия сөз 77").status_code == 404
        assert opened(city, address).status_code == 404
    assert verbs(city, "specialist")[-2:] == ["invite", "set_password"]
    assert "password" in repr(city.tables.rows()["account_letter"][-1]["template"])


def test_a_newer_link_a_withdrawn_one_and_one_that_is_over_open_nothing(city):
    first = sent(city)
    second = sent(city)
    assert opened(city, first).status_code == 404 and opened(city, second).status_code == 200
    assert invite(city, verb="withdraw_link").status_code == 303
    assert opened(city, second).status_code == 404
    assert verbs(city, "specialist")[-1] == "withdraw_link"
    third = sent(city)
    with city.tables.engine.begin() as connection:
        connection.execute(sa.update(Invitation.__table__).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    with city.tables.unchanged():
        assert choose(city, third).status_code == 404
        assert invite(city, verb="withdraw_link").status_code in (303, 422)


def test_the_link_of_a_closed_account_opens_nothing_and_none_is_sent_there(city):
    address, administrator = sent(city), city.sign_in("administrator")
    change = f"/users/edit/{city.own.specialist_account}"
    filled = forms.Fields(administrator.get(change).text).values
    assert administrator.post(change, {k: v for k, v in filled.items() if k != "active"}).status_code == 302
    with city.tables.unchanged():
        assert choose(city, address).status_code == 404
        invite(city)
    filled = forms.Fields(administrator.get(change).text).values
    assert administrator.post(change, {**filled, "active": "y"}).status_code == 302
    assert choose(city, address).status_code == 404, "opened again, it waits for a new one"
    newer = sent(city)
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET active = false WHERE username = 'specialist'"))
    assert choose(city, newer).status_code == 404


def test_of_a_link_the_database_knows_its_hash_alone_but_for_the_demo_s_letter(city):
    key = sent(city).rpartition("/")[2]
    rows = city.tables.rows()
    assert len(key) >= 43 and key in rows["account_letter"][-1].pop("text")
    assert key not in repr(rows)


def test_the_page_of_a_link_is_kept_by_nobody_and_told_to_nobody(city):
    answer = opened(city, sent(city))
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    with city.tables.unchanged():
        assert opened(city, "/invitation/" + "A" * 43).status_code == 404


@pytest.mark.parametrize("wrong", [{"again": NEW + "!"}, {"new": "password1234", "again": "password1234"}, {"new": ""}])
def test_a_password_that_cannot_be_chosen_is_said_at_its_field_and_the_link_stays_good(city, wrong):
    address = sent(city)
    with city.tables.unchanged():
        answer = choose(city, address, **wrong)
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text and NEW not in answer.text
    assert choose(city, address).status_code == 303


def test_a_link_does_not_open_what_a_second_factor_keeps(city):
    set_up(city, city.sign_in("specialist"))
    assert choose(city, sent(city)).status_code == 303
    assert by_password(city, "specialist", NEW).answer.location == "/login/code/?next=/"


def test_another_e_mail_is_told_to_the_old_one(city):
    waits, administrator = sent(city), city.sign_in("administrator")
    address = f"/users/edit/{city.own.specialist_account}"
    filled = forms.Fields(administrator.get(address).text).values
    assert administrator.post(address, {**filled, "email": "stranger@example.org"}).status_code == 302
    letter = city.tables.rows()["account_letter"][-1]
    assert choose(city, waits).status_code == 404, "a link that went to the old one"
    assert (letter["template"], letter["address"]) == ("email_changed", filled["email"])


@pytest.mark.parametrize("actor", ROLES)
def test_nobody_but_an_administrator_sends_links_or_takes_factors_away_and_none_of_the_own_account(city, actor):
    """Spec 7, the lattice of roles, as for roles in test_accounts.py: whoever asks, for whose account."""
    browser = city.sign_in(str(actor))
    set_up(city, browser)
    accounts = {row["username"]: row["id"] for row in city.tables.rows()["ab_user"] if row["username"] in ROLES}
    targets = {str(actor)} if actor is Role.administrator else accounts.keys()
    with city.tables.unchanged():
        for target in targets:
            for verb in ("invite", "withdraw_link", "reset_factor"):
                answer = browser.post(f"/users/action/{verb}/{accounts[target]}", {"sure": "yes"})
                assert answer.status_code in (303, 403, 404, 422), (target, verb)
    assert len(accounts) == len(ROLES)


def test_accounts_that_nobody_uses_are_found_and_taken_out(city):
    administrator = city.sign_in("administrator")
    with city.tables.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET last_login = '2020-01-01' WHERE username = 'auditor'"))
        connection.execute(sa.text("UPDATE ab_user SET last_login = NULL WHERE username = 'operator'"))
    listed = {
        which: administrator.get(f"/users/list/?_flt_0_seen={which}&psize_UserView=100").text.split("<tbody>")[1]
        for which in ("long_ago", "never")
    }
    for name, in_long, in_never in (("auditor", 1, 0), ("operator", 1, 1), ("administrator", 0, 0)):
        assert (f">{name}<" in listed["long_ago"], f">{name}<" in listed["never"]) == (in_long, in_never), name
    file = administrator.post("/users/export/csv?_flt_0_seen=long_ago").text
    assert re.search(r"(?m)^auditor;.*2020", file) and not re.search(r"(?m)^administrator;", file)
    assert administrator.get("/users/list/?_flt_0_seen=x").status_code == 400
