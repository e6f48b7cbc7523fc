"""S2 «Изменить льготность», S3, spec 3.3: what scenarios do not reach: papers, history, the norm, one writer."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actions import clock, numbers, possible, privileges
from app.actions.privileges import Paper
from app.db.extensions import db
from app.models import (
    Application,
    Change,
    PrivilegeGround,
    PrivilegeKind,
    PrivilegePaper,
    PrivilegeStatus,
    Unit,
)
from app.rules.privileges import CERTIFICATES, KIND_OF, understood
from app.rules.refusals import Refusal
from app.rules.roles import Role
from tests.agreement import disagreeing
from tests.factories import DEPARTMENT, START, application, at, district, family, head, kindergarten, norm, role

APP = Path(__file__).resolve().parents[2] / "app"
TODAY = date(2026, 4, 1)


def paper(day: date = TODAY, title: str = "Анықтама") -> Paper:
    return Paper(title, day, "12-345", "Қорғаныс істері жөніндегі бөлім")


def history(of: Application) -> list[tuple]:
    found = db.select(Change).where(Change.application_id == of.id, Change.subject == "privilege").order_by(Change.id)
    return [(c.verb, c.status_to, c.reason, c.norm.name if c.norm else None) for c in db.session.scalars(found)]


def test_every_ground_gives_one_kind_and_two_of_them_need_a_certificate():
    assert set(KIND_OF) == set(PrivilegeGround)
    assert {ground for ground, kind in KIND_OF.items() if kind is PrivilegeKind.out_of_turn} == {
        PrivilegeGround.military,
        PrivilegeGround.special_state_body,
    }
    assert {PrivilegeGround.military, PrivilegeGround.teacher} == CERTIFICATES
    assert understood(PrivilegeKind.first_order) == (PrivilegeKind.first_order, None)


def test_a_claim_keeps_its_papers_and_moves_nobody(app):
    child = application(district())
    before = numbers.of(child, TODAY)
    papers = [paper(), paper(date(2025, 9, 1), "Қызмет орнынан анықтама")]
    privileges.claim(child, PrivilegeGround.military, papers=papers, by=family(child), at=START)
    kept = db.session.scalars(db.select(PrivilegePaper).order_by(PrivilegePaper.id)).all()
    assert [(p.title, p.issued_on, p.number) for p in kept] == [
        ("Анықтама", TODAY, "12-345"),
        ("Қызмет орнынан анықтама", date(2025, 9, 1), "12-345"),
    ]
    assert numbers.of(child, TODAY) == before
    assert (child.privilege, child.privilege_until) == (None, None)


def test_the_last_paper_issued_is_the_certificate_and_its_norm_is_on_the_record(app):
    place = district()
    two_months = norm("privilege.certificate", "2", Unit.MONTHS, place, since=date(2026, 4, 2))
    child, moment = application(place), at("2026-04-06T10:00")
    papers = [paper(date(2026, 4, 1)), paper(date(2026, 4, 2)), paper(date(2026, 1, 5))]
    privileges.claim(child, PrivilegeGround.teacher, papers=papers, by=family(child), at=moment)
    privileges.confirm(child, by=DEPARTMENT, at=moment)
    (privilege,) = child.privileges
    assert (privilege.valid_until, privilege.norm_id) == (date(2026, 6, 2), two_months.id)
    assert (child.privilege, child.privilege_until) == (PrivilegeKind.first_order, date(2026, 6, 2))
    assert history(child)[-1] == ("confirm", "confirmed", None, "privilege.certificate")


def test_a_ground_without_a_paper_is_not_confirmed_and_a_kind_alone_is(app):
    child, other = application(district()), application(district("Степногорск қаласы"))
    privileges.claim(child, PrivilegeGround.large_family, by=family(child), at=START)
    with pytest.raises(Refusal, match="no_paper"):
        privileges.confirm(child, by=DEPARTMENT, at=START)
    privileges.claim(other, PrivilegeKind.first_order, by=family(other), at=START)
    privileges.confirm(other, by=DEPARTMENT, at=START)
    assert (child.privilege, other.privilege) == (None, PrivilegeKind.first_order)


def test_a_paper_of_tomorrow_is_none_and_one_of_today_is(app):
    child = application(district())
    with pytest.raises(Refusal, match="paper_to_come"):
        privileges.claim(
            child, PrivilegeGround.orphan, papers=[paper(TODAY + timedelta(1))], by=family(child), at=START
        )
    privileges.claim(child, PrivilegeGround.orphan, papers=[paper()], by=family(child), at=START)
    assert [p.status for p in child.privileges] == [PrivilegeStatus.claimed]


def test_the_counter_claims_for_the_family_and_the_office_decides_for_itself(app):
    place = district()
    child = application(place)
    operator = role(Role.operator, place_ids=frozenset({place.id}), paper_on=TODAY)
    privileges.claim(child, PrivilegeGround.orphan, papers=[paper()], by=operator, at=START)
    specialist = role(Role.specialist, place_ids=frozenset({place.id}), paper_on=TODAY)
    privileges.confirm(child, by=specialist, at=START)
    found = db.select(Change.verb, Change.for_family, Change.paper_on).where(Change.subject == "privilege")
    assert db.session.execute(found.order_by(Change.id)).all() == [("claim", True, TODAY), ("confirm", False, None)]


def test_nobody_else_claims_or_decides(app):
    place, there = district(), district("Степногорск қаласы")
    child = application(place)
    elsewhere = frozenset({there.id})
    for by in (
        role(Role.auditor),
        role(Role.administrator),
        head(kindergarten(place)),
        role(Role.family, application_id=child.id + 1),
        role(Role.specialist, place_ids=elsewhere),
    ):
        with pytest.raises(Refusal, match="not_allowed"):
            privileges.claim(child, PrivilegeGround.orphan, by=by, at=START)
        with pytest.raises(Refusal, match="not_allowed"):
            privileges.confirm(child, by=by, at=START)
        with pytest.raises(Refusal, match="not_allowed"):
            privileges.reject(child, by=by, at=START, reason="x")
        assert not [verb for verb in possible.verbs(child, by=by, at=START) if "privilege" in verb]


def test_a_change_ends_the_one_before_it_in_the_same_moment(app):
    child = application(district(), privilege=PrivilegeKind.first_order)
    privileges.claim(child, PrivilegeGround.military, papers=[paper()], by=family(child), at=START)
    privileges.confirm(child, by=DEPARTMENT, at=START)
    assert [p.status for p in child.privileges] == [PrivilegeStatus.expired, PrivilegeStatus.confirmed]
    assert history(child)[-2:] == [
        ("expire", "expired", "another_privilege", None),
        ("confirm", "confirmed", None, "privilege.certificate"),
    ]
    assert (child.privilege, child.privilege_until) == (PrivilegeKind.out_of_turn, date(2026, 5, 1))


def test_a_certificate_ends_on_its_own_day_however_late_the_clock_and_a_past_number_stays(app):
    place = district()
    other = application(place, queued_at=at("2026-03-30T10:00"))
    child = application(place, queued_at=at("2026-04-01T10:00"))
    privileges.claim(child, PrivilegeGround.military, papers=[paper()], by=family(child), at=at("2026-04-01T10:05"))
    privileges.confirm(child, by=DEPARTMENT, at=at("2026-04-01T10:10"))
    assert (numbers.of(child, date(2026, 5, 1)).value, numbers.of(child, date(2026, 5, 1)).privileged) == (1, 1)
    before_the_clock = numbers.of(child, date(2026, 5, 2))
    assert (before_the_clock.value, before_the_clock.privileged) == (2, 0)
    assert clock.run(at=at("2026-05-20T10:00"), place_id=place.id) == 1
    assert clock.run(at=at("2026-05-20T10:00"), place_id=place.id) == 0
    assert (child.privilege, child.privilege_until, child.queued_at) == (None, None, at("2026-04-01T10:00"))
    expired = db.session.scalars(db.select(Change).where(Change.verb == "expire")).one()
    assert (expired.effective_on, expired.at, expired.reason) == (
        date(2026, 5, 2),
        at("2026-05-20T10:00"),
        "certificate",
    )
    assert numbers.of(child, date(2026, 5, 20)) == before_the_clock
    assert numbers.of(other, date(2026, 5, 20)).value == 1


def test_what_an_older_list_had_as_decided_counts_at_once(app):
    child = application(district())
    privileges.grant(child, PrivilegeKind.first_order, by=DEPARTMENT, at=START)
    assert (child.privilege, disagreeing()) == (PrivilegeKind.first_order, [])
    privileges.set_aside(child.privileges[0], by=DEPARTMENT, at=START, reason="тізім")
    assert (child.privilege, disagreeing()) == (None, [])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim", "confirm", "confirm", "reject", "clock"]),
        st.sampled_from([*PrivilegeGround, *PrivilegeKind]),
        st.integers(0, 20),  # days since the step before it
        st.integers(-2, 45),  # how old the paper is
    ),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_application_says_what_its_privileges_say(app, steps):
    place = district(f"Аудан {len(db.session.scalars(db.select(Application.id)).all())}")
    child, moment = application(place), START
    for verb, claimed, days, age in steps:
        moment += timedelta(days)
        try:
            with db.session.begin_nested():
                if verb == "claim":
                    papers = [paper(moment.date() - timedelta(age))]
                    privileges.claim(child, claimed, papers=papers, by=family(child), at=moment)
                elif verb == "clock":
                    clock.run(at=moment, place_id=place.id)
                else:
                    possible.act(Application, f"{verb}_privilege").do(child, by=DEPARTMENT, at=moment)
        except Refusal:
            pass
        assert disagreeing() == []
    db.session.rollback()


def test_one_function_writes_what_the_order_reads():
    """Spec 3.7: no other file sets Application.privilege or privilege_until, in any of the ways there are."""
    names = {"privilege", "privilege_until"}
    writers = set()
    for file in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Attribute(attr=name, ctx=ast.Store()) if name in names:
                    writers.add(file.name)
                case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=name), *_]) if name in names:
                    writers.add(file.name)
                case ast.Call(func=ast.Attribute(attr="values") | ast.Name(id="Application"), keywords=given_):
                    writers |= {file.name for keyword in given_ if keyword.arg in names}
    assert writers == {"counting.py"}
