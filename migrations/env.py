"""Runs migrations on the application's own engine: one transaction, on SQLite by copying tables where it must."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator


def as_kept(_kind: str, item: Any, _autogenerate: Any) -> str | bool:
    """A type of ours is written as what the database keeps: a migration imports nothing of app/."""
    return f"sa.{item.impl!r}" if isinstance(item, TypeDecorator) else False


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
        with context.begin_transaction():
            if not on_sqlite and set(context.get_context().get_current_heads()) != set(context.script.get_heads()):
                # policies stand on columns; until `flask grant` makes them anew, the role that works sees nothing
                connection.exec_driver_sql("DROP SCHEMA IF EXISTS kezek_reach CASCADE")
            context.run_migrations()
            if on_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"rows that refer to none: {broken[:5]}")
        connection.commit()
    finally:
        if on_sqlite:
            connection.rollback()
            outside.execute("PRAGMA foreign_keys = ON")
