"""Spec 3.10: whoever joins a child's applications: asked for here at the counter or in the cabinet, decided here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from app.actions import guardianships, possible
from app.actions.people import NAMES, Person
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Child, Guardianship
from app.now import now
from app.registers.guardianships import GUARDIANSHIPS
from app.views import filters, forms
from app.views.base import row_id
from app.views.confirmation import by_row
from app.views.privileges import come
from app.views.registers import Registered, field_of, find_child, find_person

# Who joins which child stays as it was asked for: another person is asked for anew, and approved anew.
CHANGED = [*NAMES, "phone", "basis", "until", "note"]


def find(text: str) -> ColumnElement[bool]:
    """By the person, or by the child."""
    return or_(find_person(Guardianship, text), Guardianship.child_id.in_(select(Child.id).where(find_child(text))))


class JoinForm(forms.Form):
    """At the counter: the paper that was signed was signed on a day that has come."""

    parts: ClassVar = {"applicant": "iin"}

    def validate_paper_on(self, field: Any) -> None:
        come(self, field)


class GuardianshipView(Registered):
    register, form, find = GUARDIANSHIPS, JoinForm, find
    finds_people = True
    eager = (joinedload(Guardianship.application), joinedload(Guardianship.child))
    edit_form = type(
        "GuardianshipChangeForm", (forms.Form,), {one: field_of(GUARDIANSHIPS.field(one)) for one in CHANGED}
    )
    edit_columns = CHANGED
    more_filters: ClassVar = {"mine": filters.MINE[Guardianship]}
    verbs = by_row("approve", "reject")

    def begun(self) -> dict[str, Any]:
        """`?child=`: whose application is joined, where the form is opened from its page."""
        found = select(Child).where(Child.id == row_id(request.args["child"])) if "child" in request.args else None
        return {"child": db.session.scalars(found).first()} if found is not None and request.method == "GET" else {}

    def create(self, form: Any) -> Guardianship:
        """Spec 3.10: an official asks for whoever joins, by the signed paper; the newest application is joined."""
        facts = form.values()
        child, who = facts.pop("child"), {name: facts.pop(name) or "" for name in ("iin", *NAMES)}
        of_child = select(Application).where(Application.child_id == child.id).order_by(Application.id.desc())
        application = db.session.scalars(of_child.limit(1)).one()
        by = replace(g.actor, paper_on=facts.pop("paper_on"))
        return guardianships.join(application, Person(**who), by=by, at=now(), **facts)

    def details(self, verb: str, rows: Sequence[Guardianship]) -> Sequence[str]:
        """Of a child that two people have put into a queue: whoever joins sees what both have filed."""
        if verb != "approve":
            return ()
        both = {row: guardianships.applied_too(row) for row in rows}
        return [
            _(
                "Somebody else has applied for this child, too: %(numbers)s. Whoever joins sees that as well. Look at "
                "the papers of both before you approve.",
                numbers=", ".join(one.number for one in found),
            )
            for found in both.values()
            if found
        ]

    def possible(self, row: Guardianship) -> list[str]:
        """Whoever asked does not decide."""
        with unscoped():
            return possible.verbs_of_record(row, by=g.actor, at=now())
