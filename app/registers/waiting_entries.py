"""The waiting list (spec 3.11, «күту парағы»): which families wait for a place in which kindergarten."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Child, Kindergarten, Language
from app.models import WaitingEntry as Model
from app.registers.declaration import Day, Field, Lines, Menu, OneOf, Register, Row
from app.rules.roles import COUNTER, QUEUES

WAITING_ENTRIES = Register(
    noun="waiting-list",
    model=Model,
    title=_l("Waiting list"),
    one=_l("Wait for a kindergarten"),
    add=_l("Wait for a kindergarten"),
    change=_l("Change"),
    nothing=_l("No family waits for a full kindergarten: it says so in the cabinet, or here with a signed paper."),
    menu=Menu("queue", "clock", "2"),  # every letter leads somewhere else
    readers=QUEUES,
    adds=COUNTER,
    changes=COUNTER,
    removes=frozenset(),
    of="child",
    order=("id", "desc"),
    fields=(
        Field("child", _l("Child"), Row(select(Child)), sought=True),
        Field("application", _l("Application")),
        Field("kindergarten", _l("Kindergarten"), Row(select(Kindergarten)), sought=True),
        Field(
            "language",
            _l("Language of instruction"),
            OneOf(Language),
            required=False,
            example="kk",
            help=_l("Empty: any."),
        ),
        Field(
            "note",
            _l("Note"),
            Lines(500),
            required=False,
            listed=False,
            example="Үйге жақын болғаны дұрыс",
            help=_l("What the family says besides."),
        ),
        Field("wished_at", _l("Waits since"), ordered=True),
        Field("told_on", _l("Told last on")),
        Field("ended_at", _l("Given up")),
        Field(
            "paper_on",
            _l("Day of the signed paper"),
            Day(),
            listed=False,
            example="07.04.2026",
            help=_l("The family signs it at the counter."),
        ),
    ),
    clashes={
        "waiting_entry.application_id, waiting_entry.kindergarten_id": _l("It waits there already."),
        "uq_waiting_entry_wished_once": _l("It waits there already."),
    },
)
