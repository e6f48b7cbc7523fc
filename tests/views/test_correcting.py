"""Spec 3.8, Corrections, on screen: both people as they are recorded, a reason, and what was and is in the history."""

import pytest
import sqlalchemy as sa

from app.actions import applications, vouchers
from app.actions.people import Person
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change
from app.now import now
from app.rules import iin
from app.rules.roles import Role
from tests import factories
from tests.views.forms import Fields
from tests.views.test_bad_data_on_screen import complaints

WHY = "Туу туралы куәлік"


@pytest.fixture
def page(town, web):
    """The specialist's form for the town's child, and its fields as they stand."""
    town.address = f"/applications/correct/{town.child}"
    town.specialist = town.sign_in("specialist")
    answer = town.specialist.get(town.address)
    town.fields = Fields(answer.text).values | {"key": _key(answer.text)}
    town.typed = lambda **said: town.specialist.post(town.address, {**town.fields, "reason": WHY, **said})
    return town


def _key(text):
    return text.split('name="key" value="')[1].split('"')[0] if 'name="key" value="' in text else ""


def told(web, pk):
    with web.app_context():
        of = sa.select(Change).where(Change.application_id == pk, Change.verb == "correct").order_by(Change.id)
        return [(one.reason, one.details) for one in db.session.scalars(of)]


def test_what_is_typed_otherwise_is_set_and_the_history_says_from_what(page, web):
    answer = page.typed(child_last_name="Түзу", child_born_on="2022-09-18", applicant_first_name="Әпке")
    assert answer.status_code in (302, 303), complaints(answer)
    shown = page.specialist.get(f"/applications/show/{page.child}").text
    assert "Түзу" in shown and "18.09.2022" in shown and "Әпке" in shown
    (of_child, of_applicant) = told(web, page.child)
    assert of_child[0] == of_applicant[0] == WHY
    assert set(of_child[1]) == {"child.last_name", "child.born_on", "accepted"}  # the IIN has another birth date
    assert of_applicant[1] == {"applicant.first_name": ["Ана", "Әпке"]}


def test_what_follows_for_the_queue_is_said_with_numbers_before_anything_is_changed(page, web):
    """The town gives vouchers by categories: one year younger, the child stands in another one, and later too old."""
    for born_on, said in (("2025-01-17", ("1 (", "кезек")), ("2019-09-17", ("1 (", "мұрағат"))):
        page.specialist.client.set_cookie("language", "kk")
        asked = page.typed(child_born_on=born_on)
        follows = asked.text.split('id="follows"')[1].split("</div>")[0]
        assert asked.status_code == 200 and all(one in follows for one in said), follows
        assert told(web, page.child) == [] and Fields(asked.text).values["child_born_on"] == born_on
    assert page.typed(child_born_on="2025-01-17", sure=Fields(asked.text).values["sure"]).status_code == 200
    assert told(web, page.child) == []  # the yes was to something else
    assert page.typed(child_born_on="2019-09-17", sure=Fields(asked.text).values["sure"]).status_code in (302, 303)
    assert "20.09" not in page.specialist.get(f"/applications/show/{page.child}").text
    with web.app_context():
        assert db.session.get_one(Application, page.child).status == "archived"


def test_what_is_contrary_to_the_corrected_facts_is_said_before_and_stays_on_the_childs_page(page, web):
    with web.app_context(), transaction():
        row = db.session.get_one(Application, page.child)
        vouchers.issue_out_of_turn(row, by=factories.DEPARTMENT, at=now(), reason="тез")
    browser = page.specialist
    browser.client.set_cookie("language", "en")
    asked = page.typed(child_born_on="2023-09-17")
    sentence = "No free place of this birth year is left"
    assert (
        asked.status_code == 200
        and sentence in asked.text
        and sentence not in browser.get(f"/applications/show/{page.child}").text
    )
    assert page.typed(child_born_on="2023-09-17", sure=Fields(asked.text).values["sure"]).status_code in (302, 303)
    assert sentence in browser.get(f"/applications/show/{page.child}").text
    operator = page.sign_in("operator")
    operator.client.set_cookie("language", "en")
    assert sentence not in operator.get(f"/applications/show/{page.child}").text


def test_another_applicant_is_asked_about_where_the_first_one_has_more_applications(page, web):
    with web.app_context(), transaction():
        row = db.session.get_one(Application, page.child)
        sibling = iin.make(factories.date(2023, 2, 3), iin.Sex.male, 6)
        applications.register(
            place_id=row.place_id,
            child=Person(sibling, last_name="Ойдан", first_name="Іні"),
            applicant=Person(row.applicant.iin),
            by=factories.DEPARTMENT,
            at=factories.START,
            number="ОДО.2026.99",
        )
        was = row.applicant.iin
    father = {"applicant_iin": iin.make(factories.date(1990, 1, 9), iin.Sex.male, 5), "applicant_first_name": "Әке"}
    asked = page.typed(**father)
    assert asked.status_code == 200 and "ОДО.2026.99" in asked.text and told(web, page.child) == []
    assert page.typed(**father, sure=Fields(asked.text).values["sure"]).status_code in (302, 303)
    with web.app_context():
        of = {one.number: one.applicant.iin for one in db.session.scalars(sa.select(Application))}
    assert of["ОДО.2026.99"] == was and of["ОДО.2026.248"] == father["applicant_iin"]


def test_without_a_reason_nothing_is_changed_and_what_was_typed_stays(page):
    answer = page.typed(child_last_name="Түзу", reason="  ")
    assert (answer.status_code, set(complaints(answer))) == (422, {"reason"})
    assert Fields(answer.text).values["child_last_name"] == "Түзу"
    assert "Түзу" not in page.specialist.get(f"/applications/show/{page.child}").text


def test_the_iin_of_another_child_here_is_named_by_its_application(page, web):
    with web.app_context(), transaction():
        other = factories.application(db.session.get_one(Application, page.child).place, number="ОДО.2026.77")
        taken, parent = other.child.iin, other.applicant.iin
    answer = page.typed(child_iin=taken)
    assert answer.status_code == 422 and "ОДО.2026.77" in complaints(answer)["child_iin"]
    assert taken == Fields(answer.text).values["child_iin"]
    assert page.typed(child_iin="220917500018").status_code == 422
    assert page.typed(applicant_iin=parent, applicant_last_name="Басқа").status_code == 422


def test_whoever_corrects_second_is_shown_what_the_first_one_did(page):
    assert page.typed(child_first_name="Бірінші").status_code in (302, 303)
    fresh = page.specialist.get(page.address).text
    answer = page.typed(child_first_name="Екінші", key=_key(fresh))
    assert answer.status_code == 409 and "Бірінші" in answer.text and "Екінші" in answer.text


@pytest.mark.parametrize("role", sorted({Role.operator, Role.head, Role.auditor, Role.administrator}))
def test_nobody_else_has_the_form(page, role):
    browser = page.sign_in(str(role))
    for answer in (browser.get(page.address), browser.post(page.address, {"reason": WHY, "child_last_name": "Х"})):
        assert answer.status_code in (302, 403, 404)
    assert "/applications/correct/" not in browser.get(f"/applications/show/{page.child}", follow_redirects=True).text


def test_an_auditor_reads_of_a_correction_what_and_why_but_not_from_what(page, web):
    page.typed(child_last_name="Түзу", child_iin=iin.make(factories.date(2022, 9, 17), iin.Sex.male, 4321))
    with web.app_context():
        pk = db.session.scalars(sa.select(Change.id).where(Change.verb == "correct")).one()
        number = db.session.get_one(Application, page.child).child.iin
    seen = page.sign_in("auditor").get(f"/history/show/{pk}").text
    assert WHY in seen and "Түзу" not in seen and number not in seen
    assert number in page.sign_in("department").get(f"/history/show/{pk}").text
