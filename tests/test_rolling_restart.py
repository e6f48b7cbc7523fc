"""Issue 14, 9: a new version is rolled out as docs/operations.md says, one web after the other, while people work.

The webs are those of the units, the proxy is nginx with deploy/nginx.conf: no form is lost, none is done twice, and
nobody sees that a web was away.
"""

import json
import os
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.request import urlopen

from config import ROOT
from tests.clients import Browser, Clerk
from tests.gateways import certificate
from tests.running import family, free_port, soon
from tools import run

CLERKS = 3


class Web:
    """One of the webs, on a port of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.environment = environment | {"KEZEK_PORT": self.port}

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
        self.process = subprocess.Popen(command, cwd=run.ROOT, env=self.environment)
        assert soon(self.ready)

    def ready(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as page:
            return page.status == 200
        return False

    def end(self) -> None:
        """As systemd and docker ask for it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def close(self) -> None:
        for pid in family(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def proxy(folder: Path, port: str, *webs: Web) -> subprocess.Popen:
    """nginx as it is deployed, but with other ports, files and a certificate."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert program, "this test needs Debian's nginx: `make test` as root installs it"
    pem = certificate(folder / "localhost.pem")
    said = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    for was, becomes in (
        ("listen 80 default_server", f"listen 127.0.0.1:{free_port()} default_server"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/run/nginx.pid", f"{folder}/nginx.pid"),
        ("/etc/nginx/tls/cert.pem", str(pem)),
        ("/etc/nginx/tls/key.pem", str(pem)),
        *((f"web-{n}:8000", f"127.0.0.1:{web.port}") for n, web in enumerate(webs, 1)),
    ):
        assert was in said
        said = said.replace(was, becomes)
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = "".join(f"    {one}_temp_path {folder}/{one};\n" for one in parts)
    (folder / "nginx.conf").write_text(said.replace("http {\n", "http {\n" + kept))
    return subprocess.Popen([program, "-c", folder / "nginx.conf", "-e", "stderr", "-g", "daemon off; user root;"])


def test_while_one_web_after_the_other_is_restarted_no_form_is_lost_or_done_twice(seeded, tmp_path):
    with ExitStack() as held:
        var = tmp_path / "var"
        shutil.copytree(seeded, var)
        port = free_port()
        own = {"KEZEK_VAR": str(var), "KEZEK_DEMO": "1", "SECRET_KEY": "for one test alone, long enough to be one"}
        own |= {"KEZEK_URL": f"https://localhost:{port}", "KEZEK_PROXIES": "1"}
        without = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        webs = [Web(without | own) for _ in range(2)]
        for web in webs:
            held.callback(web.close)
            web.start()
        nginx = held.enter_context(proxy(tmp_path, port, *webs))
        held.callback(nginx.send_signal, signal.SIGTERM)
        tls = ssl.create_default_context(cafile=tmp_path / "localhost.pem")
        password = json.loads((var / "demo.json").read_text())["department"]["password"]
        clerks = []
        for number in range(CLERKS):
            browser = Browser(f"https://localhost:{port}", tls=tls)
            assert soon(lambda browser=browser: answers(browser))

            def form(serial: int, number: int = number) -> tuple[str, dict[str, str]]:
                day = f"20{40 + number}-{1 + serial // 28:02}-{1 + serial % 28:02}"
                return "/days-off/add", {"day": day, "name": f"Мереке {number}", "decree": f"№ {serial}"}

            clerks.append(Clerk(browser, ("department", password), "/days-off/add", form))
        for clerk in clerks:
            clerk.start()
        for web in webs:
            goes_on(clerks)
            web.end()
            goes_on(clerks)  # the other web works
            web.start()
        said = [clerk.ended() for clerk in clerks]
        print(said)
        assert [{answer for answer in one if answer not in (200, 302, 303)} for one in said] == [set()] * CLERKS
        with closing(sqlite3.connect(var / "kezek.db")) as database:
            kept = database.execute(
                "SELECT name, count(*) FROM day_off WHERE name LIKE 'Мереке _' GROUP BY name"
            ).fetchall()
        assert kept == [(f"Мереке {number}", len(clerk.done)) for number, clerk in enumerate(clerks)]


def goes_on(clerks: list[Clerk]) -> None:
    """Each of them has had some answers more."""
    before = [len(clerk.done) for clerk in clerks]
    assert soon(lambda: all(len(clerk.done) > n + 2 for clerk, n in zip(clerks, before, strict=True)))


def answers(browser: Browser) -> bool:
    with suppress(OSError):
        return browser.get("/login/").status == 200
    return False
