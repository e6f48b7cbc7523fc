"""Names are found by their folded keys and stand in the order of the alphabet; № is no part of a number."""

import json
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from migrations.frozen_20261129 import fold_name, fold_number, sort_key

revision = "5d1c0f3a9b27"
down_revision = "b1c90e7d2a41"
branch_labels = None
depends_on = None

AT_ONCE = 5000
SORT_KEY = sa.String(300).with_variant(sa.String(300, collation="C"), "postgresql")
ADDED = {
    "place": ("search_name", "sort_kk", "sort_ru"),
    "kindergarten": ("sort_name",),
    "kg_group": ("search_name", "sort_name"),
}
PERSON = ("last_name", "first_name", "patronymic")
Key = Callable[..., str]


def _folded(most: int) -> Key:
    return lambda *parts: fold_name(" ".join(filter(None, parts)))[:most]


def _casefolded(most: int) -> Key:
    return lambda *parts: " ".join(filter(None, parts)).casefold()[:most]


def _sorted(*parts: str) -> str:
    return sort_key(parts[0])[:300]


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            kind = sa.String(250 if table == "place" else 200) if column == "search_name" else SORT_KEY
            op.add_column(table, sa.Column(column, kind, nullable=False, server_default=sa.text("''")))
    for table in ("child", "applicant"):
        _fill(table, "search_name", PERSON, _folded(250))
    for table in ("kindergarten", "kg_group"):
        _fill(table, "search_name", ("name",), _folded(200))
        _fill(table, "sort_name", ("name",), _sorted)
    _fill("place", "search_name", ("name_kk", "name_ru"), lambda kk, ru: fold_name(f"{kk} / {ru}")[:250])
    _fill("place", "sort_kk", ("name_kk",), _sorted)
    _fill("place", "sort_ru", ("name_ru",), _sorted)
    _drop_number_signs()
    op.drop_index("ix_kg_group_listed_by_name", "kg_group")
    for table in ("kindergarten", "kg_group"):
        op.create_index(f"ix_{table}_listed_by_sort_name", table, ["sort_name", "id"])
    if op.get_bind().dialect.name == "postgresql":
        words = sa.text("to_tsvector('simple', search_name)")
        how = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}
        op.create_index("ix_applicant_words", "applicant", [words], **how)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_applicant_words", "applicant")
    for table in ("kindergarten", "kg_group"):
        op.drop_index(f"ix_{table}_listed_by_sort_name", table)
    op.create_index("ix_kg_group_listed_by_name", "kg_group", ["name", "id"])
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
    for table in ("child", "applicant"):
        _fill(table, "search_name", PERSON, _casefolded(250))
    _fill("kindergarten", "search_name", ("name",), _casefolded(200))


def _fill(table: str, column: str, of: Sequence[str], key: Key) -> None:
    """Write one key of every row, some thousand rows in one statement; what is right already is not touched."""
    for rows in _chunks(table, of):
        _write(table, column, [(pk, key(*(value or "" for value in values))) for pk, *values in rows])


def _chunks(table: str, columns: Sequence[str], where: str = "1 = 1") -> Iterator[Sequence[sa.Row]]:
    last = 0
    read = f"SELECT id, {', '.join(columns)} FROM {table} WHERE id > :last AND {where} ORDER BY id LIMIT {AT_ONCE}"
    while rows := op.get_bind().execute(sa.text(read), {"last": last}).all():
        yield rows
        last = rows[-1][0]


def _write(table: str, column: str, keys: Sequence[tuple[int, str]]) -> None:
    given = "SELECT value ->> 0 AS id, value ->> 1 AS key FROM json_each(:keys)"
    if op.get_bind().dialect.name == "postgresql":
        given = "SELECT (value ->> 0)::int AS id, value ->> 1 AS key FROM json_array_elements(CAST(:keys AS json)) AS value"
    write = f"UPDATE {table} SET {column} = one.key FROM ({given}) AS one WHERE one.id = {table}.id AND {column} <> one.key"
    op.get_bind().execute(sa.text(write), {"keys": json.dumps(keys)})


def _drop_number_signs() -> None:
    """A number that came with № is known without it, unless its district has such a number already."""
    taken = sa.text("SELECT 1 FROM application WHERE place_id = :place AND number_key = :key")
    write = sa.text("UPDATE application SET number_key = :key WHERE id = :id")
    for rows in _chunks("application", ("number", "place_id"), "number LIKE '%№%'"):
        for pk, number, place in rows:
            if (key := fold_number(number)) and not op.get_bind().scalar(taken, {"place": place, "key": key}):
                op.get_bind().execute(write, {"id": pk, "key": key})
