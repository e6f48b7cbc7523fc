"""The numbers of the regulation as dated data: the department enters them, a second official approves them."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Norm, OnLapse, Place, PlaceKind, Unit
from app.registers.declaration import Day, Field, Lines, Menu, OneOf, Own, Register, Row, Text, Yes
from app.rules.roles import WATCHING, Role

WRITERS = frozenset({Role.department})
PLACES = select(Place).where(Place.kind != PlaceKind.settlement).order_by(Place.kind)
APPROVED = (  # what is true of all that two people put in force
    Field("entered_by", _l("Entered by")),
    Field("approved_at", _l("Approved"), filtered=True),
    Field("mine", _l("Waits for you"), shown=False),
)
THERE = _l("There is a norm of this name for this place and day already.")

NORMS = Register(
    noun="norms",
    model=Norm,
    title=_l("Norms"),
    one=_l("Norm"),
    add=_l("Enter a norm"),
    change=_l("Change a norm"),
    menu=Menu("rules", "adjustments", "n"),
    readers=WATCHING,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    order=("name", "asc"),
    in_list=("name", "place", "valid_from", "value", "entered_by", "approved_at", "legal_basis"),
    fields=(
        Field("name", _l("Norm"), Own(), ordered=True),
        Field("place", _l("Place"), Row(PLACES)),
        Field("valid_from", _l("In force from"), Day(), ordered=True),
        Field("value", _l("Value"), Own(40)),
        Field("unit", _l("Unit"), OneOf(Unit), shown=False, filtered=True),
        Field("carry", _l("A last day that is off moves to the next working day"), Yes()),
        Field("on_lapse", _l("What follows a missed term"), OneOf(OnLapse), required=False),
        Field("legal_basis", _l("Legal basis"), Text(300)),
        Field("note", _l("Note"), Lines(), required=False),
        *APPROVED,
    ),
    clashes={"norm.name, norm.place_id, norm.valid_from": THERE, "uq_norm_once_per_name_place_and_day": THERE},
)
