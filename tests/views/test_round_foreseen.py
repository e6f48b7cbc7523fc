"""Spec 1.2, 3.4.1: a round and an offer say what they would do before they do it, and a round does just that."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app import words
from app.actions import vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Offer, Place, Round, Unit, Vacancy, Voucher
from app.now import move_demo, now
from app.rules.refusals import Reason
from tests import factories
from tests.views import forms
from tests.views.forms import issued, work_at_rounds

ROUND = "/vouchers/round"


def foreseen(browser, place):
    """The page of a round before it is issued, and what its form carries."""
    page = browser.get(f"{ROUND}?place={place}")
    assert page.status_code == 200
    return page.text, forms.Fields(page.text).values


def ids_of(city, *tables):
    """The ids of the rows of each of these tables."""
    rows = city.tables.rows()
    return [{row["id"] for row in rows[table]} for table in tables]


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


def test_what_is_due_and_not_done_yet_is_reckoned_before_a_round_is_shown(city):
    """Spec 3.1: a round does it first, so a voucher that has lapsed by now leaves its place to another child."""
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.place)
        of = factories.group(factories.kindergarten(place, "Еркетай"), years=(2020, 2020), capacity=1)
        factories.vacancy(of)
        first, second = (factories.application(place, born_on=date(2020, 9, 17)) for _ in range(2))
        vouchers.issue_out_of_turn(first, by=factories.DEPARTMENT, at=now(), reason="кезектен тыс")
        number = second.number
        move_demo(now() + timedelta(days=14))
    browser = city.sign_in("department")
    with city.tables.unchanged():
        text, _values = foreseen(browser, city.own.place)
    shown = [one for one, outcome in listed(text) if outcome == "орын беріледі"]
    assert number in shown
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


def test_no_page_holds_a_round_a_job_does_and_the_page_that_follows_leads_to_it(city):
    browser = city.sign_in("department")
    [before] = ids_of(city, "queue_round")
    follows = forms.round_asked(browser, city.own.place).location
    assert "data-follow" in browser.get(follows).text
    assert ids_of(city, "queue_round") == [before]
    work_at_rounds(city.web)
    [held] = ids_of(city, "queue_round")[0] - before
    page = browser.get(follows).text
    assert f'href="/rounds/show/{held}"' in page and "data-follow" not in page


@pytest.mark.parametrize("becomes", ["another", "held", "impossible"])
def test_a_round_that_is_not_what_its_page_showed_when_its_job_comes_is_not_held_and_says_why(city, becomes):
    browser = city.sign_in("department")
    browser.client.set_cookie("language", "en")
    follows = forms.round_asked(browser, city.own.place).location
    with city.web.app_context(), transaction():
        if becomes == "another":
            db.session.execute(sa.update(Application).where(Application.id == city.own.waiting).values(standing=False))
        elif becomes == "held":  # by a colleague who looked at the same page
            vouchers.issue_round(city.own.place, by=factories.DEPARTMENT, at=now())
        else:
            place = db.session.get_one(Place, city.own.place)
            factories.norm("procedure", "referral", Unit.CHOICE, place, since=date(2026, 4, 13))
    before = ids_of(city, "queue_round", "voucher")
    work_at_rounds(city.web)
    assert ids_of(city, "queue_round", "voucher") == before
    page = browser.get(follows).text
    changed = words.WHY_NOT["changed"]
    sentence = {"another": changed, "held": changed, "impossible": words.REFUSALS[Reason.wrong_place]}[becomes]
    assert str(sentence) in page and "data-follow" not in page
    assert "Served" not in page


def test_a_round_that_nobody_looked_at_is_not_issued(city):
    with city.tables.unchanged():
        assert city.sign_in("department").post(ROUND, {"place": city.own.place}).status_code == 409


def test_a_district_that_gives_no_vouchers_is_said_to_give_none(city):
    answer = city.sign_in("department").get(f"{ROUND}?place={city.own.refers}")
    assert "no numbers" not in answer.text and 'id="errors"' in answer.text


def test_a_yes_to_an_offer_that_would_go_to_others_offers_nothing_and_is_asked_again(city):
    browser, address = city.sign_in("department"), f"/vacancies/action/offer/{city.own.turn}"
    shown = forms.Fields(browser.post(address).text).values
    archive = {"sure": "yes", "reason": "көшіп кетті"}
    assert browser.post(f"/applications/action/archive/{city.own.waits}", archive).status_code in (302, 303)
    with city.tables.unchanged():
        answer = browser.post(address, shown, follow_redirects=True)
    assert "енді басқа балаларға" in answer.text
    again = forms.Fields(browser.post(address).text).values
    assert again[f"seen-{city.own.turn}"] != shown[f"seen-{city.own.turn}"]


def test_offers_of_two_vacancies_go_to_those_whom_their_one_page_named(city):
    with city.web.app_context(), transaction():
        of = db.session.get_one(Vacancy, city.own.turn).group.kindergarten
        ids = [factories.vacancy(factories.group(of, capacity=1)).id for _ in range(2)]
        factories.application(of.place)
    browser, address = city.sign_in("department"), "/vacancies/action_post"
    with city.tables.unchanged():
        page = browser.post(address, {"action": "offer", "rowid": ids}).text
    shown = re.findall(r"(?:ОДО|Ө)[\w.-]*\d", page)
    before = ids_of(city, "offer")
    assert browser.post(address, forms.Fields(page).values | {"rowid": ids}).status_code in (302, 303)
    [now_there] = ids_of(city, "offer")
    with city.web.app_context():
        made = sa.select(Application.number).join(Offer).where(Offer.id.in_(now_there - before[0]))
        told = list(db.session.scalars(made.order_by(Offer.id)))
    assert len(told) == 2 and [one for one in shown if one in told] == told
