"""Spec 3.5.2: what is given by lot, the protocol of each draw, who takes part, and a family's entry at the counter."""

from dataclasses import replace
from typing import Any

from flask import flash, g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import words
from app.actions import lots, possible
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, KgGroup, Lot, LotEntry, Vacancy
from app.now import now
from app.rules.calendar import local_day
from app.rules.roles import QUEUES
from app.views.base import BaseView, answer, attempt
from app.views.confirmation import by_row, day_of
from app.views.paging import Records

GROUP = joinedload(Vacancy.group).joinedload(KgGroup.kindergarten)


class LotView(BaseView):
    route_base = "/lots"
    subject, readers = Lot, QUEUES
    datamodel = Records(Lot, joinedload(Lot.vacancy).options(GROUP), joinedload(Lot.place))
    show_title = _l("Lot")
    show_template = "pages/lot.html"
    list_columns = ["vacancy.group", "place", "opened_at", "until", "drawn_at", "places"]
    show_columns = [*list_columns, "closed_at", "position", "head"]
    order_columns = ["until"]
    base_order = ("id", "desc")

    def load(self, pk: Any) -> Lot:
        """With its protocol, counted anew."""
        lot: Lot = super().load(pk)
        with unscoped():
            lot.__dict__["protocol"], lot.__dict__["fault"] = lots.protocol(lot), lots.first_fault(lot)
        return lot


class LotEntryView(BaseView):
    route_base = "/lot-entries"
    subject, readers = LotEntry, QUEUES
    datamodel = Records(
        LotEntry,
        joinedload(LotEntry.application).joinedload(Application.child),
        joinedload(LotEntry.lot).joinedload(Lot.vacancy).options(GROUP),
    )
    show_title = _l("Entry in a lot")
    list_columns = ["application", "application.child", "lot", "status", "entered_at", "line"]
    show_columns = [*list_columns, "paper_on", "ended_at"]
    order_columns, sorted_as = ["entered_at"], {"entered_at": "id"}
    search_columns = ["status"]
    base_order = ("id", "desc")
    verbs = by_row("leave_lot")

    def possible(self, row: LotEntry) -> list[str]:
        """What is drawn or given up is not given up again."""
        with unscoped():
            return possible.verbs_of_record(row, by=g.actor, at=now())


def named_vacancy() -> Vacancy | None:
    """The vacancy that a form names, if the reader sees it; whether it may be chosen is the choice's own to say."""
    named = request.form.get("vacancy", "")
    its_id = int(named) if named.isdecimal() and len(named) < 10 else 0
    return db.session.scalars(select(Vacancy).where(Vacancy.id == its_id)).first() if its_id else None


class Entering:
    """Mixed into the view of applications."""

    @expose("/enter-lot/<pk>", methods=["GET", "POST"])
    @has_access
    def enter_lot(self: Any, pk: str) -> Any:
        """A family asks for a place by lot, at the counter, by its signed paper."""
        application = self.load(pk)
        vacancy = named_vacancy()
        if request.method == "POST" and vacancy is not None:
            by = replace(g.actor, paper_on=day_of("paper_on"))
            if attempt(lambda: lots.enter(application, vacancy, by=by, at=now())):
                flash(words.happened("enter_lot", "lot_entry"), "success")
                return answer(url_for("ApplicationView.show", pk=application.id))
        elif request.method == "POST":
            flash(_("Mark the place that you choose."), "danger")
        with unscoped():
            found = lots.choices(application, now())
        title, today = words.verb("enter_lot", "lot_entry"), local_day(now())
        page = self.render_template(
            "pages/enter_lot.html", title=title, application=application, lots=found, today=today, view=self
        )
        return page, 200 if request.method == "GET" else 422
