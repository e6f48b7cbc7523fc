"""Take each guard of tests/guards.py away in a copy of the project and see its test turn red (spec 7).

    .venv/bin/python -m tools.guards            # all; part of a name as an argument: those alone

A test that stays green, or does not even run, is a promise that nobody keeps: the exit status is 1.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copytree

from tests.guards import GUARDS, Guard

ROOT = Path(__file__).resolve().parent.parent
MADE, MODULES = "app/static/vendor", "node_modules"  # by set-up, and not in git
OTHERS = {"sqlite": "not postgresql", "postgresql": "not sqlite"}  # each test of a guard on one database alone


def main(part: str) -> int:
    """Print one line for each guard. Returns how many can be removed unnoticed."""
    guards = [guard for guard in GUARDS if part in guard.keeps]
    with tempfile.TemporaryDirectory(prefix="kezek-guards-") as folder:
        copy(Path(folder))
        unkept = 0
        for guard in guards:
            found = tried(Path(folder), guard)
            unkept += found != "red"
            print(f"{found:6}  {guard.keeps}  ({guard.file}: {guard.test})", flush=True)
    print(f"{len(guards) - unkept} of {len(guards)} guards are kept by a test")
    return unkept


def copy(folder: Path) -> None:
    """The project as it lies here, with what was changed and is not committed."""
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    for compiled in ROOT.glob("translations/*/LC_MESSAGES/*.mo"):
        (folder / compiled.relative_to(ROOT)).write_bytes(compiled.read_bytes())
    if (ROOT / MADE).is_dir():
        copytree(ROOT / MADE, folder / MADE)
    if (ROOT / MODULES).is_dir():
        (folder / MODULES).symlink_to(ROOT / MODULES)


def tried(folder: Path, guard: Guard) -> str:
    """What became of the test without its guard: red, GREEN, or BROKEN where it could not be tried."""
    file = folder / guard.file
    whole = file.read_text()
    if whole.count(guard.there) != 1:
        return "BROKEN"
    file.write_text(whole.replace(guard.there, guard.instead))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", OTHERS[guard.kind]]
    name, _, test = guard.test.partition("::")
    try:
        (path,) = folder.glob(f"tests/**/{name}")
        run = subprocess.run([*command, f"{path}::{test}"], cwd=folder, capture_output=True, text=True)
    finally:
        file.write_text(whole)
    if run.returncode == 0:
        return "GREEN"
    return "red" if run.returncode == 1 and "1 failed" in run.stdout else "BROKEN"


if __name__ == "__main__":
    sys.exit(1 if main(" ".join(sys.argv[1:])) else 0)
