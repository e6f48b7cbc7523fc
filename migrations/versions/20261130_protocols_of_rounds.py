"""A paper may be of a round: its protocol."""

import sqlalchemy as sa
from alembic import op

revision = "a7f20c4e91b8"
down_revision = "7c1f40b2a95e"
branch_labels = None
depends_on = None

ONE, CURRENT = "paper_is_of_an_application_or_of_a_round", sa.text("replaced_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("round_id", sa.Integer(), nullable=True))
        table.alter_column("application_id", existing_type=sa.Integer(), nullable=True)
        table.create_foreign_key("fk_document_round_id", "queue_round", ["round_id"], ["id"])
        table.create_check_constraint(ONE, "(application_id IS NULL) <> (round_id IS NULL)")
    op.create_index("ix_document_round_id", "document", ["round_id"])
    op.create_index(
        "uq_document_one_current_of_a_round",
        "document",
        ["round_id", "kind"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE document_id IN (SELECT id FROM document WHERE round_id IS NOT NULL)")
    op.execute("DELETE FROM document WHERE round_id IS NOT NULL")
    op.drop_index("uq_document_one_current_of_a_round", "document")
    op.drop_index("ix_document_round_id", "document")
    with op.batch_alter_table("document") as table:
        table.drop_constraint(ONE, type_="check")
        table.drop_constraint("fk_document_round_id", type_="foreignkey")
        table.alter_column("application_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("round_id")
