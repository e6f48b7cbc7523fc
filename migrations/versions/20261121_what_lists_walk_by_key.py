"""What lists are ordered and filtered by, the words of names, numbers by their beginning, what runs out."""

import sqlalchemy as sa
from alembic import op

revision = "e8c9809cf7e7"
down_revision = "bcdc2211cee0"
branch_labels = None
depends_on = None

LISTED = {
    "application": ("status", "queued_at"),
    "kg_group": ("name", "language", "capacity"),
    "kindergarten": ("kind", "ownership"),
    "notice": ("audience",),
    "offer": ("status", "side", "priority_by"),
    "referral": ("status", "kind", "attend_by", "ends_on"),
    "vacancy": ("status", "intake", "places", "ends_on"),
    "voucher": ("status", "kind", "confirm_by", "choose_by"),
}
PARTIAL = {  # name: table, columns, condition
    "ix_application_queued_by_year": ("application", ["place_id", "birth_year"], "status = 'queued'"),
    "ix_privilege_claimed": ("privilege", ["application_id"], "status = 'claimed'"),
    "ix_privilege_to_expire": ("privilege", ["valid_until"], "status = 'confirmed'"),
}
BY_BEGINNING = {"number_key": "text_pattern_ops"}


def upgrade() -> None:
    for table, columns in LISTED.items():
        for column in columns:
            op.create_index(f"ix_{table}_listed_by_{column}", table, [column, "id"])
    op.create_index("ix_application_place_and_status", "application", ["place_id", "status", "id"])
    for name, (table, columns, condition) in PARTIAL.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
    op.drop_index("ix_application_number_key", "application")
    op.create_index("ix_application_number_key", "application", ["number_key"], postgresql_ops=BY_BEGINNING)
    if op.get_bind().dialect.name == "postgresql":
        words = sa.text("to_tsvector('simple', search_name)")
        op.create_index(
            "ix_child_words", "child", [words], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_child_words", "child")
    op.drop_index("ix_application_number_key", "application")
    op.create_index("ix_application_number_key", "application", ["number_key"])
    for name, (table, *_) in PARTIAL.items():
        op.drop_index(name, table)
    op.drop_index("ix_application_place_and_status", "application")
    for table, columns in LISTED.items():
        for column in columns:
            op.drop_index(f"ix_{table}_listed_by_{column}", table)
