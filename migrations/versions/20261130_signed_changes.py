"""History says which signature an act of a family stands on."""

import sqlalchemy as sa
from alembic import op

revision = "e2b7d90c4a16"
down_revision = "4c8e1b7d2f05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("change") as batch:
        batch.add_column(sa.Column("signature_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_change_signature_id", "signature", ["signature_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("change") as batch:
        batch.drop_constraint("fk_change_signature_id", type_="foreignkey")
        batch.drop_column("signature_id")
