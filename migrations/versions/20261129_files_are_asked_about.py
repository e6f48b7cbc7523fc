"""A file's sheet, what it asked and what was answered; what stands in a cell that is wrong."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c7a20d4e91b3"
down_revision = "a4c1f0d27b35"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("import_run") as batch_op:
        batch_op.add_column(sa.Column("sheet", sa.String(200), nullable=True))
        batch_op.add_column(sa.Column("answers", JSON, nullable=True))
    op.execute("UPDATE import_run SET answers = '{}'")
    with op.batch_alter_table("import_run") as batch_op:
        batch_op.alter_column("answers", existing_type=JSON, nullable=False)
    with op.batch_alter_table("import_problem") as batch_op:
        batch_op.add_column(sa.Column("value", sa.String(200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("import_problem") as batch_op:
        batch_op.drop_column("value")
    with op.batch_alter_table("import_run") as batch_op:
        batch_op.drop_column("answers")
        batch_op.drop_column("sheet")
