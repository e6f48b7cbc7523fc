"""Spec 1, 7: what is personal is masked for an auditor on every exit until the record is opened, which is on record.

Every personal text of a town of canaries is looked for on everything that each role can get: pages, lists, files,
searches, the history, papers.
"""

import re
from datetime import date

import pytest
import sqlalchemy as sa

from app import documents
from app.access import personal_data
from app.access.personal_data import MASK, SEES, Part, Reader, Sight, reading_as
from app.actions import applications
from app.database import transaction
from app.extensions import db
from app.models import Applicant, Application, Change, Child, Document
from app.permissions import MAY, Role
from app.views import opened
from tests.factories import DEPARTMENT, at
from tests.views import routes
from tests.views.test_scope import crawl

CANARY = "Щқғпаев"
OF_PEOPLE = [(Child, "iin"), (Applicant, "iin"), (Child, "last_name"), (Child, "first_name"), (Applicant, "last_name")]
OF_PEOPLE += [(Applicant, "first_name"), (Application, "phone"), (Application, "email"), (Application, "address")]
READS = {role for role in Role if Sight.shown in SEES[role].values()} - {Role.family}


@pytest.fixture
def canaries(city):
    """The city, where every child and applicant, and every contact, has a text that is nobody else's."""
    with city.web.app_context(), transaction():
        for application in db.session.scalars(sa.select(Application)):
            facts = {"phone": f"+7702{application.id:07}", "email": f"c{application.id}@ngu.kz"}
            facts["address"] = f"{CANARY} көшесі {application.id}"
            applications.change(application, by=DEPARTMENT, at=at("2026-04-12T10:00"), **facts)
        for model in (Child, Applicant):
            for person in db.session.scalars(sa.select(model)):
                person.last_name, person.first_name = f"{CANARY}{person.id}", f"{CANARY}бек{person.id}"
        db.session.flush()
        paper = db.session.get_one(Document, city.own.document)
        documents.store(paper, b"%PDF " + CANARY.encode())
    return city


def secrets_of(city):
    """What nobody sees for whom it is masked: all texts, and the days as pages and files write them."""
    with city.web.app_context():
        found = {str(one) for model, name in OF_PEOPLE for one in db.session.scalars(sa.select(getattr(model, name)))}
        days = [*db.session.scalars(sa.select(Child.born_on)), *db.session.scalars(sa.select(Applicant.born_on))]
    return {one for one in found if len(one) > 5 and one != "None"} | {
        text for day in days if day for text in (f"{day:%d.%m.%Y}", day.isoformat())
    }


def leaks(pages, secrets):
    return {(address, word) for address, text in pages.items() for word in secrets if word in text}


def test_the_table_names_every_role_and_each_of_the_six():
    assert {role: set(parts) for role, parts in SEES.items()} == {role: set(Part) for role in Role}
    assert {role for role in Role if Sight.masked in SEES[role].values()} == MAY[Application]["open"]


def test_an_auditor_gets_no_byte_of_what_is_personal(canaries):
    """On every page, in every list, file, filter and history; a control says that others get it there."""
    secrets = secrets_of(canaries)
    pages = crawl(canaries, Role.auditor)
    assert leaks(pages, secrets) == set()
    assert any(MASK in text for text in pages.values()) and any("/export/" in address for address in pages)
    shown = crawl(canaries, Role.specialist)
    assert len({word for _address, word in leaks(shown, secrets)}) > 20


def test_nobody_of_whom_something_is_masked_is_found_by_it(canaries):
    """A hit for a fragment would tell what the page masks, letter by letter."""
    auditor, specialist = canaries.sign_in("auditor"), canaries.sign_in("specialist")
    with canaries.web.app_context():
        row = db.session.get_one(Application, canaries.own.application)
        number, sought = row.number, [row.child.iin, row.applicant.iin, row.phone, row.email]
        sought += [CANARY, CANARY[:4], row.child.last_name, row.child.full_name, row.applicant.full_name, row.address]
    for text in sought:
        found = auditor.post("/search/", {"q": text})
        assert (found.status_code, "/applications/show/" in found.text) == (200, False), text
        for noun, (readers, *_) in routes.REGISTERS.items():
            if Role.auditor in readers:
                listed = auditor.get(f"/{noun}/list/", query_string={"q": text}).text
                everything = auditor.get(f"/{noun}/list/").text
                rows = [re.findall(rf"/{noun}/show/(\d+)", page) for page in (listed, everything)]
                assert rows[0] in (rows[1], []), (noun, text)
    assert auditor.post("/search/", {"q": number}).status_code == 303
    assert specialist.post("/search/", {"q": CANARY}).status_code == 200


def test_a_record_is_opened_with_a_reason_for_a_while_in_this_session_and_the_department_sees_it(canaries, monkeypatch):
    auditor, other, own = canaries.sign_in("auditor"), canaries.sign_in("auditor"), canaries.own
    page, paper = f"/applications/show/{own.application}", f"/applications/paper/{own.document}"
    with canaries.web.app_context():
        row = db.session.get_one(Application, own.application)
        six = [row.child.iin, f"{row.child.born_on:%d.%m.%Y}", row.child.last_name, row.email, row.address]
    with canaries.tables.unchanged():
        for blank in ("", "   "):
            answer = auditor.post(f"/applications/action/open/{own.application}", {"sure": "yes", "reason": blank})
            assert answer.status_code in (200, 422)
        assert auditor.get(paper).status_code == 302
        assert not [one for one in six if one in auditor.get(page).text]
    yes = {"sure": "yes", "reason": "Шағым 15-бап"}
    assert auditor.post(f"/applications/action/open/{own.application}", yes).status_code == 303
    assert [one for one in six if one not in auditor.get(page).text] == []
    assert auditor.get(paper).data.startswith(b"%PDF")
    assert not [one for one in six if one in other.get(page).text] and other.get(paper).status_code == 302
    assert six[0] not in auditor.get(f"/applications/show/{own.enrolled}").text
    assert six[2] not in auditor.post("/applications/export/csv").data.decode()  # a file is of many, and stays
    with canaries.web.app_context():
        told = db.session.scalars(sa.select(Change).where(Change.verb == "open")).one()
        assert (told.application_id, told.role, told.reason) == (own.application, "auditor", "Шағым 15-бап")
        pk = told.id
    for role in ("department", "specialist"):
        assert "Шағым 15-бап" in canaries.sign_in(role).get("/history/list/").text
        assert "Шағым 15-бап" in canaries.sign_in(role).get(page).text
        assert canaries.sign_in(role).get(f"/history/show/{pk}").status_code == 200
    later = personal_data.OPEN_FOR.total_seconds() + 1
    monkeypatch.setattr(opened, "time", lambda now=opened.time: now() + later)
    assert not [one for one in six if one in auditor.get(page).text] and auditor.get(paper).status_code == 302


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.family, Role.clock}))
def test_a_paper_is_sent_whole_to_those_alone_for_whom_nothing_is_masked(canaries, role):
    answer = canaries.sign_in(str(role)).get(f"/applications/paper/{canaries.own.document}")
    assert answer.data.startswith(b"%PDF") == (role in READS), (role, answer.status_code)


def test_the_history_masks_what_was_and_what_is(canaries):
    with canaries.web.app_context():
        of_contacts = Change.application_id == canaries.own.application, Change.verb == "change"
        pk = db.session.scalars(sa.select(Change.id).where(*of_contacts).order_by(Change.id.desc())).first()
    page = canaries.sign_in("auditor").get(f"/history/show/{pk}").text
    assert MASK in page and CANARY not in page and "ngu.kz" not in page
    assert "ngu.kz" in canaries.sign_in("department").get(f"/history/show/{pk}").text


# ---------------------------------------------------------------- the table itself


def person():
    child = Child(id=5, iin="220917500017", born_on=date(2022, 9, 17), last_name="Ойдан", first_name="Бала")
    row = Application(id=7, phone="+77011112233", email=None, address="Абай 1", child=child)
    row.applicant = Applicant(id=6, iin="910602400011", last_name="Ойдан", first_name="Ана")
    return row


@pytest.mark.parametrize("role", list(Role))
def test_each_of_the_six_is_shown_masked_or_hidden_as_the_table_says(role):
    row = person()
    for keys in (frozenset(), frozenset(personal_data.keys(row))):
        with reading_as(Reader(role, keys)):
            for part in Part:
                holder = row if part in (Part.phone, Part.email, Part.address) else row.child
                said = personal_data.of(holder, "full_name" if part is Part.name else part)
                open_now = SEES[role][part] is Sight.shown or (SEES[role][part] is Sight.masked and bool(keys))
                assert (said == MASK) == (not open_now and part is not Part.email), (role, part)
            assert personal_data.whole(row) == open_now


def test_where_nobody_was_said_to_read_nothing_is_shown():
    row = person()
    assert personal_data.name(row.child) == personal_data.of(row, "phone") == MASK
    assert personal_data.facts("application", 7, {"phone": ["1", None], "child.last_name": ["А", "Б"], "n": 1}) == {
        "phone": [MASK, None],
        "child.last_name": [MASK, MASK],
        "n": 1,
    }
    assert personal_data.facts("kindergarten", None, {"phone": "1"}) == {"phone": "1"}
