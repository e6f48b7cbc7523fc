"""Who is past the maximum age is found by its birth date, not among all who wait."""

import sqlalchemy as sa
from alembic import op

revision = "d41f0a7c9be3"
down_revision = "b8d13f5a70e2"
branch_labels = None
depends_on = None

QUEUED = sa.text("status = 'queued'")


def upgrade() -> None:
    op.create_index(
        "ix_application_queued_by_birth",
        "application",
        ["place_id", "born_on"],
        sqlite_where=QUEUED,
        postgresql_where=QUEUED,
    )


def downgrade() -> None:
    op.drop_index("ix_application_queued_by_birth", "application")
