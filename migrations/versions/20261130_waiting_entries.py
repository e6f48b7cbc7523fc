"""The waiting list: which families wait for a place in which kindergarten (spec 3.11)."""

import sqlalchemy as sa
from alembic import op

revision = "d5a81e3f6c72"
down_revision = "7c19e4d0b2a5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("kindergarten_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(24), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("paper_on", sa.Date(), nullable=True),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_waiting_entry_application_id"),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name="fk_waiting_entry_child_id"),
        sa.ForeignKeyConstraint(["kindergarten_id"], ["kindergarten.id"], name="fk_waiting_entry_kindergarten_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_entry"),
    )
    for name in ("application_id", "child_id", "kindergarten_id"):
        op.create_index(f"ix_waiting_entry_{name}", "waiting_entry", [name])
    op.create_index("ix_waiting_entry_listed_by_wished_at", "waiting_entry", ["wished_at", "id"])
    live = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_waiting_entry_wished_once",
        "waiting_entry",
        ["application_id", "kindergarten_id"],
        unique=True,
        postgresql_where=live,
        sqlite_where=live,
    )


def downgrade() -> None:
    op.drop_table("waiting_entry")
