"""Phones that were recorded before they had one form get it; what is no phone stays as it was typed.

Each is read by the rule of every door (app/rules/texts.py). The keys that are searched by have been the same already.
"""

import json

import sqlalchemy as sa
from alembic import op

from migrations.frozen_20261129 import Unfit, phones

revision = "b8d13f5a70e2"
down_revision = "6c0b8e4d27a1"
branch_labels = None
depends_on = None

AT_ONCE = 5000
COLUMNS = (("application", "phone"), ("kindergarten", "phone"), ("place", "support_phone"))


def upgrade() -> None:
    for table, column in COLUMNS:
        _read_anew(table, column)


def downgrade() -> None:
    """They are as good as before."""


def _read_anew(table: str, column: str) -> None:
    given = "SELECT value ->> 0 AS id, value ->> 1 AS phone FROM json_each(:phones)"
    if op.get_bind().dialect.name == "postgresql":
        values = "json_array_elements(CAST(:phones AS json)) AS value"
        given = f"SELECT (value ->> 0)::int AS id, value ->> 1 AS phone FROM {values}"
    some = f"SELECT id, {column} FROM {table} WHERE id > :last AND {column} IS NOT NULL ORDER BY id LIMIT :most"
    write = sa.text(f"UPDATE {table} SET {column} = one.phone FROM ({given}) AS one WHERE one.id = {table}.id")
    last = 0
    while rows := op.get_bind().execute(sa.text(some), {"last": last, "most": AT_ONCE}).all():
        last = rows[-1][0]
        if told := [(pk, read) for pk, phone in rows if (read := _read(phone)) != phone]:
            op.get_bind().execute(write, {"phones": json.dumps(told)})


def _read(phone: str) -> str:
    try:
        return phones(phone)
    except Unfit:
        return phone
