"""Write deploy/prometheus-rules.yml from the table of alarms in docs/operations.md, where people read what to do."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE, FILE = ROOT / "docs/operations.md", ROOT / "deploy/prometheus-rules.yml"
ROW = re.compile(r"^\| (\w+) \| `(.+?)` \| (\w+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
HEAD = "# Of the table of alarms in docs/operations.md: `python -m tools.alarms` writes it anew.\n"


class Alarm(NamedTuple):
    """A line of the table. `when`: of PromQL; `lasting`: for so long, as Prometheus writes it."""

    name: str
    when: str
    lasting: str
    means: str
    to_do: str


def told() -> list[Alarm]:
    """All of them."""
    section = PAGE.read_text("utf-8").partition("## Alarms\n")[2].partition("\n## ")[0]
    return [Alarm(*(cell.replace("\\|", "|") for cell in row)) for row in ROW.findall(section)]


def measures_of(alarm: Alarm) -> set[str]:
    """Which measures it asks for."""
    return set(re.findall(r"kezek_\w+", alarm.when))


def rules() -> dict[str, Any]:
    """The same for Prometheus."""
    found = [
        {
            "alert": one.name,
            "expr": one.when,
            "for": one.lasting,
            "annotations": {"summary": one.means, "description": one.to_do},
        }
        for one in told()
    ]
    return {"groups": [{"name": "kezek", "rules": found}]}


if __name__ == "__main__":
    FILE.write_text(HEAD + yaml.safe_dump(rules(), sort_keys=False, allow_unicode=True, width=120))
