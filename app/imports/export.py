"""What is recorded as a file that can be brought in again: the titles of the import, and its words in the cells.

Brought in as it is, it changes nothing; each reader takes the rows of the own reach (row_scope.py).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app import registers
from app.db.extensions import db
from app.imports import declared, kindergarten_row, vocabulary
from app.imports.whole_file import COLUMNS
from app.models import (
    Application,
    Enrolment,
    Holding,
    ImportKind,
    KgGroup,
    Kindergarten,
    PrivilegeStatus,
)
from app.registers.kindergartens import KINDERGARTENS
from app.rules.calendar import LOCAL

AT_ONCE = 500  # rows in memory
NAMES = {"last_name": "last_name", "first_name": "first_name", "patronymic": "patronymic"}
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
        yield [told.get(field, "") if told.get(field) is not None else "" for field in fields]


def _columns(kind: ImportKind) -> list[Any]:
    return [column for column in COLUMNS[kind] if column.read is not None and column.field not in LEFT]


def _applications() -> Iterator[dict[str, Any]]:
    whole = joinedload(Application.child), joinedload(Application.applicant), joinedload(Application.place)
    found = select(Application).options(*whole, selectinload(Application.privileges)).order_by(Application.id)
    for one in db.session.scalars(found.execution_options(yield_per=AT_ONCE)):
        last = one.privileges[-1] if one.privileges else None
        live = last is not None and last.status in (PrivilegeStatus.claimed, PrivilegeStatus.confirmed)
        yield {
            "number": one.number,
            "child_iin": one.child.iin,
            **{f"child_{name}": getattr(one.child, name) for name in NAMES},
            "born_on": one.child.born_on,
            "sex": vocabulary.SEXES[one.child.sex][0],
            "applicant_iin": one.applicant.iin,
            **{f"applicant_{name}": getattr(one.applicant, name) for name in NAMES},
            "queued_at": one.queued_at.astimezone(LOCAL).replace(tzinfo=None),
            "status": vocabulary.STATUSES[one.status][0],
            "privilege": vocabulary.PRIVILEGES[last.kind if last is not None and live else None][0],
            "queue_kind": vocabulary.QUEUES[one.queue_kind][0],
            **{name: getattr(one, name) for name in ("phone", "email", "address")},
            "place": one.place.name_kk,
        }


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
            **declared.told(KINDERGARTENS, of),
            "place": kindergarten_row.district(of.place).name_kk,
        }
        for (intake, ends_on), free in kindergarten_row.published(group).items() or [((None, None), None)]:
            said = {"intake": vocabulary.INTAKES[intake][0] if intake else None, "free": free, "ends_on": ends_on}
            yield {**told, **said}
