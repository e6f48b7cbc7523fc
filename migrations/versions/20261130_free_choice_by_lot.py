"""Places of free choice are given by lot among those who ask in their window (spec 3.5.2, norm free_choice.window)."""

import sqlalchemy as sa
from alembic import op

revision = "b3d7c1e95a40"
down_revision = "4e8b17c05d93"
branch_labels = None
depends_on = None

UNDRAWN, WAITING = sa.text("drawn_at IS NULL"), sa.text("status = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vacancy_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("norm_id", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("head", sa.String(64), nullable=True),
        sa.CheckConstraint("until > opened_at", name="lot_ends_after_it_begins"),
        sa.CheckConstraint("drawn_at IS NULL OR closed_at IS NOT NULL", name="lot_is_closed_before_it_is_drawn"),
        sa.CheckConstraint("(drawn_at IS NULL) = (head IS NULL)", name="lot_is_drawn_by_a_head"),
        sa.ForeignKeyConstraint(["vacancy_id"], ["vacancy.id"], name="fk_lot_vacancy_id"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_lot_place_id"),
        sa.ForeignKeyConstraint(["norm_id"], ["norm.id"], name="fk_lot_norm_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
        sa.UniqueConstraint("vacancy_id", "opened_at", name="uq_lot_once_per_vacancy_and_moment"),
    )
    for name in ("vacancy_id", "place_id"):
        op.create_index(f"ix_lot_{name}", "lot", [name])
    op.create_index("ix_lot_to_draw", "lot", ["place_id", "until"], postgresql_where=UNDRAWN, sqlite_where=UNDRAWN)
    op.create_index("ix_lot_listed_by_until", "lot", ["until", "id"])
    op.create_table(
        "lot_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paper_on", sa.Date(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'waiting') = (ended_at IS NULL)", name="lot_entry_waits_until_it_ends"),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name="fk_lot_entry_lot_id"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name="fk_lot_entry_application_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lot_entry"),
    )
    for name in ("lot_id", "application_id"):
        op.create_index(f"ix_lot_entry_{name}", "lot_entry", [name])
    op.create_index("ix_lot_entry_listed_by_status", "lot_entry", ["status", "id"])
    op.create_index(
        "uq_lot_entry_once",
        "lot_entry",
        ["lot_id", "application_id"],
        unique=True,
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    with op.batch_alter_table("seat") as seat:
        seat.add_column(sa.Column("lot_id", sa.Integer(), nullable=True))
        seat.create_foreign_key("fk_seat_lot_id", "lot", ["lot_id"], ["id"])
        seat.create_index("ix_seat_lot_id", ["lot_id"])


def downgrade() -> None:
    with op.batch_alter_table("seat") as seat:
        seat.drop_index("ix_seat_lot_id")
        seat.drop_constraint("fk_seat_lot_id", type_="foreignkey")
        seat.drop_column("lot_id")
    op.drop_table("lot_entry")
    op.drop_table("lot")
