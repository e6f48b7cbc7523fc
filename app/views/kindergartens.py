"""Kindergartens and their groups: what their declarations cannot say."""

from contextlib import contextmanager

from flask import g, request
from flask_babel import lazy_gettext as _l

from app.actions import records
from app.db.extensions import db
from app.db.viewer import unscoped
from app.now import now
from app.registers.groups import GROUPS
from app.registers.kindergartens import KINDERGARTENS
from app.rules import seats, wishes
from app.views import filters, forms
from app.views.paging import Records, attribute
from app.views.registers import Registered, find_group
from app.views.vacancies import VacancyView


class NamedForm(forms.Form):
    """Of what is known by its name: where another one is called almost so, a tick says that this is not it."""

    another = forms.yes(_l("This is another one than the one that is called almost so"))
    asks = False

    def values(self):
        return {name: value for name, value in super().values().items() if name != "another"}


class Named(Registered):
    """The view of what is known by its name (spec 3.9)."""

    form = NamedForm

    def create(self, form):
        at = now()
        row = self.subject(**form.values())
        with _asking(form):
            records.create(row, by=g.actor, at=at, apart=form.another.data)
        return row

    def _change(self, row, form, seen):
        with _asking(form):
            return super()._change(row, form, seen)

    def change(self, row, values):
        records.change(row, values, by=g.actor, at=now(), apart="another" in request.form)


@contextmanager
def _asking(form):
    """The form has its tick where it is asked for, and where it was ticked."""
    form.asks = bool(form.another.data)
    try:
        yield
    except records.Invalid as invalid:
        form.asks = form.asks or invalid.problem == "name_near"
        raise


class Groups(Records):
    """Groups with the children who attend them, those of a whole page from one statement."""

    def loaded(self, rows):
        attend = dict(db.session.execute(seats.attending([row.id for row in rows])).all()) if rows else {}
        for row in rows:
            row.__dict__["attending"] = attend.get(row.id, 0)
        return rows

    def get_values_item(self, row, columns):
        if "attending" not in row.__dict__:
            self.loaded([row])
        attending = row.__dict__["attending"]
        counted = {"attending": attending, "over_capacity": max(0, attending - row.capacity) or None}
        return [counted[name] if name in counted else attribute(row, name) for name in columns]


class GroupView(Named):
    register, rows = GROUPS, Groups
    find, more_filters = find_group, filters.OF_GROUPS
    related_views = [VacancyView]


class Kindergartens(Records):
    """Kindergartens with the families that wait for a place there (spec 3.11): how many, on the page of one alone."""

    def get_values_item(self, row, columns):
        with unscoped():  # how many, and nobody's name
            wait = db.session.scalar(wishes.waiting_for(row.id)) if "waiting" in columns else None
        return [wait if name == "waiting" else attribute(row, name) for name in columns]


class KindergartenView(Named):
    register, rows = KINDERGARTENS, Kindergartens
    related_views = [GroupView]
