"""The town of a scenario: its rows enter through the actions that officials use, each at its own moment (spec 4)."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy import select

from app.access.actors import Actor
from app.actions import absences, applications, norms, places, privileges, records, vacancies
from app.actions.people import Contacts, Person
from app.actions.privileges import Paper
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    Base,
    Child,
    DayOff,
    Intake,
    KgGroup,
    Kindergarten,
    KindergartenKind,
    Language,
    Norm,
    OnLapse,
    Ownership,
    Place,
    PlaceKind,
    PrivilegeGround,
    PrivilegeKind,
    QueueKind,
    Sex,
    Unit,
    Vacancy,
)
from app.rules import iin
from app.rules.calendar import local_day
from app.rules.norms import KNOWN
from app.rules.roles import Role
from app.scenarios.reading import Path, Scenario, day, moment

Row = dict[str, Any]
BORN = date(1990, 8, 18)  # of the invented applicants
LONG_AGO = date(2016, 1, 1)
OFFICE = Actor(Role.department)  # who enters the rows of the file


class NotThere(Exception):
    """A step speaks of an application or a vacancy that has not entered yet, or was refused when it did."""


class ScenarioTown:
    """What has entered so far: each ref's record. The database is the current one, each call a transaction's part."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.ids: dict[str, tuple[type[Base], int]] = {}
        self.region = 0
        self.people: dict[str, tuple[Person, Person]] = {}

    def record(self, ref: str) -> Any:
        """The record that a ref stands for. Raises NotThere."""
        if ref not in self.ids:
            raise NotThere(f"not there yet: {ref}")
        return db.session.get_one(*self.ids[ref])

    def ref_of(self, model: type[Base], id_: int) -> str | None:
        """The ref of a record, None for one that the file does not name."""
        return next((ref for ref, known in self.ids.items() if known == (model, id_)), None)

    def districts(self) -> list[int]:
        """The districts of the file, in its order: where its clock runs."""
        found = [self.record(row["ref"]) for _, row in self.scenario.rows("places")]
        return [place.id for place in found if place.kind is PlaceKind.district]

    def enters(self, ref: str, row: Base) -> None:
        """From now on this ref stands for this record."""
        db.session.flush()
        self.ids[ref] = type(row), row.id

    # ------------------------------------------------------------ what is there from the beginning

    def founding(self, at: datetime) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Places, days off, kindergartens and groups: the path of each and what enters it, in order."""
        yield ("places",), self._found_region
        for path, row in self.scenario.rows("places"):
            yield path, lambda row=row: self._place(row, at)
        for name in ("days_off", "working"):
            for path, text in self.scenario.rows(name):
                yield path, lambda text=text, name=name: self._day(day(text), name == "working", at)
        for path, row in self.scenario.rows("kindergartens"):
            yield path, lambda row=row: self._kindergarten(row, at)

    def _found_region(self) -> None:
        """The region above all places of the file that name no parent; in a kept town it has a name of its own."""
        title, serial = self.scenario.content.get("title", "Сценарий")[:100], 1
        name = title
        while db.session.scalars(select(Place.id).where(Place.name_kk == name)).first():
            serial += 1
            name = f"{title} ({serial})"
        region = Place(kind=PlaceKind.region, parent_id=places.country().id, name_kk=name, name_ru=name)
        db.session.add(region)
        db.session.flush()
        self.region = region.id

    def _place(self, row: Row, at: datetime) -> None:
        parent = self.record(row["parent"]).id if "parent" in row else self.region
        if row["kind"] == "region" and "parent" not in row:
            parent = places.country().id
        place = Place(
            kind=PlaceKind(row["kind"]),
            parent_id=parent,
            name_kk=row["name"],
            name_ru=row.get("name_ru", row["name"]),
        )
        db.session.add(place)
        self.enters(row["ref"], place)
        if "procedure" in row:
            norm = {"name": "procedure", "value": row["procedure"], "unit": "CHOICE", "valid_from": str(LONG_AGO)}
            self.norm(norm | {"place": row["ref"]}, by=OFFICE, at=at)

    def _day(self, off: date, working: bool, at: datetime) -> None:
        """Entered and approved; it holds before what the built-in calendar says of that day."""
        row = DayOff(day=off, working=working, name=self._basis(), decree=self._basis())
        records.create(row, by=OFFICE, at=at)
        norms.approve(row, by=OFFICE, at=at)

    def _kindergarten(self, row: Row, at: datetime) -> None:
        kindergarten = Kindergarten(
            place_id=self.record(row["place"]).id,
            name=row["name"],
            kind=KindergartenKind(row.get("kind", "nursery_kindergarten")),
            ownership=Ownership(row.get("ownership", "state")),
            state_order=row.get("state_order", False),
        )
        records.create(kindergarten, by=OFFICE, at=at)
        self.enters(row["ref"], kindergarten)
        for group in row.get("groups", []):
            first, last = group["birth_years"]
            created = KgGroup(
                kindergarten=kindergarten,
                name=group.get("name", group["ref"]),
                language=Language(group.get("language", "kk")),
                birth_year_from=first,
                birth_year_to=last,
                capacity=group["capacity"],
            )
            records.create(created, by=OFFICE, at=at)
            records.occupy(created, group.get("occupied", 0), by=OFFICE, at=at)
            self.enters(group["ref"], created)

    # ------------------------------------------------------------ what enters at a moment of its own

    def norm(self, row: Row, *, by: Actor, at: datetime) -> None:
        """Spec 4: a norm is entered and approved. Raises Refusal: not_allowed, and what entering one raises."""
        lapse = row.get("on_lapse") or KNOWN[row["name"]].usual_lapse
        norm = Norm(
            name=row["name"],
            place_id=self.record(row["place"]).id if "place" in row else self.region,
            valid_from=day(row["valid_from"]),
            value=str(row["value"]),
            unit=Unit(row["unit"]),
            carry=row.get("carry", False),
            on_lapse=OnLapse(lapse) if lapse else None,
            legal_basis=row.get("legal_basis", self._basis()),
            note=row.get("note"),
        )
        records.create(norm, by=by, at=at)
        norms.approve(norm, by=by, at=at)

    def vacancy(self, row: Row, *, at: datetime, publish: bool) -> None:
        """A vacancy is drafted and, with publish_at, published."""
        days = {name: day(row[name]) for name in ("begins_on", "ends_on") if name in row}
        vacancy = Vacancy(
            group=self.record(row["group"]),
            places=row["places"],
            intake=Intake(row.get("intake", "general")),
            **days,
        )
        records.create(vacancy, by=OFFICE, at=at)
        if publish:
            vacancies.publish(vacancy, by=OFFICE, at=at)
        self.enters(row["ref"], vacancy)

    def absent(self, step: Row, *, by: Actor, at: datetime) -> None:
        """Spec 3.6: an absence is recorded; `vacancy` names the lent place that it drafts. Raises Refusal."""
        away = absences.absent(
            self.record(step["application"]),
            from_on=day(step["from_on"]),
            until=day(step["until"]),
            by=by,
            at=at,
            reason=step.get("reason"),
        )
        if "vacancy" in step:
            self.enters(step["vacancy"], away.vacancy)

    def register(self, step: Row, *, by: Actor, at: datetime) -> Application:
        """Spec 4: a child is put into the queue; its privilege is claimed. Raises Refusal as the action does."""
        row = step["application"]
        child, applicant = self.family(row)
        ground = PrivilegeGround(row["ground"]) if "ground" in row else None
        privilege = row.get("privilege", "none")
        certificate_on = day(row["certificate_on"]) if "certificate_on" in row else None
        application = applications.register(
            place_id=self.record(row["place"]).id,
            child=child,
            applicant=applicant,
            contacts=Contacts(phone=row.get("phone")),
            by=by,
            at=at,
            queued_at=moment(row["queued_at"]) if "queued_at" in row else None,
            number=row.get("number"),
            queue_kind=QueueKind(row.get("queue_kind", "general")),
            privilege=ground or (None if privilege == "none" else PrivilegeKind(privilege)),
            papers=papers(ground, certificate_on, at),
            reason=step.get("reason"),
        )
        self.enters(row["ref"], application)
        return application

    def application(self, row: Row, *, at: datetime) -> None:
        """An application of the file, at its queued_at; its privilege is confirmed."""
        application = self.register({"application": row}, by=OFFICE, at=at)
        if application.privileges:
            privileges.confirm(application, by=OFFICE, at=at)

    def family(self, row: Row) -> tuple[Person, Person]:
        """The child and the applicant of a row; with `same_as` those of another application."""
        if row["ref"] not in self.people:
            if "same_as" in row["child"]:
                return self.family(next(r for r in self._application_rows() if r["ref"] == row["child"]["same_as"]))
            child = row["child"]
            born_on = day(child["born_on"]) if "born_on" in child else None
            sex = Sex(child["sex"]) if "sex" in child else None
            number = child.get("iin") or _unused_iin(Child, born_on, sex or Sex.male, self._taken())
            parent = _unused_iin(Applicant, BORN, Sex.female, self._taken())
            name = {"last_name": "Сценарий", "first_name": row["ref"]}
            self.people[row["ref"]] = (Person(number, born_on, sex=sex, **name), Person(parent, BORN, **name))
        return self.people[row["ref"]]

    def _taken(self) -> set[str]:
        """The numbers of the file: those that it gives and those that were made so far."""
        given = {row["child"]["iin"] for row in self._application_rows() if "iin" in row["child"]}
        return given | {person.iin for family in self.people.values() for person in family}

    def _application_rows(self) -> list[Row]:
        rows = [row for _, row in self.scenario.rows("applications")]
        return rows + [step["application"] for _, step in self.scenario.rows("steps") if step.get("do") == "register"]

    def _basis(self) -> str:
        return self.scenario.content.get("title", "Сценарий")[:200]


def papers(ground: PrivilegeGround | None, certificate_on: date | None, at: datetime) -> tuple[Paper, ...]:
    """The one paper behind a ground, of the day that the file names, or else of the day on which it is brought."""
    return (Paper("Анықтама", certificate_on or local_day(at)),) if ground else ()


def _unused_iin(model: type[Child] | type[Applicant], born_on: date | None, sex: Sex, taken: set[str]) -> str:
    """Spec 4 ("a valid one is made"): an IIN of that birthday that nobody in the town or the file has."""
    for serial in count(1):
        number = iin.make(born_on or BORN, sex, serial)
        if number not in taken and not db.session.scalars(select(model.id).where(model.iin == number)).first():
            return number
    raise AssertionError
