"""An application is found by its phone in any spelling."""

import json

import sqlalchemy as sa
from alembic import op

from migrations.frozen_20261129 import phone_numbers

revision = "93b5d2e8c1f4"
down_revision = "0e7d41c95ab3"
branch_labels = None
depends_on = None

AT_ONCE = 5000


def upgrade() -> None:
    op.add_column("application", sa.Column("phone_key", sa.String(60), nullable=False, server_default=sa.text("''")))
    given = "SELECT value ->> 0 AS id, value ->> 1 AS key FROM json_each(:keys)"
    if op.get_bind().dialect.name == "postgresql":
        values = "json_array_elements(CAST(:keys AS json)) AS value"
        given = f"SELECT (value ->> 0)::int AS id, value ->> 1 AS key FROM {values}"
    read = sa.text(
        "SELECT id, phone FROM application WHERE id > :last AND phone IS NOT NULL ORDER BY id LIMIT :most"
    )
    write = sa.text(f"UPDATE application SET phone_key = one.key FROM ({given}) AS one WHERE one.id = application.id")
    last = 0
    while rows := op.get_bind().execute(read, {"last": last, "most": AT_ONCE}).all():
        keys = [(pk, " ".join(phone_numbers(phone))[:60]) for pk, phone in rows]
        op.get_bind().execute(write, {"keys": json.dumps(keys)})
        last = rows[-1][0]
    if op.get_bind().dialect.name == "postgresql":
        words = sa.text("to_tsvector('simple', phone_key)")
        how = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}
        op.create_index("ix_application_phones", "application", [words], **how)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_application_phones", "application")
    op.drop_column("application", "phone_key")
