"""What a district knows of a person is its own; contacts belong to the application (ADR 14)."""

import sqlalchemy as sa
from alembic import op

revision = "a4c1f0d27b35"
down_revision = "5d1c0f3a9b27"
branch_labels = None
depends_on = None

CONTACTS = {"phone": sa.String(40), "email": sa.String(200), "address": sa.String(300)}
LANGUAGE = sa.Enum("kk", "ru", "en", name="language", native_enum=False, length=24)
LIVE_APPLICATION = sa.text("status NOT IN ('enrolled', 'removed', 'archived')")
LIVE_REFERRAL = sa.text("status = 'issued' AND kind = 'general'")
LIVE_ENROLMENT = sa.text("ended_on IS NULL")
ONE_LIVE = {  # index: table, other columns, condition
    "uq_application_one_live_per_child_and_queue": ("application", ["queue_kind"], LIVE_APPLICATION),
    "uq_referral_one_live_per_child": ("referral", [], LIVE_REFERRAL),
    "uq_enrolment_one_live_per_child_and_intake": ("enrolment", ["intake"], LIVE_ENROLMENT),
}
HAS_ITS_NUMBER = "(child_id IS NULL) = (child_iin IS NULL)"


def upgrade() -> None:
    for name, (table, *_) in ONE_LIVE.items():
        op.drop_index(name, table)
    with op.batch_alter_table("application") as batch:
        batch.add_column(sa.Column("child_iin", sa.String(12), nullable=True))
        for name, kind in CONTACTS.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
        batch.add_column(sa.Column("notice_language", LANGUAGE, nullable=True))
        batch.drop_constraint("fk_application_child", type_="foreignkey")
        batch.drop_constraint("fk_application_applicant_id", type_="foreignkey")
    for table in ("referral", "enrolment"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("child_iin", sa.String(12), nullable=True))
            batch.drop_constraint(f"fk_{table}_child_id", type_="foreignkey")
    with op.batch_alter_table("child") as batch:
        batch.add_column(sa.Column("place_id", sa.Integer(), nullable=True))
        batch.drop_constraint("uq_child_iin", type_="unique")
        batch.drop_constraint("uq_child_birth_that_applications_share", type_="unique")
    with op.batch_alter_table("applicant") as batch:
        batch.add_column(sa.Column("place_id", sa.Integer(), nullable=True))
        batch.drop_constraint("uq_applicant_iin", type_="unique")
    _contacts_to_applications()
    with op.batch_alter_table("applicant") as batch:
        for name in (*CONTACTS, "language"):
            batch.drop_column(name)
    _one_of_each_district("applicant", ["iin", "born_on", *NAMES])
    _one_of_each_district("child", ["iin", "born_on", "birth_year", "sex", *NAMES])
    for table in ("referral", "enrolment"):
        _run(
            f"UPDATE {table} SET child_id = (SELECT child_id FROM application WHERE application.id = application_id)"
            " WHERE application_id IS NOT NULL"
        )
    for table in ("application", "referral", "enrolment"):
        _run(f"UPDATE {table} SET child_iin = (SELECT iin FROM child WHERE child.id = child_id)")
    for table in ("child", "applicant"):  # who was never put into a queue, or was put there under another IIN
        _run(f"DELETE FROM {table} WHERE place_id IS NULL")
    with op.batch_alter_table("child") as batch:
        batch.alter_column("place_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key("fk_child_place_id", "place", ["place_id"], ["id"])
        batch.create_unique_constraint("uq_child_once_in_its_district", ["iin", "place_id"])
        batch.create_unique_constraint("uq_child_number_that_claims_share", ["id", "iin"])
        facts = ["id", "place_id", "iin", "born_on", "birth_year"]
        batch.create_unique_constraint("uq_child_facts_that_applications_share", facts)
    with op.batch_alter_table("applicant") as batch:
        batch.alter_column("place_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key("fk_applicant_place_id", "place", ["place_id"], ["id"])
        batch.create_unique_constraint("uq_applicant_once_in_its_district", ["iin", "place_id"])
        batch.create_unique_constraint("uq_applicant_of_its_district", ["id", "place_id"])
    with op.batch_alter_table("application") as batch:
        batch.alter_column("child_iin", existing_type=sa.String(12), nullable=False)
        batch.alter_column("notice_language", existing_type=LANGUAGE, nullable=False)
        batch.create_foreign_key(
            "fk_application_child",
            "child",
            ["child_id", "place_id", "child_iin", "born_on", "birth_year"],
            ["id", "place_id", "iin", "born_on", "birth_year"],
            onupdate="CASCADE",
        )
        batch.create_foreign_key(
            "fk_application_applicant", "applicant", ["applicant_id", "place_id"], ["id", "place_id"]
        )
        batch.create_index("ix_application_child_iin", ["child_iin"])
    for table in ("referral", "enrolment"):
        with op.batch_alter_table(table) as batch:
            if table == "referral":
                batch.alter_column("child_iin", existing_type=sa.String(12), nullable=False)
            else:
                batch.create_check_constraint("child_of_an_enrolment_has_its_number", HAS_ITS_NUMBER)
            batch.create_foreign_key(
                f"fk_{table}_child", "child", ["child_id", "child_iin"], ["id", "iin"], onupdate="CASCADE"
            )
    _one_live_per("child_iin")


NAMES = ("last_name", "first_name", "patronymic", "search_name")


def _run(statement: str) -> None:
    op.execute(sa.text(statement))


def _contacts_to_applications() -> None:
    for name, source in {**dict.fromkeys(CONTACTS), "notice_language": "language"}.items():
        _run(
            f"UPDATE application SET {name} = "
            f"(SELECT {source or name} FROM applicant WHERE applicant.id = application.applicant_id)"
        )


def _one_of_each_district(table: str, columns: list[str]) -> None:
    """The row that there is becomes that of the first district that it has an application in; each other one gets a
    copy, which its applications then mean.
    """
    _run(
        f"UPDATE {table} SET place_id = "
        f"(SELECT min(place_id) FROM application WHERE application.{table}_id = {table}.id)"
    )
    names = ", ".join(columns)
    own = ", ".join(f"{table}.{column}" for column in columns)
    _run(
        f"INSERT INTO {table} (place_id, {names}) SELECT DISTINCT application.place_id, {own} FROM application "
        f"JOIN {table} ON {table}.id = application.{table}_id WHERE application.place_id <> {table}.place_id"
    )
    _run(
        f"UPDATE application SET {table}_id = (SELECT here.id FROM {table} here JOIN {table} was ON was.iin = here.iin "
        f"WHERE was.id = application.{table}_id AND here.place_id = application.place_id)"
    )


def _one_live_per(child: str) -> None:
    for name, (table, others, condition) in ONE_LIVE.items():
        columns = [child, *others]
        op.create_index(
            name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition
        )


def downgrade() -> None:
    for name, (table, *_) in ONE_LIVE.items():
        op.drop_index(name, table)
    op.drop_index("ix_application_child_iin", "application")
    for table, foreign in {
        "application": ["fk_application_child", "fk_application_applicant"],
        "referral": ["fk_referral_child"],
        "enrolment": ["fk_enrolment_child"],
    }.items():
        with op.batch_alter_table(table) as batch:
            for name in foreign:
                batch.drop_constraint(name, type_="foreignkey")
            if table == "enrolment":
                batch.drop_constraint("child_of_an_enrolment_has_its_number", type_="check")
            batch.drop_column("child_iin")
    with op.batch_alter_table("applicant") as batch:
        for name, kind in CONTACTS.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
        batch.add_column(sa.Column("language", LANGUAGE, nullable=True))
        batch.drop_constraint("fk_applicant_place_id", type_="foreignkey")
        batch.drop_constraint("uq_applicant_once_in_its_district", type_="unique")
        batch.drop_constraint("uq_applicant_of_its_district", type_="unique")
        batch.drop_column("place_id")
    with op.batch_alter_table("child") as batch:
        batch.drop_constraint("fk_child_place_id", type_="foreignkey")
        for name in ("once_in_its_district", "number_that_claims_share", "facts_that_applications_share"):
            batch.drop_constraint(f"uq_child_{name}", type_="unique")
        batch.drop_column("place_id")
    _first_of_each_number("applicant", ["application"])
    _first_of_each_number("child", ["application", "referral", "enrolment"])
    _run(  # what the first district says of a child's birth was the birth of all
        "UPDATE application SET born_on = (SELECT born_on FROM child WHERE child.id = child_id), "
        "birth_year = (SELECT birth_year FROM child WHERE child.id = child_id)"
    )
    last = "FROM application WHERE application.applicant_id = applicant.id ORDER BY application.id DESC LIMIT 1"
    for name in CONTACTS:
        _run(f"UPDATE applicant SET {name} = (SELECT {name} {last})")
    _run(f"UPDATE applicant SET language = coalesce((SELECT notice_language {last}), 'kk')")
    with op.batch_alter_table("applicant") as batch:
        batch.alter_column("language", existing_type=LANGUAGE, nullable=False)
        batch.create_unique_constraint("uq_applicant_iin", ["iin"])
    with op.batch_alter_table("child") as batch:
        batch.create_unique_constraint("uq_child_iin", ["iin"])
        batch.create_unique_constraint("uq_child_birth_that_applications_share", ["id", "born_on", "birth_year"])
    with op.batch_alter_table("application") as batch:
        for name in (*CONTACTS, "notice_language"):
            batch.drop_column(name)
        batch.create_foreign_key(
            "fk_application_child",
            "child",
            ["child_id", "born_on", "birth_year"],
            ["id", "born_on", "birth_year"],
            onupdate="CASCADE",
        )
        batch.create_foreign_key("fk_application_applicant_id", "applicant", ["applicant_id"], ["id"])
    for table in ("referral", "enrolment"):
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(f"fk_{table}_child_id", "child", ["child_id"], ["id"])
    _one_live_per("child_id")


def _first_of_each_number(table: str, users: list[str]) -> None:
    """One row for each IIN again: the first one."""
    first = f"SELECT min(one.id) FROM {table} one JOIN {table} was ON was.iin = one.iin WHERE was.id = {{}}.{table}_id"
    for user in users:
        _run(f"UPDATE {user} SET {table}_id = ({first.format(user)}) WHERE {table}_id IS NOT NULL")
    _run(f"DELETE FROM {table} WHERE id NOT IN (SELECT min(id) FROM {table} GROUP BY iin)")
