"""What is deployed (issue 14, 9): the image, the compose file and the units start what `make run` starts, as it is
started there. What this machine has no engine for is looked at by its own tools.
"""

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import yaml
from compose_spec import PyCompose

from app.views.transport import MOST_MEGABYTES
from config import ROOT
from tools import run

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "kezek"}
STANDS_BEFORE = ["setpriv", "--pdeathsig=TERM", "nice", "-n", "5"]


def started_by_supervisor() -> set[tuple[str, ...]]:
    """The commands of `make run`, which test_start.py and test_kills.py start, but for its own queue server."""
    parts = configparser.RawConfigParser(inline_comment_prefixes=(" ;",))
    parts.read(DEPLOY / "supervisord.conf")
    found = [shlex.split(parts[name]["command"]) for name in parts if name.startswith("program:")]
    return {plain(command) for command in found if ".venv/bin/valkey-server" not in command}


def plain(command: list[str]) -> tuple[str, ...]:
    rest = [word for word in command if word not in STANDS_BEFORE]
    return (rest[0].removeprefix("/opt/kezek/"), *rest[1:])


def of_unit(path: Path) -> tuple[str, ...]:
    return plain(shlex.split(re.search(r"^ExecStart=(.+)$", path.read_text("utf-8"), re.MULTILINE)[1]))


PREPARED = (".venv/bin/python", "-m", "tools.prepare", *run.preparations({"KEZEK_DEMO": "0"}))


def test_units_and_containers_start_what_make_run_starts():
    parts = started_by_supervisor()
    assert len(parts) == 6
    assert {of_unit(path) for path in UNITS} == parts | {PREPARED}
    assert {plain(one["command"]) for one in OURS.values()} == parts | {PREPARED}


def test_the_image_is_made_by_the_set_up_of_the_readme_and_runs_as_nobody():
    recipe = (DEPLOY / "Containerfile").read_text("utf-8")
    assert re.search(r"^RUN make setup ", recipe, re.MULTILINE)
    assert re.findall(r"^USER (.+)$", recipe, re.MULTILINE) == ["10001"]
    last = re.findall(r"^CMD (.+)$", recipe, re.MULTILINE)[-1]
    assert plain(yaml.safe_load(last)) in started_by_supervisor()
    subprocess.run([run.BIN / "hadolint", "--config", DEPLOY / "hadolint.yaml", DEPLOY / "Containerfile"], check=True)


def test_the_image_holds_what_is_committed_of_the_parts_that_it_needs():
    """Whatever a part imports or opens of the project is let in by .dockerignore."""
    let_in = {
        line[1:].partition("/")[0] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert {"app", "migrations", "translations", "config.py", "run.py", "deploy", "tools", "requirements"} <= let_in
    assert not let_in & {".git", ".venv", "var", "node_modules", "tests"}


def test_compose_starts_two_of_each_and_what_is_written_lies_in_volumes():
    PyCompose.from_yaml(yaml.safe_dump(COMPOSE)).validate()
    parts = [plain(one["command"]) for one in OURS.values()]
    for twice in ("gunicorn", "timetable", "papers"):
        assert sum(any(twice in word for word in command) for command in parts) == 2, twice
    for name, one in OURS.items():
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"]), name
        assert one["security_opt"] == ["no-new-privileges:true"] and "ports" not in one, name
    assert [name for name, one in COMPOSE["services"].items() if "ports" in one] == ["proxy"]
    assert {"database", "queue", "proxy"} == COMPOSE["services"].keys() - OURS.keys()


def test_the_proxy_takes_what_the_web_takes_and_hands_on_no_measure():
    said = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert f"client_max_body_size {MOST_MEGABYTES}m;" in said
    assert re.findall(r"server (web-\d):8000", said) == [name for name in OURS if name.startswith("web-")]
    for setting in (
        "proxy_request_buffering on;",
        "proxy_buffering on;",
        "proxy_next_upstream error non_idempotent;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "location ~ ^/(metrics|health/ready)$ { return 404; }",
    ):
        assert setting in said, setting


def test_units_are_as_systemd_wants_them_and_may_do_little(tmp_path):
    """Its own check, and its own measure of what a service may do, from 0 to 10."""
    for path in (*UNITS, *DEPLOY.glob("systemd/*.target")):
        text = path.read_text("utf-8").replace("/opt/kezek/.venv/bin/", "/bin/true ")
        (tmp_path / path.name).write_text(text)
    shutil.copytree(DEPLOY / "systemd/kezek-.service.d", tmp_path / "kezek-.service.d")
    there = {"env": os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}, "capture_output": True, "text": True}
    units = [*tmp_path.glob("*.service"), *tmp_path.glob("*.target")]
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], **there)
    assert (checked.returncode, checked.stderr) == (0, "")
    services = [path for path in units if path.suffix == ".service"]
    weighed = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", *services], **there)
    assert weighed.returncode == 0, weighed.stdout
    assert len(re.findall("Overall exposure level", weighed.stdout)) == len(services) == len(UNITS)
