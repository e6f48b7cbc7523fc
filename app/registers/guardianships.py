"""Guardianships: who sees a child's applications besides whoever has made them, by what, and until when (spec 3.10)."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Child, Guardianship, GuardianshipBasis, GuardianshipStatus
from app.registers.declaration import Day, Field, Iin, Lines, Menu, Name, OneOf, Phone, Register, Row
from app.rules.roles import COUNTER, OFFICE, QUEUES

GUARDIANSHIPS = Register(
    noun="guardianships",
    model=Guardianship,
    title=_l("Parents and guardians"),
    one=_l("Parent or guardian"),
    add=_l("Join another parent"),
    change=_l("Change or end"),
    nothing=_l("Nobody but the applicants: another parent joins in the cabinet, or here with a signed paper."),
    menu=Menu("queue", "users", "1"),  # every letter leads somewhere else
    readers=QUEUES,
    adds=COUNTER,
    changes=OFFICE,
    removes=frozenset(),
    of="child",
    order=("id", "desc"),
    fields=(
        Field("child", _l("Child"), Row(select(Child)), sought=True),
        Field("application", _l("Application")),
        Field("iin", _l("IIN"), Iin(), listed=False, example="930818450003", asks=_l("IIN of whoever joins")),
        Field("full_name", _l("Who joins"), sought=True, shown=False),
        Field("last_name", _l("Last name"), Name(), required=False, listed=False, example="Оспанова"),
        Field("first_name", _l("First name"), Name(), listed=False, example="Айгерім"),
        Field("patronymic", _l("Patronymic"), Name(), required=False, listed=False, example="Серікқызы"),
        Field(
            "phone",
            _l("Phone"),
            Phone(),
            required=False,
            listed=False,
            example="+7 701 555 44 33",
            help=_l("The person's own: codes to sign in go there, and what was decided."),
        ),
        Field("basis", _l("Basis"), OneOf(GuardianshipBasis), example="parent"),
        Field("from_on", _l("Sees it from")),
        Field(
            "until",
            _l("Sees it until"),
            Day(),
            required=False,
            ordered=True,
            example="30.09.2030",
            help=_l("The last day; nothing is seen on the day after it. Yesterday ends it at once."),
        ),
        Field("status", _l("Status"), OneOf(GuardianshipStatus), typed=False, filtered=True),
        Field(
            "note",
            _l("Papers"),
            Lines(500),
            required=False,
            listed=False,
            example="Туу туралы куәлік",
            help=_l("What proves it, or what ends it: a certificate, a court's decision, its number and day."),
        ),
        Field(
            "paper_on",
            _l("Day of the signed paper"),
            Day(),
            listed=False,
            example="07.04.2026",
            help=_l("Who joins signs it at the counter."),
        ),
        Field("asked_at", _l("Asked")),
        Field("asked_by", _l("Asked by"), listed=False),
        Field("decided_at", _l("Decided"), listed=False),
        Field("decided_by", _l("Decided by"), listed=False),
        Field("reason", _l("Reason"), listed=False),
    ),
    clashes={
        "guardianship.child_id": _l("This person has asked already; an official decides."),
        "uq_guardianship_asked_for_once": _l("This person has asked already; an official decides."),
    },
)
