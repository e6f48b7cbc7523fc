"""The protocols of days: what was recorded, and the head of the chain then, each a paper (ADR 34)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app import words
from app.actions import documents
from app.actions.daily_protocols import OF_A_DAY
from app.db.extensions import db
from app.models import Document
from app.now import now
from app.rules.calendar import local_day
from app.rules.roles import Role
from app.views.base import BaseView, row_id
from app.views.child_page import failures
from app.views.downloads import stored_paper
from app.views.paging import Records

READERS = frozenset({Role.department, Role.auditor, Role.administrator})  # it is of all districts together


class Protocols(Records):
    """Daily protocols in words."""

    def loaded(self, rows: list[Any]) -> list[Any]:
        failed = failures(rows)
        for row in rows:
            row.__dict__["failed"] = failed.get(row.id)
        return rows

    def in_words(self, row: Document) -> Mapping[str, Callable[[], Any]]:
        said, seal = row.facts or {}, row.seal
        last = seal.position if seal is not None else 0
        first = said.get("first", last)
        return {
            "number": lambda: said.get("number"),
            "day": lambda: seal and seal.day,
            "records": lambda: last - first + 1,
            "positions": lambda: f"{words.number(first)}–{words.number(last)}",
            "head": lambda: Markup('<code class="hex">{}</code>').format(words.in_groups(said.get("head", ""))),
            "state": lambda: self._state(row),
            "paper": lambda: _ways(row),
        }

    def _state(self, row: Document) -> str:
        if row.file_key is None:
            self.loaded([] if "failed" in row.__dict__ else [row])
            return row.__dict__["failed"] or _("being prepared…")
        return words.standing(documents.standing(row, local_day(now())))


def _ways(row: Document) -> Markup | None:
    """To the paper, where it is made, and to the page that its QR leads to."""
    if row.file_key is None:
        return None
    ways = (
        (url_for("DailyProtocolView.paper", document_id=row.id), _("Open")),
        (
            url_for("verify.verify", code=row.code),
            _("Verify"),
        ),
    )
    told = [Markup('<a href="{}" target="_blank">{}</a>').format(address, escape(text)) for address, text in ways]
    return Markup(" · ").join(told)


class DailyProtocolView(BaseView):
    route_base = "/daily-protocols"
    subject, readers = Document, READERS
    datamodel = Protocols(Document, joinedload(Document.seal))
    show_title = _l("Daily protocol")
    grants: ClassVar = {"can_paper": READERS}
    list_columns = ["number", "day", "records", "positions", "state"]
    show_columns = ["number", "day", "records", "positions", "head", "state", "paper"]
    order_columns, sorted_as = ["day"], {"day": "id"}
    base_order = ("id", "desc")

    def where(self, asked: Any) -> list[ColumnElement[bool]]:
        return [*super().where(asked), OF_A_DAY]

    def filters(self) -> Sequence[str]:
        return ()

    def load(self, pk: Any) -> Document:
        found = select(Document).where(Document.id == row_id(pk), OF_A_DAY)
        return db.session.scalars(found).first() or abort(404)

    @expose("/paper/<int:document_id>", methods=["GET"])
    @has_access
    def paper(self, document_id: int) -> Any:
        """A protocol exactly as it was made."""
        document = self.load(document_id)
        return stored_paper(document, url_for(".show", pk=document.id))
