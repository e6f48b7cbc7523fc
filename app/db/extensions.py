"""The parts that one process shares: database, migrations, CSRF guard, and the queue server's connection."""

from flask import current_app
from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

db: SQLAlchemy = SQLA(metadata=Model.metadata)
migrate = Migrate()
csrf = CSRFProtect()


def redis() -> Redis:
    """A connection to the queue server. Redis holds nothing of ours that a row does not hold too (spec 9)."""
    return current_app.extensions["kezek_redis"]


def connect_redis(url: str) -> Redis:
    """Connect lazily; one try and short timeouts, so that a queue server that is down never holds a page up.

    RQ's worker, which waits for jobs, raises the timeout of its own process.
    """
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=once, health_check_interval=30)
