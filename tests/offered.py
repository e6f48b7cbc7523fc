"""What a page offers for an application beside what its verbs accept: each is really tried, and taken back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Executable

from app.access.actors import Actor
from app.access.permissions import of
from app.actions import (
    absences,
    applications,
    clock,
    contracts,
    enrolments,
    norms,
    places,
    possible,
    privileges,
    proposals,
    referrals,
    vouchers,
)
from app.actions.due import settled
from app.db.database import taken_back
from app.db.extensions import db
from app.models import Application, DayOff, KgGroup, Norm, PrivilegeGround, Vacancy
from app.rules.calendar import local_day
from app.rules.refusals import Refusal
from app.rules.roles import COUNTER, Role
from app.rules.verbs import VERBS as ROWS
from app.scenarios import acting
from tests.model.machine import Walk

CHOOSES = ("queued", "notified", "voucher_issued")  # whose birth year decides
DAY, REASON = timedelta(1), "себеп"
ROLES = [role for role in Role if role is not Role.clock]
ACTS = (Role.department, Role.head)  # between them they do all verbs


@contextmanager
def walked(databases: Any, kind: str, seed: int, steps: int) -> Iterator[Walk]:
    """A random town in the current database, after so many steps and the clock; it is wiped away afterwards."""
    town = Walk(seed, partial(databases.empty, kind))
    town.pair.real.close, close = lambda: None, town.pair.real.close  # it is looked at before
    try:
        town.go(steps)
        town.play("clock")
        yield town
    finally:
        close()


def differences(at: datetime, roles: Sequence[Role] = ROLES) -> list[str]:
    """Every verb x role x application of the database: what is offered and refused, or accepted and not offered.

    The clock has run at this moment. Of applications that are alike in all that decides, one is tried.
    """
    alike: dict[str, list[int]] = {}
    for application in db.session.scalars(db.select(Application).order_by(Application.id)):
        alike.setdefault(f"{application.place_id} {shape(application, at)}", []).append(application.id)
    db.session.expire_all()
    with settled(clock.districts(), at):  # to look for what is due costs more than all the rest of a try
        tried: set[tuple[Role, str]] = set()
        return [one for some in alike.values() for one in _of(some[0], at, roles, tried)]


def without_calendar() -> AbstractContextManager[None]:
    """Inside, no day off is entered for any year: no working day can be counted."""
    return _without(db.delete(DayOff))


def without_norms() -> AbstractContextManager[None]:
    """Inside, no term, age or number is in force: nothing but what orders the queue."""
    others = db.update(Norm).where(Norm.name.not_in(("procedure", "queue.ratio")))
    return _without(others.values(approved_at=None, approved_by_id=None))


@contextmanager
def _without(taken_away: Executable) -> Iterator[None]:
    with taken_back():
        db.session.execute(taken_away)
        db.session.info.pop(places.LOOKED_UP, None)
        yield
    db.session.expire_all()


def shape(application: Application, at: datetime) -> str:
    """All that decides about an application: those that are alike in it are tried once."""
    rights = [*application.vouchers[-1:], *application.referrals[-1:], *application.offers[-1:]]
    ends = [one.attend_by or one.ends_on for one in application.referrals[-1:]]
    decides = (
        application.status,
        application.standing,
        application.status in CHOOSES and application.birth_year,
        [privilege.status for privilege in application.privileges],
        [(right.__tablename__, right.status) for right in rights],
        [one.contract and one.contract.status for one in application.referrals[-1:]],
        [end and end >= local_day(at) for end in ends],
        [(one.until is None, one.ended_with) for one in application.stop_listings[-1:]],
    )
    return repr(decides)


def _never(role: Role, verb: str) -> bool:
    """Is it nothing that this role ever does? Then it is tried with one application: all the others are alike in it."""
    row = of(Application, verb)
    return row is None or role not in row.roles


def _of(pk: int, at: datetime, roles: Sequence[Role], tried: set[tuple[Role, str]]) -> Iterator[str]:
    for role in roles:
        application = db.session.get_one(Application, pk)
        by = acting.actor(role, application)
        offered = set(possible.verbs(application, by=by, at=at))
        signed = replace(by, paper_on=local_day(at)) if role in COUNTER else by
        for verb in VERBS:
            if verb not in offered and _never(role, verb) and (role, verb) in tried:
                continue
            tried.add((role, verb))
            why = "not offered, but done"
            for act in VERBS[verb](db.session.get_one(Application, pk), by, signed, at):
                refused = _refused(act)
                if refused is None:
                    break
                why = f"offered, but {refused}"
            else:
                refused = refused or "nothing to take"
            if (verb in offered) is not (refused is None):
                child = db.session.get_one(Application, pk)
                yield f"{child.number} {child.status}, {role} {verb}: {why}"


def _refused(act: Callable[[], object]) -> Refusal | None:
    try:
        with taken_back():
            act()
    except Refusal as refusal:
        return refusal
    db.session.expire_all()
    return None


Tries = Iterator[Callable[[], object]]


def _plain(act: Callable[..., object], **more: object) -> Callable[..., Tries]:
    def tries(application: Application, _by: Actor, signed: Actor, at: datetime) -> Tries:
        yield lambda: act(application, by=signed, at=at, **more)

    return tries


def _choose(application: Application, by: Actor, signed: Actor, at: datetime) -> Tries:
    """Any of the published ones, by who may choose at all; first the one offered to it, which may be closed since."""
    may, year = by.role in ROWS[Application]["choose"].roles, application.birth_year
    published = db.select(Vacancy.id).join(KgGroup).where(Vacancy.status == "published").order_by(Vacancy.id)
    of_its_year = published.where(KgGroup.birth_year_from <= year, KgGroup.birth_year_to >= year)
    found = [offer.vacancy_id for offer in application.offers if offer.status == "live"]
    for vacancy in [*found, *db.session.scalars(of_its_year if may else published.limit(1))]:
        yield lambda vacancy=vacancy: referrals.choose(
            application, db.session.get_one(Vacancy, vacancy), by=signed, at=at
        )


def _extend(application: Application, by: Actor, signed: Actor, at: datetime) -> Tries:
    """By a day, from the last one of what runs."""
    right = vouchers if possible.by_voucher(application) else referrals
    last = local_day(at)
    for voucher in application.vouchers[-1:]:
        last = voucher.choose_by or voucher.confirm_by
    if right is referrals:
        last = max([r.attend_by for r in application.referrals if r.attend_by], default=last)
        with suppress(Refusal):  # no such norm: so the verb says
            longest, _norm = norms.last_day("referral.extension", application.place_id, local_day(at))
            last = min(last, longest - DAY)
    who = signed if by.role is Role.operator else by
    yield lambda: right.extend(application, until=last + DAY, by=who, at=at, reason=REASON)


def _revoke(application: Application, by: Actor, signed: Actor, at: datetime) -> Tries:
    right = vouchers if possible.by_voucher(application) else referrals
    who = signed if by.role is Role.operator else by
    yield lambda: right.revoke(application, by=who, at=at, reason=REASON)


def _absent(application: Application, by: Actor, _signed: Actor, at: datetime) -> Tries:
    """On a day of the next year, for it may be away on others already."""
    for n in (1, 60, 300):
        day = local_day(at) + n * DAY
        yield lambda day=day: absences.absent(application, from_on=day, until=day, by=by, at=at, reason=REASON)


def _ask(verb: str) -> Callable[..., Tries]:
    def tries(application: Application, by: Actor, _signed: Actor, at: datetime) -> Tries:
        yield lambda: proposals.ask(application, verb, by=by, at=at, reason=REASON)

    return tries


VERBS: dict[str, Callable[..., Tries]] = {
    "confirm": _plain(vouchers.confirm),
    "choose": _choose,
    "sign": _plain(contracts.sign),
    "enrol": _plain(enrolments.enrol),
    "refuse": _plain(vouchers.refuse),
    "restore": _plain(applications.restore),
    "release": _plain(applications.release),
    "issue_out_of_turn": _ask("issue_out_of_turn"),
    "extend": _extend,
    "revoke": _revoke,
    "absent": _absent,
    "return": _plain(absences.come_back),
    "leave": _plain(enrolments.leave),
    "archive": _plain(applications.archive, reason=REASON),
    "withdraw": _plain(applications.withdraw),
    "reinstate": _ask("reinstate"),
    "claim_privilege": _plain(privileges.claim, claimed=PrivilegeGround.large_family),
    "confirm_privilege": _plain(privileges.confirm),
    "reject_privilege": _plain(privileges.reject, reason=REASON),
}
