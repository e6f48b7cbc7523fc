"""The throw-away PostgreSQL of the tests themselves."""

import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text

from tools import postgres

HOLD = "from tools import postgres\nwith postgres.cluster() as url: print(url, flush=True), input()"


def folder(url: str) -> Path:
    return Path(make_url(url).query["host"])


def test_it_answers_and_leaves_nothing_behind():
    with postgres.cluster() as url:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            assert connection.scalar(text("show listen_addresses")) == ""
        assert folder(url).exists()
    assert not folder(url).exists()


def test_it_leaves_nothing_behind_when_its_caller_is_killed():
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as caller:
        place = folder(caller.stdout.readline().strip())
        assert place.exists()
        caller.kill()
    end = time.monotonic() + 60
    while place.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not place.exists()
