"""Free places: drafted, published and closed by the head of the kindergarten or an official of the district."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models import Intake, KgGroup, Kindergarten, Vacancy
from app.registers.declaration import Day, Field, Menu, Number, OneOf, Register, Row
from app.registers.groups import WRITERS
from app.rules.roles import FAMILIES

GROUPS = select(KgGroup).join(Kindergarten).options(joinedload(KgGroup.kindergarten)).order_by(Kindergarten.sort_name)

VACANCIES = Register(
    noun="vacancies",
    model=Vacancy,
    title=_l("Vacancies"),
    one=_l("Vacancy"),
    add=_l("Draft a vacancy"),
    change=_l("Change a vacancy"),
    nothing=_l("Draft a vacancy for a group; once it is published, its places are free for the queue."),
    menu=Menu("places", "door-enter", "p"),
    readers=FAMILIES,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    order=("id", "desc"),
    in_order=(("begins_on", "ends_on"),),
    fields=(
        Field("group", _l("Group"), Row(GROUPS)),
        Field("intake", _l("Admission regime"), OneOf(Intake), filtered=True),
        Field("status", _l("Status"), filtered=True),
        Field("places", _l("Places"), Number(1, 999), ordered=True),
        Field("free", _l("Free")),
        Field("open", _l("Free choice")),
        Field("offered", _l("Offered")),
        Field("held", _l("Held")),
        Field("occupied", _l("Occupied"), listed=False),
        Field(
            "begins_on",
            _l("First day of a temporary stay"),
            Day(),
            required=False,
            help=_l("Without it: the day of its publication."),
        ),
        Field(
            "ends_on",
            _l("Last day of a temporary stay"),
            Day(),
            required=False,
            ordered=True,
            help=_l(
                "Temporary places of this kind stand for children known by number alone who are away until then. "
                "For a child known by name record its absence: that drafts its place."
            ),
        ),
        Field("published_at", _l("Published"), listed=False),
        Field("closed_at", _l("Closed"), listed=False),
        Field("closes", _l("Closes"), listed=False, shown=False),
    ),
)
