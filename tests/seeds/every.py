"""All four seeds, and docs/seeds.md of them: `.venv/bin/python -m tests.seeds.every` writes it."""

from pathlib import Path

from tests.seeds import Seed, Step, s0, s1, s2, s3

PAGE = Path(__file__).resolve().parents[2] / "docs/seeds.md"
TESTS = "tests/views/test_seeds_in_chromium.py"
SEEDS = {
    one.name: (one, town) for one, town in ((s0.S0, s0.town), (s1.S1, s1.town), (s2.S2, s2.town), (s3.S3, s3.town))
}
HEAD = f"""# What the seeds tell parents to do, and where they do it

The four documents of the customer (S0 to S3) name 200 steps, buttons, columns, statuses and papers. Each is here in the
seed's own words, with the page on which a family comes to it and the test that bears its name, of `{TESTS}`:
a parent goes through each seed in Chromium, in Kazakh, on a phone 360 pixels wide, with a stand-in of the signing agent
on wss of loopback and an authority of its own. A step on a portal's own page, or in the agent's own window, is no page
of ours; then it says why. The table is written by `.venv/bin/python -m tests.seeds.every`.
"""


def row(seed: Seed, step: Step) -> str:
    """A line of the table."""
    test = f"test_{seed.name}[{step.id}]" if step.act else step.why
    pages = step.page if step.act is None or not step.page.startswith("/") else f"`{step.page}`"
    return f"| {step.number} | {step.words} | {pages} | {test} |"


def page() -> str:
    """docs/seeds.md, as it has to be."""
    parts = [HEAD]
    for seed, _town in SEEDS.values():
        lines = [row(seed, one) for one in sorted(seed.steps, key=lambda one: one.number)]
        parts.append(
            f"## {seed.name}: {seed.title}\n\n| № | step | page | test |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
