"""Spec 7, "no lost or doubled job": the very processes of `make run`, killed without warning while they work, and what
else may go wrong beside them: a full disk, a clock that jumps, gateways that hang or are somebody else.

SQLite has no server that could die: there the database's own end is a killed writer, which is the work-horse.
All three tests share what runs on a database: to start it takes as long as to kill it ten times.
"""

import contextlib
import os
import random
import signal
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import libfaketime
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from redis import Redis, RedisError

import config
from app import create_app
from app.actions import accounts, bulk, imports, proposals, vouchers
from app.db.database import transaction, will_write
from app.db.extensions import db
from app.models import (
    Application,
    BulkRow,
    BulkRun,
    BulkStage,
    Change,
    Channel,
    Delivery,
    DeliveryStage,
    Document,
    ImportKind,
    ImportRun,
    ImportStage,
    KgGroup,
    Kindergarten,
    Notice,
    Outbox,
    Place,
    Unit,
    Vacancy,
    Voucher,
    VoucherStatus,
)
from app.rules.roles import Role
from tests import files, running
from tests.clients import Browser, Clerk
from tests.conftest import KINDS
from tests.factories import DEPARTMENT, application, district, family, group, kindergarten, norm, vacancy
from tests.gateways import MailServer, SmsGateway, certificate, mail_server, sms_gateway
from tests.running import children, started
from tests.views.city import PASSWORD, official
from tools import postgres

# Seconds. Spec 7 allows two minutes, to which `make soak` holds it; beside other tests it may take more.
soon = partial(running.soon, patience=110 if "KEZEK_KILLS" in os.environ else 300)
PARTS = {  # what is in its command
    "valkey": "valkey-server",
    "urgent": "flask worker urgent",
    "worker": "flask worker long papers",
    "papers": "flask worker letters papers",
    "messenger": "flask worker sms",
    "timetable": "flask timetable",
    "web": "gunicorn",
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
        self.address = f"http://127.0.0.1:{environment['KEZEK_PORT']}/login/"
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

    def work_horses(self) -> list[int]:
        """The processes that do the jobs of either worker now."""
        return [horse for part in ("worker", "papers") for horse in children(self.pid(part) or -1)]

    def kill_work_horses(self) -> None:
        """Kill all of them."""
        self._kill(self.work_horses())

    def strike(self, victim: str) -> None:
        """Kill it, and wait for nothing; the database alone has nobody else who starts it again. Or let this go wrong
        for a moment.
        """
        if victim in FAULTS:
            FAULTS[victim](self)
        elif victim == "database":
            self.kill_database()
        elif victim == "FLUSHALL":  # what was sent is lost: only its rows know of it
            with contextlib.suppress(RedisError):
                self.redis.flushall()
        elif victim in HORSES:
            running.soon(lambda: HORSES[victim](self), every=0.005, patience=2)
            self._kill(HORSES[victim](self))
        else:
            assert soon(lambda: self.pid(victim))
            self._kill([self.pid(victim)])

    def fill_the_disk(self) -> None:
        with running.full(self.pid, *PARTS):
            time.sleep(1)

    def move_the_clock(self, by: str) -> None:
        """The machine's clock jumps, and a moment later it is put right: all processes but the database see it."""
        Path(self.environment["FAKETIME_TIMESTAMP_FILE"]).write_text(by)
        time.sleep(2.5)
        Path(self.environment["FAKETIME_TIMESTAMP_FILE"]).write_text("+0")

    def swap_the_certificate(self) -> None:
        """Whoever calls the SMS gateway for a moment meets somebody else."""
        self.tls.load_cert_chain(self.certificates["other"])
        time.sleep(3)
        self.tls.load_cert_chain(self.certificates["own"])

    def _kill(self, pids: list[int]) -> None:
        for pid in filter(None, pids):  # 0 would be ourselves
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def settled(self) -> bool:
        """Is all that was asked for done, and is what became of every message known?"""
        db.session.rollback()
        unplanned, open_ones = sa.text("NOT notice.planned"), (DeliveryStage.waiting, DeliveryStage.sending)
        left = sa.select(
            sa.exists().where(Outbox.done_at.is_(None)),
            sa.exists().where(Delivery.stage.in_(open_ones)),
            sa.select(Notice.id).where(unplanned).exists(),
        )
        return not any(db.session.execute(left).one())

    def waiting(self) -> int:
        """How many rows of the outbox are not done yet; too many while the database is away."""
        with contextlib.suppress(sa.exc.OperationalError):
            db.session.rollback()
            return db.session.scalar(sa.select(sa.func.count(Outbox.id)).where(Outbox.done_at.is_(None)))
        return MOST_WAITING

    def left(self) -> list[str]:
        """What is not done yet, and how it stands."""
        open_ones = sa.select(Outbox).where(Outbox.done_at.is_(None))
        return [
            f"{one.job} {one.attempts} {one.error} sent {one.sent_at} not before {one.not_before} "
            f"given up {one.given_up_at} {one.delivery and one.delivery.stage}, now {datetime.now(UTC)}"
            for one in db.session.scalars(open_ones)
        ]

    def opens(self) -> bool:
        """Does the web show its door?"""
        with contextlib.suppress(OSError), urlopen(self.address, timeout=5) as page:
            return page.status == 200
        return False

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

    def kill_database(self, under: bool = False) -> None:
        """Kill PostgreSQL with all its processes, and after a moment start it again as it was started; `under` what the
        test itself is just writing, which fails then.
        """
        if not under:
            db.session.rollback()  # a connection that is in use now would be given back to a pool that is no more
        folder = Path(sa.make_url(self.environment["DATABASE_URL"]).query["host"])
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        started_as, owner = command(pid), Path(f"/proc/{pid}").stat()
        os.kill(pid, signal.SIGSTOP)  # none is started meanwhile that would outlive it, and write beside the next one
        for each in (pid, *children(pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        if hasattr(self, "database"):
            self.database.wait()  # the one that was started here and is dead now
        time.sleep(1)
        for lock in (folder / "data" / "postmaster.pid", *folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()  # their owner is dead, but its parent has not looked yet
        someone = {} if os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        with (folder / "log").open("a") as lines:
            self.database = subprocess.Popen(started_as, cwd=folder, stdout=lines, stderr=lines, **someone)
        db.engine.dispose()
        assert soon(self.answers)

    def answers(self) -> bool:
        """Does the database? Whatever goes on in the session is let alone."""
        with contextlib.suppress(sa.exc.OperationalError), db.engine.connect() as connection:
            return connection.scalar(sa.text("SELECT 1")) == 1
        return False

    def lapsed(self) -> int:
        db.session.rollback()
        return db.session.scalar(sa.select(sa.func.count(Voucher.id)).where(Voucher.status == VoucherStatus.lapsed))


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """As everywhere, but for all tests of this file."""
    return request.param


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """That of the SMS gateway, which Kezek knows, and another one, which nobody knows."""
    return {name: certificate(tmp_path_factory.mktemp("tls") / f"{name}.pem") for name in ("own", "other")}


@pytest.fixture(scope="module")
def kezek(kind: str, certificates: dict[str, Path]) -> Iterator[Kezek]:
    with contextlib.ExitStack() as stack:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificates["own"])
        sms, mail = stack.enter_context(sms_gateway(tls)), stack.enter_context(mail_server())
        own = {"KEZEK_DEMO": "0", "SECRET_KEY": "for tests only, long enough to be one", **said_to_kezek(sms, mail)}
        own |= {"SSL_CERT_FILE": str(certificates["own"]), **own_clock(Path(stack.enter_context(TemporaryDirectory())))}
        if kind == "postgresql":
            own["DATABASE_URL"] = stack.enter_context(postgres.cluster())
        environment = stack.enter_context(started(**own)).environment
        app = create_app(config.load(environment), web=False)
        with app.app_context():
            kezek = Kezek(app, environment)
            kezek.sms, kezek.mail, kezek.tls, kezek.certificates = sms, mail, tls, certificates
            will_write(False)  # as a job: while this one looks, the others write
            witness()
            yield kezek
            will_write(None)
            kezek.redis.close()
            app.extensions["kezek_redis"].close()
            db.session.remove()
            db.engine.dispose()
        if hasattr(kezek, "database"):
            kezek.database.send_signal(signal.SIGQUIT)
            kezek.database.wait()


def own_clock(folder: Path) -> dict[str, str]:
    """The settings of a clock of their own for all processes, which stands as far from the true one as a file says."""
    (folder / "clock").write_text("+0")
    library = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
    told = {"FAKETIME_TIMESTAMP_FILE": str(folder / "clock"), "FAKETIME_CACHE_DURATION": "1"}
    return told | {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def said_to_kezek(sms: SmsGateway, mail: MailServer) -> dict[str, str]:
    """The settings that lead to these gateways."""
    return {
        "KEZEK_SMS_URL": f"https://localhost:{sms.port}/send",
        "KEZEK_SMS_BODY": sms.sms().body,
        "KEZEK_SMS_ACCEPTED": sms.sms().accepted,
        "KEZEK_SMTP_URL": f"plain://127.0.0.1:{mail.port}",
        "KEZEK_SMTP_FROM": mail.smtp().sender,
    }


def command(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    return []


def families(number: int, when: datetime, name: str, first: int = 0) -> list[Application]:
    """As many families as this have been issued vouchers, each with a phone and an e-mail of its own; what they were
    told until then is not sent.
    """
    place = district(name)
    norm("notice.quiet", "0-0", Unit.HOURS, place)
    vacancy(group(kindergarten(place), capacity=number), places=number)
    found = [application(place) for _ in range(number)]
    for serial, one in enumerate(found, first):
        one.phone, one.email = f"+7701{serial:07}", f"{serial}@example.org"
    vouchers.issue_round(place.id, by=DEPARTMENT, at=when)
    theirs = Notice.application_id.in_([one.id for one in found])
    db.session.execute(sa.update(Notice).where(theirs).values(planned=True))
    return found


def in_one_transaction(act: Callable[[], list[Application]]) -> list[int]:
    """Do it, and again where the database died under it; the ids of whom it was about."""
    found: list[int] = []

    def tried() -> bool:
        db.session.rollback()  # SQLite: a transaction that has read cannot write once somebody else has
        with contextlib.suppress(sa.exc.OperationalError), transaction():
            found[:] = [one.id for one in act()]
            return True
        return False

    assert soon(tried)
    return found


@contextlib.contextmanager
def dying_in_its_round(kezek: Kezek) -> Iterator[None]:
    """Inside, the database dies once, in the middle of the round: when the first of its vouchers has been written."""
    struck = []

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not struck and statement.startswith("INSERT INTO voucher "):
            struck.append(statement)
            kezek.kill_database(under=True)

    sa.event.listen(db.engine, "after_cursor_execute", look)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", look)
    assert struck


def confirmed(number: int, when: datetime) -> list[Application]:
    """The families of one round come, are issued vouchers and confirm them."""
    found = families(A_ROUND, when, f"{number}-аудан", first=number * A_ROUND)
    for each in found:
        vouchers.confirm(each, by=family(each), at=datetime.now(UTC))
    return found


def witness() -> None:
    with transaction():
        db.session.execute(sa.text("CREATE TABLE witness (outbox_id INTEGER)"))
        db.session.execute(sa.text(WITNESS[db.engine.dialect.name]))


def at_the_office(kezek: Kezek) -> Clerk:
    """A head who publishes one place after the other, on pages."""
    with transaction():
        of = kindergarten(district("Көкшетау қаласы"))
        groups = [group(of, capacity=A_GROUP).id for _ in range(GROUPS)]
        official("меңгеруші", Role.head, of)
    browser = Browser(f"http://127.0.0.1:{kezek.environment['KEZEK_PORT']}")

    def form(number: int) -> tuple[str, dict[str, str]]:
        return f"/vacancies/publish-free/{groups[number // A_GROUP]}", {"sure": "yes", "places": "1"}

    clerk = Clerk(browser, ("меңгеруші", PASSWORD), "/", form)
    clerk.groups = groups
    clerk.start()
    return clerk


ROUNDS = int(os.environ.get("KEZEK_KILLS", "0"))  # make soak has 200; 0: each dies once, on one of the databases
SEED = os.environ.get("KEZEK_SEED", "1")
HORSES = {
    "the papers' processes": Kezek.work_horses,
    "the messages' process": lambda kezek: children(kezek.pid("messenger") or -1),
}
FAULTS: dict[str, Callable[[Kezek], Any]] = {
    "full disk": Kezek.fill_the_disk,
    "clock ahead": lambda kezek: kezek.move_the_clock("+60"),
    "clock behind": lambda kezek: kezek.move_the_clock("-3600"),
    "a mail server that hangs": lambda kezek: kezek.mail.ways.append("hangs"),
    "an SMS gateway that hangs": lambda kezek: kezek.sms.ways.append("hangs"),
    "an SMS gateway that is another": Kezek.swap_the_certificate,
}
VICTIMS = (*PARTS, *HORSES, *FAULTS, "FLUSHALL")
OF_A_SERVER = ("database", "database in a round")
MOST_WAITING = 60  # rows of the outbox
A_GROUP, GROUPS = 900, 8  # places that are published meanwhile
A_ROUND, LATE = 2, 3  # families that confirm while something is killed; those whose term is long over


def test_nothing_is_lost_or_doubled_whatever_is_killed(kezek, kind):
    """Papers, messages and forms flow; in each round something dies without warning or goes wrong, at a moment that
    chance chooses.
    """
    chance, now = random.Random(f"{SEED} {kind}"), datetime.now(UTC)
    victims = VICTIMS if ROUNDS else VICTIMS[KINDS.index(kind) :: len(KINDS)]
    victims += OF_A_SERVER if kind == "postgresql" else ()
    rounds = ROUNDS or len(victims)
    clerk = at_the_office(kezek)
    before = now - timedelta(days=15)
    late = in_one_transaction(lambda: families(LATE, before, "Степногорск қаласы", first=A_ROUND * rounds))
    order = [each for _ in range(rounds // len(victims) + 1) for each in chance.sample(victims, len(victims))]
    confirming: list[int] = []
    try:
        for number, victim in enumerate(order[:rounds]):
            assert soon(lambda: kezek.waiting() < MOST_WAITING), kezek.left()  # as much flows as these machines can do
            in_a_round = victim == "database in a round"
            with dying_in_its_round(kezek) if in_a_round else contextlib.nullcontext():
                confirming += in_one_transaction(partial(confirmed, number, now))
            time.sleep(chance.uniform(0, 0.8))
            if not in_a_round:
                kezek.strike(victim)
    finally:
        said = clerk.ended()
    print(f"{Counter(order[:rounds])}; {len(clerk.done)} forms, answered {dict(said)}")
    assert soon(kezek.settled), kezek.left()
    assert soon(lambda: kezek.lapsed() == len(late)) and soon(kezek.settled), kezek.left()
    assert soon(lambda: all(kezek.pid(part) for part in PARTS)) and soon(kezek.opens)

    known = {200, 302, 303, 429, 503}
    if any(one.startswith("clock") for one in order[:rounds]):
        known.add(400)  # a page's token was made in a time that is ahead; with a page of now it goes
    faults = {one for one in said if isinstance(one, int)} - known
    assert not faults, (kezek.var / "log" / "web.log").read_text()
    published = db.session.scalars(sa.select(Vacancy.id).where(Vacancy.group_id.in_(clerk.groups))).all()
    assert sorted(clerk.done) == sorted(f"/vacancies/show/{id_}" for id_ in published)  # each once
    told = sa.select(Notice.application_id, Notice.template).where(Notice.template.in_(("confirm", "lapse")))
    once = {(each, "confirm"): 1 for each in confirming} | {(each, "lapse"): 1 for each in late}
    assert Counter(tuple(row) for row in db.session.execute(told)) == once
    rows = db.session.scalars(sa.select(Outbox.id).order_by(Outbox.id)).all()
    assert db.session.scalars(sa.text("SELECT outbox_id FROM witness ORDER BY 1")).all() == rows
    every = db.session.scalars(sa.select(Document)).all()
    papers = {kezek.var / "files" / paper.file_key: paper.sha256 for paper in every if paper.file_key}
    kept = [path for path in kezek.var.glob("files/**/*") if path.is_file() and "imports" not in path.parts]
    stored = {path: sha256(path.read_bytes()).hexdigest() for path in kept}
    of_families = [paper for paper in every if paper.application_id in {*confirming, *late}]
    assert [paper for paper in every if not paper.file_key and paper.application_id in {None, *confirming, *late}] == []
    assert len(of_families) == 4 * len(confirming) + 3 * len(late)  # of each application itself, and of each voucher
    assert stored == papers
    messages = db.session.scalars(
        sa.select(Delivery).join(Notice).where(Notice.template.in_(("confirm", "lapse")))
    ).all()
    assert Counter(one.channel for one in messages) == dict.fromkeys(Channel, len(once))
    for one in messages:
        if one.channel is Channel.sms:
            assert (one.stage, len(kezek.sms.texts(one.address))) == (DeliveryStage.sent, 1), one.error
        else:
            most = {DeliveryStage.sent: (1,), DeliveryStage.perhaps: (0, 1)}
            assert len(kezek.mail.to(one.address)) in most[one.stage], one.error


def test_a_bulk_run_goes_on_where_it_was_killed_and_does_each_row_once(kezek, kind):
    with transaction():
        place = district("Бурабай ауданы")
        children = [application(place).id for _ in range(240)]
        papers = sa.update(Outbox).where(Outbox.done_at.is_(None))
        db.session.execute(papers.values(done_at=datetime.now(UTC)))  # they are another test's
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
    assert soon(lambda: kezek.run(run_id).stage is BulkStage.previewed), kezek.left()
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
    assert soon(lambda: kezek.run(run_id).stage is BulkStage.done), kezek.left()

    run = kezek.run(run_id)
    assert (run.done, run.refused, run.skipped) == (len(children), 0, 0)
    assert db.session.scalar(sa.select(sa.func.count(BulkRow.id)).where(BulkRow.outcome == "done")) == len(children)
    for effect in (
        sa.select(Change.application_id).where(Change.verb == "archive"),
        sa.select(Notice.application_id).where(Notice.template == "archive"),
    ):
        assert sorted(db.session.scalars(effect)) == sorted(children)


def test_a_file_is_brought_in_once_and_whole_whatever_is_killed(kezek, kind, tmp_path):
    rows = [files.kindergarten(number, **{"Аудан/қала": "Щучинск қаласы"}) for number in range(60)]
    content = files.comma_separated(tmp_path / "list.csv", rows).read_bytes()
    with transaction():
        by = official("тізімші", Role.department, district("Щучинск қаласы").parent)
        before = {
            table: db.session.scalar(sa.select(sa.func.count(table.id))) for table in (Kindergarten, KgGroup, Vacancy)
        }
        facts = {"file_name": "list.csv", "by": accounts.actor_of(by), "at": datetime.now(UTC)}
        run_id, user_id = imports.ask(ImportKind.kindergartens, content, **facts).id, by.id

    kezek.kill_in_the_middle_of(run_id, ImportStage.trying)
    assert soon(lambda: kezek.file(run_id).stage is ImportStage.tried), kezek.left()
    with transaction():
        who = accounts.actor_of(db.session.get_one(User, user_id))
        imports.start(kezek.file(run_id), by=who, at=datetime.now(UTC))
    kezek.kill_in_the_middle_of(run_id, ImportStage.running)
    assert db.session.scalar(sa.select(sa.func.count(Kindergarten.id))) == before[Kindergarten]
    kezek.redis.flushall()
    kezek.kill("worker")
    if kind == "postgresql":
        kezek.kill_database()
    kezek.kill("timetable")
    assert soon(lambda: kezek.file(run_id).stage is ImportStage.done), kezek.left()

    run = kezek.file(run_id)
    assert (run.added, run.changed, run.same, run.problems) == (len(rows), 0, 0, 0)
    for table, there in before.items():
        assert db.session.scalar(sa.select(sa.func.count(table.id))) == there + len(rows)
    assert db.session.scalar(sa.select(sa.func.count(Change.id)).where(Change.verb == "bring_in")) == 1
