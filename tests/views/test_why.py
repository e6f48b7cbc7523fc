"""Spec 1.1-1.2 on screen: any child, any day, in Kazakh or Russian; any round with its list."""

import re
from datetime import date

import pytest

from app.actions import corrections, takeover
from app.db.database import transaction
from app.db.extensions import db
from app.models import Place, Round
from app.rules.roles import Role
from tests.actions.test_by_hand import entry
from tests.factories import DEPARTMENT, application, at
from tests.views.city import official
from tests.views.forms import issued, says_yes


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_an_auditor_reads_why_a_number_is_what_it_is(city, language):
    auditor = city.sign_in("auditor")
    auditor.post(f"/language/{language}", {"back": "/"})
    text = auditor.get(f"/applications/why/{city.own.waiting}").text
    said = {
        "kk": ("Алдында кім тұр", "Қолданылған ережелер", "Санаттар бойынша"),
        "ru": ("Кто стоит впереди", "Применённые правила", "По категориям"),
    }
    assert all(words in text for words in said[language])
    assert "3.3" not in text.split("<table>")[0]


def test_a_child_that_does_not_wait_has_no_number_and_is_told_why(city):
    text = city.sign_in("auditor").get(f"/applications/why/{city.own.enrolled}").text
    assert "badge enrolled" in text
    then = city.sign_in("auditor").get(f"/applications/why/{city.own.enrolled}?day=2026-04-08").text
    assert "badge enrolled" not in then


@pytest.mark.parametrize("asked", ["day", "since"])
@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "2020-01-01", "2031-01-01"])
def test_a_day_that_cannot_be_told_is_refused_with_the_days_that_can(city, asked, day):
    answer = city.sign_in("auditor").get(f"/applications/why/{city.own.waiting}?{asked}={day}")
    assert answer.status_code == 422
    told = answer.text.split('class="flash danger"')[1].split("</p>")[0]
    assert "13.04.2026" in told, "the last day that can be told"
    assert "<table>" in answer.text, "what can be told is told"


def test_a_round_shows_its_list_as_it_stood_and_that_it_followed_the_order(city):
    issued(city.sign_in("department"), city.own.place)
    auditor = city.sign_in("auditor")
    held = auditor.get("/rounds/list/").text.split('href="/rounds/show/')[1].split('"')[0]
    text = auditor.get(f"/rounds/show/{held}").text
    assert "flash success" in text and "flash danger" not in text
    link = f"/applications/why/{city.own.waiting}?day=2026-04-13"
    assert link in text
    number = text.split(f'{link}">')[1].split("<")[0]
    assert auditor.get(f"/rounds/show/{held}?q={number.lower()}").text.count("/applications/why/") == 1
    assert auditor.get(f"/rounds/show/{held}?q=nobody").text.count("/applications/why/") == 0


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_child_that_was_passed_reads_when_and_why_and_names_nobody(city, language):
    """Spec 3.8: asked by one, approved by another; it stands among the rounds and on the page of who was passed."""
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.place)
        official("deputy", Role.department, place.parent)
        served = application(place, queued_at=at("2026-04-13T09:30"))
        number, name, pk = served.number, served.child.full_name, served.id
    asker, address = city.sign_in("specialist"), f"/applications/action/issue_out_of_turn/{pk}"
    assert asker.post(address, {"sure": "yes", "reason": "төтенше жағдай"}).status_code == 303
    why = f"/applications/why/{city.own.waiting}"
    auditor = city.sign_in("auditor")
    auditor.post(f"/language/{language}", {"back": "/"})
    assert "төтенше жағдай" not in auditor.get(why).text, "nothing has happened yet"
    asked = max(row["id"] for row in city.tables.rows()["proposal"])
    blind = asker.post(f"/proposals/action/approve/{asked}", {"sure": "yes"})
    assert blind.status_code == 422, "nobody approves what was not seen"
    says_yes(asker, f"/proposals/action/approve/{asked}")
    assert "төтенше жағдай" not in auditor.get(why).text, "whoever asks does not approve"
    assert says_yes(city.sign_in("deputy"), f"/proposals/action/approve/{asked}").status_code == 303
    text = auditor.get(why).text
    said = {"kk": "13.04.2026 ваучер кезектен тыс берілді.", "ru": "13.04.2026 ваучер выдан вне очереди."}
    assert said[language] in text and "төтенше жағдай" in text
    assert number not in text and name not in text
    listed = auditor.get("/rounds/list/?_flt_0_by_hand=issue_out_of_turn").text
    held = listed.split('href="/rounds/show/')[1].split('"')[0]
    shown = auditor.get(f"/rounds/show/{held}").text
    assert all(part in shown for part in (number, "төтенше жағдай", why, "deputy"))
    assert auditor.get("/rounds/list/?_flt_0_by_hand=nonsense").status_code == 400


def test_a_past_day_is_told_with_the_birth_year_and_the_day_in_the_queue_of_then(city):
    """Spec 3.3: what was put right since does not change the page of a day before it."""
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, city.own.refers)
        child = application(place, date(2022, 9, 17), at("2026-04-06T09:00"))
        passed = application(place, date(2022, 9, 17), at("2026-04-07T09:00"))
        late, on = at("2026-04-09T10:00"), at("2026-04-10T10:00")
        takeover.take_over([entry(child, queued_at=late)], place_id=place.id, by=DEPARTMENT, at=on)
        early = [entry(child, queued_at=at("2026-04-07T08:00"))]
        takeover.take_over(early, place_id=place.id, by=DEPARTMENT, at=at("2026-04-10T11:00"))
        for one in (child, passed):
            moment = at("2026-04-12T10:00")
            corrections.correct(one, who="child", born_on=date(2023, 9, 1), by=DEPARTMENT, at=moment, reason="куәлік")
        pk = child.id
        acts = db.session.scalars(db.select(Round.id).where(Round.application_id == pk).order_by(Round.id)).all()
    auditor = city.sign_in("auditor")
    days = {
        "2026-04-08": ("2022", "06.04.2026"),
        "2026-04-11": ("2022", "07.04.2026"),
        "2026-04-13": ("2023", "07.04.2026"),
    }
    for day, (year, since) in days.items():
        answer = auditor.get(f"/applications/why/{pk}?day={day}&since={day}")
        assert answer.status_code == 200, day
        first, rules = answer.text.split('class="lead"')[1].split("<h2>")[0], answer.text.split('class="facts"')[1]
        assert set(re.findall(r"202[23]", first)) == {year}, day
        assert since in rules.split("</dd>")[0], day
    told = auditor.get(f"/rounds/show/{acts[1]}").text
    assert "2022" in told.split("<tbody>")[1] and "2023" not in told.split("<tbody>")[1].split("</tbody>")[0]
