"""Notices leave the house: what became of each by each way, when work is tried next, and who has read what.

What was told before is not sent now: its notices count as planned, and have no delivery.
"""

import sqlalchemy as sa
from alembic import op

revision = "e7a3c90b51d4"
down_revision = "d41f0a7c9be3"
branch_labels = None
depends_on = None

NOT_PLANNED = sa.text("NOT planned")


def upgrade() -> None:
    op.add_column("kindergarten", sa.Column("email", sa.String(200), nullable=True))
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("planned", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("planned", server_default=None, existing_type=sa.Boolean(), existing_nullable=False)
    op.create_index("ix_notice_to_plan", "notice", ["id"], sqlite_where=NOT_PLANNED, postgresql_where=NOT_PLANNED)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        sa.Column("address", sa.String(200), nullable=True),
        sa.Column("key", sa.String(40), nullable=True),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(40), nullable=True),
        sa.CheckConstraint("stage NOT IN ('sending', 'sent') OR key IS NOT NULL", name="delivery_is_sent_under_a_key"),
        sa.CheckConstraint("stage <> 'failed' OR error IS NOT NULL", name="failed_delivery_says_why"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_delivery_notice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("key", name="uq_delivery_key_once"),
        sa.UniqueConstraint("notice_id", "channel", name="uq_delivery_once_per_notice_and_channel"),
    )
    op.create_index("ix_delivery_to_address", "delivery", ["address", "began_at"])
    op.create_index("ix_delivery_listed_by_stage", "delivery", ["stage", "id"])
    op.create_index("ix_delivery_listed_by_channel", "delivery", ["channel", "id"])
    op.create_table(
        "notice_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_read_notice_id"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_notice_read_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_read"),
        sa.UniqueConstraint("user_id", "notice_id", name="uq_notice_read_once_by_each"),
    )
    op.create_index("ix_notice_read_notice_id", "notice_read", ["notice_id"])
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("delivery_id", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
        outbox.add_column(sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True))
        outbox.create_foreign_key("fk_outbox_delivery_id", "delivery", ["delivery_id"], ["id"])
        outbox.create_check_constraint("given_up_work_says_why", "given_up_at IS NULL OR error IS NOT NULL")
        outbox.create_index("ix_outbox_delivery_id", ["delivery_id"])


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE delivery_id IS NOT NULL")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_delivery_id")
        outbox.drop_constraint("given_up_work_says_why", type_="check")
        outbox.drop_constraint("fk_outbox_delivery_id", type_="foreignkey")
        outbox.drop_column("given_up_at")
        outbox.drop_column("not_before")
        outbox.drop_column("delivery_id")
    op.drop_table("notice_read")
    op.drop_table("delivery")
    op.drop_index("ix_notice_to_plan", "notice")
    op.drop_column("notice", "planned")
    op.drop_column("kindergarten", "email")
