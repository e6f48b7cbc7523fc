"""A portal is given the acts that it sends one by one; those that sent any may send all of them still."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "e83f10b6d2c7"
down_revision = "5c7f20e9a1b8"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
VERBS = [
    "join",
    "confirm",
    "refuse",
    "restore",
    "choose",
    "enter_lot",
    "leave_lot",
    "sign",
    "extend",
    "revoke",
    "withdraw",
    "claim_privilege",
    "wish",
    "unwish",
]


def upgrade() -> None:
    op.add_column("client", sa.Column("verbs", JSON, nullable=False, server_default=sa.text("'[]'")))
    client = sa.table("client", sa.column("verbs", JSON))
    op.execute(sa.update(client).values(verbs=sa.bindparam("given", VERBS, JSON)))


def downgrade() -> None:
    with op.batch_alter_table("client") as batch:
        batch.drop_column("verbs")
