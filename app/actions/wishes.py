"""Spec 3.11, «күту парағы»: a family waits for a place in a kindergarten that is full, and gives that up."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from app.access.actors import Actor
from app.access.permissions import permit
from app.actions import norms, places
from app.actions.moving import record
from app.actions.preconditions import with_its_signature
from app.db.database import lock_district
from app.db.extensions import db
from app.models import Application, Kindergarten, Language, WaitingEntry
from app.rules import eligibility, seats
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import APPLICATION_FINAL, VERBS


def wish(
    application: Application,
    kindergarten: Kindergarten,
    *,
    by: Actor,
    at: datetime,
    language: Language | None = None,
    note: str | None = None,
) -> WaitingEntry:
    """Spec 3.11: this child waits for a place there, in a group of this language or of any; nothing is promised.

    Raises Refusal: not_allowed, reason_required and too_late (the paper's day), signature_required, wrong_status,
    wrong_place, already_used (it waits there already, or for as many as the norm allows), no_norm.
    """
    entry = WaitingEntry(child=application.child, application=application, kindergarten=kindergarten)
    permit(by, "wish", entry)
    lock_district(application.place_id)
    may_wish(application, by=by, at=at)
    _sign(application, "wish", by=by, at=at)
    if not _is_for(application, kindergarten):
        raise Refusal(Reason.wrong_place, wish=True)
    if any(one.kindergarten_id == kindergarten.id for one in of(application)):
        raise Refusal(Reason.already_used, part="kindergarten", wished=True)
    entry.language, entry.note, entry.wished_at, entry.paper_on = language, note or None, at, by.paper_on
    db.session.add(entry)
    record(entry, "wish", by=by, at=at, details={"kindergarten": kindergarten, "language": language})
    return entry


def may_wish(application: Application, *, by: Actor, at: datetime) -> None:
    """May another kindergarten be wished? Raises Refusal: not_allowed, wrong_status, already_used, no_norm."""
    if by.application_id not in (None, application.id):
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="wish")
    if application.status in APPLICATION_FINAL:
        raise Refusal(Reason.wrong_status, status=str(application.status), verb="wish")
    most = norms.number("wish.maximum", application.place_id, local_day(at))
    if len(of(application)) >= most:
        raise Refusal(Reason.already_used, wishes=most)


def unwish(entry: WaitingEntry, *, by: Actor, at: datetime) -> None:
    """The family waits for no place there any more. Raises Refusal: not_allowed, wrong_status, and as wish does."""
    permit(by, "unwish", entry)
    lock_district(entry.application.place_id)
    db.session.refresh(entry, ["ended_at"], with_for_update=True)
    may_unwish(entry, by=by, at=at)
    _sign(entry.application, "unwish", by=by, at=at)
    entry.ended_at = at
    record(entry, "unwish", by=by, at=at, details={"kindergarten": entry.kindergarten})


def may_unwish(entry: WaitingEntry, *, by: Actor, at: datetime) -> None:
    """Does it wait? Raises Refusal: not_allowed, wrong_status."""
    permit(by, "unwish", entry)
    if entry.ended_at is not None:
        raise Refusal(Reason.wrong_status, verb="unwish")


def of(application: Application) -> list[WaitingEntry]:
    """What an application waits for, in the order in which it was wished; a page asks again and again."""
    known: list[WaitingEntry] = places.once(("wishes", application.id), lambda: _of(application))
    return [one for one in known if one.ended_at is None]


def _of(application: Application) -> list[WaitingEntry]:
    live = select(WaitingEntry).where(WaitingEntry.application_id == application.id, WaitingEntry.ended_at.is_(None))
    return list(db.session.scalars(live.options(joinedload(WaitingEntry.kindergarten)).order_by(WaitingEntry.id)))


def choices(application: Application) -> Select[Kindergarten]:
    """The kindergartens that a child of this queue and district may wait for."""
    there = Kindergarten.place_id.in_(places.subtree(application.place_id))
    of_it = Kindergarten.queue_kind == application.queue_kind
    found = (
        select(Kindergarten).where(there, of_it, seats.has_places()).order_by(Kindergarten.sort_name, Kindergarten.id)
    )
    return found.where(Kindergarten.id.not_in([one.kindergarten_id for one in of(application)]))


def _is_for(application: Application, kindergarten: Kindergarten) -> bool:
    there = kindergarten.place_id in places.subtree(application.place_id)
    return there and eligibility.has_places(kindergarten) and kindergarten.queue_kind is application.queue_kind


def _sign(application: Application, verb: str, *, by: Actor, at: datetime) -> None:
    with_its_signature(application, verb, by=by, at=at, norm="wish", row=VERBS[WaitingEntry][verb])
