"""A copy of the whole database as it was at one moment, and a database made of one (ADR 35)."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table

from app.db.extensions import db

Counts = dict[str, int]


class NoDump(Exception):
    """A database could not be copied or filled; the message says why, and names nobody."""


def dump(to: Path) -> Counts:
    """Write a copy into a file that is not there yet. Returns how many rows each table had at that moment.

    Others go on writing meanwhile. Raises NoDump.
    """
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(_file())) as here, closing(sqlite3.connect(to)) as there:
            here.backup(there)
        return _counted_in(to)
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(select(func.pg_export_snapshot()))
        counts = _counts(connection)
        whole = ("--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=kezek_reach")
        _run("pg_dump", *whole, f"--snapshot={snapshot}", f"--file={to}")
    return counts


def bring_back(copy: Path) -> Counts:
    """Fill the database, which must be empty, from a copy. Returns how many rows each table has now. Raises NoDump."""
    if tables():
        raise NoDump("the database is not empty: restore into a new one")
    if db.engine.dialect.name == "sqlite":
        try:
            with closing(sqlite3.connect(copy)) as there, closing(sqlite3.connect(_file())) as here:
                there.backup(here)
        except sqlite3.DatabaseError:
            raise NoDump("the copy of the database is none of SQLite") from None
    else:
        without_policies = copy.with_name("list")  # they name roles of another server: `flask grant` makes them anew
        listed = _run("pg_restore", "--list", str(copy)).splitlines()
        without_policies.write_text("\n".join(line for line in listed if " POLICY " not in line))
        _run(
            "pg_restore",
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            f"--use-list={without_policies}",
            f"--dbname={db.engine.url.database}",
            str(copy),
        )
    with db.engine.connect() as connection:
        return _counts(connection)


def tables() -> list[str]:
    """The tables that the database has."""
    return sorted(inspect(db.engine).get_table_names())


def _counts(connection: Connection) -> Counts:
    named = sorted(inspect(connection).get_table_names())
    return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in named}


def _counted_in(file: Path) -> Counts:
    with closing(sqlite3.connect(file)) as copy:
        named = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in named.fetchall()}


def _file() -> str:
    """Where SQLite keeps it. NoDump for one in memory."""
    if not (file := db.engine.url.database) or file == ":memory:":
        raise NoDump("a database in memory is gone with its process")
    return file


def _run(program: str, *arguments: str) -> str:
    """What one of PostgreSQL's own programs says; whom it connects as is told by its environment, never on its line."""
    ran = subprocess.run(
        [_found(program), *arguments], env={**os.environ, **_connection()}, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        said = ran.stderr.strip().rpartition("\n")[2]
        raise NoDump(f"{program} ended with {ran.returncode}: {said}".removesuffix(": "))
    return ran.stdout


def _found(program: str) -> str:
    """The newest that is installed: an older one refuses a newer server. Debian does not put them on the PATH."""
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
    versions = {int(path.parent.parent.name): path for path in installed if path.parent.parent.name.isdecimal()}
    if found := versions[max(versions)] if versions else shutil.which(program):
        return str(found)
    raise NoDump(f"{program} is not installed; it comes with the client of PostgreSQL")


def _connection() -> Mapping[str, str]:
    url = db.engine.url
    query = {name: value if isinstance(value, str) else value[0] for name, value in url.query.items()}
    told = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username or query.get("user"),
        "PGPASSWORD": url.password or query.get("password"),
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    return {name: value for name, value in told.items() if value}
