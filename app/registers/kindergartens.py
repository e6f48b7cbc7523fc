"""Kindergartens: the head keeps the own one true, officials those of their district."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Kindergarten, KindergartenKind, Ownership, Place, PlaceKind
from app.registers.declaration import Bin, Email, Field, Menu, OneOf, Phone, Register, Row, Text, Yes
from app.rules.roles import FAMILIES, OFFICE, Role

NAME_TAKEN = _l("There is a kindergarten of this name in this place already.")

KINDERGARTENS = Register(
    noun="kindergartens",
    model=Kindergarten,
    title=_l("Kindergartens"),
    one=_l("Kindergarten"),
    add=_l("Add a kindergarten"),
    change=_l("Change a kindergarten"),
    nothing=_l("Add a kindergarten, then its groups, then their vacancies."),
    menu=Menu("places", "building-cottage", "k"),
    readers=FAMILIES,
    adds=OFFICE,
    changes=OFFICE | {Role.head},
    removes=OFFICE,
    picks=FAMILIES | {Role.administrator},  # who gives officials their reach picks it from all
    order=("sort_name", "asc"),
    fields=(
        Field(
            "name",
            _l("Name"),
            Text(200),
            ordered=True,
            sought=True,
            titles=(
                *("Мектепке дейінгі ұйымның атауы", "Название детского сада"),
                *("Атауы", "Наименование", "Название"),
            ),
        ),
        Field(
            "place",
            _l("District or city"),
            Row(select(Place).where(Place.kind.in_((PlaceKind.district, PlaceKind.settlement)))),
        ),
        Field(
            "kind",
            _l("Kind"),
            OneOf(KindergartenKind),
            filtered=True,
            titles=("Түрі", "Вид", "Тип", "Ұйымның түрі", "Вид организации"),
        ),
        Field(
            "ownership",
            _l("Ownership"),
            OneOf(Ownership),
            filtered=True,
            titles=("Мектеп нысаны", "Форма собственности", "Меншік нысаны"),
        ),
        Field(
            "state_order",
            _l("Places on state order"),
            Yes(),
            listed=False,
            titles=("Мемлекеттік тапсырыс", "Госзаказ", "Государственный заказ"),
        ),
        Field("bin", _l("BIN"), Bin(), required=False, listed=False, titles=("БСН", "БИН")),
        Field(
            "phone",
            _l("Phone"),
            Phone(),
            required=False,
            titles=("Телефон нөмірі", "Контактный номер телефона", "Телефон", "Номер телефона"),
        ),
        Field(
            "email",
            _l("E-mail"),
            Email(),
            required=False,
            listed=False,
            help=_l("Notices to the kindergarten go there."),
        ),
        Field(
            "address",
            _l("Address"),
            Text(300),
            required=False,
            listed=False,
            titles=("Мекенжайы", "Адрес", "Мекенжай", "Мекен-жайы"),
        ),
        Field("waiting", _l("Families on the waiting list"), listed=False),
    ),
    clashes={
        "kindergarten.place_id, kindergarten.name": NAME_TAKEN,
        "uq_kindergarten_name_once_in_its_place": NAME_TAKEN,
    },
)
