"""Spec 3.11: who waits for a full kindergarten, said in the cabinet or here at the counter, and given up here."""

from dataclasses import replace
from typing import Any

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.actions import possible, wishes
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Child, WaitingEntry
from app.now import now
from app.registers.waiting_entries import WAITING_ENTRIES
from app.views import forms
from app.views.base import row_id
from app.views.confirmation import by_row
from app.views.privileges import come
from app.views.registers import Registered, field_of

CHANGED = ["language", "note"]  # which child waits where is given up and wished anew


class WishForm(forms.Form):
    """At the counter: the paper that was signed was signed on a day that has come."""

    def validate_paper_on(self, field: Any) -> None:
        come(self, field)


class WaitingEntryView(Registered):
    register, form = WAITING_ENTRIES, WishForm
    eager = (joinedload(WaitingEntry.application), joinedload(WaitingEntry.child))
    edit_form = type("WishChangeForm", (forms.Form,), {one: field_of(WAITING_ENTRIES.field(one)) for one in CHANGED})
    edit_columns = CHANGED
    verbs = by_row("unwish")

    def begun(self) -> dict[str, Any]:
        """`?child=`: whose wish it is, where the form is opened from its page."""
        found = select(Child).where(Child.id == row_id(request.args["child"])) if "child" in request.args else None
        return {"child": db.session.scalars(found).first()} if found is not None and request.method == "GET" else {}

    def create(self, form: Any) -> WaitingEntry:
        """An official says so for a family, by its signed paper; of the child's newest application."""
        facts = form.values()
        of_child = select(Application).where(Application.child_id == facts["child"].id).order_by(Application.id.desc())
        by = replace(g.actor, paper_on=facts["paper_on"])
        application = db.session.scalars(of_child.limit(1)).one()
        more = {name: facts[name] for name in CHANGED}
        return wishes.wish(application, facts["kindergarten"], by=by, at=now(), **more)

    def possible(self, row: WaitingEntry) -> list[str]:
        """What was given up is not given up again."""
        with unscoped():
            return possible.verbs_of_record(row, by=g.actor, at=now())
