"""Why a number is what it is, on any day; and the rounds, with the list as it stood and why each child was passed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import words
from app.actions import by_hand, documents, explanations, movements, rounds
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Document, DocumentKind, KgGroup, Round, Vacancy
from app.now import now
from app.papers.documents import PAPERS
from app.rules.calendar import local_day
from app.rules.registration_numbers import fold
from app.rules.roles import OFFICE, QUEUES
from app.views import forms
from app.views.base import BaseView, attempt, row_id
from app.views.child_page import failures
from app.views.downloads import stored_paper
from app.views.paging import Records, attribute
from app.views.rendering import tag

A_MONTH = timedelta(days=30)
MOST_ACTS = 20  # by hand, that passed one child
SHOWN = 200  # lines of a round on one page: its first, or those around the child that is looked for


class Why:
    """The page of one application that explains its number; mixed into its view."""

    @expose("/why/<pk>", methods=["GET"])
    @has_access
    def why(self: Any, pk: str) -> Any:
        """Spec 1.1, 3.3: the number on a day, who stands ahead, the rules that put the child there, what moved it."""
        application, today = self.load(pk), local_day(now())
        first = explanations.first_day(application)
        day, known = forms.asked_day("day", today, first, today)
        since, comparable = forms.asked_day("since", max(first, day - A_MONTH), first, day)
        with unscoped():  # counts of the whole queue: nobody's name
            told = explanations.of(application, day, today)
            compared = movements.compare(application, told, since, today)
            passed_by = list(by_hand.that_passed(application, day))
        answered = self.render_template(
            "pages/why.html",
            title=application.number,
            application=application,
            told=told,
            compared=compared,
            passed_by=passed_by[:MOST_ACTS],
            more_acts=max(len(passed_by) - MOST_ACTS, 0),
            since=since,
            first=first,
            today=today,
            view=self,
        )
        return answered, 200 if known and comparable else 422


class Rounds(Records):
    """Rounds with what was done by hand in words."""

    def get_values_item(self, row: Round, columns: list[str]) -> list[Any]:
        return [kind_of(row) if name == "by_hand" else attribute(row, name) for name in columns]


def kind_of(held: Round) -> Any:
    """By the order, or what changed it by hand."""
    return tag("draft", words.by_hand(held.by_hand)) if held.by_hand else _("By the order")


def with_applications(lines: Sequence[rounds.RoundLine]) -> list[tuple[rounds.RoundLine, Application]]:
    """The first lines of a round, with their applications, as far as the reader sees these."""
    first = lines[:SHOWN]
    seen = select(Application).where(Application.id.in_([line.application_id for line in first]))
    found = {application.id: application for application in db.session.scalars(seen)}
    return [(line, found[line.application_id]) for line in first if line.application_id in found]


class RoundView(BaseView):
    route_base = "/rounds"
    subject, readers = Round, QUEUES
    datamodel = Rounds(
        Round,
        joinedload(Round.place),
        joinedload(Round.queue_order),
        joinedload(Round.application),
        joinedload(Round.vacancy).joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),
    )
    show_title = _l("Round")
    grants: ClassVar = {"can_paper": QUEUES, "can_make_protocol": OFFICE}
    list_columns = ["held_at", "place", "by_hand", "vacancy", "queue_order.kind", "served", "passed", "automatic"]
    search_columns = ["by_hand", "automatic"]
    order_columns, sorted_as = ["held_at"], {"held_at": "id"}
    base_order = ("id", "desc")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """Spec 1.2: the list as it stood, why each child was served or passed over, and whether it was followed."""
        held = self.load(pk)
        if held.by_hand:
            return self._by_hand(held)
        with unscoped():
            told = rounds.of_round(held)
        lines, papers = told.lines, documents.protocols(held)
        sought = request.args.get("q", "").strip()
        if sought:
            found = select(Application.id).where(Application.number_key == fold(sought))
            ids = set(db.session.scalars(found))
            lines = [line for line in lines if line.application_id in ids]
        return self.render_template(
            "pages/round_explained.html",
            title=str(self.show_title),
            held=held,
            told=told,
            lines=with_applications(lines),
            shown=SHOWN,
            actor=g.actor,
            papers=[(one, documents.standing(one, local_day(now()))) for one in papers],
            failures=failures(papers),
            has_protocol=PAPERS[DocumentKind.protocol].stands(held),
            view=self,
        )

    @expose("/paper/<int:document_id>", methods=["GET"])
    @has_access
    def paper(self, document_id: int) -> Any:
        """The protocol of a round, exactly as it was made."""
        of_a_round = Document.id == row_id(document_id), Document.round_id.is_not(None)
        document = db.session.scalars(select(Document).where(*of_a_round)).first() or abort(404)
        return stored_paper(document, url_for(".show", pk=document.round_id))

    @expose("/make-protocol/<pk>", methods=["POST"])
    @has_access
    def make_protocol(self, pk: str) -> Any:
        """The protocol of a round that has none, or its next version."""
        held = self.load(pk)
        if attempt(lambda: documents.make_protocol(held, by=g.actor, at=now())):
            flash(_("The papers are being prepared."), "success")
        return redirect(self.after(held))

    def _by_hand(self, held: Round) -> Any:
        """Spec 3.8: what was done by hand, for whom and why, by whose yes, and whom it passed."""
        with unscoped():
            passed, asked = by_hand.whom_it_passed(held, SHOWN), by_hand.asked_for(held)
        seen = select(Application).where(Application.id.in_([one.application_id for one in passed]))
        numbers = {application.id: application.number for application in db.session.scalars(seen)}
        return self.render_template(
            "pages/by_hand.html",
            title=words.by_hand(held.by_hand),
            held=held,
            asked=asked,
            passed=[(one, numbers[one.application_id]) for one in passed if one.application_id in numbers],
            shown=SHOWN,
            view=self,
        )

    def _equals(self, name: str, value: str) -> Any:
        if name == "by_hand":
            return Round.by_hand == tuple(words.BY_HAND)[tuple(words.BY_HAND).index(value)]
        return super()._equals(name, value)

    def _options(self, name: str) -> list[tuple[str, str]]:
        if name == "by_hand":
            return [(verb, str(text)) for verb, text in words.BY_HAND.items()]
        return super()._options(name)
