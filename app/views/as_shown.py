"""Whoever says yes stands for what was shown: a page that asks keeps its digest, and a yes brings it back."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flask import current_app, g, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.access.row_scope import looking_as
from app.actions import places
from app.db.database import lock_districts
from app.db.extensions import db
from app.rules.refusals import Reason, Refusal


def entered(*parts: Any) -> str:
    """A digest of all that these records and sentences say: it changes with any of it."""
    facts = [
        str(one) if isinstance(one, str) else [getattr(one, column.key) for column in one.__table__.columns]
        for one in parts
        if one is not None
    ]
    return sha256(repr(facts).encode()).hexdigest()


def shown_of(rows: Sequence[Any], parts: Any) -> list[tuple[str, str]]:
    """What a page that asks for a yes shows of each record, as hidden fields; `parts` names the records and the
    sentences that it shows."""
    return [(f"seen-{row.id}", _as_shown(row, parts)) for row in rows]


def _as_shown(row: Any, parts: Any) -> str:
    """In whatever language it was read, and is read when the yes comes."""
    said = []
    for language in current_app.config["LANGUAGES"]:
        with force_locale(language):
            said.append(entered(*parts(row)))
    return sha256("".join(said).encode()).hexdigest()


def unseen(rows: Sequence[Any]) -> str:
    """What is wrong with a yes that does not say what was seen; "" for nothing, and for a page that only asks."""
    if request.form.get("sure") != "yes" or all(request.form.get(f"seen-{row.id}") for row in rows):
        return ""
    return _("Nothing was approved: first look at what stands here, then say yes.")


def still_as_shown(row: Any, parts: Any, verb: str = "approve", because: str = "changed") -> None:
    """Whoever says yes stands for what was shown, to the letter. Raises Refusal(wrong_status) when it was changed."""
    lock_districts(places.districts(row))
    db.session.execute(select(type(row).id).where(type(row).id == row.id).with_for_update())
    db.session.expire_all()
    with looking_as(g.actor):  # as the page was shown
        still = request.form.get(f"seen-{row.id}") == _as_shown(row, parts)
    db.session.expire_all()
    if not still:
        raise Refusal(Reason.wrong_status, verb=verb, **{because: True})
