"""Families sign in by a code that is sent to their phone."""

import sqlalchemy as sa
from alembic import op

revision = "b6d2a7f01c83"
down_revision = "a7f20c4e91b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("iin", sa.String(12), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_code"),
        sa.UniqueConstraint("browser_hash", name="uq_one_time_code_browser_hash"),
    )
    op.create_index("ix_one_time_code_asked_at", "one_time_code", ["asked_at"])
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("iin", sa.String(12), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.UniqueConstraint("key_hash", name="uq_visit_key_hash"),
    )


def downgrade() -> None:
    op.drop_table("visit")
    op.drop_table("one_time_code")
