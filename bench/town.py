"""The town that every row is measured in: seeded once in a throw-away PostgreSQL, copied where a row changes it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.actions import shipping
from app.db.database import transaction
from app.db.extensions import db
from app.rules.calendar import LOCAL
from app.rules.folding import fold
from config import Config
from tools import postgres

AT = datetime(2026, 4, 10, 0, 10, tzinfo=LOCAL)  # the moment at which everything is measured
SEED = Path(__file__).with_name("town.sql")
# Nothing but the two sides works while they are measured. fsync is off (tools/postgres.py) for both of them.
SETTINGS = {"autovacuum": "off", "max_wal_size": "512MB"}
LAST_NAMES = [
    root + end
    for root in ("Ахмет", "Сейт", "Омар", "Қасым", "Жүсіп")
    for end in ("ов", "ова", "бек", "бай", "ұлы", "қызы", "жанов", "жанова")
]
FIRST_NAMES = [root + end for root in ("Ай", "Нұр", "Бек", "Ер", "Гүл") for end in ("жан", "лан", "сұлу", "зат", "дос")]


@dataclass(frozen=True)
class Town:
    """A seeded database on `server`, `template`, that nobody is connected to; `size`: applications in it."""

    server: str
    size: int
    template: str = "town"

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """A database of this name in the town's state, gone afterwards: its SQLAlchemy URL."""
        self.restore(name)
        try:
            yield url(self.server, name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def restore(self, name: str) -> None:
        """Bring a copy (back) to the town's state: the same pages, statistics and visibility map as the town's."""
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._execute(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY file_copy")

    def _execute(self, statement: str) -> None:
        with connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def built(size: int) -> Iterator[Town]:
    """A throw-away server with the town in it."""
    with postgres.cluster() as server:
        with connect(server, autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        yield build(server, size)


def build(server: str, size: int, name: str = "town") -> Town:
    """Migrate, ship and seed a new database of this name on a server."""
    address = url(server, name)
    with connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with application(address, web=False):
        upgrade()
        with transaction():
            shipping.ship()
    names = {
        "last_names": LAST_NAMES,
        "first_names": FIRST_NAMES,
        "last_keys": [fold(name) for name in LAST_NAMES],
        "first_keys": [fold(name) for name in FIRST_NAMES],
    }
    with connect(address, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(SEED.read_text(), {"size": size, **names})
    with connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return Town(server, size, name)


@contextmanager
def application(database_url: str, *, web: bool) -> Iterator[Flask]:
    """Kezek on a database; no connection is left open. Its context is open, but with `web`: requests bring theirs."""
    with TemporaryDirectory() as var:
        config = Config(
            var=Path(var),
            database_url=database_url,
            redis_url=f"unix://{var}/valkey.sock",
            secret_key="for measuring only, long enough to be one",
        )
        app = create_app(config, web=web)
        try:
            with nullcontext() if web else app.app_context():
                yield app
        finally:
            with app.app_context():
                db.engine.dispose()


def connect(database_url: str, **how: object) -> psycopg.Connection:
    """psycopg alone, without SQLAlchemy."""
    plain = sa.make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, **how)


def url(server: str, database: str) -> str:
    """The SQLAlchemy URL of a database of this server."""
    return sa.make_url(server).set(database=database).render_as_string(hide_password=False)
