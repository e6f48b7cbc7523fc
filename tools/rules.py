"""`make rules`: the regulation's table of contents: its rules, its verbs, and the scenarios that prove each clause.

A rule cites its clause of spec 3 in its docstring's first sentence, a verb in its row, a scenario in its first line.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.rules.verbs import VERBS, Verb

ROOT = Path(__file__).resolve().parent.parent
CODE = ("app/rules", "app/actions")
SCENARIOS = ROOT / "tests" / "scenarios"
CITED = re.compile(r"\b3\.(\d)(?:\.(\d)(?:-(\d))?)?")
CLAUSES = {
    "3.1": "Time: local days, working days, terms and their last day, the late clock",
    "3.2": "Norms: dated numbers with a legal basis, the most specific place wins",
    "3.3": "Who is next: the two orders, privileges, numbers",
    "3.4": "The voucher procedure",
    "3.4.1": "Issue: rounds, and one child out of order",
    "3.4.2": "Confirm, refuse, lapse",
    "3.4.3": "The stop-list and the one restoration",
    "3.4.4": "Choose, sign, enrol, expire",
    "3.4.5": "Extend, revoke, archive",
    "3.5": "The referral procedure",
    "3.5.1": "Publish and offer",
    "3.5.2": "The priority window and the free choice after it",
    "3.5.3": "Private kindergartens on state order, and the standing",
    "3.5.4": "Mini-centres",
    "3.5.5": "To attend: enrol, extend, revoke, miss",
    "3.5.6": "Release from the stop-list",
    "3.6": "Temporary places",
    "3.7": "What is always true",
    "3.8": "Transitions, refusals, and who may",
    "3.9": "Data as it comes",
}


@dataclass
class Clause:
    """One paragraph of the regulation: its heading, its rules as (name, sentence), its verbs, each in one line, its
    scenarios as (file, title)."""

    number: str
    heading: str
    rules: list[tuple[str, str]] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    scenarios: list[tuple[str, str]] = field(default_factory=list)


def contents() -> list[Clause]:
    """The table of contents, in the regulation's order."""
    found = {number: Clause(number, heading) for number, heading in CLAUSES.items()}
    for name, sentence in _rules():
        for number in cited(sentence) & found.keys():
            found[number].rules.append((name, _without_citation(sentence)))
    for model, verbs in VERBS.items():
        for verb, row in verbs.items():
            for number in cited(row.clause) & found.keys():
                found[number].verbs.append(f"{model.__name__} {verb}{_way(row)}, by {', '.join(sorted(row.roles))}")
    for file in sorted(SCENARIOS.glob("*.yaml")):
        head, title = file.read_text("utf-8").split("\ntitle:", 1)
        for number in cited(head) & found.keys():
            found[number].scenarios.append((file.stem, title.splitlines()[0].strip()))
    return list(found.values())


def _way(row: Verb) -> str:
    """From which statuses a verb leads to which, if it moves anything."""
    return f": {', '.join(sorted(row.source))} → {', '.join(sorted(row.target))}" if row.target else ""


def cited(text: str) -> set[str]:
    """The clauses of spec 3 that a text names; 3.5.2-4 are three."""
    numbers = set()
    for match in CITED.finditer(text):
        section, first, last = match.groups()
        if first is None:
            numbers.add(f"3.{section}")
        else:
            numbers |= {f"3.{section}.{n}" for n in range(int(first), int(last or first) + 1)}
    return numbers


def _rules() -> Iterator[tuple[str, str]]:
    """(dotted name, first sentence) of every public function and class that cites a clause."""
    for folder in CODE:
        for file in sorted((ROOT / folder).glob("*.py")):
            module = f"{folder.rpartition('/')[2]}.{file.stem}"
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                    sentence = _first_sentence(ast.get_docstring(node) or "")
                    if cited(sentence):
                        yield f"{module}.{node.name}", sentence


def _first_sentence(text: str) -> str:
    flat = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[^.\d])\. (?=[A-Z`])", flat + " ", maxsplit=1)[0].strip().removesuffix(".")


def _without_citation(sentence: str) -> str:
    before, colon, rest = sentence.partition(": ")
    return rest if colon and (cited(before) or re.match(r"S\d", before)) else sentence


def main() -> int:
    for clause in contents():
        print(f"\n{clause.number}  {clause.heading}")
        for name, sentence in clause.rules:
            print(f"      {name}: {sentence}")
        for verb in clause.verbs:
            print(f"    → {verb}")
        for file, title in clause.scenarios:
            print(f"    ✓ {title}  ({file})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
