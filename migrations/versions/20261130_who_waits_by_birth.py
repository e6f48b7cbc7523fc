"""Who is past the maximum age, and a place that was left while it was lent, are found without a look at all others."""

import sqlalchemy as sa
from alembic import op

revision = "d41f0a7c9be3"
down_revision = "5c81e0a97d36"
branch_labels = None
depends_on = None

INDEXES = {  # name: table, columns, condition
    "ix_application_queued_by_birth": ("application", ["place_id", "born_on"], "status = 'queued'"),
    "ix_holding_lent": ("holding", ["enrolment_id"], "kind = 'lent' AND ended_at IS NULL"),
}


def upgrade() -> None:
    for name, (table, columns, condition) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def downgrade() -> None:
    for name, (table, *_) in INDEXES.items():
        op.drop_index(name, table)
