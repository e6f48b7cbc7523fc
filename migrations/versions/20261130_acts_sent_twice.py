"""An act that was sent twice leads to where it led the first time."""

import sqlalchemy as sa
from alembic import op

revision = "1f6e3a82c9d0"
down_revision = "c90f3b7e52d1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("challenge") as batch:
        batch.add_column(sa.Column("led_to", sa.String(200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("challenge") as batch:
        batch.drop_column("led_to")
