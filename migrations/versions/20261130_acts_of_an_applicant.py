"""What an applicant has done itself is found without a look at all of the history."""

import sqlalchemy as sa
from alembic import op

revision = "e5b90c27d1a4"
down_revision = "1f6e3a82c9d0"
branch_labels = None
depends_on = None

ITS_OWN = sa.text("applicant_id IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_change_applicant", "change", ["applicant_id"], sqlite_where=ITS_OWN, postgresql_where=ITS_OWN)


def downgrade() -> None:
    op.drop_index("ix_change_applicant", "change")
