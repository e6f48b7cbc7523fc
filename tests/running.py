"""What `make run` starts, for a test: in a folder of its own, empty or a copy of one that was made ready before."""

import contextlib
import fcntl
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from urllib.request import urlopen

import pytest

from tools import run

COMMAND = [sys.executable, "tools/run.py"]


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
def started(ready: Path | None = None, **more: str) -> Iterator[Kezek]:
    """It is gone after the test; its folder has a space in its name, and is short enough for a socket.

    `ready`: a folder that `prepared` has filled. `more`: other settings.
    """
    with tempfile.TemporaryDirectory(prefix="kezek ") as var:
        if ready:
            copytree(ready, var, dirs_exist_ok=True)
        own = {"KEZEK_VAR": var, "KEZEK_PORT": free_port(), "KEZEK_DEMO": "1"} | more
        place = {"cwd": run.ROOT, "env": _unset() | own}
        with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, **place) as process:
            try:
                assert any("Kezek is at" in line for line in process.stdout)
                yield Kezek(process, place["env"])
            finally:
                # at once, for to end well takes it seconds; until none is left, for a worker may just have forked
                assert soon(lambda: not ended(living_in(var)))


@contextlib.contextmanager
def web_alone(ready: Path) -> Iterator[int]:
    """The port of the web by itself, on a database that is ready, without a queue server."""
    with tempfile.TemporaryDirectory(prefix="kezek ") as var:
        copytree(ready, var, dirs_exist_ok=True)
        own = {"KEZEK_VAR": var, "KEZEK_PORT": free_port(), "KEZEK_DEMO": "1", "SECRET_KEY": "for one test alone"}
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
        with subprocess.Popen(command, cwd=run.ROOT, env=_unset() | own) as process:
            try:
                told = Kezek(process, own)
                assert soon(lambda: process.poll() is not None or told.answers()) and process.poll() is None
                yield int(own["KEZEK_PORT"])
            finally:
                ended(family(process.pid))


def prepared(var: Path, **more: str) -> None:
    """Fill a folder as `make run` does before it starts anything."""
    told = {"KEZEK_VAR": str(var), "KEZEK_DEMO": "1"} | more
    command = [sys.executable, "-m", "tools.prepare", *run.preparations(told)]
    subprocess.run(command, cwd=run.ROOT, env=_unset() | told, check=True)


def once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], None]) -> Path:
    """A folder of this name that all workers of a run share, filled by the first that asks; nobody writes there."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            part = Path(tempfile.mkdtemp(dir=folder.parent))
            fill(part)
            part.rename(folder)
    return folder


def free_port() -> str:
    """Below those that the kernel gives to whoever connects or asks for any, it is nobody's until its server takes it,
    and while its server is restarted.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.SystemRandom().randrange(10_000, lowest)  # each test begins with the same numbers of `random`
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return str(port)


def _unset() -> dict[str, str]:
    """The environment without the servers of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}


def soon(true: Callable[[], object], every: float = 0.1, patience: float = 90) -> bool:
    """Whether it becomes true; a busy machine is no failure."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(every)
    return False


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def living_in(var: str) -> list[int]:
    """All processes whose KEZEK_VAR this is and that are no zombies, whoever has started them."""
    found, told = [], f"KEZEK_VAR={var}\0".encode()
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if told in (one / "environ").read_bytes():
                found.append(int(one.name))
    return found


def ended(pids: list[int]) -> list[int]:
    """They are killed; those that there were."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pids


def family(pid: int) -> list[int]:
    """A process and all that it started, those that were started later last."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@contextlib.contextmanager
def full(pid: Callable[[str], int], *parts: str) -> Iterator[None]:
    """Inside, no process of these parts can write to any file, as on a full disk; `pid`: of a part."""
    before = dict[int, tuple[int, int]]()
    for one in (one for part in parts for one in family(pid(part)) if one):  # 0 would be ourselves
        with contextlib.suppress(ProcessLookupError):  # a job that ends meanwhile
            before[one] = resource.prlimit(one, resource.RLIMIT_FSIZE)
            resource.prlimit(one, resource.RLIMIT_FSIZE, (0, before[one][1]))
    try:
        yield
    finally:
        for one, limits in before.items():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(one, resource.RLIMIT_FSIZE, limits)
