"""Portals: who asks and acts through the API, where, and what they may; the administrator keeps them (ADR 36)."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Client, Place, PlaceKind, PortalVerb
from app.registers.declaration import Field, Menu, Register, Row, SomeOf, Text, Yes
from app.rules import webhooks
from app.rules.roles import Role

ADMINISTRATOR = frozenset({Role.administrator})
NAME_TAKEN = _l("There is a portal of this name already.")

CLIENTS = Register(
    noun="clients",
    model=Client,
    title=_l("Portals"),
    one=_l("Portal"),
    add=_l("Add a portal"),
    change=_l("Change a portal"),
    nothing=_l("A portal that is added here and given a key asks and acts through the API."),
    menu=Menu("access", "plug-connected", "2"),
    readers=ADMINISTRATOR,
    adds=ADMINISTRATOR,
    changes=ADMINISTRATOR,
    removes=frozenset(),
    again=True,
    order=("name", "asc"),
    fields=(
        Field("name", _l("Name"), Text(100), ordered=True, sought=True, example="Indigo"),
        Field(
            "place",
            _l("Region, district or city"),
            Row(select(Place).where(Place.kind.in_((PlaceKind.region, PlaceKind.district)))),
            help=_l("What lies elsewhere is not there for it."),
        ),
        Field(
            "active",
            _l("Its key is good"),
            Yes(),
            filtered=True,
            default=True,
            example="иә",
            help=_l("Without it the key opens nothing, from this moment on."),
        ),
        Field("registers", _l("Puts children into the queue"), Yes(), example="иә"),
        Field("acts", _l("Sends the acts of families"), Yes(), example="иә"),
        Field(
            "verbs",
            _l("Which acts"),
            SomeOf(PortalVerb),
            required=False,
            listed=False,
            default=tuple(PortalVerb),
            example="confirm, choose",
            help=_l("An act that is not marked is refused, whoever has signed it."),
        ),
        Field(
            "webhook",
            _l("Where it is told"),
            Text(300, webhooks.address),
            required=False,
            listed=False,
            example="https://portal.example.org/kezek",
            help=_l("What happens to applications is posted there, signed with the portal's secret."),
        ),
        Field("seen_at", _l("Key last used")),
        Field("secret_at", _l("Secret given"), listed=False),
    ),
    clashes={"client.name": NAME_TAKEN, "uq_client_name": NAME_TAKEN},
)
