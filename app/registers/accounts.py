"""Accounts: the administrator gives officials a role and a reach, and decides nothing about children."""

from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Kindergarten, Place, PlaceKind
from app.registers.declaration import Email, Field, Menu, Name, OneOf, Register, Row, Text, Yes
from app.rules.roles import Role

ROLES = tuple(role for role in Role if role not in (Role.family, Role.clock))
PLACES = select(Place).where(Place.kind.in_((PlaceKind.region, PlaceKind.district))).order_by(Place.kind)
ADMINISTRATOR = frozenset({Role.administrator})
THERE = _l("There is an account of this name already.")

ACCOUNTS = Register(
    noun="users",
    model=User,
    title=_l("Accounts"),
    one=_l("Account"),
    add=_l("Add an account"),
    change=_l("Change an account"),
    menu=Menu("access", "users", "u"),
    readers=ADMINISTRATOR,
    adds=ADMINISTRATOR,
    changes=ADMINISTRATOR,
    removes=frozenset(),
    again=True,
    order=("username", "asc"),
    in_form=("username", "first_name", "last_name", "email", "role", "place", "kindergarten", "active"),
    fields=(
        Field("username", _l("User name"), Text(64), ordered=True),
        Field("last_name", _l("Last name"), Name(64), ordered=True),
        Field("first_name", _l("First name"), Name(64)),
        Field("roles", _l("Role")),
        Field("reach", _l("Reach")),
        Field("active", _l("May sign in"), Yes(), filtered=True, default=True),
        Field("last_login", _l("Last signed in")),
        Field("factor", _l("Second factor")),
        Field(
            "email", _l("E-mail"), Email(), listed=False, help=_l("The link by which the password is set goes there.")
        ),
        Field("link", _l("Link to set the password"), listed=False),
        Field("letter", _l("Last letter"), listed=False),
        Field("role", _l("Role"), OneOf(ROLES), listed=False, shown=False),
        Field(
            "place",
            _l("District or city"),
            Row(PLACES),
            required=False,
            listed=False,
            shown=False,
            asks=_l("Reach: a region, district or city"),
        ),
        Field(
            "kindergarten",
            _l("Kindergarten"),
            Row(select(Kindergarten)),
            required=False,
            listed=False,
            shown=False,
            asks=_l("Reach: a kindergarten"),
        ),
    ),
    clashes={"ab_user.username": THERE, "ab_user_username_key": THERE},
)
