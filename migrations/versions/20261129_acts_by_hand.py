"""What changes an order by hand stands among the rounds, with where the child stood before and after."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d4f86b3a7c15"
down_revision = "c27d5e90f1b3"
branch_labels = None
depends_on = None

CHECKS = {
    "only_an_act_by_hand_is_of_one_child": "by_hand IS NOT NULL OR application_id IS NULL",
    "no_clock_acts_by_hand": "by_hand IS NULL OR NOT automatic",
}


def upgrade() -> None:
    facts = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    with op.batch_alter_table("queue_round") as batch_op:
        batch_op.add_column(sa.Column("by_hand", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("application_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("stood", facts, nullable=True))
        batch_op.add_column(sa.Column("queued_before", sa.DateTime(timezone=True), nullable=True))
        name = batch_op.f("fk_queue_round_application_id")
        batch_op.create_foreign_key(name, "application", ["application_id"], ["id"])
        for check, condition in CHECKS.items():
            batch_op.create_check_constraint(check, condition)
    op.create_index("ix_queue_round_application_id", "queue_round", ["application_id"])


def downgrade() -> None:
    op.execute("UPDATE voucher SET round_id = NULL WHERE round_id IN (SELECT id FROM queue_round WHERE by_hand IS NOT NULL)")
    op.execute("DELETE FROM queue_round WHERE by_hand IS NOT NULL")
    op.drop_index("ix_queue_round_application_id", "queue_round")
    with op.batch_alter_table("queue_round") as batch_op:
        for check in CHECKS:
            batch_op.drop_constraint(check, type_="check")
        batch_op.drop_constraint(batch_op.f("fk_queue_round_application_id"), type_="foreignkey")
        for column in ("queued_before", "stood", "reason", "application_id", "by_hand"):
            batch_op.drop_column(column)
