"""Ask the databases of known holes about all that is pinned: `make audit`. Fails where one is known, or nobody says.

A package that the database does not know, or an address that does not answer, is no good news: it is said, and fails.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.setup import BIN, ROOT, npm

PINS = ("run", "test", "bench", "node", "audit")  # requirements/run.txt and so on
PYTHON = [BIN / "pip-audit", "--strict", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]


def audits() -> dict[str, list[str | Path]]:
    """What is asked about, and by which command."""
    python = {f"requirements/{name}.txt": [*PYTHON, "-r", ROOT / "requirements" / f"{name}.txt"] for name in PINS}
    return python | {"package-lock.json": [*npm(), "audit", "--package-lock-only"]}


def run(command: Sequence[str | Path]) -> tuple[bool, str]:
    """Is all well? And the last lines of what it said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode == 0, "\n".join(f"    {line}" for line in said[-12:])


def main() -> int:
    """Each of them, whatever the one before says."""
    bad = 0
    for of, command in audits().items():
        good, said = run(command)
        print(f"{of}: {'nothing is known against it' if good else 'a hole is known, or nobody could be asked:'}")
        if not good:
            print(said)
            bad += 1
    return bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
