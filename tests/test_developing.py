"""docs/developing.md: the places that a change takes are those in which its example is found, and no others."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/developing.md").read_text("utf-8")
CHANGES = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}
MIGRATIONS = "migrations/versions/"
CODE = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "app", MIGRATIONS], cwd=ROOT, text=True)


def found(example: str) -> set[str]:
    """The files that name it: as a text, a call, an attribute, an argument or a class; or that are called so."""
    name = re.escape(example)
    pattern = rf"[\"']{name}[\"']|\b{name}\(|\.{name}\b|\b{name}=|={name},|^\s*{name}: |\b{name} import"
    said = re.compile(pattern, re.MULTILINE)
    files = [ROOT / file for file in CODE.splitlines() if (ROOT / file).is_file() and "static" not in file]
    return {
        str(file.relative_to(ROOT)) for file in files if file.stem == example or said.search(file.read_text("utf-8"))
    }


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_takes_the_places_that_are_listed(change):
    (line,) = re.findall(r"^Example: .*", CHANGES[change], re.MULTILINE)
    examples = re.findall(r"`([\w.]+)`", line.split(". ")[0])
    listed = set(re.findall(r"^\| `([^`]+)` \|", CHANGES[change], re.MULTILINE))
    seen = set().union(*map(found, examples))
    folder = {MIGRATIONS} if MIGRATIONS in listed else set()
    assert {file for file in seen if not (folder and file.startswith(MIGRATIONS))} == listed - folder
