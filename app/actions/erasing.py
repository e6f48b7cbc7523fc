"""What is kept of people goes when its time is over, and that it did stays on record (spec 7; docs/adr/0034, 0041).

The history is erased with it; the chain stays whole. Whoever works as a role that cannot change the history cannot do
it: the owner of the tables does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, select, update

from app.access.actors import Actor
from app.access.permissions import permit
from app.access.personal_data import is_personal
from app.actions import chain, imports, norms, places
from app.actions.moving import record
from app.db.database import lock_districts
from app.db.extensions import db
from app.models import (
    AccountLetter,
    Applicant,
    Application,
    Base,
    Change,
    Child,
    Delivery,
    Document,
    HistoryLink,
    ImportProblem,
    ImportRun,
    ImportStage,
    Notice,
    Place,
    Round,
    SanatoriumCertificate,
)
from app.papers import storage
from app.rules import retention
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import APPLICATION_FINAL

SLICE = 100  # records in one transaction
KEPT_NO_MORE = "erased"  # why a file that was only tried comes to nothing


class Due(NamedTuple):
    """A record whose time is over: of which category of rules/retention.py, where, and its id."""

    category: str
    place_id: int
    id: int


def erase(application: Application, *, by: Actor, at: datetime) -> int:
    """Remove from the application's history its reasons and what is personal; the chain stays whole. Returns of how
    many records.

    Raises Refusal: not_allowed, wrong_status (it is not over).
    """
    permit(by, "erase", application)
    lock_districts(places.districts(application))
    if application.status not in APPLICATION_FINAL:
        raise Refusal(Reason.wrong_status, verb="erase")
    _seal_all(at)
    return _history(application, Change.application_id == application.id, by=by, at=at)


def steps(*, at: datetime) -> list[tuple[str, int]]:
    """Each category in each place where there may be something of it, and a norm says how long it is kept."""
    return [
        (name, place_id)
        for name, category in retention.CATEGORIES.items()
        for place_id in db.session.scalars(category.places)
        if norms.if_any(category.norm, place_id, local_day(at)) is not None
    ]


def due(*, at: datetime) -> Iterator[Due]:
    """All whose time is over, as `erase_next` would erase it, step by step: nothing is changed."""
    for name, place_id in steps(at=at):
        yield from (Due(name, place_id, found) for found in db.session.scalars(_over(name, place_id, at)))


def erase_next(name: str, place_id: int, *, by: Actor, at: datetime) -> list[Due]:
    """Erase the next of a step, SLICE at most, in the caller's transaction; none are left where it is fewer.

    What was erased is on record, with its number and without what it was. Raises Refusal(not_allowed).
    """
    place = db.session.get_one(Place, place_id)
    lock_districts({place_id})
    found = db.session.scalars(_over(name, place_id, at).limit(SLICE)).all()
    if found:
        ERASES[name](found, by, at)
        record(place, "erase", by=by, at=at, details={"category": name, "rows": len(found)})
        db.session.flush()
        db.session.expire_all()
    return [Due(name, place_id, one) for one in found]


def _over(name: str, place_id: int, at: datetime) -> Select[int]:
    category = retention.CATEGORIES[name]
    over = category.over(
        place_id, retention.before(norms.in_force(category.norm, place_id, local_day(at)), local_day(at))
    )
    return over.order_by(over.selected_columns[0])


def _children(ids: Sequence[int], by: Actor, at: datetime) -> None:
    """With their applications and all that belongs to these; files first: one that is gone is missed by nobody."""
    _seal_all(at)
    these = select(Child.id).where(Child.id.in_(ids))
    for application in db.session.scalars(_of(Application, these)).all():
        erase(application, by=by, at=at)
    for certificate in db.session.scalars(_of(SanatoriumCertificate, these)).all():
        its = Change.subject == SanatoriumCertificate.__tablename__, Change.subject_id == certificate.id
        _history(certificate, *its, by=by, at=at)
    for model in retention.FILES:
        keys = select(model.file_key).where(model.id.in_(retention.of_children(model, these)), model.file_key != "")
        for key in db.session.scalars(keys).all():
            storage.remove(key or "")
    for notice in db.session.scalars(_of(Notice, these)).all():
        notice.facts = retention.without_words(notice.facts, is_personal)
    for held in db.session.scalars(_of(Round, these).where(Round.born_before.is_not(None))).all():
        held.born_before = retention.in_its_month(held.born_before)
    _set(
        update(Document)
        .where(Document.id.in_(retention.of_children(Document, these)), Document.replaced_at.is_(None))
        .values(replaced_at=at)
    )
    for child in db.session.scalars(select(Child).where(Child.id.in_(ids))).all():
        child.born_on = retention.in_its_month(child.born_on)
    db.session.flush()
    for table in [one for one in retention.GOES if one is not Applicant]:
        _put(table, table.id.in_(retention.of_children(table, these)))


def _applicants(ids: Sequence[int], _by: Actor, _at: datetime) -> None:
    _put(Applicant, Applicant.id.in_(ids))


def _messages(ids: Sequence[int], _by: Actor, _at: datetime) -> None:
    _put(Delivery, Delivery.id.in_(ids))


def _letters(ids: Sequence[int], _by: Actor, _at: datetime) -> None:
    _set(update(AccountLetter).where(AccountLetter.id.in_(ids)).values(address="", text=None, facts={}))


def _files(ids: Sequence[int], _by: Actor, at: datetime) -> None:
    """The file, its name, and what stood in its cells; how many rows it had stays."""
    for run in db.session.scalars(select(ImportRun).where(ImportRun.id.in_(ids))).all():
        storage.remove(run.file_key)
        if run.stage in (ImportStage.trying, ImportStage.tried):
            imports.refuse(run, KEPT_NO_MORE, at=at)
        run.file_key, run.file_name, run.sheet, run.answers = "", "", None, {}
    db.session.execute(delete(ImportProblem).where(ImportProblem.import_run_id.in_(ids)))


ERASES = {"child": _children, "applicant": _applicants, "message": _messages, "letter": _letters, "file": _files}


def _of(model: Any, children: Select[int]) -> Select[Any]:
    return select(model).where(model.id.in_(retention.of_children(model, children))).order_by(model.id)


def _put(model: type[Base], which: ColumnElement[bool]) -> None:
    _set(update(model).where(which).values(retention.instead(model)))


def _set(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})


def _seal_all(at: datetime) -> None:
    while chain.seal(at=at):
        pass


def _history(subject: Any, *which: ColumnElement[bool], by: Actor, at: datetime) -> int:
    """Of these records, which are sealed: their reasons, and what can be erased of what they say. Returns how many."""
    sealed = (
        select(Change.id, Change.reason, Change.details, HistoryLink.hidden)
        .join(HistoryLink, HistoryLink.change_id == Change.id)
        .where(*which, HistoryLink.salt.is_not(None))
    )
    erased = [row for row in db.session.execute(sealed) if row.reason is not None or row.hidden]
    for row in erased:
        rest = {name: value for name, value in (row.details or {}).items() if name not in row.hidden} or None
        db.session.execute(update(Change).where(Change.id == row.id).values(reason=None, details=rest))
        db.session.execute(update(HistoryLink).where(HistoryLink.change_id == row.id).values(salt=None))
    if erased:
        record(subject, "erase", by=by, at=at, details={"rows": len(erased)})
    return len(erased)
