"""Where the server stands: the zones of six of them."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(
    params=["UTC", "Asia/Almaty", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata", "Etc/GMT+12"]
)
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()
