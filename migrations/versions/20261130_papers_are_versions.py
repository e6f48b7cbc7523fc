"""A paper is a version: what it prints is kept with it, and one version of a right's paper is the current one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "9f3a6c20d7b1"
down_revision = "e7a3c90b51d4"
branch_labels = None
depends_on = None

CURRENT = {"uq_document_one_current_of_a_voucher": "voucher_id", "uq_document_one_current_of_a_referral": "referral_id"}


def upgrade() -> None:
    op.add_column("document", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")))
    facts = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.add_column("document", sa.Column("facts", facts, nullable=True))
    op.add_column("document", sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
    condition = sa.text("replaced_at IS NULL")
    for name, column in CURRENT.items():
        op.create_index(
            name, "document", [column, "kind"], unique=True, sqlite_where=condition, postgresql_where=condition
        )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE document_id IN (SELECT id FROM document WHERE replaced_at IS NOT NULL)")
    op.execute("DELETE FROM document WHERE replaced_at IS NOT NULL")
    for name in CURRENT:
        op.drop_index(name, "document")
    for column in ("replaced_at", "facts", "version"):
        op.drop_column("document", column)
