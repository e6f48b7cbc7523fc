"""A family's act at the counter carries the day of its signed paper: the database says so."""

import sqlalchemy as sa
from alembic import op

revision = "a5d0c1f7e2b4"
down_revision = "c7a20d4e91b3"
branch_labels = None
depends_on = None

AT_THE_COUNTER = (
    "subject = 'application' AND role IN ('department', 'specialist', 'operator')"
    " AND (verb IN ('confirm', 'refuse', 'restore', 'choose', 'sign', 'withdraw')"
    " OR role = 'operator' AND verb IN ('extend', 'revoke'))"
)
CHECKS = {
    "act_for_a_family_has_its_paper": "NOT for_family OR paper_on IS NOT NULL",
    "act_at_the_counter_has_its_paper": f"NOT ({AT_THE_COUNTER}) OR paper_on IS NOT NULL",
}


def upgrade() -> None:
    """History is never rewritten: rows that were written without a paper stay as they are, later ones are checked."""
    without = " OR ".join(f"NOT ({check})" for check in CHECKS.values())
    last = op.get_bind().scalar(sa.text(f"SELECT max(id) FROM change WHERE {without}"))
    with op.batch_alter_table("change") as batch:
        for name, check in CHECKS.items():
            batch.create_check_constraint(name, check if last is None else f"id <= {last} OR {check}")


def downgrade() -> None:
    with op.batch_alter_table("change") as batch:
        for name in CHECKS:
            batch.drop_constraint(name, type_="check")
