"""Spec 7: migrations up, down and up again with data, on both databases: nothing is lost."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from app import create_app
from app.db import dump
from app.db.extensions import db
from config import ROOT, Config

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
        put(ROWS)
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


def put(tables):
    """These rows, with what is usual in their table, under the ids that follow those that are there."""
    with db.engine.begin() as connection:
        for table, rows in tables.items():
            last = connection.scalar(sa.text(f"SELECT coalesce(max(id), 0) FROM {table}"))
            for id_, row in enumerate(rows, last + 1):
                values = {"id": id_, **USUAL.get(table, {}), **row}
                names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
                connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)
            if connection.dialect.name == "postgresql":
                last = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                connection.execute(sa.text(last))


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


# ---------------------------------------------------------------- temporary places of before

LENT_BEFORE, LENT = "a5d0c1f7e2b4", "3b1f6d2a9c04"
OF_BEFORE = {
    "vacancy": [
        {"ends_on": "2026-05-31"},  # an absence drafted it
        {"ends_on": "2026-06-30", "places": 3, "published_at": "2026-04-03 06:00:00+00:00"},  # nobody was away
        {"ends_on": "2026-07-31", "status": "draft", "published_at": None},
        {"intake": "general", "ends_on": None},
    ],
    "absence": [
        {"enrolment_id": 1, "vacancy_id": 1, "from_on": "2026-04-06", "until": "2026-05-31", "reason": "демалыс"}
    ],
    "seat": [
        {"vacancy_id": None, "intake": "general"},
        {"vacancy_id": 1},
        {"vacancy_id": 2},
        {"vacancy_id": 2},
        {"vacancy_id": 2},  # somebody stays in the last of them
    ],
    "enrolment": [{"group_id": 1, "intake": "temporary", "started_on": "2026-04-10", "ends_on": "2026-06-30"}],
    "holding": [{"seat_id": 5, "kind": "enrolment", "enrolment_id": 3, "started_at": "2026-04-10 04:00:00+00:00"}],
    "referral": [
        {
            **{"application_id": 2, "child_id": 1, "child_iin": "220917500017", "vacancy_id": 2, "kind": "temporary"},
            **{"status": "enrolled", "issued_at": "2026-04-09 04:00:00+00:00", "issued_on": "2026-04-09"},
            **{"ends_on": "2026-06-30", "extensions": 0},
        }
    ],
}
USUAL |= {
    "vacancy": {
        **{"group_id": 1, "intake": "temporary", "places": 1, "status": "published"},
        "published_at": "2026-04-02 06:00:00+00:00",
    },
    "seat": {"group_id": 1, "intake": "temporary"},
}
SEATS = """SELECT seat.id, enrolment_id, absence.vacancy_id, from_on, until, retired_at IS NOT NULL
FROM seat LEFT JOIN absence ON absence.id = absence_id WHERE intake = 'temporary' ORDER BY 1"""


def as_text(rows):
    return [tuple(str(value) if isinstance(value, date) else value for value in row) for row in rows]


@pytest.fixture
def lent_before(old):
    upgrade(revision=LENT_BEFORE)
    child = found("SELECT child_id FROM application WHERE id = 2")[0][0]
    OF_BEFORE["referral"][0]["child_id"] = child
    put(OF_BEFORE)
    return old


def test_a_temporary_place_of_before_begins_and_stands_for_a_child_that_is_away(lent_before):
    upgrade()
    days = found("SELECT begins_on, ends_on FROM vacancy ORDER BY id")
    assert as_text(days) == [
        ("2026-04-06", "2026-05-31"),
        ("2026-04-03", "2026-06-30"),
        (None, "2026-07-31"),
        (None, None),
    ]
    assert as_text(found("SELECT begins_on, ends_on FROM referral")) == [("2026-04-09", "2026-06-30")]
    assert [(*row[:5], bool(row[5])) for row in as_text(found(SEATS))] == [
        (2, 1, 1, "2026-04-06", "2026-05-31", False),
        (3, None, None, None, None, True),
        (4, None, None, None, None, True),
        (5, 2, 2, "2026-04-03", "2026-06-30", False),  # where somebody stays stands for the child known by number alone
    ]


def test_a_temporary_place_of_before_goes_there_and_back(lent_before):
    before = [found(f"SELECT {one}") for one in ("* FROM vacancy ORDER BY id", "count(*) FROM seat")]
    upgrade()
    downgrade(revision=LENT_BEFORE)
    assert [found(f"SELECT {one}") for one in ("* FROM vacancy ORDER BY id", "count(*) FROM seat")] == before
    assert found("SELECT reason FROM absence WHERE enrolment_id = 1") == [("демалыс",)]
    upgrade()
    assert [row[0] for row in found("SELECT id FROM seat WHERE absence_id IS NOT NULL ORDER BY 1")] == [2, 5]


# ---------------------------------------------------------------- phones of before

PHONES_BEFORE, PHONES_AFTER = "6c0b8e4d27a1", "b8d13f5a70e2"
PHONES = {
    "87001112233": "+77001112233",
    "8 (700) 111-22-33; +7 701 000 00 01": "+77001112233, +77010000001",
    "+77001112233": "+77001112233",
    "жоқ": "жоқ",
    "1414": "1414",
    "": "",
}


def test_phones_of_before_get_the_one_form_and_what_is_none_stays_as_it_was(old):
    upgrade(revision=PHONES_BEFORE)
    columns = (("application", "phone"), ("kindergarten", "phone"), ("place", "support_phone"))
    for phone, kept in PHONES.items():
        downgrade(revision=PHONES_BEFORE)
        with db.engine.begin() as connection:
            for table, column in columns:
                connection.execute(sa.text(f"UPDATE {table} SET {column} = :phone WHERE id = 1"), {"phone": phone})
        upgrade(revision=PHONES_AFTER)  # what comes later is done once
        for table, column in columns:
            assert found(f"SELECT {column} FROM {table} WHERE id = 1") == [(kept,)], (table, phone)
    upgrade()
    assert found("SELECT phone FROM kindergarten WHERE id > 1 OR phone IS NULL") == []
    assert found("SELECT count(*) FROM place WHERE support_phone IS NOT NULL") == [(1,)]


# ---------------------------------------------------------------- the whole way

FIRST = "bcdc2211cee0"
OF_LATER_KINDS = {"document", "notice", "outbox", "queue_round"}  # the first version knew of fewer


@pytest.fixture
def town(app, demo_town, databases, kind, tmp_path):
    """The demo's town in a database of its own, which a test may take apart."""
    dump.dump(tmp_path / "town")
    name = f"whole_way_{tmp_path.name}"[-60:]
    made = create_app(replace(app.config["KEZEK"], var=tmp_path, database_url=databases.url(kind, name)))
    db.session.remove()
    with made.app_context():
        yield dump.bring_back(tmp_path / "town")
        db.session.remove()
        db.engine.dispose()


def test_a_whole_town_goes_down_to_the_first_version_and_up_again(town):
    """All that the first version has a table and a kind for is there afterwards, and so are all constraints."""
    rules = names_of_rules()
    downgrade(revision=FIRST)
    known = set(dump.tables())
    upgrade()
    rules ^= names_of_rules()
    after = {table: found(f'SELECT count(*) FROM "{table}"')[0][0] for table in dump.tables()}
    assert rules == set()
    lost = {table for table in town if after[table] < town[table]}
    assert lost & known == OF_LATER_KINDS
    assert all(after[table] for table in lost & known)
    assert not {table for table in town if after[table] > town[table]}


def names_of_rules():
    """Without conditions, which PostgreSQL tells in other words after a dump."""
    with db.engine.connect() as connection:
        return {rule.split()[0] for rule in rules_of(connection)}


# ---------------------------------------------------------------- the release before, on the tables of now (ADR 39)

RELEASE = (ROOT / "migrations" / "RELEASE").read_text().strip()


class Column(NamedTuple):
    """What whoever writes a row has to know of it. `length`: of a text, in characters; None: without an end."""

    nullable: bool
    filled: bool  # by the database, where nobody names it
    length: int | None


def test_what_the_release_before_writes_is_taken_by_the_tables_of_now_and_read_again(town):
    """Its town, written anew by statements that name its own columns and no others."""
    downgrade(revision=RELEASE)
    before, old = columns(), [one for one in tables() if one.name != "alembic_version"]
    rows = {one.name: all_of(one) for one in old}
    assert sum(map(len, rows.values())) > 1000
    written(sa.delete(one) for one in old)
    upgrade()
    assert unknown_to(before, columns()) == []
    written(one.insert().values(row) for one in old for row in rows[one.name])
    assert {one.name: all_of(one) for one in old} == rows


def test_what_the_release_before_could_not_write_is_found():
    old = {"a": {"kept": Column(True, False, 9), "gone": Column(True, False, None)}, "b": {}}
    new = {"a": {"kept": Column(False, False, 8), "asked": Column(False, False, None)}}
    new["a"] |= {"given": Column(False, True, None), "free": Column(True, False, None)}
    assert unknown_to(old, new) == [
        "a.gone is gone",
        "a.kept is asked for",
        "a.kept is shorter",
        "a.asked is asked for",
        "b is gone",
    ]


def unknown_to(old, new):
    """What code that knows the old columns alone could not read or write any more."""
    wrong = []
    for table, columns in old.items():
        there = new.get(table)
        if there is None:
            wrong.append(f"{table} is gone")
            continue
        wrong += [f"{table}.{name} is gone" for name in columns if name not in there]
        for name, column in there.items():
            known = columns.get(name)
            if not (column.nullable or column.filled) and (known is None or known.nullable):
                wrong.append(f"{table}.{name} is asked for")
            if known and column.length and (known.length or 10**9) > column.length:
                wrong.append(f"{table}.{name} is shorter")
    return wrong


def columns():
    """table -> column -> what it asks."""
    inspector = sa.inspect(db.engine)
    return {
        table: {
            one["name"]: Column(
                nullable=one["nullable"],
                filled=one["default"] is not None or one["name"] == "id",
                length=getattr(one["type"], "length", None),
            )
            for one in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
    }


def tables():
    """As the database has them now, with no more than the names and types of their columns."""
    inspector = sa.inspect(db.engine)
    return [
        sa.table(name, *(sa.column(one["name"], one["type"]) for one in inspector.get_columns(name)))
        for name in inspector.get_table_names()
    ]


def all_of(table):
    """Its rows, in one order on both databases and whatever a column's type."""
    with db.engine.connect() as connection:
        return sorted((dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr)


def written(statements):
    """In one transaction, in whose course no row has to find what it refers to: they come in no order."""
    later = {"sqlite": "PRAGMA defer_foreign_keys = ON", "postgresql": "SET LOCAL session_replication_role = replica"}
    with db.engine.begin() as connection:
        connection.exec_driver_sql(later[connection.dialect.name])
        for one in statements:
            connection.execute(one)
