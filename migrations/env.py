"""Runs migrations on the application's own engine: one transaction, on SQLite by copying tables where it must."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator


def as_kept(_kind: str, item: Any, _autogenerate: Any) -> str | bool:
    """A type of ours is written as what the database keeps: a migration imports nothing of app/."""
    return f"sa.{item.impl!r}" if isinstance(item, TypeDecorator) else False


def at_head() -> bool:
    """Are these the tables that the code of today knows?"""
    return set(context.get_context().get_current_heads()) == set(context.script.get_heads())


@contextmanager
def lock_laid_again(connection: Any) -> Iterator[None]:
    """PostgreSQL's policies (ADR 42) hold on to columns, so they are off while tables change. In the end they are there
    for the same roles, of the scopes of today; between two days the role that works sees nothing.
    """
    lock, to = extension.configure_args["second_lock"], context.get_context().opts.get("destination_rev")
    if connection.dialect.name == "sqlite" or to is None:  # what only looks has no destination
        yield
        return
    known = lock.laid_for(connection)
    if not (to in ("head", "heads") and at_head()):
        lock.take_off(connection)
    yield
    if at_head():
        lock.lay_again(connection, known)


extension = current_app.extensions["migrate"]

with extension.db.engine.connect() as connection:
    on_sqlite = connection.dialect.name == "sqlite"
    outside = connection.connection.dbapi_connection  # nothing has begun: only then SQLite takes this wish
    if on_sqlite:
        outside.execute("PRAGMA foreign_keys = OFF")  # a copied table takes the place of one that others refer to
    try:
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadata,
            render_item=as_kept,
            **extension.configure_args,
        )
        with context.begin_transaction(), lock_laid_again(connection):
            context.run_migrations()
            if on_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"rows that refer to none: {broken[:5]}")
        connection.commit()
    finally:
        if on_sqlite:
            connection.rollback()
            outside.execute("PRAGMA foreign_keys = ON")
