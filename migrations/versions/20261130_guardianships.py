"""Another parent joins an application: guardianships, and notices to whoever joins."""

import sqlalchemy as sa
from alembic import op

revision = "4c8e1b7d2f05"
down_revision = "c41e8d95b7a2"
branch_labels = None
depends_on = None

OF_THE_OFFICE = "subject = 'application' AND role IN ('department', 'specialist', 'operator')"
OF_THE_OPERATOR = "role = 'operator' AND verb IN ('extend', 'revoke')"
VERBS = "'confirm', 'refuse', 'restore', 'choose', 'sign', 'withdraw'"
PAPER = "act_at_the_counter_has_its_paper"


def at_the_counter(verbs: str) -> str:
    """Rows that were written without a paper before there was this check stay as they are (20261129)."""
    check = f"NOT ({OF_THE_OFFICE} AND (verb IN ({verbs}) OR {OF_THE_OPERATOR})) OR paper_on IS NOT NULL"
    last = op.get_bind().scalar(sa.text(f"SELECT max(id) FROM change WHERE NOT ({check})"))
    return check if last is None else f"id <= {last} OR {check}"


def upgrade() -> None:
    op.create_table(
        "guardianship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("iin", sa.String(12), nullable=False),
        sa.Column("phone", sa.String(40), nullable=True),
        sa.Column("basis", sa.String(24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("paper_on", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("last_name", sa.String(80), nullable=False),
        sa.Column("first_name", sa.String(80), nullable=False),
        sa.Column("patronymic", sa.String(80), nullable=False),
        sa.Column("search_name", sa.String(250), nullable=False),
        sa.CheckConstraint("(status = 'asked') = (decided_at IS NULL)", name="guardianship_is_decided_or_asked_for"),
        sa.CheckConstraint(
            "(status = 'approved') = (from_on IS NOT NULL)", name="approved_guardianship_has_its_first_day"
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="who_asks_to_join_never_approves"
        ),
        sa.CheckConstraint("asked_by_id IS NULL OR paper_on IS NOT NULL", name="joining_at_the_counter_has_its_paper"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_guardianship_application_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["ab_user.id"], name="fk_guardianship_asked_by_id"),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name="fk_guardianship_child_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["ab_user.id"], name="fk_guardianship_decided_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guardianship"),
    )
    op.create_index("ix_guardianship_application_id", "guardianship", ["application_id"])
    op.create_index("ix_guardianship_child_id", "guardianship", ["child_id"])
    op.create_index("ix_guardianship_iin", "guardianship", ["iin"])
    op.create_index("ix_guardianship_listed_by_status", "guardianship", ["status", "id"])
    op.create_index("ix_guardianship_listed_by_until", "guardianship", ["until", "id"])
    op.create_index("ix_guardianship_search_name", "guardianship", ["search_name"])
    asked = sa.text("status = 'asked'")
    op.create_index(
        "uq_guardianship_asked_for_once",
        "guardianship",
        ["child_id", "iin"],
        unique=True,
        postgresql_where=asked,
        sqlite_where=asked,
    )
    with op.batch_alter_table("notice") as batch:
        batch.add_column(sa.Column("guardianship_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_notice_guardianship_id", "guardianship", ["guardianship_id"], ["id"])
        batch.create_index("ix_notice_guardianship_id", ["guardianship_id"])
        batch.create_check_constraint(
            "guardian_who_is_told_is_one", "(audience = 'guardian') = (guardianship_id IS NOT NULL)"
        )
    with_joining = at_the_counter(f"{VERBS}, 'join'")
    with op.batch_alter_table("change") as batch:
        batch.add_column(sa.Column("guardianship_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_change_guardianship_id_guardianship", "guardianship", ["guardianship_id"], ["id"])
        batch.drop_constraint(PAPER, type_="check")
        batch.create_check_constraint(PAPER, with_joining)


def downgrade() -> None:
    before = at_the_counter(VERBS)
    with op.batch_alter_table("change") as batch:
        batch.drop_constraint(PAPER, type_="check")
        batch.create_check_constraint(PAPER, before)
        batch.drop_constraint("fk_change_guardianship_id_guardianship", type_="foreignkey")
        batch.drop_column("guardianship_id")
    op.execute("DELETE FROM delivery WHERE notice_id IN (SELECT id FROM notice WHERE audience = 'guardian')")
    op.execute("DELETE FROM notice WHERE audience = 'guardian'")
    with op.batch_alter_table("notice") as batch:
        batch.drop_constraint("guardian_who_is_told_is_one", type_="check")
        batch.drop_index("ix_notice_guardianship_id")
        batch.drop_constraint("fk_notice_guardianship_id", type_="foreignkey")
        batch.drop_column("guardianship_id")
    op.drop_table("guardianship")
