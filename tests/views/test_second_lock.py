"""Spec 7, second lock (ADR 42): on PostgreSQL, policies alone show what scopes show, and take nothing of elsewhere.

Requests on PostgreSQL work as a role that owns no table (tests/restricted.py). Here the first lock is taken away: plain
tables are asked, which it does not cut, or it is removed. The other way round is every test on SQLite, and the owner.
"""

from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.access import policies, row_scope
from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.access.scope import tables
from app.actions.accounts import actor_of
from app.db.database import begins_with, having_words, named, transaction
from app.db.extensions import db
from app.db.grants import FOR_GOOD
from app.db.viewer import unscoped
from app.models import Application, Child, Place, User
from app.rules.roles import Role
from tests.restricted import WORKER
from tests.views import test_whose_pages
from tests.views.city import CANARIES
from tests.views.test_personal_data import canaries  # noqa: F401
from tests.views.test_scope import FOR_ALL, FOREIGN, NOT_SHOWN
from tests.views.test_whose_pages import families, on_phones  # noqa: F401
from tests.views.walking import SAID, crawl


@pytest.fixture
def kind():
    """SQLite has one lock."""
    return "postgresql"


@pytest.fixture
def policies_alone():
    """The first lock is taken away."""
    sa.event.remove(Session, "do_orm_execute", row_scope._cut_to_scope)
    yield
    sa.event.listen(Session, "do_orm_execute", row_scope._cut_to_scope)


@contextmanager
def asked_by(city, actor=None):
    """A request of this actor; of nobody whom anything has declared, without one."""
    with city.web.test_request_context("/login/"), looking_as(actor):
        assert db.session.scalar(sa.text("SELECT current_user")) == WORKER
        yield


def keys(model):
    return sa.select(*model.__table__.primary_key)


def scoped(model):
    return sa.select(*(getattr(model, one.key) for one in model.__table__.primary_key))


def everybody(city):
    """Each role with its account, with no reach at all, and families."""
    with city.web.app_context():
        accounts = [db.session.get_one(User, getattr(city.own, f"{role}_account")) for role in FOREIGN]
        found = [actor_of(one) for one in accounts]
    found += [Actor(role, user_id=0, place_ids=frozenset()) for role in FOREIGN]
    return found + [Actor(Role.family, application_id=one) for one in (None, city.own.application, city.own.waiting)]


def test_policies_show_of_each_table_what_its_scope_shows(city):
    """Row by row, of all tables, for everybody: plain selects of the role that works beside the owner's by the ORM."""
    differ, shown = [], 0
    for actor in everybody(city):
        with city.web.app_context(), looking_as(actor):
            expected = {model: set(db.session.execute(scoped(model))) for model in tables()}
        with asked_by(city, actor):
            for model in set(tables()) - policies.EXEMPT.keys():
                seen = set(db.session.execute(keys(model)))
                shown += len(seen)
                if seen != expected[model]:
                    differ.append((actor.role, model.__tablename__, len(seen), len(expected[model])))
    assert differ == [] and shown > 1000


@pytest.mark.usefixtures("policies_alone")
@pytest.mark.parametrize("role", [Role.specialist, Role.head])
def test_without_the_scopes_no_page_holds_a_byte_of_what_lies_elsewhere(city, role):
    pages = crawl(city, role, SAID[role])
    found = {CANARIES[where] for where in FOREIGN[role]}
    assert {(c, address) for address, text in pages.items() for c in found if c in text.casefold()} == set()
    assert len(pages) > 10


@pytest.mark.usefixtures("policies_alone")
def test_without_the_scopes_a_family_gets_no_byte_of_another_one(canaries, families):  # noqa: F811
    test_whose_pages.test_a_family_gets_no_byte_of_another_one_and_a_foreign_number_is_not_found(
        canaries, families, "joined"
    )


def test_what_nobody_has_declared_sees_nothing(city):
    with asked_by(city):
        seen = {model for model in tables() if db.session.execute(keys(model).limit(1)).first()}
    assert seen <= policies.EXEMPT.keys() | set(policies.DOOR)


def test_whoever_decides_reads_everything(city):
    with city.web.app_context():
        there = {model: set(db.session.execute(keys(model))) for model in tables()}
    with asked_by(city, Actor(Role.specialist, user_id=0, place_ids=frozenset())), unscoped():
        assert {model: set(db.session.execute(keys(model))) for model in tables()} == there


def test_what_a_transaction_was_told_ends_with_it(city):
    """Of a connection that another request takes next; and of a savepoint that is taken back."""
    specialist, server = next(one for one in everybody(city) if one.role is Role.specialist), set()
    pid = sa.select(sa.func.pg_backend_pid())
    with asked_by(city, specialist):
        own = set(db.session.execute(keys(Application)))
        server.add(db.session.scalar(pid))
        with unscoped():
            everything = set(db.session.execute(keys(Application)))
        with db.session.begin_nested() as savepoint, unscoped():
            assert set(db.session.execute(keys(Application))) == everything > own
            with looking_as(specialist):
                assert set(db.session.execute(keys(Application))) == own
            savepoint.rollback()
        assert set(db.session.execute(keys(Application))) == own
        db.session.commit()  # what goes back takes with it what was said inside, however it was said
    with asked_by(city):
        server.add(db.session.scalar(pid))
        assert set(db.session.execute(keys(Application))) == set()
    assert len(server) == 1


def test_a_search_asks_its_index_under_policies_too(city):
    """A condition that might tell what it looked at is asked after the policy: LIKE, and the words of a text."""
    specialist = next(one for one in everybody(city) if one.role is Role.specialist)
    row = Application.__table__.c
    with asked_by(city, specialist):
        db.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        for condition, plan in (
            (begins_with(row.number_key, "одо"), "Index Cond: (((number_key)::text ~>=~ 'одо'::text)"),
            (row.id.in_(having_words(row.phone_key, ["7701"])), "Function Scan on found_in_application"),
            (row.child_id.in_(named(Child, ["ахмет"])), "Function Scan on found_in_child"),
        ):
            asked = sa.select(row.id).where(condition).compile(db.engine, compile_kwargs={"literal_binds": True})
            explain = db.session.connection().execution_options(no_parameters=True).exec_driver_sql(f"EXPLAIN {asked}")
            assert plan in "\n".join(explain.scalars())


def refused(statement):
    """Does the server refuse it for where its rows lie?"""
    try:
        with db.session.begin_nested():
            db.session.execute(statement)
    except ProgrammingError as error:
        return "row-level security" in str(error.orig)
    except IntegrityError:
        return False
    return False


WRITTEN = sorted(set(tables()) - policies.EXEMPT.keys() - FOR_ALL - NOT_SHOWN, key=lambda model: model.__tablename__)


@pytest.mark.parametrize("role", [Role.department, Role.specialist, Role.head])
def test_a_decision_writes_nothing_elsewhere(city, role):
    """No row of another district or region is changed, removed, added, or made of an own one, by whatever statement."""
    with city.web.app_context():
        actor = actor_of(db.session.get_one(User, getattr(city.own, f"{role}_account")))
    wrong, tried, moved = [], 0, 0
    for where in set(FOREIGN[role]) - {"neighbour"}:
        with asked_by(city, actor), pytest.raises(Undone), transaction():
            for model in WRITTEN:
                table = model.__table__
                there, columns = city.made[where].of(table.name), [one for one in table.c if one.name != "id"]
                foreign = db.session.scalars(sa.select(table.c.id).where(there).limit(1)).first()
                if foreign is None:
                    continue
                tried += 1
                copy = sa.select(*columns).where(table.c.id == foreign)
                if not refused(sa.insert(table).from_select(columns, copy)):
                    wrong.append(("added", table.name))
                if model in FOR_GOOD:
                    continue
                for statement in (sa.update(table).values(id=table.c.id), sa.delete(table)):
                    if db.session.execute(statement.where(there)).rowcount and model is not Place:
                        wrong.append((str(statement), table.name))
                touched = sa.update(table).values(id=table.c.id).returning(table.c.id)
                if (own := db.session.scalars(touched).first()) and model is not Place:
                    values = dict(zip((one.name for one in columns), db.session.execute(copy).one(), strict=True))
                    if not refused(sa.update(table).where(table.c.id == own).values(values)):
                        wrong.append(("moved", table.name))
                    moved += 1
            raise Undone
    assert wrong == [] and tried > 20 and moved > 5


class Undone(Exception):
    """Nothing is kept."""
