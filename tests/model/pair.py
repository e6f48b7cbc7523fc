"""The model and the real system side by side: the same steps, compared after each; the shortest way to a difference."""

from datetime import date
from typing import Any

import yaml

from app.scenarios.reading import moment
from tests.model import always
from tests.model.days import DAY
from tests.model.real import Database, Real, Step
from tests.model.reference import Model

START = moment("2026-03-02T09:00")


class Pair:
    """One town, twice."""

    def __init__(self, content: dict[str, Any], database: Database) -> None:
        self.content, self.model, self.real = content, Model(content), Real(content, START, database)
        self.acted = 0  # what the model's clock had done when the system's clock last ran

    def play(self, step: Step, whole: bool = True) -> str:
        """One step in both: what differs then, if anything.

        Not `whole`: of all facts only those of the application that it names, and no past day. What the system's clock
        is late with is done for the comparison, and undone.
        """
        at = moment(step["at"])
        fields = {name: value for name, value in step.items() if name not in ("at", "do")}
        expected = self.model.clock(at) if step["do"] == "clock" else self.model.do(step["do"], at=at, **fields)
        found = self.real.do(step)
        if expected != found:
            return difference("error", expected, found)
        try:
            always.hold(always.of_model(self.model))
            self.real.holds(at.date())
        except AssertionError as broken:
            return f"spec 3.7: {broken}"
        if step["do"] == "clock":
            self.acted = self.model.acted
        late = self.model.acted > self.acted
        wanted = self.model.facts() if whole else self.model.facts_named(fields.get("application"))
        seen, rebuilt = self.real.look(wanted, self.past_days(whole), at, clock=late)
        for ref, known in wanted.items():
            for name in known.keys() & seen[ref].keys():
                if plain(known[name]) != seen[ref][name]:
                    return difference(f"{ref}.{name}", known[name], seen[ref][name])
        for day, numbers in rebuilt.items():
            shown = {ref: number for ref, number in self.model.shown[day].items() if number[0] is not None}
            if shown != numbers:
                return difference(f"the numbers of {day}", shown, numbers)
        return ""

    def past_days(self, whole: bool) -> list[date]:
        """When the whole is compared: days that are over and whose numbers may have been touched, and some others."""
        if not whole:
            return []  # nothing is forgotten: what was touched is compared the next time
        days = [day for day in self.model.shown if day < self.model.day]
        touched = self.real.touched()
        near = {one for day in touched for one in (day - DAY, day, day + DAY)}
        return [day for n, day in enumerate(days) if day in near or n % 7 == len(days) % 7]


def difference(what: str, expected: Any, found: Any) -> str:
    return f"{what}: the model says {expected}, the system {found}"


def plain(value: Any) -> Any:
    """A fact as the system tells it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def replay(content: dict[str, Any], database: Database) -> tuple[int, str]:
    """Play all steps up to the first difference: how many were played, and what differs."""
    pair = Pair(content | {"steps": []}, database)
    try:
        for count, step in enumerate(content["steps"], 1):
            new = step.get("application")
            named = new["child"].get("same_as") if isinstance(new, dict) else new
            if named and named not in pair.model.applications:
                continue  # its registration was left out
            if step["do"] != "absent" and step.get("vacancy", "t0") not in pair.model.vacancies:
                continue  # the absence that drafted it was left out
            pair.content["steps"].append(step)
            if told := pair.play(step):
                return count, told
        return len(content["steps"]), ""
    finally:
        pair.real.close()


def shortest(content: dict[str, Any], database: Database) -> tuple[dict[str, Any], str]:
    """The steps without those that the difference does not need, and the difference."""
    count, told = replay(content, database)
    steps = content["steps"][:count]
    size = len(steps) // 2
    while size:
        for end in range(len(steps) - 1, 0, -size):
            fewer = steps[: max(0, end - size)] + steps[end:]
            if replay(content | {"steps": fewer}, database)[1] == told:
                steps = fewer
        size //= 2
    return content | {"steps": steps}, told


def as_scenario(content: dict[str, Any], told: str) -> str:
    """A file for `flask scenario play`, but for steps that change a capacity."""
    used = {step.get("vacancy") for step in content["steps"]}
    content = content | {"vacancies": [row for row in content["vacancies"] if row["ref"] in used]}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=200)
    return f"{text}\n# {told}"
