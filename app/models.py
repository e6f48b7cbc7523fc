"""What we record: tables, statuses, named constraints. Facts, no decisions (spec 5-house, floor 1).

Suffixes: ``_on`` a local date, ``_at`` a moment in UTC, ``_by`` after an infinitive a last allowed day (inclusive).
Every word here is in docs/glossary.md. Limits live in app/rules, changes are made by app/actions alone.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import Enum as PyEnum
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User as User  # a table of ours too
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship, validates

Model.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment, always aware and always UTC; ValueError for a naive one. SQLite keeps it without its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Names(sa.types.TypeDecorator[list[Any]]):
    """Some of a kind's names, in its own order; a name that there is no more is left out."""

    impl = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
    cache_ok = True

    def __init__(self, enum_class: type[StrEnum]) -> None:
        super().__init__()
        self.enum_class = enum_class

    def process_bind_param(self, value: Iterable[StrEnum] | None, dialect: Any) -> list[str]:
        return [one.value for one in self.enum_class if one in (value or ())]

    def process_result_value(self, value: list[str] | None, dialect: Any) -> list[StrEnum]:
        return [one for one in self.enum_class if one in (value or ())]


Model.registry.update_type_annotation_map(
    {
        datetime: Moment(),
        PyEnum: sa.Enum(PyEnum, native_enum=False, length=24, create_constraint=False),
        list[str]: sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"),
        dict[str, Any]: sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"),
    }
)


SORT_KEY = sa.String(300).with_variant(sa.String(300, collation="C"), "postgresql")  # byte by byte, as SQLite does


class Base(DeclarativeBase):
    """Our tables live beside Flask-AppBuilder's own, in one registry and one metadata (spec 6, trap 22)."""

    registry = Model.registry
    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


def only(condition: str) -> dict[str, Any]:
    """The keyword arguments that make an index partial, on both databases alike."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


def words_of(table: str, column: str = "search_name", name: str = "") -> Index:
    """PostgreSQL finds a row by the beginning of any word of a key: of a folded name, of phones (db/name_keys.py)."""
    words = text(f"to_tsvector('simple', {column})")
    gin = Index(name or f"ix_{table}_words", words, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    return gin.ddl_if(dialect="postgresql")


def listed(table: str, *columns: str) -> list[Index]:
    """Indexes that a list walks by key: what it is ordered by or filtered by, then the id (app/views/paging.py)."""
    return [Index(f"ix_{table}_listed_by_{column}", column, "id") for column in columns]


# ---------------------------------------------------------------- statuses and kinds


class PlaceKind(StrEnum):
    country = "country"
    region = "region"
    district = "district"
    settlement = "settlement"


class KindergartenKind(StrEnum):
    nursery_kindergarten = "nursery_kindergarten"
    kindergarten = "kindergarten"
    mini_centre = "mini_centre"
    sanatorium = "sanatorium"
    special = "special"


class Ownership(StrEnum):
    state = "state"
    private = "private"
    departmental = "departmental"


class QueueKind(StrEnum):
    """S3: the queue that a family joins; sanatorium and special kindergartens have queues of their own."""

    general = "general"
    sanatorium = "sanatorium"
    special = "special"


class Intake(StrEnum):
    general = "general"
    temporary = "temporary"


class Language(StrEnum):
    kk = "kk"
    ru = "ru"
    en = "en"


class VacancyStatus(StrEnum):
    draft = "draft"
    published = "published"
    closed = "closed"


class HoldingKind(StrEnum):
    """`lent`: whoever was enrolled has left, and another child stays in its place until a known day (spec 3.6)."""

    offer = "offer"
    held = "held"
    enrolment = "enrolment"
    stay = "stay"
    lent = "lent"


class ApplicationStatus(StrEnum):
    queued = "queued"
    notified = "notified"
    confirming = "confirming"
    voucher_issued = "voucher_issued"
    referred = "referred"
    enrolled = "enrolled"
    stop_listed = "stop_listed"
    removed = "removed"
    archived = "archived"


class PrivilegeKind(StrEnum):
    out_of_turn = "out_of_turn"
    first_order = "first_order"


class PrivilegeGround(StrEnum):
    """Spec 3.3: whose children have a privilege; the certificates of some hold for a month only (spec 3.2)."""

    military = "military"
    special_state_body = "special_state_body"
    parent_disability = "parent_disability"
    child_disability = "child_disability"
    orphan = "orphan"
    large_family = "large_family"
    special_needs = "special_needs"
    teacher = "teacher"


class PrivilegeStatus(StrEnum):
    claimed = "claimed"
    confirmed = "confirmed"
    rejected = "rejected"
    expired = "expired"


class LotEntryStatus(StrEnum):
    """What became of somebody who takes part in a lot; `left`: it was given up before the draw."""

    waiting = "waiting"
    won = "won"
    lost = "lost"
    left = "left"


class GuardianshipBasis(StrEnum):
    """Spec 3.10: by what somebody stands for a child."""

    parent = "parent"
    adoptive_parent = "adoptive_parent"
    guardian = "guardian"
    foster_parent = "foster_parent"
    other = "other"


class GuardianshipStatus(StrEnum):
    asked = "asked"
    approved = "approved"
    rejected = "rejected"


class VoucherStatus(StrEnum):
    issued = "issued"
    confirmed = "confirmed"
    used = "used"
    lapsed = "lapsed"
    refused = "refused"
    revoked = "revoked"
    expired = "expired"
    annulled = "annulled"


class ReferralStatus(StrEnum):
    issued = "issued"
    used = "used"
    missed = "missed"
    revoked = "revoked"


class OfferStatus(StrEnum):
    live = "live"
    chosen = "chosen"
    passed_over = "passed_over"
    ended = "ended"


class Side(StrEnum):
    """Spec 3.3, ratio: the three lines that an order by ratio interleaves."""

    out_of_turn = "out_of_turn"
    privileged = "privileged"
    general = "general"


class ContractStatus(StrEnum):
    draft = "draft"
    signed_by_family = "signed_by_family"
    signed = "signed"
    void = "void"


class Sex(StrEnum):
    male = "male"
    female = "female"


class Unit(StrEnum):
    """What a norm's value counts: working days, calendar days, hours, months, times; or a ratio, hours of the day from
    one to another, a choice.
    """

    WD = "WD"
    CD = "CD"
    H = "H"
    MONTHS = "MONTHS"
    COUNT = "COUNT"
    RATIO = "RATIO"
    HOURS = "HOURS"
    CHOICE = "CHOICE"


class OnLapse(StrEnum):
    stop_list = "stop_list"
    hold = "hold"
    archive = "archive"
    remove = "remove"
    open = "open"


class QueueOrderKind(StrEnum):
    ratio = "ratio"
    categories = "categories"


class DocumentKind(StrEnum):
    """Papers, in the order in which a family gets them; the first three and the card are seed 002's. The last two are
    nobody's own: of a round, and of a day.
    """

    registration_notice = "registration_notice"
    receipt = "receipt"
    book_entry = "book_entry"
    voucher = "voucher"
    referral = "referral"
    temporary_referral = "temporary_referral"
    child_card = "child_card"
    contract = "contract"
    refusal = "refusal"
    revocation = "revocation"
    protocol = "protocol"
    daily_protocol = "daily_protocol"


class Audience(StrEnum):
    """`family`: by the contacts of the application; `guardian`: whoever has joined it, or asks to."""

    family = "family"
    guardian = "guardian"
    kindergarten = "kindergarten"
    department = "department"


class Channel(StrEnum):
    """How a notice leaves the house."""

    sms = "sms"
    email = "email"


class SignedInBy(StrEnum):
    """How a person of a family has entered (spec 3.10): by a one-time code, or by a key, with which it can sign."""

    code = "code"
    key = "key"


class DeliveryStage(StrEnum):
    """`perhaps`: it was handed over and nobody answered, so a person decides; `shown`: the demo sends nothing;
    `overtaken`: what it asks for could not be done any more before it left."""

    waiting = "waiting"
    sending = "sending"
    sent = "sent"
    perhaps = "perhaps"
    failed = "failed"
    shown = "shown"
    overtaken = "overtaken"


class PortalVerb(StrEnum):
    """An act of a family that a portal may be given, by the name of its verb (rules/verbs.py)."""

    join = "join"
    confirm = "confirm"
    refuse = "refuse"
    restore = "restore"
    choose = "choose"
    enter_lot = "enter_lot"
    leave_lot = "leave_lot"
    sign = "sign"
    extend = "extend"
    revoke = "revoke"
    withdraw = "withdraw"
    claim_privilege = "claim_privilege"
    wish = "wish"
    unwish = "unwish"


class BulkStage(StrEnum):
    """How far a bulk run has come; it is work, not a record of the regulation, so no verb of spec 3.8 moves it."""

    previewing = "previewing"
    previewed = "previewed"
    running = "running"
    done = "done"
    stopped = "stopped"


class BulkOutcome(StrEnum):
    """What became of one row of a bulk run, or in its preview would become of it."""

    waiting = "waiting"
    done = "done"
    refused = "refused"
    skipped = "skipped"


class Purpose(StrEnum):
    """Spec 10: what a signature is for; a key that enters never signs, and one that signs never enters."""

    entry = "entry"
    act = "act"
    organisation = "organisation"


class ImportKind(StrEnum):
    """What the rows of a file are (docs/import.md)."""

    kindergartens = "kindergartens"
    applications = "applications"
    sanatorium_certificates = "sanatorium_certificates"


class ImportStage(StrEnum):
    """How far a file has come; like a bulk run's, it is work and no record of the regulation."""

    trying = "trying"
    tried = "tried"
    running = "running"
    done = "done"
    refused = "refused"


APPLICATION_LIVE = "status NOT IN ('enrolled', 'removed', 'archived')"
APPLICATION_WITH_VOUCHER = "status IN ('confirming', 'voucher_issued', 'referred')"
VOUCHER_LIVE = "status IN ('issued', 'confirmed')"
REFERRAL_LIVE = "status = 'issued' AND kind = 'general'"
NUMBERED = "status = 'queued' AND standing"
# What a family does, done for it by an official (spec 3.8): each such row of history names the day of a signed paper.
AT_THE_COUNTER = (
    "subject = 'application' AND role IN ('department', 'specialist', 'operator')"
    " AND (verb IN ('confirm', 'refuse', 'restore', 'choose', 'sign', 'withdraw', 'join')"
    " OR role = 'operator' AND verb IN ('extend', 'revoke'))"
)
# What a family does itself (spec 3.10): it had entered by a code or a key, or a paper has its signature.
OF_A_FAMILY = "role <> 'family' OR sign_in IS NOT NULL OR paper_on IS NOT NULL"


# ---------------------------------------------------------------- places, kindergartens, seats


class Place(Base):
    """A node of the country's tree: norms, queues and users' scopes hang on it.

    ``search_name`` is the folded key of both names, ``sort_kk`` and ``sort_ru`` order by either (app/db/name_keys.py).
    """

    __tablename__ = "place"
    __table_args__ = (
        CheckConstraint("(parent_id IS NULL) = (kind = 'country')", name="only_the_country_stands_alone"),
        UniqueConstraint("parent_id", "name_kk", name="uq_place_name_once_under_its_parent"),
    )
    kind: Mapped[PlaceKind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    name_kk: Mapped[str] = mapped_column(sa.String(120))
    name_ru: Mapped[str] = mapped_column(sa.String(120))
    search_name: Mapped[str] = mapped_column(sa.String(250), server_default=text("''"))
    sort_kk: Mapped[str] = mapped_column(SORT_KEY, server_default=text("''"))
    sort_ru: Mapped[str] = mapped_column(SORT_KEY, server_default=text("''"))
    support_phone: Mapped[str | None] = mapped_column(sa.String(40))
    parent: Mapped["Place | None"] = relationship(remote_side="Place.id")
    offices: Mapped[list["Office"]] = relationship(order_by="Office.id", viewonly=True)

    def __str__(self) -> str:
        return self.name_kk


class Office(Base):
    """Who issues the papers of a place and of all below it: an education office, and who answers there for papers.

    Of several of one place the last one that was added does.
    """

    __tablename__ = "office"
    __table_args__ = (*listed("office", "name_kk"),)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    name_kk: Mapped[str] = mapped_column(sa.String(200))
    name_ru: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(300))
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    support_phone: Mapped[str | None] = mapped_column(sa.String(40))
    responsible: Mapped[str] = mapped_column(sa.String(200))
    place: Mapped[Place] = relationship()

    def __str__(self) -> str:
        return self.name_kk


class Kindergarten(Base):
    """A preschool organisation: who runs it, what kind it is, how to reach it.

    ``search_name`` is the folded key of its name, ``sort_name`` the one that orders by the alphabet (db/name_keys.py).
    """

    __tablename__ = "kindergarten"
    __table_args__ = (
        UniqueConstraint("place_id", "name", name="uq_kindergarten_name_once_in_its_place"),
        *listed("kindergarten", "sort_name", "kind", "ownership"),
    )
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    search_name: Mapped[str] = mapped_column(sa.String(200), index=True)
    sort_name: Mapped[str] = mapped_column(SORT_KEY, server_default=text("''"))
    kind: Mapped[KindergartenKind] = mapped_column(default=KindergartenKind.nursery_kindergarten)
    ownership: Mapped[Ownership] = mapped_column(default=Ownership.state)
    state_order: Mapped[bool] = mapped_column(default=False)
    queue_kind: Mapped[QueueKind] = mapped_column(default=QueueKind.general)
    bin: Mapped[str | None] = mapped_column(sa.String(12))
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    email: Mapped[str | None] = mapped_column(sa.String(200))
    address: Mapped[str | None] = mapped_column(sa.String(300))
    place: Mapped[Place] = relationship()
    groups: Mapped[list["KgGroup"]] = relationship(back_populates="kindergarten", order_by="KgGroup.id")

    def __str__(self) -> str:
        return self.name


class KgGroup(Base):
    """A group of children: their birth years, the language they are taught in, how many it takes.

    ``search_name`` and ``sort_name`` as those of its kindergarten.
    """

    __tablename__ = "kg_group"
    __table_args__ = (
        CheckConstraint("birth_year_to >= birth_year_from", name="group_birth_years_in_order"),
        CheckConstraint("capacity BETWEEN 0 AND 999", name="group_capacity_is_sensible"),
        UniqueConstraint("kindergarten_id", "name", name="uq_group_name_once_in_its_kindergarten"),
        *listed("kg_group", "sort_name", "language", "capacity"),
    )
    kindergarten_id: Mapped[int] = mapped_column(ForeignKey("kindergarten.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    search_name: Mapped[str] = mapped_column(sa.String(200), server_default=text("''"))
    sort_name: Mapped[str] = mapped_column(SORT_KEY, server_default=text("''"))
    language: Mapped[Language]
    birth_year_from: Mapped[int]
    birth_year_to: Mapped[int]
    capacity: Mapped[int]
    kindergarten: Mapped[Kindergarten] = relationship(back_populates="groups")
    vacancies: Mapped[list["Vacancy"]] = relationship(back_populates="group", order_by="Vacancy.id")

    def __str__(self) -> str:
        return f"{self.kindergarten.name}, {self.name}"


class Vacancy(Base):
    """Places of a group that the head or a specialist publishes.

    A temporary one lends the places of children who are away, from its first day to its last (S1, spec 3.6).
    """

    __tablename__ = "vacancy"
    __table_args__ = (
        CheckConstraint("places > 0", name="vacancy_has_a_place"),
        CheckConstraint("(intake = 'temporary') = (ends_on IS NOT NULL)", name="only_temporary_vacancies_end"),
        CheckConstraint("begins_on IS NULL OR ends_on IS NOT NULL", name="only_temporary_vacancies_begin"),
        CheckConstraint("begins_on <= ends_on", name="vacancy_ends_after_it_begins"),
        CheckConstraint(
            "status <> 'published' OR intake = 'general' OR begins_on IS NOT NULL",
            name="published_temporary_vacancy_has_its_first_day",
        ),
        Index("ix_vacancy_published", "group_id", **only("status = 'published'")),
        *listed("vacancy", "status", "intake", "places", "ends_on"),
    )
    group_id: Mapped[int] = mapped_column(ForeignKey("kg_group.id"), index=True)
    intake: Mapped[Intake] = mapped_column(default=Intake.general)
    places: Mapped[int]
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    status: Mapped[VacancyStatus] = mapped_column(default=VacancyStatus.draft)
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    group: Mapped[KgGroup] = relationship(back_populates="vacancies")

    def __str__(self) -> str:
        return f"{self.group}"


class Seat(Base):
    """One place of a group. A temporary one is lent by one child while it is away; a retired one is no longer counted
    (spec 3.6, 3.7).

    ``opened_at``: since when it is a free choice, because whoever it was offered to passed it by (spec 3.5.2).
    ``lot_id``: in which lot it is drawn, or was the last time; while that is not drawn nobody else takes it.
    """

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint("intake = 'general' OR vacancy_id IS NOT NULL", name="temporary_seat_has_its_vacancy"),
        CheckConstraint(
            "intake = 'general' OR absence_id IS NOT NULL OR retired_at IS NOT NULL",
            name="temporary_seat_stands_for_a_child_that_is_away",
        ),
        UniqueConstraint("absence_id", name="uq_seat_one_lent_per_absence"),
        Index("ix_seat_group_standing", "group_id", **only("retired_at IS NULL")),
    )
    group_id: Mapped[int] = mapped_column(ForeignKey("kg_group.id"))
    vacancy_id: Mapped[int | None] = mapped_column(ForeignKey("vacancy.id"), index=True)
    absence_id: Mapped[int | None] = mapped_column(ForeignKey("absence.id"))
    intake: Mapped[Intake] = mapped_column(default=Intake.general)
    retired_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    group: Mapped[KgGroup] = relationship()
    vacancy: Mapped[Vacancy | None] = relationship()
    absence: Mapped["Absence | None"] = relationship()


class Lot(Base):
    """Spec 3.5.2, norm free_choice.window: places of a vacancy that became a free choice at one moment, given by lot
    among those who ask until another one (docs/adr/0038-free-choice-by-lot.md).

    ``until``: the last moment to ask, which still belongs to the window. ``closed_at``: since when it is on record who
    asked; ``drawn_at``: when it was drawn. ``head`` decided the order: that of the history's chain at ``position``, the
    first one that was sealed with that record. ``places``: how many were drawn.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("vacancy_id", "opened_at", name="uq_lot_once_per_vacancy_and_moment"),
        CheckConstraint("until > opened_at", name="lot_ends_after_it_begins"),
        CheckConstraint("drawn_at IS NULL OR closed_at IS NOT NULL", name="lot_is_closed_before_it_is_drawn"),
        CheckConstraint("(drawn_at IS NULL) = (head IS NULL)", name="lot_is_drawn_by_a_head"),
        Index("ix_lot_to_draw", "place_id", "until", **only("drawn_at IS NULL")),
        *listed("lot", "until"),
    )
    vacancy_id: Mapped[int] = mapped_column(ForeignKey("vacancy.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    opened_at: Mapped[datetime]
    until: Mapped[datetime]
    norm_id: Mapped[int] = mapped_column(ForeignKey("norm.id"))
    closed_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    places: Mapped[int | None]
    position: Mapped[int | None]
    head: Mapped[str | None] = mapped_column(sa.String(64))
    vacancy: Mapped[Vacancy] = relationship()
    place: Mapped[Place] = relationship()

    def __str__(self) -> str:
        return f"№ {self.id} · {self.vacancy}"


# ---------------------------------------------------------------- people


class PersonName:
    """The parts of a person's name, and their folded key (db/name_keys.py), by which both databases find a person."""

    last_name: Mapped[str] = mapped_column(sa.String(80), default="")
    first_name: Mapped[str] = mapped_column(sa.String(80), default="")
    patronymic: Mapped[str] = mapped_column(sa.String(80), default="")
    search_name: Mapped[str] = mapped_column(sa.String(250), default="", index=True)

    @validates("last_name", "first_name", "patronymic")
    def _no_name_is_an_empty_one(self, _key: str, value: str | None) -> str:
        return value or ""

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))

    def __str__(self) -> str:
        return self.full_name


class Child(PersonName, Base):
    """A child as one district knows it, by its IIN; what another district knows is another row (ADR 14).

    The birth date is kept as the papers say, even where the IIN disagrees.
    """

    __tablename__ = "child"
    __table_args__ = (
        UniqueConstraint("iin", "place_id", name="uq_child_once_in_its_district"),
        UniqueConstraint("id", "iin", name="uq_child_number_that_claims_share"),
        UniqueConstraint(
            "id", "place_id", "iin", "born_on", "birth_year", name="uq_child_facts_that_applications_share"
        ),
        words_of("child"),
    )
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    iin: Mapped[str] = mapped_column(sa.String(12))
    born_on: Mapped[date] = mapped_column(index=True)
    birth_year: Mapped[int]
    sex: Mapped[Sex]

    @validates("born_on")
    def _fill_birth_year(self, _key: str, day: date) -> date:
        self.birth_year = day.year
        return day


class SanatoriumCertificate(Base):
    """A paper by which a child may go to a sanatorium kindergarten, from its first day to its last (spec 3.3)."""

    __tablename__ = "sanatorium_certificate"
    __table_args__ = (
        CheckConstraint("until >= from_on", name="sanatorium_certificate_ends_after_it_begins"),
        UniqueConstraint("child_id", "issuer", "number", name="uq_sanatorium_certificate_once_per_child"),
        *listed("sanatorium_certificate", "until"),
    )
    child_id: Mapped[int] = mapped_column(ForeignKey("child.id"), index=True)
    issuer: Mapped[str] = mapped_column(sa.String(200))
    number: Mapped[str] = mapped_column(sa.String(60))
    from_on: Mapped[date]
    until: Mapped[date]
    child: Mapped[Child] = relationship()

    def __str__(self) -> str:
        return f"{self.issuer}, № {self.number}"


class Applicant(PersonName, Base):
    """A parent or guardian who put a child into the queue, as one district knows that person (ADR 14)."""

    __tablename__ = "applicant"
    __table_args__ = (
        UniqueConstraint("iin", "place_id", name="uq_applicant_once_in_its_district"),
        UniqueConstraint("id", "place_id", name="uq_applicant_of_its_district"),
        words_of("applicant"),
    )
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    iin: Mapped[str] = mapped_column(sa.String(12))
    born_on: Mapped[date | None]


class Application(Base):
    """A child's place in the queue of a district; the queue number is computed, never stored (spec 3.3).

    ``number`` is kept as it came, ``number_key`` is its folded form for search (spec 3.9).
    What orders the queue stands here beside the day: the child's birth, which the database keeps equal to the
    child's own, and the privilege that is confirmed (``privilege_until``: its last day, None for one without end).
    ``child_iin`` is the child's own too: it tells that two districts mean one child. Both people are of the
    application's district. Contacts, and the language of notices, are what the family says for this application.
    ``standing`` is lost with the choice of a private place (spec 3.5.3). ``source``: the portal that it came from (S3),
    and ``source_number`` the one that it has there.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("place_id", "number_key", name="uq_application_number_once_in_its_district"),
        Index(
            "uq_application_one_live_per_child_and_queue",
            "child_iin",
            "queue_kind",
            unique=True,
            **only(APPLICATION_LIVE),
        ),
        ForeignKeyConstraint(
            ["child_id", "place_id", "child_iin", "born_on", "birth_year"],
            ["child.id", "child.place_id", "child.iin", "child.born_on", "child.birth_year"],
            name="fk_application_child",
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(
            ["applicant_id", "place_id"], ["applicant.id", "applicant.place_id"], name="fk_application_applicant"
        ),
        CheckConstraint("privilege IS NOT NULL OR privilege_until IS NULL", name="only_a_privilege_has_a_last_day"),
        Index("ix_application_waiting", "place_id", "queue_kind", "queued_at", "id", **only(NUMBERED)),
        Index(
            "ix_application_line",
            "place_id",
            "queue_kind",
            "birth_year",
            "queued_at",
            "id",
            **only(f"{NUMBERED} AND privilege IS NULL"),
        ),
        Index(
            "ix_application_privileged",
            "place_id",
            "queue_kind",
            "birth_year",
            "queued_at",
            "id",
            **only(f"{NUMBERED} AND privilege IS NOT NULL"),
        ),
        Index("ix_application_with_voucher", "place_id", "status", **only(APPLICATION_WITH_VOUCHER)),
        Index("ix_application_number_key", "number_key", postgresql_ops={"number_key": "text_pattern_ops"}),
        Index("ix_application_place_and_status", "place_id", "status", "id"),
        Index("ix_application_queued_by_birth", "place_id", "born_on", **only("status = 'queued'")),
        Index("ix_application_queued_by_year", "place_id", "birth_year", **only("status = 'queued'")),
        words_of("application", "phone_key", "ix_application_phones"),
        *listed("application", "status", "queued_at"),
    )
    number: Mapped[str] = mapped_column(sa.String(60))
    number_key: Mapped[str] = mapped_column(sa.String(60))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    queue_kind: Mapped[QueueKind] = mapped_column(default=QueueKind.general)
    child_id: Mapped[int] = mapped_column(index=True)
    child_iin: Mapped[str] = mapped_column(sa.String(12), index=True)
    born_on: Mapped[date]
    birth_year: Mapped[int]
    applicant_id: Mapped[int] = mapped_column(index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    phone_key: Mapped[str] = mapped_column(sa.String(60), server_default=text("''"))
    email: Mapped[str | None] = mapped_column(sa.String(200))
    address: Mapped[str | None] = mapped_column(sa.String(300))
    notice_language: Mapped[Language] = mapped_column(default=Language.kk)
    source: Mapped[str | None] = mapped_column(sa.String(100))
    source_number: Mapped[str | None] = mapped_column(sa.String(60))
    queued_at: Mapped[datetime]
    status: Mapped[ApplicationStatus] = mapped_column(default=ApplicationStatus.queued)
    standing: Mapped[bool] = mapped_column(default=True)
    privilege: Mapped[PrivilegeKind | None]
    privilege_until: Mapped[date | None]
    place: Mapped[Place] = relationship()
    child: Mapped[Child] = relationship(
        primaryjoin="and_(Application.child_id == Child.id, Application.child_iin == Child.iin, "
        "Application.born_on == Child.born_on, Application.birth_year == Child.birth_year)",
        foreign_keys="[Application.child_id, Application.child_iin, Application.born_on, Application.birth_year]",
    )
    applicant: Mapped[Applicant] = relationship(
        primaryjoin="Application.applicant_id == Applicant.id", foreign_keys="[Application.applicant_id]"
    )
    privileges: Mapped[list["Privilege"]] = relationship(back_populates="application", order_by="Privilege.id")
    vouchers: Mapped[list["Voucher"]] = relationship(back_populates="application", order_by="Voucher.id")
    referrals: Mapped[list["Referral"]] = relationship(back_populates="application", order_by="Referral.id")
    offers: Mapped[list["Offer"]] = relationship(back_populates="application", order_by="Offer.id")
    stop_listings: Mapped[list["StopListing"]] = relationship(back_populates="application", order_by="StopListing.id")
    documents: Mapped[list["Document"]] = relationship(back_populates="application", order_by="Document.id")
    enrolments: Mapped[list["Enrolment"]] = relationship(back_populates="application", order_by="Enrolment.id")
    notices: Mapped[list["Notice"]] = relationship(viewonly=True, order_by="Notice.id")

    def __str__(self) -> str:
        return self.number


class Guardianship(PersonName, Base):
    """Spec 3.10: somebody besides the applicant stands for a child, from its first day to its last, and sees all of
    its applications of the district (docs/adr/0029-guardianships.md). Who has applied is on record as the applicant.

    ``application`` is the one that it was asked to join; ``phone`` the person's own. ``paper_on``: the day of its
    signed paper, where an official asked for it. ``from_on`` comes with the approval; one whose last day comes before
    that has given nothing. ``note``: the papers that prove it, or end it; ``reason``: why it was rejected.
    """

    __tablename__ = "guardianship"
    __table_args__ = (
        CheckConstraint("(status = 'asked') = (decided_at IS NULL)", name="guardianship_is_decided_or_asked_for"),
        CheckConstraint(
            "(status = 'approved') = (from_on IS NOT NULL)", name="approved_guardianship_has_its_first_day"
        ),
        CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="who_asks_to_join_never_approves"
        ),
        CheckConstraint("asked_by_id IS NULL OR paper_on IS NOT NULL", name="joining_at_the_counter_has_its_paper"),
        Index("uq_guardianship_asked_for_once", "child_id", "iin", unique=True, **only("status = 'asked'")),
        *listed("guardianship", "status", "until"),
    )
    child_id: Mapped[int] = mapped_column(ForeignKey("child.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    iin: Mapped[str] = mapped_column(sa.String(12), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    basis: Mapped[GuardianshipBasis]
    from_on: Mapped[date | None]
    until: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(sa.String(500))
    status: Mapped[GuardianshipStatus] = mapped_column(default=GuardianshipStatus.asked)
    paper_on: Mapped[date | None]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    child: Mapped[Child] = relationship()
    application: Mapped[Application] = relationship()
    asked_by: Mapped[User | None] = relationship(User, foreign_keys=[asked_by_id])
    decided_by: Mapped[User | None] = relationship(User, foreign_keys=[decided_by_id])


class WaitingEntry(Base):
    """Spec 3.11, «күту парағы»: a family waits for a place in a full kindergarten, and is told when one is free there.

    It gives no right and changes no order. ``language``: of the group, None for any. ``paper_on``: the day of the
    signed paper, where an official said so for it; ``note``: what it said besides. ``told_on``: the last day on which
    it was told of a free place.
    """

    __tablename__ = "waiting_entry"
    __table_args__ = (
        Index(
            "uq_waiting_entry_wished_once",
            "application_id",
            "kindergarten_id",
            unique=True,
            **only("ended_at IS NULL"),
        ),
        *listed("waiting_entry", "wished_at"),
    )
    child_id: Mapped[int] = mapped_column(ForeignKey("child.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    kindergarten_id: Mapped[int] = mapped_column(ForeignKey("kindergarten.id"), index=True)
    language: Mapped[Language | None]
    note: Mapped[str | None] = mapped_column(sa.String(500))
    paper_on: Mapped[date | None]
    wished_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    told_on: Mapped[date | None]
    child: Mapped[Child] = relationship()
    application: Mapped[Application] = relationship()
    kindergarten: Mapped[Kindergarten] = relationship()

    def __str__(self) -> str:
        return f"{self.kindergarten}"


class LotEntry(Base):
    """A family takes part in a lot: of several lots that are drawn together its child gets what it entered first.

    ``paper_on``: the day of the signed paper, where an official said so for it. ``line``: where it stood in the draw,
    from 1.
    """

    __tablename__ = "lot_entry"
    __table_args__ = (
        Index("uq_lot_entry_once", "lot_id", "application_id", unique=True, **only("status = 'waiting'")),
        CheckConstraint("(status = 'waiting') = (ended_at IS NULL)", name="lot_entry_waits_until_it_ends"),
        *listed("lot_entry", "status"),
    )
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    status: Mapped[LotEntryStatus] = mapped_column(default=LotEntryStatus.waiting)
    entered_at: Mapped[datetime]
    paper_on: Mapped[date | None]
    line: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    lot: Mapped[Lot] = relationship()
    application: Mapped[Application] = relationship()

    @property
    def child(self) -> Child:
        return self.application.child

    def __str__(self) -> str:
        return f"{self.lot}"


class Privilege(Base):
    """A claimed privilege; it moves a number only while confirmed and unexpired (spec 3.3).

    ``ground`` is None for one that was taken over from an older list or said without papers.
    """

    __tablename__ = "privilege"
    __table_args__ = (
        Index(
            "uq_privilege_one_confirmed_per_application",
            "application_id",
            unique=True,
            **only("status = 'confirmed'"),
        ),
        Index("ix_privilege_to_expire", "valid_until", **only("status = 'confirmed'")),
        Index("ix_privilege_claimed", "application_id", **only("status = 'claimed'")),
    )
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[PrivilegeKind]
    status: Mapped[PrivilegeStatus] = mapped_column(default=PrivilegeStatus.claimed)
    ground: Mapped[PrivilegeGround | None]
    claimed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]
    norm_id: Mapped[int | None] = mapped_column(ForeignKey("norm.id"))
    application: Mapped[Application] = relationship(back_populates="privileges")
    papers: Mapped[list["PrivilegePaper"]] = relationship(back_populates="privilege", order_by="PrivilegePaper.id")


class PrivilegePaper(Base):
    """S3: a paper that a family brought for its privilege: what it is, its number, who gave it and when; and its file,
    where the family has sent one (papers/storage.py).
    """

    __tablename__ = "privilege_paper"
    privilege_id: Mapped[int] = mapped_column(ForeignKey("privilege.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    number: Mapped[str | None] = mapped_column(sa.String(60))
    issued_by: Mapped[str | None] = mapped_column(sa.String(200))
    issued_on: Mapped[date]
    file_kind: Mapped[str | None] = mapped_column(sa.String(4))
    file_key: Mapped[str | None] = mapped_column(sa.String(200))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    privilege: Mapped[Privilege] = relationship(back_populates="papers")


# ---------------------------------------------------------------- vouchers, referrals, contracts


class Round(Base):
    """Vouchers for a whole district, or offers of one vacancy: the day, the order, how many were served and passed.

    ``after_change_id`` is the last row of history before it: what it decided on can be rebuilt and checked.

    ``by_hand`` names the verb where an official changed the order for one application (None: for a list that was taken
    over): ``stood`` says where it stood before and after (rules/queue.py, Mark), ``queued_before`` its day until then,
    ``born_before`` its child's birth date.
    """

    __tablename__ = "queue_round"
    __table_args__ = (
        Index(
            "uq_round_by_clock_once_a_day",
            "place_id",
            "held_on",
            unique=True,
            **only("automatic AND vacancy_id IS NULL"),
        ),
        Index(
            "uq_offers_by_clock_once_a_day",
            "vacancy_id",
            "held_on",
            unique=True,
            **only("automatic AND vacancy_id IS NOT NULL"),
        ),
        *listed("queue_round", "by_hand"),
        CheckConstraint("by_hand IS NOT NULL OR application_id IS NULL", name="only_an_act_by_hand_is_of_one_child"),
        CheckConstraint("by_hand IS NULL OR NOT automatic", name="no_clock_acts_by_hand"),
    )
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    held_on: Mapped[date]
    held_at: Mapped[datetime]
    vacancy_id: Mapped[int | None] = mapped_column(ForeignKey("vacancy.id"), index=True)
    queue_order_id: Mapped[int] = mapped_column(ForeignKey("queue_order.id"))
    after_change_id: Mapped[int] = mapped_column(default=0)
    automatic: Mapped[bool] = mapped_column(default=False)
    served: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int] = mapped_column(default=0)
    by_hand: Mapped[str | None] = mapped_column(sa.String(24))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    stood: Mapped[dict[str, Any] | None]
    queued_before: Mapped[datetime | None]
    born_before: Mapped[date | None]
    place: Mapped[Place] = relationship()
    application: Mapped[Application | None] = relationship()
    vacancy: Mapped[Vacancy | None] = relationship()
    queue_order: Mapped["QueueOrder"] = relationship()


class Voucher(Base):
    """S1: the right to choose a place in any kindergarten of the district, for one child."""

    __tablename__ = "voucher"
    __table_args__ = (
        CheckConstraint("confirm_by >= issued_on", name="confirm_by_not_before_issued_on"),
        CheckConstraint("(choose_by IS NULL) = (confirmed_on IS NULL)", name="choose_by_comes_with_confirmation"),
        Index(
            "uq_voucher_one_live_per_application_and_kind",
            "application_id",
            "kind",
            unique=True,
            **only(VOUCHER_LIVE),
        ),
        Index("ix_voucher_to_confirm", "confirm_by", **only("status = 'issued'")),
        Index("ix_voucher_to_choose", "choose_by", **only("status = 'confirmed' AND kind = 'general'")),
        *listed("voucher", "status", "kind", "confirm_by", "choose_by"),
    )
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("queue_round.id"))
    kind: Mapped[Intake] = mapped_column(default=Intake.general)
    status: Mapped[VoucherStatus] = mapped_column(default=VoucherStatus.issued)
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    confirm_by: Mapped[date]
    confirm_norm_id: Mapped[int] = mapped_column(ForeignKey("norm.id"))
    confirmed_on: Mapped[date | None]
    choose_by: Mapped[date | None]
    choose_norm_id: Mapped[int | None] = mapped_column(ForeignKey("norm.id"))
    ended_at: Mapped[datetime | None]
    application: Mapped[Application] = relationship(back_populates="vouchers")

    @property
    def number(self) -> str:
        return f"В-{self.issued_on.year}-{self.id:06d}"

    def __str__(self) -> str:
        return self.number


class Offer(Base):
    """S2, spec 3.5.1: the turn came; a place waits for this child until ``priority_by``.

    ``side`` and the birth year say where the line's cycle stands after it (spec 3.3, ratio).
    """

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("priority_by >= offered_on", name="priority_by_not_before_offered_on"),
        CheckConstraint("(status = 'live') = (ended_at IS NULL)", name="offer_lives_until_it_ends"),
        Index("uq_offer_one_live_per_application", "application_id", unique=True, **only("status = 'live'")),
        Index("ix_offer_line", "place_id", "queue_kind", "birth_year", "id"),
        Index("ix_offer_to_pass_over", "priority_by", **only("status = 'live'")),
        *listed("offer", "status", "side", "priority_by"),
    )
    round_id: Mapped[int] = mapped_column(ForeignKey("queue_round.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    vacancy_id: Mapped[int] = mapped_column(ForeignKey("vacancy.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    queue_kind: Mapped[QueueKind]
    birth_year: Mapped[int]
    side: Mapped[Side]
    status: Mapped[OfferStatus] = mapped_column(default=OfferStatus.live)
    offered_at: Mapped[datetime]
    offered_on: Mapped[date]
    priority_by: Mapped[date]
    norm_id: Mapped[int] = mapped_column(ForeignKey("norm.id"))
    ended_at: Mapped[datetime | None]
    application: Mapped[Application] = relationship(back_populates="offers")
    vacancy: Mapped[Vacancy] = relationship()


class Referral(Base):
    """A child's way into one group. In the voucher procedure its contract does the work (spec 3.4.4); in that of
    referrals the family comes by ``attend_by`` and may take it back until ``revocable_until`` (spec 3.5.5)."""

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint("(kind = 'temporary') = (ends_on IS NOT NULL)", name="only_temporary_referrals_end"),
        CheckConstraint("(begins_on IS NULL) = (ends_on IS NULL)", name="days_of_a_temporary_referral_come_together"),
        CheckConstraint("(attend_by IS NULL) = (revocable_until IS NULL)", name="terms_of_a_referral_come_together"),
        ForeignKeyConstraint(
            ["child_id", "child_iin"], ["child.id", "child.iin"], name="fk_referral_child", onupdate="CASCADE"
        ),
        Index("uq_referral_one_live_per_child", "child_iin", unique=True, **only(REFERRAL_LIVE)),
        Index("ix_referral_to_attend", "attend_by", **only(f"{REFERRAL_LIVE} AND attend_by IS NOT NULL")),
        *listed("referral", "status", "kind", "attend_by", "ends_on"),
    )
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    child_id: Mapped[int]
    child_iin: Mapped[str] = mapped_column(sa.String(12))
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"), index=True)
    vacancy_id: Mapped[int] = mapped_column(ForeignKey("vacancy.id"), index=True)
    kind: Mapped[Intake] = mapped_column(default=Intake.general)
    status: Mapped[ReferralStatus] = mapped_column(default=ReferralStatus.issued)
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    attend_by: Mapped[date | None]
    attend_norm_id: Mapped[int | None] = mapped_column(ForeignKey("norm.id"))
    revocable_until: Mapped[datetime | None]
    revocation_norm_id: Mapped[int | None] = mapped_column(ForeignKey("norm.id"))
    extensions: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    application: Mapped[Application] = relationship(back_populates="referrals")
    attend_norm: Mapped["Norm | None"] = relationship(foreign_keys=[attend_norm_id])
    vacancy: Mapped[Vacancy] = relationship()
    voucher: Mapped[Voucher | None] = relationship()
    contract: Mapped["Contract | None"] = relationship(back_populates="referral", uselist=False)

    @property
    def number(self) -> str:
        return f"Ж-{self.issued_on.year}-{self.id:06d}"

    def __str__(self) -> str:
        return self.number


class Contract(Base):
    """S1: the electronic contract of family and kindergarten; two signatures, in either order.

    ``text``: what it says, for good; None while none is in force (docs/adr/0025-the-text-of-a-contract.md).
    """

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint(
            "status <> 'signed' OR (family_signed_at IS NOT NULL AND head_signed_at IS NOT NULL)",
            name="signed_contract_has_both_signatures",
        ),
        Index("ix_contract_without_text", "referral_id", **only("text_id IS NULL AND status <> 'void'")),
    )
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"), unique=True)
    text_id: Mapped[int | None] = mapped_column(ForeignKey("contract_text.id"), index=True)
    status: Mapped[ContractStatus] = mapped_column(default=ContractStatus.draft)
    drawn_up_at: Mapped[datetime]
    family_signed_at: Mapped[datetime | None]
    head_signed_at: Mapped[datetime | None]
    referral: Mapped[Referral] = relationship(back_populates="contract")
    text: Mapped["ContractText | None"] = relationship()


class Enrolment(Base):
    """A child attends a group. Without a child: one known by number alone, taken over from an older list.

    What ends on a known day is a stay in a lent place or in a sanatorium kindergarten; one that was given up before
    its first day has ended before it began.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("(intake = 'temporary') = (ends_on IS NOT NULL)", name="only_temporary_stays_end"),
        CheckConstraint(
            "ended_on IS NULL OR ended_on >= started_on OR intake = 'temporary'", name="enrolment_ends_after_it_starts"
        ),
        CheckConstraint("(child_id IS NULL) = (child_iin IS NULL)", name="child_of_an_enrolment_has_its_number"),
        ForeignKeyConstraint(
            ["child_id", "child_iin"], ["child.id", "child.iin"], name="fk_enrolment_child", onupdate="CASCADE"
        ),
        Index(
            "uq_enrolment_one_live_per_child_and_intake",
            "child_iin",
            "intake",
            unique=True,
            **only("ended_on IS NULL"),
        ),
        Index("ix_enrolment_stay_to_end", "ends_on", **only("ended_on IS NULL AND intake = 'temporary'")),
    )
    child_id: Mapped[int | None]
    child_iin: Mapped[str | None] = mapped_column(sa.String(12))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("kg_group.id"), index=True)
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"), index=True)
    intake: Mapped[Intake] = mapped_column(default=Intake.general)
    started_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    group: Mapped[KgGroup] = relationship()
    application: Mapped[Application | None] = relationship(back_populates="enrolments")
    voucher: Mapped[Voucher | None] = relationship()


class Absence(Base):
    """S1, spec 3.6: an enrolled child is away until a known day, and lends its place to another one until then.

    ``returned_on``: the first day on which it was back, where that was earlier. A child known by number alone has no
    reason.
    """

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("until >= from_on", name="absence_ends_after_it_starts"),)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    vacancy_id: Mapped[int] = mapped_column(ForeignKey("vacancy.id"), index=True)
    from_on: Mapped[date]
    until: Mapped[date]
    returned_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    enrolment: Mapped[Enrolment] = relationship()
    vacancy: Mapped[Vacancy] = relationship()


class Holding(Base):
    """One live claim on one seat: the partial unique index makes two impossible (spec 3.7)."""

    __tablename__ = "holding"
    __table_args__ = (
        Index("uq_holding_one_live_per_seat", "seat_id", unique=True, **only("ended_at IS NULL")),
        Index("ix_holding_lent", "enrolment_id", **only("kind = 'lent' AND ended_at IS NULL")),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="holding_ends_after_it_starts"),
    )
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    kind: Mapped[HoldingKind]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referral.id"), index=True)
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seat: Mapped[Seat] = relationship()
    referral: Mapped[Referral | None] = relationship()
    enrolment: Mapped[Enrolment | None] = relationship()


class StopListing(Base):
    """A time on the stop-list, with the norm that set its last day and how it ended."""

    __tablename__ = "stop_listing"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= from_on", name="stop_list_ends_after_it_starts"),
        CheckConstraint("(voucher_id IS NULL) <> (referral_id IS NULL)", name="stop_list_follows_one_missed_term"),
        Index(
            "uq_stop_listing_one_live_per_application",
            "application_id",
            unique=True,
            **only("ended_at IS NULL"),
        ),
        Index("ix_stop_listing_to_end", "until", **only("ended_at IS NULL")),
    )
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referral.id"))
    from_on: Mapped[date]
    until: Mapped[date | None]
    norm_id: Mapped[int] = mapped_column(ForeignKey("norm.id"))
    ended_at: Mapped[datetime | None]
    ended_with: Mapped[str | None] = mapped_column(sa.String(24))
    application: Mapped[Application] = relationship(back_populates="stop_listings")


class Proposal(Base):
    """Spec 3.8: what one official asks for and another one decides, where the regulation wants two people.

    ``verb`` is what will be done to the record ``subject_id`` of the table ``subject``; ``place_id`` where it lies.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="who_asks_never_decides"),
        CheckConstraint("(approved IS NULL) = (decided_at IS NULL)", name="proposal_is_decided_or_open"),
        Index("uq_proposal_one_open", "subject", "subject_id", unique=True, **only("decided_at IS NULL")),
    )
    verb: Mapped[str] = mapped_column(sa.String(24))
    subject: Mapped[str] = mapped_column(sa.String(24))
    subject_id: Mapped[int]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    approved: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    application: Mapped[Application | None] = relationship()
    asked_by: Mapped[User | None] = relationship(User, foreign_keys=[asked_by_id])
    decided_by: Mapped[User | None] = relationship(User, foreign_keys=[decided_by_id])


# ---------------------------------------------------------------- the regulation as dated data


class Approved:
    """Two people put it in force: one enters it, another one approves it (spec 3.2). What is shipped has no author.

    Whoever changed it last (``changed_by_id``) is an author as well; all who did stand in the history.
    """

    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    approved_at: Mapped[datetime | None]

    @declared_attr
    def entered_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.entered_by_id])

    @declared_attr
    def changed_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.changed_by_id])

    @declared_attr
    def approved_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.approved_by_id])


def other_approves(name: str) -> CheckConstraint:
    """The database's own refusal of whoever approves what he entered himself, or changed last."""
    return CheckConstraint(
        "approved_by_id IS NULL OR (approved_by_id <> entered_by_id AND approved_by_id <> changed_by_id)", name=name
    )


class Norm(Approved, Base):
    """One dated number of the regulation; in force from valid_from once a second official approved it."""

    __tablename__ = "norm"
    __table_args__ = (
        UniqueConstraint("name", "place_id", "valid_from", name="uq_norm_once_per_name_place_and_day"),
        other_approves("author_never_approves"),
    )
    name: Mapped[str] = mapped_column(sa.String(60))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    valid_from: Mapped[date]
    value: Mapped[str] = mapped_column(sa.String(40))
    unit: Mapped[Unit]
    carry: Mapped[bool] = mapped_column(default=False)
    on_lapse: Mapped[OnLapse | None]
    legal_basis: Mapped[str] = mapped_column(sa.String(300))
    note: Mapped[str | None] = mapped_column(sa.String(500))
    place: Mapped[Place] = relationship()

    def __str__(self) -> str:
        return f"{self.name} = {self.value} {self.unit}"


class DayOff(Approved, Base):
    """A day that is not worked, or a Saturday, Sunday or holiday that is (working), by a decree.

    Of several approved rows of one day the last approved one holds.
    """

    __tablename__ = "day_off"
    __table_args__ = (
        other_approves("author_of_a_day_off_never_approves"),
        Index("uq_day_off_one_draft_per_day", "day", unique=True, **only("approved_at IS NULL")),
    )
    day: Mapped[date] = mapped_column(index=True)
    working: Mapped[bool] = mapped_column(default=False)
    estimated: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str] = mapped_column(sa.String(200))
    decree: Mapped[str | None] = mapped_column(sa.String(200))

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


class QueueOrder(Approved, Base):
    """How a place orders its queue from a day on: a ratio or a list of categories (spec 3.3)."""

    __tablename__ = "queue_order"
    __table_args__ = (
        UniqueConstraint("place_id", "kind", "valid_from", name="uq_queue_order_once_per_place_and_day"),
        other_approves("author_of_an_order_never_approves"),
    )
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    kind: Mapped[QueueOrderKind]
    valid_from: Mapped[date]
    legal_basis: Mapped[str] = mapped_column(sa.String(300))
    place: Mapped[Place] = relationship()
    categories: Mapped[list["QueueCategory"]] = relationship(
        back_populates="queue_order", order_by="QueueCategory.rank"
    )


class QueueCategory(Base):
    """One step of an order: ages in full months on the day, and a privilege kind or none."""

    __tablename__ = "queue_category"
    __table_args__ = (
        UniqueConstraint("queue_order_id", "rank", name="uq_queue_category_rank_once_in_its_order"),
        CheckConstraint("months_to IS NULL OR months_to >= months_from", name="category_ages_in_order"),
    )
    queue_order_id: Mapped[int] = mapped_column(ForeignKey("queue_order.id"))
    rank: Mapped[int]
    privilege: Mapped[PrivilegeKind | None]
    months_from: Mapped[int] = mapped_column(default=0)
    months_to: Mapped[int | None]
    name_kk: Mapped[str] = mapped_column(sa.String(200))
    name_ru: Mapped[str] = mapped_column(sa.String(200))
    queue_order: Mapped[QueueOrder] = relationship(back_populates="categories")


class ContractText(Approved, Base):
    """What the contracts of a place say from a day on, section by section (rules/contract.py), in both languages."""

    __tablename__ = "contract_text"
    __table_args__ = (
        UniqueConstraint("place_id", "valid_from", name="uq_contract_text_once_per_place_and_day"),
        other_approves("author_of_a_contract_text_never_approves"),
    )
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    valid_from: Mapped[date]
    legal_basis: Mapped[str] = mapped_column(sa.String(300))
    subject_kk: Mapped[str] = mapped_column(sa.Text)
    subject_ru: Mapped[str] = mapped_column(sa.Text)
    organisation_kk: Mapped[str] = mapped_column(sa.Text)
    organisation_ru: Mapped[str] = mapped_column(sa.Text)
    family_kk: Mapped[str] = mapped_column(sa.Text)
    family_ru: Mapped[str] = mapped_column(sa.Text)
    fee_kk: Mapped[str] = mapped_column(sa.Text)
    fee_ru: Mapped[str] = mapped_column(sa.Text)
    liability_kk: Mapped[str] = mapped_column(sa.Text)
    liability_ru: Mapped[str] = mapped_column(sa.Text)
    disputes_kk: Mapped[str] = mapped_column(sa.Text)
    disputes_ru: Mapped[str] = mapped_column(sa.Text)
    term_kk: Mapped[str] = mapped_column(sa.Text)
    term_ru: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[Place] = relationship()


# ---------------------------------------------------------------- what happened, and what is to be delivered


class Change(Base):
    """The history: one row for every change, never changed itself (spec 3.7). Enough to rebuild any past day.

    ``effective_on`` is the local day the change counts from: for what the clock does late, the day it was due.
    ``standing`` is that of an application after it (None for other subjects). What a family did says how it had
    entered, by ``code`` or ``key``, and which of its people it was (spec 3.10), and ``client`` the name of the portal
    through which it came.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_subject", "subject", "subject_id"),
        Index("ix_change_application_id", "application_id", "id"),
        *listed("change", "verb", "subject", "user_id", "place_id", "kindergarten_id"),
        Index("ix_change_queue", "place_id", "subject", "effective_on", **only("status_to IS NOT NULL")),
        Index("ix_change_applicant", "applicant_id", **only("applicant_id IS NOT NULL")),  # see corrections.py
        CheckConstraint("NOT for_family OR paper_on IS NOT NULL", name="act_for_a_family_has_its_paper"),
        CheckConstraint(f"NOT ({AT_THE_COUNTER}) OR paper_on IS NOT NULL", name="act_at_the_counter_has_its_paper"),
        CheckConstraint(OF_A_FAMILY, name="act_of_a_family_has_its_entry"),
    )
    at: Mapped[datetime] = mapped_column(index=True)
    effective_on: Mapped[date]
    verb: Mapped[str] = mapped_column(sa.String(24))
    subject: Mapped[str] = mapped_column(sa.String(24))
    subject_id: Mapped[int]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    kindergarten_id: Mapped[int | None] = mapped_column(ForeignKey("kindergarten.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    role: Mapped[str] = mapped_column(sa.String(24))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    for_family: Mapped[bool] = mapped_column(default=False)
    paper_on: Mapped[date | None]
    sign_in: Mapped[SignedInBy | None]
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id"))
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("applicant.id"))
    guardianship_id: Mapped[int | None] = mapped_column(ForeignKey("guardianship.id"))
    client: Mapped[str | None] = mapped_column(sa.String(100))
    status_from: Mapped[str | None] = mapped_column(sa.String(24))
    status_to: Mapped[str | None] = mapped_column(sa.String(24))
    standing: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    norm_id: Mapped[int | None] = mapped_column(ForeignKey("norm.id"))
    details: Mapped[dict[str, Any] | None]
    user: Mapped[User | None] = relationship(User, viewonly=True)
    norm: Mapped[Norm | None] = relationship(viewonly=True)
    application: Mapped[Application | None] = relationship(viewonly=True)


class HistoryLink(Base):
    """A sealed row of the history (rules/chain.py); its id is its position in the chain, from 1 without a gap.

    ``hidden``: the names of those of its details that can be erased; ``erasable``: the digest of these and of its
    reason with ``salt``, which is None once they were erased; ``digest``: of all that is sealed so far.
    """

    __tablename__ = "history_link"
    __table_args__ = (UniqueConstraint("change_id"),)
    change_id: Mapped[int]  # no foreign key: a row that somebody removes is missed, not kept
    hidden: Mapped[list[str]]
    salt: Mapped[bytes | None]
    erasable: Mapped[bytes]
    digest: Mapped[bytes]


class HistorySeal(Base):
    """What the clock has sealed at once: up to which position, and the head of the chain then, which is given out.

    ``day``: the local day of what it seals, and no seal holds more than one; ``newest``: the largest id in the history
    that was sealed by then; what comes late has a smaller one, and may be of a day before.
    """

    __tablename__ = "history_seal"
    at: Mapped[datetime] = mapped_column(index=True)
    position: Mapped[int] = mapped_column(unique=True)
    day: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE"))  # for the release before (ADR 39)
    head: Mapped[bytes]
    newest: Mapped[int]


class Signature(Base):
    """What a person has signed with a key, and that it was verified (spec 10, R14): enough to verify it for years.

    ``text`` and ``cms`` are what was verified, byte for byte; ``certificates``: PEM, the signer's own first, up to the
    anchor. ``checked_against``: the digest of the CMS, the fingerprint of that anchor, and by which lists nothing was
    revoked then.
    """

    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_application_id", "application_id"),)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)  # of the text, which no second one has
    text: Mapped[bytes]
    cms: Mapped[bytes]
    purpose: Mapped[Purpose]
    iin: Mapped[str] = mapped_column(sa.String(12))
    bin: Mapped[str | None] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(300))
    serial: Mapped[str] = mapped_column(sa.String(40))
    issuer: Mapped[str] = mapped_column(sa.String(500))
    algorithm: Mapped[str] = mapped_column(sa.String(40))
    certificates: Mapped[str] = mapped_column(sa.Text)
    verb: Mapped[str | None] = mapped_column(sa.String(24))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    checked_at: Mapped[datetime]
    checked_against: Mapped[dict[str, Any]]


class Notice(Base):
    """A message to a family or to officials: a template's name and the facts it needs, readable on screen.

    ``planned``: whether it was asked by which ways it leaves the house (deliveries.plan).
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "uq_notice_once_per_due_event",
            "application_id",
            "audience",
            "template",
            "due_on",
            unique=True,
            **only("due_on IS NOT NULL"),
        ),
        CheckConstraint("(audience = 'guardian') = (guardianship_id IS NOT NULL)", name="guardian_who_is_told_is_one"),
        Index("ix_notice_to_plan", "id", **only("NOT planned")),
        *listed("notice", "audience"),
    )
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    kindergarten_id: Mapped[int | None] = mapped_column(ForeignKey("kindergarten.id"), index=True)
    guardianship_id: Mapped[int | None] = mapped_column(ForeignKey("guardianship.id"), index=True)
    audience: Mapped[Audience] = mapped_column(default=Audience.family)
    template: Mapped[str] = mapped_column(sa.String(40))
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    due_on: Mapped[date | None]
    planned: Mapped[bool] = mapped_column(default=False)
    application: Mapped[Application] = relationship(viewonly=True)
    kindergarten: Mapped[Kindergarten | None] = relationship(viewonly=True)
    guardianship: Mapped[Guardianship | None] = relationship(viewonly=True)
    deliveries: Mapped[list["Delivery"]] = relationship(back_populates="notice", order_by="Delivery.channel")


class Delivery(Base):
    """What became of one notice by one way, once for each (docs/adr/0023-deliveries.md).

    ``address``: to which phone or e-mail it went. ``key``: by which a gateway knows a message that comes again, the
    same until a person sends it anew. ``uncertain``: some try may have reached the family though nobody said so.
    ``began_at``: when the last try was handed over; ``error``: why it failed, a name in words/notices.py.
    ``subject``, ``text``: what was written, the same under one key.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel", name="uq_delivery_once_per_notice_and_channel"),
        UniqueConstraint("key", name="uq_delivery_key_once"),
        CheckConstraint("stage NOT IN ('sending', 'sent') OR key IS NOT NULL", name="delivery_is_sent_under_a_key"),
        CheckConstraint("stage <> 'failed' OR error IS NOT NULL", name="failed_delivery_says_why"),
        Index("ix_delivery_to_address", "address", "began_at"),
        *listed("delivery", "stage", "channel"),
    )
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[Channel]
    stage: Mapped[DeliveryStage] = mapped_column(default=DeliveryStage.waiting)
    address: Mapped[str | None] = mapped_column(sa.String(200))
    key: Mapped[str | None] = mapped_column(sa.String(40))
    subject: Mapped[str | None] = mapped_column(sa.String(200))
    text: Mapped[str | None] = mapped_column(sa.Text)
    uncertain: Mapped[bool] = mapped_column(default=False)
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(40))
    notice: Mapped[Notice] = relationship(back_populates="deliveries")

    def __str__(self) -> str:
        return f"№ {self.id}"


class NoticeRead(Base):
    """One official has read one notice to officials."""

    __tablename__ = "notice_read"
    __table_args__ = (UniqueConstraint("user_id", "notice_id", name="uq_notice_read_once_by_each"),)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    at: Mapped[datetime]


class Document(Base):
    """A version of a generated paper: asked for in the verb's transaction, rendered by a job, checked by its code.

    ``facts`` is what it prints and never changes (None: of a version from before they were kept). A paper
    whose facts have changed is a new version; the older one stays, replaced since ``replaced_at``.
    """

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("voucher_id IS NULL OR referral_id IS NULL", name="paper_is_of_one_right_at_most"),
        CheckConstraint(
            "CASE WHEN application_id IS NULL THEN 0 ELSE 1 END + CASE WHEN round_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN seal_id IS NULL THEN 0 ELSE 1 END = 1",
            name="paper_is_of_one_application_round_or_seal",
        ),
        CheckConstraint("(file_key IS NULL) = (sha256 IS NULL)", name="stored_file_has_its_checksum"),
        Index("uq_document_one_current_of_a_round", "round_id", "kind", unique=True, **only("replaced_at IS NULL")),
        Index("uq_document_one_of_a_seal", "seal_id", unique=True),
        Index("uq_document_one_current_of_a_voucher", "voucher_id", "kind", unique=True, **only("replaced_at IS NULL")),
        Index(
            "uq_document_one_current_of_a_referral", "referral_id", "kind", unique=True, **only("replaced_at IS NULL")
        ),
        Index(
            "uq_document_one_current_of_an_application",
            "application_id",
            "kind",
            unique=True,
            **only("replaced_at IS NULL AND voucher_id IS NULL AND referral_id IS NULL"),
        ),
    )
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"), index=True)
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referral.id"), index=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("queue_round.id"), index=True)
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("history_seal.id"))
    kind: Mapped[DocumentKind]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    facts: Mapped[dict[str, Any] | None]
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    asked_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    file_key: Mapped[str | None] = mapped_column(sa.String(200))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    application: Mapped[Application | None] = relationship(back_populates="documents")
    voucher: Mapped[Voucher | None] = relationship()
    referral: Mapped[Referral | None] = relationship()
    round: Mapped[Round | None] = relationship()
    seal: Mapped[HistorySeal | None] = relationship()


class BulkRun(Base):
    """Spec 8, bulk: one verb for many records, tried first, then done by the rights of whoever asked for it.

    ``subject`` is the table that the rows are of; ``selection`` the filter that chose them, None for rows ticked one
    by one. ``place_id`` is where all of the asker's reach lies: whoever reaches that far may read the run.
    ``feasible`` and ``hopeless`` count what the preview found, ``done``, ``refused`` and ``skipped`` what became of it;
    ``passed``: the children who stand before those who get a voucher and are passed over.
    """

    __tablename__ = "bulk_run"
    __table_args__ = (
        CheckConstraint(
            "stage NOT IN ('done', 'stopped') OR done + refused + skipped = selected",
            name="finished_bulk_run_accounts_for_every_row",
        ),
        CheckConstraint("done + refused + skipped <= selected", name="bulk_run_counts_no_row_twice"),
        CheckConstraint("feasible + hopeless <= selected", name="bulk_preview_counts_no_row_twice"),
        CheckConstraint(
            "(stage IN ('done', 'stopped')) = (finished_at IS NOT NULL)", name="only_a_finished_bulk_run_has_an_end"
        ),
    )
    subject: Mapped[str] = mapped_column(sa.String(24))
    verb: Mapped[str] = mapped_column(sa.String(24))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    until: Mapped[date | None]
    selection: Mapped[dict[str, Any] | None]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(24))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    stage: Mapped[BulkStage] = mapped_column(default=BulkStage.previewing)
    stopped_because: Mapped[str | None] = mapped_column(sa.String(24))
    selected: Mapped[int]
    feasible: Mapped[int] = mapped_column(default=0)
    hopeless: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    previewed_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(User)
    place: Mapped[Place] = relationship()

    def __str__(self) -> str:
        return f"№ {self.id}"


class BulkRow(Base):
    """One record of a bulk run, in the order in which they are done.

    ``foreseen`` is what its preview found, ``outcome`` what became of it; ``reason`` and ``facts`` say why not.
    ``change_id`` is the last row of its application's history that the preview knew.
    """

    __tablename__ = "bulk_row"
    __table_args__ = (
        UniqueConstraint("bulk_run_id", "position", name="uq_bulk_row_position_once_in_its_run"),
        UniqueConstraint("bulk_run_id", "subject_id", name="uq_bulk_row_record_once_in_its_run"),
        CheckConstraint("foreseen <> 'skipped'", name="bulk_preview_skips_nothing"),
    )
    bulk_run_id: Mapped[int] = mapped_column(ForeignKey("bulk_run.id"))
    position: Mapped[int]
    subject_id: Mapped[int]
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    foreseen: Mapped[BulkOutcome] = mapped_column(default=BulkOutcome.waiting)
    outcome: Mapped[BulkOutcome] = mapped_column(default=BulkOutcome.waiting)
    reason: Mapped[str | None] = mapped_column(sa.String(24))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    change_id: Mapped[int | None]
    application: Mapped[Application] = relationship()


class ImportRun(Base):
    """Spec 8, import: a file that an official brought, tried first, then brought in as a whole or not at all.

    ``district`` is that of rows which name none; ``place_id`` is where all of the asker's reach lies, as of a bulk run.
    The file itself is kept under ``file_key``, ``size`` in bytes. ``added``, ``changed`` and ``same`` count its rows:
    what the trial found, then what became of them; ``refused_because`` says why it ended where no row was wrong.
    ``sheet``: the name of that which was read; ``answers``: to what the file asked, by the key of a question.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(
            "(stage IN ('done', 'refused')) = (finished_at IS NOT NULL)", name="only_a_finished_import_has_an_end"
        ),
        CheckConstraint("stage <> 'done' OR problems = 0", name="import_with_a_problem_brings_nothing_in"),
        CheckConstraint(
            "stage <> 'done' OR added + changed + same = rows", name="finished_import_accounts_for_every_row"
        ),
    )
    kind: Mapped[ImportKind]
    district_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    file_key: Mapped[str] = mapped_column(sa.String(200))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
    rows: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(24))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    sheet: Mapped[str | None] = mapped_column(sa.String(200))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stage: Mapped[ImportStage] = mapped_column(default=ImportStage.trying)
    refused_because: Mapped[str | None] = mapped_column(sa.String(24))
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    problems: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(User)
    place: Mapped[Place] = relationship(foreign_keys=place_id)
    district: Mapped[Place | None] = relationship(foreign_keys=district_id)

    def __str__(self) -> str:
        return f"№ {self.id}"


class ImportProblem(Base):
    """What is wrong in one cell of a file, or as a ``warning`` should be looked at, in the order of the cells.

    ``row`` and ``column`` count from 1 (0: the whole file); ``sentence`` and ``facts`` are of words/problems.py,
    said in the reader's language. ``value`` is the beginning of what stands in the cell, for whoever may bring files.
    """

    __tablename__ = "import_problem"
    __table_args__ = (UniqueConstraint("import_run_id", "position", name="uq_import_problem_position_once_in_its_run"),)
    import_run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    position: Mapped[int]
    warning: Mapped[bool]
    row: Mapped[int]
    column: Mapped[int]
    cell: Mapped[str] = mapped_column(sa.String(200))
    sentence: Mapped[str] = mapped_column(sa.String(24))
    facts: Mapped[dict[str, Any]]
    value: Mapped[str | None] = mapped_column(sa.String(200))


class Outbox(Base):
    """Work to be done after the commit: the truth is this row, Redis only wakes workers (spec 9).

    ``not_before``: when it is tried next; ``given_up_at``: since when nobody tries any more, because it failed too
    often or somebody cancelled it, as ``error`` says.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_to_do", "id", **only("done_at IS NULL")),
        CheckConstraint("given_up_at IS NULL OR error IS NOT NULL", name="given_up_work_says_why"),
    )
    job: Mapped[str] = mapped_column(sa.String(40))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    bulk_run_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_run.id"), index=True)
    import_run_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("account_letter.id"), index=True)
    asked_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.String(500))
    document: Mapped[Document | None] = relationship()
    bulk_run: Mapped[BulkRun | None] = relationship()
    import_run: Mapped[ImportRun | None] = relationship()
    delivery: Mapped[Delivery | None] = relationship()
    client: Mapped["Client | None"] = relationship()
    notice: Mapped[Notice | None] = relationship()
    letter: Mapped["AccountLetter | None"] = relationship()

    def __str__(self) -> str:
        return f"№ {self.id}"


class UserScope(Base):
    """Where an official's rights reach: a place with all below it, or one kindergarten."""

    __tablename__ = "user_scope"
    __table_args__ = (
        CheckConstraint("(place_id IS NULL) <> (kindergarten_id IS NULL)", name="scope_is_a_place_or_a_kindergarten"),
        UniqueConstraint("user_id", "place_id", "kindergarten_id", name="uq_user_scope_once"),
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    kindergarten_id: Mapped[int | None] = mapped_column(ForeignKey("kindergarten.id"))
    user: Mapped[User] = relationship(User)
    place: Mapped[Place | None] = relationship()
    kindergarten: Mapped[Kindergarten | None] = relationship()


class Account(Base):
    """What the framework keeps of no account: how often its credentials changed.

    ``version`` grows with a new password or second factor, another role or a closed account; what began under an older
    one is over. ``must_change_password`` is of an older release and is read by nothing; the next one drops it.
    """

    __tablename__ = "account"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True)
    version: Mapped[int] = mapped_column(default=0)
    must_change_password: Mapped[bool] = mapped_column(default=False)


class Invitation(Base):
    """A link by which the owner of an account sets its password, once, until a moment (docs/adr/0037-accounts.md).

    ``key_hash``: of what stands in the link, which is nowhere else; None until the letter with it is written.
    ``asked_by_id`` is None for what an operator has asked by a command.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="invitation_is_used_or_withdrawn"),
        CheckConstraint("used_at IS NULL OR key_hash IS NOT NULL", name="used_invitation_had_its_link"),
        Index(
            "uq_invitation_one_open_of_each",
            "user_id",
            unique=True,
            **only("used_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    key_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class AccountLetter(Base):
    """An e-mail to an official about the own account: a template's name and the facts it needs.

    ``address``: where the account was to be reached when it was left. ``text``: what it says, in the demo alone, where
    letters are shown and not sent: a link that works stands in no table. ``error``: why it did not leave, or nobody
    knows whether it did, a name in words/notices.py.
    """

    __tablename__ = "account_letter"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"))
    template: Mapped[str] = mapped_column(sa.String(40))
    address: Mapped[str] = mapped_column(sa.String(320))
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(40))
    text: Mapped[str | None] = mapped_column(sa.Text)
    user: Mapped[User] = relationship(User)
    invitation: Mapped[Invitation | None] = relationship()


class SecondFactor(Base):
    """The authenticator of an account (RFC 6238, docs/adr/0037-accounts.md), by which it is known beside its password.

    ``secret``: encrypted, None until a first code has shown that the authenticator has it; ``new_secret``: one that is
    being set up. ``last_step``: of 30 seconds, that of the last code that was taken; no code is taken twice.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        CheckConstraint("secret IS NOT NULL OR new_secret IS NOT NULL", name="second_factor_has_a_secret"),
        CheckConstraint("(secret IS NULL) = (since IS NULL)", name="second_factor_says_since_when"),
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True)
    secret: Mapped[str | None] = mapped_column(sa.String(200))
    new_secret: Mapped[str | None] = mapped_column(sa.String(200))
    last_step: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands for a lost authenticator, once; it was shown once, here is its hash."""

    __tablename__ = "recovery_code"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None]


class SignedIn(Base):
    """Somebody signed in on one browser, whose cookie holds a random key and nothing else; here is its hash.

    ``factor_at``: when the second factor was asked for last. Until it was, an account that has one is not let in.
    """

    __tablename__ = "signed_in"
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    version: Mapped[int]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    factor_at: Mapped[datetime | None]
    facts: Mapped[str] = mapped_column(sa.Text)


class OneTimeCode(Base):
    """S1, «Бір реттік құпия сөз»: a code that was asked for on one browser, by whoever says to be a person.

    ``code_hash`` is None where this phone is not on record for this IIN: nothing was sent, and nothing opens then.
    """

    __tablename__ = "one_time_code"
    browser_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    iin: Mapped[str] = mapped_column(sa.String(12))
    phone_hash: Mapped[str] = mapped_column(sa.String(64))
    whole: Mapped[bool]
    code_hash: Mapped[str | None] = mapped_column(sa.String(64))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class Challenge(Base):
    """A text that one browser was asked to have signed (spec 10): once, within five minutes (access/challenges.py).

    ``text`` is kept as it was shown, byte for byte. ``iin`` and ``bin``: whose key it has to be, where that is known;
    ``asked``: what the verb was asked with. Here are the hashes of its key and of the browser's.
    ``led_to``: the page that the act has led to, once it is done. ``qr``: what is known of its signing on a phone, its
    key too, which opens nothing without the browser's; and when the service for that was asked the last time.
    """

    __tablename__ = "challenge"
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[Purpose]
    iin: Mapped[str | None] = mapped_column(sa.String(12))
    bin: Mapped[str | None] = mapped_column(sa.String(12))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    verb: Mapped[str | None] = mapped_column(sa.String(24))
    asked: Mapped[dict[str, Any] | None]
    text: Mapped[bytes]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    led_to: Mapped[str | None] = mapped_column(sa.String(200))
    qr: Mapped[dict[str, Any] | None]
    qr_asked_at: Mapped[datetime | None]


class Upload(Base):
    """A file that a person of a family has sent beside an act that is not signed yet (access/uploads.py)."""

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("iin", "sha256", name="uq_upload_once_of_a_person"),)
    iin: Mapped[str] = mapped_column(sa.String(12))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(index=True)


class Draft(Base):
    """A new application that a person of a family has begun and not sent (access/drafts.py): what is typed so far."""

    __tablename__ = "draft"
    iin: Mapped[str] = mapped_column(sa.String(12), unique=True)
    answers: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class Visit(Base):
    """Somebody of a family signed in on one browser (issue 13); here are the hashes of its key, and of the phones whose
    codes came back. ``whole``: all applications of the person are seen, not those of its phones alone.
    """

    __tablename__ = "visit"
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    iin: Mapped[str] = mapped_column(sa.String(12))
    sign_in: Mapped[SignedInBy]
    phones: Mapped[list[str]]
    whole: Mapped[bool]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class SentForm(Base):
    """A form that was sent and had its effect, by the hash of its key: again it has none (access/sent_forms.py).

    ``answer``: where it led and what it said; nothing of what was typed. A portal's request has a ``client_id``.
    """

    __tablename__ = "sent_form"
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    answer: Mapped[dict[str, Any] | None]
    at: Mapped[datetime] = mapped_column(index=True)


class Client(Base):
    """A portal that asks and acts through the API, in one place and all below it (docs/adr/0036-the-api.md).

    ``verbs``: which acts of families it sends, while ``acts``. ``key_hash``: None until it is given a key. ``webhook``:
    where it is told what happened, signed with ``secret``, and for a day after another one was made with
    ``secret_before`` too.
    """

    __tablename__ = "client"
    __table_args__ = tuple(listed("client", "name"))
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    registers: Mapped[bool] = mapped_column(default=False)
    acts: Mapped[bool] = mapped_column(default=False)
    verbs: Mapped[list[PortalVerb]] = mapped_column(
        Names(PortalVerb), default=list(PortalVerb), server_default=text("'[]'")
    )
    webhook: Mapped[str | None] = mapped_column(sa.String(300))
    key_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    secret: Mapped[str | None] = mapped_column(sa.String(60))
    secret_before: Mapped[str | None] = mapped_column(sa.String(60))
    secret_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    place: Mapped[Place] = relationship()

    def __str__(self) -> str:
        return self.name


class KeptForm(Base):
    """Half of what somebody typed into a form whose session was over when it was sent: for an hour, for that account.

    `pad` is random and as long as the text; the other half lies in the browser.
    `path`: the form's own.
    """

    __tablename__ = "kept_form"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True)
    path: Mapped[str] = mapped_column(sa.String(200))
    pad: Mapped[bytes]
    at: Mapped[datetime]


class LastRun(Base):
    """When what is on the timetable last came to its end, in real time: whoever watches over Kezek asks for it."""

    __tablename__ = "last_run"
    job: Mapped[str] = mapped_column(sa.String(40), unique=True)
    ended_at: Mapped[datetime]


class DemoTime(Base):
    """The demo's own time, one row that only moves forward (spec 11); empty wherever time is real."""

    __tablename__ = "demo_time"
    at: Mapped[datetime]
