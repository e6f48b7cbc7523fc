"""The calendar as officials keep it: days off and moved working days, by decree, approved by a second official."""

from flask_babel import lazy_gettext as _l

from app.models import DayOff
from app.registers.declaration import Day, Field, Menu, Register, Text, Yes
from app.registers.norms import APPROVED, WRITERS
from app.rules.roles import WATCHING

THERE = _l("A row for this day waits for approval already. Change that one.")

DAYS_OFF = Register(
    noun="days-off",
    model=DayOff,
    title=_l("Days off"),
    one=_l("Day off"),
    add=_l("Add a day"),
    change=_l("Change a day"),
    menu=Menu("rules", "calendar-event", "d"),
    readers=WATCHING,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    order=("day", "desc"),
    in_list=("day", "name", "working", "estimated", "decree", "approved_at"),
    in_show=("day", "name", "working", "estimated", "decree", "approved_at", "entered_by"),
    fields=(
        Field("day", _l("Day"), Day(), ordered=True),
        Field("working", _l("Working or off"), Yes(), filtered=True, asks=_l("A working day (moved)")),
        Field("name", _l("Name"), Text()),
        Field("estimated", _l("Estimated"), filtered=True),
        Field("decree", _l("Decree number"), Text()),
        *APPROVED,
    ),
    clashes={"day_off.day": THERE, "uq_day_off_one_draft_per_day": THERE},
)
