"""Spec 7, "no lost or doubled job": the very processes of `make run`, killed without warning while they work.

SQLite has no server that could die: there the database's own end is a killed writer, which is the work-horse.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from redis import Redis

import config
from app import create_app
from app.actions import accounts, bulk, imports, proposals, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    BulkRow,
    BulkRun,
    BulkStage,
    Change,
    Document,
    ImportKind,
    ImportRun,
    ImportStage,
    KgGroup,
    Kindergarten,
    Notice,
    Outbox,
    Place,
    Vacancy,
    Voucher,
    VoucherStatus,
)
from app.rules.roles import Role
from tests import files, running
from tests.factories import DEPARTMENT, application, district, family, group, kindergarten, vacancy
from tests.running import children, started
from tests.views.city import official
from tools import postgres

soon = partial(running.soon, patience=110)  # seconds: spec 7 allows two minutes
PARTS = {  # what is in its command
    "valkey": "valkey-server",
    "urgent": "flask worker urgent",
    "worker": "flask worker long papers",
    "papers": "flask worker papers",
    "messenger": "flask worker messages",
    "timetable": "flask timetable",
}
WITNESS = {  # what a database itself saw: every time that an outbox row was committed as done
    "sqlite": "CREATE TRIGGER see AFTER UPDATE OF done_at ON outbox WHEN NEW.done_at IS NOT NULL "
    "BEGIN INSERT INTO witness VALUES (NEW.id); END",
    "postgresql": "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO witness VALUES (NEW.id); RETURN NULL; END $$;"
    "CREATE TRIGGER see AFTER UPDATE OF done_at ON outbox FOR EACH ROW WHEN (NEW.done_at IS NOT NULL) "
    "EXECUTE FUNCTION see()",
}


class Kezek:
    """A running one of our own, and an application on its database."""

    def __init__(self, app: Flask, environment: dict[str, str]) -> None:
        self.app, self.environment = app, environment
        self.var = Path(environment["KEZEK_VAR"])
        self.redis = Redis(unix_socket_path=str(self.var / "valkey.sock"))

    def pid(self, part: str) -> int:
        """The process of a part, a child of the supervisor; 0 while there is none."""
        supervisor = int((self.var / "supervisor.pid").read_text())
        return next((pid for pid in children(supervisor) if PARTS[part] in " ".join(command(pid))), 0)

    def kill(self, part: str) -> None:
        """Kill a part of it, and see that it comes back."""
        assert soon(lambda: self.pid(part))
        killed = self.pid(part)
        assert killed  # 0 would be ourselves
        os.kill(killed, signal.SIGKILL)
        assert soon(lambda: self.pid(part) not in (0, killed))

    def kill_work_horse(self) -> None:
        """Kill the process that renders, in the middle of its papers: one was just done, others were not."""
        before = self.done(True)
        assert soon(lambda: self.done(True) > before, every=0.02)
        assert soon(self.work_horses, every=0.005)
        self.kill_work_horses()

    def work_horses(self) -> list[int]:
        """The processes that do the jobs of either worker now."""
        return [horse for part in ("worker", "papers") for horse in children(self.pid(part) or -1)]

    def kill_work_horses(self) -> None:
        """Kill all of them."""
        for horse in self.work_horses():
            with contextlib.suppress(ProcessLookupError):
                os.kill(horse, signal.SIGKILL)

    def kill_between_slices(self, run_id: int, counter: str) -> None:
        """Kill the process that goes on with a bulk run: some rows were just counted, others were not."""
        before = getattr(self.run(run_id), counter)
        assert soon(lambda: getattr(self.run(run_id), counter) > before, every=0.02)
        self.kill_work_horses()
        assert getattr(self.run(run_id), counter) < self.run(run_id).selected

    def kill_in_the_middle_of(self, run_id: int, stage: ImportStage) -> None:
        """Kill the process that tries a file or brings it in, which is one transaction, while it is at it."""
        assert soon(lambda: self.file(run_id).stage is stage and children(self.pid("worker")), every=0.02)
        time.sleep(1)
        assert self.file(run_id).stage is stage, "too few rows: it was over before it could be killed"
        self.kill_work_horses()

    def file(self, run_id: int) -> ImportRun:
        """An import as it is now."""
        db.session.rollback()
        return db.session.get_one(ImportRun, run_id)

    def run(self, run_id: int) -> BulkRun:
        """A bulk run as it is now."""
        db.session.rollback()
        return db.session.get_one(BulkRun, run_id)

    def kill_database(self) -> None:
        """Kill PostgreSQL with all its processes, and after a moment start it again as it was started."""
        folder = Path(sa.make_url(self.environment["DATABASE_URL"]).query["host"])
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        started_as, owner = command(pid), Path(f"/proc/{pid}").stat()
        for each in (pid, *children(pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        time.sleep(1)
        for lock in (folder / "data" / "postmaster.pid", *folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()  # their owner is dead, but its parent has not looked yet
        someone = {} if os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        with (folder / "log").open("a") as lines:
            self.database = subprocess.Popen(started_as, cwd=folder, stdout=lines, stderr=lines, **someone)
        db.engine.dispose()
        assert soon(self.answers)

    def answers(self) -> bool:
        with contextlib.suppress(sa.exc.OperationalError):
            return db.session.scalar(sa.text("SELECT 1")) == 1
        db.session.rollback()
        return False

    def done(self, yes: bool) -> int:
        """How many papers are done, or are not."""
        db.session.rollback()
        return db.session.scalar(sa.select(sa.func.count(Outbox.id)).where(Outbox.done_at.is_not(None) == yes))

    def lapsed(self) -> int:
        db.session.rollback()
        return db.session.scalar(sa.select(sa.func.count(Voucher.id)).where(Voucher.status == VoucherStatus.lapsed))


@pytest.fixture
def kezek(kind: str) -> Iterator[Kezek]:
    with contextlib.ExitStack() as stack:
        own = {"KEZEK_DEMO": "0", "SECRET_KEY": "for tests only, long enough to be one"}
        if kind == "postgresql":
            own["DATABASE_URL"] = stack.enter_context(postgres.cluster())
        environment = stack.enter_context(started(**own)).environment
        app = create_app(config.load(environment), web=False)
        with app.app_context():
            kezek = Kezek(app, environment)
            yield kezek
            db.session.remove()
            db.engine.dispose()
        if hasattr(kezek, "database"):
            kezek.database.send_signal(signal.SIGQUIT)
            kezek.database.wait()


def command(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    return []


def families(number: int, when: datetime, name: str) -> list[Application]:
    """As many families as this have been issued vouchers."""
    with transaction():
        place = district(name)
        vacancy(group(kindergarten(place), capacity=number), places=number)
        found = [application(place) for _ in range(number)]
        vouchers.issue_round(place.id, by=DEPARTMENT, at=when)
    return found


def confirm(found: list[Application]) -> None:
    db.session.rollback()  # SQLite: a transaction that has read cannot write once somebody else has
    with transaction():
        for each in found:
            vouchers.confirm(each, by=family(each), at=datetime.now(UTC))


def witness() -> None:
    with transaction():
        db.session.execute(sa.text("CREATE TABLE witness (outbox_id INTEGER)"))
        db.session.execute(sa.text(WITNESS[db.engine.dialect.name]))


def test_nothing_is_lost_or_doubled_whatever_is_killed(kezek, kind):
    now = datetime.now(UTC)
    witness()
    confirming = families(40, now, "Көкшетау қаласы")
    late = families(6, now - timedelta(days=15), "Степногорск қаласы")

    confirm(confirming[:28])
    kezek.kill_work_horse()
    kezek.redis.flushall()  # what was sent is lost: only its rows know of it
    assert kezek.done(False)
    kezek.kill("worker")
    kezek.kill("papers")
    kezek.kill("urgent")
    kezek.kill("timetable")  # a new one starts with the clock's turn
    confirm(confirming[28:34])
    kezek.kill_work_horse()
    kezek.kill("valkey")
    confirm(confirming[34:])
    kezek.kill_work_horse()
    if kind == "postgresql":
        kezek.kill_database()
    kezek.kill("timetable")
    assert soon(lambda: not kezek.done(False)) and soon(lambda: kezek.lapsed() == len(late))

    rows = db.session.scalars(sa.select(Outbox.id).order_by(Outbox.id)).all()
    assert len(rows) == 4 * len(confirming) + 3 * len(late)  # of each application itself, and of each voucher
    assert db.session.scalars(sa.text("SELECT outbox_id FROM witness ORDER BY 1")).all() == rows
    papers = {kezek.var / "files" / paper.file_key: paper.sha256 for paper in db.session.scalars(sa.select(Document))}
    stored = {path: sha256(path.read_bytes()).hexdigest() for path in kezek.var.glob("files/**/*") if path.is_file()}
    assert len(papers) == len(rows) and stored == papers
    for verb, told in ((confirming, "confirm"), (late, "lapse")):
        notices = sa.select(Notice.application_id).where(Notice.template == told)
        assert sorted(db.session.scalars(notices)) == sorted(each.id for each in verb)


def test_a_bulk_run_goes_on_where_it_was_killed_and_does_each_row_once(kezek, kind):
    with transaction():
        place = district()
        children = [application(place).id for _ in range(240)]
        by, place_id = official("жауапты", Role.department, place.parent), place.parent.id
        run_id = bulk.ask(
            Application,
            "archive",
            [(id_, id_) for id_ in children],
            by=accounts.actor_of(by),
            at=datetime.now(UTC),
            reason="себеп",
        ).id

    kezek.kill_between_slices(run_id, "feasible")
    assert soon(lambda: kezek.run(run_id).stage is BulkStage.previewed)
    assert kezek.run(run_id).feasible == len(children)
    with transaction():
        other = accounts.actor_of(official("екінші", Role.department, db.session.get_one(Place, place_id)))
    with transaction():
        asked = proposals.ask(
            kezek.run(run_id),
            "start",
            by=accounts.actor_of(db.session.get_one(User, by.id)),
            at=datetime.now(UTC),
            reason="себеп",
        )
        proposals.decide(asked, approved=True, by=other, at=datetime.now(UTC))
    kezek.kill_between_slices(run_id, "done")
    kezek.redis.flushall()
    kezek.kill("worker")
    kezek.kill_between_slices(run_id, "done")
    if kind == "postgresql":
        kezek.kill_database()
    kezek.kill("timetable")
    assert soon(lambda: kezek.run(run_id).stage is BulkStage.done)

    run = kezek.run(run_id)
    assert (run.done, run.refused, run.skipped) == (len(children), 0, 0)
    assert db.session.scalar(sa.select(sa.func.count(BulkRow.id)).where(BulkRow.outcome == "done")) == len(children)
    for effect in (
        sa.select(Change.application_id).where(Change.verb == "archive"),
        sa.select(Notice.application_id).where(Notice.template == "archive"),
    ):
        assert sorted(db.session.scalars(effect)) == sorted(children)


def test_a_file_is_brought_in_once_and_whole_whatever_is_killed(kezek, kind, tmp_path):
    rows = [files.kindergarten(number) for number in range(60)]
    content = files.comma_separated(tmp_path / "list.csv", rows).read_bytes()
    with transaction():
        by = official("жауапты", Role.department, district().parent)
        facts = {"file_name": "list.csv", "by": accounts.actor_of(by), "at": datetime.now(UTC)}
        run_id, user_id = imports.ask(ImportKind.kindergartens, content, **facts).id, by.id

    kezek.kill_in_the_middle_of(run_id, ImportStage.trying)
    assert soon(lambda: kezek.file(run_id).stage is ImportStage.tried)
    with transaction():
        who = accounts.actor_of(db.session.get_one(User, user_id))
        imports.start(kezek.file(run_id), by=who, at=datetime.now(UTC))
    kezek.kill_in_the_middle_of(run_id, ImportStage.running)
    assert db.session.scalar(sa.select(sa.func.count(Kindergarten.id))) == 0
    kezek.redis.flushall()
    kezek.kill("worker")
    if kind == "postgresql":
        kezek.kill_database()
    kezek.kill("timetable")
    assert soon(lambda: kezek.file(run_id).stage is ImportStage.done)

    run = kezek.file(run_id)
    assert (run.added, run.changed, run.same, run.problems) == (len(rows), 0, 0, 0)
    for table in (Kindergarten, KgGroup, Vacancy):
        assert db.session.scalar(sa.select(sa.func.count(table.id))) == len(rows)
    assert db.session.scalar(sa.select(sa.func.count(Change.id)).where(Change.verb == "bring_in")) == 1
