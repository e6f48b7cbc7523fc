"""What a file did or would do: rows added, changed, as before, and all that is wrong; and which place a row is of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from sqlalchemy import select

from app.db.extensions import db
from app.imports.columns import MatchedTable, TableRow, near
from app.imports.vocabulary import place_name
from app.models import Place, PlaceKind
from app.rules.folding import fold, identity
from app.spreadsheets.reading import Sheet
from app.words.problems import Problem, Wrong

PLACE_TITLES = ("Аудан/қала", "Район/город", "Аудан немесе қала", "Район или город", "Аудан", "Район", "Қала", "Город")
NOTE_TITLES = ("Ескертпе", "Примечание", "Ескерту")
ROW_NUMBER_TITLES = ("Р/с", "№ п/п", "№", "Р/с №")

Answers: TypeAlias = Mapping[str, str]  # to the questions of problems.QUESTIONS, by their key
NO_ANSWERS: Answers = {}


@dataclass
class ImportResult:
    """Rows by what became of them, and the problems in the order of their cells; nothing is kept if there is one.

    `warnings`: what a person should look at, though it is brought in; `rows`: those of the list; `sheet`: where they
    stand.
    """

    added: int = 0
    changed: int = 0
    same: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    rows: int = 0
    sheet: Sheet | None = None

    def take(self, table: MatchedTable) -> None:
        """What the table has found: its rows, its problems in the order of their cells, and what else is to be said."""
        self.rows, self.sheet = table.count, table.sheet
        self.problems = sorted([*table.problems, *self.problems])
        self.warnings = sorted([*table.notes, *self.warnings])

    def count(self, became: str | None) -> None:
        """One row more that was added, changed or the same; None for one with a problem."""
        if became is not None:
            setattr(self, became, getattr(self, became) + 1)


class Places:
    """The districts and cities of a reach by their names, and the one that the whole file is of, if it was said."""

    def __init__(self, place: str | int | None, reach: frozenset[int] | None = None) -> None:
        """`place`: by its name or its id; `reach`: there are no others (None: all). Raises Wrong(place_unknown)."""
        districts = select(Place).where(Place.kind == PlaceKind.district).order_by(Place.id)
        if reach is not None:
            districts = districts.where(Place.id.in_(sorted(reach)))
        found = db.session.scalars(districts).all()
        self.told = dict[str, int]()  # by the rows so far
        self.exact, self.named = dict[str, set[int]](), dict[tuple[str, str], set[int]]()
        self.alike, self.names = dict[str, set[int]](), {one.id: one.name_kk for one in found}
        for one in found:
            for name in {one.name_kk, one.name_ru}:
                kind, own = place_name(name)
                self.exact.setdefault(identity(name), set()).add(one.id)
                self.named.setdefault((kind, identity(own)), set()).add(one.id)
                self.alike.setdefault(fold(own), set()).add(one.id)
        if isinstance(place, int) and place not in self.names:
            raise Wrong("place_gone")
        self.said, self.whole_file = place if isinstance(place, str) else "", place if isinstance(place, int) else None

    def check(self, table: MatchedTable) -> None:
        """Note once where neither the file nor whoever brings it in says the place, or which one is meant is asked."""
        if self.said:
            self.whole_file = self._find(self.said, partial(table.ask, 0, 0))
        if not (self.said or self.whole_file or "place" in table.at) and table.titles:
            table.wrong(table.titles_at, 1, "place_missing", kk=PLACE_TITLES[0])

    def of(self, row: TableRow) -> int | None:
        """The place of a row; its problem is noted and the answer None where there is no such place."""
        if not row["place"]:
            if not (self.said or self.whole_file) and "place" in row.table.at and "place" not in row.broken:
                row.wrong("place", "place_missing", kk=PLACE_TITLES[0])
            return self.whole_file
        if found := self.told.get(row["place"]):
            return found
        try:
            found = self._find(row["place"], partial(row.ask, "place"))
        except Wrong as wrong:
            row.wrong("place", wrong.name, **wrong.facts)
            return None
        if found:
            self.told[row["place"]] = found
        return found

    def _find(self, name: str, ask: Callable[..., str | None]) -> int | None:
        """The place of a name; None where another one of that name may be meant, which is asked. Raises Wrong."""
        kind, own = place_name(name)
        exact = self.exact.get(identity(name)) or (self.named.get((kind, identity(own))) if kind else None)
        if exact and len(exact) == 1:
            return next(iter(exact))
        alike = self._alike(name)
        said = ask("near_place", f"near_place:{name}", other=self.names[alike]) if alike else "other"
        if said == "other":
            self._unknown(name)
        return alike if said else None

    def _alike(self, name: str) -> int | None:
        """The one place that may be meant; None for none, or several."""
        found = self.alike.get(fold(place_name(name)[1]), set())
        return next(iter(found)) if len(found) == 1 else None

    def _unknown(self, name: str) -> None:
        own = {key: next(iter(ids)) for key, ids in self.alike.items()}
        nearest = self.names.get(own.get(near(fold(place_name(name)[1]), own), 0))
        raise Wrong("place_unknown", near=nearest) if nearest else Wrong("place_gone")
