"""Spec 1, 7: of each person each role gets what the table says, of those within its reach, and of nobody else anything.

Every personal text of a town of canaries is looked for on everything that each role can get: pages, lists, show pages,
why pages, the history, files and their problems, searches and pickers, papers, what verbs ask, errors, logs. All roles
walk on SQLite (what is shown is decided in Python); the head, whose reach is the narrowest, on PostgreSQL too. For an
auditor all of it is masked until a record is opened, which is on record.
"""

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app.access import personal_data
from app.access.actors import Actor
from app.access.personal_data import MASK, SEES, Part, Reader, Sight, reading_as
from app.actions import applications, imports
from app.db.database import transaction
from app.db.extensions import db
from app.models import Applicant, Application, Change, Child, Document, Guardianship, ImportKind, Notice, Place
from app.papers import documents
from app.rules.roles import Role
from app.rules.texts import phones_said as texts_said
from app.rules.verbs import VERBS
from app.views import unmasked
from tests.factories import DEPARTMENT, at
from tests.views import routes
from tests.views.conftest import Browser
from tests.views.walking import crawl, unpacked

CANARY = "Щқғпаев"
READS = {role for role in Role if Sight.shown in SEES[role].values()} - {Role.family}


@pytest.fixture
def canaries(city, standing):
    """The city, where every child and applicant, and every contact, has a text that is nobody else's."""
    standing("canaries", lambda: _canaries(city))
    with city.web.app_context(), transaction():
        paper = db.session.get_one(Document, city.own.document)
        documents.store(paper, b"%PDF " + CANARY.encode())
    return city


def _canaries(city):
    for application in db.session.scalars(sa.select(Application)):
        facts = {"phone": f"+7702{application.id:07}", "email": f"c{application.id}@ngu.kz"}
        facts["address"] = f"{CANARY} көшесі {application.id:04}"
        applications.change(application, by=DEPARTMENT, at=at("2026-04-12T10:00"), **facts)
    for serial, one in enumerate(db.session.scalars(sa.select(Guardianship)).all(), start=5000):
        one.last_name, one.first_name, one.phone = (
            f"{CANARY}{serial:04}",
            f"{CANARY}бек{serial:04}",
            f"+7702{serial:07}",
        )
        told = sa.select(Notice).where(Notice.application_id == one.application_id, Notice.template == "join")
        for notice in db.session.scalars(told):
            notice.facts = {"full_name": one.full_name}
        asked = sa.select(Change).where(Change.application_id == one.application_id, Change.verb == "join")
        for change in db.session.scalars(asked):
            change.details = {f"guardianship.{name}": getattr(one, name) for name in ("iin", "last_name", "phone")}
    for model in (Child, Applicant):
        for person in db.session.scalars(sa.select(model)):
            person.last_name, person.first_name = f"{CANARY}{person.id:04}", f"{CANARY}бек{person.id:04}"
            if person.born_on:  # within the year, so that queues and groups stay as they are; before the day that the
                person.born_on = date(person.born_on.year, 1, 9) + timedelta(person.id % 251)  # history has of many
    db.session.flush()
    waiting = db.session.get_one(Application, city.own.waiting)
    _a_file_with_people(city.own.place, waiting, city.own.specialist_account)
    return SimpleNamespace()


def _a_file_with_people(place, application, user_id):
    """A list of applications whose problems name what stands in a cell: an IIN and a name."""
    by = Actor(Role.specialist, user_id=user_id, place_ids=frozenset({place}))
    named = f"{application.child.iin} {application.child.last_name}"  # a file, a sheet and a title may name anybody
    facts = {"file_name": f"{named}.csv", "district_id": place, "by": by, "at": at("2026-04-12T11:00")}
    run = imports.ask(ImportKind.applications, b"a;b\n", **facts)
    wrong = {"column": 1, "sentence": "iin_check_digit", "facts": {}, "value": None}
    values = [application.child.iin, application.child.full_name]
    rows = [wrong | {"row": n, "cell": f"{named}!A{n}", "value": value} for n, value in enumerate(values, start=2)]
    rows += [wrong | {"row": 1, "cell": "A1", "sentence": "unknown_column", "facts": {"title": named, "near": "x"}}]
    rows += [wrong | {"row": 4, "cell": "A4", "sentence": "number_twice", "facts": {"cell": f"'{named}'!A2"}}]
    rows += [wrong | {"row": 0, "cell": f"{named}.csv", "sentence": "not_a_table"}]
    imports.tell(
        run, {"added": 0, "changed": 0, "same": 0}, rows, [], rows=2, sheet=named, by=by, at=at("2026-04-12T11:01")
    )


def people_of(city):
    """{application: what of its child, its applicant and its contacts nobody else has}: texts, and the birth dates."""
    with city.web.app_context():
        return {one.id: personal_of(one) for one in db.session.scalars(sa.select(Application))}


def personal_of(application):
    child, applicant = application.child, application.applicant
    texts = [getattr(application, name) for name in ("phone", "email", "address")] + [texts_said(application.phone)]
    texts += [getattr(one, name) for one in (child, applicant) for name in ("iin", "last_name", "first_name")]
    joined = db.session.scalars(sa.select(Guardianship).where(Guardianship.application_id == application.id)).all()
    texts += [getattr(one, name) for one in joined for name in ("iin", "last_name", "first_name", "phone")]
    texts += [texts_said(one.phone) for one in joined]
    days = [f"{day:{form}}" for day in (child.born_on, applicant.born_on) if day for form in ("%d.%m.%Y", "%Y-%m-%d")]
    return {"texts": {one for one in texts if one and len(one) > 5}, "days": {*days}}


def secrets_of(city, but=frozenset()):
    """All of that, of all but the people of these applications; a day that one of those has is no other's secret."""
    people = people_of(city)
    known = {text for pk in but for kind in people[pk].values() for text in kind}
    return {
        text for pk, of in people.items() if pk not in but for kind in ("texts", "days") for text in of[kind]
    } - known


LOOK = re.compile(
    CANARY
    + r"(?:бек| көшесі )?\d{4}|(?<!\d)\d{12}(?!\d)|ңғұ\w\d+|\+7702\d{7}|\+7 702 \d{3} \d{4}|c\d+@ngu\.kz"
    + r"|\d\d\.\d\d\.\d{4}|\d{4}-\d\d-\d\d"
)  # whatever may be a secret, so that each page is read once; `leaks` says that no secret is overlooked by it


def looked(pages):
    """{address: whatever may be a secret there}."""
    return {address: set(LOOK.findall(text)) for address, text in pages.items()}


def leaks(pages, secrets):
    return leaked(looked(pages), secrets)


def leaked(words, secrets):
    assert [one for one in secrets if not LOOK.fullmatch(one)] == []
    return {(address, word) for address, found in words.items() for word in secrets & found}


def within(city, role):
    """Whose application somebody of a role reaches, from spec 1, not from the application's scopes."""
    own, neighbour = city.own, city.neighbour
    of_head = {own.application, own.enrolled, own.stay, own.came, city.moved}
    with city.web.app_context():
        of = dict(db.session.execute(sa.select(Application.id, Application.place_id)).all())
        places = {own.place, own.refers}
        if role is Role.department:
            region = db.session.get_one(Place, own.place).parent_id
            places = set(db.session.scalars(sa.select(Place.id).where(Place.parent_id == region)))
    assert neighbour.application not in of_head
    reached = {Role.head: of_head, Role.administrator: set()}
    return frozenset(reached.get(role, {pk for pk, place in of.items() if place in places}))


def everything(city, role):
    """All pages that a person of this role comes to, and beside them what is asked, found, picked, refused and
    downloaded by a POST: address -> text."""
    pages, browser = crawl(city, role), city.sign_in(str(role))
    anybody = [city.own, city.neighbour if role is Role.head else city.region]
    with city.web.app_context():
        people = db.session.scalars(sa.select(Application).order_by(Application.id)).all()
        sought = [text for one in people[::11] for text in (one.child.iin, one.child.last_name, one.phone, one.number)]
    for of in anybody:
        for (method, rule), _roles in routes.table().items():
            if method == "POST" and not rule.startswith(
                ("/login", "/logout", "/language", "/demo", "/password", "/search")
            ):
                address, data = routes.address(rule, city, of)
                answer = browser.post(address, data)  # without a yes: it is asked, refused, or not there
                pages[f"POST {rule} {of.place}"] = read(answer)
            elif method == "GET" and "<" in rule and not rule.startswith("/static"):
                address, _data = routes.address(rule, city, of)
                pages[f"GET {rule} {of.place}"] = read(browser.get(address))
    for text in sought:
        pages[f"found {text}"] = read(browser.post("/search/", {"q": text})).replace(text, "")  # it is shown as typed
        pages[f"picked {text}"] = read(browser.post("/kindergartens/pick", {"q": text})).replace(text, "")
    for noun, kind in (("applications", "csv"), ("applications", "xlsx"), ("kindergartens", "csv")):
        pages[f"taken {noun}.{kind}"] = read(browser.post(f"/imports/take/{noun}/{kind}"))
    return pages


def read(answer):
    data = answer.data
    return (unpacked(data) if data.startswith(b"PK") else data).decode(errors="replace")


def test_the_table_names_every_role_and_each_of_the_six():
    assert {role: set(parts) for role, parts in SEES.items()} == {role: set(Part) for role in Role}
    assert {role for role in Role if Sight.masked in SEES[role].values()} == VERBS[Application]["open"].roles


WALKS = [("sqlite", role) for role in sorted(set(Role) - {Role.family, Role.clock})] + [("postgresql", Role.head)]


@pytest.mark.parametrize(("kind", "role"), WALKS)
def test_each_role_gets_what_the_table_says_of_those_within_its_reach_and_nothing_of_anybody_else(
    canaries, caplog, role
):
    reach = within(canaries, role) if role in READS else frozenset()
    caplog.set_level("DEBUG")
    pages = everything(canaries, role)
    words = looked(pages)
    assert leaked(words, secrets_of(canaries, but=reach)) == set()
    people = people_of(canaries)
    found = set().union(*words.values())
    shown = {pk for pk in reach if found & people[pk]["texts"]}
    assert shown == reach and (len(reach) > 3) == (role in READS)
    assert any(MASK in text for text in pages.values()) == (role is Role.auditor)
    assert any("/export/" in address for address in pages)
    assert leaks({"log": caplog.text}, secrets_of(canaries)) == set()


def test_nobody_who_is_not_signed_in_gets_anything(canaries):
    browser, pages = Browser(canaries.web.test_client()), {}
    with canaries.web.app_context():
        codes = db.session.scalars(sa.select(Document.code)).all()
    for (method, rule), _roles in routes.table().items():
        for of in (canaries.own, canaries.region):
            address, data = routes.address(rule, canaries, of)
            pages[f"{method} {rule} {of.place}"] = read(
                browser.post(address, data) if method == "POST" else browser.get(address)
            )
    pages |= {f"verify {code}": read(browser.get(f"/verify/{code}")) for code in codes}
    assert leaks(pages, secrets_of(canaries)) == set()
    assert len(codes) > 5 and any("№" in pages[f"verify {code}"] for code in codes)


def test_nobody_of_whom_something_is_masked_is_found_by_it(canaries):
    """A hit for a fragment would tell what the page masks, letter by letter."""
    auditor, specialist = canaries.sign_in("auditor"), canaries.sign_in("specialist")
    with canaries.web.app_context():
        row = db.session.get_one(Application, canaries.own.application)
        number, sought = row.number, [row.child.iin, row.applicant.iin, row.phone, row.email]
        sought += [CANARY, CANARY[:4], row.child.last_name, row.child.full_name, row.applicant.full_name, row.address]
    lists = [noun for noun, (readers, *_) in routes.REGISTERS.items() if Role.auditor in readers]
    whole = {noun: re.findall(rf"/{noun}/show/(\d+)", auditor.get(f"/{noun}/list/").text) for noun in lists}
    for text in sought:
        found = auditor.post("/search/", {"q": text})
        assert (found.status_code, "/applications/show/" in found.text) == (200, False), text
        for noun in lists:
            listed = auditor.look_for(noun, text).text
            assert re.findall(rf"/{noun}/show/(\d+)", listed) in (whole[noun], []), (noun, text)
    assert auditor.post("/search/", {"q": number}).status_code == 303
    assert specialist.post("/search/", {"q": CANARY}).status_code == 200


def test_who_is_looked_for_in_a_list_stands_in_no_address(canaries):
    """Spec 7, "never in URLs": what is typed above a list that finds people is sealed for whoever has typed it."""
    specialist, other = canaries.sign_in("specialist"), canaries.sign_in("department")
    with canaries.web.app_context():
        iin = db.session.get_one(Application, canaries.own.application).child.iin
    lists = {one.route_base[1:] for one in canaries.web.appbuilder.baseviews if getattr(one, "finds_people", False)}
    assert lists >= {"guardianships", "waiting-list", "sanatorium-certificates"}
    for noun in lists:
        page = specialist.get(f"/{noun}/list/").text
        form = page[page.index('<form class="filter"') :].partition("</form>")[0]
        assert f'method="post" action="/search/in/{noun}"' in form and 'form="filter" name="csrf_token"' in page
        sent = specialist.post(f"/search/in/{noun}", {"q": iin, "_flt_0_place": ""})
        assert sent.status_code == 303 and iin not in sent.location and "_flt_0_place" not in sent.location
        found = specialist.get(sent.location)
        assert found.status_code == 200 and f'value="{iin}"' in found.text
        assert iin not in "".join(re.findall(r'(?:href|action)="([^"]*)"', found.text))
        assert other.get(sent.location).status_code == 400  # it was sealed for somebody else
        assert specialist.get(f"/{noun}/list/", query_string={"q": iin}).status_code == 400
    assert specialist.post("/search/in/kindergartens", {"q": iin}).status_code == 404


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
    monkeypatch.setattr(unmasked, "time", lambda now=unmasked.time: now() + later)
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
