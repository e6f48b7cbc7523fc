"""Spec 7: on PostgreSQL the role with which Kezek works neither changes nor removes what was done, and has policies."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from flask_migrate import current, downgrade, upgrade

from app import create_app
from app.access import policies
from app.access.scope import SCOPES
from app.actions import applications, chain
from app.db.database import as_kept, insert_all, transaction
from app.db.extensions import db
from app.db.grants import FOR_GOOD
from app.jobs import retention
from app.models import Applicant, Application, Change, LastRun, Sex, Unit
from app.now import now
from app.rules import iin
from app.rules.roles import Role
from app.scenarios.checking import read
from app.scenarios.player import play
from config import Config
from tests import factories, restricted
from tests.restricted import WORKER
from tests.scenarios import FILES

WORKS = ("reads", "adds", "changes", "removes")


@pytest.fixture
def kind():
    """SQLite has no roles."""
    return "postgresql"


@pytest.fixture
def worker(app, databases):
    """Kezek on the same database as the role that works, not as its owner."""
    with working(app, WORKER) as made:
        yield made


@contextmanager
def working(app, name, *how):
    restricted.role(name)
    restricted.granted(app, name, *how)
    url = db.engine.url.set(username=name).render_as_string(hide_password=False)
    made = create_app(replace(app.config["KEZEK"], database_url=url))
    db.session.commit()
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("model", FOR_GOOD, ids=lambda model: model.__tablename__)
def test_what_was_done_is_neither_changed_nor_removed(worker, model):
    name = model.__tablename__
    for statement in (f"UPDATE {name} SET id = id", f"DELETE FROM {name}", f"TRUNCATE {name}", f"DROP TABLE {name}"):
        with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"):
            db.session.execute(sa.text(statement))
        db.session.rollback()


@pytest.mark.parametrize(
    "name", ["another-parent-joins", "a-birth-date-is-corrected-under-a-voucher", "two-signatures"]
)
def test_it_does_all_that_kezek_does(worker, name):
    (file,) = (one for one in FILES if one.stem == name)
    assert play(read(file.read_text("utf-8"))).failed == []
    with transaction():
        assert chain.seal(at=now()) == db.session.scalar(sa.select(sa.func.count(Change.id)))


def test_the_owner_of_the_tables_is_not_the_role_that_works(app):
    owner = db.engine.url.username
    done = app.test_cli_runner().invoke(args=["grant", owner])
    assert (done.exit_code, "owns the tables" in done.output) == (1, True)
    assert "no such role" in app.test_cli_runner().invoke(args=["grant", "nobody_here"]).output


POLICIES = sa.text("SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2")


def policed(connection):
    """All that keeps rows apart: policies, and what they ask."""
    asked = sa.text(
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'kezek_reach'::regnamespace UNION ALL"
        " SELECT viewname, definition FROM pg_views WHERE schemaname = 'kezek_reach' ORDER BY 1"
    )
    return connection.execute(POLICIES).all(), connection.execute(asked).all()


def test_every_table_has_the_policies_of_its_scope_or_a_reason_for_none(worker, app):
    """Also one that a migration adds tomorrow. What the database has is what the scopes of today make."""
    tables = sa.text(
        "SELECT relname, relrowsecurity FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema()) ORDER BY 1"
    )
    with app.app_context(), db.engine.connect() as connection:
        there = policed(connection)
        made = {(table, policy.removeprefix("kezek_")) for table, policy, *_ in there[0]}
        for name, on in connection.execute(tables):
            exempt = {one.__tablename__ for one in policies.EXEMPT}
            reason = name in exempt or name.startswith(tuple(policies.NOT_OURS))
            assert on is not reason, name
            assert {policy for table, policy in made if table == name} >= set(() if reason else WORKS), name
        connection.exec_driver_sql("DROP SCHEMA kezek_reach CASCADE")
        policies.lay(connection, works=WORKER)
        assert policed(connection) == there
        connection.rollback()
    assert all(policies.EXEMPT.values()) and all(policies.NOT_OURS.values())


def test_a_scope_that_changes_changes_the_policies_with_the_next_grant(worker, app, monkeypatch):
    with app.app_context(), db.engine.connect() as connection:
        before, _asked = policed(connection)
        policies.lay(connection, works=WORKER)
        assert policed(connection)[0] == before
        monkeypatch.setitem(SCOPES, Application, dict.fromkeys(Role, SCOPES[Application][Role.clock]))
        policies.lay(connection)
        changed = {one.tablename for one in set(policed(connection)[0]) - set(before)}
        assert changed >= {"application"}
        connection.rollback()


def test_a_migration_leaves_the_lock_as_it_was(databases, tmp_path):
    """Also on the way back; in between, where code and tables are not of one day, the role that works sees nothing."""
    url = databases.url("postgresql", f"locked_{tmp_path.name}")
    config = Config(
        var=tmp_path, database_url=url, redis_url="unix:///nowhere", secret_key="for tests, and long enough"
    )
    with create_app(config).app_context():
        upgrade()
        restricted.role(WORKER)
        with db.engine.begin() as connection:
            policies.let_work(connection, WORKER)
            before = policed(connection)
        current()
        with db.engine.connect() as connection:
            assert policed(connection) == before
        downgrade(revision="-1")
        with db.engine.connect() as connection:
            assert not connection.execute(POLICIES).all()
        upgrade()
        with db.engine.connect() as connection:
            assert policed(connection) == before and before[0]
            allowed = "SELECT bool_and(has_table_privilege(:role, oid, 'SELECT')) FROM pg_class WHERE relkind = 'r'"
            ours = " AND relnamespace = to_regnamespace(current_schema())"
            assert connection.scalar(sa.text(allowed + ours), {"role": WORKER})
        db.session.remove()
        db.engine.dispose()


def test_a_role_for_reports_sees_all_places_and_no_secret_and_writes_nothing(app):
    with transaction():
        factories.application(factories.district())
    with working(app, "kezek_looks", "--reads"):
        assert db.session.scalar(sa.select(sa.func.count(Application.id))) == 1
        for statement in ("SELECT 1 FROM signed_in", "SELECT 1 FROM signature", "UPDATE application SET number = '1'"):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                db.session.execute(sa.text(statement))
            db.session.rollback()


def test_many_rows_are_put_in_under_policies(worker):
    """No COPY comes past a policy."""
    with transaction():
        place = factories.district()
        rows = as_kept(Applicant, [person(place, serial) for serial in range(3)])
        ids = insert_all(Applicant, rows, place_id=place.id)
        assert set(db.session.scalars(sa.select(Applicant.id).where(Applicant.place_id == place.id))) == set(ids)


def person(place, serial):
    named = {"last_name": "Ахметов", "first_name": f"Айжан{serial}", "patronymic": "", "search_name": "ахметов айжан"}
    return {"iin": iin.make(date(1990, 1, 1), Sex.female, serial + 1), **named}


def test_what_is_kept_of_people_is_erased_by_the_owner_alone(app, worker):
    """The job of the role that works erases nothing by halves and says so in the log; its command says who can."""
    with transaction():
        place = factories.district()
        factories.norm("retention.application", "1", Unit.MONTHS, place)
        child = factories.application(place)
        applications.archive(child, by=factories.DEPARTMENT, at=factories.at("2026-04-10T10:00"), reason="көшті")
    ended = sa.select(LastRun.id).where(LastRun.job == retention.JOB)
    for _ in range(2):
        retention.run()
    assert db.session.scalar(ended) is None and db.session.get_one(Application, child.id).child.iin.isdecimal()
    done = worker.test_cli_runner().invoke(args=["retention"])
    assert (done.exit_code, "name its owner" in done.output) == (1, True)
    assert db.session.scalar(ended) is None
    db.session.rollback()
    with app.app_context():
        assert "child " in app.test_cli_runner().invoke(args=["retention"]).output
        assert db.session.scalar(ended) is not None
        db.session.rollback()
