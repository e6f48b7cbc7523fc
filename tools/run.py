"""Start all of Kezek on this machine, what `make run` does after set-up; Ctrl-C or TERM stops all of it.

A test starts the same elsewhere, and asks the supervisor for its processes: valkey, web, urgent,
worker, papers, messenger, timetable.

    KEZEK_VAR=/tmp/k KEZEK_PORT=8123 .venv/bin/python tools/run.py &   # ready when it prints "Kezek is at"
    KEZEK_VAR=/tmp/k .venv/bin/supervisorctl -c deploy/supervisord.conf pid worker
    kill %1 && wait                                                    # and nothing is left

KEZEK_VAR is the folder for all that is written (var), KEZEK_PORT the port (8080, or the next free one).
REDIS_URL and DATABASE_URL name servers to use instead of what lies in KEZEK_VAR. KEZEK_SIZE is the invented town's
where there is none yet: S, M or L (`flask seed --help`). KEZEK_DEMO=0 is for real
data: no invented town, real time, and a SECRET_KEY of your own.
"""

import configparser
import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
SUPERVISED = "deploy/supervisord.conf"
PATIENCE = 60  # seconds until the web must have answered
SOCKET_PATH = 107  # bytes: what the kernel allows


def main() -> None:
    """Prepare, start, say where, wait for the end."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit())
    os.umask(0o077)  # what the parts write is for their own user alone
    var = Path(os.environ.get("KEZEK_VAR") or ROOT / "var").resolve()
    check(var)
    told = settings(var)
    place = {"cwd": ROOT, "env": {**os.environ, **told}}
    prepared = Path(told["KEZEK_PREPARED"])
    prepared.unlink(missing_ok=True)
    # In a session of its own it hears no Ctrl-C, only us; and if we are killed, it stops as well.
    command = ["setpriv", "--pdeathsig=TERM", BIN / "supervisord", "-c", SUPERVISED]
    with subprocess.Popen(command, start_new_session=True, **place) as supervisor:
        try:
            # The web imports the application meanwhile, and listens when the database is ready.
            if subprocess.run([BIN / "python", "-m", "tools.prepare", *preparations(told)], **place).returncode:
                sys.exit("Kezek did not start: the database could not be made ready, see above.")
            prepared.touch()
            port = int(told["KEZEK_PORT"])
            if not answers(port, supervisor):
                sys.exit(f"Kezek did not start: the web gave no answer, see {var / 'log'}.")
            start = [BIN / "supervisorctl", "-c", SUPERVISED, "start", *behind()]
            subprocess.run(start, stdout=subprocess.DEVNULL, **place)
            print(f"\nKezek is at http://127.0.0.1:{port} (Ctrl-C stops it)\n{accounts(var)}", flush=True)
            supervisor.wait()
        finally:
            supervisor.terminate()


def behind() -> list[str]:
    """What works behind the web and is started once it answers: what the supervisor never starts by itself."""
    parts = configparser.RawConfigParser(inline_comment_prefixes=(" ;",))
    parts.read(ROOT / SUPERVISED)
    never = [name for name in parts if parts[name].get("autostart") == "false"]
    return [name.removeprefix("program:") for name in never]


def preparations(told: dict[str, str]) -> list[str]:
    """The commands of flask that make the database ready; the invented town belongs to the demo only."""
    seed = f"seed --size {told.get('KEZEK_SIZE') or 'S'}"
    return ["db upgrade", "ship"] + ([seed] if told["KEZEK_DEMO"] == "1" else [])


def check(var: Path) -> None:
    """Refuse a folder that is in use, or whose sockets could have no name."""
    var.joinpath("log").mkdir(parents=True, exist_ok=True)
    if len(os.fsencode(var / "supervisor.sock.4194304")) > SOCKET_PATH:
        sys.exit(f"The name of {var} is too long for a socket: set KEZEK_VAR to a shorter one.")
    for name in ("supervisor.sock", "valkey.sock"):
        with socket.socket(socket.AF_UNIX) as client:
            if client.connect_ex(str(var / name)) == 0:
                sys.exit(f"Kezek already runs in {var}: stop it first, or set KEZEK_VAR to another.")


def settings(var: Path) -> dict[str, str]:
    """What the parts are told through the environment, where the caller has not said otherwise."""
    told = {"KEZEK_VAR": str(var), "KEZEK_DEMO": os.environ.get("KEZEK_DEMO", "1")}
    told["KEZEK_SIZE"] = os.environ.get("KEZEK_SIZE", "S")
    told["KEZEK_PORT"], told["KEZEK_PREPARED"] = free_port(), str(var / "prepared")
    told["KEZEK_VALKEY"] = "false" if os.environ.get("REDIS_URL") else "true"
    if told["KEZEK_DEMO"] == "1" and not os.environ.get("SECRET_KEY"):
        told["SECRET_KEY"] = demo_key(var / "secret_key")
    return told


def free_port() -> str:
    """The port that was asked for, or 8080, or the next that nobody listens on."""
    wanted = os.environ.get("KEZEK_PORT")
    for port in [int(wanted)] if wanted else range(8080, 8180):
        with contextlib.suppress(OSError), socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
            return str(port)
    sys.exit(f"Port {wanted or '8080 and all up to 8179'} is in use: set KEZEK_PORT to another.")


def demo_key(path: Path) -> str:
    """The demo's own secret, made on the first start, for its owner's eyes."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def answers(port: int, supervisor: subprocess.Popen) -> bool:
    """Wait until the web gives any answer; False when the supervisor ended first, or patience did."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and supervisor.poll() is None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            client.request("GET", "/")
            client.getresponse()
            return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            client.close()
    return False


def accounts(var: Path) -> str:
    """The demo accounts, which `flask seed` wrote, as a table."""
    path = var / "demo.json"
    if not path.exists():
        return ""
    rows = [("role", "login", "password")]
    rows += [(role, each["login"], each["password"]) for role, each in json.loads(path.read_text()).items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


if __name__ == "__main__":
    main()
