"""The registers that are declared and that no table of the tests spells out: each table takes them from here.

What spec 1 says of the first ones stands in tests/views/routes.py, forms.py and city.py, written by hand.
"""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from app import registers
from app.access.actors import Actor
from app.actions import guardianships, records, wishes
from app.actions.people import Person
from app.db.extensions import db
from app.imports.declared import READ
from app.models import Application, GuardianshipBasis, Kindergarten, Language, Sex
from app.registers import declaration as said
from app.registers.declaration import Field, Register
from app.registers.guardianships import GUARDIANSHIPS
from app.registers.waiting_entries import WAITING_ENTRIES
from app.rules import iin
from app.rules.roles import Role
from tests.factories import DEPARTMENT, START, at

BY_HAND = {"vacancies", "kindergartens", "groups", "norms", "queue-orders", "contract-texts", "days-off", "users"}
OTHERS = [one for one in registers.ALL if one.noun not in BY_HAND]


def writer(register: Register, roles: frozenset[Role]) -> Role:
    """One of those who may, of those that reach one district if there are any."""
    return next(role for role in (Role.specialist, Role.head, *sorted(roles)) if role in roles)


def other_record(one: Field) -> bool:
    return isinstance(one.type, said.Row)


def typed(register: Register, own: Any) -> dict[str, Any]:
    """What somebody fills in who adds a row: the examples, as a browser sends them."""
    return {one.name: _typed(one, own) for one in register.typed}


def _typed(one: Field, own: Any) -> str | list[str]:
    if other_record(one):
        return str(getattr(own, one.name))
    if isinstance(one.type, said.SomeOf):
        return one.example.split(", ")
    if isinstance(one.type, said.OneOf) and not one.titles:
        return one.example  # no file says it: a form does, by its name
    value = READ[type(one.type)](one.type)(one.example)
    if isinstance(value, bool):
        return "y" if value else ""
    return value.isoformat() if isinstance(one.type, said.Day) else str(value)


def made(register: Register, of: dict[str, Any], serial: int) -> int:
    """A row for the tests' town, of these records; told apart from its like by what a file knows it by."""
    if register is GUARDIANSHIPS:
        return _joins(of["application"], serial)
    if register is WAITING_ENTRIES:
        return _waits(of["application"], of["kindergarten"])
    values = {}
    for one in register.typed:
        if isinstance(one.type, said.SomeOf):
            values[one.name] = [one.type.kind(name) for name in one.example.split(", ")]
            continue
        values[one.name] = of[one.name] if other_record(one) else READ[type(one.type)](one.type)(one.example)
        alone = one.name in register.known_by or getattr(register.model.__table__.c.get(one.name), "unique", False)
        if isinstance(one.type, said.Text) and alone:
            values[one.name] = f"{values[one.name]} {serial}"
    row = register.model(**values)
    by = DEPARTMENT if Role.department in register.adds else Actor(writer(register, register.adds))
    records.create(row, by=by, at=START)
    db.session.flush()
    return row.id


def _joins(application: Application, serial: int) -> int:
    """Another parent, who has asked at the counter and waits."""
    who = Person(iin.make(date(1990, 1, 1), Sex.female, serial % 9000), first_name="Айгерім", last_name="Оспанова")
    by = replace(DEPARTMENT, paper_on=date(2026, 4, 7))
    facts = {"basis": GuardianshipBasis.parent, "phone": "+77015554433", "note": "куәлік"}
    row = guardianships.join(application, who, by=by, at=at("2026-04-10T16:15"), **facts)
    db.session.flush()
    return row.id


def _waits(application: Application, kindergarten: Kindergarten) -> int:
    """Another family of the district, if there is one, that waits for a place there."""
    others = sa.select(Application).where(Application.place_id == application.place_id, Application.status == "queued")
    application = db.session.scalars(others.order_by(Application.id)).first() or application
    by = replace(DEPARTMENT, paper_on=date(2026, 4, 7))
    row = wishes.wish(application, kindergarten, language=Language.kk, by=by, at=at("2026-04-10T16:20"))
    db.session.flush()
    return row.id


def all_made(of: dict[str, Any], serial: int) -> SimpleNamespace:
    """One row of each of them, by their tables."""
    return SimpleNamespace(**{one.table: made(one, of, serial) for one in OTHERS})


def text_field(register: Register) -> str:
    """A field of text that may be typed otherwise without being another record's."""
    return next(one.name for one in register.typed if isinstance(one.type, said.Text | said.Lines))
