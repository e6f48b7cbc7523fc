"""Free places: drafted, published and closed by the head of the kindergarten or an official of the district."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models import Intake, KgGroup, Kindergarten, Vacancy
from app.registers.declaration import Day, Field, Menu, Number, OneOf, Register, Row
from app.registers.groups import WRITERS
from app.registers.kindergartens import READERS

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
    readers=READERS,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    order=("id", "desc"),
    fields=(
        Field("group", _l("Group"), Row(GROUPS), listed=True),
        Field("intake", _l("Admission regime"), OneOf(Intake), listed=True, filtered=True),
        Field("status", _l("Status"), listed=True, filtered=True),
        Field("places", _l("Places"), Number(1, 999), listed=True, ordered=True),
        Field("free", _l("Free"), listed=True),
        Field("open", _l("Free choice"), listed=True),
        Field("offered", _l("Offered"), listed=True),
        Field("held", _l("Held"), listed=True),
        Field("occupied", _l("Occupied")),
        Field(
            "begins_on",
            _l("First day of a temporary stay"),
            Day(),
            required=False,
            listed=True,
            help=_l("Without it: the day of its publication."),
        ),
        Field(
            "ends_on",
            _l("Last day of a temporary stay"),
            Day(),
            required=False,
            listed=True,
            ordered=True,
            help=_l(
                "Temporary places of this kind stand for children known by number alone who are away until then. "
                "For a child known by name record its absence: that drafts its place."
            ),
        ),
        Field("published_at", _l("Published")),
        Field("closed_at", _l("Closed")),
        Field("closes", _l("Closes"), shown=False),
    ),
)
