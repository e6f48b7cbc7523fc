"""What is kept of a form lies half here and half in the browser: neither says anything of it.

What was kept before, for an hour, could be read by whoever reads the database: it goes.
"""

import sqlalchemy as sa
from alembic import op

revision = "6c0b8e4d27a1"
down_revision = "f3a71c5d9e20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM kept_form")
    with op.batch_alter_table("kept_form") as table:
        table.drop_column("typed")
        table.add_column(sa.Column("path", sa.String(200), nullable=False))
        table.add_column(sa.Column("pad", sa.LargeBinary(), nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM kept_form")
    with op.batch_alter_table("kept_form") as table:
        table.drop_column("pad")
        table.drop_column("path")
        table.add_column(sa.Column("typed", sa.Text(), nullable=False))
