"""Whatever takes two people is one kind of record: what was asked about applications becomes a proposal."""

import sqlalchemy as sa
from alembic import op

revision = "c27d5e90f1b3"
down_revision = "3b1f6d2a9c04"
branch_labels = None
depends_on = None

SHARED = "id, application_id, reason, asked_at, asked_by_id, approved, decided_at, decided_by_id"
OPEN = sa.text("decided_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        *_answered(),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="who_asks_never_decides"),
        sa.CheckConstraint("(approved IS NULL) = (decided_at IS NULL)", name="proposal_is_decided_or_open"),
        *_people("proposal"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_proposal_place_id"),
    )
    op.create_index("ix_proposal_application_id", "proposal", ["application_id"])
    op.create_index("ix_proposal_place_id", "proposal", ["place_id"])
    _one_open("proposal", ["subject", "subject_id"])
    op.execute(
        f"INSERT INTO proposal ({SHARED}, verb, subject, subject_id, place_id) "
        f"SELECT {', '.join('r.' + name for name in SHARED.split(', '))}, 'reinstate', 'application', "
        "r.application_id, a.place_id FROM reinstatement r JOIN application a ON a.id = r.application_id"
    )
    op.execute("UPDATE change SET subject = 'proposal' WHERE subject = 'reinstatement'")
    op.drop_table("reinstatement")
    _go_on_counting("proposal")


def downgrade() -> None:
    op.create_table(
        "reinstatement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        *_answered(),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="who_asks_never_decides"),
        sa.CheckConstraint("(approved IS NULL) = (decided_at IS NULL)", name="reinstatement_is_decided_or_open"),
        *_people("reinstatement"),
    )
    op.create_index("ix_reinstatement_application_id", "reinstatement", ["application_id"])
    _one_open("reinstatement", ["application_id"])
    op.execute(f"INSERT INTO reinstatement ({SHARED}) SELECT {SHARED} FROM proposal WHERE verb = 'reinstate'")
    op.execute("UPDATE change SET subject = 'reinstatement' WHERE subject = 'proposal'")
    op.drop_table("proposal")
    _go_on_counting("reinstatement")


def _answered() -> list[sa.Column]:
    return [
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
    ]


def _people(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=f"fk_{table}_application_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["ab_user.id"], name=f"fk_{table}_asked_by_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["ab_user.id"], name=f"fk_{table}_decided_by_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _one_open(table: str, columns: list[str]) -> None:
    op.create_index(f"uq_{table}_one_open", table, columns, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)


def _go_on_counting(table: str) -> None:
    """The ids were copied: the next one of PostgreSQL comes after them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), COALESCE((SELECT max(id) FROM {table}), 0) + 1, false)"
        )
