"""What two people put in force, on screen: drafts come first, another person approves, what is approved stays."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from app.actions import norms, proposals
from app.models import Approved, Base
from app.now import now
from app.rules.calendar import local_day
from app.rules.refusals import accepted
from app.views import as_shown
from app.views.confirmation import ask, confirmed, done
from app.views.paging import Records, SortOrder
from app.views.registers import Registered
from app.views.rendering import NONE, in_words, tag

MOST_TOLD = 12  # rows whose facts stand on the page that asks


class Dated(Records):
    """Rows that two people put in force; the drafts stand before all others."""

    def __init__(self, model: type[Base], *eager: Any) -> None:
        super().__init__(model, joinedload(model.entered_by), joinedload(model.approved_by), *eager)

    def segments(self, _order: SortOrder | None = None) -> Sequence[ColumnElement[bool]]:
        return self.obj.approved_at.is_(None), self.obj.approved_at.is_not(None)

    def segment_of(self, row: Any, _order: SortOrder) -> int:
        return int(row.approved_at is not None)

    def in_words(self, row: Any) -> dict[str, Callable[[], Any]]:
        return {"approved_at": lambda: state(row), "entered_by": lambda: author(row)}


def state(row: Approved) -> Any:
    """Approved when and by whom, or still waiting."""
    if row.approved_at is None:
        return tag("draft", _("Waits for approval"))
    day = local_day(row.approved_at)
    return [day, row.approved_by] if row.approved_by else day


def author(row: Approved) -> Any:
    """Who entered it; what nobody did came with Kezek."""
    return row.entered_by or (_("came with Kezek") if row.approved_at else NONE)


class ApprovedView(Registered):
    """Norms, queue orders, texts of contracts and days off: entered by one of the department, approved by another."""

    list_template = "pages/approved.html"

    def approve(self, rows: Any) -> Any:
        """Spec 3.2: a second official puts in force what the page has shown, to the letter."""
        if not confirmed("approve") or as_shown.unseen(rows):
            return ask(
                self,
                "approve",
                rows,
                as_shown.unseen(rows),
                details=self.details("approve", rows),
                hidden=as_shown.shown_of(rows, self._shows),
            )
        return done(self, rows, self._approve)

    def _approve(self, row: Any) -> None:
        """Raises Refusal(wrong_status) for a row that was changed after it was shown."""
        as_shown.still_as_shown(row, self._shows)
        norms.approve(row, by=g.actor, at=now())

    def _shows(self, row: Approved) -> Sequence[Any]:
        """What a page that asks for an approval shows: the row, the categories of an order, and all of it in words."""
        return [row, *getattr(row, "categories", ()), self._facts(row)]

    def _facts(self, row: Any) -> str:
        """All that a row says, in one line."""
        return "; ".join(self._lines(row))

    def _lines(self, row: Any) -> list[str]:
        """All that a row says, a line for each fact."""
        columns = [name for name in self.show_columns if name != "approved_at"]
        values = map(in_words, self.datamodel.get_values_item(row, columns))
        return [
            f"{self.label_columns[name]}: {value}" for name, value in zip(columns, values, strict=True) if value != ""
        ]

    def details(self, _verb: str, rows: Sequence[Any]) -> Sequence[str]:
        return [self._facts(row) for row in rows[:MOST_TOLD]]

    verbs = {"approve": approve}
    bulk = ("approve",)

    def possible(self, row: Any) -> list[str]:
        """A draft is approved by whoever is none of its authors; what has not begun yet may be taken back."""
        if row.approved_at is None:
            return ["approve"] * accepted(lambda: norms.may_approve(row, by=g.actor))
        if "take_back" not in self.verbs or proposals.open_one(row) is not None:
            return []
        return ["take_back"] * accepted(lambda: norms.may_take_back(row, by=g.actor, at=now()))

    def at_first_sight(self, row: Any) -> Any:
        own = g.actor.user_id in (row.entered_by_id, row.changed_by_id)
        return self.bulk if row.approved_at is None and not own else ()

    def begun(self) -> dict[str, Any]:
        """`?like=`: a new row begins as a copy of one that is seen; its day is another one."""
        if request.method == "POST" or "like" not in request.args:
            return {}
        row = self.load(request.args["like"])
        return {name: getattr(row, name) for name in self.add_columns if name not in ("valid_from", "day", "decree")}

    def _get_show_widget(self, pk: Any, item: Any, *more: Any, **others: Any) -> dict[str, Any]:
        widgets = super()._get_show_widget(pk, item, *more, **others)
        own = g.actor.user_id in norms.authors(item)
        asked_back = proposals.open_one(item)
        more_facts = {"settled": item.approved_at is not None, "own": own, "like": pk, "asked_back": asked_back}
        widgets["show"].template_args |= more_facts
        return widgets

    def _options(self, name: str) -> list[tuple[str, str]]:
        if name == "approved_at":
            return [("0", _("Waits for approval")), ("1", _("Approved"))]
        return super()._options(name)

    def _equals(self, name: str, value: str) -> ColumnElement[bool]:
        if name == "approved_at":
            return self.datamodel.segments()[("0", "1").index(value)]
        return super()._equals(name, value)
