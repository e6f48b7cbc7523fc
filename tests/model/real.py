"""The real system behind the model's entrances: an empty database, a town in it, its verbs and its facts."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.actions import choosing, norms, numbers, orders, records
from app.actions.records import Invalid
from app.db.database import transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Application,
    Change,
    KgGroup,
    Ownership,
    Place,
    PrivilegeKind,
    QueueKind,
    QueueOrder,
    QueueOrderKind,
    Referral,
    Vacancy,
)
from app.rules import past
from app.rules.calendar import local_day
from app.rules.orders import CategoryFacts as Category
from app.rules.refusals import Refusal
from app.rules.roles import Role
from app.scenarios import acting, facts
from app.scenarios.reading import Scenario, day, moment
from app.scenarios.town import OFFICE, ScenarioTown
from app.scenarios.verbs import VERBS
from tests.model import always, lines

Step, Facts = dict[str, Any], dict[Any, Any]
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
        self.town = ScenarioTown(Scenario(content, {}))
        self.database, self.history, self.attendance = ExitStack(), always.History(), always.Attendance()
        self.told = 0  # the last row of history that was looked at
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
                if step["do"] in CHANGES:
                    CHANGES[step["do"]](self, step)
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

    def look(self, names: Facts, days: Iterable[date], at: datetime, clock: bool) -> tuple[Facts, Facts]:
        """These facts of each ref, and the numbers of these past days by the history; with `clock` as they are once
        the clock has run, which is undone afterwards.
        """
        found: Facts = {}
        rebuilt: Facts = {}
        try:
            with transaction():
                if clock:
                    VERBS["clock"].act(self.town, {}, by=OFFICE, at=at)
                models = MODELS if len(names) > 1 else ()
                kept = [db.session.scalars(select(model).options(*READ_WITH.get(model, ()))).all() for model in models]
                for ref, wanted in names.items():
                    found[ref] = self._facts_of(ref, wanted, local_day(at))
                rebuilt = {one: self._numbers_of(one) for one in days}
                kept.clear()
                raise Undone
        except Undone:
            return found, rebuilt

    def _numbers_of(self, day: date) -> dict[str, Any]:
        """Spec 3.3: the numbers of a past day, rebuilt from the history alone."""
        found = {}
        for place in self.town.districts():
            line = past.waiting(place, QueueKind.general, past.Until(day))
            for row in db.session.execute(select(line)).all():
                application = db.session.get_one(Application, row.id)
                number = numbers.in_line(application, line, row.privilege, day)
                if number is not None:
                    ref = self.town.ref_of(Application, row.id)
                    found[ref] = number.value, number.privileged
        return found

    def touched(self) -> set[date]:
        """The days from which on something that was recorded since the last time counts."""
        new = select(Change.id, Change.effective_on).where(Change.id > self.told).order_by(Change.id)
        rows = db.session.execute(new).all()
        db.session.rollback()
        self.told = rows[-1].id if rows else self.told
        return {row.effective_on for row in rows}

    def _facts_of(self, ref: str, wanted: Iterable[str], today: date) -> dict[str, Any]:
        found = {}
        for name in wanted:
            if name == "choices":
                listed = choosing.choices(self.town.record(ref), today)
                found[name] = sorted(self.town.ref_of(Vacancy, vacancy.id) for vacancy, _free in listed)
                continue
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
        self._change(self.town.record(step["group"]), {"capacity": step["to"]}, step)

    def _years(self, step: Step) -> None:
        first, last = step["to"]
        self._change(self.town.record(step["group"]), {"birth_year_from": first, "birth_year_to": last}, step)

    def _owner(self, step: Step) -> None:
        owner = {"ownership": Ownership.state if step["to"] == "state" else Ownership.private}
        of = self.town.record(step["group"]).kindergarten
        self._change(of, owner | {"state_order": step["to"] == "private"}, step)

    def _change(self, record: Any, values: dict[str, Any], step: Step) -> None:
        """As the screens change a group or a kindergarten."""
        try:
            records.change(record, values, by=OFFICE, at=moment(step["at"]))
        except Invalid as problem:
            raise AssertionError from problem

    def _order(self, step: Step) -> None:
        """Another order by categories is entered and approved."""
        kinds = {"out_of_turn": PrivilegeKind.out_of_turn, "first_order": PrivilegeKind.first_order, "none": None}
        place_id, at = self.town.record(step["place"]).id, moment(step["at"])
        new = QueueOrder(place_id=place_id, kind=QueueOrderKind.categories, valid_from=day(step["valid_from"]))
        new.legal_basis = "a walk"
        orders.write(new, [Category(kinds[kind], low, high, kind, kind) for kind, low, high in lines.OTHER_CATEGORIES])
        records.create(new, by=OFFICE, at=at)
        norms.approve(new, by=OFFICE, at=at)


CHANGES = {"capacity": Real._capacity, "years": Real._years, "owner": Real._owner, "order": Real._order}
