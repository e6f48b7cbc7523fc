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
from app.models import Intake, KgGroup, Kindergarten, Language, Vacancy, VacancyStatus
from app.permissions import Actor
from app.rules import folding
from app.rules import places as rules
from app.rules.folding import fold, identity
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
    """The kindergartens that are recorded, by place and name: exactly so, and almost so (spec 3.9)."""

    def __init__(self) -> None:
        self.ids, self.alike = dict[tuple[int, str], int](), dict[tuple[int, str], tuple[int, str]]()
        for place_id, name, id_ in db.session.execute(
            select(Kindergarten.place_id, Kindergarten.name, Kindergarten.id)
        ):
            self.add(place_id, name, id_)

    def add(self, place_id: int, name: str, id_: int) -> None:
        """One more of them."""
        self.ids[place_id, identity(name)] = id_
        self.alike.setdefault((place_id, fold(name)), (id_, name))

    def find(self, row: Row, place_id: int) -> tuple[int | None, bool]:
        """The kindergarten that a row is of, None for a new one; and whether it can be told: a near match is asked."""
        if id_ := self.ids.get((place_id, identity(row["name"]))):
            return id_, True
        if (place_id, fold(row["name"])) not in self.alike:
            return None, True
        id_, other = self.alike[place_id, fold(row["name"])]
        said = row.ask("name", "near_kindergarten", f"near_kindergarten:{place_id}:{row['name']}", other=other)
        return id_ if said == "same" else None, said is not None


class _Step:
    """What a row is at, so that a refusal can name the cell; and what became of the row."""

    field, became = "name", "same"

    def at(self, field: str) -> None:
        self.field = field

    def changed(self) -> None:
        self.became = "changed" if self.became == "same" else self.became


def apply(row: Row, place_id: int, known: Known, *, by: Actor, at: datetime) -> str | None:
    """Do what a row says: "added", "changed" or "same"; None and a problem where it was refused or is asked about."""
    step, doing = _Step(), {"by": by, "at": at}
    known_id, told = known.find(row, place_id)
    if not told:
        return None
    try:
        with db.session.begin_nested():
            kindergarten = _kindergarten(row, place_id, known, known_id, step, doing)
            group = _group(row, kindergarten, step, doing)
            if group is None:
                return None
            _attending(row, group, step, doing)
            _places(row, group, step, doing)
    except Refusal as refusal:
        if "families" in refusal.facts:
            part = str(refusal.facts.get("part", step.field))
            row.wrong(CELLS.get(part, part), "families_hold", families=refusal.facts["families"])
            return None
        over = refusal.facts.get("over_capacity")
        name = "nothing_to_publish" if over else REFUSED.get(refusal.reason, "clashes")
        row.wrong(step.field, name)
    except records.Invalid as invalid:
        row.wrong(invalid.field, "clashes")
    except IntegrityError:
        row.wrong(step.field, "clashes")
    else:
        return step.became
    return None


def _kindergarten(
    row: Row, place_id: int, known: Known, known_id: int | None, step: _Step, doing: dict[str, Any]
) -> Kindergarten:
    values = {name: row[name] for name in FACTS if row.has(name)}
    if known_id is not None:
        kindergarten = db.session.get_one(Kindergarten, known_id)
        step.at("kind" if "kind" in values else "name")
        del values["name"]  # it is known by the name that is recorded
        _change(kindergarten, values, step, doing)
        return kindergarten
    kindergarten = Kindergarten(place_id=place_id, **values)
    records.create(kindergarten, **doing)
    known.add(place_id, kindergarten.name, kindergarten.id)
    return kindergarten


def _group(row: Row, kindergarten: Kindergarten, step: _Step, doing: dict[str, Any]) -> KgGroup | None:
    """The group of a row, or a new one; None where a near match is asked about."""
    first, last = row["years"]
    values = {"language": row["language"], "birth_year_from": first, "birth_year_to": last, "capacity": row["capacity"]}
    step.at("capacity")
    known, told = _known_group(row, kindergarten)
    if not told:
        return None
    if known is not None:
        _change(known, values, step, doing)
        return known
    name = row["group"] or f"{GROUP_NAMES[row['language']]}, {first if first == last else f'{first}-{last}'}"
    group = KgGroup(kindergarten=kindergarten, name=name, **values)
    records.create(group, **doing)
    step.became = "added"
    return group


def _known_group(row: Row, kindergarten: Kindergarten) -> tuple[KgGroup | None, bool]:
    """The recorded group of a row, by its name or by language and birth years, and whether that can be told."""
    groups = kindergarten.groups
    if not row["group"]:
        of = (row["language"], *row["years"])
        same = (one for one in groups if (one.language, one.birth_year_from, one.birth_year_to) == of)
        return next(same, None), True
    alike = None
    for group in groups:
        match folding.match(group.name, row["group"]):
            case folding.Match.exact:
                return group, True
            case folding.Match.near:
                alike = group
    if alike is None:
        return None, True
    said = row.ask("group", "near_group", f"near_group:{kindergarten.id}:{row['group']}", other=alike.name)
    return alike if said == "same" else None, said is not None


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
