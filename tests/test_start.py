"""`make run`: everything starts, what is killed comes back, and nothing is left at the end."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from tools import run

COMMAND = [sys.executable, "tools/run.py"]
PARTS = ["valkey", "web", "worker", "timetable"]


@dataclass
class Kezek:
    """A running one, in a folder and on a port of its own."""

    process: subprocess.Popen
    environment: dict[str, str]

    def pid(self, part: str) -> int:
        command = [run.BIN / "supervisorctl", "-c", "deploy/supervisord.conf", "pid", part]
        answer = subprocess.run(command, cwd=run.ROOT, env=self.environment, capture_output=True, text=True)
        return int(answer.stdout)

    def answers(self) -> bool:
        address = f"http://127.0.0.1:{self.environment['KEZEK_PORT']}/"
        with contextlib.suppress(OSError), urlopen(address, timeout=5) as page:
            return page.status == 200
        return False


@contextlib.contextmanager
def started() -> Iterator[Kezek]:
    """It ends with the test; its folder has a space in its name, and is short enough for a socket."""
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="kezek ") as var:
        free.bind(("127.0.0.1", 0))
        own = {"KEZEK_VAR": var, "KEZEK_PORT": str(free.getsockname()[1]), "KEZEK_DEMO": "1"}
        free.close()
        place = {"cwd": run.ROOT, "env": os.environ | own}
        with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, **place) as process:
            assert any("Kezek is at" in line for line in process.stdout)
            yield Kezek(process, place["env"])
            process.terminate()
        assert soon(lambda: not (Path(var) / "supervisor.sock").exists())


@pytest.fixture(scope="module")
def kezek() -> Iterator[Kezek]:
    with started() as running:
        yield running


def soon(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60  # a busy machine is no failure
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("part", PARTS)
def test_what_is_killed_comes_back(kezek, part):
    killed = kezek.pid(part)
    os.kill(killed, signal.SIGKILL)
    assert soon(lambda: kezek.pid(part) not in (0, killed))
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

    assert soon(bound)  # whom another test killed may be on its way back
    assert bound() == {"0100007F"}


def test_a_second_one_in_the_same_folder_is_refused(kezek):
    free = kezek.environment | {"KEZEK_PORT": ""}
    second = subprocess.run(COMMAND, cwd=run.ROOT, env=free, stderr=subprocess.PIPE, text=True)
    assert second.returncode == 1
    assert f"already runs in {free['KEZEK_VAR']}" in second.stderr


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind(sign):
    with started() as running:
        pids = [running.pid(part) for part in PARTS]
        assert all(map(alive, pids))
        running.process.send_signal(sign)
        assert soon(lambda: not any(map(alive, pids)))
