"""A paper may be of a day: its protocol, of the last seal of that day."""

import sqlalchemy as sa
from alembic import op

revision = "b60d8e3f1c72"
down_revision = "4e8b17c05d93"
branch_labels = None
depends_on = None

OLD, NEW = "paper_is_of_an_application_or_of_a_round", "paper_is_of_one_application_round_or_seal"
ONE_OF_TWO = "(application_id IS NULL) <> (round_id IS NULL)"
ONE_OF_THREE = (
    "CASE WHEN application_id IS NULL THEN 0 ELSE 1 END + CASE WHEN round_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN seal_id IS NULL THEN 0 ELSE 1 END = 1"
)


def upgrade() -> None:
    op.add_column("history_seal", sa.Column("day", sa.Date(), nullable=True))
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    local = "date(at, '+5 hours')" if on_sqlite else "(at AT TIME ZONE 'Asia/Almaty')::date"  # the chain is of 2026
    op.execute(f"UPDATE history_seal SET day = {local}")
    with op.batch_alter_table("history_seal") as table:
        # the release before writes none (ADR 39)
        table.alter_column("day", existing_type=sa.Date(), nullable=False, server_default=sa.text("CURRENT_DATE"))
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("seal_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_document_seal_id", "history_seal", ["seal_id"], ["id"])
        table.drop_constraint(OLD, type_="check")
        table.create_check_constraint(NEW, ONE_OF_THREE)
    op.create_index("uq_document_one_of_a_seal", "document", ["seal_id"], unique=True)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE document_id IN (SELECT id FROM document WHERE seal_id IS NOT NULL)")
    op.execute("DELETE FROM document WHERE seal_id IS NOT NULL")
    op.drop_index("uq_document_one_of_a_seal", "document")
    with op.batch_alter_table("document") as table:
        table.drop_constraint(NEW, type_="check")
        table.create_check_constraint(OLD, ONE_OF_TWO)
        table.drop_constraint("fk_document_seal_id", type_="foreignkey")
        table.drop_column("seal_id")
    with op.batch_alter_table("history_seal") as table:
        table.drop_column("day")
