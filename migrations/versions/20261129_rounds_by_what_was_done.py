"""Rounds are filtered by what was done by hand."""

from alembic import op

revision = "e6a1c94d0b27"
down_revision = "f5f18ad15ade"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_queue_round_listed_by_by_hand", "queue_round", ["by_hand", "id"])


def downgrade() -> None:
    op.drop_index("ix_queue_round_listed_by_by_hand", "queue_round")
