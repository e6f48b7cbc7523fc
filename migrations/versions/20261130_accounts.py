"""Accounts: links to set a password, letters about them, a second factor with recovery codes.

Whoever was given a password and has not changed it yet gets a link instead: what others have seen opens nothing. No
release from now on reads `must_change_password`; the next one drops it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "4e8b17c05d93"
down_revision = "7e10c94b5fd2"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="invitation_is_used_or_withdrawn"),
        sa.CheckConstraint("used_at IS NULL OR key_hash IS NOT NULL", name="used_invitation_had_its_link"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_invitation_user_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["ab_user.id"], name="fk_invitation_asked_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("key_hash", name="uq_invitation_key_hash"),
    )
    op.create_index("ix_invitation_user_id", "invitation", ["user_id"])
    is_open = sa.text("used_at IS NULL AND withdrawn_at IS NULL")
    op.create_index(
        "uq_invitation_one_open_of_each",
        "invitation",
        ["user_id"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    op.create_table(
        "account_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("error", sa.String(40), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_account_letter_user_id"),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_account_letter_invitation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_letter"),
    )
    op.create_index("ix_account_letter_user_id", "account_letter", ["user_id"])
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(200), nullable=True),
        sa.Column("new_secret", sa.String(200), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.CheckConstraint("secret IS NOT NULL OR new_secret IS NOT NULL", name="second_factor_has_a_secret"),
        sa.CheckConstraint("(secret IS NULL) = (since IS NULL)", name="second_factor_says_since_when"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_second_factor_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_second_factor"),
        sa.UniqueConstraint("user_id", name="uq_second_factor_user_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_recovery_code_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
        sa.UniqueConstraint("code_hash", name="uq_recovery_code_code_hash"),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])
    op.add_column("signed_in", sa.Column("factor_at", MOMENT, nullable=True))
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("letter_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_outbox_letter_id", "account_letter", ["letter_id"], ["id"])
        batch.create_index("ix_outbox_letter_id", ["letter_id"])
    op.execute(
        "UPDATE ab_user SET password = NULL WHERE id IN (SELECT user_id FROM account WHERE must_change_password)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE letter_id IS NOT NULL")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_index("ix_outbox_letter_id")
        batch.drop_constraint("fk_outbox_letter_id", type_="foreignkey")
        batch.drop_column("letter_id")
    op.drop_column("signed_in", "factor_at")
    for table in ("recovery_code", "second_factor", "account_letter", "invitation"):
        op.drop_table(table)
