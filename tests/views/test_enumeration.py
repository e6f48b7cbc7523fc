"""Issue 13, 8: IINs and codes are not found by trying (spec 13, R3), with the figures of docs/security.md.

No second of a clock is asserted: what is let through is compared with what a limit allows in the minutes that it took.
"""

from datetime import date
from time import monotonic

import pytest

from app.access import login_limits
from app.db.extensions import db
from app.models import Application, Sex
from app.rules import iin
from bench.web import statements
from tests.views.conftest import Browser, forget_tries
from tests.views.test_api import portal  # noqa: F401
from tests.views.test_cabinet import HERE, OTHER_PHONE, PHONE, ask, code_of, family  # noqa: F401

GUESSES, IN_PROCESS = 100, 10_000


def from_address(city, address: str) -> Browser:
    browser = Browser(city.web.test_client())
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser


def number(n: int) -> str:
    """An IIN that there could be: of a child born on one day."""
    return iin.make(date(2022, 9, 17), Sex.male, n)


def by_iin(city):
    browser = from_address(city, "10.4.4.4")
    return lambda n: browser.client.post("/queue", data={"iin": number(n)})


def by_number(city):
    browser = from_address(city, "10.4.4.5")
    return lambda n: browser.client.post("/queue", data={"number": f"ОДО.2026.{n}", "born_on": "2022-09-17"})


def by_asking_for_codes(city):
    browser = from_address(city, "10.4.4.6")
    return lambda n: ask(browser, number(n), f"+7702{n:07}")


@pytest.fixture
def api(city, portal):  # noqa: F811
    return lambda n: portal.post("queue-check", {"iin": number(n)})


def let_through(guess, guesses: int = GUESSES) -> tuple[int, int]:
    """How many guesses were answered and how many a limit of five a minute allows, in the minutes that it took."""
    began = monotonic()
    answered = sum(guess(n).status_code != 429 for n in range(1, guesses + 1))
    return answered, 5 * (1 + int((monotonic() - began) // 60))


@pytest.mark.parametrize("door", (by_iin, by_number, by_asking_for_codes), ids=lambda door: door.__name__)
def test_of_a_hundred_guesses_from_one_address_five_a_minute_are_answered(city, door):
    answered, allowed = let_through(door(city))
    assert 5 <= answered <= allowed


def test_of_a_hundred_guesses_through_a_portal_five_a_minute_are_answered(api):
    answered, allowed = let_through(api)
    assert 5 <= answered <= allowed


def test_of_ten_thousand_guesses_of_iins_sixty_a_day_are_answered_to_an_address_and_to_a_portal(city):
    """The counting alone: what stands before each answer, whatever the clock on the wall says."""
    with city.web.app_context():
        for count in (lambda: login_limits.wait_to_check("10.5.5.5"), lambda: login_limits.wait_to_check_through(77)):
            assert sum(count() == 0 for _ in range(IN_PROCESS)) <= 60


def test_a_code_is_guessed_five_times_from_wherever(city, family):  # noqa: F811
    browser = Browser(city.web.test_client())
    code = code_of(ask(browser, family))
    for n in range(GUESSES):
        browser.client.environ_base["REMOTE_ADDR"] = f"10.6.{n}.1"
        wrong = f"{(int(code) + 1 + n) % 1_000_000:06}"
        assert browser.client.post("/my/enter/code", data={"code": wrong}, headers=HERE).status_code == 422
    assert browser.client.post("/my/enter/code", data={"code": code}, headers=HERE).status_code == 422


def test_who_guesses_codes_from_many_addresses_gets_six_a_day_to_guess(city, family):  # noqa: F811
    """Six codes of five tries each, of a million: once in 33,000 days."""
    asked = [ask(from_address(city, f"10.7.{n}.1"), family).status_code for n in range(GUESSES)]
    assert 1 <= asked.count(303) <= 6 and asked.count(303) + asked.count(429) == GUESSES


def test_what_is_not_to_be_told_costs_the_same_work(city, family):  # noqa: F811
    """Known or unknown: the same statements, whatever a clock would say."""
    with city.web.app_context():
        child = db.session.get_one(Application, city.own.waiting)
        known, born_on = child.number, child.born_on

    def check(typed: str, day: str):
        return from_address(city, "10.8.1.1").client.post("/queue", data={"number": typed, "born_on": day})

    pairs = {
        "a number": (lambda: check(known, "2001-02-03"), lambda: check("ЖОҚ-1", str(born_on))),
        "a phone": (
            lambda: ask(from_address(city, "10.8.1.3"), family, OTHER_PHONE),
            lambda: ask(from_address(city, "10.8.1.4"), number(4321), PHONE),
        ),
    }
    for what, (one, other) in pairs.items():
        said = []
        for guess in (one, other):
            forget_tries(city.web)
            with statements(city.web) as told:
                assert guess().status_code in (303, 404)
            said.append([statement.split()[0] for statement in told])
        assert said[0] == said[1], what
