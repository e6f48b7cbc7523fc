"""The second lock, as each transaction sets it: how far PostgreSQL lets whoever is looking read and write (ADR 40).

Before a statement the server is told who looks (db/viewer.py), for this transaction alone; policies.py is what it makes
of that. What nobody has declared is told nothing, and so sees nothing. Where Kezek owns the tables nothing is told.
"""

from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from app.access.actors import Actor
from app.access.policies import EVERYTHING
from app.db.database import CUT
from app.db.viewer import Decision, decided_in, decision, viewer
from app.rules.roles import Role

TOLD, NOTHING = "reach that the server was told", (None, None, frozenset[int]())
IDLE = psycopg.pq.TransactionStatus.IDLE


@event.listens_for(Engine, "begin", insert=True)  # before what else is said there
def _knows_nothing(connection: Connection) -> None:
    connection.info[TOLD] = NOTHING


@event.listens_for(Engine, "rollback_savepoint")
def _knows_what_it_knew(connection: Connection, *_: Any) -> None:
    connection.info[TOLD] = None


@event.listens_for(Engine, "before_cursor_execute")
def _tell(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """Whatever the statement is, and whoever made it; one that goes back is all that a failed transaction takes."""
    if connection.info.get(CUT) and not statement.startswith("ROLLBACK"):
        wanted = viewer.get(), decision.get(), decided_in.get()
        if connection.info[TOLD] != wanted:
            _say(connection, said(*wanted))
            connection.info[TOLD] = wanted


def _say(connection: Connection, statement: str) -> None:
    """One way to the server and back; what only reads begins its transaction with it."""
    raw: Any = connection.connection.dbapi_connection
    begin = "BEGIN READ ONLY; " if raw.autocommit and raw.info.transaction_status is IDLE else ""
    try:
        raw.execute(begin + statement, prepare=False)
    except psycopg.Error as error:
        if raw.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(statement, None, error, psycopg.Error, hide_parameters=True) from error


@lru_cache(maxsize=512)
def said(looks: Actor | None, decides: Decision | None, elsewhere: frozenset[int]) -> str:
    """The statement that tells the server. Whoever looks writes nothing; a decision reads everything."""
    who: Actor | None = looks or (decides.by if decides else None)
    below, above = (who.place_ids or frozenset(), who.above_ids) if who else (frozenset(), frozenset())
    told = {
        "viewer": str(looks.role) if looks else EVERYTHING if decides else "",
        "places": _ids(below),
        "around": _ids(below | above),
        "kindergarten": _id(who.kindergarten_id if who else None),
        "application": _id(who.application_id if who else None),
        "user": _id(who.user_id if who else None),
        "writes": _writes(decides.by, elsewhere) if decides and not looks else "",
    }
    return "SELECT " + ", ".join(f"set_config('kezek.{name}', '{value}', true)" for name, value in told.items())


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
    return "{" + ",".join(str(int(one)) for one in sorted(ids)) + "}"


def _id(one: int | None) -> str:
    return "" if one is None else str(int(one))
