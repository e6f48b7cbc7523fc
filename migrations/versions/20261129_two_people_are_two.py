"""Whoever changed a draft last is among its authors: the database refuses their approval too."""

import sqlalchemy as sa
from alembic import op

revision = "b1c90e7d2a41"
down_revision = "7f123c36f9df"
branch_labels = None
depends_on = None

TABLES = {
    "norm": "author_never_approves",
    "day_off": "author_of_a_day_off_never_approves",
    "queue_order": "author_of_an_order_never_approves",
}
ENTERED = "approved_by_id IS NULL OR approved_by_id <> entered_by_id"
CHANGED = "approved_by_id IS NULL OR (approved_by_id <> entered_by_id AND approved_by_id <> changed_by_id)"


def upgrade() -> None:
    for table, name in TABLES.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("changed_by_id", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f"fk_{table}_changed_by_id"), "ab_user", ["changed_by_id"], ["id"])
            batch_op.drop_constraint(name, type_="check")
            batch_op.create_check_constraint(name, CHANGED)


def downgrade() -> None:
    for table, name in TABLES.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(name, type_="check")
            batch_op.create_check_constraint(name, ENTERED)
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_changed_by_id"), type_="foreignkey")
            batch_op.drop_column("changed_by_id")
