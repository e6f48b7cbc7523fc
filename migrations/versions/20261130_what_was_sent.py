"""What was written in a message is kept with it; SMS and letters are work of two kinds."""

import sqlalchemy as sa
from alembic import op

revision = "5d2e8a90c7f4"
down_revision = "c40b7f19e2d8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("subject", sa.String(200), nullable=True))
    op.add_column("delivery", sa.Column("text", sa.Text(), nullable=True))
    op.execute(
        "UPDATE outbox SET job = (SELECT channel FROM delivery WHERE delivery.id = outbox.delivery_id)"
        " WHERE job = 'deliver'"
    )


def downgrade() -> None:
    op.execute("UPDATE outbox SET job = 'deliver' WHERE delivery_id IS NOT NULL")
    with op.batch_alter_table("delivery") as table:
        table.drop_column("text")
        table.drop_column("subject")
