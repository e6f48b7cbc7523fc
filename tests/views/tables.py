"""The whole database from outside of the application: what a request changed, and a way to bring rows back."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.db.extensions import db

# what tests/conftest.py never wipes
KEPT = {"ab_permission", "ab_view_menu", "ab_permission_view", "ab_role", "ab_permission_view_role"}
SIGNING_IN = {"last_login", "login_count", "fail_login_count", "changed_on"}  # of ab_user: these may change
SESSIONS = "signed_in"  # who is there is written by whoever reads, too: tests/views/test_sessions.py
# that a form was sent, and what is kept of one: tests/views/test_one_click.py, test_nothing_lost.py
FORMS = ("sent_form", "kept_form")
FILLED = [table for table in db.metadata.sorted_tables if table.name not in KEPT | {SESSIONS}]  # by tests
ROWS = {table: sa.select(table).order_by(*table.primary_key) for table in FILLED if table.name not in FORMS}
SELECTS: dict[str, dict[str, str]] = {}
KNOWN: dict[str, tuple[str, dict[str, str]]] = {}  # by database: the last state that was read, and when
LOOKING: dict[str, sqlite3.Connection] = {}


class Tables:
    """All tables of one database."""

    def __init__(self, web: Flask) -> None:
        with web.app_context():
            self.engine = db.engine

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table that tests fill, sessions aside."""
        with self.engine.connect() as connection:
            return {
                table.name: [dict(zip(table.c.keys(), row, strict=True)) for row in connection.execute(rows)]
                for table, rows in ROWS.items()
            }

    def keep(self, name: str) -> None:
        """Copy all rows beside the database, for `bring`."""
        if self.engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(self.engine.url.database)) as connection:
                Path(self._copy(name)).unlink(missing_ok=True)
                connection.execute("VACUUM INTO ?", [self._copy(name)])
            return
        with self.engine.begin() as connection:
            self._beside(connection, name, "WITH DATA")

    def give(self, name: str, folder: Path) -> None:
        """Copy what `keep` copied to a folder, for `take` of another process."""
        if self.engine.dialect.name == "sqlite":
            copyfile(self._copy(name), folder / "rows")
            return
        with self.engine.connect() as connection, closing(connection.connection.cursor()) as cursor:
            for table in FILLED:
                with cursor.copy(f"COPY kept_{name}.{table} TO STDOUT (FORMAT BINARY)") as rows:
                    (folder / f"{table}.rows").write_bytes(b"".join(rows))

    def take(self, name: str, folder: Path) -> None:
        """Have what another process gave, for `bring`; what is added later gets other ids."""
        if self.engine.dialect.name == "sqlite":
            copyfile(folder / "rows", self._copy(name))
            return
        with self.engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
            self._beside(connection, name, "WITH NO DATA")
            for table in FILLED:
                with cursor.copy(f"COPY kept_{name}.{table} FROM STDIN (FORMAT BINARY)") as rows:
                    rows.write((folder / f"{table}.rows").read_bytes())
                if "id" in table.c:
                    last = f"GREATEST(nextval(pg_get_serial_sequence('{table}', 'id')), max(id))"
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last}) FROM kept_{name}.{table}"
                    )

    def _beside(self, connection: sa.Connection, name: str, rows: str) -> None:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS kept_{name} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA kept_{name}")
        for table in FILLED:
            connection.exec_driver_sql(f"CREATE TABLE kept_{name}.{table} AS TABLE {table} {rows}")
        connection.exec_driver_sql(
            f"CREATE FUNCTION kept_{name}.bring() RETURNS void LANGUAGE plpgsql"
            f" SET session_replication_role = replica AS $$ BEGIN {_swap(name)} END $$"
        )

    def bring(self, name: str) -> None:
        """Put the rows that `keep` copied in the place of those that are there. No foreign key is asked: all fit."""
        if self.engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(self.engine.url.database, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute(f"ATTACH ? AS kept_{name}", [self._copy(name)])
                connection.executescript(f"BEGIN IMMEDIATE; {_swap(name)} COMMIT")
            return
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT kept_{name}.bring()")

    def _copy(self, name: str) -> str:
        return f"{self.engine.url.database}.{name}"

    def state(self) -> dict[str, str]:
        """A checksum for each table. It takes as long as two pages: where nobody has written since, that of then."""
        stamp = self._stamp()
        if KNOWN.get(str(self.engine.url), ("", {}))[0] != stamp:
            with self.engine.connect() as connection, closing(connection.connection.cursor()) as cursor:
                found = {
                    name: sha256(repr(cursor.execute(rows).fetchall()).encode()).hexdigest()
                    for name, rows in self._selects().items()
                }
            KNOWN[str(self.engine.url)] = stamp, found
        return KNOWN[str(self.engine.url)][1]

    def _stamp(self) -> str:
        """What is another one as soon as anybody has committed anything."""
        if self.engine.dialect.name == "sqlite":
            path = self.engine.url.database
            if path not in LOOKING:  # it tells what others have committed since this one began
                LOOKING[path] = sqlite3.connect(path, check_same_thread=False)
            return str(LOOKING[path].execute("PRAGMA data_version").fetchone()[0])
        with self.engine.connect() as connection:  # whose transactions are over, and which are not yet
            return connection.scalar(sa.text("SELECT pg_current_snapshot()::text"))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Whatever is done inside changes no row of any table."""
        before = self.state()
        yield
        after = self.state()
        assert {name for name in before if before[name] != after[name]} == set()

    @contextmanager
    def writes(self) -> Iterator[list[str]]:
        """The statements inside that are no reading."""
        seen: list[str] = []

        def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            reads = statement.lstrip().split(None, 1)[0].upper() in ("SELECT", "WITH", "BEGIN", "PRAGMA", "SET")
            if not reads and not re.match(rf"(INSERT INTO|UPDATE|DELETE FROM) {SESSIONS} ", statement):
                seen.append(statement)

        sa.event.listen(self.engine, "before_cursor_execute", look)
        try:
            yield seen
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", look)

    def _selects(self) -> dict[str, str]:
        """By table, what selects its rows, as the driver tells them: nobody needs to know here what they mean."""
        dialect, selects = self.engine.dialect, {}
        if dialect.name not in SELECTS:
            for table in db.metadata.sorted_tables:
                columns = [c for c in table.c if table.name != "ab_user" or c.name not in SIGNING_IN]
                rows = sa.select(*columns).order_by(*table.primary_key)
                selects[table.name] = str(rows.compile(dialect=dialect))
            for name in (SESSIONS, *FORMS):
                del selects[name]
            SELECTS[dialect.name] = selects
        return SELECTS[dialect.name]


def _swap(name: str) -> str:
    return "".join(f"DELETE FROM {t}; INSERT INTO {t} SELECT * FROM kept_{name}.{t}; " for t in FILLED)
