"""Spec 7, enumeration by a clock: known and unknown are answered in the same time, to ten milliseconds.

In `make soak` alone, for it is timed: elsewhere the work is counted (test_tries.py, test_enumeration.py). Welch: how
far apart two means may be, given how much single answers differ.
"""

from math import sqrt
from statistics import fmean, variance
from time import perf_counter

import hypothesis
import pytest

from app.access import password_hashes
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application
from tests.conftest import STRONG
from tests.views import portals
from tests.views.conftest import forget_tries
from tests.views.test_cabinet import HERE, OTHER_PHONE, PHONE, ask, family  # noqa: F401
from tests.views.test_enumeration import from_address, number
from tests.views.test_tries import attempt

pytestmark = pytest.mark.skipif(
    hypothesis.settings.get_current_profile_name() != "soak", reason="it is timed: `make soak`"
)
GAP = 0.010  # seconds
SURE = 2.6  # standard errors: 99 of 100 times


def gap(known, unknown, times: int) -> tuple[float, float]:
    """How much longer one of two things takes than the other, and its standard error, both in seconds; done in turn."""
    took: tuple[list[float], list[float]] = [], []
    for n in range(times + 3):
        for seconds, do in zip(took, (known, unknown), strict=True):
            began = perf_counter()
            do(n)
            seconds.append(perf_counter() - began)
    one, other = (seconds[3:] for seconds in took)  # what is done for the first time is done once
    return fmean(one) - fmean(other), sqrt(variance(one) / times + variance(other) / times)


def doors(city, person: str) -> dict[str, tuple]:
    """Each door: what is known, what is not, and how often they are asked."""
    with city.web.app_context():
        child = db.session.get_one(Application, city.own.waiting)
        there, born_on = child.number, child.born_on
    portal = portals.made(city.web, city.own.place)

    def sign_in(name: str):
        return lambda n: attempt(city, name, address=f"10.2.{n % 200}.1")

    def check(**typed: str):
        return lambda n: from_address(city, f"10.3.{n % 200}.1").client.post("/queue", data=typed)

    def code(person: str, phone: str):
        return lambda n: ask(from_address(city, f"10.4.{n % 200}.1"), person, phone)

    def key(said: str):
        return lambda n: portal.client.get("/api/v1/districts", headers={"Authorization": f"Bearer {said}"})

    return {
        "an account": (sign_in("specialist"), sign_in("nobody"), 40),
        "a closed account": (sign_in("auditor"), sign_in("nobody"), 40),
        "the number of another day": (
            check(number=there, born_on="2001-02-03"),
            check(number="ЖОҚ-1", born_on=str(born_on)),
            200,
        ),
        "the person of a code": (code(person, PHONE), code(number(4321), PHONE), 200),
        "the phone of a code": (code(person, PHONE), code(person, OTHER_PHONE), 200),
        "a portal's key": (key("x" * 43), key("y" * 43), 200),
    }


@pytest.mark.parametrize(
    "what",
    (
        "an account",
        "a closed account",
        "the number of another day",
        "the person of a code",
        "the phone of a code",
        "a portal's key",
    ),
)
def test_known_and_unknown_are_answered_in_the_same_time(city, family, monkeypatch, what):  # noqa: F811
    monkeypatch.setattr(password_hashes, "ARGON2", STRONG)
    with city.web.app_context(), transaction():
        db.session.execute(db.text("UPDATE ab_user SET active = false WHERE username = 'auditor'"))
    known, unknown, times = doors(city, family)[what]

    def fresh(do):
        def done(n: int) -> None:
            do(n)
            forget_tries(city.web)

        return done

    apart, error = gap(fresh(known), fresh(unknown), times)
    assert abs(apart) + SURE * error < GAP, f"{apart * 1000:.1f} ms apart, {error * 1000:.2f} ms of standard error"
