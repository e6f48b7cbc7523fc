"""The waiting list on pages (issue 13, 4; spec 3.11): in the cabinet, at the counter, and how many wait."""

import re

import pytest
import sqlalchemy as sa

from app.actions import vacancies
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Kindergarten, Notice, QueueKind, SignedInBy, Vacancy, WaitingEntry
from app.now import now
from tests.factories import head
from tests.views.doors import asked, post
from tests.views.test_acts import entered


@pytest.fixture
def child(city):
    """One that waits, and for no kindergarten yet."""
    with city.web.app_context(), transaction():
        db.session.execute(sa.delete(WaitingEntry))
    return city.own.waiting


def waits(city, child):
    with city.web.app_context():
        found = sa.select(WaitingEntry).where(WaitingEntry.application_id == child, WaitingEntry.ended_at.is_(None))
        return [(one.kindergarten_id, one.language) for one in db.session.scalars(found)]


def test_a_family_waits_for_a_kindergarten_is_told_and_gives_it_up(city, child):
    browser, there = entered(city, child, SignedInBy.code), city.own.kindergarten
    form = browser.get(f"/my/a/{child}/wish").text
    assert f'<option value="{there}"' in form and "уәде емес" in form
    missing = post(browser, f"a/{child}/wish", kindergarten="", language="kk")
    assert missing.status_code == 422 and re.search(r'value="kk" selected', missing.text)
    key, text = asked(post(browser, f"a/{child}/wish", kindergarten=str(there), language=""))
    assert "Балабақшаны күту" in text
    assert post(browser, f"a/{child}/signed", challenge=key).status_code == 303
    assert waits(city, child) == [(there, None)] and "Күту парағы" in browser.get(f"/my/a/{child}").text
    with city.web.app_context(), transaction():
        draft = db.session.get_one(Vacancy, city.own.draft)
        draft.places = 1
        own = db.session.get_one(Application, child)
        draft.group.birth_year_from = draft.group.birth_year_to = own.birth_year
        vacancies.publish(draft, by=head(db.session.get_one(Kindergarten, there)), at=now())
    with city.web.app_context():
        told = sa.select(Notice.template).where(Notice.application_id == child).order_by(Notice.id.desc())
        assert db.session.scalars(told).first() == "wished_place"
    assert "күтіп жүрген" in browser.get(f"/my/a/{child}").text
    with city.web.app_context():
        (entry,) = db.session.scalars(sa.select(WaitingEntry.id).where(WaitingEntry.application_id == child)).all()
    key, _text = asked(post(browser, f"a/{child}/unwish", entry=str(entry)))
    assert post(browser, f"a/{child}/signed", challenge=key).status_code == 303
    assert waits(city, child) == []
    with city.web.app_context():
        done = sa.select(Change.verb, Change.sign_in).where(Change.subject == "waiting_entry")
        done = done.where(Change.subject_id == entry, Change.role == "family").order_by(Change.id)
        assert db.session.execute(done).all() == [("wish", SignedInBy.code), ("unwish", SignedInBy.code)]


def test_a_child_waits_for_kindergartens_of_its_own_queue_alone(city, child):
    browser, there = entered(city, child, SignedInBy.code), city.own.kindergarten
    with city.web.app_context(), transaction():
        db.session.get_one(Kindergarten, there).queue_kind = QueueKind.special
    form = browser.get(f"/my/a/{child}/wish")
    assert form.status_code == 200 and f'<option value="{there}"' not in form.text
    with city.tables.unchanged():
        refused = post(browser, f"a/{child}/wish", kindergarten=str(there), language="")
    assert refused.status_code == 422 and 'data-reason="wrong_place"' in refused.text


def test_the_entry_of_another_family_is_given_up_by_nobody_else(city, child):
    other, browsers = city.own.application, {}
    for one in (child, other):
        browsers[one] = entered(city, one, SignedInBy.code)
        key, _text = asked(post(browsers[one], f"a/{one}/wish", kindergarten=str(city.own.kindergarten), language=""))
        post(browsers[one], f"a/{one}/signed", challenge=key)
    with city.web.app_context():
        theirs = db.session.scalars(sa.select(WaitingEntry.id).where(WaitingEntry.application_id == other)).one()
    answer = post(browsers[child], f"a/{child}/unwish", entry=str(theirs))
    assert answer.status_code == 422 and waits(city, other) != []


def test_a_head_reads_how_many_wait_and_not_who(city, child):
    browser = entered(city, child, SignedInBy.code)
    key, _text = asked(post(browser, f"a/{child}/wish", kindergarten=str(city.own.kindergarten), language=""))
    post(browser, f"a/{child}/signed", challenge=key)
    page = city.sign_in("head").get(f"/kindergartens/show/{city.own.kindergarten}").text
    assert re.search(r"Күту парағындағы отбасылар</dt>\s*<dd[^>]*>\s*1\s*<", page)
    assert city.sign_in("head").get("/waiting-list/list/").status_code == 403


def test_at_the_counter_an_entry_is_given_up_by_a_signed_paper(city):
    operator, entry = city.sign_in("operator"), city.own.waiting_entry
    assert operator.post(f"/waiting-list/action/unwish/{entry}", {"sure": "yes"}).status_code == 422
    operator.post(f"/waiting-list/action/unwish/{entry}", {"sure": "yes", "paper_on": "2026-04-13"})
    with city.web.app_context():
        assert db.session.get_one(WaitingEntry, entry).ended_at is not None
