"""A visit by a code sees what its phone stands on, unless the phone is registered for the IIN itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c90f3b7e52d1"
down_revision = "7d2c40a9e6b1"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    for table in ("one_time_code", "visit"):  # of the last minutes: one enters anew
        op.execute(f"DELETE FROM {table}")
    with op.batch_alter_table("one_time_code") as batch:
        batch.add_column(sa.Column("whole", sa.Boolean(), nullable=False))
    with op.batch_alter_table("visit") as batch:
        batch.drop_column("phone_hash")
        batch.add_column(sa.Column("phones", JSON, nullable=False))
        batch.add_column(sa.Column("whole", sa.Boolean(), nullable=False))


def downgrade() -> None:
    for table in ("one_time_code", "visit"):
        op.execute(f"DELETE FROM {table}")
    with op.batch_alter_table("visit") as batch:
        batch.drop_column("whole")
        batch.drop_column("phones")
        batch.add_column(sa.Column("phone_hash", sa.String(64), nullable=True))
    with op.batch_alter_table("one_time_code") as batch:
        batch.drop_column("whole")
