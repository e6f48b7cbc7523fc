"""What is recorded as a file that can be brought in again: the titles of the import, and its words in the cells.

Brought in as it is, it changes nothing; each reader takes the rows of the own reach (row_scope.py).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app import registers
from app.actions.people import NAMES
from app.db.extensions import db
from app.imports import declared, kindergarten_row, vocabulary
from app.imports.whole_file import COLUMNS
from app.models import (
    Applicant,
    Application,
    Child,
    Enrolment,
    Holding,
    ImportKind,
    KgGroup,
    Kindergarten,
    Place,
    Privilege,
    PrivilegeStatus,
)
from app.registers.kindergartens import KINDERGARTENS
from app.rules.calendar import LOCAL

AT_ONCE = 500  # rows in memory
WORDS = {  # the first of each is the one that is written
    "sex": {value: words[0] for value, words in vocabulary.SEXES.items()},
    "status": {value: words[0] for value, words in vocabulary.STATUSES.items()},
    "privilege": {value: words[0] for value, words in vocabulary.PRIVILEGES.items()},
    "queue_kind": {value: words[0] for value, words in vocabulary.QUEUES.items()},
}
LEFT = {"child_name", "applicant_name", "created", "reason"}  # said by other columns, or of no record


def titles(kind: ImportKind) -> list[str]:
    """The titles of the columns, as the import knows them."""
    return [column.titles[0] for column in _columns(kind)]


def rows(kind: ImportKind) -> Iterator[list[Any]]:
    """The cells under them."""
    fields = [column.field for column in _columns(kind)]
    of = {ImportKind.applications: _applications, ImportKind.kindergartens: _kindergartens}
    of |= {kind: partial(declared.rows, one) for kind, one in registers.BROUGHT.items()}
    for told in of[kind]():
        yield ["" if (cell := told.get(field)) is None else cell for field in fields]


def _columns(kind: ImportKind) -> list[Any]:
    return [column for column in COLUMNS[kind] if column.read is not None and column.field not in LEFT]


def _applications() -> Iterator[dict[str, Any]]:
    """Columns and no records: a record of each would take longer than all the rest."""
    last = aliased(Privilege)
    own = select(func.max(last.id)).where(last.application_id == Application.id).scalar_subquery()
    live = Privilege.status.in_([PrivilegeStatus.claimed, PrivilegeStatus.confirmed])
    columns = {
        **{name: getattr(Application, name) for name in ("number", "queued_at", "status", "queue_kind")},
        **{name: getattr(Application, name) for name in ("phone", "email", "address")},
        **{f"child_{name}": getattr(Child, name) for name in ("iin", *NAMES)},
        **{name: getattr(Child, name) for name in ("born_on", "sex")},
        **{f"applicant_{name}": getattr(Applicant, name) for name in ("iin", *NAMES)},
        "privilege": Privilege.kind,
        "place": Place.name_kk,
    }
    found = (
        select(*columns.values())
        .join(Application.child)
        .join(Application.applicant)
        .join(Application.place)
        .outerjoin(Privilege, (Privilege.id == own) & live)
        .order_by(Application.id)
    )
    for row in db.session.execute(found.execution_options(yield_per=AT_ONCE)):
        told = dict(zip(columns, row, strict=True))
        told["queued_at"] = told["queued_at"].astimezone(LOCAL).replace(tzinfo=None)
        for name, words in WORDS.items():
            told[name] = words[told[name]]
        yield told


def _kindergartens() -> Iterator[dict[str, Any]]:
    """A row for each group and each of its published vacancies; those of one intake and last day are one.

    A kindergarten is known by its name in its district: of one in a settlement the row names the district.
    """
    whole = joinedload(KgGroup.kindergarten).joinedload(Kindergarten.place), selectinload(KgGroup.vacancies)
    attending = dict(
        db.session.execute(
            select(Enrolment.group_id, func.count())
            .join(Holding, Holding.enrolment_id == Enrolment.id)
            .where(Enrolment.child_id.is_(None), Enrolment.ended_on.is_(None), Holding.ended_at.is_(None))
            .group_by(Enrolment.group_id)
        ).all()
    )
    for group in db.session.scalars(select(KgGroup).options(*whole).order_by(KgGroup.id)).unique():
        of, first, last = group.kindergarten, group.birth_year_from, group.birth_year_to
        told = {
            "language": vocabulary.LANGUAGES[group.language][0],
            "group": group.name,
            "years": str(first) if first == last else f"{first}-{last}",
            "capacity": group.capacity,
            "attending": attending.get(group.id, 0),
            **declared.as_cells(KINDERGARTENS, of),
            "place": kindergarten_row.district(of.place).name_kk,
        }
        for (intake, ends_on), free in kindergarten_row.published(group).items() or [((None, None), None)]:
            said = {"intake": vocabulary.INTAKES[intake][0] if intake else None, "free": free, "ends_on": ends_on}
            yield {**told, **said}
