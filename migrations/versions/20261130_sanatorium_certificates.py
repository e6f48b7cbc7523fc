"""Certificates by which children may go to sanatorium kindergartens; children are found by their district."""

import sqlalchemy as sa
from alembic import op

revision = "5c81e0a97d36"
down_revision = "b8d13f5a70e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sanatorium_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.CheckConstraint("until >= from_on", name="sanatorium_certificate_ends_after_it_begins"),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name="fk_sanatorium_certificate_child_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sanatorium_certificate"),
        sa.UniqueConstraint("child_id", "issuer", "number", name="uq_sanatorium_certificate_once_per_child"),
    )
    op.create_index("ix_sanatorium_certificate_child_id", "sanatorium_certificate", ["child_id"])
    op.create_index("ix_sanatorium_certificate_listed_by_until", "sanatorium_certificate", ["until", "id"])
    op.create_index("ix_child_place_id", "child", ["place_id"])


def downgrade() -> None:
    op.drop_index("ix_child_place_id", "child")
    op.drop_table("sanatorium_certificate")
