"""What was typed wrong is put right (spec 3.8, Corrections): facts of a child or an applicant, and who the latter is.

One district's record is corrected, for all of its applications that share it (ADR 14). A past day's number stays what
it was when it was shown; papers that were made keep what they said, and new versions replace them; what
was signed stays as it was signed, and is signed anew where another person is the applicant (contracts.py); a live right
that the corrected facts would not have allowed is shown, not taken away: an offered or held place may be used as it was
given, a voucher chooses among the places of the birth year that is recorded now, and takes nobody's seat
(seating.py). A child that waits and is too old by the corrected date leaves the queue in the same transaction, as the
clock would have it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from app import registers
from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import by_hand, claims, contracts, norms, numbers, people, vouchers
from app.actions.applications import end_what_is_due, not_waiting_already, waits_in
from app.actions.due import catch_up
from app.actions.moving import notify, record
from app.actions.people import NAMES, Details
from app.actions.preconditions import latest_voucher
from app.actions.seating import seating
from app.db.database import lock_districts
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Audience,
    Change,
    Child,
    Enrolment,
    Guardianship,
    HoldingKind,
    KgGroup,
    Notice,
    OfferStatus,
    QueueCategory,
    QueueKind,
    Referral,
    ReferralStatus,
    Round,
    Sex,
    Side,
)
from app.registers.declaration import Register
from app.rules import eligibility, matching
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.guardianships import holds
from app.rules.refusals import Reason, Refusal
from app.rules.seats import live_holding
from app.rules.verbs import APPLICATION_FINAL

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
    elsewhere = waits_in([str(facts["iin"])], *QueueKind) if who == "child" and facts.get("iin") else set[int]()
    lock_districts({application.place_id, *elsewhere})
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
            catch_up(at=at, place_id=one.place_id, application_id=one.id)  # too old for the queue: it leaves it now


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
    application.applicant = known or Applicant(place_id=application.place_id, **people.of_applicant(said))
    db.session.flush()
    facts = (*OF_APPLICANT, "born_on")
    details = {f"applicant.{n}": [getattr(was, n), getattr(application.applicant, n)] for n in facts}
    of_known = {name: getattr(known, name) for name in NAMES} if known is not None else {}
    if another_person(was, told | of_known):
        contracts.sign_anew(application, by=by, at=at)
        details |= _own_contacts(application, day=local_day(at))
    details = {name: both for name, both in details.items() if both[0] != both[1]}
    acted = db.session.scalars(select(Change.id).where(Change.applicant_id == was.id).limit(1)).first()
    if not acted and not _sharing(Application.applicant_id == was.id):
        db.session.delete(was)  # of nobody any more; the history keeps who it was
        db.session.flush()
    record(application, "correct", by=by, at=at, reason=reason, details=details, tell={})


def another_person(was: Applicant, told: Details) -> bool:
    """Is it somebody else who is named now, and not the same one by the right number? Then its name is another, too."""
    return "iin" in told and not all(
        people.alike(getattr(was, name), told.get(name, getattr(was, name))) for name in NAMES
    )


def _own_contacts(application: Application, *, day: date) -> Details:
    """Spec 3.9, 3.10: the contacts were those of whoever applied before, who is to get no code and no notice any more;
    whoever had joined has a phone of its own. Before and after by name.
    """
    joined = select(Guardianship.phone).where(
        Guardianship.iin == application.applicant.iin, Guardianship.child_id == application.child_id, holds(day)
    )
    now = {"phone": db.session.scalars(joined).first(), "email": None, "address": None}
    details = {name: [getattr(application, name), value] for name, value in now.items()}
    for name, value in now.items():
        setattr(application, name, value)
    return details


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
    held = (
        select(Referral.id).where(Referral.child_iin == number, Referral.status == ReferralStatus.issued),
        select(Enrolment.id).where(Enrolment.child_iin == number, Enrolment.ended_on.is_(None)),
    )
    if any(db.session.scalars(one.limit(1)).first() for one in held):
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
    for register in (one for one in registers.ALL if one.of == "child"):
        _take_over(register, was, child)
    db.session.flush()
    db.session.delete(was)
    db.session.flush()


def _take_over(register: Register, was: Child, child: Child) -> None:
    """The rows of a child in a register become another one's; what that one has already, it has once.

    Raises Refusal(recorded_otherwise) where the two say different things of one.
    """
    model, facts = register.model, [one.name for one in register.typed if one.name != "child"]
    for row in db.session.scalars(select(model).where(model.child_id == was.id)):
        known = [getattr(model, name) == getattr(row, name) for name in register.known_by if name != "child"]
        there = db.session.scalars(select(model).where(model.child_id == child.id, *known)).first() if known else None
        if there is None:
            row.child = child
        elif all(getattr(there, name) == getattr(row, name) for name in facts):
            db.session.delete(row)
        else:
            raise Refusal(Reason.recorded_otherwise, part="child", belongs_to=str(row))


class Contrary(NamedTuple):
    """A live right that the facts as they are recorded now would not have allowed (spec 3.8).

    `right`: an offer, a referral or an enrolment, of a place in `group`; a voucher; or the seat that a voucher finds.
    """

    right: str
    group: KgGroup | None = None


def to_look_at() -> Sequence[Application]:
    """The applications of which the department was told that a correction had made a right contrary, while it lives.

    Within what the reader sees; `contrary` says of each whether it is so still.
    """
    notice, enrolment = Notice.__table__.c, Enrolment.__table__.c
    told = select(notice.application_id).where(notice.template == "correct", notice.audience == Audience.department)
    attends = select(enrolment.application_id).where(
        enrolment.application_id.is_not(None), enrolment.ended_on.is_(None)
    )
    over = Application.status.in_(APPLICATION_FINAL) & Application.id.not_in(attends)
    return db.session.scalars(select(Application).where(Application.id.in_(told), ~over)).all()


def contrary(application: Application) -> list[Contrary]:
    """Spec 3.8: the live rights, given until its last correction, that the child would not have got by its birth date:
    places for other birth years or ages, a voucher for which it was too young or too old, or that finds no place now.

    Raises Refusal(no_norm).
    """
    corrected = select(Round.held_on).where(Round.application_id == application.id, Round.by_hand == "correct")
    last = db.session.scalars(corrected.order_by(Round.id.desc()).limit(1)).first()
    if last is None:
        return []
    found = [*_contrary_places(application, last), *_contrary_voucher(application, last)]
    return list(dict.fromkeys(found))


def _contrary_places(application: Application, until: date) -> Iterator[Contrary]:
    attends = select(Enrolment).where(Enrolment.application_id == application.id, Enrolment.ended_on.is_(None))
    given = [("offer", o.offered_on, o.vacancy.group) for o in application.offers if o.status is OfferStatus.live]
    given += [
        ("referral" if r.attend_by else "chosen", r.issued_on, r.vacancy.group)
        for r in application.referrals
        if r.status is ReferralStatus.issued
    ]
    given += [("enrolment", one.started_on, one.group) for one in db.session.scalars(attends)]
    for right, day, group in given:
        if day <= until and not _allowed(application, right, group, day):
            yield Contrary(right, group)


def _allowed(application: Application, right: str, group: KgGroup, day: date) -> bool:
    """Spec 3.2, 3.3: is the child of the group's years, and was it old enough, and not too old, on the day of this?"""
    try:
        eligibility.in_birth_years(application.born_on, group)
        if right in ("offer", "referral"):
            eligibility.not_too_young(application.born_on, day, norms.minimum_age(group.kindergarten, day))
        if right != "enrolment":
            eligibility.not_too_old(application.born_on, day, _most_months(application, day))
    except Refusal as refusal:
        if refusal.reason not in (Reason.wrong_birth_year, Reason.too_young, Reason.too_old):
            raise
        return False
    return True


def _contrary_voucher(application: Application, until: date) -> Iterator[Contrary]:
    """A live voucher that has not chosen yet: was the child of an age for it, and is there a place for it now?"""
    voucher = latest_voucher(application)
    if voucher is None or voucher.status not in claims.LIVE or voucher.issued_on > until:
        return
    if db.session.scalars(live_holding(application.id, HoldingKind.held)).first() is not None:
        return
    day = voucher.issued_on
    too_old = age_in_months(application.born_on, day) >= _most_months(application, day)
    if too_old or vouchers.category(application, day) is None:
        yield Contrary("voucher")
    held = seating(application.place_id, application.queue_kind, but=application.id)
    own = [(application.id, application.birth_year)]
    if not matching.serve(own, free=held.pool, holders=held.holders).served:
        yield Contrary("seat")


def _most_months(application: Application, day: date) -> int:
    return norms.number("queue.maximum_age", application.place_id, day)


class Stands(NamedTuple):
    """How an application stands: its number of today, its category or side, its status, and what is contrary."""

    application: Application
    number: int | None
    among: QueueCategory | Side | None
    status: ApplicationStatus
    contrary: list[Contrary]


def standing(application: Application, *, at: datetime) -> dict[int, Stands]:
    """Spec 3.8: how each application of this child in its district stands, by id: the same before and after a
    correction say what follows from it. Raises Refusal(no_norm).
    """
    found = {}
    for one in _sharing(Application.child_id == application.child_id):
        number = numbers.of(one, local_day(at))
        among = (number.category or number.side) if number else None
        found[one.id] = Stands(one, number.value if number else None, among, one.status, contrary(one))
    return found


def with_this_applicant(application: Application) -> Sequence[Application]:
    """The other applications of the district that its applicant has made."""
    made = _sharing(Application.applicant_id == application.applicant_id)
    return [one for one in made if one.id != application.id]
