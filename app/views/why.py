"""Why a number is what it is, on any day; and the rounds, with the list as it stood and why each child was passed."""

from datetime import timedelta
from typing import Any

from flask import g, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.actions import explanations, movements, rounds
from app.extensions import db
from app.models import Application, KgGroup, Round, Vacancy
from app.now import now
from app.permissions import Role, unscoped
from app.rules.calendar import local_day
from app.rules.numbers import fold
from app.rules.transitions import MOVES
from app.views import forms
from app.views.base import BaseView
from app.views.rows import Records

READERS = frozenset({Role.department, Role.specialist, Role.operator, Role.auditor})  # who looks at whole queues
A_MONTH = timedelta(days=30)
SHOWN = 200  # lines of a round on one page: its first, or those around the child that is looked for


class Why:
    """The page of one application that explains its number; mixed into its view."""

    @expose("/why/<pk>", methods=["GET"])
    @has_access
    def why(self: Any, pk: str) -> Any:
        """Spec 1.1, 3.3: the number on a day, who stands ahead, the rules that put the child there, what moved it."""
        application, today = self.load(pk), local_day(now())
        first = local_day(application.queued_at)
        day, known = forms.asked_day("day", today, first, today)
        since, comparable = forms.asked_day("since", max(first, day - A_MONTH), first, day)
        with unscoped():  # counts of the whole queue: nobody's name
            told = explanations.of(application, day, today)
            compared = movements.compare(application, told, since, today)
        answered = self.render_template(
            "pages/why.html",
            title=application.number,
            application=application,
            told=told,
            compared=compared,
            since=since,
            first=first,
            today=today,
            clause_of=clause_of,
            view=self,
        )
        return answered, 200 if known and comparable else 422


def clause_of(verb: str) -> str:
    """Where spec 3 says what a verb of an application does."""
    step = MOVES[Application].get(verb)
    return step.clause if step else "3.3"


class RoundView(BaseView):
    route_base = "/rounds"
    subject, readers = Round, READERS
    datamodel = Records(
        Round,
        joinedload(Round.place),
        joinedload(Round.queue_order),
        joinedload(Round.vacancy).joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),
    )
    list_title, show_title = _l("Rounds and offers"), _l("Round")
    list_columns = ["held_at", "place", "vacancy", "queue_order.kind", "served", "passed", "automatic"]
    search_columns = ["automatic"]
    order_columns, sorted_as = ["held_at"], {"held_at": "id"}
    base_order = ("id", "desc")
    label_columns = {
        "held_at": _l("When"),
        "place": _l("District or city"),
        "vacancy": _l("Vacancy"),
        "queue_order.kind": _l("Order"),
        "served": _l("Served"),
        "passed": _l("Passed over"),
        "automatic": _l("By the clock"),
    }

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """Spec 1.2: the list as it stood, why each child was served or passed over, and whether it was followed."""
        held = self.load(pk)
        with unscoped():
            told = rounds.of_round(held)
        lines = told.lines
        sought = request.args.get("q", "").strip()
        if sought:
            found = select(Application.id).where(Application.number_key == fold(sought))
            ids = set(db.session.scalars(found))
            lines = [line for line in lines if line.application_id in ids]
        lines = lines[:SHOWN]
        seen = select(Application).where(Application.id.in_([line.application_id for line in lines]))
        numbers = {application.id: application for application in db.session.scalars(seen)}
        return self.render_template(
            "pages/round_told.html",
            title=str(self.show_title),
            held=held,
            told=told,
            lines=[(line, numbers[line.application_id]) for line in lines if line.application_id in numbers],
            shown=SHOWN,
            actor=g.actor,
            view=self,
        )
