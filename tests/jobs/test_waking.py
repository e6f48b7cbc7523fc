"""A commit that leaves work wakes a relay; a queue server that is down or mute is nobody's trouble (spec 7)."""

import socket
import time

import pytest
from rq import Queue

from app.db.database import transaction
from app.db.extensions import connect_redis, db
from app.jobs import outbox, queues, waking
from app.models import Outbox
from tests.factories import START

BACKLOG = 8


def leave() -> None:
    db.session.add(Outbox(job="count", asked_at=START))
    db.session.flush()


def coming(redis) -> int:
    return len(Queue(queues.URGENT, connection=redis))


def test_a_commit_that_leaves_work_asks_for_one_relay(redis):
    for _ in range(3):
        with transaction():
            leave()
    assert coming(redis) == 1
    assert outbox.relay() == 3
    with transaction():
        leave()
    assert coming(redis) == 2


def test_what_was_rolled_back_wakes_nobody(redis):
    with pytest.raises(ZeroDivisionError), transaction():
        leave()
        _ = 1 / 0
    with transaction():
        db.session.scalar(db.select(Outbox.id))
    assert coming(redis) == 0


def test_a_savepoint_wakes_nobody_and_the_commit_around_it_does(redis):
    with transaction():
        with db.session.begin_nested():
            leave()
        assert coming(redis) == 0
    assert coming(redis) == 1


@pytest.fixture
def mute(app, tmp_path, monkeypatch):
    """A queue server that takes the call and never says a word."""
    path = str(tmp_path / "mute.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(BACKLOG)
        monkeypatch.setitem(app.extensions, "kezek_redis", connect_redis(f"unix://{path}"))
        monkeypatch.setitem(app.extensions, waking.DOWN_UNTIL, 0.0)
        yield server


def calls(server: socket.socket) -> int:
    """How many called since it was asked last."""
    server.setblocking(False)
    for count in range(BACKLOG):
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
    return BACKLOG


def test_a_mute_server_is_called_once_fails_no_commit_and_is_spared_then(mute):
    for _ in range(3):
        with transaction():
            leave()
    assert calls(mute) == 1
    assert db.session.scalar(db.select(db.func.count(Outbox.id))) == 3


def test_a_server_that_is_not_there_is_not_asked_again_at_once(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "kezek_redis", connect_redis("unix:///nowhere/valkey.sock"))
    monkeypatch.setitem(app.extensions, waking.DOWN_UNTIL, 0.0)
    with transaction():
        leave()
    assert app.extensions[waking.DOWN_UNTIL] > time.monotonic()
    assert db.session.scalar(db.select(db.func.count(Outbox.id))) == 1


def test_it_is_asked_again_when_it_was_spared_long_enough(redis, app):
    app.extensions[waking.DOWN_UNTIL] = time.monotonic() + 100
    with transaction():
        leave()
    assert coming(redis) == 0
    app.extensions[waking.DOWN_UNTIL] = time.monotonic() - 1
    with transaction():
        leave()
    assert coming(redis) == 1
