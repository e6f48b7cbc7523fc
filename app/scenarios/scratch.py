"""A database for one play: SQLite in memory, or a schema of its own on the PostgreSQL at hand (spec 4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from flask import Flask
from sqlalchemy import create_engine, make_url, text

from app import shipped
from app.database import engine_options, engine_url, transaction
from app.extensions import db


@contextmanager
def scratch(database_url: str) -> Iterator[None]:
    """Inside, the current database is an empty one with what Kezek comes with; afterwards it is gone, also after
    a failure. `database_url`: the customer's own, of which only PostgreSQL is used, and only a new schema of it.
    """
    url = engine_url(database_url)
    if make_url(url).get_backend_name() != "postgresql":
        with _in("sqlite://"):
            yield
        return
    schema = f"scenario_{token_hex(8)}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f'CREATE SCHEMA "{schema}"'))
        try:
            with _in(url, schema):
                yield
        finally:
            with server.connect() as connection:
                connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
    finally:
        server.dispose()


@contextmanager
def _in(url: str, schema: str | None = None) -> Iterator[None]:
    """An application that has a database and nothing else: no queue server, no screens, no jobs."""
    app, options = Flask("scratch"), engine_options(url, web=False)
    if schema is not None:
        options["connect_args"] = {"options": f"-csearch_path={schema}"}
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db.init_app(app)
    with app.app_context():
        try:
            db.create_all()
            with transaction():
                shipped.ship()
            yield
        finally:
            db.session.remove()
            db.engine.dispose()
