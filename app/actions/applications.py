"""Putting a child into the queue and taking it out (S1, S3; spec 3.4, 3.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Select, func, select

from app.actions import ending, norms, places, privileges
from app.actions.beginning import begin, catch_up, latest_stop_listing
from app.actions.moving import move, record
from app.database import lock_district
from app.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Child,
    Enrolment,
    Intake,
    KgGroup,
    Kindergarten,
    Ownership,
    PrivilegeGround,
    PrivilegeKind,
    QueueKind,
    StopListing,
)
from app.permissions import Actor, Role, permit
from app.rules import eligibility, iin
from app.rules.calendar import local_day
from app.rules.numbers import fold
from app.rules.refusals import Reason, Refusal
from app.rules.transitions import APPLICATION_FINAL


@dataclass(frozen=True)
class Person:
    """Who a child or an applicant is, as the papers at the counter or a file's row say."""

    iin: str
    born_on: date | None = None
    last_name: str = ""
    first_name: str = ""
    patronymic: str = ""
    phone: str | None = None
    email: str | None = None
    address: str | None = None


def register(
    *,
    place_id: int,
    child: Person,
    applicant: Person,
    by: Actor,
    at: datetime,
    queued_at: datetime | None = None,
    number: str | None = None,
    queue_kind: QueueKind = QueueKind.general,
    privilege: PrivilegeKind | PrivilegeGround | None = None,
    papers: Sequence[privileges.Paper] = (),
    reason: str | None = None,
) -> Application:
    """S3, spec 3.8: put a child into the queue of a district, behind all who came before.

    A birth date that differs from the IIN is accepted with a reason only. A privilege is claimed, not confirmed.
    Raises Refusal: not_allowed, bad_iin, reason_required, wrong_place, too_old, already_waiting, no_norm,
    paper_to_come.
    """
    application = Application(place_id=place_id, queue_kind=queue_kind, queued_at=queued_at or at)
    permit(by, "register", application)
    facts = iin.facts(child.iin)
    born_on = child.born_on or facts.born_on
    if born_on != facts.born_on:
        reason = eligibility.given(reason)
    if places.district_of(place_id) != place_id:
        raise Refusal(Reason.wrong_place, place=place_id)
    lock_district(place_id)
    day = local_day(at)
    eligibility.not_too_old(born_on, day, int(norms.in_force("queue.maximum_age", place_id, day).value))
    application.child = _child(child, born_on, facts.sex)
    end_what_is_due(application.child, queue_kind, at=at)
    not_waiting_already(application.child, queue_kind)
    application.applicant = _applicant(applicant)
    application.number = number or _next_number(place_id, day)
    application.number_key = fold(application.number)
    if _number_taken(place_id, application.number_key):
        raise Refusal(Reason.already_waiting, number=application.number)
    db.session.add(application)
    db.session.flush()
    if by.role is Role.family:
        by = replace(by, application_id=application.id)  # from now on it is this family's own
    record(
        application,
        "register",
        by=by,
        at=at,
        status=(None, ApplicationStatus.queued),
        reason=reason,
        details={"queued_at": application.queued_at, "number": application.number, "born_on": born_on},
        tell={"number": application.number},
    )
    if privilege is not None:
        privileges.claim(application, privilege, papers=papers, by=by, at=at)
    return application


def restore(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.4.3: once within the 28 days on the stop-list a family takes its place in the queue again.

    Raises Refusal: not_allowed, too_late, wrong_status, already_used.
    """
    day = begin(application, "restore", by=by, at=at)
    listing = latest_stop_listing(application)
    if listing is None or listing.voucher_id is None or listing.ended_at is not None:
        raise Refusal(Reason.wrong_status, verb="restore")
    allowed = int(norms.in_force("voucher.restorations", application.place_id, day).value)
    if norms.in_force("voucher.restorations_per", application.place_id, day).value == "application":
        eligibility.times_left(restorations(application), allowed)
    else:
        eligibility.times_left(0, allowed)
    listing.ended_at, listing.ended_with = at, "restore"
    move(application, "restore", by=by, at=at, tell={})


def restorations(application: Application) -> int:
    """How often a family has come back from the stop-list."""
    return sum(listing.ended_with == "restore" for listing in application.stop_listings)


def release(application: Application, *, by: Actor, at: datetime) -> None:
    """S2, spec 3.5.6: an official lets a family off the stop-list before its end; what is blocked without end (S0)
    the department alone. Raises Refusal: not_allowed, wrong_status.
    """
    listing = latest_stop_listing(application)
    if listing is not None and listing.ended_at is None and listing.until is None and by.role is not Role.department:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="release")
    begin(application, "release", by=by, at=at)
    listing = latest_stop_listing(application)
    if listing is None or listing.referral_id is None or listing.ended_at is not None:
        raise Refusal(Reason.wrong_status, verb="release")
    let_off(listing, by=by, at=at)


def let_off(listing: StopListing, *, by: Actor, at: datetime, on: date | None = None) -> None:
    """Spec 3.5.6: back into the queue with the old day."""
    listing.ended_at, listing.ended_with = at, "release"
    move(listing.application, "release", by=by, at=at, on=on, tell={})


def reinstate(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.8: what was archived or removed waits again from its old day; two people say so (reinstatements.py).

    Raises Refusal: not_allowed, wrong_status, reason_required, too_old, already_waiting.
    """
    day = begin(application, "reinstate", by=by, at=at)
    reason = eligibility.given(reason)
    may_come_back(application, day)
    move(application, "reinstate", by=by, at=at, reason=reason, tell={"reason": reason}, standing=True)


def may_come_back(application: Application, day: date) -> None:
    """Spec 3.2, 3.7: not over age, nor waiting or attending by another application. Raises too_old, already_waiting."""
    eligibility.not_too_old(application.born_on, day, norms.number("queue.maximum_age", application.place_id, day))
    not_waiting_already(application.child, application.queue_kind)


def withdraw(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.8: the family takes its child out of the queue; a live voucher is refused with it.

    Raises Refusal: not_allowed, wrong_status.
    """
    begin(application, "withdraw", by=by, at=at)
    ending.end_claims(application, voucher_verb="refuse", by=by, at=at)
    move(application, "withdraw", by=by, at=at, tell={})


def archive(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.4.5: the department takes any application that is not final out of the queue, with a reason.

    Raises Refusal: not_allowed, wrong_status, reason_required.
    """
    begin(application, "archive", by=by, at=at)
    eligibility.given(reason)
    ending.end_claims(application, voucher_verb="revoke", by=by, at=at)
    move(application, "archive", by=by, at=at, reason=reason, tell={"reason": reason})


def change(application: Application, *, by: Actor, at: datetime, **contact: str | None) -> None:
    """The applicant's phone, e-mail and address, at the counter; one history record with before and after.

    Raises Refusal(not_allowed).
    """
    applicant = application.applicant
    changed = {
        k: [getattr(applicant, k), v or None] for k, v in contact.items() if getattr(applicant, k) != (v or None)
    }
    for name, (_, after) in changed.items():
        setattr(applicant, name, after)
    if changed:
        record(application, "change", by=by, at=at, details=changed)


def _child(person: Person, born_on: date, sex: object) -> Child:
    child = db.session.scalars(select(Child).where(Child.iin == person.iin)).first()
    if child is None:
        child = Child(iin=person.iin, born_on=born_on, sex=sex)
        child.last_name, child.first_name, child.patronymic = (
            person.last_name,
            person.first_name,
            person.patronymic,
        )
    return child


def _applicant(person: Person) -> Applicant:
    facts = iin.facts(person.iin)
    applicant = db.session.scalars(select(Applicant).where(Applicant.iin == person.iin)).first()
    if applicant is None:
        applicant = Applicant(iin=person.iin, born_on=person.born_on or facts.born_on)
    for name in ("last_name", "first_name", "patronymic", "phone", "email", "address"):
        if getattr(person, name):
            setattr(applicant, name, getattr(person, name))
    return applicant


def end_what_is_due(child: Child, queue_kind: QueueKind, *, at: datetime) -> None:
    """Spec 3.1: an earlier application of the child may be over by now, though the clock has not come to it yet."""
    if child.id is None:
        return
    for earlier in db.session.scalars(_waiting(child, queue_kind)).all():
        lock_district(earlier.place_id)
        catch_up(at=at, place_id=earlier.place_id, application_id=earlier.id)


def _waiting(child: Child, queue_kind: QueueKind) -> Select[Application]:
    return select(Application).where(
        Application.child_id == child.id,
        Application.queue_kind == queue_kind,
        Application.status.not_in(APPLICATION_FINAL),
    )


def not_waiting_already(child: Child, queue_kind: QueueKind) -> None:
    """Spec 3.7, 3.8: one live application per child and queue; who attends a state kindergarten does not wait."""
    if child.id is None:
        return
    attends = (
        select(Enrolment.id)
        .join(KgGroup, KgGroup.id == Enrolment.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(
            Enrolment.child_id == child.id,
            Enrolment.ended_on.is_(None),
            Enrolment.intake == Intake.general,
            Kindergarten.ownership == Ownership.state,
        )
    )
    if db.session.scalars(_waiting(child, queue_kind)).first() or db.session.scalars(attends).first():
        raise Refusal(Reason.already_waiting)


def _number_taken(place_id: int, key: str) -> bool:
    taken = select(Application.id).where(Application.place_id == place_id, Application.number_key == key)
    return db.session.scalars(taken).first() is not None


def _next_number(place_id: int, day: date) -> str:
    """The next free number of a district and year; old numbers keep the form that they came in."""
    serial = db.session.scalar(select(func.count(Application.id)).where(Application.place_id == place_id)) or 0
    while True:
        serial += 1
        number = f"Ө-{day.year}-{serial:06d}"
        if not _number_taken(place_id, fold(number)):
            return number
