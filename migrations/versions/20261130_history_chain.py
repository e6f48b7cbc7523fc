"""The history is sealed as a chain; the clock seals what is there by and by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "9c3e51f7a208"
down_revision = "e5b90c27d1a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "history_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("erasable", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_link"),
        sa.UniqueConstraint("change_id", name="uq_history_link_change_id"),
    )
    op.create_table(
        "history_seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_seal"),
        sa.UniqueConstraint("position", name="uq_history_seal_position"),
    )
    op.create_index("ix_history_seal_at", "history_seal", ["at"])


def downgrade() -> None:
    op.drop_table("history_seal")
    op.drop_table("history_link")
