"""The whole database from outside of the application: what a request changed, and a way to put rows back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.extensions import db

# what tests/conftest.py never wipes
KEPT = {"ab_permission", "ab_view_menu", "ab_permission_view", "ab_role", "ab_permission_view_role"}
SIGNING_IN = {"last_login", "login_count", "fail_login_count", "changed_on"}  # of ab_user: these may change
SESSIONS = "signed_in"  # who is there is written by whoever reads, too: tests/views/test_sessions.py


class Tables:
    """All tables of one database."""

    def __init__(self, web: Flask) -> None:
        with web.app_context():
            self.engine = db.engine

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table that tests fill, sessions aside."""
        with self.engine.connect() as connection:
            return {
                table.name: [
                    dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
                ]
                for table in db.metadata.sorted_tables
                if table.name not in KEPT | {SESSIONS}
            }

    def put(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Put rows back that are not there, or not as they were."""
        there = self.rows()
        with self.engine.begin() as connection:
            for table in db.metadata.sorted_tables:
                known = {row["id"]: row for row in there.get(table.name, ()) if "id" in row}
                wanted = rows.get(table.name, ())
                if missing := [row for row in wanted if row.get("id") not in known]:
                    connection.execute(sa.insert(table), missing)
                for row in wanted:
                    if row.get("id") in known and known[row["id"]] != row:
                        connection.execute(sa.update(table).where(table.c.id == row["id"]).values(row))

    def state(self) -> dict[str, str]:
        """A checksum for each table."""
        with self.engine.connect() as connection:
            tables = (table for table in db.metadata.sorted_tables if table.name != SESSIONS)
            return {table.name: self._checksum(connection, table) for table in tables}

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
            reads = statement.lstrip().split(None, 1)[0].upper() in ("SELECT", "WITH", "BEGIN", "PRAGMA")
            if not reads and not re.match(rf"(INSERT INTO|UPDATE|DELETE FROM) {SESSIONS} ", statement):
                seen.append(statement)

        sa.event.listen(self.engine, "before_cursor_execute", look)
        try:
            yield seen
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", look)

    def _checksum(self, connection: sa.Connection, table: sa.Table) -> str:
        columns = [c for c in table.c if table.name != "ab_user" or c.name not in SIGNING_IN]
        found = connection.execute(sa.select(*columns).order_by(*table.primary_key)).all()
        return sha256(repr(found).encode()).hexdigest()
