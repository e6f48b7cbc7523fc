"""Kindergartens and their groups: the head keeps the own ones true, officials those of their district."""

from contextlib import contextmanager

from flask import g, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.actions import records
from app.db.extensions import db
from app.db.name_keys import has_part, has_word
from app.models import KgGroup, Kindergarten, KindergartenKind, Language, Ownership, Place, PlaceKind
from app.now import now
from app.rules import seats, texts
from app.rules.roles import Role
from app.views import filters, forms
from app.views.base import BaseView
from app.views.paging import Records, attribute
from app.views.vacancies import VacancyView, find_group

READERS = frozenset({Role.department, Role.specialist, Role.head, Role.operator, Role.auditor})
OWN_PLACES = select(Place).where(Place.kind.in_((PlaceKind.district, PlaceKind.settlement)))


def find_kindergarten(text: str) -> ColumnElement[bool]:
    """The search box over kindergartens: any part of the folded name."""
    return has_part(Kindergarten.search_name, text)


def find_place(text: str) -> ColumnElement[bool]:
    """Districts and settlements by the beginning of any word of their folded names."""
    return has_word(Place.search_name, text)


PICK_KINDERGARTEN = {"find": find_kindergarten, "pick": "KindergartenView.pick"}


class NamedForm(forms.Form):
    """Of what is known by its name: where another one is called almost so, a tick says that this is not it."""

    another = forms.yes(_l("This is another one than the one that is called almost so"))
    asks = False

    def values(self):
        return {name: value for name, value in super().values().items() if name != "another"}


class Named:
    """Mixed into the view of what is known by its name (spec 3.9)."""

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


class KindergartenForm(NamedForm):
    name = forms.text(_l("Name"), read=texts.printed(200))
    place = forms.row_of(_l("District or city"), OWN_PLACES, find=find_place)
    kind = forms.one_of(_l("Kind"), KindergartenKind)
    ownership = forms.one_of(_l("Ownership"), Ownership)
    state_order = forms.yes(_l("Places on state order"))
    bin = forms.text(_l("BIN"), texts.LONGEST_DIGITS, required=False, read=texts.digits)
    phone = forms.phone(_l("Phone"))
    address = forms.text(_l("Address"), longest=300, required=False, read=texts.printed(300))


class GroupForm(NamedForm):
    kindergarten = forms.row_of(_l("Kindergarten"), select(Kindergarten), **PICK_KINDERGARTEN)
    name = forms.text(_l("Group"), longest=120, read=texts.printed(120))
    language = forms.one_of(_l("Language of instruction"), Language)
    birth_year_from = forms.number(_l("First birth year"), 2010, 2040)
    birth_year_to = forms.number(_l("Last birth year"), 2010, 2040)
    capacity = forms.number(_l("Capacity"), 0, 999)


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


class GroupView(Named, BaseView):
    route_base = "/groups"
    subject, readers = KgGroup, READERS
    datamodel = Groups(KgGroup, joinedload(KgGroup.kindergarten))
    find = find_group
    grants = {"can_pick": READERS}
    list_title, show_title = _l("Groups"), _l("Group")
    add_title, edit_title = _l("Add a group"), _l("Change a group")
    list_columns = [
        *("name", "kindergarten.name", "language", "birth_year_from", "birth_year_to"),
        *("capacity", "attending", "over_capacity"),
    ]
    show_columns = list_columns
    order_columns, sorted_as = ["name", "capacity"], {"name": "sort_name"}
    search_columns, more_filters = ["language"], filters.OF_GROUPS
    base_order = ("id", "asc")
    add_form = edit_form = GroupForm
    add_columns = edit_columns = ["kindergarten", "name", "language", "birth_year_from", "birth_year_to", "capacity"]
    label_columns = {
        "name": _l("Group"),
        "kindergarten.name": _l("Kindergarten"),
        "language": _l("Language of instruction"),
        "birth_year_from": _l("First birth year"),
        "birth_year_to": _l("Last birth year"),
        "capacity": _l("Capacity"),
        "attending": _l("Attend"),
        "over_capacity": _l("More children than places"),
    }
    related_views = [VacancyView]


class KindergartenView(Named, BaseView):
    route_base = "/kindergartens"
    subject, readers = Kindergarten, READERS
    datamodel = Records(Kindergarten, joinedload(Kindergarten.place))
    find = find_kindergarten
    grants = {"can_pick": READERS | {Role.administrator}}  # who gives officials their reach picks it from all
    list_title, show_title = _l("Kindergartens"), _l("Kindergarten")
    add_title, edit_title = _l("Add a kindergarten"), _l("Change a kindergarten")
    list_columns = ["name", "place", "kind", "ownership", "phone"]
    show_columns = ["name", "place", "kind", "ownership", "state_order", "bin", "phone", "address"]
    order_columns, sorted_as = ["name"], {"name": "sort_name"}
    search_columns = ["kind", "ownership"]
    base_order = ("sort_name", "asc")
    add_form = edit_form = KindergartenForm
    add_columns = edit_columns = ["name", "place", "kind", "ownership", "state_order", "bin", "phone", "address"]
    label_columns = {
        "name": _l("Name"),
        "place": _l("District or city"),
        "kind": _l("Kind"),
        "ownership": _l("Ownership"),
        "state_order": _l("Places on state order"),
        "bin": _l("BIN"),
        "phone": _l("Phone"),
        "address": _l("Address"),
    }
    related_views = [GroupView]
