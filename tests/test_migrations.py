"""Spec 7: migrations up, down and up again with data, on both databases: nothing is lost."""

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from app import create_app
from app.extensions import db
from config import Config

BEFORE, AFTER = "5d1c0f3a9b27", "a4c1f0d27b35"
PLACES = (
    ("country", None, "Қазақстан"),
    ("region", 1, "Ақмола"),
    ("district", 2, "Көкшетау"),
    ("district", 2, "Бурабай"),
)
ROWS = {
    "place": [dict(zip(("kind", "parent_id", "name_kk"), one, strict=True), name_ru="") for one in PLACES],
    "child": [
        {"iin": "220917500017", "born_on": "2022-09-17", "birth_year": 2022, "sex": "male", "last_name": "Ойдан"},
        {"iin": "210305600028", "born_on": "2021-03-05", "birth_year": 2021, "sex": "female", "last_name": "Ешкім"},
    ],
    "applicant": [
        {"iin": "910602400011", "phone": "87001112233", "email": "a@b.kz", "address": "Абай 1", "language": "ru"},
    ],
    "application": [
        {"number": "1", "number_key": "1", "place_id": 4, "queue_kind": "general"},
        {"number": "2", "number_key": "2", "place_id": 3, "queue_kind": "sanatorium"},
    ],
    "kindergarten": [{"place_id": 3, "name": "Арман", "search_name": "арман", "kind": "kindergarten"}],
    "kg_group": [{"kindergarten_id": 1, "name": "Топ", "language": "kk", "capacity": 5}],
    "enrolment": [
        {"child_id": 1, "application_id": 2, "group_id": 1, "intake": "general", "started_on": "2026-04-01"},
        {"group_id": 1, "intake": "general", "started_on": "2026-04-01"},  # one known by number alone
    ],
}
USUAL = {
    "child": {"first_name": "", "patronymic": "", "search_name": ""},
    "applicant": {"last_name": "Ойдан", "first_name": "", "patronymic": "", "search_name": ""},
    "application": {
        **{"child_id": 1, "born_on": "2022-09-17", "birth_year": 2022, "applicant_id": 1, "standing": True},
        **{"queued_at": "2026-04-01 04:00:00+00:00", "status": "queued"},
    },
    "kindergarten": {"ownership": "state", "state_order": False, "queue_kind": "general"},
    "kg_group": {"birth_year_from": 2022, "birth_year_to": 2022},
}


@pytest.fixture
def old(databases, kind, tmp_path):
    """A database as it was before, with one family that waits in two districts."""
    config = Config(
        var=tmp_path,
        database_url=databases.url(kind, f"migrated_{tmp_path.name}"),
        redis_url="unix:///nowhere",
        secret_key="for tests only, long enough to be one",
    )
    app = create_app(config, web=False)
    with app.app_context():
        upgrade(revision=BEFORE)
        with db.engine.begin() as connection:
            for table, rows in ROWS.items():
                for id_, row in enumerate(rows, 1):
                    values = {"id": id_, **USUAL.get(table, {}), **row}
                    names = ", ".join(values)
                    marks = ", ".join(f":{name}" for name in values)
                    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)
            if kind == "postgresql":
                for table in ROWS:
                    last = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                    connection.execute(sa.text(last))
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


def found(statement):
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


PEOPLE = """SELECT application.id, child.place_id, child.iin, child_iin, child.last_name, applicant.place_id,
    applicant.last_name, phone, email, address, notice_language
FROM application JOIN child ON child.id = child_id JOIN applicant ON applicant.id = applicant_id ORDER BY 1"""
OLD_PEOPLE = """SELECT application.id, child_id, child.iin, applicant_id, phone, email, address, language
FROM application JOIN child ON child.id = child_id JOIN applicant ON applicant.id = applicant_id ORDER BY 1"""
KNOWN = ("87001112233", "a@b.kz", "Абай 1", "ru")


def test_each_district_gets_its_own_record_of_a_person_and_each_application_its_contacts(old):
    upgrade(revision=AFTER)
    assert found(PEOPLE) == [
        (1, 4, "220917500017", "220917500017", "Ойдан", 4, "Ойдан", *KNOWN),
        (2, 3, "220917500017", "220917500017", "Ойдан", 3, "Ойдан", *KNOWN),
    ]
    assert found("SELECT child.place_id FROM enrolment JOIN child ON child.id = child_id") == [(3,)]
    assert found("SELECT count(*) FROM enrolment WHERE child_id IS NULL AND child_iin IS NULL") == [(1,)]
    assert found("SELECT count(*) FROM child") == [(2,)]  # the one that nobody ever put into a queue is gone


def test_the_way_back_leaves_one_record_of_a_person_with_all_that_was_said(old):
    before = found(OLD_PEOPLE)
    upgrade(revision=AFTER)
    with db.engine.begin() as connection:  # one district has put a birth date right since
        connection.execute(sa.text("UPDATE child SET born_on = '2022-09-18' WHERE place_id = 3"))
    downgrade(revision=BEFORE)
    assert found(OLD_PEOPLE) == before
    assert found("SELECT count(*) FROM child") == found("SELECT count(*) FROM applicant") == [(1,)]
    assert {str(born_on) for (born_on,) in found("SELECT born_on FROM application")} == {
        str(born_on) for (born_on,) in found("SELECT born_on FROM child")
    }
    upgrade(revision=AFTER)
    assert len(found(PEOPLE)) == 2


def test_what_a_table_refused_before_it_refuses_after_the_way_there_and_back(old):
    """SQLite copies a table to change it: none of its checks, indexes and references is lost by that."""
    with db.engine.connect() as connection:
        before = rules_of(connection)
    upgrade(revision=AFTER)
    with db.engine.connect() as connection:
        rules = rules_of(connection)
    downgrade(revision=BEFORE)
    with db.engine.connect() as connection:
        assert rules_of(connection) == before
    lost = {name for name in before - rules if not name.startswith(("uq_child", "uq_applicant_iin", "fk_"))}
    assert lost <= {name for name in before if "one_live_per_child" in name}


def rules_of(connection):
    """The names of all that a database refuses by, with the condition of a partial index."""
    tables = ("application", "child", "applicant", "referral", "enrolment")
    inspector = sa.inspect(connection)
    names = {one["name"] for table in tables for one in inspector.get_check_constraints(table)}
    names |= {one["name"] for table in tables for one in inspector.get_unique_constraints(table)}
    names |= {one["name"] for table in tables for one in inspector.get_foreign_keys(table)}
    for table in tables:
        for index in inspector.get_indexes(table):
            where = {str(value) for name, value in index["dialect_options"].items() if name.endswith("_where")}
            names.add(f"{index['name']} {index['unique']} {index['column_names']} {sorted(where)}")
    return names
