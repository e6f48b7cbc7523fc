"""Spec 7: whatever the product commits, by whichever entrance, is on record: watched in the tests of WATCHED.

A transaction that our own code ends (not a test's) may add, change or remove rows of a table of WORK alone; rows of any
other table only with a record of the history, and each record once. What is tried and taken back does not count.
"""

import re
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

from app.models import (
    AccountLetter,
    BulkRow,
    Challenge,
    Change,
    Delivery,
    DemoTime,
    Document,
    Draft,
    HistoryLink,
    HistorySeal,
    ImportProblem,
    KeptForm,
    LastRun,
    Notice,
    NoticeRead,
    OneTimeCode,
    Outbox,
    SentForm,
    SignedIn,
    Upload,
    Visit,
)

WORK = {  # what may be written without a record, and why: work, not a fact
    Change: "the history itself",
    HistoryLink: "its chain",
    HistorySeal: "the same",
    Document: "a paper is asked for by what a verb changes, which is on record; its file is the worker's",
    Notice: "told by a verb, or of a day that comes; what is sent of it, and when, stands in it",
    Delivery: "a message on its way",
    NoticeRead: "who has read which notice",
    Outbox: "what is to be done",
    BulkRow: "of a run that is on record: what each row came to is on the record of that row",
    ImportProblem: "of a file that is on record",
    SignedIn: "somebody is there",
    Visit: "the same, of a family",
    OneTimeCode: "for an entry",
    Challenge: "a text that waits for its signature",
    Draft: "typed and not sent",
    Upload: "the same",
    SentForm: "that a form came once",
    KeptForm: "typed and not taken",
    DemoTime: "the clock of the demo",
    LastRun: "when a job ended",
    AccountLetter: "a letter on its way; what it is about is on record",
}
WATCHED = {  # the walks over forms, addresses and lists, each act of a portal, the clock's seals
    "test_api_acts.py",
    "test_daily_protocols.py",
    "test_forms.py",
    "test_history_chain.py",
    "test_lists.py",
    "test_on_record.py",
    "test_one_click.py",
    "test_protocols.py",
    "test_routes.py",
}
NOT_KEPT = ("/scenarios/scratch.py",)  # a database of its own, gone afterwards
NO_FACTS = {model.__tablename__ for model in WORK} | {"alembic_version"}
COUNTED = {"stage", "started_at", "finished_at", "stopped_because", "refused_because"}
ITS_OWN = {  # columns of a fact that are no fact, and why
    "ab_user": {"last_login", "login_count", "fail_login_count"},  # somebody was here
    "client": {"seen_at"},  # the same
    # how far work is that is on record: asked for, begun, stopped
    "bulk_run": {*COUNTED, "feasible", "hopeless", "passed", "done", "refused", "skipped", "previewed_at"},
    "import_run": {*COUNTED, "rows", "sheet", "added", "changed", "same", "problems", "warnings", "tried_at"},
}
WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?(?: SET (.*?)(?: WHERE|$))?', re.DOTALL)
SETS = re.compile(r'(?:^|, )"?(\w+)"?=')
WRITTEN, SAVED, LAST = "tables written", "tables written at savepoints", "the last record before"
APP = str(Path(__file__).parents[1] / "app")
BELOW = f"{APP}/db/"  # how anything is committed; who did it stands above

found: list[str] | None = None  # what was not on record in this test; None where nobody looks (tests/conftest.py)


@event.listens_for(Engine, "before_cursor_execute")
def _before(connection: Connection, cursor: Any, statement: str, *_more: Any) -> None:
    if (
        found is not None
        and LAST not in connection.info
        and statement.startswith("INSERT INTO change ")
        and _sqlite(connection)
    ):
        [(last,)] = cursor.connection.execute("SELECT coalesce(max(id), 0) FROM change").fetchall()
        connection.info[LAST] = last


@event.listens_for(Engine, "after_cursor_execute")
def _after(connection: Connection, cursor: Any, statement: str, *_more: Any) -> None:
    if found is None:
        return
    nothing = cursor.rowcount == 0 and " RETURNING " not in statement  # whose rows sqlite3 counts when they are read
    if nothing or (writes := WRITES.match(statement)) is None:
        return
    columns = set(SETS.findall(writes[2] or ""))
    if not columns or not columns <= ITS_OWN.get(writes[1], set()):
        connection.info.setdefault(WRITTEN, set()).add(writes[1])


@event.listens_for(Engine, "savepoint")
def _savepoint(connection: Connection, name: str) -> None:
    if found is not None:
        connection.info.setdefault(SAVED, {})[name] = set(connection.info.get(WRITTEN, ()))


@event.listens_for(Engine, "rollback_savepoint")
def _taken_back(connection: Connection, name: str, _context: Any) -> None:
    if found is not None:
        connection.info[WRITTEN] = connection.info.get(SAVED, {}).get(name, set())


@event.listens_for(Engine, "rollback")
def _rolled_back(connection: Connection) -> None:
    if found is not None:
        _forget(connection)


@event.listens_for(Engine, "commit")
def _commits(connection: Connection) -> None:
    if found is None:
        return
    written, last = connection.info.get(WRITTEN, set()), connection.info.get(LAST)
    _forget(connection)
    if not written or (by := _product()) is None:
        return
    facts = sorted(written - NO_FACTS)
    if facts and Change.__tablename__ not in written:
        found.append(f"{by}: {', '.join(facts)}")
    if last is not None:
        found.extend(f"{by}: {row} twice" for row in _twice(connection, last))


def _forget(connection: Connection) -> None:
    for name in (WRITTEN, SAVED, LAST):
        connection.info.pop(name, None)


def _product() -> str | None:
    """Where in our own code the transaction is that ends; None where it is a test's."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(APP) and not file.startswith(BELOW):
            if file.endswith(NOT_KEPT):
                return None
            return f"{file.removeprefix(APP)}:{frame.f_lineno} {frame.f_code.co_name}"
        if "/tests/" in file and not file.endswith("on_record.py"):
            return None
        frame = frame.f_back
    return None


def _twice(connection: Connection, last: int) -> list[Any]:
    row = Change.__table__.c
    same = (row.subject, row.subject_id, row.verb, row.application_id, sa.cast(row.details, sa.String))
    more = sa.select(*same).where(row.id > last).group_by(*same).having(sa.func.count() > 1)
    compiled = str(more.compile(connection, compile_kwargs={"literal_binds": True}))
    return connection.connection.dbapi_connection.execute(compiled).fetchall()


def _sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
