"""Playing a scenario: everything enters and happens in order of time, then what was expected is compared (spec 4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.actions.records import Invalid
from app.db.database import transaction
from app.db.extensions import db
from app.models import Place
from app.rules.calendar import LOCAL, local_day, start_of_day
from app.rules.refusals import Refusal
from app.rules.roles import Role
from app.scenarios import acting, facts
from app.scenarios.reading import Path, Scenario, day, moment
from app.scenarios.town import OFFICE, NotThere, ScenarioTown
from app.scenarios.verbs import VERBS, Step


@dataclass
class Played:
    """Spec 4, --json: one entry per step, all facts at the end by ref, and the expectations that did not hold."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: list[dict[str, Any]] = field(default_factory=list)


Door = Callable[..., None]
"""How a step is done (docs/adr/0031-doors.md): called with (town, step, by=, at=), it leaves nothing in the session
that is not committed. Raises Refusal where the step is refused, and nothing was changed then."""


def through_its_action(town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
    """The door that every step has. Raises Refusal."""
    with transaction():
        VERBS[step["do"]].act(town, step, by=by, at=at)


def play(scenario: Scenario, door: Door = through_its_action) -> Played:
    """Play a checked scenario in the current database, each entry and each step in a transaction of its own.

    Raises FileWrong for a file that cannot be played as it stands: an entry is refused, a step names what is not
    there.
    """
    player = _Player(scenario, door)
    for _at, enter in player.timeline():
        enter()
    player.finish()
    return player.played


class _Player:
    def __init__(self, scenario: Scenario, door: Door) -> None:
        self.scenario, self.town, self.played, self.door = scenario, ScenarioTown(scenario), Played(), door
        self.now = datetime.max.replace(tzinfo=LOCAL)

    def timeline(self) -> list[tuple[datetime, Callable[[], None]]]:
        """Spec 4: norms, vacancies, applications and steps in order of time; at one moment in this order."""
        entries: list[tuple[datetime, Callable[[], None]]] = []
        for path, row in self.scenario.rows("norms"):
            at = start_of_day(day(row["valid_from"]))
            entries.append((at, self._entry(path, at, self.town.norm, row, by=OFFICE)))
        for path, row in self.scenario.rows("vacancies"):
            if "publish_at" in row:
                at = moment(row["publish_at"])
                entries.append((at, self._entry(path, at, self.town.vacancy, row, publish=True)))
        for path, row in self.scenario.rows("applications"):
            at = moment(row["queued_at"])
            entries.append((at, self._entry(path, at, self.town.application, row)))
        for path, step in self.scenario.rows("steps"):
            at = moment(step["at"])
            entries.append((at, lambda path=path, step=step, at=at: self.step(path, step, at)))
        entries.sort(key=lambda entry: entry[0])
        self.now = entries[-1][0] if entries else datetime(2026, 1, 1, tzinfo=LOCAL)
        start = entries[0][0] if entries else self.now
        return [(start, lambda: self.found(start)), *entries]

    def found(self, at: datetime) -> None:
        """What is there from the beginning, all together; then the drafts that no moment publishes."""
        with transaction():
            for path, enter in self.town.founding(at):
                self._enter(path, enter)
            for path, row in self.scenario.rows("vacancies"):
                if "publish_at" not in row:
                    self._enter(path, lambda row=row: self.town.vacancy(row, at=at, publish=False))

    def _entry(self, path: Path, at: datetime, enter: Callable[..., Any], row: Any, **more: Any) -> Callable[[], None]:
        def entry() -> None:
            with transaction():
                self._enter(path, lambda: enter(row, at=at, **more))

        return entry

    def _enter(self, path: Path, enter: Callable[[], Any]) -> None:
        """The file's own rows must be possible: a refusal here is a mistake in the file."""
        try:
            enter()
        except (Refusal, Invalid, NotThere) as problem:
            raise self.scenario.wrong(path, f"cannot enter: {problem}") from problem
        except IntegrityError as problem:
            raise self.scenario.wrong(path, f"cannot enter: {problem.orig}") from problem

    def step(self, path: Path, step: dict[str, Any], at: datetime) -> None:
        """A step changes all or nothing, at its moment in UTC, as entrances have it; what is no refusal is a crash."""
        do, subject, error = step.get("do"), _subject(step), None
        if do is not None:
            try:
                self.door(self.town, step, by=OFFICE if "by" not in step else self._actor(step), at=at.astimezone(UTC))
            except Refusal as refusal:
                error = str(refusal.reason)
            except (NotThere, Invalid) as problem:
                raise self.scenario.wrong(path, str(problem)) from problem
        self.played.steps.append({"at": step["at"], "do": do, "subject": subject, "ok": error is None, "error": error})
        if error != step.get("error"):
            self._fail((*path, "error"), step["at"], subject, "error", step.get("error"), error)
        self.compare((*path, "expect"), step["at"], step.get("expect", {}), at)

    def _actor(self, step: dict[str, Any]) -> Actor:
        by = step["by"] if isinstance(step["by"], dict) else {"role": step["by"]}
        new = step.get("application")
        ref = by.get("of") or (new["place"] if isinstance(new, dict) else _subject(step))
        subject = self.town.record(ref) if ref else db.session.get_one(Place, self.town.region)
        paper_on = day(step["paper_on"]) if "paper_on" in step else None
        return acting.actor(Role(by["role"]), subject, paper_on, step.get("sign_in"))

    def compare(self, path: Path, when: str, expected: dict[str, Any], at: datetime) -> None:
        """Spec 4: every expectation that does not hold is told, with where it stands in the file."""
        for ref, values in expected.items():
            for name, value in values.items():
                found = facts.one(ref, name, self.town, local_day(at))
                if not facts.holds(value, found):
                    self._fail((*path, ref, name), when, ref, name, value, found)

    def _fail(self, path: Path, when: str, subject: str | None, fact: str, expected: Any, found: Any) -> None:
        line = self.scenario.wrong(path, "").line
        self.played.failed.append(
            {"at": when, "subject": subject, "fact": fact, "expected": expected, "found": found, "line": line}
        )

    def finish(self) -> None:
        """What must be so at the end, and all that is known of every ref then."""
        self.compare(("expect",), f"{self.now:%Y-%m-%dT%H:%M}", self.scenario.content.get("expect", {}), self.now)
        for ref in self.town.ids:
            if known := facts.of(ref, self.town, local_day(self.now)):
                self.played.state[ref] = known


def _subject(step: dict[str, Any]) -> str | None:
    """The ref of what a step is about: its application before its vacancy or place."""
    found = next((step[name] for name in ("application", "vacancy", "place") if name in step), None)
    return found["ref"] if isinstance(found, dict) else found
