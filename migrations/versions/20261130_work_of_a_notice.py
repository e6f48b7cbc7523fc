"""The work that tells portals of a notice is found by it: the list of jobs asks where it lies."""

from alembic import op

revision = "7e10c94b5fd2"
down_revision = "d5a81e3f6c72"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outbox_notice_id", "outbox", ["notice_id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_notice_id", "outbox")
