"""The one writer of status and history (spec 3.7, house rule 4): permitted, by the table, on the record."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, CursorResult, Result, Select, Update, func, insert, literal, null, select, update

from app.access.actors import Actor
from app.access.permissions import EVERY_VERB, application_of, kindergarten_of, permit, permit_all, place_of
from app.actions import places, versions
from app.db.database import Rows, as_kept, insert_all
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Audience,
    Base,
    Change,
    Guardianship,
    Norm,
    Notice,
    Offer,
    Privilege,
    Voucher,
)
from app.rules import eligibility, reasons
from app.rules.calendar import local_day
from app.rules.guardianships import of_person
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.rules.verbs import VERBS, target


def move(
    subject: Any,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    to: StrEnum | None = None,
    on: date | None = None,
    reason: str | None = None,
    norm: Norm | None = None,
    tell: Mapping[str, Any] | None = None,
    **facts: Any,
) -> None:
    """Spec 3.7, 3.8: move one record by a verb of the table, set `facts` on it and write its history, in the
    caller's transaction.

    `on`: the local day that the change counts from (the day of `at` when None); `tell`: facts for the notices that
    go with an application's verb. The caller holds the district's lock. Raises Refusal: not_allowed, wrong_status,
    reason_required, factor_required.
    """
    permit(by, verb, subject)
    before, after = subject.status, target(type(subject), verb, subject.status, to)
    if VERBS[type(subject)][verb].reason:
        reason = eligibility.given(reason)
    subject.status = after
    for name, value in facts.items():
        setattr(subject, name, value)
    _write(subject, verb, by, at, on, reason, norm, (before, after), facts, tell)


def record(
    subject: Any,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    on: date | None = None,
    reason: str | None = None,
    norm: Norm | None = None,
    status: tuple[StrEnum | None, StrEnum | None] = (None, None),
    details: Mapping[str, Any] | None = None,
    tell: Mapping[str, Any] | None = None,
) -> None:
    """Write one row of history for a verb that this actor may do to this subject, and the notices that go with it.

    Raises Refusal: not_allowed, factor_required.
    """
    permit(by, verb, subject)
    _write(subject, verb, by, at, on, reason, norm, status, details, tell)


def _write(
    subject: Any,
    verb: str,
    by: Actor,
    at: datetime,
    on: date | None,
    reason: str | None,
    norm: Norm | None,
    status: tuple[StrEnum | None, StrEnum | None],
    details: Mapping[str, Any] | None,
    tell: Mapping[str, Any] | None,
) -> None:
    """The history of what was permitted, its notices, and the papers whose facts it changed."""
    if by.stale and EVERY_VERB[type(subject)][verb].again:
        raise Refusal(Reason.factor_required, verb=verb)
    if any(not isinstance(row, Change | Notice) for row in db.session.new):
        db.session.flush()  # the history names records by their ids; nobody names itself so
    row = _history(subject, verb, by, at, on or local_day(at), reason, norm, status, details)
    db.session.add(Change(**row))
    versions.follow(subject, verb, details, at=at)
    application = application_of(subject)
    if tell is not None and application is not None:
        for audience in EVERY_VERB[type(subject)][verb].tells:
            kindergarten_id = kindergarten_of(subject) if audience is Audience.kindergarten else None
            notify(application, verb, at=at, audience=audience, facts=tell, kindergarten_id=kindergarten_id)


class NewHistory(NamedTuple):
    """What the history will say of records that are to be added; by their place among them, what of it changes people
    who were recorded before.
    """

    rows: Rows
    changes: Mapping[int, Mapping[str, Any]]


def new_history(rows: Sequence[Mapping[str, Any]]) -> NewHistory:
    """Each row says status_to, reason and details, as the history has them."""
    told = [row["details"] for row in rows]
    plainly = [{**row, "reason": reasons.kept(row["reason"]), "details": plain(row["details"])} for row in rows]
    before_and_after = {n: one for n, one in enumerate(told) if any(isinstance(value, list) for value in one.values())}
    return NewHistory(as_kept(Change, plainly), before_and_after)


def record_new(
    model: type[Application] | type[Privilege],
    ids: Sequence[int],
    its_applications: Sequence[int],
    verb: str,
    told: NewHistory,
    *,
    place_id: int,
    by: Actor,
    at: datetime,
) -> None:
    """Write the history of many records of one district that were just added, in one statement; nobody is told.

    No paper is given: what is taken over had its papers where it came from. What it changes of papers that are there
    is followed. Raises Refusal(not_allowed).
    """
    permit_all(by, verb, model, place_id)
    shared = {**_act(model, verb, by, at, local_day(at)), "place_id": place_id, "kindergarten_id": None}
    shared |= {"status_from": None, "standing": True if model is Application else None, "norm_id": None}
    whose = {"subject_id": ids, "application_id": its_applications}
    insert_all(Change, told.rows._replace(columns={**told.rows.columns, **whose}), **shared)
    for position, details in told.changes.items():
        versions.follow(db.session.get_one(model, ids[position]), verb, details, at=at, gives=False)


def _history(
    subject: Any,
    verb: str,
    by: Actor,
    at: datetime,
    on: date,
    reason: str | None,
    norm: Norm | None,
    status: tuple[StrEnum | None, StrEnum | None],
    details: Mapping[str, Any] | None,
) -> dict[str, Any]:
    application = application_of(subject)
    return {
        **_act(type(subject), verb, by, at, on),
        **_person(by, subject, on),
        "subject_id": subject.id,
        "application_id": application.id if application else None,
        "kindergarten_id": kindergarten_of(subject),
        "place_id": place_of(subject),
        "status_from": status[0],
        "status_to": status[1],
        "standing": subject.standing if isinstance(subject, Application) else None,
        "reason": reasons.kept(reason),
        "norm_id": norm.id if norm else None,
        "details": plain(details),
    }


def _person(by: Actor, subject: Any, on: date) -> dict[str, int | None]:
    """Spec 3.7: who of the family it was, as the district of what was done knows this person: as an applicant there, or
    by the guardianship of the child; nobody for officials.
    """
    if by.visitor is None:
        return {"applicant_id": None, "guardianship_id": None}
    child = application.child_id if (application := application_of(subject)) else None
    whose = by.visitor.iin, place_of(subject), child, on
    found: dict[str, int | None] = places.once(("who", *whose), lambda: _known_as(*whose))  # an act has several rows
    return found


def _known_as(number: str, place_id: int | None, child_id: int | None, on: date) -> dict[str, int | None]:
    applicant = select(Applicant.id).where(Applicant.iin == number, Applicant.place_id == place_id)
    joined = of_person(number, on).where(Guardianship.child_id == child_id).with_only_columns(Guardianship.id)
    return {"applicant_id": db.session.scalar(applicant), "guardianship_id": db.session.scalar(joined)}


def _act(model: type[Base], verb: str, by: Actor, at: datetime, on: date) -> dict[str, Any]:
    """What was done, by whom and when."""
    for_family = by.stands_for_family(EVERY_VERB[model][verb]) and by.paper_on is not None
    on_own_paper = by.role is Role.family or (by.role is Role.head and verb == "sign")
    paper_on = by.paper_on if for_family or on_own_paper else None
    if by.on_paper and on_own_paper:
        paper_on = local_day(at)
    return {
        "at": at,
        "effective_on": on,
        "verb": verb,
        "subject": model.__tablename__,
        "role": str(by.role),
        "user_id": by.user_id,
        "for_family": for_family,
        "paper_on": paper_on,
        "client": by.client,
        "sign_in": by.visitor.sign_in if by.visitor else None,
        "signature_id": by.visitor.signature_id if by.visitor else by.signature_id,
    }


def last_change() -> int:
    """The id of the last row of history: what a decision that begins now could know."""
    return db.session.scalar(select(func.max(Change.id))) or 0


def notify(
    application: Application,
    template: str,
    *,
    at: datetime,
    audience: Audience = Audience.family,
    facts: Mapping[str, Any] | None = None,
    due_on: date | None = None,
    kindergarten_id: int | None = None,
    guardianship_id: int | None = None,
) -> None:
    """Leave one notice for a family or for officials; it is a row, jobs deliver it."""
    db.session.add(
        Notice(
            application_id=application.id,
            kindergarten_id=kindergarten_id,
            guardianship_id=guardianship_id,
            audience=audience,
            template=template,
            facts=plain(facts) or {},
            at=at,
            due_on=due_on,
        )
    )


def move_as_if(applications: Select[int], status: ApplicationStatus) -> None:
    """The status that these applications would have by now, without history: for what is tried and taken back alone."""
    as_if = update(Application).where(Application.id.in_(applications)).values(status=status)
    db.session.execute(as_if.execution_options(synchronize_session=False))


def move_all(
    model: type[Application] | type[Voucher] | type[Privilege] | type[Offer],
    ids: Select[int],
    verb: str,
    *,
    by: Actor,
    at: datetime,
    on: date,
    place_id: int,
    norm: Norm | None = None,
    reason: str | None = None,
    tell: Mapping[str, Any] | None = None,
    kindergarten_id: ColumnElement[Any] | None = None,
    **facts: Any,
) -> int:
    """Move all that `ids` finds in one district, with their history and notices, a few statements in all.

    `ids` finds only rows whose status the verb starts from; the caller holds the district's lock and moves the
    table that `ids` reads from last. `kindergarten_id`: where each belongs, by its row. Returns how many moved.
    Raises Refusal(not_allowed), ValueError.
    """
    step = VERBS[model][verb]
    if len(step.source) != 1 and reason is None:
        raise ValueError(f"{verb} starts from several statuses: name the reason")
    after = next(iter(step.target))
    status = model.__table__.c.status, literal(str(after))
    record_all_of(
        model,
        ids,
        verb,
        by=by,
        at=at,
        on=on,
        place_id=place_id,
        status=status,
        norm=norm,
        reason=reason,
        details=facts,
        kindergarten_id=kindergarten_id,
    )
    if tell is not None:
        notify_all(ids, verb, at=at, facts=tell)
    return set_all(update(model).where(model.id.in_(ids)).values(status=after, **facts))


def record_all_of(
    model: type[Application] | type[Voucher] | type[Privilege] | type[Offer],
    ids: Select[int],
    verb: str,
    *,
    by: Actor,
    at: datetime,
    on: date,
    place_id: int,
    status: tuple[ColumnElement[Any], ColumnElement[Any]],
    norm: Norm | None = None,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
    kindergarten_id: ColumnElement[Any] | None = None,
) -> None:
    """Write the history of a verb for all that `ids` finds in one district, in one statement; nobody is told.

    `status`: before and after; `kindergarten_id`: where each belongs, by its row. Raises Refusal(not_allowed).
    """
    permit_all(by, verb, model, place_id)
    if VERBS[model][verb].gives or VERBS[model][verb].changes:
        raise ValueError(f"{verb} goes with papers: one by one")
    table = model.__table__.c
    row: dict[str, ColumnElement[Any]] = {
        "at": literal(at, Change.__table__.c.at.type),
        "effective_on": literal(on),
        "verb": literal(verb),
        "subject": literal(model.__tablename__),
        "subject_id": table.id,
        "application_id": table.id if model is Application else table.application_id,
        "kindergarten_id": null() if kindergarten_id is None else kindergarten_id,
        "place_id": literal(place_id),
        "role": literal(str(by.role)),
        "user_id": literal(by.user_id) if by.user_id else null(),
        "for_family": literal(False),
        "status_from": status[0],
        "status_to": status[1],
        "standing": table.standing if model is Application else null(),
        "reason": literal(reasons.kept(reason)) if reason else null(),
        "norm_id": literal(norm.id) if norm else null(),
        "details": literal(plain(details), Change.__table__.c.details.type),
    }
    these = select(*row.values()).where(table.id.in_(ids)).order_by(table.id)
    db.session.execute(insert(Change).from_select(list(row), these))


def set_all(statement: Update) -> int:
    """Execute one UPDATE over many rows; returns how many. The caller expires what the session knew of them."""
    return _count(db.session.execute(statement, execution_options={"synchronize_session": False}))


def notify_all(
    applications: Select[int],
    template: str,
    *,
    at: datetime,
    facts: Mapping[str, Any],
    audience: Audience = Audience.family,
    due_on: date | None = None,
) -> int:
    """Leave one notice for each application that the select finds; returns how many."""
    row = {
        "application_id": Application.__table__.c.id,
        "audience": literal(audience, Notice.__table__.c.audience.type),
        "template": literal(template),
        "facts": literal(plain(facts), Notice.__table__.c.facts.type),
        "at": literal(at, Notice.__table__.c.at.type),
        "due_on": literal(due_on) if due_on else null(),
    }
    told = db.session.execute(
        insert(Notice).from_select(list(row), select(*row.values()).where(row["application_id"].in_(applications))),
        execution_options={"preserve_rowcount": True},
    )
    return _count(told)


def _count(result: Result[Any]) -> int:
    return cast(CursorResult[Any], result).rowcount


def plain(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Facts as JSON keeps them: days and moments as ISO text, records by their id, a reason as the history has it."""
    if not facts:
        return None
    return {name: reasons.kept(value) if name == "reason" else _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Base():
            return value.id
        case StrEnum():
            return str(value)
        case list() | tuple():
            return [_plain(one) for one in value]
    return value
