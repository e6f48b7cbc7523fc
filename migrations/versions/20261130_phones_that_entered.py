"""A visit knows to which phone its code was sent: that phone is proven."""

import sqlalchemy as sa
from alembic import op

revision = "0b73e8d1c5a4"
down_revision = "f4a91c20d7e8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM one_time_code")  # of the last five minutes: another one is asked for
    with op.batch_alter_table("one_time_code") as batch:
        batch.add_column(sa.Column("phone_hash", sa.String(64), nullable=False))
    with op.batch_alter_table("visit") as batch:
        batch.add_column(sa.Column("phone_hash", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("visit") as batch:
        batch.drop_column("phone_hash")
    with op.batch_alter_table("one_time_code") as batch:
        batch.drop_column("phone_hash")
