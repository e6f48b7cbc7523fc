"""In which order a PostgreSQL transaction locks: the district, then rows (docs/adr/0002-district-lock.md)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

ASKED = r"SELECT .*?\bFROM (?P<asked>\w+).*\bFOR (?:NO KEY )?UPDATE"
LOCKS = re.compile(rf"(?s)^\s*(?:{ASKED}|UPDATE (?P<set>\w+) |DELETE FROM (?P<gone>\w+))")
JOBS = {"outbox", "import_run", "import_problem", "bulk_run", "bulk_row", "sent_form"}  # these come before a district
OF_NO_DISTRICT = JOBS | {  # accounts, the rules of regions, what is of this machine
    "ab_user",
    "ab_user_role",
    "account",
    "user_scope",
    "norm",
    "queue_order",
    "queue_category",
    "contract_text",
    "day_off",
    "proposal",
    "signed_in",
    "kept_form",
    "demo_time",
}


class Watch:
    """The locks of the transaction that goes on, by connection, and what was wrong with their order."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.rows: dict[int, list[str]] = {}
        self.districts: dict[int, list[int]] = {}
        self.seen: set[str] = set()

    def looks(self, connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found = LOCKS.match(statement)
        if found is None:
            return
        table, key = next(filter(None, found.groups())), id(connection.connection.dbapi_connection)
        rows, districts = self.rows.setdefault(key, []), self.districts.setdefault(key, [])
        self.seen.add(table)
        if table == "place":
            (place,) = parameters.values()
            if place not in districts and (first := [one for one in rows if one not in JOBS]):
                self.wrong.append(f"{first[0]} before a district")
            if districts and place not in districts and place < max(districts):
                self.wrong.append("districts not in order")
            districts.append(place)
            return
        if not districts and table not in OF_NO_DISTRICT:
            self.wrong.append(f"{table} without its district: {statement[:200]}")
        rows.append(table)

    def ends(self, connection: Any) -> None:
        key = id(connection.connection.dbapi_connection)
        self.rows.pop(key, None)
        self.districts.pop(key, None)


@contextmanager
def watched(engine: sa.Engine) -> Iterator[Watch]:
    """Every transaction that ends inside is looked at."""
    watch = Watch()
    listening = (("before_cursor_execute", watch.looks), ("commit", watch.ends), ("rollback", watch.ends))
    for name, listener in listening:
        sa.event.listen(engine, name, listener)
    try:
        yield watch
    finally:
        for name, listener in listening:
            sa.event.remove(engine, name, listener)
