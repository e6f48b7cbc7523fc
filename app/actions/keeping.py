"""Spec 3.2: under a live offer, voucher or referral nothing about a place changes by which a family would lose it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select

from app.actions import norms, places
from app.actions.due import catch_up
from app.actions.seating import seating
from app.db.database import lock_district
from app.db.extensions import db
from app.models import Application, Holding, HoldingKind, KgGroup, QueueKind, Seat
from app.rules import eligibility, matching
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal

CLAIMS = (HoldingKind.offer, HoldingKind.held)


def keep(
    groups: Sequence[KgGroup], changed: Collection[str], *, queues: Iterable[tuple[int, QueueKind]], at: datetime
) -> None:
    """Refuse what was just changed about these groups where a family would lose its place by it: an offered or held
    one that it could not choose now, or the seat that its voucher would find.

    `queues`: districts and kinds that the groups served before and serve now. What is due there is done first: who has
    let a term pass keeps nothing. Raises no_free_place with the number of families.
    """
    if not groups:
        return
    queues = sorted(set(queues))
    for district in sorted({district for district, _ in queues}):
        lock_district(district)
        catch_up(at=at, place_id=district)
    day = local_day(at)
    lose = sum(not _fits(application, group, kind, changed, day) for application, group, kind in _claims(groups))
    if families := lose + sum(unseated(*queue) for queue in queues):
        raise Refusal(Reason.no_free_place, families=families, part=min(changed))


def in_the_way(groups: Sequence[KgGroup]) -> int:
    """How many families have a live offer or a held place in these groups."""
    return len(_claims(groups))


def unseated(district: int, queue_kind: QueueKind) -> int:
    """Spec 3.7: how many live vouchers of a district would find no seat as things stand now."""
    held = seating(district, queue_kind)
    return matching.unseated(held.holders, held.pool)


def _claims(groups: Sequence[KgGroup]) -> list[tuple[Application, KgGroup, HoldingKind]]:
    live = (
        select(Application, KgGroup, Holding.kind)
        .join(Holding, Holding.application_id == Application.id)
        .join(Seat, Seat.id == Holding.seat_id)
        .join(KgGroup, KgGroup.id == Seat.group_id)
        .where(Holding.ended_at.is_(None), Holding.kind.in_(CLAIMS), KgGroup.id.in_([group.id for group in groups]))
    )
    return [(application, group, kind) for application, group, kind in db.session.execute(live)]


def _fits(application: Application, group: KgGroup, kind: HoldingKind, changed: Collection[str], day: date) -> bool:
    """Could this application choose a place of the group now? Of an offered one another owner asks another age."""
    kindergarten = group.kindergarten
    try:
        eligibility.in_birth_years(application.born_on, group)
        if kind is HoldingKind.offer and "ownership" in changed:
            eligibility.not_too_young(application.born_on, day, norms.minimum_age(kindergarten, day))
    except Refusal as refusal:
        if refusal.reason not in (Reason.wrong_birth_year, Reason.too_young):
            raise
        return False
    return (
        kindergarten.queue_kind is application.queue_kind
        and places.district_of(kindergarten.place_id) == application.place_id
        and eligibility.has_places(kindergarten)
    )
