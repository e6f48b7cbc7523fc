"""Portals have keys, and what they do says through which of them it was done."""

import sqlalchemy as sa
from alembic import op

revision = "7c19e4d0b2a5"
down_revision = "b7f2d94c1e60"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("registers", sa.Boolean(), nullable=False),
        sa.Column("acts", sa.Boolean(), nullable=False),
        sa.Column("webhook", sa.String(300), nullable=True),
        sa.Column("key_hash", sa.String(64), nullable=True),
        sa.Column("secret", sa.String(60), nullable=True),
        sa.Column("secret_before", sa.String(60), nullable=True),
        sa.Column("secret_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_client_place_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.UniqueConstraint("name", name="uq_client_name"),
        sa.UniqueConstraint("key_hash", name="uq_client_key_hash"),
    )
    op.create_index("ix_client_place_id", "client", ["place_id"])
    op.create_index("ix_client_listed_by_name", "client", ["name", "id"])
    op.add_column("change", sa.Column("client", sa.String(100), nullable=True))
    op.add_column("application", sa.Column("source", sa.String(100), nullable=True))
    op.add_column("application", sa.Column("source_number", sa.String(60), nullable=True))
    with op.batch_alter_table("sent_form") as batch:
        batch.alter_column("user_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("client_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_sent_form_client_id", "client", ["client_id"], ["id"])
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("client_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("notice_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_outbox_client_id", "client", ["client_id"], ["id"])
        batch.create_foreign_key("fk_outbox_notice_id", "notice", ["notice_id"], ["id"])
        batch.create_index("ix_outbox_client_id", ["client_id"])


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE client_id IS NOT NULL")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_index("ix_outbox_client_id")
        batch.drop_constraint("fk_outbox_notice_id", type_="foreignkey")
        batch.drop_constraint("fk_outbox_client_id", type_="foreignkey")
        batch.drop_column("notice_id")
        batch.drop_column("client_id")
    op.execute("DELETE FROM sent_form WHERE user_id IS NULL")
    with op.batch_alter_table("sent_form") as batch:
        batch.drop_constraint("fk_sent_form_client_id", type_="foreignkey")
        batch.drop_column("client_id")
        batch.alter_column("user_id", existing_type=sa.Integer(), nullable=False)
    for table, column in (("application", "source_number"), ("application", "source"), ("change", "client")):
        op.drop_column(table, column)
    op.drop_table("client")
