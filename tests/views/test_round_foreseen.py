"""Spec 1.2, 3.4.1: a round and an offer say what they would do before they do it, and a round does just that."""

import re

import sqlalchemy as sa

from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Round, Voucher
from tests.views import forms
from tests.views.forms import issued

ROUND = "/vouchers/round"


def foreseen(browser, place):
    """The page of a round before it is issued, and what its form carries."""
    page = browser.get(f"{ROUND}?place={place}")
    assert page.status_code == 200
    return page.text, forms.Fields(page.text).values


def listed(text):
    """(number, outcome) of each line."""
    return re.findall(r"/applications/why/\d+[^>]*>([^<]+)</a>.*?<td[^>]*>([^<]+)</td></tr>", text, re.S)


def served(web):
    """The numbers of the applications that the last round served, in their order."""
    with web.app_context():
        last = sa.select(sa.func.max(Round.id)).scalar_subquery()
        numbers = sa.select(Application.number).join(Voucher).where(Voucher.round_id == last).order_by(Voucher.id)
        return list(db.session.scalars(numbers))


def test_what_a_round_would_do_is_shown_and_nothing_is_written(city):
    browser = city.sign_in("department")
    with city.tables.unchanged():
        text, values = foreseen(browser, city.own.place)
    outcomes = {outcome for _number, outcome in listed(text)}
    assert "орын беріледі" in outcomes, outcomes
    assert values["place"] == str(city.own.place) and values["seen"]


def test_a_round_serves_just_those_whom_its_page_showed(city):
    browser = city.sign_in("department")
    text, _values = foreseen(browser, city.own.place)
    shown = [number for number, outcome in listed(text) if outcome == "орын беріледі"]
    assert issued(browser, city.own.place).status_code == 303
    assert served(city.web) == shown


def test_a_yes_to_a_round_that_would_serve_others_issues_nothing_and_shows_it_anew(city):
    browser = city.sign_in("department")
    _text, values = foreseen(browser, city.own.place)
    with city.web.app_context(), transaction():
        first = db.session.scalars(sa.select(Application).where(Application.id == city.own.waiting)).one()
        db.session.execute(sa.update(Application).where(Application.id == first.id).values(standing=False))
    with city.tables.unchanged():
        answer = browser.post(ROUND, values)
    assert answer.status_code == 409
    assert "кезек өзгерді" in answer.text
    again = forms.Fields(answer.text).values
    assert again["seen"] != values["seen"]
    assert browser.post(ROUND, again).status_code == 303


def test_a_round_that_nobody_looked_at_is_not_issued(city):
    with city.tables.unchanged():
        assert city.sign_in("department").post(ROUND, {"place": city.own.place}).status_code == 409


def test_a_district_that_gives_no_vouchers_is_said_to_give_none(city):
    answer = city.sign_in("department").get(f"{ROUND}?place={city.own.refers}")
    assert "no numbers" not in answer.text and 'id="errors"' in answer.text
