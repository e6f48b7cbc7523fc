"""What one row of a list of kindergartens entails: the kindergarten, its group, who attends it, and its free places.

An empty cell says nothing. Free places are published; fewer than are published already are a problem, not a change.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.actions import records, vacancies
from app.db.extensions import db
from app.imports.columns import TableRow
from app.imports.outcome import ImportResult
from app.models import Intake, KgGroup, Kindergarten, Language, Place, PlaceKind, Vacancy, VacancyStatus
from app.registers.kindergartens import KINDERGARTENS
from app.rules import folding
from app.rules import seats as rules
from app.rules.folding import fold, identity
from app.rules.refusals import Reason, Refusal

FACTS = tuple(one.name for one in KINDERGARTENS.brought)
GROUP_NAMES = {Language.kk: "Қазақ тобы", Language.ru: "Орыс тобы", Language.en: "Ағылшын тобы"}
CELLS = {"birth_year_from": "years", "birth_year_to": "years"}  # where the file says what a record keeps so
REFUSED = {
    Reason.no_free_place: "places_are_held",
    Reason.too_late: "place_over",
    Reason.wrong_place: "kind_is_used",
    Reason.not_allowed: "not_allowed",
    Reason.no_norm: "no_norm",
}


class KindergartensByName:
    """The kindergartens that are recorded, by district and name: exactly so, and almost so (spec 3.9).

    Where an older record has two of one identity, the one that is written just so is meant.
    """

    def __init__(self) -> None:
        self.ids, self.alike = dict[tuple[int, str], dict[str, int]](), dict[tuple[int, str], tuple[int, str]]()
        below = db.session.scalars(select(Place).where(Place.kind == PlaceKind.settlement))
        districts = {place.id: district(place).id for place in below}
        found = select(Kindergarten.place_id, Kindergarten.name, Kindergarten.id).order_by(Kindergarten.id)
        for place_id, name, id_ in db.session.execute(found):
            self.add(districts.get(place_id, place_id), name, id_)
        self.groups: dict[tuple[int, str], set[str]] = {}
        for kindergarten_id, name in db.session.execute(select(KgGroup.kindergarten_id, KgGroup.name)):
            self.groups.setdefault((kindergarten_id, identity(name)), set()).add(name)

    def add(self, place_id: int, name: str, id_: int) -> None:
        """One more of them."""
        self.ids.setdefault((place_id, identity(name)), {}).setdefault(name, id_)
        self.alike.setdefault((place_id, fold(name)), (id_, name))

    def exact(self, place_id: int, name: str) -> int | None:
        """The kindergarten of this name, if one is recorded."""
        same = self.ids.get((place_id, identity(name)), {})
        return same.get(name) or next(iter(same.values()), None)

    def key(self, place_id: int, name: str) -> str:
        """What rows of one kindergarten have in common: the exact key of its name."""
        return _key(name, self.ids.get((place_id, identity(name)), ()))

    def group_key(self, place_id: int, name: str, group: str) -> str:
        """The same of one of its groups."""
        return _key(group, self.groups.get((self.exact(place_id, name) or 0, identity(group)), ()))

    def find(self, row: TableRow, place_id: int) -> tuple[int | None, bool]:
        """The kindergarten that a row is of, None for a new one; and whether it can be told: a near match is asked."""
        if id_ := self.exact(place_id, row["name"]):
            return id_, True
        if (place_id, fold(row["name"])) not in self.alike:
            return None, True
        id_, other = self.alike[place_id, fold(row["name"])]
        said = row.ask("name", "near_kindergarten", f"near_kindergarten:{place_id}:{row['name']}", other=other)
        return id_ if said == "same" else None, said is not None


def _key(name: str, recorded: Collection[str]) -> str:
    """The exact key of a name, but the name itself where an older record has several of that key."""
    return name if len(recorded) > 1 and name in recorded else identity(name)


def district(place: Place) -> Place:
    """The district or city whose lists a kindergarten of this place stands in."""
    while place.kind is PlaceKind.settlement and place.parent is not None:
        place = place.parent
    return place


def published(group: KgGroup) -> dict[tuple[Intake, date | None], int]:
    """The places that a group's published vacancies have, by what a row says of them: their intake and last day.

    What is drafted is no place of the queue yet, and what is closed none any more: neither is in a list.
    """
    found: dict[tuple[Intake, date | None], int] = {}
    for vacancy in group.vacancies:
        if vacancy.status is VacancyStatus.published:
            key = vacancy.intake, vacancy.ends_on
            found[key] = found.get(key, 0) + vacancy.places
    return found


def stands(row: TableRow, place_id: int, known: KindergartensByName) -> bool:
    """Are the places of a row, and who attends beside them, recorded just so?

    Then it asks for nothing, and nothing of it is weighed against the capacity: a place that is published may be taken
    by a child with a name, or by one more than there are places.
    """
    kindergarten_id = known.exact(place_id, row["name"]) if row.has("name", "years", "language") else None
    if kindergarten_id is None:
        return False
    group = _same_group(row, db.session.get_one(Kindergarten, kindergarten_id).groups)
    said = row["intake"] or Intake.general, row["ends_on"]
    return group is not None and (
        published(group).get(said, 0) == (row["free"] or 0)
        and group.capacity == row["capacity"]
        and _by_number(group) == (row["attending"] or 0)
    )


def _by_number(group: KgGroup) -> int:
    """The children who attend and are known by number alone."""
    return db.session.scalar(select(func.count()).select_from(rules.known_by_number(group.id).subquery())) or 0


class _Step:
    """What a row is at, so that a refusal can name the cell; and what became of the row."""

    field, became = "name", "same"

    def at(self, field: str) -> None:
        self.field = field

    def changed(self) -> None:
        self.became = "changed" if self.became == "same" else self.became


def apply(
    row: TableRow, place_id: int, known: KindergartensByName, outcome: ImportResult, *, by: Actor, at: datetime
) -> None:
    """Do what a row says and count it; a problem where it was refused or is asked about.

    That a group has more children than places is said of a row that was taken, for then alone is it marked.
    """
    step, doing = _Step(), {"by": by, "at": at}
    known_id, told = known.find(row, place_id)
    if not told:
        return
    try:
        with db.session.begin_nested():
            kindergarten = _kindergarten(row, place_id, known, known_id, step, doing)
            group = _group(row, kindergarten, step, doing)
            if group is None:
                return
            _attending(row, group, step, doing)
            _places(row, group, step, doing)
    except Refusal as refusal:
        if "families" in refusal.facts:
            part = str(refusal.facts.get("part", step.field))
            row.wrong(CELLS.get(part, part), "families_hold", families=refusal.facts["families"])
            return
        over = refusal.facts.get("over_capacity")
        name = "nothing_to_publish" if over else REFUSED.get(refusal.reason, "clashes")
        row.wrong(step.field, name)
    except records.Invalid as invalid:
        row.wrong(invalid.field, "clashes")
    except IntegrityError:
        row.wrong(step.field, "clashes")
    else:
        outcome.count(step.became)
        if row.has("attending") and not row.broken:
            for _group_id, above in db.session.execute(rules.over_capacity(group.id)):
                outcome.warnings.append(row.problem("attending", "over_full", over=above))


def _kindergarten(
    row: TableRow, place_id: int, known: KindergartensByName, known_id: int | None, step: _Step, doing: dict[str, Any]
) -> Kindergarten:
    values = {name: row[name] for name in FACTS if row.has(name)}
    if known_id is not None:
        kindergarten = db.session.get_one(Kindergarten, known_id)
        step.at("kind" if "kind" in values else "name")
        del values["name"]  # it is known by the name that is recorded
        _change(kindergarten, values, step, doing)
        return kindergarten
    kindergarten = Kindergarten(place_id=place_id, **values)
    records.create(kindergarten, apart=True, **doing)
    known.add(place_id, kindergarten.name, kindergarten.id)
    return kindergarten


def _group(row: TableRow, kindergarten: Kindergarten, step: _Step, doing: dict[str, Any]) -> KgGroup | None:
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
    records.create(group, apart=True, **doing)
    step.became = "added"
    return group


def _known_group(row: TableRow, kindergarten: Kindergarten) -> tuple[KgGroup | None, bool]:
    """The recorded group of a row, by its name or by language and birth years, and whether that can be told."""
    if (same := _same_group(row, kindergarten.groups)) is not None or not row["group"]:
        return same, True
    near = (one for one in kindergarten.groups if folding.match(one.name, row["group"]) is folding.Match.near)
    alike = next(near, None)
    if alike is None:
        return None, True
    said = row.ask("group", "near_group", f"near_group:{kindergarten.id}:{row['group']}", other=alike.name)
    return alike if said == "same" else None, said is not None


def _same_group(row: TableRow, groups: Sequence[KgGroup]) -> KgGroup | None:
    """The group of exactly this name, first the one that is written just so; or of this language and years."""
    if not row["group"]:
        of = (row["language"], *row["years"])
        return next((one for one in groups if (one.language, one.birth_year_from, one.birth_year_to) == of), None)
    exact = [one for one in groups if identity(one.name) == identity(row["group"])]
    return min(exact, key=lambda one: one.name != row["group"], default=None)


def _attending(row: TableRow, group: KgGroup, step: _Step, doing: dict[str, Any]) -> None:
    if not row.has("attending"):
        return
    step.at("attending")
    more = row["attending"] - _by_number(group)
    if more > 0:
        records.occupy(group, more, **doing)
    elif more < 0:
        records.vacate(group, -more, **doing)
    if more:
        step.changed()


def _places(row: TableRow, group: KgGroup, step: _Step, doing: dict[str, Any]) -> None:
    if not row["free"]:
        return
    step.at("free")
    intake = row["intake"] or Intake.general
    there = published(group).get((intake, row["ends_on"]), 0)
    if row["free"] < there:
        row.wrong("free", "fewer_places")
    elif row["free"] > there:
        vacancy = Vacancy(group=group, intake=intake, places=row["free"] - there, ends_on=row["ends_on"])
        records.create(vacancy, **doing)
        step.at("ends_on" if row["ends_on"] else "free")
        vacancies.publish(vacancy, **doing)
        step.became = "added" if not there else "changed" if step.became == "same" else step.became


def _change(of: Kindergarten | KgGroup, values: dict[str, Any], step: _Step, doing: dict[str, Any]) -> None:
    before = {name: getattr(of, name) for name in values}
    records.change(of, values, **doing)
    if before != values:
        step.changed()
