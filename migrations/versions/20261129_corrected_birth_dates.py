"""A birth date that is corrected: what it was, so that a past day's number stays what it was."""

import sqlalchemy as sa
from alembic import op

revision = "f3a71c5d9e20"
down_revision = "93b5d2e8c1f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue_round", sa.Column("born_before", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("queue_round", "born_before")
