"""The history is filtered by verb, record, person, district and kindergarten."""

from alembic import op

revision = "0e7d41c95ab3"
down_revision = "e6a1c94d0b27"
branch_labels = None
depends_on = None

LISTED = {"change": ("verb", "subject", "user_id", "place_id", "kindergarten_id")}
BEFORE = ("place_id", "kindergarten_id")  # the new ones begin with the same columns


def upgrade() -> None:
    for table, columns in LISTED.items():
        for column in columns:
            op.create_index(f"ix_{table}_listed_by_{column}", table, [column, "id"])
    for column in BEFORE:
        op.drop_index(f"ix_change_{column}", "change")


def downgrade() -> None:
    for column in BEFORE:
        op.create_index(f"ix_change_{column}", "change", [column])
    for table, columns in LISTED.items():
        for column in columns:
            op.drop_index(f"ix_{table}_listed_by_{column}", table)
