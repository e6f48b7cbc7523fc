"""Texts of contracts, put in force by two people; a contract keeps the one that it was drawn up with.

`flask ship`, which follows every migration, adds the first text and gives it to the contracts that are there: it was a
part of the program when they were printed. A contract that waits to be rendered prints what its records say then.
"""

import sqlalchemy as sa
from alembic import op

revision = "3d9e51c7a0f6"
down_revision = "5d2e8a90c7f4"
branch_labels = None
depends_on = None

SECTIONS = ("subject", "organisation", "family", "fee", "liability", "disputes", "term")
WITHOUT = sa.text("text_id IS NULL AND status <> 'void'")


def upgrade() -> None:
    op.create_table(
        "contract_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("legal_basis", sa.String(300), nullable=False),
        *(
            sa.Column(f"{name}_{language}", sa.Text(), nullable=False)
            for name in SECTIONS
            for language in ("kk", "ru")
        ),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR (approved_by_id <> entered_by_id AND approved_by_id <> changed_by_id)",
            name="author_of_a_contract_text_never_approves",
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_contract_text_place_id"),
        *(
            sa.ForeignKeyConstraint([name], ["ab_user.id"], name=f"fk_contract_text_{name}")
            for name in ("entered_by_id", "changed_by_id", "approved_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contract_text"),
        sa.UniqueConstraint("place_id", "valid_from", name="uq_contract_text_once_per_place_and_day"),
    )
    op.create_index("ix_contract_text_place_id", "contract_text", ["place_id"])
    with op.batch_alter_table("contract") as table:
        table.add_column(sa.Column("text_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_contract_text_id", "contract_text", ["text_id"], ["id"])
    op.create_index("ix_contract_text_id", "contract", ["text_id"])
    op.create_index(
        "ix_contract_without_text", "contract", ["referral_id"], sqlite_where=WITHOUT, postgresql_where=WITHOUT
    )
    op.execute("UPDATE document SET facts = NULL WHERE kind = 'contract' AND file_key IS NULL")


def downgrade() -> None:
    op.execute("UPDATE document SET facts = NULL WHERE kind = 'contract' AND file_key IS NULL")
    op.drop_index("ix_contract_without_text", "contract")
    op.drop_index("ix_contract_text_id", "contract")
    with op.batch_alter_table("contract") as table:
        table.drop_constraint("fk_contract_text_id", type_="foreignkey")
        table.drop_column("text_id")
    op.drop_table("contract_text")
