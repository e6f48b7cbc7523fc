"""The regulation as files that can be played; what each may say is in app/scenarios/schema.yaml."""

from pathlib import Path

import yaml

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


def with_an_outcome_of_its_own() -> frozenset[str]:
    """The names of those in which a verb ends as it does in none before: done, or refused for a reason."""
    seen, found = set[tuple[str, str | None]](), set[str]()
    for file in FILES:
        steps = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)["steps"]
        outcomes = {(one["do"], one.get("error")) for one in steps if "do" in one}
        found |= set() if outcomes <= seen else {file.stem}
        seen |= outcomes
    return frozenset(found)
