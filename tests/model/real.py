"""The real system behind the model's entrances: an empty database, a town in it, its verbs and its facts."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.actions import records
from app.actions.records import Invalid
from app.database import transaction
from app.extensions import db
from app.models import Application, KgGroup, Place, Referral, Vacancy
from app.permissions import Role, unscoped
from app.rules.calendar import local_day
from app.rules.refusals import Refusal
from app.scenarios import acting, facts
from app.scenarios.reading import Scenario, day, moment
from app.scenarios.town import OFFICE, Town
from app.scenarios.verbs import VERBS
from tests.model import always

Step = dict[str, Any]
Database = Callable[[], AbstractContextManager[None]]  # inside, the current database is an empty one
MODELS = (Place, KgGroup, Vacancy, Application)  # read at once, so that the facts of each ref find them read
READ_WITH = {
    Application: [
        selectinload(Application.vouchers),
        selectinload(Application.stop_listings),
        selectinload(Application.referrals).selectinload(Referral.contract),
    ]
}


class Undone(Exception):
    """Raised to leave nothing of what was done to have a look."""


class Real:
    """One town in a database that it has for itself, until close()."""

    def __init__(self, content: dict[str, Any], at: datetime, database: Database) -> None:
        self.town = Town(Scenario(content, {}))
        self.database, self.history, self.attendance = ExitStack(), always.History(), always.Attendance()
        self.database.enter_context(database())
        with transaction():
            for _path, enter in self.town.founding(at):
                enter()
            for row in content["norms"]:
                self.town.norm(row, by=OFFICE, at=at)
            for row in content["vacancies"]:
                self.town.vacancy(row, at=at, publish=False)

    def close(self) -> None:
        """The database is another town's."""
        self.database.close()

    def do(self, step: Step) -> str | None:
        """One step in one transaction: None, or the name of the refusal."""
        try:
            with transaction():
                if step["do"] == "capacity":
                    self._capacity(step)
                else:
                    by = self._actor(step) if "by" in step else OFFICE
                    VERBS[step["do"]].act(self.town, step, by=by, at=moment(step["at"]))
        except Refusal as refusal:
            return str(refusal.reason)
        return None

    def holds(self, today: date) -> None:
        """Spec 3.6, 3.7, of the rows as they are now. Raises AssertionError."""
        with unscoped():
            always.hold(always.of_system())
            self.attendance.holds(today)
            self.history.goes_on()
        db.session.rollback()

    def facts(self, names: dict[str, Iterable[str]], at: datetime, clock: bool) -> dict[str, dict[str, Any]]:
        """These facts of each ref; with `clock` as they are once the clock has run, which is undone afterwards."""
        found: dict[str, dict[str, Any]] = {}
        try:
            with transaction():
                if clock:
                    VERBS["clock"].act(self.town, {}, by=OFFICE, at=at)
                models = MODELS if len(names) > 1 else ()
                kept = [db.session.scalars(select(model).options(*READ_WITH.get(model, ()))).all() for model in models]
                for ref, wanted in names.items():
                    found[ref] = self._facts_of(ref, wanted, local_day(at))
                kept.clear()
                raise Undone
        except Undone:
            return found

    def _facts_of(self, ref: str, wanted: Iterable[str], today: date) -> dict[str, Any]:
        found = {}
        for name in wanted:
            with suppress(KeyError):
                found[name] = facts.one(ref, name, self.town, today)
        return found

    def _actor(self, step: Step) -> Any:
        new = step.get("application")
        ref = new["place"] if isinstance(new, dict) else new or step.get("vacancy") or step.get("place")
        return acting.actor(
            Role(step["by"]), self.town.record(ref), day(step["paper_on"]) if "paper_on" in step else None
        )

    def _capacity(self, step: Step) -> None:
        """As the screen of a group changes it."""
        group = self.town.record(step["group"])
        assert isinstance(group, KgGroup)
        try:
            records.change(group, {"capacity": step["to"]}, by=OFFICE, at=moment(step["at"]))
        except Invalid as problem:
            raise AssertionError from problem
