"""What a stranger meets first: the commands, the pins, the set-up."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.guards import GUARDS
from tests.one_database import ONE_DATABASE, SOME_CASES

ROOT = Path(__file__).resolve().parent.parent
PINS = sorted((ROOT / "requirements").glob("*.txt"))
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def files() -> list[Path]:
    """All that is, or could be, committed."""
    names = said("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def pinned(path: Path) -> dict[str, str]:
    """Requirement -> the rest of its line, continuations joined."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith((" ", "#")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_only_commands_that_exist(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z]+)", page.read_text(), re.MULTILINE))
    assert named <= targets


def test_help_lists_every_command_for_people():
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    listed = re.findall(r"^  make (\w+) ", said("make", "help"), re.MULTILINE)
    assert sorted(listed) == sorted(name for name in phony if not name.startswith("for-"))


def test_no_file_names_a_registry():
    pip = [sys.executable, "-m", "pip"]
    settings = said(*pip, "config", "list") + re.sub(r"\s", "", said(*pip, "install", "--help"))
    if shutil.which("npm"):
        settings += said("npm", "config", "get", "registry")
    addresses = [urlsplit(found) for found in re.findall(r"(?:https?|file)://[^\s'\")]+", settings)]
    words = {(address.hostname or address.path).encode() for address in addresses}
    assert words
    assert [(path, word) for path in files() for word in words if word in path.read_bytes()] == []


def test_npm_lock_holds_versions_and_hashes_but_no_addresses():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages)


def test_the_suite_tries_the_same_inputs_each_time_and_the_long_run_others():
    """Also where CI is set in the environment, which hypothesis takes for a wish to repeat."""
    look = "print(*(hypothesis.settings.get_profile(name).derandomize for name in ('house', 'soak')))"
    command = [sys.executable, "-c", f"import hypothesis, tests.conftest; {look}"]
    told = subprocess.check_output(command, cwd=ROOT, env=os.environ | {"CI": "1"}, text=True)
    assert told.split() == ["True", "False"]


def test_what_runs_on_one_database_is_there_and_no_guard_needs_the_other_one():
    for where in (*ONE_DATABASE, *SOME_CASES):
        file, _, name = where.partition("::")
        assert f"def {name}" in (ROOT / "tests" / file).read_text("utf-8"), where
    on_postgresql = [guard.test.removeprefix("views/") for guard in GUARDS if guard.kind == "postgresql"]
    here = tuple(where.removeprefix("views/") for where in ONE_DATABASE)
    assert [test for test in on_postgresql if test.startswith(here)] == []
    some = tuple(where.removeprefix("views/") for where in SOME_CASES)
    assert [test for test in on_postgresql if test.startswith(some) and "[" in test] == []


def test_no_test_is_skipped():
    """One that lacks what it needs is red and says so: set-up installs it."""
    passed_over = re.compile(r"mark\.(skip|xfail)|pytest\.(skip|xfail|importorskip)\(")
    assert [path.name for path in ROOT.glob("tests/**/*.py") if passed_over.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_requirements_are_pinned_with_hashes(path):
    lines = pinned(path)
    assert lines
    assert [name for name, rest in lines.items() if "==" not in name or "--hash=sha256:" not in rest] == []


def test_test_requirements_hold_the_same_versions_as_those_to_run():
    assert pinned(ROOT / "requirements/run.txt").items() <= pinned(ROOT / "requirements/test.txt").items()


def test_every_dependency_says_what_it_is_for():
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    assert [name for name in wanted if not re.search(rf'"{re.escape(name)}",\s+# \w', text)] == []


def test_set_up_has_nothing_to_do_a_second_time():
    assert "..." not in said(sys.executable, "tools/setup.py", "run")
