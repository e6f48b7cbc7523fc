"""S0-S2, spec 3.4.4, 3.5 and 3.6: the family chooses a place; a referral leads there, for good or for a time."""

from datetime import date, datetime, timedelta
from typing import Any

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import choosing, claims, enrolments, leaving, norms
from app.actions.moving import move, record
from app.actions.preconditions import SOME, begin, has_say, in_time, latest_referral, may_begin, with_its_signature
from app.actions.seating import first_day
from app.actions.vouchers import live_voucher
from app.db.database import read_again
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Contract,
    ContractStatus,
    ContractText,
    Holding,
    HoldingKind,
    Intake,
    Norm,
    Ownership,
    Referral,
    ReferralStatus,
    Seat,
    Vacancy,
    Voucher,
)
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.deadlines import due_moment
from app.rules.norms import term_of
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.rules.seats import ITS_KINDERGARTEN
from app.rules.verbs import VERBS

ONE_DAY = timedelta(days=1)


def choose(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> Referral:
    """S0-S2, spec 3.4.4, 3.5.2-4: the family takes a place: by its voucher, or in its turn and where none is needed.

    Raises Refusal: not_allowed, too_late, stop_listed, wrong_status, reason_required, signature_required, wrong_place,
    wrong_birth_year, too_young, no_free_place, not_their_turn, no_calendar.
    """
    day = begin(application, "choose", by=by, at=at, whole_district=True)
    read_again(vacancy, ITS_KINDERGARTEN)
    seat_id = _seat(application, vacancy, by=by, at=at)
    take = _take_by_turn if choosing.procedure(application, day) == "referral" else _take_by_voucher
    return take(application, vacancy, seat_id, by=by, at=at, day=day)


def may_take(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> None:
    """Would the choice of this place, for good, be accepted as long as nothing is due? Raises Refusal as `choose` does.

    It takes no lock and writes nothing: of twenty families that look at one place nobody waits for another one.
    """
    permit(by, "choose", application)
    day = may_begin(application, "choose", by=by, at=at)
    _seat(application, vacancy, by=by, at=at)
    if choosing.procedure(application, day) == "referral":
        terms(application.place_id, at)


def _seat(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> int:
    """The seat that would be taken. Raises Refusal."""
    norm = "choose_temporary" if vacancy.intake is Intake.temporary else None
    with_its_signature(application, "choose", by=by, at=at, norm=norm)
    return choosing.seat_for(application, vacancy, local_day(at))


def may_choose(application: Application, *, by: Actor, at: datetime) -> list[tuple[Vacancy, int]]:
    """S0: what there is to choose (choosing.choices), if the term that it begins can be counted. Each place is judged
    by the rule that judges the choice itself.

    Raises Refusal: reason_required, too_late (the family's paper), no_free_place, no_norm, no_calendar.
    """
    with_its_signature(application, "choose", by=by, at=at)
    found = choosing.choices(application, local_day(at))
    if not found:
        raise Refusal(Reason.no_free_place)
    if choosing.procedure(application, local_day(at)) == "referral":
        terms(application.place_id, at)
    return found


def _take_by_voucher(
    application: Application, vacancy: Vacancy, seat_id: int, *, by: Actor, at: datetime, day: date
) -> Referral:
    """S1: a free place of the child's birth year in any kindergarten of the district.

    A general place is held until the contract is signed; a temporary one is a stay from its first day on, and the
    child waits on with its old day.
    """
    voucher = live_voucher(application)
    if vacancy.intake is Intake.temporary:
        seat = db.session.get_one(Seat, seat_id)
        begins = {"begins_on": first_day(seat, max(day, vacancy.begins_on or day))}
        referral = _referral(application, vacancy, voucher, at=at, day=day, **begins)
        _record_issue(referral, by=by, at=at)
        _stay(referral, voucher, seat, by=by, at=at, day=day)
    else:
        text = norms.contract_text(application.place_id, day)
        referral = _referral(application, vacancy, voucher, at=at, day=day)
        _hold(referral, voucher, seat_id, text, by=by, at=at)
    return referral


def _take_by_turn(
    application: Application, vacancy: Vacancy, seat_id: int, *, by: Actor, at: datetime, day: date
) -> Referral:
    """S0, S2, spec 3.5.2-4: the place that was offered, an open one, or a private one or mini-centre without turn.

    With a private place the standing in the state queue is lost at once.
    """
    kindergarten = vacancy.group.kindergarten
    private = kindergarten.ownership is Ownership.private
    own = claims.live_offer(application)
    claims.end_offer(application, by=by, at=at, verb="choose" if own and own.vacancy_id == vacancy.id else "end")
    referral = _referral(application, vacancy, None, at=at, day=day, **terms(application.place_id, at))
    _claim(referral, seat_id, at=at)
    _record_issue(referral, by=by, at=at)
    told = {"kindergarten": kindergarten.name, "attend_by": referral.attend_by}
    standing = application.standing and not private
    to, norm = ApplicationStatus.referred, db.session.get(Norm, referral.attend_norm_id)
    move(application, "choose", by=by, at=at, to=to, norm=norm, tell=told, standing=standing)
    return referral


def terms(place_id: int, at: datetime) -> dict[str, Any]:
    """S2, spec 3.5.5: by when the family comes with a referral issued now, and until when it may take it back.

    Raises Refusal: no_norm, no_calendar.
    """
    day = local_day(at)
    attend_by, norm = norms.last_day("referral.attend", place_id, day)
    revocation = norms.in_force("referral.revocation", place_id, day)
    return {
        "attend_by": attend_by,
        "attend_norm_id": norm.id,
        "revocable_until": due_moment(at, term_of(revocation)),
        "revocation_norm_id": revocation.id,
    }


def extend(application: Application, *, until: date, by: Actor, at: datetime, reason: str | None) -> None:
    """S2, spec 3.5.5: once, and up to 30 days from the day it is granted, the last day to come moves.

    Raises Refusal: not_allowed, wrong_status (also for a voucher's referral, which has no term of its own), too_late,
    already_used, too_long.
    """
    begin(application, "extend", by=by, at=at)
    referral, running, norm = may_extend(application, until=until, by=by, at=at)
    referral.attend_by, referral.extensions = until, referral.extensions + 1
    facts: dict[str, Any] = {"by": by, "at": at, "reason": reason, "norm": norm, "tell": {"attend_by": until}}
    for row in (referral, application):
        record(row, "extend", details={"attend_by": [running, until]}, **facts)


def may_extend(
    application: Application, *, by: Actor, at: datetime, until: date | None = None
) -> tuple[Referral, date, Norm]:
    """S2, spec 3.5.5: the referral whose term runs and could end later, as often and as far as the norms say; its last
    day now, and the norm. `until`: the new one, or else the next day.

    Raises Refusal: too_late, wrong_status, reason_required, already_used, too_long, no_norm, no_calendar.
    """
    day = local_day(at)
    in_time(application, "extend", day, of=(Referral,))
    referral, running = _by_turn(application)
    with_its_signature(application, "extend", by=by, at=at)
    until = until or running + ONE_DAY
    eligibility.later(until, running)
    eligibility.times_left(referral.extensions, norms.number("referral.extensions", application.place_id, day))
    last, norm = norms.last_day("referral.extension", application.place_id, day)
    eligibility.not_too_long(until, last)
    return referral, running, norm


def revoke(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """S2, spec 3.5.5: the family takes it back within 24 hours, an official at any time with a reason.

    The place is freed and the child waits on from its old day; the standing that a private place had cost returns
    (3.8). Raises Refusal: not_allowed, too_late, wrong_status, reason_required.
    """
    permit(by, "revoke", application)
    _in_its_hours(application, by=by, at=at)
    begin(application, "revoke", by=by, at=at)
    referral, reason = may_revoke(application, by=by, at=at, reason=reason)
    claims.free_held_place(application, by=by, at=at, on=None, reason=reason)
    told = {"kindergarten": referral.vacancy.group.kindergarten.name, "reason": reason}
    move(application, "revoke", by=by, at=at, reason=reason, tell=told, standing=True)


def may_revoke(
    application: Application, *, by: Actor, at: datetime, reason: str | None = SOME
) -> tuple[Referral, str | None]:
    """The referral that would be taken back, and why. Raises Refusal: too_late, wrong_status, reason_required."""
    _in_its_hours(application, by=by, at=at)
    referral, _ = _by_turn(application)
    with_its_signature(application, "revoke", by=by, at=at)
    return referral, reason if _by_family(by) else eligibility.given(reason)


def _in_its_hours(application: Application, *, by: Actor, at: datetime) -> None:
    """S2: whoever acts for the family has its hours; an office may at any time. Raises Refusal(too_late)."""
    last = latest_referral(application)
    if _by_family(by) and last is not None and last.status is not ReferralStatus.used and has_say(last):
        eligibility.within_hours(at, last.revocable_until)


def _by_family(by: Actor) -> bool:
    return by.role is Role.family or by.stands_for_family(VERBS[Application]["revoke"])


def _by_turn(application: Application) -> tuple[Referral, date]:
    """The live referral of the referral procedure and its last day; a voucher's has no term of its own.

    Raises Refusal(wrong_status).
    """
    referral = claims.current_referral(application)
    if referral.attend_by is None:
        raise Refusal(Reason.wrong_status)
    return referral, referral.attend_by


def _hold(
    referral: Referral, voucher: Voucher, seat_id: int, text: ContractText | None, *, by: Actor, at: datetime
) -> None:
    """Spec 3.4.4: the place is held at once; referral and contract wait for two signatures."""
    _claim(referral, seat_id, at=at)
    contract = Contract(referral=referral, drawn_up_at=at, text=text)
    db.session.add(contract)
    _record_issue(referral, by=by, at=at)
    record(contract, "draw_up", by=by, at=at, status=(None, ContractStatus.draft))
    told = {"kindergarten": referral.vacancy.group.kindergarten.name, "choose_by": voucher.choose_by}
    move(referral.application, "choose", by=by, at=at, to=ApplicationStatus.referred, tell=told)


def _claim(referral: Referral, seat_id: int, *, at: datetime) -> None:
    db.session.add(
        Holding(
            seat_id=seat_id,
            kind=HoldingKind.held,
            application_id=referral.application.id,
            referral=referral,
            started_at=at,
        )
    )


def _stay(referral: Referral, voucher: Voucher, seat: Seat, *, by: Actor, at: datetime, day: date) -> None:
    """S1, spec 3.6: the stay begins with the choice, but not before the first day of the place; the voucher becomes
    that of the stay."""
    application, vacancy = referral.application, referral.vacancy
    first, last = referral.begins_on or day, referral.ends_on
    leaving.end_stay(leaving.live(application).get(Intake.temporary), by=by, at=at, day=day)
    voucher.kind = Intake.temporary
    record(voucher, "choose", by=by, at=at, details={"kind": ["general", "temporary"]})
    move(referral, "use", by=by, at=at, ended_at=at)
    enrolments.start(application, vacancy, seat, voucher=voucher, by=by, at=at, first=first, last=last)
    told = {"kindergarten": vacancy.group.kindergarten.name, "begins_on": first, "ends_on": last}
    move(application, "choose", by=by, at=at, to=ApplicationStatus.queued, tell=told)


def _referral(
    application: Application,
    vacancy: Vacancy,
    voucher: Voucher | None,
    *,
    at: datetime,
    day: date,
    **terms: Any,
) -> Referral:
    referral = Referral(
        application=application,
        child_id=application.child_id,
        child_iin=application.child_iin,
        voucher=voucher,
        vacancy=vacancy,
        kind=vacancy.intake,
        status=ReferralStatus.issued,
        issued_at=at,
        issued_on=day,
        ends_on=vacancy.ends_on,
        contract=None,  # known, so that it is not looked for
        **terms,
    )
    db.session.add(referral)
    return referral


def _record_issue(referral: Referral, *, by: Actor, at: datetime) -> None:
    days = {"begins_on": referral.begins_on, "ends_on": referral.ends_on}
    details = {"vacancy": referral.vacancy, "group": referral.vacancy.group_id, **days}
    record(referral, "issue", by=by, at=at, status=(None, ReferralStatus.issued), details=details)
