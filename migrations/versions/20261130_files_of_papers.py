"""The paper that proves a privilege may have a file; one that is not signed yet waits."""

import sqlalchemy as sa
from alembic import op

revision = "7d2c40a9e6b1"
down_revision = "0b73e8d1c5a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("iin", sa.String(12), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.UniqueConstraint("iin", "sha256", name="uq_upload_once_of_a_person"),
    )
    op.create_index("ix_upload_at", "upload", ["at"])
    with op.batch_alter_table("privilege_paper") as batch:
        batch.add_column(sa.Column("file_kind", sa.String(4), nullable=True))
        batch.add_column(sa.Column("file_key", sa.String(200), nullable=True))
        batch.add_column(sa.Column("sha256", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("privilege_paper") as batch:
        for name in ("sha256", "file_key", "file_kind"):
            batch.drop_column(name)
    op.drop_table("upload")
