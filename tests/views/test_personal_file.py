"""Spec 7, personal data: who asks what is kept of him gets all of it and nothing of others; who took it is known."""

import json
from datetime import date
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa

from app.access.actors import Actor
from app.actions import handing_out
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    Change,
    Draft,
    Guardianship,
    GuardianshipBasis,
    GuardianshipStatus,
    PrivilegeKind,
    PrivilegePaper,
    Sex,
    User,
)
from app.papers import storage
from app.rules import iin
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from tests import factories
from tests.factories import at

WHEN = at("2026-04-13T10:00")
FATHER = iin.make(date(1985, 5, 5), Sex.male, 77)


def opened(content):
    with ZipFile(BytesIO(content)) as archive:
        return json.loads(archive.read("kept.json")), {name for name in archive.namelist() if name != "kept.json"}


@pytest.fixture
def children(app):
    """Two children of different families, the first with a paper and another guardian; a third in another district."""
    place = factories.district()
    with transaction():
        one = factories.application(place, privilege=PrivilegeKind.first_order)
        two = factories.application(place)
        away = factories.application(factories.district("Степногорск қаласы"))
        paper = PrivilegePaper(
            privilege_id=one.privileges[0].id, title="А", issued_on=date(2026, 4, 1), file_kind="pdf"
        )
        paper.file_key, paper.sha256 = "privileges/1.pdf", sha256(b"%PDF paper").hexdigest()
        storage.keep(paper.file_key, b"%PDF paper")
        joined = Guardianship(
            child_id=one.child_id,
            application_id=one.id,
            iin=FATHER,
            last_name="Әкесі",
            phone="+77010000009",
            basis=GuardianshipBasis.parent,
            status=GuardianshipStatus.asked,
            asked_at=WHEN,
        )
        asked = db.session.scalars(sa.select(Change).where(Change.application_id == one.id)).first()
        asked.details = {**(asked.details or {}), "guardianship.iin": FATHER, "number": one.number}
        db.session.add_all([paper, joined, Draft(iin=one.applicant.iin, answers={"child": "typed"}, at=WHEN)])
    return one, two, away


def department(user="department", places=None):
    row = db.session.scalars(sa.select(User).where(User.username == user)).first()
    if row is None:
        row = User(username=user, first_name="О", last_name="О", email=f"{user}@b.kz")
        db.session.add(row)
        db.session.commit()
    return Actor(Role.department, user_id=row.id, place_ids=places)


def test_of_a_child_all_is_handed_out_and_nothing_of_another_one(children):
    one, two, away = children
    with transaction():
        told, files = opened(handing_out.hand_out(one.child.iin, by=department(), at=WHEN, reason="өтініш"))
    kept = told["kept"]
    assert [row["iin"] for row in kept["child"]] == [one.child.iin]
    assert [row["number"] for row in kept["application"]] == [one.number]
    assert kept["guardianship"][0]["phone"] == "+77010000009"
    assert files == {f"files/privilege_paper-{kept['privilege_paper'][0]['id']}.pdf"}
    assert {"change", "notice", "document", "privilege"} <= kept.keys()
    text = json.dumps(told, ensure_ascii=False)
    assert all(other.child.iin not in text and other.applicant.iin not in text for other in (two, away))


def test_of_a_parent_it_is_without_what_belongs_to_the_other_one(children):
    one, *_ = children
    mother, _ = opened(handed(one.applicant.iin))
    assert [row["iin"] for row in mother["kept"]["applicant"]] == [one.applicant.iin]
    assert mother["kept"]["draft"][0]["answers"] == {"child": "typed"}
    assert FATHER not in json.dumps(mother) and "Әкесі" not in json.dumps(mother, ensure_ascii=False)
    father, _ = opened(handed(FATHER))
    assert father["kept"].keys() == {"guardianship"}


def handed(number, **more):
    with transaction():
        return handing_out.hand_out(number, **{"by": department(), "at": WHEN, "reason": "өтініш", **more})


def test_who_took_it_and_why_is_on_record_and_nobody_s_data_is(children):
    one, *_ = children
    handed(one.child.iin)
    of_it = sa.select(Change).where(Change.verb == "hand_out").order_by(Change.id)
    first, second = db.session.scalars(of_it)
    assert (first.application_id, first.reason, first.details) == (one.id, "өтініш", None)
    assert (second.subject, second.user_id) == ("ab_user", first.user_id) and second.details["rows"] > 5


def test_beyond_ones_reach_and_of_nobody_there_is_nothing_and_no_record(children):
    one, _two, away = children
    here = department(places=frozenset({one.place_id}))
    assert handed(away.child.iin, by=here) is None
    assert handed(iin.make(date(1985, 5, 5), Sex.male, 78), by=here) is None
    assert db.session.scalars(sa.select(Change).where(Change.verb == "hand_out")).all() == []


def test_nobody_but_the_department_takes_it_and_not_without_a_reason(children):
    one, *_ = children
    for by in (Actor(Role.specialist, user_id=department().user_id), Actor(Role.auditor, user_id=department().user_id)):
        with pytest.raises(Refusal) as refused, transaction():
            handing_out.hand_out(one.child.iin, by=by, at=WHEN, reason="өтініш")
        assert refused.value.reason is Reason.not_allowed
    with pytest.raises(Refusal) as refused:
        handed(one.child.iin, reason=" ")
    assert refused.value.reason is Reason.reason_required


def test_the_page_gives_the_file_and_says_where_there_is_nothing(city):
    browser = city.sign_in("department", "ru")
    with city.web.app_context():
        number = db.session.get_one(Application, city.own.waiting).child.iin
    answer = browser.post("/personal-file/take/", {"iin": number, "reason": "заявление от 30.11.2026"})
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert "attachment" in answer.headers["Content-Disposition"] and number not in str(answer.headers)
    told, _ = opened(answer.data)
    assert told["iin"] == number
    answer = browser.post("/personal-file/take/", {"iin": FATHER, "reason": "заявление"})
    assert answer.status_code == 422 and FATHER in answer.text
    answer = browser.post("/personal-file/take/", {"iin": "1", "reason": ""})
    assert answer.status_code == 422
