"""What differs between the two databases, and the one way to write (spec 11, "two databases, one code").

SQLite fails at once when a read turns into a write, so whatever may write begins IMMEDIATE before its first query.
"""

import errno
import json
import logging
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice, repeat
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeVar, cast

import psycopg
from psycopg._preparing import Prepare, PrepareManager
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, SessionTransaction, scoped_session
from sqlalchemy.pool import Pool, StaticPool
from sqlalchemy.sql.base import ExecutableOption

from app.db import name_keys  # noqa: F401 (whatever is written has them)
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Applicant,
    Base,
    Child,
    ContractText,
    DemoTime,
    Guardianship,
    Norm,
    Place,
    QueueCategory,
    QueueOrder,
)

T = TypeVar("T")
R = TypeVar("R", bound=Base)
SILENT = 1.0  # seconds
log = logging.getLogger(__name__)
ITS_LOCK = select(Place.id).where(Place.id == bindparam("district")).with_for_update(key_share=True)
PREPARED = 500  # statements that a connection's server need not plan again; a verb has some twenty, a page ten
CONNECTIONS = 10  # kept open by a process: each request in turn has one (deploy/worker.py), and some another one
LONGEST_WAIT, SHORT_WAIT, NO_WAIT = 15_000, 1_000, 50  # milliseconds for which one waits for another writer

BUSY = {"busy", "locked", "full", "ioerr", "cantopen", "nomem", "protocol"}  # what SQLite says when it cannot now
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}

HELD = "districts held"
OF_NO_DISTRICT = (Norm, QueueOrder, QueueCategory, ContractText, DemoTime)  # no lock of one keeps these from changing
TRIES = 3  # of a transaction that the locks of others undo
APART = 0.5  # seconds at most, before it is tried again
DEADLOCK = psycopg.errors.DeadlockDetected
ENDED = ("57P01", "57P02")  # a server that ends, or dies, says so to whom it was just working for
CLASHES = (DEADLOCK, psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure)

REACHES_ALL = "-c kezek.viewer=all -c kezek.writes=all"
SEARCHED = (
    ("child", "search_name"),
    ("applicant", "search_name"),
    ("application", "phone_key"),
)  # have an index of words
CUT, POLICED = "sees what it was told of alone", "asks policies"  # ADR 42: of a connection's role
ASKED = """
    SELECT policed AND current_setting('kezek.viewer', true) IS DISTINCT FROM 'all', policed FROM
      (SELECT coalesce(bool_or(row_security_active(oid)), false) AS policed FROM pg_class
       WHERE relrowsecurity AND relnamespace = to_regnamespace(current_schema())) AS tables
"""

_writing: ContextVar[bool | None] = ContextVar("writing", default=None)
_waits: ContextVar[int | None] = ContextVar("waits", default=None)
_tries: ContextVar[bool] = ContextVar("tries", default=False)
_closed: ContextVar[bool] = ContextVar("closed", default=False)


class Closed(Exception):
    """An action was tried where none may be done: the request only shows its form again."""


def engine_url(url: str) -> str:
    """`url` with psycopg 3 named as the driver where the customer's address leaves it open."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine_options(url: str, *, web: bool) -> dict[str, Any]:
    """Errors that tell no values; an in-memory SQLite is one that all share.

    For the web, PostgreSQL lets nothing be written but by what says so (`_begin`), and waits for no lock for ever. The
    connection that was used last is used first: its server has planned most statements already. What is no web, jobs,
    the clock and commands, reaches everything (ADR 42).
    """
    if url in ("sqlite://", "sqlite:///:memory:"):
        return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}, "hide_parameters": True}
    web_only = f"-c default_transaction_read_only=on -c lock_timeout={LONGEST_WAIT}"
    known = {} if url.startswith("sqlite") else {"options": web_only if web else REACHES_ALL}
    return {"hide_parameters": True, "connect_args": known, "pool_size": CONNECTIONS, "pool_use_lifo": True}


def will_write(writes: bool | None = True) -> None:
    """Say, before the first query of a request or job, whether it may write; None for what nobody knows."""
    _writing.set(writes)


def goes_on_writing() -> bool:
    """From now on this request may write. Does the transaction in which it has read go on? On SQLite it begins anew:
    one that has read cannot write any more. Nothing that PostgreSQL read is kept from changing meanwhile by either.
    """
    _writing.set(True)
    if goes_on := db.engine.dialect.name != "sqlite":
        return goes_on
    db.session.rollback()
    return goes_on


@contextmanager
def transaction() -> Iterator[scoped_session[Session]]:
    """Everything inside is committed together or not at all, and reads without the viewer's row scope.

    The subject must have been loaded through the scope before. Any exception undoes all of it and goes on up. Raises
    Closed where `close` has been said.
    """
    _still_open()
    if _writing.get() is False:
        db.session.rollback()  # what only reads cannot go on writing
    token = _writing.set(True)
    try:
        with unscoped():
            yield db.session
            try:
                db.session.commit()
            except DBAPIError as error:
                unanswered = error.statement in (None, "COMMIT")  # what is flushed before it has a statement
                error.perhaps_done = unanswered and _went_away(error)  # type: ignore[attr-defined]
                raise
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _writing.reset(token)


def retried(act: Callable[[], T], clashes: tuple[type[Exception], ...] = CLASHES) -> T:
    """Do this in one transaction, and once more from the beginning where the locks of others undid it: nothing of it
    was kept then (docs/adr/0002-district-lock.md). `clashes`: by which of PostgreSQL's errors; what SQLite says after
    its own wait stays said. Raises what the last of TRIES raises.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction():
                return act()
        except DBAPIError as error:
            if not left or not isinstance(error.orig, clashes):
                raise
            log.warning("tried again: %s", type(error.orig).__name__)
            sleep(random.uniform(0, APART))  # where both were undone they are not to meet again
    raise AssertionError("unreachable")


def close(closed: bool = True) -> None:
    """From now on nothing is written in this request but its session (False: that was another request)."""
    _closed.set(closed)


def _still_open() -> None:
    """Raises Closed where `close` has been said."""
    if _closed.get():
        raise Closed


def cannot_now(error: BaseException) -> bool:
    """Is it no fault of ours: the database is locked or away, or a disk is full? Tried again later it may succeed."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    if isinstance(error, PoolTimeout | DisconnectionError):
        return True
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.OperationalError):
        name = getattr(cause, "sqlite_errorname", "") or ""  # SQLITE_BUSY_SNAPSHOT, SQLITE_FULL ...
        return name.removeprefix("SQLITE_").partition("_")[0].lower() in BUSY
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def _went_away(error: DBAPIError) -> bool:
    """Was nothing heard of what was asked? A database that answers says by a code of its own why not."""
    if isinstance(error.orig, sqlite3.Error):
        return (getattr(error.orig, "sqlite_errorname", "") or "").startswith("SQLITE_IOERR")
    return isinstance(error.orig, psycopg.OperationalError) and error.orig.sqlstate in (None, *ENDED)


def leave_off(error: Exception) -> bool:
    """A request ends here whose database is locked, full or away: nothing more of it is kept, and the session is as
    new. May it have been done all the same, for nobody heard how it ended? Raises `error` where it is anything else, a
    fault of ours.
    """
    if not cannot_now(error):
        raise error
    log.warning("the database cannot now: %s", type(error).__name__)
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session.remove()
    return bool(getattr(error, "perhaps_done", False))


def put(connection: Connection, table: FromClause, key: Sequence[str], **values: Any) -> None:
    """Write a row over the one of the same key, or beside the others: whoever else writes it just now, too."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = insert(table).values(**values)
    new = {name: value for name, value in values.items() if name not in key}
    connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=new))


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done inside is seen inside, and never was: to try what would follow, in the caller's transaction."""
    savepoint = db.session.begin_nested()
    try:
        yield
    finally:
        if savepoint.is_active:
            savepoint.rollback()


@contextmanager
def foreseen() -> Iterator[None]:
    """The same for a page that shows what would follow, whether or not its request may write: where it may not, in a
    transaction of its own. Whatever was loaded inside is read again. Raises Closed.
    """
    _still_open()
    token = None
    if _writing.get() is False:
        db.session.rollback()  # what only reads cannot go on writing
        token = _writing.set(True)
    try:
        with taken_back():
            yield
    finally:
        db.session.expire_all()
        if token is not None:
            db.session.rollback()
            _writing.reset(token)


@contextmanager
def trial() -> Iterator[None]:
    """A long try, which keeps nobody waiting: it may write whatever it likes, and leaves nothing behind.

    SQLite has one writer, so what is tried there is written to a copy of the file, of the moment at which it begins.
    PostgreSQL undoes it in the end; it takes no lock of a district. For a job's process, which does one thing at a
    time: nothing may have begun in the session, and what it has loaded is gone afterwards.
    """
    tokens = _writing.set(True), _tries.set(True)
    db.session.remove()
    try:
        with _copied() if db.engine.dialect.name == "sqlite" else nullcontext(), unscoped():
            try:
                yield
            finally:
                db.session.remove()
    finally:
        _writing.reset(tokens[0])
        _tries.reset(tokens[1])


@contextmanager
def _copied() -> Iterator[None]:
    """The application's database is a copy of itself."""
    engines, own = db.engines, db.engine
    with TemporaryDirectory(prefix="kezek-trial-") as folder:
        copy = f"{folder}/kezek.db"
        with own.connect() as read, closing(sqlite3.connect(copy)) as written:
            read.connection.dbapi_connection.backup(written)  # type: ignore[union-attr]
        engines[None] = create_engine(f"sqlite:///{copy}", hide_parameters=True)
        try:
            yield
        finally:
            engines[None].dispose()
            engines[None] = own


@contextmanager
def own_transaction(*, waits: int | None = None) -> Iterator[Connection]:
    """A short transaction of its own on a connection of its own, whatever becomes of the caller's.

    On SQLite the caller's must not be writing: the file has one writer. `waits`: for another writer, milliseconds; as
    long as everybody does if nothing is said. OperationalError afterwards.
    """
    tokens = _writing.set(True), _waits.set(waits)
    try:
        with db.engine.begin() as connection:
            yield connection
    finally:
        _writing.reset(tokens[0])
        _waits.reset(tokens[1])


def lock_district(*place_ids: int) -> None:
    """Spec 3.7: one decision at a time in a queue. Until the transaction ends nobody else decides there.

    SQLite has the whole file already (BEGIN IMMEDIATE). What was read before the lock is read again; under a lock that
    this transaction holds already, nobody else has changed anything.
    """
    db.session.flush()
    lock_districts(place_ids)


def lock_districts(place_ids: Iterable[int]) -> None:
    """The same of several, and only of those that this transaction does not hold yet (docs/adr/0002-district-lock.md).

    In the order of their ids, which is everybody's: whoever may need two takes both before any row of either.
    """
    held: set[int] = db.session().info.get(HELD, set())
    if not _tries.get() and (missing := set(place_ids) - held):
        with db.session.no_autoflush:  # a new row that is not to be written yet stays as it is
            _lock(sorted(missing))
        changed = {*db.session.dirty, *db.session.deleted}
        for row in db.session.identity_map.values():
            if row not in changed and not isinstance(row, OF_NO_DISTRICT):
                db.session.expire(row)


def locked(model: type[R], row_id: int) -> R:
    """A record as it is now; nobody else changes it until the transaction ends."""
    db.session.flush()
    it = select(model).where(model.id == row_id).with_for_update()
    return db.session.scalars(it.execution_options(populate_existing=True)).one()


def lock_text(said: str) -> None:
    """Whoever else locks this text waits until the transaction ends. On SQLite whoever writes is the only one."""
    db.session.flush()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(said, 0))))


def read_again(row: Base, *related: ExecutableOption) -> None:
    """What a record says now, with these of its relations, in one statement."""
    [id_] = inspect(row).identity
    db.session.scalars(_again(type(row), related), {"id": id_}).unique().one()


@lru_cache(maxsize=100)
def _again(model: type[Base], related: tuple[ExecutableOption, ...]) -> Select[Any]:
    """Built once: every verb asks for it, under its district's lock."""
    it = select(model).where(model.id == bindparam("id")).options(*related)
    return it.execution_options(populate_existing=True)


def _lock(place_ids: Iterable[int]) -> None:
    for place_id in place_ids:
        db.session.execute(ITS_LOCK, {"district": place_id})
        db.session().info.setdefault(HELD, set()).add(place_id)


def ends(transaction: SessionTransaction) -> bool:
    """Is it a transaction or a savepoint that ends? A flush has one of SQLAlchemy's own, in which nothing ends."""
    return transaction.parent is None or transaction.nested


@event.listens_for(Session, "after_transaction_end")
def _holds_none(session: Session, transaction: SessionTransaction) -> None:
    """A savepoint that is rolled back gives back what was locked inside."""
    if ends(transaction):
        session.info.pop(HELD, None)


class Rows(NamedTuple):
    """Rows that are to be added to a table, column by column, as the driver takes them."""

    count: int
    columns: Mapping[str, Sequence[Any]]


def as_kept(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> Rows:
    """These rows, which have the same columns in one order. Nothing is asked or locked for it."""
    told = zip(*(row.values() for row in rows), strict=True)  # column by column
    return Rows(len(rows), {name: list(_kept(model, name, cells)) for name, cells in zip(rows[0], told, strict=True)})


def _kept(model: type[Base], column: str, cells: Iterable[Any]) -> Iterable[Any]:
    dialect = db.engine.dialect
    of = model.__table__.columns[column].type.dialect_impl(dialect).bind_processor(dialect)
    return map(of, cells) if of else cells


def insert_all(model: type[Base], rows: Rows, **shared: Any) -> list[int]:
    """Add many rows at once, and what they share; what they leave out is as the model has it.

    Returns their ids, which follow their order. The session sees nothing of it: what it knows of them it reads later.
    It goes past SQLAlchemy, which takes longer for the same rows than either database does; its errors are raised.
    """
    connection, table = db.session.connection(), model.__table__
    ids = _free_ids(connection, table.name, rows.count)
    same = {one.name: one.default.arg for one in table.columns if one.name not in rows.columns and one.default} | shared
    cells = [*rows.columns.values(), *(_kept(model, name, repeat(value)) for name, value in same.items())]
    values = zip(*cells, ids, strict=False)
    columns = [table.columns[name] for name in (*rows.columns, *same, "id")]
    said = connection.dialect.identifier_preparer
    into = f"{said.format_table(table)} ({', '.join(map(said.format_column, columns))})"
    insert, driver = f"INSERT INTO {into}", connection.dialect.loaded_dbapi
    try:
        with closing(connection.connection.cursor()) as cursor:
            if connection.dialect.name == "sqlite":
                cursor.executemany(f"{insert} VALUES ({', '.join('?' * len(columns))})", values)
                return ids
            if connection.info[POLICED]:  # no COPY comes past a policy
                types = ", ".join(f"%s::{one.type.compile(connection.dialect)}[]" for one in columns)
                whole = [list(islice(one, rows.count)) for one in (*cells, ids)]
                cursor.execute(f"{insert} SELECT * FROM unnest({types})", whole)
                return ids
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in values:
                    copy.write_row(row)
            return ids
    except driver.Error as error:
        raise DBAPIError.instance(insert, None, error, driver.Error, hide_parameters=True) from error


def _free_ids(connection: Connection, table: str, count: int) -> list[int]:
    """So many ids for new rows, in their order; on SQLite whoever writes is the only one."""
    if connection.dialect.name == "sqlite":
        last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}").scalar_one()
        return list(range(last + 1, last + 1 + count))
    serial = func.nextval(func.pg_get_serial_sequence(table, "id"))
    return sorted(connection.scalars(select(serial).select_from(func.generate_series(1, count))))


def analyse() -> None:
    """Tell PostgreSQL how many rows there are by now, in the caller's transaction: until it is committed nobody else
    does, and it plans as if the tables were still empty. SQLite plans by what its indexes are.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.flush()
        # our tables alone: those that all databases of a server share would be locked until the transaction ends
        db.session.execute(text(f"ANALYZE {', '.join(table.name for table in Base.metadata.sorted_tables)}"))


def fixed(ids: Select[int]) -> Select[int]:
    """The ids that a select finds now, as a select that stays the same when the rows change: one bound value."""
    known = list(db.session.scalars(ids))
    if db.engine.dialect.name == "sqlite":
        return select(func.json_each(json.dumps(known)).table_valued("value").c.value)
    return select(func.unnest(literal(known, ARRAY(Integer))).column_valued("id"))


def in_order(ids: Sequence[int]) -> tuple[FromClause, ColumnElement[int], ColumnElement[int]]:
    """These ids, in this order, as a table of one bound value; with its columns of ids and of positions."""
    if db.engine.dialect.name == "sqlite":
        rows = func.json_each(json.dumps(list(ids))).table_valued("key", "value")
        return rows, rows.c.value, rows.c.key
    rows = (
        func.unnest(literal(list(ids), ARRAY(Integer))).table_valued("id", with_ordinality="position").render_derived()
    )
    return rows, rows.c.id, rows.c.position


def named(person: type[Child] | type[Applicant] | type[Guardianship], words: list[str]) -> Select[int]:
    """The ids of people in whose folded names each of these folded words (letters alone) begins one."""
    return having_words(person.__table__.c.search_name, words)


def having_words(key: Any, words: list[str]) -> Select[int]:
    """The ids of rows in whose key each of these (letters or digits alone) begins a word.

    PostgreSQL has an index of the words (models.words_of); SQLite, for small towns, reads the keys. Under policies no
    index serves what might tell the words of a row that is not shown, so a function of the owner looks there (ADR 42).
    """
    table = key.table
    if db.engine.dialect.name == "sqlite":
        has = and_(*(literal(" ").concat(key).contains(f" {word}", autoescape=True) for word in words))
        return select(table.c.id).where(has)
    query = func.to_tsquery(text("'simple'"), " & ".join(f"{word}:*" for word in words))
    if (key.table.name, key.name) in SEARCHED and db.session.connection().info[POLICED]:
        found = getattr(func.kezek_reach, f"found_in_{table.name}")(query, type_=Integer)
        return select(found.column_valued("id"))
    return select(table.c.id).where(func.to_tsvector(text("'simple'"), key).op("@@")(query))


def begins_with(column: Any, said: str) -> ColumnElement[bool]:
    """Does a text begin so? PostgreSQL has no index under policies for LIKE, and has one for `^@`, of version 15 on."""
    if db.engine.dialect.name == "sqlite":
        return cast("ColumnElement[bool]", column.startswith(said, autoescape=True))
    return cast("ColumnElement[bool]", column.op("^@", is_comparison=True)(said))


@event.listens_for(Pool, "checkin")
def _given_back(connection: Any, record: Any) -> None:
    """Of one that broke there is nothing left to give back: None."""
    record.info["since"] = monotonic()
    if record.info.pop("only reads", False) and connection is not None:
        connection.autocommit = False


@event.listens_for(Pool, "checkout")
def _is_still_there(connection: Any, record: Any, _fairy: Any) -> None:
    """A connection that was silent for a while is asked whether its server is still there; else another one is opened.

    To ask at each page is what SQLAlchemy's own `pool_pre_ping` does: one more way to the server and back.
    """
    if isinstance(connection, psycopg.Connection) and monotonic() - record.info.get("since", monotonic()) > SILENT:
        try:
            connection.execute("SELECT 1")
            connection.commit()
        except psycopg.OperationalError as gone:
            raise DisconnectionError from gone


class Lasting(PrepareManager):
    """Prepared statements that outlive a savepoint to which a transaction goes back."""

    def _should_discard(self, prep: Prepare, results: Sequence[Any], *rest: Any) -> bool:
        return super()._should_discard(prep, [one for one in results if one.command_status != b"ROLLBACK"], *rest)


class Prepared(psycopg.Connection[Any]):
    """A connection whose prepared statements survive a transaction that is undone, as a whole or to a savepoint.

    The server keeps them; psycopg forgets them, lest one names a table that the transaction made. None of ours makes
    one, and a refused verb would have the next one plan some twenty statements anew, under its district's lock.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._prepared = Lasting()

    def rollback(self) -> None:
        known, self._prepared = self._prepared, Lasting()
        try:
            super().rollback()
        finally:
            self._prepared = known


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Dialect, _record: Any, arguments: Any, more: Any) -> Any:
    return Prepared.connect(*arguments, **more) if dialect.driver == "psycopg" else None


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:
    if isinstance(connection, psycopg.Connection):
        try:
            record.info[CUT], record.info[POLICED] = connection.execute(ASKED).fetchone() or (False, False)
            connection.rollback()
        except psycopg.Error:  # its server went away in between: nobody else would close it
            connection.close()
            raise
        connection.read_only = False  # a transaction says that it writes; what is none reads
        connection.prepared_max, connection.prepare_threshold = PREPARED, 1
    elif isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (f"busy_timeout={LONGEST_WAIT}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Say whether this transaction writes. In PostgreSQL what only reads is none: its statements go one by one, which
    spares two ways to the server and back, and which is all that they would see in one (READ COMMITTED).
    """
    waits = _waits.get()
    if connection.dialect.name == "sqlite":
        if waits is None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
        else:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={waits}")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={LONGEST_WAIT}")
    elif waits is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {waits}")
    elif _writing.get() is False:
        connection.connection.dbapi_connection.autocommit = connection.info["only reads"] = True
