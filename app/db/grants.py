"""What the role may do in PostgreSQL with which Kezek works, when another one owns the tables (ADR 34)."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from app.db.extensions import db
from app.models import Base, Change, HistoryLink, HistorySeal, Signature

FOR_GOOD = (Change, HistoryLink, HistorySeal, Signature)  # written once: the role neither changes nor removes a row


class NotGranted(Exception):
    """The message says why."""


def grant(connection: Connection, role: str) -> None:
    """Let a role do what the web, workers and the clock do; what is written for good it may add and read alone.

    The owner of the tables says so, in its transaction. Raises NotGranted.
    """
    to, schema = _role_and_schema(connection, role)
    prepare = connection.dialect.identifier_preparer
    for_good = ", ".join(prepare.format_table(model.__table__) for model in FOR_GOOD)
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {to}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {to}",
        f"REVOKE UPDATE, DELETE ON {for_good} FROM {to}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {to}",
    ):
        connection.execute(text(statement))


def grant_reading(connection: Connection, role: str, models: Iterable[type[Base]]) -> None:
    """Let a role look at the rows of these tables, and at nothing else. Raises NotGranted."""
    to, schema = _role_and_schema(connection, role)
    prepare = connection.dialect.identifier_preparer
    named = ", ".join(prepare.format_table(model.__table__) for model in models)
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {to}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {to}",
        f"GRANT SELECT ON {named} TO {to}",
    ):
        connection.execute(text(statement))


def _role_and_schema(connection: Connection, role: str) -> tuple[str, str]:
    """As they stand in a statement. Raises NotGranted for a role that is none, or is the owner."""
    if connection.dialect.name != "postgresql":
        raise NotGranted("only PostgreSQL has roles")
    if not connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": role}):
        raise NotGranted("there is no such role: CREATE ROLE … LOGIN PASSWORD …")
    if connection.scalar(text("SELECT pg_has_role(:role, current_user, 'USAGE')"), {"role": role}):
        raise NotGranted("this role owns the tables, or may act as whoever does: Kezek needs another one")
    prepare = connection.dialect.identifier_preparer
    return prepare.quote(role), prepare.quote(connection.scalar(text("SELECT current_schema()")))


def may_erase() -> bool:
    """May this role erase what the history says of people? Who owns the tables may, and on SQLite everybody."""
    if db.engine.dialect.name != "postgresql":
        return True
    rights = text("SELECT has_table_privilege(current_user, :name, 'UPDATE')")
    return all(db.session.scalar(rights, {"name": model.__tablename__}) for model in FOR_GOOD)
