"""Spec 3.9: what another district knows of a person is neither shown nor changed, whatever door one comes through.

`CANARY` stands in every text that the other district has of the family, `SECRETS` are what it has beside names.
"""

from datetime import date

import pytest
import sqlalchemy as sa

from app.actions import applications
from app.actions.people import Contacts, Person
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Child, Place, QueueKind, Sex
from app.rules import iin
from app.rules.roles import Role
from tests import factories, files
from tests.factories import DEPARTMENT, START, at
from tests.views.city import official
from tests.views.tables import SIGNING_IN, Tables
from tests.views.test_bad_data_on_screen import complaints
from tests.views.test_import_on_screen import brought, run_of, start, table

CANARY, BORN, TOLD_THERE = "Ңғұкбаев", date(2022, 9, 17), date(2022, 8, 23)
CHILD, PARENT = iin.make(BORN, Sex.female, 41), iin.make(date(1991, 6, 2), Sex.female, 42)
CONTACTS = Contacts("87770004411", "ngukbaev@example.org", "Ңғұк көшесі 7")
SECRETS = (CANARY, CANARY.casefold(), CONTACTS.phone, CONTACTS.email, "Ңғұк", "23.08.2022", "2022-08-23")
WARNING = "Басқа аудан"


@pytest.fixture
def two(town, web):
    """The town, where the other district knows a family that came to it first; its name and birth date are its own."""
    with web.app_context(), transaction():
        row = applications.register(
            place_id=town.there,
            child=Person(CHILD, TOLD_THERE, CANARY, "Бала", "Ңғұкқызы"),
            applicant=Person(PARENT, None, CANARY, "Ана", "Ңғұкқызы"),
            contacts=CONTACTS,
            by=DEPARTMENT,
            at=START,
            reason="куәлік",
        )
        official("there", Role.specialist, db.session.get_one(Place, town.there))
        town.known = row.id
    town.tables = Tables(web)
    return town


def as_before(before, after):
    """Every row that was there stands as it stood; who signed in is written beside."""
    for name, rows in before.items():
        there = {row["id"]: row for row in after[name] if "id" in row}
        for row in (row for row in rows if "id" in row):
            now = there[row["id"]]
            assert {k: v for k, v in now.items() if k not in SIGNING_IN} == {
                k: v for k, v in row.items() if k not in SIGNING_IN
            }, name


def form(place, **said):
    return {
        "place": place,
        "queue_kind": "sanatorium",
        "child_iin": CHILD,
        "child_born_on": BORN.isoformat(),
        "child_last_name": "Ойдан",
        "child_first_name": "Бала",
        "applicant_iin": PARENT,
        "applicant_last_name": "Ойдан",
        "applicant_first_name": "Ана",
        **said,
    }


def read_everywhere(browser, pk):
    """Each page on which something of this application is read, and what a search for the other's words finds."""
    for address in (
        f"/applications/show/{pk}",
        f"/applications/edit/{pk}",
        f"/applications/why/{pk}",
        f"/applications/choose/{pk}",
        f"/applications/claim-privilege/{pk}",
        "/applications/list/",
        "/notices/list/",
        "/history/list/",
        "/",
    ):
        answer = browser.get(address, follow_redirects=True)
        yield address, answer.text if answer.status_code == 200 else ""
    for sought in (CHILD, PARENT, CONTACTS.phone, CONTACTS.email):
        found = browser.post("/search/", {"q": sought}, follow_redirects=True).text
        yield f"search {sought}", found.replace(sought, "")  # the box keeps what was typed
    for register in ("applications", "notices"):
        yield f"{register} as a file", browser.post(f"/{register}/export/csv").data.decode(errors="replace")


def leaks(browser, pk):
    return [(address, word) for address, text in read_everywhere(browser, pk) for word in SECRETS if word in text]


def the_new_one(web, place):
    with web.app_context():
        return db.session.scalars(
            sa.select(Application.id).where(Application.child_iin == CHILD, Application.place_id == place)
        ).one()


def test_a_family_that_another_district_knows_is_registered_by_its_own_papers(two, web):
    before, operator = two.tables.rows(), two.sign_in("operator")
    wrong = operator.post("/applications/add", form(two.here, applicant_first_name=""))
    assert wrong.status_code == 422 and not [word for word in SECRETS if word in wrong.text]
    assert operator.post("/applications/add", form(two.here)).status_code == 302
    as_before(before, two.tables.rows())
    pk = the_new_one(web, two.here)
    assert leaks(operator, pk) == leaks(two.sign_in("specialist"), pk) == []
    with web.app_context():
        told = db.session.get_one(Application, pk)
        assert (told.child.born_on, told.child.last_name, told.phone) == (BORN, "Ойдан", None)


def test_both_districts_are_told_that_the_records_differ_and_neither_what_the_other_one_says(two, web):
    there = two.sign_in("there")
    assert WARNING not in there.get(f"/applications/show/{two.known}").text
    two.sign_in("operator").post("/applications/add", form(two.here))
    here = two.sign_in("operator").get(f"/applications/show/{the_new_one(web, two.here)}").text
    known = there.get(f"/applications/show/{two.known}").text
    assert WARNING in here and WARNING in known
    assert "Ойдан Бала" not in known and "17.09.2022" not in known


def test_what_two_districts_say_alike_is_no_warning(two, web):
    alike = {"child_last_name": CANARY.upper(), "applicant_last_name": CANARY.replace("ұ", "у")}
    alike |= {"child_born_on": TOLD_THERE.isoformat(), "reason": "куәлік"}
    operator = two.sign_in("operator")
    assert operator.post("/applications/add", form(two.here, **alike)).status_code == 302
    assert WARNING not in operator.get(f"/applications/show/{the_new_one(web, two.here)}").text


def line(**said):
    row = files.application(
        1,
        **{
            "Баланың ЖСН": CHILD,
            "Өтініш берушінің ЖСН": PARENT,
            "Кезек түрі": "санаторлық",
            "Аудан/қала": "Көкшетау қаласы",
            **said,
        },
    )
    return {title: value for title, value in row.items() if value is not None}


def test_a_file_of_families_that_another_district_knows_is_tried_and_brought_in_without_a_word_of_it(two, web):
    before, specialist = two.tables.rows(), two.sign_in("specialist")
    address = brought(specialist, table([line()]))
    run = run_of(web)
    tried = specialist.get(address).text
    problems = specialist.get(f"/imports/problems/{run.id}/csv").data.decode("utf-8-sig")
    assert (run.added, run.problems, run.warnings) == (1, 0, 1), problems
    assert WARNING in tried and WARNING in problems
    assert not [word for word in SECRETS if word in tried + problems]
    as_before({name: rows for name, rows in before.items() if name not in ("outbox", "import_run")}, two.tables.rows())
    start(specialist, run)
    as_before({name: rows for name, rows in before.items() if name not in ("outbox", "import_run")}, two.tables.rows())
    pk = the_new_one(web, two.here)
    assert leaks(specialist, pk) == []
    assert WARNING in specialist.get(f"/applications/show/{pk}").text


# ---------------------------------------------------------------- one district, two queues


def test_another_queue_of_ones_own_district_changes_nothing_of_what_is_recorded(two, web):
    """What is said otherwise is named at its field, whatever reason is given: it is corrected first, by that verb."""
    operator = two.sign_in("operator")
    assert operator.post("/applications/add", form(two.here, queue_kind="special")).status_code == 302
    with two.tables.unchanged():
        said = {"child_born_on": "2021-09-17", "child_sex": "male", "child_last_name": "Басқа"}
        said |= {"applicant_first_name": "Әпке", "reason": "куәлік"}
        answer = operator.post("/applications/add", form(two.here, **said))
    assert answer.status_code == 422
    assert set(complaints(answer)) == {"child_born_on", "child_sex", "child_last_name", "applicant_last_name"}
    specialist = two.sign_in("specialist")
    brought(specialist, table([line(**{"Туған күні": date(2021, 9, 17), "Негіздеме": "куәлік"})]))
    run = run_of(web)
    assert (run.added, run.problems) == (0, 1)
    assert operator.post("/applications/add", form(two.here)).status_code == 302


def test_a_name_that_is_only_spelled_otherwise_is_the_one_that_is_recorded(two, web):
    operator = two.sign_in("operator")
    assert operator.post("/applications/add", form(two.here, child_first_name="Қарлығаш")).status_code == 302
    spelled = form(two.here, queue_kind="special", child_first_name="КАРЛЫГАШ", child_patronymic="Ерланқызы")
    assert operator.post("/applications/add", spelled).status_code == 302
    with web.app_context():
        (told,) = db.session.scalars(sa.select(Child).where(Child.iin == CHILD, Child.place_id == two.here))
        assert told.full_name == "Ойдан Қарлығаш Ерланқызы"  # what was not said before is filled in


def test_one_live_application_in_each_queue_holds_across_districts(two):
    operator = two.sign_in("operator")
    answer = operator.post("/applications/add", form(two.here, queue_kind="general"))
    assert (answer.status_code, set(complaints(answer))) == (422, {"child_iin"})


# ---------------------------------------------------------------- contacts


def test_contacts_belong_to_the_application(app):
    here, there = factories.district("Көкшетау қаласы"), factories.district("Степногорск қаласы")
    people = {"child": Person(CHILD, BORN, "Ойдан", "Бала"), "applicant": Person(PARENT, None, "Ойдан", "Ана")}
    first, second, other = (
        applications.register(
            place_id=place.id,
            **people,
            contacts=Contacts(phone),
            queue_kind=kind,
            by=DEPARTMENT,
            at=START,
            reason="куәлік",
        )
        for place, kind, phone in (
            (here, QueueKind.general, "87010000001"),
            (here, QueueKind.special, None),
            (there, QueueKind.sanatorium, "87010000003"),
        )
    )
    applications.change(second, by=DEPARTMENT, at=at("2026-04-02T10:00"), phone="87010000002")
    assert [one.phone for one in (first, second, other)] == ["87010000001", "87010000002", "87010000003"]
    assert first.child is second.child and first.child is not other.child
    assert first.applicant is second.applicant and first.applicant is not other.applicant
