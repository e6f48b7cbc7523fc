"""The table: on the screen, in docs/benchmarks.md and in var/bench.json."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Figure, quartiles

HEAD = """# Benchmarks

Written by `make bench` (`make bench ONLY=list,clock` for some rows). Every figure is a ratio measured in one run:
both sides do the same work, which is checked first, take turns on the same PostgreSQL, and their medians are divided.
In brackets, the middle half of what was measured. The server is a throw-away one (tools/postgres.py), its fsync off
for both sides, autovacuum off while they run; the town is bench/town.sql with 1,000,000 applications.

| row | what | beside | ours | peer | ratio | target | holds | seen | measured on |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Result:
    """One row as var/bench.json has it: `ours` and `peer` in seconds."""

    name: str
    ours: float
    peer: float
    ratio: float
    target: float
    holds: bool


def result(name: str, row: Any, figure: Figure) -> Result:
    """The verdict on what was measured."""
    return Result(
        name, median(figure.ours), median(figure.peer), figure.ratio, row.TARGET, holds=figure.ratio <= row.TARGET
    )


def line(row: Any, figure: Figure, found: Result) -> str:
    """One row as the table has it."""
    low, high = quartiles(figure.ratios)
    cells = [
        found.name,
        row.WORK,
        row.PEER,
        span(figure.ours),
        span(figure.peer),
        f"{found.ratio:.2f} [{low:.2f}-{high:.2f}]",
        f"<= {found.target:g}",
        "yes" if found.holds else "**no**",
        figure.note,
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}",
    ]
    return f"| {' | '.join(cells)} |"


def span(seconds: list[float]) -> str:
    """A median with its spread, in ms below a second and in s above."""
    scale, unit = (1, "s") if median(seconds) >= 1 else (1000, "ms")
    low, high = quartiles(seconds)
    return f"{median(seconds) * scale:.1f} {unit} [{low * scale:.1f}-{high * scale:.1f}]"


def write(results: list[Result], lines: list[str], *, document: Path, data: Path) -> None:
    """Write both files. Rows that were not measured now stay in the document as they were; the JSON is without them."""
    rows = {**_rows(document.read_text() if document.exists() else ""), **_rows("\n".join(lines))}
    document.write_text(HEAD + "".join(f"{rows[name]}\n" for name in sorted(rows)))
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(json.dumps([asdict(one) for one in results], indent=2) + "\n")


def _rows(text: str) -> dict[str, str]:
    """The rows of a table by their names, without its head."""
    found = {row.split("|")[1].strip(): row for row in text.splitlines() if row.startswith("| ")}
    return {name: row for name, row in found.items() if name != "row"}
