"""A list that was taken out is brought in again and changes nothing, whatever the record is like (issue 10, 18)."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.actions import applications, clock, places, records
from app.actions.people import NAMES, Person
from app.db.database import transaction
from app.db.extensions import db
from app.demo import seed as demo
from app.imports import export
from app.imports.command import bring_in
from app.models import (
    Applicant,
    Change,
    Child,
    Enrolment,
    Holding,
    HoldingKind,
    ImportKind,
    Kindergarten,
    Place,
    PlaceKind,
    Seat,
    Sex,
    VacancyStatus,
)
from app.rules.roles import Role
from app.spreadsheets import writing
from tests import factories, files
from tests.factories import DEPARTMENT, START
from tests.offered import walked

SEED = int(os.environ.get("KEZEK_SEED", "7000"))
STEPS = int(os.environ.get("KEZEK_STEPS", "5000"))
LATER = timedelta(8)
LETTERS = str.maketrans("0123456789", "абвгдежзик")


def officials() -> list[Actor]:
    """A department and each district's specialist."""
    found = db.session.scalars(db.select(Place).where(Place.kind == PlaceKind.district).order_by(Place.id))
    reach = [frozenset(places.subtree(one.id)) for one in found]
    return [DEPARTMENT, *(Actor(Role.specialist, place_ids=one) for one in reach)]


def differences(folder: Path, at: datetime, by: Actor = DEPARTMENT) -> list[Any]:
    """What is not as it was, of every list that this official takes out and brings in again."""
    found = []
    for kind in ImportKind:
        for suffix, how in writing.KINDS.items():
            path = folder / f"taken.{suffix}"
            with looking_as(by):
                path.write_bytes(b"".join(how.write(export.titles(kind), export.rows(kind))))
            history = db.session.scalar(db.select(db.func.max(Change.id)))
            again = bring_in(kind, path, by=by, at=at)
            more = db.session.scalar(db.select(db.func.max(Change.id))) - history
            if again.problems or again.added or again.changed or more or again.same != again.rows:
                problems = sorted({f"{one.name} {sorted(one.facts.items())}" for one in again.problems})
                found.append((by.role, str(kind), suffix, problems, again.added, again.changed, more))
    return found


@pytest.mark.parametrize("kind", ["sqlite"])  # it is much work; the random towns are tried on both
def test_the_demo_s_lists_come_in_again(demo_town, kind, tmp_path):
    assert [one for by in officials() for one in differences(tmp_path, demo.BEGINS, by)] == []
    at = demo.BEGINS + LATER
    with transaction():
        for place_id in clock.districts():
            clock.run(at=at, place_id=place_id)
    assert [one for by in officials() for one in differences(tmp_path, at, by)] == []


@pytest.mark.parametrize("seed", range(SEED, SEED + max(1, STEPS // 5_000)))
def test_a_random_town_s_lists_come_in_again(databases, kind, seed, tmp_path):
    with walked(databases, kind, seed, steps=60) as town:
        with transaction():
            for one in [*db.session.scalars(db.select(Child)), *db.session.scalars(db.select(Applicant))]:
                for name in NAMES:  # a scenario numbers its people, and no door takes such a name
                    setattr(one, name, getattr(one, name).translate(LETTERS))
        found = [one for by in officials() for one in differences(tmp_path, town.now, by)]
    assert found == []


def _drafts_and_closed(place: Place) -> None:
    """A group with a place that is published, one that is drafted and one that was given up; and two more of a kind."""
    group = factories.group(factories.kindergarten(place), capacity=6)
    for _ in range(2):
        factories.vacancy(group)
    factories.vacancy(group, publish=False)
    factories.vacancy(group, ends_on=date(2026, 5, 29))
    for ends_on in (date(2026, 5, 29), date(2026, 6, 30)):
        closed = factories.vacancy(group, ends_on=ends_on, publish=False)
        closed.status, closed.closed_at = VacancyStatus.closed, START


def _more_children_than_places(place: Place) -> None:
    """All published places are taken by children with names, and more of them attend than there are places."""
    group, child = factories.group(factories.kindergarten(place), capacity=2), factories.application(place)
    seat = db.session.scalars(db.select(Seat).where(Seat.vacancy_id == factories.vacancy(group).id)).one()
    attends = Enrolment(group_id=group.id, application_id=child.id, child_id=child.child_id, started_on=START.date())
    attends.child_iin = child.child.iin
    db.session.add(attends)
    db.session.flush()
    there = Holding(seat_id=seat.id, kind=HoldingKind.enrolment, enrolment_id=attends.id, started_at=START)
    db.session.add(there)
    db.session.flush()
    records.occupy(group, 3, by=DEPARTMENT, at=START)


def _of_one_identity(place: Place) -> None:
    """Two kindergartens, and two groups of one, that an older record has beside each other; and look-alikes."""
    for name in ("ГККП «Ясли-сад «Арман»", 'ГККП "ЯСЛИ-САД "АРМАН"', "ГККП «Ясли-сад «Apмaн»", "Күншуақ", "Куншуак"):
        row = Kindergarten(place_id=place.id, name=name, address=f"Абай, {len(name)}")
        db.session.add(row)
        db.session.flush()
        for capacity, group in enumerate(("Арман", "АРМАН", "Apмaн"), start=3):
            factories.group(row, capacity=capacity, occupied=1).name = group
            db.session.flush()


def _in_a_settlement(place: Place) -> None:
    """A kindergarten of a village, which stands in the lists of its district."""
    village = Place(kind=PlaceKind.settlement, parent_id=place.id, name_kk="Ақкөл ауылы", name_ru="село Акколь")
    db.session.add(village)
    db.session.flush()
    factories.group(factories.kindergarten(village))


def _accepted_with_a_reason(place: Place) -> None:
    """A child whose papers say another birth date and another sex than its IIN."""
    child = Person(files.child_iin(1), date(2022, 9, 18), "Ойдан", "Бала", sex=Sex.male)
    parent = Person(files.parent_iin(1), None, "Ойдан", "Ана")
    said = {"place_id": place.id, "child": child, "applicant": parent, "reason": "туу туралы куәлік"}
    applications.register(**said, by=DEPARTMENT, at=START)


def _in_the_queue_again(place: Place) -> None:
    """A child that was taken out of the queue, and waits anew."""
    before = factories.application(place)
    child = Person(before.child.iin, None, before.child.last_name, before.child.first_name)
    parent = Person(before.applicant.iin, None, before.applicant.last_name, before.applicant.first_name)
    applications.withdraw(before, by=factories.family(before), at=START)
    applications.register(place_id=place.id, child=child, applicant=parent, by=DEPARTMENT, at=START)


def _in_an_hour_that_came_twice(place: Place) -> None:
    """Registered while the clocks of 2024 went back, and with more than a second is written."""
    factories.application(place, queued_at=datetime(2024, 2, 29, 18, 30, 5, 600_000, tzinfo=UTC))
    factories.application(place, queued_at=datetime(2024, 2, 29, 17, 30, 5, 400_000, tzinfo=UTC))


STATES = [_drafts_and_closed, _more_children_than_places, _of_one_identity, _in_a_settlement]
STATES += [_accepted_with_a_reason, _in_the_queue_again, _in_an_hour_that_came_twice]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__.strip("_"))
def test_what_no_walk_comes_by_comes_in_again(app, state: Callable[[Place], None], tmp_path):
    with transaction():
        state(factories.district())
    assert differences(tmp_path, START + timedelta(hours=1)) == []


def test_places_whose_vacancy_was_closed_are_published_again_by_a_list(app, tmp_path):
    """It is the way out that a list names which has fewer places than are published."""
    with transaction():
        group = factories.group(factories.kindergarten(factories.district()), name="Күншуақ", capacity=25)
        closed = factories.vacancy(group, places=5, ends_on=date(2026, 5, 29), publish=False)
        closed.status, closed.closed_at = VacancyStatus.closed, START
        name = group.kindergarten.name
    row = files.kindergarten(1, **{"Мектепке дейінгі ұйымның атауы": name, "Қабылдау режимі": "Уақытша болу"})
    row |= {"Аяқталу күні": date(2026, 5, 29), "Тіл": "орысша", "Сыйымдылығы": 30, "Жүріп жатқан балалар саны": 5}
    found = bring_in("kindergartens", files.workbook(tmp_path / "a.xlsx", [row]), by=DEPARTMENT, at=START)
    assert (found.problems, found.added) == ([], 1)
