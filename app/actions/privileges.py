"""S2 («Изменить льготность»), S3, spec 3.3: a family claims a privilege by its papers, an official confirms or rejects
it, and it ends with its certificate; then the child goes on in the general queue by its original day."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import uuid4

from app.access.actors import Actor
from app.access.permissions import permit_all, within
from app.actions import by_hand, counting, norms
from app.actions.due import catch_up
from app.actions.moving import move, record
from app.actions.preconditions import with_its_signature
from app.db.database import lock_district
from app.db.extensions import db
from app.models import (
    Application,
    Norm,
    Privilege,
    PrivilegeGround,
    PrivilegeKind,
    PrivilegePaper,
    PrivilegeStatus,
)
from app.papers import storage
from app.rules import privileges as rules
from app.rules import uploads
from app.rules.calendar import local_day
from app.rules.reasons import OwnReason
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import APPLICATION_FINAL

P = PrivilegeStatus


@dataclass(frozen=True)
class Paper:
    """S3: what a family brought for its privilege: what it is, its number, who gave it and when."""

    title: str
    issued_on: date
    number: str | None = None
    issued_by: str | None = None
    file: bytes | None = None  # as it was sent, one of rules/uploads.py


def claim(
    application: Application,
    claimed: PrivilegeKind | PrivilegeGround,
    *,
    papers: Sequence[Paper] = (),
    by: Actor,
    at: datetime,
) -> Privilege:
    """S2, S3: a family claims a privilege, or another one than it has; it counts once an official has confirmed it.

    Raises Refusal: not_allowed, wrong_status (the application is over, or a claim is still undecided), reason_required,
    too_late (the day of the family's signed paper, spec 3.8), paper_to_come.
    """
    _begin(application, "claim", by=by, at=at)
    may_claim(application, by=by, at=at)
    rules.not_to_come((paper.issued_on for paper in papers), local_day(at))
    return _claimed(application, claimed, papers, by=by, at=at)


def claim_with_it(
    application: Application,
    claimed: PrivilegeKind | PrivilegeGround,
    *,
    papers: Sequence[Paper],
    by: Actor,
    at: datetime,
) -> Privilege:
    """S3: the same within the registering of an application, which is signed as one. Raises Refusal: not_allowed,
    paper_to_come.
    """
    _permit(application, "claim", by)
    rules.not_to_come((paper.issued_on for paper in papers), local_day(at))
    return _claimed(application, claimed, papers, by=by, at=at)


def may_claim(application: Application, *, by: Actor, at: datetime) -> None:
    """Is it not over, without an undecided claim? Raises Refusal: not_allowed, wrong_status, and of its paper."""
    _permit(application, "claim", by)
    if application.status in APPLICATION_FINAL or open_claim(application) is not None:
        raise Refusal(Reason.wrong_status, verb="claim")
    with_its_signature(application, "claim_privilege", by=by, at=at)


def _kept(paper: Paper) -> PrivilegePaper:
    """A paper on record, with its file, if it has one."""
    row = PrivilegePaper(**{name: value for name, value in asdict(paper).items() if name != "file"})
    if paper.file is not None:
        row.file_kind, row.sha256 = uploads.kind_of(paper.file), sha256(paper.file).hexdigest()
        row.file_key = f"privileges/{uuid4()}.{row.file_kind}"
        storage.keep_with_rows(row.file_key, paper.file)
    return row


def open_file(paper: PrivilegePaper) -> bytes:
    """The file of a paper, as it was sent. Raises storage.Damaged."""
    return storage.read_whole(paper.file_key or "", paper.sha256 or "")


def _claimed(
    application: Application,
    claimed: PrivilegeKind | PrivilegeGround,
    papers: Sequence[Paper] = (),
    *,
    by: Actor,
    at: datetime,
) -> Privilege:
    kind, ground = rules.understood(claimed)
    privilege = Privilege(application=application, kind=kind, ground=ground, claimed_at=at)
    privilege.papers = [_kept(paper) for paper in papers]
    db.session.add(privilege)
    details = {"kind": kind} | ({"ground": ground} if ground else {})
    record(privilege, "claim", by=by, at=at, status=(None, P.claimed), details=details)
    return privilege


def confirm(application: Application, *, by: Actor, at: datetime) -> None:
    """Spec 3.3, 3.2: an official has seen the papers: the privilege counts, as long as its certificate holds.

    The one confirmed before ends with it. Raises Refusal: not_allowed, too_late (the certificate is over already),
    wrong_status (nothing is claimed), no_paper, no_norm, no_calendar.
    """
    _begin(application, "confirm", by=by, at=at)
    privilege, until, norm = may_confirm(application, by=by, at=at)
    stood = by_hand.before(application, at=at)
    if (before := confirmed(application)) is not None:
        move(before, "expire", by=by, at=at, reason=OwnReason.another_privilege)
    norm_id = norm.id if norm else None
    move(privilege, "confirm", by=by, at=at, norm=norm, decided_at=at, valid_until=until, norm_id=norm_id)
    counting.counts([application])
    if by_hand.announced(application):
        by_hand.seen(application, "confirm_privilege", stood, by=by, at=at, always=False)
    if privilege.ground is not None:
        counting.tell(privilege, "confirm", at=at, last_day=until)


def may_confirm(application: Application, *, by: Actor, at: datetime) -> tuple[Privilege, date | None, Norm | None]:
    """The claim, with the last day of its certificate and the norm that says so.

    Raises Refusal: not_allowed, wrong_status, too_late, no_paper, no_norm, no_calendar.
    """
    _permit(application, "confirm", by)
    privilege = open_claim(application)
    if privilege is None:
        raise Refusal(Reason.wrong_status, verb="confirm")
    until, norm = _term(privilege)
    rules.not_over(until, local_day(at))
    if application.status in APPLICATION_FINAL:
        raise Refusal(Reason.wrong_status, verb="confirm")
    rules.proven(privilege.ground, len(privilege.papers))
    return privilege, until, norm


def reject(application: Application, *, by: Actor, at: datetime, reason: str | None = None) -> None:
    """Spec 3.3: an official rejects what is claimed, or takes back what was confirmed; the old day goes on.

    Raises Refusal: not_allowed, wrong_status.
    """
    _begin(application, "reject", by=by, at=at)
    privilege = may_reject(application, by=by, at=at)
    set_aside(privilege, by=by, at=at, reason=reason)
    if privilege.ground is not None:
        counting.tell(privilege, "reject", at=at, reason=reason)


def may_reject(application: Application, *, by: Actor, at: datetime) -> Privilege:
    """The privilege that would be rejected. Raises Refusal: not_allowed, wrong_status."""
    _permit(application, "reject", by)
    privilege = open_claim(application) or confirmed(application)
    if privilege is None or application.status in APPLICATION_FINAL:
        raise Refusal(Reason.wrong_status, verb="reject")
    return privilege


def set_aside(privilege: Privilege, *, by: Actor, at: datetime, reason: str | None) -> None:
    """Reject one privilege, whether it is claimed or counts already; nobody is told."""
    move(privilege, "reject", by=by, at=at, reason=reason, decided_at=at)
    counting.counts([privilege.application])


def grant(application: Application, kind: PrivilegeKind, *, by: Actor, at: datetime) -> None:
    """What an older list had as decided: claimed and confirmed, without papers or an end."""
    move(_claimed(application, kind, by=by, at=at), "confirm", by=by, at=at, decided_at=at)
    counting.counts([application])


def open_claim(application: Application) -> Privilege | None:
    """The claim that nobody has decided yet; there is one at most."""
    return next((one for one in application.privileges if one.status is P.claimed), None)


def confirmed(application: Application) -> Privilege | None:
    """The privilege that is confirmed; there is one at most."""
    return next((one for one in application.privileges if one.status is P.confirmed), None)


def _begin(application: Application, verb: str, *, by: Actor, at: datetime) -> None:
    """May this actor? Takes the district's lock and does what is due."""
    _permit(application, verb, by)
    lock_district(application.place_id)
    catch_up(at=at, place_id=application.place_id, application_id=application.id)


def _permit(application: Application, verb: str, by: Actor) -> None:
    permit_all(by, verb, Privilege, application.place_id)
    if not within(by, application):
        raise Refusal(Reason.not_allowed, role=str(by.role), verb=verb)


def _term(privilege: Privilege) -> tuple[date | None, Norm | None]:
    """Spec 3.2 privilege.certificate: the last day by the norm in force on the day the certificate was issued."""
    issued_on = rules.certificate(privilege.ground, (paper.issued_on for paper in privilege.papers))
    if issued_on is None:
        return None, None
    return norms.last_day("privilege.certificate", privilege.application.place_id, issued_on)
