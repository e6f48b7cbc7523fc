"""Spec 3.2: one enters, another approves; what waits may be changed or removed, what is approved never."""

from datetime import date

import pytest

from app.access.actors import Actor
from app.actions import norms, records
from app.actions.records import Invalid
from app.db.extensions import db
from app.models import Change, ContractText, DayOff, Norm, OnLapse, QueueCategory, QueueOrder, QueueOrderKind, Unit
from app.rules import contract
from app.rules.orders import CategoryFacts
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from tests.factories import START, at, district
from tests.views.city import official

ONE, OTHER = (
    CategoryFacts(None, 36, None, "үш жастан", "с трёх лет"),
    CategoryFacts(None, 24, 35, "екі жаста", "двухлетние"),
)


@pytest.fixture
def people(app) -> tuple[Actor, Actor]:
    """Two of the department, with accounts."""
    users = official("author", Role.department, district()), official("other", Role.department, district("Екінші"))
    return Actor(Role.department, user_id=users[0].id), Actor(Role.department, user_id=users[1].id)


SECTIONS = [f"{name}_{language}" for name in contract.SECTIONS for language in contract.LANGUAGES]


def rows() -> list[object]:
    place = district("Жаңа аудан")
    order = QueueOrder(place=place, kind=QueueOrderKind.categories, valid_from=date(2026, 6, 1), legal_basis="1")
    order.categories = [QueueCategory(rank=1, **ONE._asdict())]
    since = date(2026, 6, 1)
    lapse = OnLapse.stop_list
    return [
        Norm(
            name="voucher.confirm",
            place=place,
            valid_from=since,
            value="3",
            unit=Unit.WD,
            on_lapse=lapse,
            legal_basis="1",
        ),
        order,
        DayOff(day=date(2026, 8, 29), working=True, name="Жұмыс сенбісі", decree="№ 1"),
        ContractText(place=place, valid_from=since, legal_basis="1", **dict.fromkeys(SECTIONS, "Мәтін")),
    ]


def test_the_author_never_approves_and_another_one_does(people):
    author, other = people
    for row in rows():
        records.create(row, by=author, at=START)
        assert (row.entered_by_id, row.approved_at) == (author.user_id, None)
        with pytest.raises(Refusal) as refused:
            norms.approve(row, by=author, at=START)
        assert (refused.value.reason, refused.value.facts["author"]) == (Reason.not_allowed, True)
        norms.approve(row, by=other, at=at("2026-04-02T10:00"))
        assert (row.approved_by_id, row.approved_at) == (other.user_id, at("2026-04-02T10:00"))


def test_everybody_who_changed_a_draft_is_an_author_and_never_approves(people):
    """Also somebody whose change another one typed over: the history keeps all of them."""
    author, other = people
    third = Actor(Role.department, user_id=official("third", Role.department, district("Үшінші")).id)
    fourth = Actor(Role.department, user_id=official("fourth", Role.department, district("Төртінші")).id)
    fields = {Norm: "legal_basis", QueueOrder: "legal_basis", DayOff: "name", ContractText: "legal_basis"}
    for row in rows():
        records.create(row, by=author, at=START)
        records.change(row, {fields[type(row)]: "2"}, by=other, at=START)
        records.change(row, {fields[type(row)]: "3"}, by=third, at=START)
        assert (row.entered_by_id, row.changed_by_id) == (author.user_id, third.user_id)
        for by in (author, other, third):
            with pytest.raises(Refusal, match="not_allowed"):
                norms.approve(row, by=by, at=START)
        norms.approve(row, by=fourth, at=START)


def test_whoever_changed_the_categories_of_an_order_is_its_author_too(people):
    author, other = people
    order = rows()[1]
    records.create(order, by=author, at=START)
    records.change(order, {"categories": [OTHER, ONE]}, by=other, at=START)
    with pytest.raises(Refusal, match="not_allowed"):
        norms.approve(order, by=other, at=START)


def test_a_second_norm_or_order_of_one_place_and_day_is_a_named_refusal(people):
    """Spec 3.12, whether the first one is a draft or approved, and by a change of a draft as well."""
    author, other = people
    first, order, _, text = rows()
    for row in (first, order, text):
        records.create(row, by=author, at=START)
    norms.approve(first, by=other, at=START)
    for row, again in ((first, Norm), (order, QueueOrder), (text, ContractText)):
        names = [c.key for c in again.__table__.columns if c.key not in ("id", "approved_at", "approved_by_id")]
        copy = again(**{name: getattr(row, name) for name in names})
        if again is QueueOrder:
            copy.categories = [QueueCategory(rank=1, **ONE._asdict())]
        with pytest.raises(Refusal) as refused:
            records.create(copy, by=other, at=START)
        assert (refused.value.reason, refused.value.facts["part"]) == (Reason.already_used, "valid_from")
        copy.valid_from = date(2026, 7, 1)
        records.create(copy, by=other, at=START)
        with pytest.raises(Refusal, match="already_used"), db.session.begin_nested():
            records.change(copy, {"valid_from": date(2026, 6, 1)}, by=other, at=START)


def test_what_is_approved_is_neither_changed_nor_removed(people):
    author, other = people
    fields = {Norm: "legal_basis", QueueOrder: "legal_basis", DayOff: "name", ContractText: "legal_basis"}
    for row in rows():
        records.create(row, by=author, at=START)
        records.change(row, {fields[type(row)]: "2"}, by=author, at=START)
        norms.approve(row, by=other, at=START)
        for value in ("3", "2"):
            with pytest.raises(Refusal) as refused:
                records.change(row, {fields[type(row)]: value}, by=author, at=START)
            assert (refused.value.reason, refused.value.facts["approved"]) == (Reason.wrong_status, True)
        with pytest.raises(Refusal, match="wrong_status"):
            records.remove(row, by=author, at=START)


def test_a_draft_and_its_categories_can_be_changed_and_removed(people):
    author, _ = people
    order = rows()[1]
    records.create(order, by=author, at=START)
    records.change(order, {"categories": [ONE]}, by=author, at=START)
    for steps in ([OTHER, ONE], [ONE, OTHER], [OTHER]):
        records.change(order, {"categories": steps}, by=author, at=START)
        db.session.expire_all()
        assert [(c.rank, c.name_kk) for c in order.categories] == [(n, s.name_kk) for n, s in enumerate(steps, 1)]
    told = db.session.scalars(db.select(Change).where(Change.subject == "queue_order").order_by(Change.id)).all()
    assert [change.verb for change in told] == ["create", "change", "change", "change"]  # nothing differed once
    assert told[1].details == {"categories": [[list(ONE)], [list(OTHER), list(ONE)]]}
    records.remove(order, by=author, at=START)
    assert db.session.scalars(db.select(QueueCategory).where(QueueCategory.name_kk == OTHER.name_kk)).all() == []


@pytest.mark.parametrize(
    ("ordered", "steps", "problem"),
    [
        (QueueOrderKind.categories, [], "no_categories"),
        (QueueOrderKind.ratio, [ONE], "categories_by_ratio"),
        (QueueOrderKind.categories, [ONE, ONE], "categories_overlap"),
    ],
)
def test_an_order_that_cannot_be_is_named(people, ordered, steps, problem):
    author, _ = people
    order = rows()[1]
    order.kind, order.categories = ordered, [QueueCategory(rank=n, **s._asdict()) for n, s in enumerate(steps, 1)]
    with pytest.raises(Invalid) as invalid:
        records.create(order, by=author, at=START)
    assert (invalid.value.field, invalid.value.problem) == ("categories", problem)


def test_a_day_that_people_enter_has_its_decree(people):
    author, _ = people
    with pytest.raises(Invalid, match="decree"):
        records.create(DayOff(day=date(2026, 8, 29), working=True, name="x"), by=author, at=START)


def test_what_follows_a_term_that_nothing_follows_is_refused(people):
    author, _ = people
    row = rows()[0]
    row.name, row.unit, row.value = "referral.extensions", Unit.COUNT, "1"
    with pytest.raises(Invalid) as invalid:
        records.create(row, by=author, at=START)
    assert (invalid.value.problem, invalid.value.facts) == ("norm_on_lapse", {"norm": "referral.extensions"})
