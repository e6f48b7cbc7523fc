"""All that is kept of a person is handed out on its request, as one file; who took it stays on record (spec 7).

A child's is what there is of it and of its applications; of whoever applied or joined, the same of these, without what
belongs to other people. Corrections on request: actions/corrections.py, `applications.change`.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import ColumnElement, Select, or_, select, true

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions.moving import record
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    Base,
    Challenge,
    Change,
    Child,
    Delivery,
    Draft,
    Guardianship,
    Notice,
    OneTimeCode,
    Signature,
    Upload,
    User,
    Visit,
)
from app.papers import storage
from app.rules import eligibility, retention

BY_IIN: tuple[Any, ...] = (
    OneTimeCode,
    Visit,
    Draft,
    Upload,
    Challenge,
)  # what is kept for a while of whoever entered the cabinet
UNTOLD = frozenset(  # how it is found and guarded, which says nothing of anybody
    {
        *("search_name", "phone_key", "number_key", "file_key", "sha256", "planned"),
        *("key_hash", "browser_hash", "code_hash", "phone_hash", "phones", "qr", "led_to"),
    }
)

Rows = dict[str, list[dict[str, Any]]]


def hand_out(number: str, *, by: Actor, at: datetime, reason: str | None) -> bytes | None:
    """A ZIP with all that is kept of whoever has this IIN within the actor's reach: kept.json and the files that it
    names. None where nothing is. On record of each application of it, and of the account.

    Raises Refusal: not_allowed, reason_required, factor_required.
    """
    user = db.session.get_one(User, by.user_id)
    permit(by, "hand_out", user)
    reason = eligibility.given(reason)
    found = collect(number, None if by.place_ids is None else sorted(by.place_ids))
    if not found:
        return None
    for told in found.get(Application.__tablename__, ()):
        record(db.session.get_one(Application, told["id"]), "hand_out", by=by, at=at, reason=reason)
    record(user, "hand_out", by=by, at=at, details={"rows": sum(map(len, found.values()))})
    return _file(found, number, at)


def collect(number: str, place_ids: list[int] | None) -> Rows:
    """The rows of each table that are of this person, in these districts (None: in all)."""
    here = true() if place_ids is None else Child.place_id.in_(place_ids)
    applied = select(Application.child_id).join(Applicant, Applicant.id == Application.applicant_id)
    itself, its = Child.iin == number, Child.id.in_(applied.where(Applicant.iin == number))
    children = select(Child.id).where(here, or_(itself, its))
    own = db.session.scalars(select(Child.id).where(here, itself).limit(1)).first() is not None
    found: Rows = {}
    tables: tuple[type[Base], ...] = (Child, *retention.BELONGS)
    for model in tables:
        its_own = () if own else _no_others(model, number)
        _add(found, model, model.id.in_(retention.of_children(model, children)), *its_own)
    for told in () if own else found.get(Change.__tablename__, ()):
        told["details"] = _of_no_other(told["details"])
    joined = select(Guardianship.id).where(Guardianship.iin == number)
    joined = joined.where(Guardianship.child_id.in_(select(Child.id).where(here)))
    _add(found, Guardianship, Guardianship.id.in_(joined))
    _add(found, Notice, Notice.guardianship_id.in_(joined))
    at_home = true() if place_ids is None else Applicant.place_id.in_(place_ids)
    _add(found, Applicant, Applicant.iin == number, at_home)
    _add(found, Change, Change.guardianship_id.in_(joined))
    if found or place_ids is None:
        for model in BY_IIN:
            _add(found, model, model.iin == number)
    return found


def _no_others(model: type[Base], number: str) -> list[ColumnElement[bool]]:
    """What an applicant's applications hold of other people, the child aside, is these people's own."""
    to_another = select(Notice.id).join(Guardianship, Guardianship.id == Notice.guardianship_id)
    to_another = to_another.where(Guardianship.iin != number)
    if model is Guardianship:
        return [Guardianship.iin == number]
    if model is Signature:
        return [Signature.iin == number]
    if model is Notice:
        return [Notice.id.not_in(to_another)]
    return [Delivery.notice_id.not_in(to_another)] if model is Delivery else []


def _of_no_other(details: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a record says, without who joined, and without who was the applicant before."""
    left = details or {}
    others = ("guardianship.", "applicant.") if "applicant.iin" in left else ("guardianship.",)
    return {name: value for name, value in left.items() if not name.startswith(others)} or None


def _add(found: Rows, model: type[Base], *which: ColumnElement[bool]) -> None:
    """Each row once."""
    table: Any = model.__table__
    rows: Select[Any] = select(table).where(*which).order_by(table.c.id)
    there = found.get(table.name, [])
    known = {one["id"] for one in there}
    new = [_told(row._asdict(), table.name) for row in db.session.execute(rows) if row.id not in known]
    if there or new:
        found[table.name] = there + new


def _told(row: Mapping[str, Any], table: str) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in row.items() if name not in UNTOLD}
    if key := row.get("file_key"):
        told["file"] = f"files/{table}-{row['id']}.{key.rpartition('.')[2]}"
    return told


def _plain(value: Any) -> Any:
    """As JSON has it; bytes that are no text in base64."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return b64encode(value).decode()
    return value


def _file(found: Rows, number: str, at: datetime) -> bytes:
    """The archive; a file that is gone or damaged is missing in it, and said so."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in _files(found):
            archive.writestr(name, content)
        told = {"iin": number, "taken_at": at.isoformat(), "kept": found}
        archive.writestr("kept.json", json.dumps(told, ensure_ascii=False, indent=1))
    return packed.getvalue()


def _files(found: Rows) -> Iterable[tuple[str, bytes]]:
    for model in retention.FILES:
        for told in found.get(model.__tablename__, ()):
            if "file" in told:
                row: Any = db.session.get_one(model, told["id"])
                try:
                    yield told["file"], storage.read_whole(row.file_key or "", row.sha256 or "")
                except storage.Damaged:
                    told["file"] = None
