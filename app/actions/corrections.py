"""What was typed wrong is put right (spec 3.8, Corrections): facts of a child or an applicant, and who the latter is.

One district's record is corrected, for all of its applications that share it (ADR 14). A past day's number stays what
it was when it was shown; papers that were made keep what they said; a live right that the corrected facts would not
have allowed is shown, not taken away.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.actions import by_hand, people
from app.actions.applications import end_what_is_due, not_waiting_already
from app.actions.beginning import catch_up
from app.actions.moving import notify, record
from app.actions.people import NAMES, Details
from app.database import lock_district
from app.extensions import db
from app.models import (
    Applicant,
    Application,
    Audience,
    Child,
    Enrolment,
    KgGroup,
    OfferStatus,
    Referral,
    ReferralStatus,
    Sex,
)
from app.permissions import Actor, permit
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.transitions import APPLICATION_FINAL

FACTS = ("iin", "born_on", "sex", *NAMES)
OF_APPLICANT = ("iin", *NAMES)  # what else there is of an applicant is not asked


def correct(
    application: Application, *, who: str, by: Actor, at: datetime, reason: str | None, **facts: date | Sex | str | None
) -> None:
    """Set the facts that are named otherwise on the `who` of an application ("child" or "applicant"); FACTS says which.

    An applicant with another IIN is another person: the one whom the district knows by it, or a new one. What differs
    from an IIN, and a namesake, are accepted by the reason. Raises Refusal: not_allowed, reason_required, bad_iin,
    recorded_otherwise (an IIN of somebody else here), already_waiting (the child waits or attends elsewhere by this
    IIN), too_young (not born when it was registered).
    """
    permit(by, "correct", application)
    reason = eligibility.given(reason)
    lock_district(application.place_id)
    catch_up(at=at, place_id=application.place_id)
    person = application.child if who == "child" else application.applicant
    told = {name: value for name, value in facts.items() if name in (FACTS if who == "child" else OF_APPLICANT)}
    told = {name: value for name, value in told.items() if value is not None and value != getattr(person, name)}
    if told:
        _check_iin(application, who, str(told.get("iin", person.iin)))
        of = _correct_child if who == "child" else _correct_applicant
        of(application, told, by=by, at=at, reason=reason)


def _check_iin(application: Application, who: str, number: str) -> None:
    """Spec 3.9: a number that can be, and of two people. Raises bad_iin."""
    child = people.Person(number if who == "child" else application.child.iin)
    people.check(child, people.Person(number if who == "applicant" else application.applicant.iin))


def _correct_child(application: Application, told: Details, *, by: Actor, at: datetime, reason: str) -> None:
    """On the record of all applications that share it; where the birth date moves, the queue is told at once."""
    child, day = application.child, local_day(at)
    shared = _sharing(Application.child_id == child.id)
    if "iin" in told:
        child = _the_one_known_by(child, told)
        _waits_nowhere_else(told["iin"], shared, at=at)
    for one in shared:
        eligibility.born(told.get("born_on", child.born_on), min(day, local_day(one.queued_at)))
    stood = {one.id: by_hand.before(one, at=at) for one in shared}
    details = {f"child.{name}": [getattr(application.child, name), value] for name, value in told.items()}
    _set(child, told)
    if child is not application.child:
        _become(child, shared)
    for one in shared:
        if doubts := people.doubtful(one.child, one.place_id):
            details = {**details, "accepted": doubts}
        record(one, "correct", by=by, at=at, reason=reason, details=details, tell={})
        if "born_on" in told:
            by_hand.seen(one, "correct", stood[one.id], by=by, at=at, reason=reason)
            if contrary(one):
                notify(one, "correct", at=at, audience=Audience.department)


def _correct_applicant(application: Application, told: Details, *, by: Actor, at: datetime, reason: str) -> None:
    """The person's name on all applications that share it; by another IIN, another person on this one alone."""
    was = application.applicant
    if "iin" not in told:
        details = _set(was, told)
        for one in _sharing(Application.applicant_id == was.id):
            record(one, "correct", by=by, at=at, reason=reason, details=details, tell={})
        return
    said = people.Person(told["iin"], **{name: told.get(name, getattr(was, name)) for name in NAMES})
    known = people.recorded(Applicant, said.iin, application.place_id)
    if known is not None and not all(people.alike(getattr(known, n), getattr(said, n)) for n in NAMES if n in told):
        raise Refusal(Reason.recorded_otherwise, part="applicant_name", parts=["applicant_name"])
    application.applicant = known or people.new_applicant(said, application.place_id)
    db.session.flush()
    names = (*OF_APPLICANT, "born_on")
    details = {f"applicant.{n}": [getattr(was, n), getattr(application.applicant, n)] for n in names}
    details = {name: both for name, both in details.items() if both[0] != both[1]}
    if not _sharing(Application.applicant_id == was.id):
        db.session.delete(was)  # of nobody any more; the history keeps who it was
        db.session.flush()
    record(application, "correct", by=by, at=at, reason=reason, details=details, tell={})


def _sharing(condition: Any) -> Sequence[Application]:
    return db.session.scalars(select(Application).where(condition).order_by(Application.id)).all()


def _set(person: Child | Applicant, told: Details) -> Details:
    """The new values; before and after by name. What the database keeps equal to them is read again."""
    details = {f"{person.__tablename__}.{name}": [getattr(person, name), value] for name, value in told.items()}
    for name, value in told.items():
        if getattr(person, name) != value:
            setattr(person, name, value)
    db.session.flush()
    db.session.expire_all()
    return details


def _waits_nowhere_else(number: str, shared: Sequence[Application], *, at: datetime) -> None:
    """Spec 3.7: by this IIN the child has no other live application of the same queue, referral or enrolment."""
    for one in shared:
        if one.status not in APPLICATION_FINAL:
            end_what_is_due(number, one.queue_kind, at=at)
            not_waiting_already(number, one.queue_kind)
    claims = (
        select(Referral.id).where(Referral.child_iin == number, Referral.status == ReferralStatus.issued),
        select(Enrolment.id).where(Enrolment.child_iin == number, Enrolment.ended_on.is_(None)),
    )
    if any(db.session.scalars(claim.limit(1)).first() for claim in claims):
        raise Refusal(Reason.already_waiting, part="child")


def _the_one_known_by(child: Child, told: Details) -> Child:
    """The child itself, or the one whom the district knows by this IIN, where that is said to be the same child.

    Raises Refusal(recorded_otherwise), with the number of an application of the other one.
    """
    other: Child | None = people.recorded(Child, told["iin"], child.place_id)
    if other is None:
        return child
    said = {name: told.get(name, getattr(child, name)) for name in FACTS}
    named = all(people.alike(getattr(other, name), said[name]) for name in NAMES)
    if not named or (other.born_on, other.sex) != (said["born_on"], said["sex"]):
        first = _sharing(Application.child_id == other.id)[:1]
        number = first[0].number if first else "—"
        raise Refusal(Reason.recorded_otherwise, part="child", belongs_to=number)
    return other


def _become(child: Child, shared: Sequence[Application]) -> None:
    """These applications are of the one whom the district knew by the right IIN, with all that they have claimed."""
    was = shared[0].child
    for one in shared:
        one.child = child
        for referral in one.referrals:
            referral.child_id, referral.child_iin = child.id, child.iin
        for enrolment in db.session.scalars(select(Enrolment).where(Enrolment.application_id == one.id)):
            enrolment.child_id, enrolment.child_iin = child.id, child.iin
    db.session.flush()
    db.session.delete(was)
    db.session.flush()


def contrary(application: Application) -> list[KgGroup]:
    """Spec 3.8: the groups of live offers, referrals and enrolments that are for children of other birth years."""
    year, own = application.birth_year, application.id
    offered = [o.vacancy.group for o in application.offers if o.status is OfferStatus.live]
    referred = [r.vacancy.group for r in application.referrals if r.status is ReferralStatus.issued]
    attends = select(Enrolment).where(Enrolment.application_id == own, Enrolment.ended_on.is_(None))
    groups = [*offered, *referred, *(one.group for one in db.session.scalars(attends))]
    return [group for group in dict.fromkeys(groups) if not group.birth_year_from <= year <= group.birth_year_to]
