"""A lent place has a first day and stands for one child that is away; an absence may end earlier than was planned."""

import sqlalchemy as sa
from alembic import op

revision = "3b1f6d2a9c04"
down_revision = "a5d0c1f7e2b4"
branch_labels = None
depends_on = None

absence = sa.table(
    "absence",
    *map(sa.column, ("id", "enrolment_id", "vacancy_id", "reason")),
    sa.column("from_on", sa.Date),
    sa.column("until", sa.Date),
)
holding = sa.table("holding", *map(sa.column, ("seat_id", "ended_at")))
enrolment = sa.table("enrolment", *map(sa.column, ("id", "group_id", "child_id", "intake", "ended_on")))
seat = sa.table("seat", *map(sa.column, ("id", "group_id", "vacancy_id", "absence_id", "intake", "retired_at")))
vacancy = sa.table(
    "vacancy",
    sa.column("id"),
    sa.column("intake"),
    sa.column("status"),
    sa.column("begins_on", sa.Date),
    sa.column("ends_on", sa.Date),
    sa.column("published_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    with op.batch_alter_table("absence") as table:
        table.add_column(sa.Column("returned_on", sa.Date(), nullable=True))
        table.alter_column("reason", existing_type=sa.String(500), nullable=True)
        table.drop_constraint("uq_absence_vacancy_id", type_="unique")
        table.create_index("ix_absence_vacancy_id", ["vacancy_id"])
    op.add_column("vacancy", sa.Column("begins_on", sa.Date(), nullable=True))
    op.add_column("referral", sa.Column("begins_on", sa.Date(), nullable=True))
    with op.batch_alter_table("seat") as table:
        table.add_column(sa.Column("absence_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_seat_absence_id", "absence", ["absence_id"], ["id"])
        table.create_unique_constraint("uq_seat_one_lent_per_absence", ["absence_id"])
    _what_was_known()
    with op.batch_alter_table("seat") as table:
        table.create_check_constraint(
            "temporary_seat_stands_for_a_child_that_is_away",
            "intake = 'general' OR absence_id IS NOT NULL OR retired_at IS NOT NULL",
        )
    with op.batch_alter_table("vacancy") as table:
        table.create_check_constraint("only_temporary_vacancies_begin", "begins_on IS NULL OR ends_on IS NOT NULL")
        table.create_check_constraint("vacancy_ends_after_it_begins", "begins_on <= ends_on")
        table.create_check_constraint(
            "published_temporary_vacancy_has_its_first_day",
            "status <> 'published' OR intake = 'general' OR begins_on IS NOT NULL",
        )
    with op.batch_alter_table("referral") as table:
        table.create_check_constraint(
            "days_of_a_temporary_referral_come_together", "(begins_on IS NULL) = (ends_on IS NULL)"
        )
    with op.batch_alter_table("enrolment") as table:
        table.drop_constraint("enrolment_ends_after_it_starts", type_="check")
        table.create_check_constraint(
            "enrolment_ends_after_it_starts",
            "ended_on IS NULL OR ended_on >= started_on OR intake = 'temporary'",
        )


def _what_was_known() -> None:
    """A stay began with the choice, a place with its publication; it stands for the absence that drafted it.

    A temporary place that no absence drafted stands for another child of its group that nobody's absence names, one
    known by number alone before the others; where there is none it is no longer lent. Those come first in which a child
    stays.
    """
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE referral SET begins_on = issued_on WHERE kind = 'temporary'"))
    first_days = dict(connection.execute(sa.select(absence.c.vacancy_id, absence.c.from_on)).all())
    temporary = sa.select(vacancy).where(vacancy.c.intake == "temporary", vacancy.c.status != "draft")
    for row in connection.execute(temporary).all():
        since = row.published_at.date() if row.published_at else row.ends_on
        first_days.setdefault(row.id, min(since, row.ends_on))
    for vacancy_id, first in first_days.items():
        begins = sa.update(vacancy).where(vacancy.c.id == vacancy_id)
        connection.execute(begins.values(begins_on=sa.bindparam("first", first, sa.Date)))
    lent = sa.select(seat.c.id, seat.c.group_id, seat.c.vacancy_id).where(
        seat.c.intake == "temporary", seat.c.retired_at.is_(None)
    )
    taken = sa.exists().where(holding.c.seat_id == seat.c.id, holding.c.ended_at.is_(None))
    for row in connection.execute(lent.order_by(sa.not_(taken), seat.c.id)).all():
        found = _its_absence(row.vacancy_id, row.group_id)
        values = {"absence_id": found} if found else {"retired_at": sa.func.current_timestamp()}
        connection.execute(sa.update(seat).where(seat.c.id == row.id).values(values))


def _its_absence(vacancy_id: int, group_id: int) -> int | None:
    connection = op.get_bind()
    lent = sa.select(seat.c.absence_id).where(seat.c.absence_id.is_not(None))
    own = sa.select(absence.c.id).where(absence.c.vacancy_id == vacancy_id, absence.c.id.not_in(lent))
    if found := connection.scalar(own.order_by(absence.c.id).limit(1)):
        return found
    away = sa.select(absence.c.enrolment_id)
    there = sa.select(enrolment.c.id).where(
        enrolment.c.group_id == group_id,
        enrolment.c.intake == "general",
        enrolment.c.ended_on.is_(None),
        enrolment.c.id.not_in(away),
    )
    owner = connection.scalar(there.order_by(enrolment.c.child_id.is_not(None), enrolment.c.id).limit(1))
    if owner is None:
        return None
    days = sa.select(sa.literal(owner), vacancy.c.id, vacancy.c.begins_on, vacancy.c.ends_on)
    columns = ["enrolment_id", "vacancy_id", "from_on", "until"]
    connection.execute(sa.insert(absence).from_select(columns, days.where(vacancy.c.id == vacancy_id)))
    return connection.scalar(own.order_by(absence.c.id).limit(1))


def downgrade() -> None:
    with op.batch_alter_table("enrolment") as table:
        table.drop_constraint("enrolment_ends_after_it_starts", type_="check")
    op.execute("UPDATE enrolment SET ended_on = started_on WHERE ended_on < started_on")
    with op.batch_alter_table("enrolment") as table:
        table.create_check_constraint(
            "enrolment_ends_after_it_starts", "ended_on IS NULL OR ended_on >= started_on"
        )
    with op.batch_alter_table("referral") as table:
        table.drop_constraint("days_of_a_temporary_referral_come_together", type_="check")
        table.drop_column("begins_on")
    with op.batch_alter_table("vacancy") as table:
        for name in (
            "only_temporary_vacancies_begin",
            "vacancy_ends_after_it_begins",
            "published_temporary_vacancy_has_its_first_day",
        ):
            table.drop_constraint(name, type_="check")
        table.drop_column("begins_on")
    with op.batch_alter_table("seat") as table:
        table.drop_constraint("temporary_seat_stands_for_a_child_that_is_away", type_="check")
        table.drop_constraint("uq_seat_one_lent_per_absence", type_="unique")
        table.drop_constraint("fk_seat_absence_id", type_="foreignkey")
        table.drop_column("absence_id")
    op.execute("UPDATE holding SET kind = 'enrolment' WHERE kind = 'lent'")
    op.execute("UPDATE absence SET until = returned_on WHERE returned_on BETWEEN from_on AND until")
    op.execute("UPDATE absence SET reason = '' WHERE reason IS NULL")
    op.execute(
        "DELETE FROM absence WHERE EXISTS (SELECT 1 FROM absence AS first"
        " WHERE first.vacancy_id = absence.vacancy_id AND first.id < absence.id)"
    )
    with op.batch_alter_table("absence") as table:
        table.drop_index("ix_absence_vacancy_id")
        table.drop_column("returned_on")
        table.alter_column("reason", existing_type=sa.String(500), nullable=False)
        table.create_unique_constraint("uq_absence_vacancy_id", ["vacancy_id"])
