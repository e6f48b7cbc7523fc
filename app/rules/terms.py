"""Spec 8.9: what runs out, whom a term of any kind belongs to, and what waits, in numbers. Selects for the first page.

Numbers are counted up to a limit, and each has its condition, so that the list behind it shows the same records.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, cast, exists, func, literal, select, union_all
from sqlalchemy import String as Text

from app.models import (
    Application,
    Base,
    Contract,
    Document,
    Enrolment,
    Holding,
    Intake,
    Offer,
    OfferStatus,
    Outbox,
    Privilege,
    PrivilegeStatus,
    Referral,
    ReferralStatus,
    Seat,
    StopListing,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.rules.queue import QUEUED


class RunningTerm(NamedTuple):
    """A kind of term: the table whose rows have it, its last day, and which of them still run."""

    table: Any
    last_day: Any
    runs: ColumnElement[bool]


def _table(model: type[Base]) -> Any:
    return model.__table__.c  # plain tables: the viewer's scope cuts the applications that they belong to


def _signed(voucher: Any) -> ColumnElement[bool]:
    """S1: the family has signed the contract of this voucher, and so kept its term (rules/due.py)."""
    referral, contract = _table(Referral), _table(Contract)
    return exists().where(
        referral.voucher_id == voucher.id,
        contract.referral_id == referral.id,
        contract.family_signed_at.is_not(None),
        referral.status == ReferralStatus.issued,
    )


def _terms() -> dict[str, RunningTerm]:
    voucher, offer, referral = _table(Voucher), _table(Offer), _table(Referral)
    privilege, listing, enrolment = _table(Privilege), _table(StopListing), _table(Enrolment)
    confirmed = and_(voucher.status == VoucherStatus.confirmed, voucher.kind == Intake.general)
    referred = and_(referral.status == ReferralStatus.issued, referral.kind == Intake.general)
    staying = and_(enrolment.ended_on.is_(None), enrolment.intake == Intake.temporary)
    return {
        "confirm": RunningTerm(Voucher.__table__, voucher.confirm_by, voucher.status == VoucherStatus.issued),
        "choose": RunningTerm(Voucher.__table__, voucher.choose_by, confirmed & ~_signed(voucher)),
        "priority": RunningTerm(Offer.__table__, offer.priority_by, offer.status == OfferStatus.live),
        "attend": RunningTerm(Referral.__table__, referral.attend_by, referred),
        "privilege": RunningTerm(
            Privilege.__table__, privilege.valid_until, privilege.status == PrivilegeStatus.confirmed
        ),
        "stop_list": RunningTerm(StopListing.__table__, listing.until, listing.ended_at.is_(None)),
        "stay": RunningTerm(Enrolment.__table__, enrolment.ends_on, staying),
    }


LATE = timedelta(31)  # of a clock that stood still; what is older is not looked through, over and over
TERMS = _terms()  # spec 3.2, 3.4-3.6: every term of a family that ends on a known day


def running_out(name: str, today: date, by: date) -> ColumnElement[bool]:
    """Applications whose term of this kind still runs and ends by this day; what the clock was to end is among them."""
    term = TERMS[name]
    ends = term.last_day.between(today - LATE, by)
    return Application.id.in_(select(term.table.c.application_id).where(term.runs, ends))


def ending(today: date, week: date, most: int) -> CompoundSelect[Any]:
    """(kind of term, ends by today, by the end of the week) within the viewer's scope, `most` + 1 for any more."""
    return union_all(*(_ending(name, today, week, most) for name in TERMS))


def _ending(name: str, today: date, week: date, most: int) -> Select[str, int, int]:
    term = TERMS[name]
    rows: Any = select(Application.id, term.last_day.label("last_day"))
    rows = rows.join(term.table, term.table.c.application_id == Application.id)
    rows = (
        rows.where(term.runs, term.last_day.between(today - LATE, week))
        .order_by(term.last_day)
        .limit(most + 1)
        .subquery()
    )
    by_today = func.count().filter(rows.c.last_day <= today)
    return select(literal(name).label("term"), by_today.label("today"), func.count().label("week")).select_from(rows)


def closing(by: date) -> ColumnElement[bool]:
    """S1: published temporary places whose last day comes by then."""
    return and_(Vacancy.status == VacancyStatus.published, Vacancy.ends_on <= by)


def failed_papers() -> ColumnElement[bool]:
    """Applications with a paper that could not be made yet."""
    outbox, document = _table(Outbox), _table(Document)
    failed = select(outbox.document_id).where(outbox.done_at.is_(None), outbox.error.is_not(None))
    return Application.id.in_(select(document.application_id).where(document.id.in_(failed)))


def counted(model: type[Base], condition: ColumnElement[bool], most: int) -> Any:
    """How many rows within the viewer's scope hold, `most` + 1 for any more than that; one value of a select."""
    found = select(model.id).where(condition).limit(most + 1).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


def free_places(most: int) -> Any:
    """Spec 3.7: published places that nobody holds, counted like the others."""
    held = exists().where(Holding.seat_id == Seat.id, Holding.ended_at.is_(None)).correlate(Seat)
    vacancy = _table(Vacancy)
    published = select(vacancy.id).where(vacancy.status == VacancyStatus.published)
    return counted(Seat, and_(Seat.vacancy_id.in_(published), Seat.retired_at.is_(None), ~held), most)


def waiting() -> Select[int, int, int]:
    """(district, birth year, how many wait): one walk through an index that holds nothing else."""
    queued = Application.status == QUEUED
    years = (Application.place_id, Application.birth_year)
    return select(*years, func.count()).where(queued).group_by(*years)


def groups_by_state() -> Select[int, str, int]:
    """(group, state, seats): free (published), spare (not published), to_lend (free for a time, spec 3.6), or who has
    it: offer, held, enrolment, lent (left while another child stays in it) or stay.
    """
    vacancy = _table(Vacancy)
    published = select(vacancy.id).where(vacancy.id == Seat.vacancy_id, vacancy.status == VacancyStatus.published)
    free = case((Seat.intake == Intake.temporary, "to_lend"), (published.exists(), "free"), else_="spare")
    holding = _table(Holding)
    state = func.coalesce(cast(holding.kind, Text), free)
    live = and_(holding.seat_id == Seat.id, holding.ended_at.is_(None))
    return (
        select(Seat.group_id, state, func.count())
        .outerjoin(Holding.__table__, live)
        .where(Seat.retired_at.is_(None))
        .group_by(Seat.group_id, state)
    )
