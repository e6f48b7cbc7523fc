"""Families enter and sign with a key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c41e8d95b7a2"
down_revision = "c1e8a3d05f92"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("visit") as table:
        table.add_column(sa.Column("sign_in", sa.String(24), nullable=True))
    op.execute("UPDATE visit SET sign_in = 'code'")
    with op.batch_alter_table("visit") as table:
        table.alter_column("sign_in", existing_type=sa.String(24), nullable=False)
    op.create_table(
        "challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("iin", sa.String(12), nullable=True),
        sa.Column("bin", sa.String(12), nullable=True),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(24), nullable=True),
        sa.Column("asked", JSON, nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_challenge"),
        sa.UniqueConstraint("key_hash", name="uq_challenge_key_hash"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_challenge_application_id"),
    )
    op.create_index("ix_challenge_asked_at", "challenge", ["asked_at"])
    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("cms", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("iin", sa.String(12), nullable=False),
        sa.Column("bin", sa.String(12), nullable=True),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("algorithm", sa.String(40), nullable=False),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.Column("verb", sa.String(24), nullable=True),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_against", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signature"),
        sa.UniqueConstraint("sha256", name="uq_signature_sha256"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_signature_application_id"),
    )
    op.create_index("ix_signature_application_id", "signature", ["application_id"])


def downgrade() -> None:
    op.drop_table("signature")
    op.drop_table("challenge")
    with op.batch_alter_table("visit") as table:
        table.drop_column("sign_in")
