"""An office says by which phone families are helped."""

import sqlalchemy as sa
from alembic import op

revision = "7c1f40b2a95e"
down_revision = "3d9e51c7a0f6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("office", sa.Column("support_phone", sa.String(40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("office") as table:
        table.drop_column("support_phone")
