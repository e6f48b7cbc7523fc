"""The queue server, empty at the start of each test."""

import pytest
from flask import Flask
from redis import Redis

from app.jobs import waking


@pytest.fixture
def redis(server: Redis, app: Flask) -> Redis:
    server.flushall()
    app.extensions[waking.DOWN_UNTIL] = 0.0
    return server
