"""Offices, which papers name; papers of an application itself, one current version of each kind."""

import sqlalchemy as sa
from alembic import op

revision = "c40b7f19e2d8"
down_revision = "9f3a6c20d7b1"
branch_labels = None
depends_on = None

ITS_OWN = sa.text("replaced_at IS NULL AND voucher_id IS NULL AND referral_id IS NULL")
OLD, NEW = "paper_is_of_one_voucher_or_referral", "paper_is_of_one_right_at_most"
KINDS = "kind NOT IN ('voucher', 'referral', 'temporary_referral')"


def upgrade() -> None:
    op.create_table(
        "office",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("name_kk", sa.String(200), nullable=False),
        sa.Column("name_ru", sa.String(200), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("phone", sa.String(40), nullable=True),
        sa.Column("responsible", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_office_place_id"),
        sa.PrimaryKeyConstraint("id", name="pk_office"),
    )
    op.create_index("ix_office_place_id", "office", ["place_id"])
    op.create_index("ix_office_listed_by_name_kk", "office", ["name_kk", "id"])
    with op.batch_alter_table("document") as table:
        table.drop_constraint(OLD, type_="check")
        table.create_check_constraint(NEW, "voucher_id IS NULL OR referral_id IS NULL")
    op.create_index(
        "uq_document_one_current_of_an_application",
        "document",
        ["application_id", "kind"],
        unique=True,
        sqlite_where=ITS_OWN,
        postgresql_where=ITS_OWN,
    )


def downgrade() -> None:
    op.execute(f"DELETE FROM outbox WHERE document_id IN (SELECT id FROM document WHERE {KINDS})")
    op.execute(f"DELETE FROM document WHERE {KINDS}")
    op.drop_index("uq_document_one_current_of_an_application", "document")
    with op.batch_alter_table("document") as table:
        table.drop_constraint(NEW, type_="check")
        table.create_check_constraint(OLD, "(voucher_id IS NULL) <> (referral_id IS NULL)")
    op.drop_table("office")
