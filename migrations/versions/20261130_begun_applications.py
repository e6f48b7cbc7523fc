"""A new application that a family has begun is kept until it is sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f4a91c20d7e8"
down_revision = "e2b7d90c4a16"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("iin", sa.String(12), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
        sa.UniqueConstraint("iin", name="uq_draft_iin"),
    )
    op.create_index("ix_draft_at", "draft", ["at"])


def downgrade() -> None:
    op.drop_table("draft")
