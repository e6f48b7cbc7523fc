"""`python -m bench list,clock`: measure these rows (all, if none is named), print one table, write it down."""

import argparse
import sys
from importlib import import_module
from pkgutil import iter_modules

import config
from bench import report, rows, town

FULL = 1_000_000  # applications: targets are for this size, and only its figures are written down


def main() -> int:
    known = [module.name for module in iter_modules(rows.__path__)]
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("only", nargs="?", default=",".join(known), help=f"some of {','.join(known)}")
    arguments.add_argument("--size", type=int, default=FULL, help="applications")
    arguments.add_argument("--times", type=int, default=7, help="pairs of runs, at least 2")
    asked = arguments.parse_args()
    names = asked.only.split(",")
    if unknown := set(names) - set(known):
        arguments.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    results, lines = [], []
    with town.built(asked.size) as built:
        for name in names:
            row = import_module(f"bench.rows.{name}")
            figure = row.measure(built, max(asked.times, 2))
            results.append(report.result(name, row, figure))
            lines.append(report.line(row, figure, results[-1]))
    print(report.HEAD.split("\n\n")[-1] + "\n".join(lines))
    if asked.size == FULL:
        document, data = config.ROOT / "docs" / "benchmarks.md", config.load().var / "bench.json"
        report.write(results, lines, document=document, data=data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
