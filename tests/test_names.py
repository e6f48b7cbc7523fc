"""Spec 3.9: names are known by their folded keys, whatever way they come in, and lists stand by the alphabet."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from app import create_app
from app.actions import applications, takeover
from app.actions.entries import Entry
from app.actions.people import Person
from app.db import name_keys
from app.db.extensions import db
from app.models import Applicant, Child, KgGroup, Kindergarten, Place, Sex
from app.rules import iin
from app.rules.alphabet import sort_key
from app.rules.folding import fold
from app.rules.refusals import Reason, Refusal
from config import Config
from tests import factories
from tests.factories import DEPARTMENT, START

BORN = date(2022, 9, 17)
BEFORE, HERE = "b1c90e7d2a41", "5d1c0f3a9b27"
WRITTEN = ("Қарлығашева", "Үміт", "Өмірбекқызы")
MIXED_UP = [
    ("Карлыгашева", "Умит", "Омирбеккызы"),
    ("Қарлығашева", "Үміт", "Өмірбек қызы"),
    ("ҚАРЛЫҒАШЕВА", "YMIT".replace("IT", "іт"), "Өмірбекқызы"),
    ("Қapлығaшeвa", "Үмiт", "Өмipбeкқызы"),  # with Latin letters
]


@pytest.fixture
def place(app) -> Place:
    return factories.district()


def child(serial: int, name: tuple[str, str, str]) -> Person:
    return Person(iin.make(BORN, Sex.female, serial), BORN, *name)


def mother(serial: int) -> Person:
    return Person(iin.make(date(1991, 6, 2), Sex.female, serial), None, "Ойдан", "Ана")


def brought_in(place: Place, serial: int, name: tuple[str, str, str]) -> takeover.TakeoverResult:
    entry = Entry(f"ОДО.2026.{serial}", child(serial, name), mother(serial), START)
    return takeover.take_over([entry], place_id=place.id, by=DEPARTMENT, at=START)


@pytest.mark.parametrize("name", MIXED_UP)
def test_a_namesake_is_asked_about_at_the_counter_and_in_a_file_whatever_people_mix_up(place, name):
    brought_in(place, 4001, WRITTEN)
    said = {"child": child(4002, name), "applicant": mother(4002)}
    with pytest.raises(Refusal) as refused:
        applications.register(place_id=place.id, **said, by=DEPARTMENT, at=START)
    assert (refused.value.reason, [*refused.value.facts["parts"]]) == (Reason.reason_required, ["namesake"])
    assert brought_in(place, 4003, name).namesakes == [0]


def test_another_name_of_the_same_day_is_no_namesake(place):
    brought_in(place, 4001, WRITTEN)
    assert brought_in(place, 4002, ("Қарлығашев", "Үміт", "Өмірбекқызы")).namesakes == []
    assert brought_in(place, 4003, ("Қарлығашева", "Үміт", "")).namesakes == []


def test_a_known_person_may_be_written_in_any_of_these_ways_without_a_reason(place):
    brought_in(place, 4001, WRITTEN)
    mixed = replace(child(4001, MIXED_UP[0]), patronymic=WRITTEN[2])
    entry = Entry("ОДО.2026.4001", mixed, mother(4001), START)
    assert takeover.take_over([entry], place_id=place.id, by=DEPARTMENT, at=START).refused == []


def test_every_name_has_its_keys_after_whatever_was_written(place):
    row = factories.application(place)
    group = factories.group(factories.kindergarten(place, "«Қарлығаш» № 1-2"), name="Үміт")
    row.child.last_name, group.name, place.name_ru = "Ұлы", "Әсем", "Бёрли"
    db.session.flush()
    assert row.child.search_name == fold(row.child.full_name) != ""
    assert (group.search_name, group.sort_name) == ("асем", sort_key("Әсем"))
    assert (place.sort_ru, fold("Берли") in place.search_name) == (sort_key("Бёрли"), True)
    assert group.kindergarten.search_name == "карлыгаш 1-2"
    for model, kinds in name_keys.KEYS.items():
        for one in db.session.scalars(sa.select(model)):
            assert {name: getattr(one, name) for name in kinds} == {name: key(one) for name, key in kinds.items()}


@pytest.fixture
def older(databases, kind, tmp_path: Path):
    """A database of its own, as it was before."""
    app = create_app(
        Config(
            var=tmp_path,
            database_url=databases.url(kind, "names"),
            redis_url=f"unix://{tmp_path}/none",
            secret_key="for tests only, long enough to be one",
        ),
        web=False,
    )
    with app.app_context():
        upgrade(revision=BEFORE)
        yield app
        db.session.remove()
        downgrade(revision="base")
        db.engine.dispose()


def test_the_migration_writes_the_keys_of_all_that_is_there_and_takes_them_back(older, monkeypatch):
    run = lambda text, **values: db.session.execute(sa.text(text), values)  # noqa: E731
    run("INSERT INTO place (id, kind, name_kk, name_ru) VALUES (1, 'country', 'Қазақстан', 'Казахстан')")
    run("INSERT INTO place (id, kind, parent_id, name_kk, name_ru) VALUES (2, 'district', 1, 'Үшарал', 'Ёлки')")
    run(
        "INSERT INTO kindergarten (id, place_id, name, search_name, kind, ownership, state_order, queue_kind)"
        " VALUES (1, 2, '«Қарлығаш»', '«қарлығаш»', 'kindergarten', 'state', :no, 'general')",
        no=False,
    )
    run(
        "INSERT INTO kg_group (kindergarten_id, name, language, birth_year_from, birth_year_to, capacity)"
        " VALUES (1, 'Әсем', 'kk', 2022, 2022, 5)"
    )
    for pk in range(1, 12):
        run(
            "INSERT INTO child (id, iin, last_name, first_name, patronymic, search_name, born_on, birth_year, sex)"
            " VALUES (:pk, :pk, 'Ұлы', 'Үміт', 'Серік қызы', 'ұлы үміт серік қызы', '2022-09-17', 2022, 'female')",
            pk=pk,
        )
    run(
        "INSERT INTO applicant (id, iin, last_name, first_name, patronymic, search_name, language)"
        " VALUES (1, '1', 'Ёлкина', 'Ана', '', 'ёлкина ана', 'kk')"
    )
    for pk, number, key in ((1, "№ 7", "NO-7"), (2, "№ 8", "NO-8"), (3, "8", "8"), (4, "ОДО.1", "ODO-1")):
        run(
            "INSERT INTO application (id, number, number_key, place_id, queue_kind, child_id, born_on, birth_year,"
            " applicant_id, queued_at, status, standing)"
            " VALUES (:pk, :number, :key, 2, 'general', :pk, '2022-09-17', 2022, 1, '2026-01-01', 'queued', :yes)",
            **{"pk": pk, "number": number, "key": key, "yes": True},
        )
    db.session.commit()
    before = contents()
    upgrade(revision=HERE)
    for model in (Child, Applicant, Kindergarten, KgGroup, Place):
        for row in run(f"SELECT * FROM {model.__tablename__}").mappings().all():
            names = {"last_name", "first_name", "patronymic", "name", "name_kk", "name_ru"} & row.keys()
            one = model(**{name: row[name] for name in names})
            assert {name: row[name] for name in name_keys.KEYS[model]} == {
                n: k(one) for n, k in name_keys.KEYS[model].items()
            }
    numbers = dict(run("SELECT number, number_key FROM application").all())
    assert numbers == {"№ 7": "7", "№ 8": "NO-8", "8": "8", "ОДО.1": "ODO-1"}  # one of a district's stands already
    db.session.rollback()
    downgrade(revision=BEFORE)
    assert contents() == before | {"application": [(*one[:2], numbers[one[1]]) for one in before["application"]]}
    upgrade(revision=HERE)


def contents() -> dict[str, list[tuple]]:
    """The keys of people and of numbers."""
    read = "SELECT id, search_name, '' FROM child", "SELECT id, number, number_key FROM application"
    people, applications = (sorted(map(tuple, db.session.execute(sa.text(one)))) for one in read)
    db.session.rollback()
    return {"child": people, "application": applications}
