"""Spec 3.1: a term that reaches a year without calendar is refused by name on the screens, and what waits is shown."""

from datetime import date

import pytest

from app.actions import clock, offers, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, DemoTime, Place, Unit
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.views.test_rules import said

LAST = "2031-12-31T10:00"  # the last day that the shipped calendar knows
YES = {"sure": "yes", "reason": "себеп", "paper_on": "2031-12-31"}


def moved_to(city, moment: str) -> None:
    with city.web.app_context(), transaction():
        db.session.get_one(DemoTime, 1).at = at(moment)


def in_russian(city, name: str):
    browser = city.sign_in(name)
    browser.client.set_cookie("language", "ru")
    return browser


@pytest.fixture
def december(city):
    """Two districts at the end of the calendar: somebody in each situation whose verb would begin a term."""
    with city.web.app_context(), transaction():
        voucher, referral = (db.session.get_one(Place, one) for one in (city.own.place, city.own.refers))
        early = at("2031-12-15T10:00")
        born = iter(date(2028, 9, day) for day in range(1, 28))
        free = factories.group(factories.kindergarten(voucher, "№6 «Соңғы»"), years=(2028, 2028), capacity=6)
        factories.vacancy(free, places=6)
        first = factories.application(voucher, next(born), queued_at=early)
        issued = factories.application(voucher, next(born), queued_at=early)
        vouchers.issue_out_of_turn(issued, by=DEPARTMENT, at=at("2031-12-29T10:00"), reason="кезектен тыс")
        group = factories.group(factories.kindergarten(referral, "№7 «Соңғы»"), years=(2028, 2028), capacity=4)
        vacancy, more = factories.vacancy(group), factories.vacancy(group, places=2)
        notified = factories.application(referral, next(born), queued_at=early)
        offers.offer(vacancy, by=DEPARTMENT, at=at("2031-12-26T10:00"))
        factories.application(referral, next(born), queued_at=early)
        city.ids = {"first": first.id, "issued": issued.id, "notified": notified.id}
        city.ids |= {"vacancy": vacancy.id, "more": more.id}
        city.voucher, city.referral = voucher.id, referral.id
    moved_to(city, LAST)
    return city


def test_each_verb_that_begins_a_term_is_refused_with_a_sentence_and_changes_nothing(december):
    department, ids = in_russian(december, "department"), december.ids
    sentence = "Нерабочие дни этого года не внесены"
    posts = {
        f"/applications/action/issue_out_of_turn/{ids['first']}": YES,
        f"/applications/action/confirm/{ids['issued']}": YES,
        f"/applications/choose/{ids['notified']}": YES | {"vacancy": str(ids["vacancy"])},
        f"/vacancies/action/offer/{ids['more']}": YES,
        "/vouchers/round": {"place": str(december.voucher)},
    }
    with december.tables.unchanged():
        for address, typed in posts.items():
            answer = department.post(address, typed, follow_redirects=True)
            assert answer.status_code in (200, 422), address
            assert sentence in said(answer), (address, said(answer)[:600])
        for address in (*posts, f"/vacancies/show/{ids['more']}", f"/applications/show/{ids['notified']}"):
            assert department.get(address).status_code in (200, 302, 405), address


def test_what_would_begin_a_term_that_cannot_be_counted_is_not_offered(december):
    """What the test above is refused for stands on no page, nor in the menu of a row."""
    department, ids = in_russian(december, "department"), december.ids
    verbs = {"first": "action/issue_out_of_turn", "issued": "action/confirm", "notified": "choose"}
    for who, verb in verbs.items():
        page = department.get(f"/applications/show/{ids[who]}").text
        assert f"/applications/action/archive/{ids[who]}" in page and f"/applications/{verb}/" not in page, who
    assert "issue_out_of_turn" not in department.get(f"/applications/menu/{ids['first']}").json
    page = department.get(f"/vacancies/show/{ids['more']}").text
    assert f"/vacancies/action/close/{ids['more']}" in page and "/vacancies/action/offer/" not in page
    assert department.get(f"/vacancies/menu/{ids['more']}").json == ["close"]
    with december.web.app_context(), transaction():
        for off in (date(2032, 1, 1), date(2033, 1, 1)):
            factories.day_off(off)
    for who, verb in verbs.items():
        assert f"/applications/{verb}/" in department.get(f"/applications/show/{ids[who]}").text, who
    assert department.get(f"/vacancies/menu/{ids['more']}").json == ["offer", "close"]


def test_what_the_clock_cannot_count_is_on_the_departments_first_page_until_the_calendar_is_there(december):
    """The stop-list after an unused voucher is counted in working days here, and reaches 2032."""
    with december.web.app_context(), transaction():
        place = db.session.get_one(Place, december.voucher)
        factories.norm("voucher.stop_list", "10", Unit.WD, place, since=date(2031, 1, 1))
        late = factories.application(place, date(2028, 10, 1), queued_at=at("2031-12-15T10:00"))
        vouchers.issue_out_of_turn(late, by=DEPARTMENT, at=at("2031-12-22T10:00"), reason="кезектен тыс")
        number, pk = late.number, late.id
    department, specialist, head = (in_russian(december, name) for name in ("department", "specialist", "head"))
    assert "ждёт календаря" not in said(department.get("/"))
    moved_to(december, "2032-01-05T10:00")
    run(december)
    with december.web.app_context():
        assert db.session.get_one(Application, pk).status == "confirming"
    for who in (department, specialist):
        page = said(who.get("/"))
        assert "ждёт календаря" in page and number in page and "2032" in page
    assert "ждёт календаря" not in said(head.get("/"))
    run(december)  # told once, however often it is tried
    assert said(department.get("/")).count(number) == said(specialist.get("/")).count(number)
    with december.web.app_context(), transaction():
        for off in (date(2032, 1, 1), date(2033, 1, 1)):
            factories.day_off(off)
    run(december)
    with december.web.app_context():
        assert db.session.get_one(Application, pk).status == "stop_listed"
    assert "ждёт календаря" not in said(department.get("/"))


def run(city) -> None:
    with city.web.app_context():
        for place_id in clock.districts():
            with transaction():
                clock.run(at=at("2032-01-05T10:00"), place_id=place_id)
