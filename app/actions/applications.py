"""Putting a child into the queue and taking it out (S1, S3; spec 3.4, 3.8)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import by_hand, claims, norms, people, places, privileges
from app.actions.due import catch_up
from app.actions.moving import move, record
from app.actions.people import Contacts, Person
from app.actions.preconditions import SOME, begin, latest_stop_listing, with_its_signature
from app.db.database import lock_district, lock_districts
from app.db.dialects import one_of
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Child,
    Enrolment,
    KgGroup,
    Kindergarten,
    Language,
    Ownership,
    PrivilegeGround,
    PrivilegeKind,
    QueueKind,
    StopListing,
)
from app.rules import eligibility, registration_numbers
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.rules.verbs import APPLICATION_FINAL

WHERE = ("phone", "email")  # by which a family is told of what happens


def register(
    *,
    place_id: int,
    child: Person,
    applicant: Person,
    contacts: Contacts = people.NOTHING_SAID,
    by: Actor,
    at: datetime,
    queued_at: datetime | None = None,
    number: str | None = None,
    queue_kind: QueueKind = QueueKind.general,
    privilege: PrivilegeKind | PrivilegeGround | None = None,
    papers: Sequence[privileges.Paper] = (),
    reason: str | None = None,
    source: str | None = None,
    source_number: str | None = None,
) -> Application:
    """S3, spec 3.8: put a child into the queue of a district, behind all who came before.

    What differs from the IIN, and a namesake, are accepted with a reason only (people.doubts); what the district has
    recorded of these people stays as it is (people.as_recorded). A privilege is claimed, not confirmed. `source`: the
    portal that it comes from, with the number that it has there. Raises
    Refusal: not_allowed, bad_iin, bad_number, recorded_otherwise, reason_required, wrong_place, too_young (not born
    yet), too_old, already_waiting, no_norm, paper_to_come,
    signature_required.
    """
    application = Application(place_id=place_id, queue_kind=queue_kind, queued_at=queued_at or at)
    application.source, application.source_number = source, source_number
    for name, value in vars(contacts).items():
        setattr(application, name, value or (Language.kk if name == "notice_language" else None))
    permit(by, "register", application)
    people.check(child, applicant)
    key = None if number is None else registration_numbers.key(number)
    lock_districts({place_id, *waits_in([child.iin], queue_kind)})
    row, family, details, doubts = _its_people(child, applicant, place_id, by=by)
    reason = people.accepted(doubts, reason, by=by)
    if places.district_of(place_id) != place_id:
        raise Refusal(Reason.wrong_place, place=place_id)
    day = local_day(at)
    if by.role is Role.family:
        for norm in ("register", "claim_privilege")[: 1 if privilege is None else 2]:
            with_its_signature(application, "register", by=by, at=at, norm=norm)
    eligibility.born(row.born_on, min(day, local_day(application.queued_at)))
    eligibility.not_too_old(row.born_on, day, norms.number("queue.maximum_age", place_id, day))
    end_what_is_due(row.iin, queue_kind, at=at)
    not_waiting_already(row.iin, queue_kind)
    application.child, application.applicant = row, family
    application.number = number or _next_number(place_id, day)
    application.number_key = key or registration_numbers.key(application.number)
    if _number_taken(place_id, application.number_key):
        raise Refusal(Reason.already_waiting, part="number", number=application.number)
    stood = by_hand.before(None, at=at)
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
        details=details
        | {"queued_at": application.queued_at, "number": application.number, "born_on": row.born_on}
        | ({"accepted": doubts} if doubts else {}),
        tell={"number": application.number},
    )
    if queued_at is not None and queued_at < at:
        by_hand.seen(application, "register", stood, by=by, at=at, reason=reason, always=False)
    if privilege is not None:
        brought = by if by.visitor else replace(by, paper_on=by.paper_on or day)  # with the application of the family
        privileges.claim_with_it(application, privilege, papers=papers, by=brought, at=at)
    return application


class ItsPeople(NamedTuple):
    """The two people of a new application as the district has them on record, or as they are put there now; which of
    their facts this changes, and what is doubtful about the child.
    """

    child: Child
    applicant: Applicant
    details: people.Details
    doubts: list[str]


def _its_people(child: Person, applicant: Person, place_id: int, *, by: Actor) -> ItsPeople:
    """Raises Refusal(recorded_otherwise)."""
    row = people.recorded(Child, child.iin, place_id) or Child(place_id=place_id, **people.of_child(child))
    family = people.recorded(Applicant, applicant.iin, place_id)
    family = family or Applicant(place_id=place_id, **people.of_applicant(applicant))
    details: people.Details = {}
    if by.visitor is not None:
        people.as_recorded_by_a_family(row, family, child, applicant)
    else:
        details = people.as_recorded(row, family, child, applicant)
    return ItsPeople(row, family, details, people.doubts(row, child, place_id))


def restore(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.4.3: once within the 28 days on the stop-list a family takes its place in the queue again.

    Raises Refusal: not_allowed, too_late, wrong_status, already_used.
    """
    begin(application, "restore", by=by, at=at)
    listing = may_restore(application, by=by, at=at)
    listing.ended_at, listing.ended_with = at, "restore"
    move(application, "restore", by=by, at=at, tell={})


def may_restore(application: Application, *, by: Actor, at: datetime) -> StopListing:
    """S1, spec 3.4.3: it is on the stop-list by a voucher, and comes back once, counted as the norm in force says.

    Raises Refusal: wrong_status, reason_required, too_late (the family's paper), already_used, no_norm.
    """
    listing, day = latest_stop_listing(application), local_day(at)
    if listing is None or listing.voucher_id is None or listing.ended_at is not None:
        raise Refusal(Reason.wrong_status, verb="restore")
    with_its_signature(application, "restore", by=by, at=at)
    allowed = int(norms.in_force("voucher.restorations", application.place_id, day).value)
    if norms.in_force("voucher.restorations_per", application.place_id, day).value == "application":
        eligibility.times_left(restorations(application), allowed)
    else:
        eligibility.times_left(0, allowed)
    return listing


def restorations(application: Application) -> int:
    """How often a family has come back from the stop-list."""
    return sum(listing.ended_with == "restore" for listing in application.stop_listings)


def release(application: Application, *, by: Actor, at: datetime) -> None:
    """S2, spec 3.5.6: an official lets a family off the stop-list before its end; what is blocked without end (S0)
    the department alone. Raises Refusal: not_allowed, wrong_status.
    """
    begin(application, "release", by=by, at=at)
    listing = may_release(application, by=by, at=at)
    stood = by_hand.before(application, at=at)
    claims.let_off(listing, by=by, at=at)
    by_hand.seen(application, "release", stood, by=by, at=at)


def may_release(application: Application, *, by: Actor, at: datetime) -> StopListing:
    """It is on the stop-list by a referral. Raises Refusal: not_allowed (what is blocked without end), wrong_status."""
    listing = latest_stop_listing(application)
    if listing is not None and listing.ended_at is None and listing.until is None and by.role is not Role.department:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="release")
    if listing is None or listing.referral_id is None or listing.ended_at is not None:
        raise Refusal(Reason.wrong_status, verb="release")
    return listing


def reinstate(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.8: what was archived or removed waits again from its old day; two people say so (proposals.py).

    Raises Refusal: not_allowed, wrong_status (also of a child that has left its kindergarten), reason_required,
    too_old, already_waiting.
    """
    begin(application, "reinstate", by=by, at=at)
    reason = may_reinstate(application, by=by, at=at, reason=reason)
    stood = by_hand.before(application, at=at)
    move(application, "reinstate", by=by, at=at, reason=reason, tell={"reason": reason}, standing=True)
    by_hand.seen(application, "reinstate", stood, by=by, at=at, reason=reason)


def may_reinstate(application: Application, *, by: Actor, at: datetime, reason: str | None = SOME) -> str:
    """Spec 3.2, 3.7, 3.8: it has not left a kindergarten (its family applies anew), is not over age, and neither waits
    nor attends by another application; returns the reason.

    Raises Refusal: wrong_status, reason_required, too_old, already_waiting, no_norm.
    """
    if _left(application):
        raise Refusal(Reason.wrong_status, verb="reinstate", left=True)
    reason = eligibility.given(reason)
    maximum = norms.number("queue.maximum_age", application.place_id, local_day(at))
    eligibility.not_too_old(application.born_on, local_day(at), maximum)
    not_waiting_already(application.child_iin, application.queue_kind)
    return reason


def _left(application: Application) -> bool:
    """Spec 3.8: was it archived by `leave`? It had come to its end: enrolled, a child leaves by nothing else."""
    enrolled = select(Enrolment.id).where(
        Enrolment.application_id == application.id, Enrolment.voucher_id.is_(None)
    )  # a stay in a lent place has the voucher that it was chosen by
    return db.session.scalars(enrolled.limit(1)).first() is not None


def withdraw(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.8: the family takes its child out of the queue; a live voucher is refused with it.

    Raises Refusal: not_allowed, wrong_status.
    """
    begin(application, "withdraw", by=by, at=at)
    may_withdraw(application, by=by, at=at)
    claims.end_claims(application, voucher_verb="refuse", by=by, at=at)
    move(application, "withdraw", by=by, at=at, tell={})


def may_withdraw(application: Application, *, by: Actor, at: datetime) -> None:
    """With the family's paper. Raises Refusal: reason_required, too_late."""
    with_its_signature(application, "withdraw", by=by, at=at)


def archive(application: Application, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Spec 3.4.5: the department takes any application that is not final out of the queue, with a reason.

    Raises Refusal: not_allowed, wrong_status, reason_required.
    """
    begin(application, "archive", by=by, at=at)
    eligibility.given(reason)
    claims.end_claims(application, voucher_verb="revoke", by=by, at=at)
    move(application, "archive", by=by, at=at, reason=reason, tell={"reason": reason})


def change(application: Application, *, by: Actor, at: datetime, **contacts: str | None) -> None:
    """The family's phone, e-mail, address and language of notices, as this application has them (people.Contacts); one
    history record with before and after. Of the family the applicant alone, whose contacts they are. Where the family
    was to be found before it is told that it changed, by whomever.

    Raises Refusal: not_allowed, signature_required.
    """
    may_change(application, by=by)
    with_its_signature(application, "change", by=by, at=at)
    lock_districts(places.districts(application))
    changed = {
        k: [getattr(application, k), v or None] for k, v in contacts.items() if getattr(application, k) != (v or None)
    }
    before = {name: getattr(application, name) for name in WHERE}
    for name, (_, after) in changed.items():
        setattr(application, name, after)
    if changed:
        lost = any(before[name] for name in changed if name in WHERE)
        record(application, "change", by=by, at=at, details=changed, tell=before if lost else None)


def may_change(application: Application, *, by: Actor) -> None:
    """Is it the applicant, where it is somebody of a family? Raises Refusal(not_allowed)."""
    if by.visitor is not None and by.visitor.iin != application.applicant.iin:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="change")


def waits_in(child_iins: Sequence[str], *queue_kinds: QueueKind) -> set[int]:
    """The districts in which these children wait in these queues: they are locked together with the own one."""
    found = select(Application.place_id).where(
        one_of(Application.child_iin, child_iins),
        Application.queue_kind.in_(queue_kinds),
        Application.status.not_in(APPLICATION_FINAL),
    )
    return set(db.session.scalars(found))


def end_what_is_due(child_iin: str, queue_kind: QueueKind, *, at: datetime) -> None:
    """Spec 3.1: an earlier application of the child may be over by now, though the clock has not come to it yet."""
    for earlier in db.session.scalars(_waiting(child_iin, queue_kind)).all():
        lock_district(earlier.place_id)
        catch_up(at=at, place_id=earlier.place_id, application_id=earlier.id)


def _waiting(child_iin: str, queue_kind: QueueKind) -> Select[Application]:
    """In whatever district it is."""
    return select(Application).where(
        Application.child_iin == child_iin,
        Application.queue_kind == queue_kind,
        Application.status.not_in(APPLICATION_FINAL),
    )


def not_waiting_already(child_iin: str, queue_kind: QueueKind) -> None:
    """Spec 3.7, 3.8: one live application per child and queue; who attends a state kindergarten does not wait.

    A sanatorium kindergarten ends no usual enrolment (spec 3.6), so neither of the two keeps a child out of the other's
    queue.
    """
    if (child_iin, queue_kind) in waiting([child_iin]) | attending([child_iin]):
        raise Refusal(Reason.already_waiting, part="child")


def waiting(child_iins: Sequence[str]) -> set[tuple[str, QueueKind]]:
    """Of many children, which waits in which queue, in whatever district."""
    found = select(Application.child_iin, Application.queue_kind).where(
        one_of(Application.child_iin, child_iins), Application.status.not_in(APPLICATION_FINAL)
    )
    return {(number, queue_kind) for number, queue_kind in db.session.execute(found)}


def attending(child_iins: Sequence[str]) -> set[tuple[str, QueueKind]]:
    """Of many children, which are kept out of which queue by the state kindergarten that they attend."""
    found = (
        select(Enrolment.child_iin, Kindergarten.queue_kind)
        .join(KgGroup, KgGroup.id == Enrolment.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(
            one_of(Enrolment.child_iin, child_iins),
            Enrolment.ended_on.is_(None),
            Enrolment.voucher_id.is_(None),  # a stay in a lent place has the voucher that it was chosen by
            Kindergarten.ownership == Ownership.state,
        )
    )
    sanatorium = QueueKind.sanatorium
    return {
        (number, queue_kind)
        for number, attended in db.session.execute(found)
        for queue_kind in QueueKind
        if number and (attended is sanatorium) == (queue_kind is sanatorium)
    }


def _number_taken(place_id: int, key: str) -> bool:
    taken = select(Application.id).where(Application.place_id == place_id, Application.number_key == key)
    return db.session.scalars(taken).first() is not None


def _next_number(place_id: int, day: date) -> str:
    """The next free number of a district and year; old numbers keep the form that they came in."""
    serial = db.session.scalar(select(func.count(Application.id)).where(Application.place_id == place_id)) or 0
    while True:
        serial += 1
        number = f"Ө-{day.year}-{serial:06d}"
        if not _number_taken(place_id, registration_numbers.key(number)):
            return number
