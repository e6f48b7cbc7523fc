"""A database for one play: SQLite in memory, or a schema of its own on the PostgreSQL at hand (spec 4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.schema import CreateSchema, DropSchema

from app.actions import shipping
from app.db.database import engine_options, engine_url, transaction
from app.db.extensions import db

IN_MEMORY = "sqlite://"

# By address: applications whose play is over. The next play takes one with all the statements that its engine has
# compiled, which is a quarter of the work of a play.
_idle: dict[str, list[Flask]] = {}


@contextmanager
def scratch(database_url: str) -> Iterator[None]:
    """Inside, the current database is an empty one with what Kezek comes with; afterwards it is gone, also after
    a failure. `database_url`: the customer's own, of which only PostgreSQL is used, and only a new schema of it.
    """
    url = engine_url(database_url)
    if make_url(url).get_backend_name() != "postgresql":
        url = IN_MEMORY
    idle = _idle.setdefault(url, [])
    app = idle.pop() if idle else _application(url)
    with app.app_context():
        try:
            _create(app)
            with transaction():
                shipping.ship()
            yield
        finally:
            db.session.remove()
            _drop(app)
            db.engine.dispose()
    idle.append(app)


def _application(url: str) -> Flask:
    """One that has a database and nothing else: no queue server, no screens, no jobs."""
    app, options = Flask("scratch"), engine_options(url, web=False)
    if url != IN_MEMORY:
        app.config["SCHEMA"] = f"scenario_{token_hex(8)}"
        options["connect_args"] = {"options": f"-csearch_path={app.config['SCHEMA']}"}
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db.init_app(app)
    return app


def _create(app: Flask) -> None:
    with db.engine.begin() as connection:
        if schema := app.config.get("SCHEMA"):
            connection.execute(CreateSchema(schema))
        db.metadata.create_all(connection, checkfirst=False)


def _drop(app: Flask) -> None:
    """What is in memory goes with its connection."""
    if schema := app.config.get("SCHEMA"):
        with db.engine.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True, if_exists=True))
