"""Whose a page of a family is (issue 13, 1; ADR 29): every address of /my, taken from the application itself, opened as
an applicant, as somebody who has joined, whose guardianship is over, who waits for an official, and as nobody. Every
text of all other families is a canary.
"""

import re
from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from werkzeug.routing import AnyConverter

from app.access import challenges, visits
from app.actions import guardianships
from app.actions.people import Person
from app.cabinet import Id
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    Guardianship,
    GuardianshipBasis,
    Place,
    Privilege,
    PrivilegePaper,
    Purpose,
    Sex,
    Unit,
)
from app.rules import iin
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.views.conftest import Browser, forget_tries
from tests.views.test_cabinet import HERE
from tests.views.test_personal_data import CANARY, canaries, leaks, read, secrets_of  # noqa: F401

OPEN = {
    "/my/enter",
    "/my/enter/code",
    "/my/enter/key",
    "/my/enter/challenge",
    "/my/enter/qr",
    "/my/qr",
    "/my/qr/<id:challenge_id>",
    "/my/leave",
    "/my/<path:_rest>",
}  # to whoever has not entered
NOW = at("2026-04-13T09:00")


class Address(NamedTuple):
    method: str
    rule: str
    path: str
    foreign: bool


class Family(NamedTuple):
    """Somebody who has entered: the own IIN, and the applications that are to be seen."""

    iin: str
    sees: frozenset[int]


def addresses(web, sees: frozenset[int]) -> Iterator[Address]:
    """All of /my, with own and foreign records in it; a route that is added tomorrow is among them."""
    for rule in web.url_map.iter_rules():
        if not rule.rule.startswith("/my/"):
            continue
        choices = []
        for name in sorted(rule.arguments):
            converter = rule._converters[name]
            if isinstance(converter, Id):
                choices.append([(name, pk, theirs) for theirs in (False, True) for pk in some(name, sees, theirs)])
            elif isinstance(converter, AnyConverter):
                choices.append([(name, one, False) for one in sorted(converter.items)])
            else:
                choices.append([(name, "x", False)])
        for values in product(*choices):
            with web.test_request_context():
                path = web.url_map.bind("localhost").build(rule.endpoint, {name: value for name, value, _ in values})
            for method in rule.methods & {"GET", "POST"}:
                yield Address(method, rule.rule, path, any(theirs for *_, theirs in values))


def some(argument: str, sees: frozenset[int], theirs: bool) -> list[int]:
    """A few records that an address may name, of those applications or of others."""
    if argument == "paper_id":  # that proves a privilege
        found, of = sa.select(PrivilegePaper.id).join(Privilege), Privilege.application_id
    else:
        table = db.metadata.tables[argument.removesuffix("_id")]
        of = table.c.id if table.name == "application" else table.c.application_id
        found = sa.select(table.c.id)
    which = of.not_in(sees) if theirs else of.in_(sees)
    return list(db.session.scalars(found.where(which).order_by(found.selected_columns.id).limit(4)))


def visiting(city, person: str) -> Browser:
    browser = Browser(city.web.test_client())
    with city.web.app_context():
        browser.client.set_cookie("kezek_family", visits.begin(person), path="/my")
    return browser


def opened(city, browser: Browser, sees: frozenset[int]) -> Iterator[tuple[Address, object]]:
    with city.web.app_context():
        there = list(addresses(city.web, sees))
    assert {one.rule for one in there} == {r.rule for r in city.web.url_map.iter_rules() if r.rule.startswith("/my/")}
    for one in there:
        if one.rule == "/my/leave":
            continue
        forget_tries(city.web)
        yield one, browser.client.open(one.path, method=one.method, headers=HERE, buffered=True)


@pytest.fixture(autouse=True)
def on_phones(canaries) -> None:  # noqa: F811
    """A text of each of two families waits to be signed on a phone."""
    with canaries.web.app_context():
        for one in (canaries.own.waiting, canaries.own.application):
            text = f"{CANARY} {one}"
            asked = challenges.ask(text, purpose=Purpose.act, browser=text, application_id=one)
            known = {"key": asked.key, "cms": text, "ends_at": None}
            challenges.pass_on(challenges.waiting(asked.key, browser=text), known)


@pytest.fixture
def families(canaries) -> dict[str, Family]:  # noqa: F811
    """An applicant, and four who have asked to join its application: what became of each."""
    with canaries.web.app_context(), transaction():
        own = db.session.get_one(Application, canaries.own.waiting)
        mine = {one.id for one in db.session.scalars(sa.select(Application)) if one.applicant.iin == own.applicant.iin}
        found = {"applicant": Family(own.applicant.iin, frozenset(mine))}
        for serial, name in enumerate(("joined", "ended", "waits", "rejected"), start=9001):
            person = Person(
                iin.make(date(1988, 3, 8), Sex.male, serial % 9000 + 40),
                last_name=f"{CANARY}{serial}",
                first_name=f"{CANARY}бек{serial}",
            )
            facts = {"basis": GuardianshipBasis.parent, "phone": f"+7702{serial:07}"}
            row = guardianships.join(own, person, by=factories.family(own), at=NOW, **facts)
            if name == "rejected":
                guardianships.reject(row, by=DEPARTMENT, at=NOW, reason="құжат жоқ")
            elif name != "waits":
                guardianships.approve(row, by=DEPARTMENT, at=NOW)
                row.until = date(2026, 4, 12) if name == "ended" else date(2026, 4, 13)
            found[name] = Family(person.iin, frozenset({own.id} if name == "joined" else ()))
    return found


@pytest.mark.parametrize("who", ("applicant", "joined", "ended", "waits", "rejected"))
def test_a_family_gets_no_byte_of_another_one_and_a_foreign_number_is_not_found(canaries, families, who):  # noqa: F811
    person, pages, wrong, foreign = families[who], dict[str, str](), [], 0
    browser = visiting(canaries, person.iin)
    for one, answer in opened(canaries, browser, person.sees):
        pages[f"{one.method} {one.path}"] = read(answer)
        foreign += one.foreign
        if (one.foreign and answer.status_code != 404) or answer.status_code >= 500:
            wrong.append((one.method, one.path, answer.status_code))
    assert wrong == [] and foreign > 10
    with canaries.web.app_context():
        of_own = secrets_of(canaries, but=person.sees) - own_texts(person.iin)
    assert leaks(pages, of_own) == set()
    seen = {pk for pk in person.sees if f'href="/my/a/{pk}"' in pages["GET /my/"]}
    assert seen == person.sees


def own_texts(person: str) -> set[str]:
    """What stands of a person in its own askings."""
    rows = db.session.scalars(sa.select(Guardianship).where(Guardianship.iin == person))
    return {getattr(one, name) for one in rows for name in ("iin", "phone", "last_name", "first_name")} | {person}


def test_nobody_comes_to_anything_but_the_ways_in(canaries):  # noqa: F811
    browser, pages, wrong = Browser(canaries.web.test_client()), dict[str, str](), []
    for one, answer in opened(canaries, browser, frozenset()):
        pages[f"{one.method} {one.path}"] = read(answer)
        let_in = not (answer.status_code == 303 and answer.location == "/my/enter")
        if let_in != (one.rule in OPEN) or answer.status_code >= 500:
            wrong.append((one.method, one.path, answer.status_code))
    assert wrong == []
    with canaries.web.app_context():
        assert leaks(pages, secrets_of(canaries)) == set()


def test_a_form_of_another_site_changes_nothing_at_any_address(canaries, families):  # noqa: F811
    person = families["applicant"]
    browser, wrong = visiting(canaries, person.iin), []
    with canaries.web.app_context():
        there = [one for one in addresses(canaries.web, person.sees) if one.method == "POST"]
    with canaries.tables.unchanged():
        for one in there:
            for headers in ({}, {"Origin": "https://elsewhere.example"}):
                if browser.client.post(one.path, headers=headers).status_code != 400:
                    wrong.append((one.path, headers))
    assert wrong == [] and len(there) > 10


def test_whoever_has_joined_is_not_told_where_the_applicant_lives_and_by_which_phone(canaries, families):  # noqa: F811
    with canaries.web.app_context():
        own = db.session.get_one(Application, canaries.own.waiting)
        contacts = {own.phone, own.email, own.address}
    for who, shown in (("applicant", True), ("joined", False)):
        page = visiting(canaries, families[who].iin).get(f"/my/a/{canaries.own.waiting}").text
        page = re.sub(r"\+7 702 (\d{3}) (\d{4})", r"+7702\1\2", page.replace("\xa0", " "))
        assert any(one in page for one in contacts) is shown


def test_whoever_has_joined_does_not_change_the_applicants_contacts(canaries, families):  # noqa: F811
    """Else it could take the applicant's own entry: codes go to the phone that stands there."""
    with canaries.web.app_context(), transaction():
        place = db.session.get_one(Place, canaries.own.place)
        factories.norm("sign.change", "code", Unit.CHOICE, place)
        before = db.session.get_one(Application, canaries.own.waiting).phone
    browser = visiting(canaries, families["joined"].iin)
    typed = {"phone": "+77019990099", "email": "", "address": "", "notice_language": "kk"}
    asked = browser.client.post(f"/my/a/{canaries.own.waiting}/change", data=typed, headers=HERE)
    assert asked.status_code == 422 and "challenge" not in asked.text
    with canaries.web.app_context():
        assert db.session.get_one(Application, canaries.own.waiting).phone == before


def test_an_official_and_a_family_in_one_browser_are_never_one_another(canaries, families):  # noqa: F811
    """Every page of /my is as without the official's cookie, and every page of the office as without the family's."""
    person = families["joined"]
    both, alone = canaries.sign_in("department"), visiting(canaries, person.iin)
    key = alone.client.get_cookie("kezek_family", path="/my").value
    both.client.set_cookie("kezek_family", key, path="/my")
    for path in ("/my/", f"/my/a/{canaries.own.waiting}", f"/my/a/{canaries.own.application}", "/my/join"):
        mixed, own = both.get(path), alone.get(path)
        assert (mixed.status_code, nameless(mixed.text)) == (own.status_code, nameless(own.text)), path
    official = canaries.sign_in("department")
    for path in ("/applications/list/", f"/applications/show/{canaries.own.application}", "/guardianships/list/"):
        assert (both.get(path).status_code, official.get(path).status_code) == (200, 200)
    assert "/login/" in alone.get("/guardianships/list/").location
    both.client.post("/my/leave", headers=HERE)
    assert both.get("/my/").location == "/my/enter" and both.get("/applications/list/").status_code == 200
    both.client.set_cookie("kezek_family", key, path="/my")
    with canaries.web.app_context():
        official.post("/logout/")
    assert "/login/" in official.get("/applications/list/").location


def nameless(page: str) -> str:
    """A page without what differs each time that it is made."""
    return re.sub(r'nonce="[^"]*"', "", page)
