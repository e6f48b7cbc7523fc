"""What a scenario may expect (spec 4): a table of facts for each kind of record, read from what is recorded."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from app.actions import applications, claims, norms, numbers, offers
from app.actions.preconditions import latest_referral, latest_stop_listing, latest_voucher
from app.db.extensions import db
from app.models import (
    Application,
    Audience,
    Base,
    Channel,
    DeliveryStage,
    DocumentKind,
    Enrolment,
    Guardianship,
    Holding,
    HoldingKind,
    Intake,
    KgGroup,
    LotEntry,
    Place,
    QueueKind,
    QueueOrderKind,
    Seat,
    Vacancy,
    VacancyStatus,
)
from app.rules import guardianships, queue
from app.rules import seats as place_rules
from app.scenarios.town import ScenarioTown


def of(ref: str, town: ScenarioTown, day: date) -> dict[str, Any]:
    """All facts of what a ref stands for, on a local day; none of what has not entered."""
    if ref not in town.ids:
        return {}
    record, found = town.record(ref), {}
    for name, fact in FACTS.get(type(record), {}).items():
        found[name] = plain(fact(record, day, town))
    return found


def one(ref: str, name: str, town: ScenarioTown, day: date) -> Any:
    """One fact."""
    if ref not in town.ids:
        return None
    record = town.record(ref)
    return plain(FACTS[type(record)][name](record, day, town))


def holds(expected: Any, found: Any) -> bool:
    """Whether a fact is as expected: `none` says the same as null, and of `next` the years that are named count."""
    if isinstance(expected, dict):
        return all((found or {}).get(year, []) == refs for year, refs in expected.items())
    return ("none" if expected is None else expected) == ("none" if found is None else found)


def plain(value: Any) -> Any:
    """A fact as JSON and YAML have it: days and statuses are text."""
    match value:
        case date():
            return value.isoformat()
        case list():
            return [plain(one) for one in value]
        case StrEnum():
            return str(value)
    return value


# ---------------------------------------------------------------- applications


def _number(application: Application, day: date, _town: ScenarioTown) -> int | None:
    number = numbers.of(application, day)
    return number.value if number else None


def _privileged_number(application: Application, day: date, _town: ScenarioTown) -> int | None:
    number = numbers.of(application, day)
    return number.privileged if number else None


def _of_voucher(name: str) -> Callable[[Application, date, ScenarioTown], Any]:
    return lambda application, _day, _town: getattr(latest_voucher(application), name, None)


def _temporary_voucher(application: Application, _day: date, _town: ScenarioTown) -> str | None:
    last = [v for v in application.vouchers if v.kind is Intake.temporary][-1:]
    return str(last[0].status) if last else None


def _referral(application: Application, _day: date, _town: ScenarioTown) -> str | None:
    return application.referrals[-1].status if application.referrals else None


def _contract(application: Application, _day: date, _town: ScenarioTown) -> str:
    """A void contract is none (spec 4)."""
    contracts = [r.contract for r in application.referrals if r.contract is not None]
    return contracts[-1].status if contracts and contracts[-1].status != "void" else "none"


def _attends(application: Application, day: date, town: ScenarioTown) -> str | None:
    """The group where the child is now: that of a stay that has begun, while there is one, before its enrolment's."""
    begun = Enrolment.ended_on.is_(None), Enrolment.started_on <= day
    lives = select(Enrolment).where(Enrolment.child_iin == application.child_iin, *begun)
    found = db.session.scalars(lives.order_by(Enrolment.intake == Intake.general, Enrolment.id)).first()
    return town.ref_of(KgGroup, found.group_id) if found else None


def _holds(application: Application, _day: date, town: ScenarioTown) -> str | None:
    held = db.session.scalars(place_rules.live_holding(application.id, HoldingKind.held)).first()
    return town.ref_of(KgGroup, held.seat.group_id) if held else None


def _guardians(application: Application, on: date, _town: ScenarioTown) -> list[str]:
    """Whoever has joined and sees it on that day, by IIN."""
    joined = select(Guardianship.iin).where(Guardianship.child_id == application.child_id, guardianships.holds(on))
    return list(db.session.scalars(joined.order_by(Guardianship.id)))


def _notices(application: Application, _day: date, _town: ScenarioTown) -> list[str]:
    return [notice.template for notice in application.notices if notice.audience is Audience.family]


def _sms(application: Application, _day: date, _town: ScenarioTown) -> list[str]:
    sent = [one for notice in application.notices for one in notice.deliveries if one.stage is DeliveryStage.sent]
    return [one.notice.template for one in sent if one.channel is Channel.sms]


def _lots(application: Application, _day: date, _town: ScenarioTown) -> list[str]:
    mine = select(LotEntry.status).where(LotEntry.application_id == application.id)
    return list(db.session.scalars(mine.order_by(LotEntry.id)))


# ---------------------------------------------------------------- groups, vacancies, places


def _documents(application: Application, _day: date, _town: ScenarioTown) -> list[str]:
    """The papers of its rights, each once however many versions it has, in the order in which they were given."""
    rights = DocumentKind.voucher, DocumentKind.referral, DocumentKind.temporary_referral
    return [one.kind for one in application.documents if one.version == 1 and one.kind in rights]


def _free_general(group: KgGroup, _day: date, _town: ScenarioTown) -> int:
    """Capacity less enrolled and held places, and those that are left while lent; an offer does not count (spec 4)."""
    return group.capacity - _seats(group, Intake.general, *(set(HoldingKind) - {HoldingKind.offer}))


def _free_temporary(group: KgGroup, _day: date, _town: ScenarioTown) -> int:
    return sum(_free(vacancy) for vacancy in group.vacancies if vacancy.intake is Intake.temporary)


def _enrolled(group: KgGroup, _day: date, _town: ScenarioTown) -> int:
    return _seats(group, Intake.general, HoldingKind.enrolment)


def _seats(group: KgGroup, intake: Intake, *kinds: HoldingKind) -> int:
    held = select(func.count(Holding.id)).join(Seat).where(Seat.group_id == group.id, Seat.intake == intake)
    return db.session.scalar(held.where(Holding.ended_at.is_(None), Holding.kind.in_(kinds))) or 0


def _free(vacancy: Vacancy) -> int:
    """Published places that nobody holds."""
    if vacancy.status is not VacancyStatus.published:
        return 0
    return len(db.session.scalars(place_rules.free_seats(vacancy.id)).all())


def _by_lot(vacancy: Vacancy, _day: date, _town: ScenarioTown) -> int:
    """Places that are given by lot and not drawn yet."""
    return len(db.session.scalars(place_rules.free_seats(vacancy.id).where(place_rules.in_lot())).all())


def _open_to_year_group(vacancy: Vacancy, _day: date, _town: ScenarioTown) -> bool:
    """Spec 3.8: an open place stays open until it is entered, also while somebody holds it."""
    opened = select(Seat.id).where(Seat.vacancy_id == vacancy.id, Seat.opened_at.is_not(None))
    return db.session.scalars(opened).first() is not None


def _waiting(place: Place, day: date, _town: ScenarioTown) -> int:
    lines = [select(func.count()).select_from(queue.waiting(place.id, kind, day)) for kind in QueueKind]
    return sum(db.session.scalar(line) or 0 for line in lines)


def _next(place: Place, day: date, town: ScenarioTown) -> dict[str, list[str | None]]:
    """By birth year, who will be served next, in order."""
    found: dict[str, list[str | None]] = {}
    order = norms.order(place.id, day)
    if order.kind is QueueOrderKind.ratio:
        for years in offers.lines_of(place.id, day).values():
            for year, children in years.items():
                found.setdefault(str(year), []).extend(town.ref_of(Application, c.application_id) for c in children)
        return found
    for kind in QueueKind:
        line = queue.waiting(place.id, kind, day)
        for id_, year in db.session.execute(queue.next_by_categories(line, order.categories, day)):
            found.setdefault(str(year), []).append(town.ref_of(Application, id_))
    return found


Fact = Callable[[Any, date, ScenarioTown], Any]

FACTS: dict[type[Base], dict[str, Fact]] = {
    Application: {
        "status": lambda application, _day, _town: application.status,
        "number": _number,
        "privileged_number": _privileged_number,
        "privilege": lambda application, day, _town: numbers.privilege(application, day),
        "privilege_until": lambda application, _day, _town: application.privilege_until,
        "claim": lambda application, _day, _town: application.privileges[-1].status if application.privileges else None,
        "standing": lambda application, _day, _town: application.standing,
        "misses": lambda application, _day, _town: claims.misses(application),
        "priority_by": lambda application, _day, _town: (
            application.offers[-1].priority_by if application.offers else None
        ),
        "attend_by": lambda application, _day, _town: getattr(latest_referral(application), "attend_by", None),
        "restorations": lambda application, _day, _town: applications.restorations(application),
        "confirm_by": _of_voucher("confirm_by"),
        "choose_by": _of_voucher("choose_by"),
        "stop_listed_until": lambda application, _day, _town: getattr(latest_stop_listing(application), "until", None),
        "attends": _attends,
        "holds": _holds,
        "voucher": _of_voucher("status"),
        "temporary_voucher": _temporary_voucher,
        "referral": _referral,
        "contract": _contract,
        "guardians": _guardians,
        "notices": _notices,
        "sms": _sms,
        "documents": _documents,
        "lots": _lots,
    },
    KgGroup: {"free_general": _free_general, "free_temporary": _free_temporary, "enrolled": _enrolled},
    Vacancy: {
        "free": lambda vacancy, _day, _town: _free(vacancy),
        "status": lambda vacancy, _day, _town: vacancy.status,
        "begins_on": lambda vacancy, _day, _town: vacancy.begins_on,
        "ends_on": lambda vacancy, _day, _town: vacancy.ends_on,
        "by_lot": _by_lot,
        "open_to_year_group": _open_to_year_group,
    },
    Place: {"waiting": _waiting, "next": _next},
}
