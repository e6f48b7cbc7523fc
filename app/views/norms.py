"""The regulation as dated data: norms and days off. The department enters them, a second official approves norms."""

from flask import g
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.actions import norms
from app.models import DayOff, Norm, OnLapse, Place, PlaceKind, Unit
from app.now import now
from app.permissions import Role
from app.rules.norms import KNOWN
from app.views import forms, words
from app.views.asking import ask, asked, done
from app.views.base import BaseView
from app.views.lists import Records, attribute

READERS = frozenset({Role.department, Role.specialist, Role.auditor})
PLACES = select(Place).where(Place.kind != PlaceKind.settlement).order_by(Place.kind, Place.name_kk)


ENTERED = ["name", "place", "valid_from", "value", "unit", "carry", "on_lapse", "legal_basis", "note"]


class NormForm(forms.Form):
    name = forms.SelectField(
        _l("Norm"), choices=lambda: [forms.SelectChoice(name, words.NORMS[name]) for name in sorted(KNOWN)]
    )
    place = forms.row_of(_l("Place"), PLACES)
    valid_from = forms.a_day(_l("In force from"))
    value = forms.text(_l("Value"), longest=40)
    unit = forms.one_of(_l("Unit"), Unit)
    carry = forms.yes(_l("A last day that is off moves to the next working day"))
    on_lapse = forms.one_of(_l("What follows a missed term"), OnLapse, required=False)
    legal_basis = forms.text(_l("Legal basis"), longest=300)
    note = forms.lines(_l("Note"), required=False)


class Norms(Records):
    """Norms by their names in the reader's language; the code stays beside it, for whoever enters one."""

    def get_values_item(self, row, columns):
        in_words = {"name": f"{words.NORMS.get(row.name, row.name)} ({row.name})", "value": words.norm_value(row)}
        return [in_words.get(name, attribute(row, name)) for name in columns]


class NormView(BaseView):
    route_base = "/norms"
    subject, readers = Norm, READERS
    datamodel = Norms(Norm, joinedload(Norm.place))
    list_title, show_title = _l("Norms"), _l("Norm")
    add_title, edit_title = _l("Enter a norm"), _l("Change a norm")
    list_columns = ["name", "place", "valid_from", "value", "unit", "approved_at", "legal_basis"]
    show_columns = [*ENTERED, "entered_by", "approved_by", "approved_at"]
    order_columns = ["name", "valid_from"]
    search_columns = ["unit"]
    base_order = ("name", "asc")
    add_form = edit_form = NormForm
    add_columns = edit_columns = ENTERED
    label_columns = {
        "name": _l("Norm"),
        "place": _l("Place"),
        "valid_from": _l("In force from"),
        "value": _l("Value"),
        "unit": _l("Unit"),
        "carry": _l("A last day that is off moves to the next working day"),
        "on_lapse": _l("What follows a missed term"),
        "legal_basis": _l("Legal basis"),
        "note": _l("Note"),
        "entered_by": _l("Entered by"),
        "approved_by": _l("Approved by"),
        "approved_at": _l("Approved"),
    }

    def approve(self, rows):
        """Spec 3.2: a second official puts the norm in force."""
        if not asked("approve"):
            return ask(self, "approve", rows)
        return done(self, rows, lambda row: norms.approve(row, by=g.actor, at=now()))

    verbs = {"approve": approve}
    bulk = ("approve",)


class DayOffForm(forms.Form):
    day = forms.a_day(_l("Day"))
    working = forms.yes(_l("A working day (moved)"))
    estimated = forms.yes(_l("Estimated, to be confirmed"))
    name = forms.text(_l("Name"))
    decree = forms.text(_l("Decree"), required=False)


class DayOffView(BaseView):
    route_base = "/days-off"
    subject, readers = DayOff, READERS
    datamodel = Records(DayOff)
    list_title, show_title = _l("Days off"), _l("Day off")
    add_title, edit_title = _l("Add a day"), _l("Change a day")
    list_columns = ["day", "name", "working", "estimated", "decree"]
    show_columns = list_columns
    order_columns = ["day"]
    search_columns = ["working", "estimated"]
    base_order = ("day", "desc")
    add_form = edit_form = DayOffForm
    add_columns = edit_columns = ["day", "working", "estimated", "name", "decree"]
    label_columns = {
        "day": _l("Day"),
        "name": _l("Name"),
        "working": _l("A working day (moved)"),
        "estimated": _l("Estimated, to be confirmed"),
        "decree": _l("Decree"),
    }
