"""What a family does itself says how it had entered, and who of it it was: the database says so."""

import sqlalchemy as sa
from alembic import op

revision = "c1e8a3d05f92"
down_revision = "b6d2a7f01c83"
branch_labels = None
depends_on = None

OF_A_FAMILY = "role <> 'family' OR sign_in IS NOT NULL OR paper_on IS NOT NULL"


def upgrade() -> None:
    """History is never rewritten: rows that were written without an entry stay as they are, later ones are checked."""
    last = op.get_bind().scalar(sa.text("SELECT max(id) FROM change WHERE role = 'family' AND paper_on IS NULL"))
    with op.batch_alter_table("change") as batch:
        batch.add_column(sa.Column("sign_in", sa.String(24), nullable=True))
        batch.add_column(sa.Column("applicant_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_change_applicant_id_applicant", "applicant", ["applicant_id"], ["id"])
        batch.create_check_constraint(
            "act_of_a_family_has_its_entry", OF_A_FAMILY if last is None else f"id <= {last} OR {OF_A_FAMILY}"
        )


def downgrade() -> None:
    with op.batch_alter_table("change") as batch:
        batch.drop_constraint("act_of_a_family_has_its_entry", type_="check")
        batch.drop_constraint("fk_change_applicant_id_applicant", type_="foreignkey")
        batch.drop_column("applicant_id")
        batch.drop_column("sign_in")
