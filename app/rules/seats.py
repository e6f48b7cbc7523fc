"""Spec 3.4.1, 3.7: which seats are free and who still has a claim on one. Selects; seats.py does the matching."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    extract,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import contains_eager, joinedload

from app.models import (
    Application,
    Child,
    Enrolment,
    Holding,
    HoldingKind,
    Intake,
    KgGroup,
    Kindergarten,
    Lot,
    Ownership,
    QueueKind,
    Referral,
    ReferralStatus,
    Round,
    Seat,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.rules.due import RUNNING, is_


def is_free() -> ColumnElement[bool]:
    """Spec 3.7: a seat that stands and that nobody holds: no offer, no held place, no enrolment, no stay."""
    held = exists().where(Holding.seat_id == Seat.id, Holding.ended_at.is_(None))
    return Seat.retired_at.is_(None) & ~held.correlate(Seat)


def in_lot() -> ColumnElement[bool]:
    """Spec 3.5.2: a seat that is given by lot, which is not drawn yet."""
    running = exists().where(Lot.id == Seat.lot_id, Lot.drawn_at.is_(None))
    return Seat.lot_id.is_not(None) & running.correlate(Seat)


def has_places() -> ColumnElement[bool]:
    """Spec 3.8: a private kindergarten without state order has no places for this queue (eligibility.has_places)."""
    return (Kindergarten.ownership != Ownership.private) | Kindergarten.state_order


def free_seats(vacancy_id: int, limit: int | None = None) -> Select[Seat]:
    """The free seats of one vacancy, in their order."""
    return select(Seat).where(Seat.vacancy_id == vacancy_id, is_free()).order_by(Seat.id).limit(limit)


def published_general(place_ids: Sequence[int]) -> Select[Vacancy]:
    """The published general vacancies of a district, in their order."""
    return (
        select(Vacancy)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(
            Kindergarten.place_id.in_(place_ids),
            Vacancy.status == VacancyStatus.published,
            Vacancy.intake == Intake.general,
        )
        .order_by(Vacancy.id)
    )


def seats_to_offer(vacancy_id: int) -> Select[Seat]:
    """Spec 3.5.1: the free seats of one vacancy that still go by turn: nobody has passed them by."""
    return free_seats(vacancy_id).where(Seat.opened_at.is_(None), ~in_lot())


def seats_of_lot(lot: Lot) -> Select[Seat]:
    """The seats that a lot gives, in their order: what is no longer published it gives to nobody."""
    published = exists().where(Vacancy.id == lot.vacancy_id, Vacancy.status == VacancyStatus.published)
    return free_seats(lot.vacancy_id).where(Seat.lot_id == lot.id, published)


def promised_seats(group_id: int) -> Select[int]:
    """The seats of a group that are published, lent, offered or held: whatever a family has or may have a claim on."""
    claims = (HoldingKind.offer, HoldingKind.held, HoldingKind.stay)
    claimed = exists().where(Holding.seat_id == Seat.id, Holding.ended_at.is_(None), Holding.kind.in_(claims))
    published = select(Vacancy.id).where(Vacancy.status == VacancyStatus.published)
    promised = or_(and_(Seat.vacancy_id.in_(published), is_free()), claimed.correlate(Seat))
    return select(Seat.id).where(Seat.group_id == group_id, Seat.retired_at.is_(None), promised)


def over_capacity(*group_ids: int) -> Select[int, int]:
    """(group, children above its capacity) of those, or of all, that an old list brought in with too many children.

    Each child attends on a seat of its own; those above the capacity are retired when their child leaves.
    """
    found = (
        select(KgGroup.id, func.count(Seat.id) - KgGroup.capacity)
        .join(Seat, Seat.group_id == KgGroup.id)
        .where(Seat.intake == Intake.general, Seat.retired_at.is_(None))
        .group_by(KgGroup.id, KgGroup.capacity)
        .having(func.count(Seat.id) > KgGroup.capacity)
    )
    return found.where(KgGroup.id.in_(group_ids)) if group_ids else found


def over_full() -> ColumnElement[bool]:
    """Groups that have more children than places."""
    return KgGroup.id.in_(select(over_capacity().subquery().c.id))


def attending(group_ids: Sequence[int]) -> Select[int, int]:
    """(group, children who are enrolled in it, those in lent places not counted)."""
    return (
        select(Seat.group_id, func.count())
        .join(Holding, Holding.seat_id == Seat.id)
        .where(Seat.group_id.in_(group_ids), Holding.ended_at.is_(None), Holding.kind == HoldingKind.enrolment)
        .group_by(Seat.group_id)
    )


def _seats_by_state() -> Select[int | None, str, int, int]:
    """(vacancy, state, count, the first one's id) of seats of `vacancies` that stand: free, open (a free choice),
    lot (given by lot), offer, held, enrolment or stay.
    """
    live = and_(Holding.seat_id == Seat.id, Holding.ended_at.is_(None))
    free = case((in_lot(), "lot"), (Seat.opened_at.is_not(None), "open"), else_="free")
    state = func.coalesce(cast(Holding.kind, String), free)
    return (
        select(Seat.vacancy_id, state, func.count(), func.min(Seat.id))
        .outerjoin(Holding, live)
        .where(Seat.vacancy_id.in_(bindparam("vacancies", expanding=True)), Seat.retired_at.is_(None))
        .group_by(Seat.vacancy_id, state)
    )


SEATS_BY_STATE = _seats_by_state()  # built once, as what every choice asks for


def unpublished_seats(group_id: int, limit: int | None = None) -> Select[Seat]:
    """The free general seats of a group that no vacancy publishes, in their order.

    A seat that was held when its vacancy closed, and was freed later, is the group's again.
    """
    closed = select(Vacancy.id).where(Vacancy.group_id == group_id, Vacancy.status == VacancyStatus.closed)
    its_own = or_(Seat.vacancy_id.is_(None), Seat.vacancy_id.in_(closed))
    return (
        select(Seat)
        .where(Seat.group_id == group_id, Seat.intake == Intake.general, its_own, is_free())
        .order_by(Seat.id)
        .limit(limit)
    )


def known_by_number(group_id: int, limit: int | None = None) -> Select[Enrolment, Holding]:
    """(enrolment, holding) of the children who attend a group and are known by number alone, the last first."""
    return (
        select(Enrolment, Holding)
        .join(Holding, Holding.enrolment_id == Enrolment.id)
        .where(
            Enrolment.group_id == group_id,
            Enrolment.child_id.is_(None),
            Enrolment.ended_on.is_(None),
            Holding.ended_at.is_(None),
        )
        .order_by(Enrolment.id.desc())
        .limit(limit)
    )


def _free_pool() -> Select[QueueKind, int, int, int]:
    """Spec 3.4.1: (queue kind, birth year from, to, count) of the free seats of published general vacancies in `places`
    for `queue_kinds`.
    """
    by = Kindergarten.queue_kind, KgGroup.birth_year_from, KgGroup.birth_year_to
    return (
        select(*by, func.count())
        .select_from(Seat)
        .join(Vacancy, Vacancy.id == Seat.vacancy_id)
        .join(KgGroup, KgGroup.id == Seat.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(
            Kindergarten.place_id.in_(bindparam("places", expanding=True)),
            Kindergarten.queue_kind.in_(bindparam("queue_kinds", expanding=True)),
            has_places(),
            Vacancy.status == VacancyStatus.published,
            Vacancy.intake == Intake.general,
            is_free(),
        )
        .group_by(*by)
    )


FREE_POOL = _free_pool()


def _holders() -> Select[QueueKind, int, int | None, bool, int]:
    """Spec 3.4.1: (queue kind, birth year, application, is it `own`, count) of the live general vouchers of a
    `district` for `queue_kinds` that have not chosen yet, in the order of the applications.

    The application stands there, for itself, where the birth date was corrected to another year since the voucher was
    issued (spec 3.8): perhaps no seat was ever kept for it.
    """
    # By the district first, then the one live voucher of each, whatever PostgreSQL believes: in a round it has not
    # counted the new ones yet, and would go through those of the whole region.
    issued_at = (
        select(Voucher.issued_at)
        .where(
            Voucher.application_id == Application.id,
            Voucher.kind == Intake.general,
            Voucher.status.in_((VoucherStatus.issued, VoucherStatus.confirmed)),
        )
        .correlate(Application)
        .scalar_subquery()
    )
    there = (
        select(Application.id, Application.queue_kind, Application.child_id, issued_at.label("issued_at"))
        .where(
            Application.place_id == bindparam("district"),
            Application.queue_kind.in_(bindparam("queue_kinds", expanding=True)),
            is_(Application.__table__.c.status, *RUNNING[Voucher]),
        )
        .cte("there")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    moved = exists().where(
        Round.application_id == there.c.id,
        Round.by_hand == "correct",
        Round.held_at >= there.c.issued_at,
        extract("year", Round.born_before) != extract("year", Child.born_on),
    )
    chosen = exists().where(
        Holding.application_id == there.c.id, Holding.kind == HoldingKind.held, Holding.ended_at.is_(None)
    )
    year, alone = extract("year", Child.born_on), case((moved.correlate(there, Child), there.c.id))
    return (
        select(
            there.c.queue_kind,
            year,
            alone.label("alone"),
            (there.c.id == bindparam("own")).label("own"),
            func.count(),
        )
        .select_from(there)
        .join(Child, Child.id == there.c.child_id)
        .where(there.c.issued_at.is_not(None), ~chosen.correlate(there))
        .group_by(there.c.queue_kind, year, text("alone"), text("own"))
        .order_by(text("alone"))
    )


HOLDERS = _holders()


def kindergarten_of(application_id: ColumnElement[int]) -> ScalarSelect[int]:
    """The kindergarten that an application is referred to or attends by its last referral, as its history says it; the
    twin of permissions.kindergarten_of.
    """
    live = Referral.status.in_((ReferralStatus.issued, ReferralStatus.used))
    last = select(KgGroup.kindergarten_id).join(Vacancy, Vacancy.group_id == KgGroup.id)
    last = last.join(Referral, Referral.vacancy_id == Vacancy.id).where(Referral.application_id == application_id, live)
    return last.order_by(Referral.id.desc()).limit(1).scalar_subquery()


ITS_KINDERGARTEN = joinedload(Vacancy.group).joinedload(KgGroup.kindergarten)  # of a vacancy


def live_holding(application_id: int, kind: HoldingKind) -> Select[Holding]:
    """The one live claim of this kind that an application has, if any, with its seat."""
    live = Holding.application_id == application_id, Holding.kind == kind, Holding.ended_at.is_(None)
    return select(Holding).where(*live).options(joinedload(Holding.seat))


def open_vacancies(place_ids: Sequence[int], queue_kind: QueueKind, birth_year: int, day: date) -> Select[Vacancy, int]:
    """S1, spec 3.4.4: (vacancy, free places) of what a child of this birth year may choose from on this day, by
    name.
    """
    return (
        select(Vacancy, func.count(Seat.id))
        .join(Seat, Seat.vacancy_id == Vacancy.id)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(
            Kindergarten.place_id.in_(place_ids),
            Kindergarten.queue_kind == queue_kind,
            has_places(),
            Vacancy.status == VacancyStatus.published,
            KgGroup.birth_year_from <= birth_year,
            KgGroup.birth_year_to >= birth_year,
            or_(Vacancy.ends_on.is_(None), Vacancy.ends_on >= day),
            is_free(),
        )
        .group_by(Vacancy.id, KgGroup.id, Kindergarten.id)
        .order_by(Kindergarten.sort_name, Vacancy.id)
        .options(contains_eager(Vacancy.group).contains_eager(KgGroup.kindergarten))
    )
