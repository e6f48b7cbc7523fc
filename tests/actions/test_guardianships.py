"""Guardianships (issue 13, 1; spec 3.10): who sees a child's applications besides the applicant, and until when."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor, Visitor
from app.actions import applications, corrections, deliveries, families, guardianships, privileges, records
from app.actions.people import Person
from app.db.extensions import db
from app.models import (
    Application,
    Audience,
    Change,
    Channel,
    Delivery,
    Guardianship,
    GuardianshipBasis,
    Notice,
    PrivilegeGround,
    QueueKind,
    Sex,
    SignedInBy,
    User,
)
from app.rules import iin
from app.rules.refusals import Refusal
from app.rules.roles import Role
from tests import factories
from tests.factories import DEPARTMENT, at

DAY, PHONE = date(2026, 4, 13), "+77015550011"
MOTHER = Person(iin.make(date(1992, 3, 8), Sex.female, 77), last_name="Серікова", first_name="Айгүл")
NOW = at("2026-04-13T10:00")


@pytest.fixture
def place(app):
    return factories.district()


@pytest.fixture
def child(place):
    row = factories.application(place)
    applications.change(row, by=DEPARTMENT, at=at("2026-04-02T10:00"), phone="+77020000001", email="a@b.kz")
    return row


@pytest.fixture
def two(app):
    """Two officials: their ids."""
    users = [User(username=name, first_name="О", last_name=name, email=f"{name}@b.kz") for name in ("а", "ә")]
    db.session.add_all(users)
    db.session.flush()
    return [one.id for one in users]


def asked(child: Application, who: Person = MOTHER, **more) -> Guardianship:
    facts = {"basis": GuardianshipBasis.parent, "phone": PHONE, "by": factories.family(child), "at": NOW}
    return guardianships.join(child, who, **{**facts, **more})


def approved(child: Application, who: Person = MOTHER, **more) -> Guardianship:
    row = asked(child, who, **more)
    guardianships.approve(row, by=DEPARTMENT, at=NOW)
    return row


def sees(person: str, day: date = DAY) -> list[int]:
    return [one.id for one in families.applications_of(person, day)]


def told(child: Application) -> list[tuple[Audience, str]]:
    notices = sa.select(Notice).where(Notice.application_id == child.id, Notice.template != "register")
    return [(one.audience, one.template) for one in db.session.scalars(notices.order_by(Notice.id))]


def test_whoever_asks_sees_nothing_until_an_official_has_approved(child):
    row = asked(child)
    assert sees(MOTHER.iin) == [] and not families.is_on_record(MOTHER.iin, PHONE, DAY)
    guardianships.approve(row, by=DEPARTMENT, at=NOW)
    assert sees(MOTHER.iin) == sees(child.applicant.iin) == [child.id]
    assert families.is_on_record(MOTHER.iin, PHONE, DAY)
    assert sees(MOTHER.iin, date(2026, 4, 12)) == []


def test_all_applications_of_the_child_are_seen_where_it_was_approved_and_no_others(child, place):
    approved(child)
    elsewhere = factories.application(factories.district("Бурабай ауданы"))
    brother = factories.application(place)
    assert sees(MOTHER.iin) == [child.id] and {elsewhere.id, brother.id}.isdisjoint(sees(MOTHER.iin))


def test_on_the_day_after_the_last_one_nothing_is_seen_and_nobody_comes_in(child):
    row = approved(child)
    records.change(row, {"until": date(2026, 4, 20)}, by=DEPARTMENT, at=NOW)
    for day, holds in ((date(2026, 4, 20), True), (date(2026, 4, 21), False)):
        assert (sees(MOTHER.iin, day) == [child.id]) is holds
        assert families.is_on_record(MOTHER.iin, PHONE, day) is holds
    records.change(row, {"until": date(2026, 4, 12)}, by=DEPARTMENT, at=NOW)
    assert sees(MOTHER.iin) == []  # at once, on the day on which it was approved


def test_nobody_comes_in_by_the_other_parents_phone(child):
    approved(child)
    of_father = child.phone
    assert families.is_on_record(child.applicant.iin, of_father, DAY)
    assert not families.is_on_record(MOTHER.iin, of_father, DAY)
    assert not families.is_on_record(child.applicant.iin, PHONE, DAY)


def test_both_parents_are_told_each_by_the_own_phone(child):
    guardianships.reject(asked(child), by=DEPARTMENT, at=NOW, reason="құжат жоқ")
    approved(child)
    family, guardian = Audience.family, Audience.guardian
    asks, no, yes = "join", "reject_guardianship", "approve_guardianship"
    assert told(child) == [(family, asks), (family, no), (guardian, no), (family, asks), (family, yes), (guardian, yes)]
    deliveries.plan({Channel.sms}, at=NOW, shown=True)
    sent = sa.select(Notice.audience, Delivery.address).join(Delivery).where(Notice.template == yes)
    assert dict(db.session.execute(sent).all()) == {family: child.phone, guardian: PHONE}


def test_who_asked_at_the_counter_does_not_approve_and_brings_a_signed_paper(child, two):
    asker, another = two
    by = replace(DEPARTMENT, user_id=asker, paper_on=DAY)
    with pytest.raises(Refusal, match="reason_required"):
        asked(child, by=replace(by, paper_on=None))
    row = asked(child, by=by)
    with pytest.raises(Refusal, match="not_allowed"):
        guardianships.approve(row, by=by, at=NOW)
    guardianships.approve(row, by=replace(DEPARTMENT, user_id=another), at=NOW)
    change = db.session.scalars(sa.select(Change).where(Change.verb == "join")).one()
    assert (change.for_family, change.paper_on, row.asked_by_id, row.decided_by_id) == (True, DAY, asker, another)


def test_no_operator_no_head_and_no_other_district_decides(child):
    row = asked(child)
    place = frozenset({child.place_id})
    abroad = factories.role(Role.specialist, place_ids=frozenset({child.place_id + 999}))
    for by in (factories.role(Role.operator, place_ids=place), factories.family(child), abroad):
        for decide in (guardianships.approve, guardianships.reject):
            reason = {} if decide is guardianships.approve else {"reason": "себеп"}
            with pytest.raises(Refusal, match="not_allowed"):
                decide(row, by=by, at=NOW, **reason)


def test_it_is_decided_once_and_a_rejection_has_its_reason(child):
    row = asked(child)
    with pytest.raises(Refusal, match="reason_required"):
        guardianships.reject(row, by=DEPARTMENT, at=NOW, reason=" ")
    guardianships.approve(row, by=DEPARTMENT, at=NOW)
    for decide in (guardianships.approve, guardianships.reject):
        reason = {} if decide is guardianships.approve else {"reason": "себеп"}
        with pytest.raises(Refusal, match="wrong_status"):
            decide(row, by=DEPARTMENT, at=NOW, **reason)


def test_nobody_joins_twice_nor_the_own_application_nor_as_the_child(child):
    applicant = Person(child.applicant.iin, first_name="Ә")
    for who, why in ((applicant, "already_used"), (Person(child.child.iin), "bad_iin"), (Person("1"), "bad_iin")):
        with pytest.raises(Refusal, match=why):
            asked(child, who)
    row = asked(child)
    with pytest.raises(Refusal, match="asked_to_join"):
        asked(child)
    guardianships.approve(row, by=DEPARTMENT, at=NOW)
    with pytest.raises(Refusal, match="joined"):
        asked(child)
    records.change(row, {"until": date(2026, 4, 12)}, by=DEPARTMENT, at=NOW)
    assert asked(child).id != row.id  # whose guardianship is over asks anew, and an official decides anew


def test_the_database_itself_refuses_two_who_wait_and_who_approves_the_own_asking(child, two):
    row = asked(child, by=replace(DEPARTMENT, user_id=two[0], paper_on=DAY))
    twin = {one.key: getattr(row, one.key) for one in sa.inspect(Guardianship).column_attrs if one.key != "id"}
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.add(Guardianship(**twin))
        db.session.flush()
    with pytest.raises(IntegrityError), db.session.begin_nested():
        row.status, row.from_on, row.decided_at, row.decided_by_id = "approved", DAY, NOW, row.asked_by_id
        db.session.flush()


# ---------------------------------------------------------------- corrections


def test_an_applicant_who_may_not_see_it_any_more_is_corrected_to_the_other_one_with_the_phone(child):
    approved(child)
    father, phone = child.applicant.iin, child.phone
    names = {"last_name": MOTHER.last_name, "first_name": MOTHER.first_name}
    corrections.correct(child, who="applicant", by=DEPARTMENT, at=NOW, reason="сот шешімі", iin=MOTHER.iin, **names)
    assert (sees(father), sees(MOTHER.iin)) == ([], [child.id])
    assert not families.is_on_record(father, phone, DAY)
    assert not families.is_on_record(MOTHER.iin, phone, DAY)  # the codes of hers go to no phone of his
    assert child.phone == PHONE and child.email is None


def test_a_wrong_digit_of_an_applicants_iin_keeps_the_phone(child):
    phone, right = child.phone, iin.make(date(1990, 5, 5), Sex.male, 4321)
    corrections.correct(child, who="applicant", by=DEPARTMENT, at=NOW, reason="қате", iin=right)
    assert child.phone == phone and sees(right) == [child.id]


def test_who_has_joined_stays_so_when_the_childs_iin_is_corrected(child, place):
    approved(child)
    other = iin.make(child.child.born_on, child.child.sex, 4321)
    corrections.correct(child, who="child", by=DEPARTMENT, at=NOW, reason="қате", iin=other)
    assert sees(MOTHER.iin) == [child.id]


def test_who_has_acted_in_the_cabinet_stays_on_record_when_another_one_becomes_the_applicant(child):
    father = child.applicant
    by = Actor(Role.family, application_id=child.id, visitor=Visitor(father.iin, SignedInBy.key))
    privileges.claim(child, PrivilegeGround.teacher, papers=[privileges.Paper("анықтама", DAY)], by=by, at=NOW)
    names = {"last_name": MOTHER.last_name, "first_name": MOTHER.first_name}
    corrections.correct(child, who="applicant", by=DEPARTMENT, at=NOW, reason="сот шешімі", iin=MOTHER.iin, **names)
    claimed = db.session.scalars(sa.select(Change).where(Change.verb == "claim")).one()
    assert claimed.applicant_id == father.id and sees(father.iin) == []


def test_the_history_says_by_which_guardianship_somebody_acted(child):
    row = approved(child)
    by = Actor(Role.family, application_id=child.id, visitor=Visitor(MOTHER.iin, SignedInBy.code))
    privileges.claim(child, PrivilegeGround.teacher, papers=[privileges.Paper("анықтама", DAY)], by=by, at=NOW)
    claimed = db.session.scalars(sa.select(Change).where(Change.verb == "claim")).one()
    assert (claimed.applicant_id, claimed.guardianship_id) == (None, row.id)


def test_every_applicant_of_the_child_is_told_who_asks_to_join_one_of_its_applications(child, place):
    stranger = Person(iin.make(date(1993, 3, 8), Sex.female, 78), last_name="Бөтен", first_name="Біреу")
    own = Person(child.child_iin, last_name=child.child.last_name, first_name=child.child.first_name)
    facts = {"place_id": place.id, "child": own, "applicant": stranger, "queue_kind": QueueKind.sanatorium}
    other = applications.register(**facts, by=DEPARTMENT, at=NOW)
    asked(other)
    assert [template for _, template in told(child)] == ["join"] == [template for _, template in told(other)]


def test_an_applicant_who_is_corrected_to_somebody_known_with_another_name_leaves_no_phone_behind(child, place):
    another = factories.application(place).applicant
    another.last_name, another.first_name = "Басқасы", "Зухра"
    corrections.correct(child, who="applicant", by=DEPARTMENT, at=NOW, reason="қате", iin=another.iin)
    assert (child.applicant, child.phone, child.email) == (another, None, None)
