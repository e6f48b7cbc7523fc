"""Offices: what papers print of whoever issues them: the last one of a place, or else of the place above it."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Office, Place, PlaceKind
from app.registers.declaration import Field, Menu, Phone, Register, Row, Text
from app.rules.roles import OFFICE, QUEUES

OFFICES = Register(
    noun="offices",
    model=Office,
    title=_l("Offices"),
    one=_l("Office"),
    add=_l("Add an office"),
    change=_l("Change an office"),
    nothing=_l("Papers name the office that issues them, its phone and who answers for them."),
    menu=Menu("places", "printer", "y"),
    readers=QUEUES,
    adds=OFFICE,
    changes=OFFICE,
    removes=OFFICE,
    of="place",
    order=("name_kk", "asc"),
    fields=(
        Field(
            "place",
            _l("Region, district or city"),
            Row(select(Place).where(Place.kind.in_((PlaceKind.region, PlaceKind.district)))),
        ),
        Field("name_kk", _l("Name in Kazakh"), Text(200), ordered=True, sought=True, example="Қалалық білім бөлімі"),
        Field("name_ru", _l("Name in Russian"), Text(200), sought=True, example="Городской отдел образования"),
        Field("address", _l("Address"), Text(300), listed=False, example="Абай көшесі, 89"),
        Field("phone", _l("Phone"), Phone(), required=False, example="+7 7162 25 00 00"),
        Field(
            "support_phone",
            _l("Support phone"),
            Phone(),
            required=False,
            listed=False,
            example="+7 7162 25 00 01",
            help=_l("It stands at the top of the pages of everybody; without one the phone does."),
        ),
        Field(
            "responsible",
            _l("Who answers for papers"),
            Text(200),
            example="Темірова А., маман",
            help=_l("Name and position."),
        ),
    ),
)
