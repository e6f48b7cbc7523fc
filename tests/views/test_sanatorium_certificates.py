"""A register of one declaration: what is its own, beside what all guard tests ask of it."""

from contextlib import nullcontext
from datetime import date

import pytest
import sqlalchemy as sa

from app import registers
from app.access.actors import Actor
from app.access.personal_data import MASK
from app.actions import corrections, records
from app.db.database import transaction
from app.db.extensions import db
from app.imports import declared, export, whole_file
from app.models import Application, Child, ImportKind, SanatoriumCertificate
from app.rules import iin
from app.rules.refusals import Refusal
from app.rules.roles import Role
from app.spreadsheets.reading import Sheet
from tests.factories import at
from tests.views.forms import Fields, valid
from tests.views.test_lists import shown

NOW = at("2026-04-13T11:00")
NOUN, KIND = "sanatorium-certificates", ImportKind.sanatorium_certificates
TITLES = ["Баланың ЖСН", "Кім берді", "Нөмірі", "Басталу күні", "Аяқталу күні"]


def said(answer) -> str:
    return answer.text.partition("<main")[2]


def bring_in(city, *rows: list[str], titles: list[str] = TITLES, dry_run: bool = False):
    """A file of the own district, brought in by its specialist."""
    by = Actor(Role.specialist, place_ids=frozenset({city.own.place}))
    facts = {"name": "a.csv", "place": city.own.place, "answers": {}, "by": by, "at": at("2026-04-13T11:00")}
    with city.web.app_context(), transaction():
        return whole_file.bring_in(KIND, Sheet(None, [titles, *rows]), **facts, dry_run=dry_run)


@pytest.fixture
def number(city) -> str:
    """The IIN of the child whose certificate is recorded."""
    with city.web.app_context():
        return db.session.get_one(Child, city.own.child).iin


def test_a_second_one_of_its_number_and_one_that_ends_before_it_begins_are_refused_in_words(city):
    browser = city.sign_in("specialist")
    assert browser.post(f"/{NOUN}/add", valid(NOUN, city.own)).status_code == 302
    with city.tables.unchanged():
        again = browser.post(f"/{NOUN}/add", valid(NOUN, city.own))
        assert (again.status_code, "Баланың бұл анықтамасы тіркеліп қойған" in again.text) == (422, True)
        early = browser.post(f"/{NOUN}/add", {**valid(NOUN, city.own), "number": "18", "until": "2026-03-31"})
        assert early.status_code == 422 and 'href="#until"' in early.text


def test_a_certificate_is_found_by_its_child_its_issuer_and_its_number_but_by_no_masked_name(city, number):
    with city.web.app_context():
        name = db.session.get_one(Child, city.own.child).last_name
        certificate = db.session.get_one(SanatoriumCertificate, city.own.sanatorium_certificate)
        sought = {"ЖСН": number, "тегі": name.upper(), "берген": certificate.issuer[:5], "нөмірі": certificate.number}
    for role, found in (("specialist", set(sought)), ("auditor", {"берген", "нөмірі"})):
        browser = city.sign_in(role)
        pages = {what: browser.look_for(NOUN, text).text for what, text in sought.items()}
        assert {what for what, page in pages.items() if certificate.id in shown(NOUN, page)} == found, role


def test_a_file_is_tried_brought_in_and_the_same_again_changes_nothing(city, number):
    row = [number, "№ 5 емхана", "7-С", "01.04.2026", "30.06.2026"]
    assert (bring_in(city, row, dry_run=True).added, bring_in(city, row).added) == (1, 1)
    assert bring_in(city, row).same == 1
    assert bring_in(city, [*row[:-1], "31.07.2026"]).changed == 1
    with city.web.app_context():
        assert [*TITLES, "Аудан/қала"] == export.titles(KIND)
        taken = [["" if cell is None else str(cell) for cell in one] for one in export.rows(KIND)]
    assert [number, "№ 5 емхана", "7-С", "2026-04-01", "2026-07-31", "Көкшетау"] in taken


def test_one_number_of_two_children_is_two_certificates_and_none_goes_from_one_to_the_other(city, number):
    with city.web.app_context():
        other = db.session.get_one(Application, city.own.waiting).child.iin
    for one in (number, other):
        assert bring_in(city, [one, "№ 5 емхана", "7-С", "01.04.2026", "30.06.2026"]).added == 1
    with city.web.app_context():
        found = db.session.scalars(sa.select(SanatoriumCertificate).where(SanatoriumCertificate.number == "7-С"))
        assert {row.child.iin for row in found} == {number, other}


def test_the_same_paper_in_two_districts_is_recorded_in_both(city):
    """Spec 3.9: each district has its own record of a child (ADR 14)."""
    with city.web.app_context(), transaction():
        own = db.session.get_one(SanatoriumCertificate, city.own.sanatorium_certificate)
        abroad = db.session.scalars(sa.select(Child).where(Child.place_id != own.child.place_id)).first()
        facts = {name: getattr(own, name) for name in ("issuer", "number", "from_on", "until")}
        records.create(SanatoriumCertificate(child=abroad, **facts), by=Actor(Role.specialist, place_ids=None), at=NOW)


def test_what_is_wrong_in_a_file_is_named_and_nothing_of_it_is_kept(city, number):
    unknown = iin.make(at("2022-03-05T10:00").date(), "female", 7003)
    rows = [
        [number, "№ 5 емхана", "7-С", "01.04.2026", "30.06.2026"],
        [number, "№ 5 емхана", "7-С", "01.04.2026", "30.06.2026"],
        [unknown, "№ 5 емхана", "8-С", "01.04.2026", "30.06.2026"],
        [number, "№ 5 емхана", "9-С", "01.04.2026", "31.03.2026"],
        [number, "", "10-С", "01.04.2026", "30.06.2026"],
    ]
    with city.tables.unchanged():
        found = bring_in(city, *rows)
    named = [(one.row, one.name) for one in found.problems]
    assert named == [(3, "row_twice"), (4, "child_unknown"), (5, "ends_before"), (6, "empty_cell")]


def test_the_page_of_imports_gives_a_sample_and_the_guide(city):
    browser = city.sign_in("specialist")
    guide = browser.get("/imports/begin").text
    assert all(title in guide for title in TITLES)
    titles, row = declared.sample(registers.BROUGHT[KIND])
    assert [one.name for one in bring_in(city, row, titles=titles).problems] == ["child_unknown"]
    for kind in ("csv", "xlsx"):
        sample = browser.get(f"/imports/sample/{KIND}/{kind}")
        assert sample.status_code == 200 and f"{KIND}.{kind}" in sample.headers["Content-Disposition"]
    assert TITLES[0] in browser.get(f"/imports/sample/{KIND}/csv").data.decode()


def test_a_change_stands_in_the_history_by_the_labels_of_the_form(city):
    browser = city.sign_in("specialist")
    browser.client.set_cookie("language", "ru")
    address = f"/{NOUN}/edit/{city.own.sanatorium_certificate}"
    form = Fields(browser.get(address).text).values
    assert browser.post(address, {**form, "issuer": "Детская больница"}).status_code == 302
    told = browser.get("/history/list/?_flt_0_subject=sanatorium_certificate").text
    assert "Кем выдана</b>: " in told and "→ Детская больница" in told


def test_the_history_says_which_child_a_certificate_was_of_and_is_but_no_name_that_is_masked(city):
    browser = city.sign_in("specialist")
    address = f"/{NOUN}/edit/{city.own.sanatorium_certificate}"
    form = Fields(browser.get(address).text).values
    with city.web.app_context():
        was = db.session.get_one(Child, city.own.child)
        one = db.session.get_one(Application, city.own.waiting).child
        names, other = (was.full_name, one.full_name), one.id
    assert browser.post(address, {**form, "child": str(other)}).status_code == 302
    address = "/history/list/?_flt_0_subject=sanatorium_certificate"
    assert f"{names[0]} → {names[1]}" in browser.get(address).text
    masked = city.sign_in("auditor").get(address).text
    assert f"{MASK} → {MASK}" in masked and not any(name in masked for name in names)


def test_a_certificate_goes_with_its_child_to_the_record_that_has_the_right_iin(city, number):
    """Two records of one child in a district become one by a correction (spec 3.9)."""
    with city.web.app_context(), transaction():
        was = db.session.get_one(Child, city.own.child)
        right = iin.make(was.born_on, was.sex, 7004)
        facts = {name: getattr(was, name) for name in ("place_id", "born_on", "sex", "last_name", "first_name")}
        db.session.add(other := Child(iin=right, patronymic=was.patronymic, **facts))
        db.session.flush()
        application = db.session.scalars(sa.select(Application).where(Application.child_id == was.id)).one()
        facts = {"who": "child", "iin": right, "by": Actor(Role.department), "at": at("2026-04-13T11:00")}
        corrections.correct(application, **facts, reason="қате")
        certificate = db.session.get_one(SanatoriumCertificate, city.own.sanatorium_certificate)
        assert certificate.child_id == other.id


@pytest.mark.parametrize("until", ["2026-06-30", "2026-07-31"])
def test_a_certificate_that_both_records_of_a_child_have_is_had_once_or_the_correction_is_refused(city, number, until):
    with city.web.app_context():
        with transaction():
            was = db.session.get_one(Child, city.own.child)
            facts = {name: getattr(was, name) for name in ("place_id", "born_on", "sex", "last_name", "first_name")}
            right = iin.make(was.born_on, was.sex, 7004)
            db.session.add(other := Child(iin=right, patronymic=was.patronymic, **facts))
            for child, last in ((was, date(2026, 6, 30)), (other, date.fromisoformat(until))):
                row = SanatoriumCertificate(child=child, issuer="Е", number="7", from_on=date(2026, 4, 1), until=last)
                records.create(row, by=Actor(Role.department), at=NOW)
            application = db.session.scalars(sa.select(Application.id).where(Application.child_id == was.id)).one()
        facts = {"who": "child", "iin": right, "by": Actor(Role.department), "at": NOW, "reason": "қате"}
        same = until == "2026-06-30"
        with nullcontext() if same else pytest.raises(Refusal), transaction():
            corrections.correct(db.session.get_one(Application, application), **facts)
        found = db.session.scalars(sa.select(SanatoriumCertificate).where(SanatoriumCertificate.number == "7")).all()
        assert len(found) == (1 if same else 2)
