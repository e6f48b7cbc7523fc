"""A text may be signed on a phone, by a QR code: what is known of that stands with its challenge."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b7f2d94c1e60"
down_revision = "9c3e51f7a208"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("challenge") as batch:
        batch.add_column(sa.Column("qr", JSON, nullable=True))
        batch.add_column(sa.Column("qr_asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("challenge") as batch:
        batch.drop_column("qr_asked_at")
        batch.drop_column("qr")
