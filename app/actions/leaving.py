"""A child leaves where it attends (spec 3.6, 3.8): its stay is over, it has another place, it goes for good."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select

from app.access.actors import Actor
from app.actions import claims, freeing
from app.actions.moving import move, record
from app.db.database import lock_district
from app.db.extensions import db
from app.models import Application, Enrolment, Holding, HoldingKind, Intake


def expel(stay: Enrolment, *, last: date, by: Actor, at: datetime, on: date) -> None:
    """S1, spec 3.6: on the working day after its `last` day the child leaves and the voucher is annulled.

    What ends so in a sanatorium kindergarten is an enrolment of its own: its application is archived.
    """
    if not _is_own(stay):
        return end(stay, verb="expel", by=by, at=at, on=on, last=last, tell={"ends_on": last})
    end(stay, verb="leave", by=by, at=at, on=on, last=last)
    if stay.application is not None:
        move(stay.application, "leave", by=by, at=at, on=on, tell={"kindergarten": stay.group.kindergarten.name})


def end_stay(stay: Enrolment | None, *, by: Actor, at: datetime, day: date) -> None:
    """Spec 3.6: a stay, if there is one, ends early when the child gets another place; `day` is its last day there."""
    if stay is not None and _is_own(stay):
        end_elsewhere(stay, by=by, at=at, last=day)
    elif stay is not None:
        end(stay, verb="leave", by=by, at=at, on=None, last=day)


def live(application: Application) -> dict[Intake, Enrolment]:
    """Where the application's child attends now, generally and for a time."""
    attends = Enrolment.child_iin == application.child_iin, Enrolment.ended_on.is_(None)
    return {one.intake: one for one in db.session.scalars(select(Enrolment).where(*attends))}


def _is_own(stay: Enrolment) -> bool:
    """Is it an enrolment with a last day, in a sanatorium kindergarten, rather than a stay in a lent place?"""
    return stay.voucher is None


def end_elsewhere(old: Enrolment, *, by: Actor, at: datetime, last: date) -> None:
    """Spec 3.7, 3.8: enrolling elsewhere ends the old enrolment the day before and archives its application."""
    end(old, verb="leave", by=by, at=at, on=None, last=last)
    if old.application is not None:
        lock_district(old.application.place_id)
        there = replace(by, kindergarten_id=old.group.kindergarten_id)  # it follows, though this head is not theirs
        move(old.application, "leave", by=there, at=at)


def end(
    enrolment: Enrolment,
    *,
    verb: str,
    by: Actor,
    at: datetime,
    on: date | None,
    last: date,
    tell: dict[str, date] | None = None,
) -> None:
    """Close the enrolment with its last day, free the seat, annul the voucher of a stay.

    What is given up before its first day was never attended; an enrolment for good has at least one day.
    """
    record(enrolment, verb, by=by, at=at, on=on, details={"ended_on": last}, tell=tell)
    first = enrolment.started_on
    enrolment.ended_on = max(last, first) if enrolment.ends_on is None else min(last, enrolment.ends_on)
    for holding in db.session.scalars(
        select(Holding).where(Holding.enrolment_id == enrolment.id, Holding.ended_at.is_(None))
    ):
        if holding.kind is HoldingKind.stay:
            holding.ended_at = at
            db.session.flush()
            freeing.end_stay_in(holding.seat, enrolment.ended_on, at=at)
        else:
            freeing.keep_or_free(enrolment, holding, enrolment.ended_on, by=by, at=at)
    if enrolment.voucher is not None and enrolment.voucher.status in claims.LIVE:
        move(enrolment.voucher, "annul", by=by, at=at, on=on, ended_at=at)
    db.session.flush()
