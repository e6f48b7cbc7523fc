"""When what is on the timetable last came to its end."""

import sqlalchemy as sa
from alembic import op

revision = "5c7f20e9a1b8"
down_revision = "b3d7c1e95a40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_last_run"),
        sa.UniqueConstraint("job", name="uq_last_run_job"),
    )


def downgrade() -> None:
    op.drop_table("last_run")
