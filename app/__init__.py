"""Kezek: the table of contents. `create_app` puts the floors together; nothing else happens here."""

import atexit
import gc
import os

COLLECTS = gc.isenabled()
gc.disable()  # nothing that is imported becomes garbage: to look for some takes a quarter of a start
atexit.register(gc.freeze)  # and at the end another quarter

from flask import Flask  # noqa: E402
from flask_babel import Babel  # noqa: E402

import config as settings  # noqa: E402
from app import api, cabinet, cli, health, jobs, logs, views  # noqa: E402
from app.access import policies  # noqa: E402
from app.db import database  # noqa: E402
from app.db.extensions import connect_redis, csrf, db, migrate  # noqa: E402

if COLLECTS:
    gc.enable()


def create_app(config: settings.Config | None = None, *, web: bool = False) -> Flask:
    """Make the application for one process. `web`: with screens, for which a SECRET_KEY is needed (RuntimeError).

    Jobs, scenarios and the commands of `flask` show no screen, do without it, and start faster.
    """
    os.umask(0o077)  # whatever any part of Kezek writes is for its own user alone
    config = config or settings.load()
    logs.begin(config.log)
    app = logs.Kezek(__name__)
    app.config.update(
        KEZEK=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=database.engine_url(config.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(config.database_url, web=web),
    )
    app.extensions["kezek_redis"] = connect_redis(config.redis_url)
    db.init_app(app)
    # migrations/env.py, which imports nothing of ours, takes the lock off and lays it again
    migrate.init_app(app, db, directory=str(settings.ROOT / "migrations"), second_lock=policies)
    cli.register(app)
    jobs.register(app)
    app.config.update(BABEL_DEFAULT_LOCALE="kk", BABEL_TRANSLATION_DIRECTORIES=str(settings.ROOT / "translations"))
    if web:
        views.register(app, csrf)
        cabinet.register(app, csrf)
        api.register(app, csrf)
        health.register(app)
    else:
        Babel(app)  # jobs write to families in their languages
    return app
