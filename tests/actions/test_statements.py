"""Spec 9: how many statements a verb takes. Each is a way to the server and back, under the lock of its district."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.access.actors import Visitor
from app.actions import clock, contracts, enrolments, referrals, vouchers
from app.asked.acts import FamilyAct, tried
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Kindergarten, Place, Referral, SignedInBy, Vacancy
from app.rules.refusals import Reason, Refusal
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, vacancy


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of one transaction that knows nothing yet, its beginning left out."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    db.session.remove()
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        with transaction():
            yield said
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def town(app) -> tuple[int, int, int]:
    """A district with four free places of two kindergartens and three children: its number, a place, a child."""
    with transaction():
        place = district()
        chosen = vacancy(group(kindergarten(place)), places=2)
        vacancy(group(kindergarten(place, "Балапан")), places=2)
        children = [application(place) for _ in range(3)]
        return place.id, chosen.id, children[0].id


def test_the_clock_with_nothing_due_takes_few_statements(town):
    with counted() as said:
        assert clock.run(at=at("2026-04-08T00:10"), place_id=town[0]) == 0
    assert len(said) <= 7  # one of them: is a lot over?


def test_a_verb_asks_once_whether_anything_is_due_and_takes_few_statements(town):
    place_id, vacancy_id, child_id = town
    with transaction():
        vouchers.issue_round(place_id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    found = {}
    for verb, act in VERBS.items():
        with counted() as said:
            child = db.session.get_one(Application, child_id)
            act(child, vacancy_id)
        found[verb] = len(said)
    most = MOST[db.engine.dialect.name]
    assert {verb: count for verb, count in found.items() if count > most[verb]} == {}


def test_a_round_takes_as_many_statements_for_many_as_for_few(town):
    place_id, _vacancy_id, _child_id = town
    found = []
    for more, moment in ((0, "2026-04-08T10:00"), (12, "2026-04-08T11:00")):
        with transaction():
            place = db.session.get_one(Place, place_id)
            if more:
                vacancy(group(kindergarten(place, "Еркетай"), capacity=more), places=more)
            for _ in range(more):
                application(place)
        with counted() as said:
            held = vouchers.issue_round(place_id, by=DEPARTMENT, at=at(moment))
        found.append((held.served, len(said)))
    assert [served for served, _ in found] == [3, 12]
    assert max(count for _, count in found) <= 21


def head_of(vacancy_id):
    return head(db.session.get_one(Kindergarten, db.session.get_one(Vacancy, vacancy_id).group.kindergarten_id))


MOST = {  # SQLite takes the rows of one table one by one
    "postgresql": {"confirm": 13, "choose": 22, "sign": 14, "sign by the head": 22, "enrol": 23},
    "sqlite": {"confirm": 14, "choose": 29, "sign": 16, "sign by the head": 24, "enrol": 25},
}
VERBS = {
    "confirm": lambda child, _: vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00")),
    "choose": lambda child, vacancy_id: referrals.choose(
        child, db.session.get_one(Vacancy, vacancy_id), by=family(child), at=at("2026-04-08T12:00")
    ),
    "sign": lambda child, _: contracts.sign(child, by=family(child), at=at("2026-04-08T13:00")),
    "sign by the head": lambda child, where: contracts.sign(child, by=head_of(where), at=at("2026-04-08T14:00")),
    "enrol": lambda child, where: enrolments.enrol(child, by=head_of(where), at=at("2026-04-08T15:00")),
}


@pytest.mark.parametrize("kind", ["postgresql"])  # SQLite's statements are planned in the process
@pytest.mark.parametrize("undone", ["as a whole", "to a savepoint"])
def test_what_was_prepared_outlives_a_transaction_that_is_undone(town, undone):
    """A refused choice, of which a burst has many, must not have the next verb plan its statements anew; nor must one
    that is tried and taken back before it is signed.
    """
    asked = sa.select(sa.func.count()).select_from(Vacancy)
    with db.engine.connect() as connection:
        for _ in range(10):
            connection.execute(asked)
        before = connection.execute(sa.text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
        if undone == "to a savepoint":
            connection.begin_nested().rollback()
        else:
            connection.rollback()
        connection.execute(asked)
        prepared = connection.execute(sa.text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
    assert prepared >= before > 0


def test_a_choice_that_is_shown_takes_no_lock_and_writes_nothing_unless_something_is_due(town):
    """Twenty families that look at one place waited for one another before any of them had signed. What another one's
    place comes free by is done first, as the choice itself does it, and taken back.
    """
    place_id, vacancy_id, _ = town
    with transaction():
        vouchers.issue_round(place_id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    with transaction():
        wanted = db.session.get_one(Vacancy, vacancy_id)
        first, *others = db.session.scalars(sa.select(Application).order_by(Application.id)).all()
        for child, day in ((first, 9), (others[0], 9), (others[1], 10)):
            vouchers.confirm(child, by=family(child), at=at(f"2026-04-{day:02}T10:00"))
        for child in (first, others[0]):  # until the sixteenth
            referrals.choose(child, wanted, by=family(child), at=at("2026-04-09T11:00"))
        last = others[1].id
    for moment, accepted in (("2026-04-10T12:00", False), ("2026-04-17T12:00", True)):
        with counted() as said:
            child = db.session.get_one(Application, last)
            act = FamilyAct("choose", {}, {"vacancy": db.session.get_one(Vacancy, vacancy_id)})
            visitor = Visitor(child.applicant.iin, SignedInBy.key)
            try:
                tried(child, act, visitor, at(moment))
                found = True
            except Refusal as refusal:
                assert refusal.reason is Reason.no_free_place
                found = False
        db.session.rollback()
        writes = [one for one in said if one.startswith(("INSERT", "UPDATE")) or "FOR NO KEY UPDATE" in one]
        assert (found, bool(writes)) == (accepted, accepted)
        live = sa.select(sa.func.count(Referral.id)).where(Referral.status == "issued")
        assert db.session.scalar(live) == 2


def test_whoever_finds_no_free_place_is_told_before_the_whole_queue_is_asked(town):
    place_id, vacancy_id, _ = town
    with transaction():
        vouchers.issue_round(place_id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    with transaction():
        wanted = db.session.get_one(Vacancy, vacancy_id)
        children = db.session.scalars(sa.select(Application).order_by(Application.id)).all()
        for child in children:
            vouchers.confirm(child, by=family(child), at=at("2026-04-09T10:00"))
        for child in children[:2]:
            referrals.choose(child, wanted, by=family(child), at=at("2026-04-09T11:00"))
        last = children[2].id
    with pytest.raises(Refusal), counted() as said:
        child = db.session.get_one(Application, last)
        referrals.choose(child, db.session.get_one(Vacancy, vacancy_id), by=family(child), at=at("2026-04-09T12:00"))
    assert not any("extract" in one.lower() and "child.born_on" in one for one in said)
    assert len(said) <= 10
