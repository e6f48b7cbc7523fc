"""Bad data on the screens: said at its field in the reader's language, nothing changed, what was typed kept.

What comes stands line by line in tests/bad_data.py; tests/test_bad_data.py asks scenarios and imports.
"""

import re
from datetime import date
from html import unescape

import pytest
from flask_babel import force_locale
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from app import words
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Child, Place, Sex
from app.rules import iin
from app.rules.refusals import Reason, Refusal
from tests import factories
from tests.bad_data import (
    BORN,
    DOUBTFUL,
    KNOWN,
    KNOWN_CHILD,
    KNOWN_NAME,
    KNOWN_PARENT,
    NAME,
    NEW_CHILD,
    PARENT,
    of,
    on_record,
    the_known_one,
)
from tests.views.forms import Fields


@pytest.fixture
def counter(city):
    """The operator's form, in a district where one application is known."""
    with city.web.app_context(), transaction():
        the_known_one(db.session.get_one(Place, city.own.place))
    city.operator = city.sign_in("operator")
    city.register = lambda **said: city.operator.post("/applications/add", form(city.own.place, said))
    return city


def form(place, said):
    """A right registration as it is typed, but for what is said instead."""
    last_name, first_name = said.get("name", NAME)
    return {
        "place": place,
        "queue_kind": "general",
        "number": said.get("number", ""),
        "child_iin": said.get("iin", NEW_CHILD),
        "child_born_on": said.get("born_on", BORN).isoformat(),
        "child_sex": said.get("sex", ""),
        "child_last_name": last_name,
        "child_first_name": first_name,
        "applicant_iin": said.get("applicant_iin", PARENT),
        "applicant_last_name": said.get("applicant_last_name", "Ойдан"),
        "applicant_first_name": "Ана",
        "reason": said.get("reason", ""),
    }


def complaints(answer):
    """What the summary of a refused form says, by field; "" for what is of no field."""
    summary = unescape(answer.text.split('id="errors"')[1].split("</div>")[0])
    named = re.findall(r'<li>(?:<a href="#([^"]*)">[^<]*</a>: )?([^<]*)</li>', summary)
    return dict(named)


def sentence(web, line):
    """What a person reads for a line, in the language of the page."""
    facts = {"because": line.because} if line.because else {}
    facts |= {"number": KNOWN} if line.refusal == "already_waiting" and line.field == "number" else {}
    facts |= {"to_come": True} if line.refusal == "too_young" else {}
    if line.refusal == "reason_required":
        facts["parts"] = (line.field.removeprefix("child_"),)
    with web.test_request_context(), force_locale("kk"):
        (told,) = words.refused(Refusal(Reason(line.refusal), **facts)).values()
        return str(told)


def test_the_form_names_what_is_wrong_at_its_field_and_keeps_what_was_typed(counter):
    wrong = []
    with counter.tables.unchanged():
        for line in of("screen"):
            answer = counter.register(**line.said)
            if answer.status_code != 422 or complaints(answer) != {line.field: sentence(counter.web, line)}:
                wrong.append((line.title, answer.status_code, complaints(answer)))
            elif not kept(answer, form(counter.own.place, line.said)):
                wrong.append((line.title, "not kept"))
    assert wrong == []


def kept(answer, typed):
    """Does the form show all that was typed? An IIN without its spaces."""
    shown = Fields(answer.text).values
    as_kept = {n: "".join(v.split()) if n.endswith("_iin") else str(v).strip() for n, v in typed.items()}
    return {name: shown.get(name) for name in typed} == as_kept


@pytest.mark.parametrize("line", of("screen", DOUBTFUL), ids=str)
def test_an_official_accepts_a_warning_with_a_reason_which_stays_on_record(counter, line):
    for blank in ("", "   "):
        assert counter.register(**line.said, reason=blank).status_code == 422
    answer = counter.register(**line.said, reason="Туу туралы куәлік")
    assert answer.status_code == 302, complaints(answer)
    with counter.web.app_context():
        told = db.session.scalars(db.select(Child).where(Child.iin == NEW_CHILD)).one()
        for name, value in line.said.items():
            assert getattr(told, name) == value
        reason, details = on_record()
        assert (reason, details["accepted"]) == ("Туу туралы куәлік", list(line.said))
    assert "Туу туралы куәлік" in counter.operator.get(answer.location).text


def test_a_right_registration_is_taken_and_found_by_its_number_in_any_spelling(counter):
    answer = counter.register(number="16.УО.2017.32731.1")
    assert answer.status_code == 302, complaints(answer)
    with counter.web.app_context():
        told = db.session.scalars(db.select(Application).where(Application.number == "16.УО.2017.32731.1")).one()
        assert told.number_key == "16-YO-2017-32731-1"
    for spelling in ("16.УО.2017.32731.1", "16-uo-2017-32731-1", " 16 YO 2017/32731/1 "):
        found = counter.operator.get("/applications/list/", query_string={"q": spelling}).text
        assert answer.location in found, spelling


def test_one_number_stands_in_two_districts_and_once_in_each(counter):
    with counter.web.app_context(), transaction():
        other = db.session.get_one(Place, counter.own.refers)
        taken = factories.application(other, number="ODO-2026-248")
        assert taken.number_key == "ODO-2026-248"


def test_an_iin_that_is_typed_with_spaces_is_the_same_number(counter):
    assert counter.register(iin=f" {NEW_CHILD[:4]}\u00a0{NEW_CHILD[4:6]} {NEW_CHILD[6:]} ").status_code == 302
    with counter.web.app_context():
        assert db.session.scalars(db.select(Child).where(Child.iin == NEW_CHILD)).one()


def test_blanks_for_a_number_are_none_and_the_application_gets_its_own(counter):
    assert counter.register(number="   ").status_code == 302
    with counter.web.app_context():
        assert on_record()[1]["number"].startswith("Ө-2026-")


def test_a_namesake_of_the_same_day_is_told_and_two_children_are_taken_with_a_reason(counter):
    with counter.tables.unchanged():
        answer = counter.register(name=("ОЙДАН", "Белгілі"))
    with counter.web.test_request_context(), force_locale("kk"):
        assert complaints(answer) == {"child_last_name": str(words.DOUBTS["namesake"])}
    assert counter.register(name=KNOWN_NAME, reason="Екі бөлек бала").status_code == 302
    with counter.web.app_context():
        reason, details = on_record()
        assert (reason, details["accepted"]) == ("Екі бөлек бала", ["namesake"])


def test_another_name_under_a_known_iin_is_told_and_never_written_over_by_the_way(counter):
    said = {"iin": KNOWN_CHILD, "applicant_iin": KNOWN_PARENT, "applicant_last_name": "Басқа"}
    with counter.tables.unchanged():
        answer = counter.register(**said)
    assert set(complaints(answer)) == {"child_last_name", "applicant_last_name"}


def test_several_warnings_are_said_at_once(counter):
    with counter.tables.unchanged():
        said = {"born_on": BORN.replace(day=18), "sex": "male"}
        assert set(complaints(counter.register(**said))) == {"child_born_on", "child_sex"}


def test_a_birth_date_of_no_family_is_named_at_its_field(counter):
    with counter.tables.unchanged():
        for born_on in ("0202-09-17", "20022-09-17", "1850-01-01", "2022-02-30", "9999-12-31"):
            typed = form(counter.own.place, {}) | {"child_born_on": born_on}
            answer = counter.operator.post("/applications/add", typed)
            assert (answer.status_code, set(complaints(answer))) == (422, {"child_born_on"}), born_on


def test_contacts_that_reach_nobody_are_named_at_their_fields(counter):
    """What an import refuses in a cell, the counter refuses too: the family's notices go there."""
    waiting = f"/applications/edit/{counter.own.waiting}"
    with counter.tables.unchanged():
        for field, texts in (("phone", ("abc", "8 701 111", "8 701 111 22 33 44 55")), ("email", ("не почта", "x@"))):
            for text in texts:
                typed = form(counter.own.place, {}) | {field: text}
                for answer in (
                    counter.operator.post("/applications/add", typed),
                    counter.operator.post(waiting, {field: text}),
                ):
                    assert (answer.status_code, set(complaints(answer))) == (422, {field}), text
                    assert Fields(answer.text).values[field] == text


def test_a_child_that_attends_a_state_kindergarten_is_told_at_its_iin(counter):
    with counter.web.app_context():
        enrolled = db.session.get_one(Application, counter.own.enrolled)
        who = {"iin": enrolled.child.iin, "born_on": enrolled.child.born_on}
        who["name"] = (enrolled.child.last_name, enrolled.child.first_name)
    with counter.tables.unchanged():
        answer = counter.register(**who)
    assert set(complaints(answer)) == {"child_iin"}


def test_a_bin_that_cannot_be_is_named_at_its_field(counter):
    specialist = counter.sign_in("specialist")
    address = f"/kindergartens/edit/{counter.own.kindergarten}"
    with counter.tables.unchanged():
        typed = Fields(specialist.get(address).text).values
        for digits in ("180940000001", "18094000", "abcdefghijkl", "0000000000000"):
            answer = specialist.post(address, typed | {"bin": digits})
            assert (answer.status_code, set(complaints(answer))) == (422, {"bin"}), digits
            assert Fields(answer.text).values["bin"] == digits


# ---------------------------------------------------------------- any text in any field

ANY = st.text(max_size=90) | st.sampled_from(["\0", "ΐ" * 80, "ﷺ" * 60, "‮abc", "%_\\", "'; --", "🇰🇿" * 9, "1а" * 30])
TYPED = st.dictionaries(
    st.sampled_from(sorted(set(form("1", {})) - {"place"} | {"child_patronymic", "address", "phone", "email"})),
    ANY,
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=TYPED)
def test_whatever_is_typed_is_taken_or_named_and_never_lost(counter, said):
    """302 with all of it on record, or 422 with a sentence and all of it still in the form."""
    serial = next(factories.serials) % 3000
    father = iin.make(date(1990, 1, 9), Sex.male, 5000 + serial)
    right = {"iin": iin.make(BORN, Sex.female, 1000 + serial), "applicant_iin": father}
    typed = form(counter.own.place, right | {"name": ("Ойдан", f"Бала {factories.spelt(serial)}")}) | said
    answer = counter.operator.post("/applications/add", typed)
    event(str(answer.status_code))
    assert answer.status_code in (302, 422), answer.text
    if answer.status_code == 422:
        assert complaints(answer), typed
        shown = Fields(answer.text)
        for name, value in said.items():
            if shown.kinds[name] not in ("select", "date"):
                assert squeezed(shown.values[name]) == squeezed(value), name
    else:
        address = answer.location.replace("show", "edit")
        edited = {name: value for name, value in said.items() if name in ("phone", "email", "address")}
        assert counter.operator.get(answer.location).status_code == 200
        shown = Fields(counter.operator.get(address).text).values
        assert counter.operator.post(address, {**shown, **edited}).status_code == 302
        assert counter.operator.get(address).status_code == 200


def squeezed(text):
    """As browsers and pages have it: line ends and spaces make no difference, NUL is shown as the sign for none."""
    return "".join(text.replace("\0", "\ufffd").split())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sought=ANY, edited=st.fixed_dictionaries(dict.fromkeys(("phone", "email", "address"), ANY)))
def test_whatever_is_sought_or_typed_as_a_contact_is_answered(counter, sought, edited):
    for noun in ("applications", "kindergartens"):
        found = counter.operator.get(f"/{noun}/list/", query_string={"q": sought})
        assert found.status_code == (400 if "\0" in sought else 200), noun  # no page of ours makes such an address
    address = f"/applications/edit/{counter.own.waiting}"
    shown = Fields(counter.operator.get(address).text).values
    answer = counter.operator.post(address, {**shown, **edited})
    assert answer.status_code in (302, 422)
    if answer.status_code == 422:
        shown = Fields(answer.text).values
        assert {name: squeezed(shown[name]) for name in edited} == {n: squeezed(v) for n, v in edited.items()}
