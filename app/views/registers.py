"""A register on screen, made of its declaration (app/registers): its list, page, forms, search, file, address and menu.

What a declaration cannot say is a class that names it: `class GroupView(Registered): register = GROUPS`.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import RelationshipProperty, joinedload, selectinload

from app.access import personal_data
from app.db.database import named
from app.db.name_keys import has_part, has_word
from app.models import Child, Guardianship, KgGroup, Kindergarten, Place
from app.registers import ALL
from app.registers import declaration as said
from app.registers.declaration import Field, Register
from app.rules import texts
from app.rules.folding import fold
from app.rules.roles import COUNTER
from app.views import forms
from app.views.base import BaseView
from app.views.paging import Records


def find_kindergarten(text: str) -> ColumnElement[bool]:
    """Kindergartens by any part of the folded name."""
    return has_part(Kindergarten.search_name, text)


def find_group(text: str) -> ColumnElement[bool]:
    """Groups by any part of their own folded name or of their kindergarten's."""
    kindergarten = Kindergarten.__table__.c
    found = select(kindergarten.id).where(has_part(kindergarten.search_name, text))
    return or_(has_part(KgGroup.search_name, text), KgGroup.kindergarten_id.in_(found))


def find_place(text: str) -> ColumnElement[bool]:
    """Districts and settlements by the beginning of any word of their folded names."""
    return has_word(Place.search_name, text)


def find_person(person: type[Child] | type[Guardianship], text: str) -> ColumnElement[bool]:
    """People by IIN, or by the beginnings of their folded names; nobody for whom that is masked."""
    if personal_data.masks():
        return false()
    words = fold(text).split()
    by_name = [person.id.in_(named(person, words))] if words else []
    return or_(person.iin == re.sub(r"[\s-]", "", text), *by_name)


find_child = partial(find_person, Child)


# By what is typed beside a select of them, and by what a browser asks while it is typed (forms.RowField).
PICKS: dict[type, dict[str, Any]] = {
    Kindergarten: {"find": find_kindergarten, "pick": "KindergartenView.pick"},
    KgGroup: {"find": find_group, "pick": "GroupView.pick"},
    Place: {"find": find_place},
    Child: {"find": find_child, "pick": "ChildView.pick", "hint": _l("Type the IIN, or how the names begin")},
}


def _text(label: Any, kind: Any, required: bool, **more: Any) -> Any:
    return forms.text(label, kind.longest, required, read=kind.reads(), **more)


# How what a field may hold is asked for: label, type, whether it has to be there, and what else wtforms is told.
ASKED: dict[type, Callable[..., Any]] = {
    said.Text: _text,
    said.Lines: lambda label, kind, required, **more: forms.lines(
        label, kind.longest, required, read=kind.reads(), **more
    ),
    said.Name: lambda label, kind, required, **more: forms.name(label, required, kind.longest, **more),
    said.Iin: lambda label, _, _required, **more: forms.an_iin(label, **more),
    said.Bin: lambda label, _, required, **more: forms.text(
        label, texts.LONGEST_DIGITS, required, read=texts.digits, **more
    ),
    said.Phone: lambda label, _, _required, **more: forms.phone(label, **more),
    said.Email: lambda label, _, required, **more: forms.email(label, required, **more),
    said.Yes: lambda label, _, _required, **more: forms.yes(label, **more),
    said.Day: lambda label, _, required, **more: forms.a_day(label, required, **more),
    said.Number: lambda label, kind, _required, **more: forms.number(label, kind.least, kind.most, **more),
    said.OneOf: lambda label, kind, required, **more: forms.one_of(label, kind.kind, required, **more),
    said.SomeOf: lambda label, kind, required, **more: forms.some_of(label, kind.kind, required, **more),
    said.Row: lambda label, kind, required, **more: forms.row_of(
        label, kind.rows, required, **PICKS.get(kind.model, {}), **more
    ),
}


def field_of(one: Field) -> Any:
    """The field of a form in which this is typed."""
    more = {"description": one.help, "default": one.default}
    more = {name: value for name, value in more.items() if value is not None}
    return ASKED[type(one.type)](one.asks or one.label, one.type, one.required, **more)


def form_of(register: Register, base: type[forms.Form] = forms.Form) -> type[forms.Form]:
    """The form of a register: what `base` has itself, it has its own way."""
    own = {one.name: field_of(one) for one in register.typed if not hasattr(base, one.name)}
    return type(f"{register.model.__name__}Form", (base,), own)


def find_in(register: Register) -> Any:
    """What its search box means: the folded name where rows have one, any part of the other fields that are sought.

    Neither database folds letters by itself, so a part is looked for as it was typed and in small and capital letters.
    """
    sought = [one for one in register.fields if one.sought]
    return (lambda text: or_(*(_sought(register.model, one, text) for one in sought))) if sought else None


def _sought(model: Any, one: Field, text: str) -> ColumnElement[bool]:
    """Do rows have what was typed in this field?"""
    if isinstance(one.type, said.Row):
        found = select(one.type.model.__table__.c.id).where(PICKS[one.type.model]["find"](text))
        return getattr(model, f"{one.name}_id").in_(found)
    if one.name == "name" and hasattr(model, "search_name"):
        return has_part(model.search_name, text)
    spelled = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
    return or_(*(getattr(model, one.name).contains(spelling, autoescape=True) for spelling in sorted(spelled)))


class Registered(BaseView):
    """The view of a register. What a subclass says itself holds; all else is as its declaration says.

    ``rows``: how a list reads them, where it shows what no column has, and ``eager`` what it loads with them besides;
    ``form``: what its form has that the declaration does not say.
    """

    register: ClassVar[Register]
    rows: ClassVar[type[Records]] = Records
    eager: ClassVar[tuple[Any, ...]] = ()
    form: ClassVar[type[forms.Form]] = forms.Form

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "register" in cls.__dict__:
            for name, value in _declared(cls).items():
                if name not in cls.__dict__:
                    setattr(cls, name, value)


def _declared(view: type[Registered]) -> dict[str, Any]:
    """What a view is told by its declaration, by the names that the framework and base.py know it by."""
    register, model = view.register, view.register.model
    form, typed = form_of(register, view.form), [one.name for one in register.typed]
    relations = [getattr(model, name, None) for name in dict.fromkeys([*register.listed, *register.shown])]
    relations = [one for one in relations if isinstance(getattr(one, "property", None), RelationshipProperty)]
    loads = [(selectinload if one.property.uselist else joinedload)(one) for one in relations]
    ordered = [one.name for one in register.fields if one.ordered]
    return {
        "route_base": f"/{register.noun}",
        "subject": model,
        "readers": register.readers,
        "datamodel": view.rows(model, *loads, *view.eager),
        "find": find_in(register),
        "finds_people": any(one.sought and getattr(one.type, "model", None) is Child for one in register.fields),
        "grants": {"can_pick": register.picks} if register.picks else {},
        "list_title": register.title,
        "show_title": register.one,
        "add_title": register.add,
        "edit_title": register.change,
        "list_columns": register.listed,
        "show_columns": register.shown,
        "order_columns": ordered,
        "sorted_as": {name: f"sort_{name}" for name in ordered if hasattr(model, f"sort_{name}")},
        "search_columns": [one.name for one in register.fields if one.filtered] or ["id"],
        "base_order": register.order,
        "add_form": form,
        "edit_form": form,
        "add_columns": typed,
        "edit_columns": typed,
        "label_columns": {one.name: one.label for one in register.fields},
    }


class ChildView(BaseView):
    """Children have no list of their own: their applications have. A form picks one of them by name or IIN."""

    route_base = "/children"
    subject, readers = Child, COUNTER
    datamodel = Records(Child)
    find = find_child
    grants: ClassVar = {"can_pick": COUNTER}
    base_order = None

    @classmethod
    def routes(cls) -> set[str]:
        return {"pick"}


@cache
def views() -> dict[Register, type[Registered]]:
    """The view of each register: the class that names it, or one of the declaration alone.

    Asked first once all classes of views are there (views/__init__.py).
    """
    left, own = [Registered], dict[Register, type[Registered]]()
    while left:
        view = left.pop()
        left += view.__subclasses__()
        if "register" in view.__dict__:
            own[view.register] = view
    return {one: own.get(one) or type(f"{one.model.__name__}View", (Registered,), {"register": one}) for one in ALL}
