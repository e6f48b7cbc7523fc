"""Spec 7: on PostgreSQL the role with which Kezek works can neither change nor remove what was done."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.actions import applications, chain
from app.db.database import transaction
from app.db.extensions import db
from app.db.grants import FOR_GOOD
from app.jobs import retention
from app.models import Application, Change, LastRun, Unit
from app.now import now
from app.scenarios.checking import read
from app.scenarios.player import play
from tests import factories
from tests.scenarios import FILES


@pytest.fixture
def kind():
    """SQLite has no roles."""
    return "postgresql"


@pytest.fixture
def worker(app, databases):
    """Kezek on the same database as the role that works, not as its owner."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(sa.text("SELECT true FROM pg_roles WHERE rolname = 'kezek_works'")):
            connection.execute(sa.text("CREATE ROLE kezek_works LOGIN"))
    done = app.test_cli_runner().invoke(args=["grant", "kezek_works"])
    assert (done.exit_code, done.output) == (0, "")
    url = db.engine.url.set(username="kezek_works").render_as_string(hide_password=False)
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
