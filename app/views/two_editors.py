"""Two editors, one record (spec 7; docs/adr/0015-forms-that-stay.md): a change form carries what it was shown from.

It does so as a digest for each field that it shows. What is typed back unchanged was not touched and is not written;
a field that it did not show is not written either; and a record that stands otherwise since is not written at all
before the person has seen both.
"""

import json
from collections.abc import Container, Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from flask import abort
from sqlalchemy import select
from wtforms import BooleanField

from app.actions import places
from app.actions.moving import plain
from app.db.database import lock_districts
from app.db.extensions import db
from app.models import Base
from app.views.forms import Form, FormLines, SeveralField


class Changed(Exception):
    """The record stands otherwise than the form was shown from; `standing`: as it stands now, by field."""

    def __init__(self, standing: Mapping[str, Any]) -> None:
        super().__init__("changed since")
        self.standing = standing


def shown(standing: Mapping[str, Any]) -> str:
    """What a form carries of the values that it shows."""
    return " ".join(f"{name}:{_digest(value)}" for name, value in standing.items())


def touched(form: Form, seen: str, standing: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were typed otherwise than they were shown. Raises Changed, also for a form that says nothing."""
    before = _said(seen)
    known = {name: value for name, value in standing.items() if name in before}
    if not known or any(_digest(value) != before[name] for name, value in known.items()):
        raise Changed(standing)
    return {name: value for name, value in _typed(form, known).items() if _digest(value) != before[name]}


def as_shown(seen: str, standing: Mapping[str, Any]) -> None:
    """For a form that replaces what it shows beside its fields. Raises Changed where that is something else by now."""
    if seen != shown(standing):
        raise Changed(standing)


class Beside(NamedTuple):
    """One field of a record that was changed since: what stands now, what was typed, if anything was.

    `changed`: somebody else changed it; `differs`: it was typed otherwise than it stands.
    """

    label: str
    stands: Any
    typed: Any
    touched: bool
    changed: bool
    differs: bool


def beside(form: Form, seen: str, standing: Mapping[str, Any]) -> tuple[dict[str, Any], list[Beside]]:
    """The values to go on from, where what the person did not touch is as it stands now; and both versions by field."""
    before, typed = _said(seen), _typed(form, standing)
    mine = {name: value for name, value in typed.items() if _digest(value) != before.get(name)}
    rows = [
        Beside(
            form[name].label.text,
            stands,
            mine.get(name),
            touched=name in mine,
            changed=name in before and _digest(stands) != before[name],
            differs=name in mine and _digest(mine[name]) != _digest(stands),
        )
        for name, stands in standing.items()
    ]
    return {**standing, **mine}, rows


def lock_rows(rows: Iterable[Base], typed: Iterable[Any] = ()) -> None:
    """Nobody else changes these rows until the transaction ends; what was read of them is read again, 404 if gone.

    Their districts are locked first, with those that the rows would come to by what was `typed`, as every verb does
    (docs/adr/0002-district-lock.md).
    """
    rows = list(rows)
    known = [(type(row), row.id) for row in rows]
    lock_districts(places.districts(*rows, *typed))
    for model, pk in known:
        if db.session.scalar(select(model.id).where(model.id == pk).with_for_update(key_share=True)) is None:
            abort(404)
    db.session.expire_all()


def _said(seen: str) -> dict[str, str]:
    return dict(one.partition(":")[::2] for one in seen.split())


def _typed(form: Form, fields: Container[str]) -> dict[str, Any]:
    return {name: value for name, value in form.values().items() if name in fields and _sent(form[name])}


def _sent(field: Any) -> bool:
    """Did the browser send it? An unticked box and lines that are all empty are sent by being left out."""
    return isinstance(field, BooleanField | FormLines | SeveralField) or bool(field.raw_data)


def _digest(value: Any) -> str:
    """The same for what a person takes for the same: nothing and an empty text, the two kinds of line ends."""
    text = value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
    said = plain({"": text if text is not None else ""}) or {}
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]
