"""Many lines of an older list are taken over together: what they leave is what they would leave one by one."""

import os
import signal
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from app.actions import applications, takeover
from app.actions.entries import Entry
from app.actions.people import Contacts, Person
from app.db.database import taken_back, transaction
from app.db.extensions import db
from app.models import Application, Base, Change, Child, PrivilegeKind, QueueKind, Sex
from app.rules import iin
from tests import factories
from tests.actions.test_statements import counted
from tests.factories import DEPARTMENT, at

NOW = at("2026-04-08T09:00")
WHY = "тізім бойынша"
OF_PEOPLE = {"child": "iin", "applicant": "iin", "application": "number_key"}
COUNTED = {"id", "code", "document_id", "after_change_id", "stood"}  # ids, and what holds them


def person(serial: int, born_on: date) -> Person:
    return Person(iin.make(born_on, Sex.female, serial), None, "Ойдан", factories.spelt(serial))


def line(random: Random, number: int, child: int, applicant: int) -> Entry:
    """One line that has nothing wrong in itself; the same child, and the same applicant, are always told alike."""
    return Entry(
        f"ОДО.2026.{number}",
        person(child, date(2019, 3, 1) + timedelta(child * 37)),
        person(1000 + applicant, date(1990, 5, 1)),
        datetime(2025, 1, 1, 9, tzinfo=NOW.tzinfo) + timedelta(hours=7 * number),
        contacts=random.choice([Contacts(), Contacts("+77716250916", "ana@example.org")]),
        queue_kind=random.choice([QueueKind.general] * 4 + [QueueKind.sanatorium]),
        archived=random.random() < 0.2,
        privilege=random.choice([None] * 3 + [*PrivilegeKind]),
        privilege_said=True,
        reason=random.choice(["", WHY]) or None,
    )


def changed(random: Random, entry: Entry, serial: int) -> Entry:
    """A line that comes again, and perhaps says something otherwise."""
    other = {
        "phone": {"contacts": replace(entry.contacts, phone="+77016250916")},
        "day": {"queued_at": entry.queued_at + timedelta(random.choice([-20, 20]))},
        "privilege": {"privilege": random.choice([None, *PrivilegeKind])},
        "patronymic": {"child": replace(entry.child, patronymic="Ойдановна")},
        "status": {"archived": True},
        "iin": {"child": replace(entry.child, iin=iin.make(iin.facts(entry.child.iin).born_on, Sex.female, 9000))},
        "applicant": {"applicant": person(2000 + serial, date(1985, 1, 1))},
    }
    return replace(entry, **other[random.choice(list(other))], reason=random.choice([None, WHY, WHY]))


def lists(seed: int) -> tuple[list[Entry], list[Entry]]:
    """A list, and one that comes later: known lines, some of them changed, and new ones of old and of new children."""
    random = Random(seed)
    first = [line(random, number, number, number // 3) for number in range(1, 31)]
    second = []
    for serial, entry in enumerate(first):
        second.append(changed(random, entry, serial) if random.random() < 0.4 else entry)
        if random.random() < 0.5:
            second.append(line(random, 100 + serial, random.randrange(1, 60), random.randrange(30)))
    return first, second


def inserted_ahead(entries: list[Entry], **facts: Any) -> takeover.TakeoverResult:
    """Take lines over that are inserted before the lock, where all of them are new."""
    ready = takeover.made_ready(entries, place_id=facts["place_id"], at=facts["at"])
    return takeover.take_over(entries, **facts, ahead=ready and takeover.insert_ahead(ready))


def brought(
    lists: tuple[list[Entry], ...], place_id: int, take_over: Any = takeover.take_over
) -> tuple[list[Any], dict[str, list[str]]]:
    """What came of each list, without the lines that are refused, and what all of it left."""
    told = []
    for days, entries in enumerate(lists):
        refused: list[Any] = [None]
        while refused:
            with taken_back():
                came = take_over(entries, place_id=place_id, by=DEPARTMENT, at=NOW + timedelta(days))
            refused = came.refused
            told.append(asdict(came) | {"refused": [(index, str(why), why.facts) for index, why in refused]})
            wrong = {index for index, _ in refused}
            entries = [entry for index, entry in enumerate(entries) if index not in wrong]
        take_over(entries, place_id=place_id, by=DEPARTMENT, at=NOW + timedelta(days))
    return told, rows()


def rows() -> dict[str, list[str]]:
    """All rows of all tables, their ids put into words, in no order."""
    called: dict[str, dict[int, Any]] = {}
    for name, known in OF_PEOPLE.items():
        table = db.metadata.tables[name]
        called[name] = dict(db.session.execute(sa.select(table.c.id, table.c[known])).all())
    found = {}
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        told = []
        for row in db.session.execute(sa.select(table)).mappings():
            of = {f"{name}_id": known for name, known in called.items()}
            of |= {"subject_id": called.get(row.get("subject"), {})}
            told.append(str([(k, of[k].get(v) if k in of else v) for k, v in row.items() if k not in COUNTED]))
        found[table.name] = sorted(told)
    return found


@pytest.mark.parametrize("seed", [1, 12, 19, 29])
def test_lines_that_come_together_leave_what_they_leave_one_by_one(app, seed, monkeypatch):
    place, came = factories.district(), lists(seed)
    with taken_back():
        together = brought(came, place.id)
    with taken_back():
        ahead = brought(came, place.id, inserted_ahead)
    monkeypatch.setattr(takeover, "AT_ONCE", 1)
    with taken_back():
        one_by_one = brought(came, place.id)
    assert together[0] == ahead[0] == one_by_one[0]
    assert together[1] == ahead[1] == one_by_one[1]
    assert len(together[1]["application"]) > 35


def test_a_new_line_is_recorded_as_the_counter_records_a_child(app):
    """Every column of the three rows, also those that nobody fills in."""
    place, when = factories.district(), at("2026-04-02T10:30")
    said = {
        "child": Person(iin.make(date(2022, 9, 17), Sex.male, 7), None, "Әлі-Ұлы", "Қайрат", "Ойданұлы"),
        "applicant": Person(iin.make(date(1990, 5, 1), Sex.female, 7), None, "Ойдан", "Ана"),
        "contacts": Contacts("+77716250916, +77016250916", "ana@example.org"),
    }
    with taken_back():
        applications.register(place_id=place.id, number="№ ОДО.2026/7", **said, by=DEPARTMENT, at=when)
        counter = rows()
    takeover.take_over([Entry("№ ОДО.2026/7", queued_at=when, **said)], place_id=place.id, by=DEPARTMENT, at=when)
    for table in OF_PEOPLE:
        assert rows()[table] == counter[table]


def test_two_new_children_of_one_applicant_share_it_and_fill_in_its_name(app):
    place, random = factories.district(), Random(1)
    first, second = line(random, 1, 40, 1), line(random, 2, 41, 1)
    second = replace(second, applicant=replace(second.applicant, patronymic="Ойдановна"))
    came = takeover.take_over([first, second], place_id=place.id, by=DEPARTMENT, at=NOW)
    one, other = db.session.scalars(sa.select(Application).order_by(Application.id))
    assert came.added == 2 and one.applicant is other.applicant and one.applicant.patronymic == "Ойдановна"
    of_other = sa.select(Change.details).where(Change.application_id == other.id, Change.verb == "register")
    assert db.session.scalar(of_other)["applicant.patronymic"] == ["", "Ойдановна"]


def test_whoever_is_killed_in_the_middle_leaves_nothing(app, monkeypatch):
    with transaction():
        place_id = factories.district().id
    monkeypatch.setattr(takeover, "AT_ONCE", 5)
    entries = [line(Random(1), number, number, number) for number in range(1, 21)]
    if not (pid := os.fork()):
        db.session.registry.clear()
        db.engine.dispose(close=False)  # its connections are its parent's
        portion, seen = takeover.look_up, []

        def look_up(*asked: Any) -> Any:
            seen.append(db.session.scalar(sa.select(sa.func.count(Application.id))))
            if len(seen) == 3:
                os.kill(os.getpid(), signal.SIGKILL if seen == [0, 5, 10] else signal.SIGTERM)
            return portion(*asked)

        takeover.look_up = look_up
        try:
            with transaction():
                takeover.take_over(entries, place_id=place_id, by=DEPARTMENT, at=NOW)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    assert not any(db.session.scalars(sa.select(one.id)).all() for one in (Application, Child, Change))
    with transaction():
        assert takeover.take_over(entries, place_id=place_id, by=DEPARTMENT, at=NOW).added == 20


def test_many_refused_lines_are_asked_with_as_many_statements_as_few(app):
    """Each of them held the district, and all of SQLite, for some milliseconds more."""
    entries = [replace(line(Random(1), number, number, number), archived=False) for number in range(25, 55)]
    with transaction():
        here, there = factories.district().id, factories.district("Степногорск қаласы").id
        assert takeover.take_over(entries, place_id=there, by=DEPARTMENT, at=NOW).added == 30
    said = {}
    for count in (5, 30):
        with counted() as asked:
            came = takeover.take_over(entries[:count], place_id=here, by=DEPARTMENT, at=NOW)
            assert [str(why.reason) for _, why in came.refused] == ["already_waiting"] * count
        said[count] = len(asked)
    assert said[5] == said[30]
