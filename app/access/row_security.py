"""The second lock, as each transaction sets it: how far PostgreSQL lets whoever is looking read and write (ADR 42).

Before a statement the server is told who looks (db/viewer.py), for this transaction alone; policies.py is what it makes
of that. What nobody has declared is told nothing, and so sees nothing. Where Kezek owns the tables nothing is told.
"""

from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from app.access.actors import Actor
from app.access.policies import EVERYTHING, OFFICE
from app.db.database import CUT
from app.db.viewer import Decision, decided_in, decision, viewer
from app.rules.roles import QUEUES, Role

TOLD, NOBODY = "reach that the server was told", (None, None, frozenset[int]())
IDLE, DONE = psycopg.pq.TransactionStatus.IDLE, psycopg.pq.ExecStatus.COMMAND_OK


@event.listens_for(Engine, "begin", insert=True)  # before what else is said there
def _knows_nothing(connection: Connection) -> None:
    connection.info[TOLD] = NOBODY, UNTOLD


@event.listens_for(Engine, "rollback_savepoint")
def _knows_what_it_knew(connection: Connection, *_: Any) -> None:
    connection.info[TOLD] = None, {}


@event.listens_for(Engine, "before_cursor_execute")
def _tell(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """Whatever the statement is, and whoever made it; one that goes back is all that a failed transaction takes."""
    if connection.info.get(CUT) and not statement.startswith("ROLLBACK"):
        wanted = viewer.get(), decision.get(), decided_in.get()
        by, told = connection.info[TOLD]
        if by != wanted:
            new = reach(*wanted)
            if other := [f"SET LOCAL {name} = '{value}'" for name, value in new.items() if told.get(name) != value]:
                _say(connection, other)
            connection.info[TOLD] = wanted, new


def _say(connection: Connection, statements: list[str]) -> None:
    """One way to the server and back, with which the transaction begins. As bare as the driver can: a page says it some
    times, and by a cursor it would take longer than the policies.
    """
    raw: Any = connection.connection.dbapi_connection
    if raw.pgconn.transaction_status == IDLE:
        statements.insert(0, f"BEGIN READ {'ONLY' if raw.autocommit else 'WRITE'}")
    said = "; ".join(statements)
    result = raw.pgconn.exec_(said.encode())
    if result.status != DONE:
        error = psycopg.errors.error_from_result(result)
        if raw.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(said, None, error, psycopg.Error, hide_parameters=True) from error


@lru_cache(maxsize=512)
def reach(looks: Actor | None, decides: Decision | None, elsewhere: frozenset[int]) -> dict[str, str]:
    """What the server is told. Whoever looks writes nothing; a decision reads everything."""
    who: Actor | None = looks or (decides.by if decides else None)
    below, above = (who.place_ids or frozenset(), who.above_ids) if who else (frozenset(), frozenset())
    kind = (OFFICE if looks.role in QUEUES else str(looks.role)) if looks else EVERYTHING if decides else ""
    told = {
        "viewer": kind,
        "role": str(who.role) if who else "",
        "places": _ids(below),
        "around": _ids(below | above),
        "kindergarten": _id(who.kindergarten_id if who else None),
        "application": _id(who.application_id if who else None),
        "account": _id(who.user_id if who else None),
        "writes": _writes(decides.by, elsewhere) if decides and not looks else "",
    }
    return {f"kezek.{name}": value for name, value in told.items()}


def _writes(by: Actor | None, elsewhere: frozenset[int]) -> str:
    """Where it writes: an official in the own places, a head in those of the kindergarten; a family, and whoever is
    none of these, where it has said so. The administrator keeps accounts and portals, wherever they lie.
    """
    if by is None:
        return _ids(elsewhere)
    if by.role is Role.administrator:
        return EVERYTHING
    return _ids((by.above_ids if by.role is Role.head else by.place_ids or frozenset()) | elsewhere)


def _ids(ids: frozenset[int]) -> str:
    return "{" + ",".join(str(int(one)) for one in sorted(ids)) + "}" if ids else ""


def _id(one: int | None) -> str:
    return "" if one is None else str(int(one))


UNTOLD = reach(*NOBODY)  # of a transaction that begins
