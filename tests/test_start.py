"""`make run`: everything starts, what is killed comes back, and nothing is left at the end."""

import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.running import COMMAND, Kezek, alive, children, soon, started
from tools import run

PARTS = ["valkey", "web", "urgent", "worker", "papers", "messenger", "timetable"]


@pytest.fixture(scope="module")
def kezek() -> Iterator[Kezek]:
    """From the very beginning: nothing is in its folder. At the end TERM leaves nothing, as other signals below."""
    with started() as running:
        yield running
        assert ended_by(running, signal.SIGTERM)


def ended_by(running: Kezek, sign: signal.Signals) -> bool:
    """Does this signal to what was started end all of its parts?"""
    assert soon(lambda: all(map(running.pid, PARTS)))
    pids = [running.pid(part) for part in PARTS]
    assert all(map(alive, pids))
    running.process.send_signal(sign)
    return soon(lambda: not any(map(alive, pids)))


def test_the_web_that_is_killed_comes_back(kezek):
    """As every part does: test_kills.py."""
    killed = kezek.pid("web")
    assert killed  # 0 would be the tests themselves
    orphans = children(killed)
    os.kill(killed, signal.SIGKILL)
    assert soon(lambda: not any(map(alive, orphans)))  # until then they may be those that answer
    assert soon(lambda: kezek.pid("web") not in (0, killed))
    assert soon(kezek.answers)


def test_the_demo_key_is_for_its_owner_only(kezek):
    key = Path(kezek.environment["KEZEK_VAR"], "secret_key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_whatever_the_parts_write_is_for_their_own_user_alone(kezek):
    folder = Path(kezek.environment["KEZEK_VAR"])
    written = [path for path in folder.rglob("*") if path.exists()]
    assert len(written) > 5
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []


def test_the_demo_listens_on_this_machine_alone(kezek):
    """Spec 7: every socket on its port is bound to loopback, as the kernel says."""
    port = f"{int(kezek.environment['KEZEK_PORT']):04X}"
    listening = "0A"

    def bound() -> set[str]:
        tables = [Path("/proc/net", table).read_text().splitlines() for table in ("tcp", "tcp6")]
        lines = [line.split() for table in tables for line in table]
        return {
            where[1].partition(":")[0] for where in lines if where[1].endswith(f":{port}") and where[3] == listening
        }

    assert bound() == {"0100007F"}


def test_the_processes_of_the_web_share_one_import_and_no_connection(kezek):
    """What two processes read from one connection is the other's answer (spec 6, trap 12)."""
    parent = Path("/proc", str(kezek.pid("web")))
    assert soon(lambda: len(children(int(parent.name))) == 2)  # the first answers before the second is there
    assert "psycopg_binary" in parent.joinpath("maps").read_text(), "the application is not imported here"
    held = [os.readlink(one) for one in parent.joinpath("fd").iterdir()]
    assert [one for one in held if kezek.environment["KEZEK_VAR"] in one] == [], "a database"
    assert len([one for one in held if one.startswith("socket:")]) == 1, "more than what listens"


def test_what_the_processes_of_the_web_have_answered_is_counted_together(kezek):
    before = counted(kezek)
    for _ in range(20):
        page(kezek, "/health/live")
    assert counted(kezek) - before == 20


def page(kezek: Kezek, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{kezek.environment['KEZEK_PORT']}{path}", timeout=60) as answer:
        return answer.read().decode()


def counted(kezek: Kezek) -> float:
    of_rule = r'^kezek_requests_total{method="GET",route="/health/live",status="200"} (.+)$'
    return sum(map(float, re.findall(of_rule, page(kezek, "/metrics"), re.MULTILINE)))


def test_a_second_one_in_the_same_folder_is_refused(kezek):
    free = kezek.environment | {"KEZEK_PORT": ""}
    second = subprocess.run(COMMAND, cwd=run.ROOT, env=free, stderr=subprocess.PIPE, text=True)
    assert second.returncode == 1
    assert f"already runs in {free['KEZEK_VAR']}" in second.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind(seeded, sign):
    with started(seeded) as running:
        assert ended_by(running, sign)
