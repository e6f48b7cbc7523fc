"""What one row of a list of kindergartens entails: the kindergarten, its group, who attends it, and its free places.

An empty cell says nothing. Free places are published; fewer than are published already are a problem, not a change.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.actions import records, vacancies
from app.extensions import db
from app.files.columns import Row
from app.files.words import plain
from app.models import Intake, KgGroup, Kindergarten, Language, Vacancy, VacancyStatus
from app.permissions import Actor
from app.rules import places as rules
from app.rules.refusals import Reason, Refusal

FACTS = ("name", "ownership", "kind", "state_order", "phone", "address", "bin")
GROUP_NAMES = {Language.kk: "Қазақ тобы", Language.ru: "Орыс тобы", Language.en: "Ағылшын тобы"}
CELLS = {"birth_year_from": "years", "birth_year_to": "years"}  # where the file says what a record keeps so
REFUSED = {
    Reason.no_free_place: "places_are_held",
    Reason.too_late: "place_over",
    Reason.wrong_place: "kind_is_used",
    Reason.not_allowed: "not_allowed",
    Reason.no_norm: "no_norm",
}


class Known:
    """The kindergartens that are recorded, by place and name."""

    def __init__(self) -> None:
        found = db.session.execute(select(Kindergarten.place_id, Kindergarten.name, Kindergarten.id))
        self.ids = {(place_id, plain(name)): id_ for place_id, name, id_ in found}


class _Step:
    """What a row is at, so that a refusal can name the cell; and what became of the row."""

    field, became = "name", "same"

    def at(self, field: str) -> None:
        self.field = field

    def changed(self) -> None:
        self.became = "changed" if self.became == "same" else self.became


def apply(row: Row, place_id: int, known: Known, *, by: Actor, at: datetime) -> str | None:
    """Do what a row says: "added", "changed" or "same"; None and a problem where it was refused."""
    step, doing = _Step(), {"by": by, "at": at}
    try:
        with db.session.begin_nested():
            kindergarten = _kindergarten(row, place_id, known, step, doing)
            group = _group(row, kindergarten, step, doing)
            _attending(row, group, step, doing)
            _places(row, group, step, doing)
    except Refusal as refusal:
        if "families" in refusal.facts:
            part = str(refusal.facts.get("part", step.field))
            row.wrong(CELLS.get(part, part), "families_hold", families=refusal.facts["families"])
            return None
        row.wrong(step.field, REFUSED.get(refusal.reason, "clashes"))
    except records.Invalid as invalid:
        row.wrong(invalid.field, "clashes")
    except IntegrityError:
        row.wrong(step.field, "clashes")
    else:
        return step.became
    return None


def _kindergarten(row: Row, place_id: int, known: Known, step: _Step, doing: dict[str, Any]) -> Kindergarten:
    key = (place_id, plain(row["name"]))
    values = {name: row[name] for name in FACTS if row.has(name)}
    if key in known.ids:
        kindergarten = db.session.get_one(Kindergarten, known.ids[key])
        step.at("kind" if "kind" in values else "name")
        _change(kindergarten, values, step, doing)
        return kindergarten
    kindergarten = Kindergarten(place_id=place_id, **values)
    records.create(kindergarten, **doing)
    known.ids[key] = kindergarten.id
    return kindergarten


def _group(row: Row, kindergarten: Kindergarten, step: _Step, doing: dict[str, Any]) -> KgGroup:
    first, last = row["years"]
    values = {"language": row["language"], "birth_year_from": first, "birth_year_to": last, "capacity": row["capacity"]}
    step.at("capacity")
    for group in kindergarten.groups:
        same = (group.language, group.birth_year_from, group.birth_year_to) == (row["language"], first, last)
        if plain(group.name) == plain(row["group"]) if row["group"] else same:
            _change(group, values, step, doing)
            return group
    name = row["group"] or f"{GROUP_NAMES[row['language']]}, {first if first == last else f'{first}-{last}'}"
    group = KgGroup(kindergarten=kindergarten, name=name, **values)
    records.create(group, **doing)
    step.became = "added"
    return group


def _attending(row: Row, group: KgGroup, step: _Step, doing: dict[str, Any]) -> None:
    if not row.has("attending"):
        return
    step.at("attending")
    known = db.session.scalar(select(func.count()).select_from(rules.known_by_number(group.id).subquery()))
    more = row["attending"] - known
    if more > 0:
        records.occupy(group, more, **doing)
    elif more < 0:
        records.vacate(group, -more, **doing)
    if more:
        step.changed()


def _places(row: Row, group: KgGroup, step: _Step, doing: dict[str, Any]) -> None:
    if not row["free"]:
        return
    step.at("free")
    intake = row["intake"] or Intake.general
    published = sum(
        vacancy.places
        for vacancy in group.vacancies
        if vacancy.intake is intake
        and vacancy.ends_on == row["ends_on"]
        and (vacancy.status is not VacancyStatus.closed or intake is Intake.temporary)
    )
    if row["free"] < published:
        row.wrong("free", "fewer_places")
    elif row["free"] > published:
        vacancy = Vacancy(group=group, intake=intake, places=row["free"] - published, ends_on=row["ends_on"])
        records.create(vacancy, **doing)
        step.at("ends_on" if row["ends_on"] else "free")
        vacancies.publish(vacancy, **doing)
        step.became = "added" if not published else "changed" if step.became == "same" else step.became


def _change(of: Kindergarten | KgGroup, values: dict[str, Any], step: _Step, doing: dict[str, Any]) -> None:
    before = {name: getattr(of, name) for name in values}
    records.change(of, values, **doing)
    if before != values:
        step.changed()
