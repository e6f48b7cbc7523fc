"""An enrolled child is away: its place is lent to another one, until it comes back or leaves for good (S1, spec 3.6).

A place is lent by a seat of its own that stands for one absence, so a group never lends more than are away. Whoever
leaves while its place is lent leaves it behind: nobody else gets it before the day after the stay in it has ended.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.access.actors import Actor
from app.actions import freeing, norms, records
from app.actions.moving import record
from app.actions.preconditions import begin
from app.actions.seating import last_days
from app.db.extensions import db
from app.models import (
    Absence,
    Application,
    Enrolment,
    Intake,
    Seat,
    Vacancy,
)
from app.rules import absences as rules
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal

ONE_DAY = timedelta(days=1)


def absent(
    application: Application, *, from_on: date, until: date, by: Actor, at: datetime, reason: str | None
) -> Absence:
    """S1, spec 3.6: an enrolled child is away; a temporary place of the same days is drafted for its group.

    Raises Refusal: not_allowed, too_late (over already, or before it begins), wrong_status (not enrolled, or away
    already on one of these days: its one place is lent once), reason_required, too_long (beyond school age).
    """
    day = begin(application, "absent", by=by, at=at)
    if until < from_on:
        raise Refusal(Reason.too_late, backwards=True)
    eligibility.still_open(until, day)
    enrolment = own_enrolment(application, "absent")
    if db.session.scalars(rules.of(enrolment.id, from_on, until)).first():
        raise Refusal(Reason.wrong_status, verb="absent", away=True)
    reason = eligibility.given(reason)
    eligibility.not_too_long(until, last_day(application, enrolment.ends_on, day))
    return _draft(enrolment, from_on, until, by=by, at=at, reason=reason)


def may_absent(application: Application, *, by: Actor, at: datetime) -> None:
    """Is there a day from this one on, up to the last that an absence may have, on which the child is not away yet?

    Raises Refusal: wrong_status, no_norm.
    """
    enrolment, day = own_enrolment(application, "absent"), local_day(at)
    last = last_day(application, enrolment.ends_on, day)
    known = map(rules.days_of, db.session.scalars(rules.of(enrolment.id, day, last)))
    if not rules.uncovered(day, last, known):
        raise Refusal(Reason.wrong_status, verb="absent", away=True)


def last_day(application: Application, ends_on: date | None, day: date) -> date:
    """Spec 3.6: an absence ends on the last day before school age at the latest, and not after the enrolment's own."""
    months = norms.number("queue.maximum_age", application.place_id, day)
    school = rules.last_before_school(application.born_on, months)
    return school if ends_on is None else min(ends_on, school)


def go_to_sanatorium(
    usual: Enrolment, first: date, last: date, *, by: Actor, at: datetime, reason: str
) -> list[Absence]:
    """Spec 3.6: who enrols in a sanatorium kindergarten is away from its usual one; recorded days stay as they are.

    It follows from what the sanatorium's head does, who is not the head of the usual one.
    """
    there = replace(by, kindergarten_id=usual.group.kindergarten_id)
    known = map(rules.days_of, db.session.scalars(rules.of(usual.id, first, last)))
    days = rules.uncovered(first, last, known)
    return [_draft(usual, begins, ends, by=there, at=at, reason=reason) for begins, ends in days]


def _draft(enrolment: Enrolment, first: date, last: date, *, by: Actor, at: datetime, reason: str) -> Absence:
    drafted = Vacancy(group=enrolment.group, intake=Intake.temporary, places=1, begins_on=first, ends_on=last)
    away = Absence(enrolment=enrolment, vacancy=drafted, from_on=first, until=last, reason=reason)
    records.create(drafted, by=by, at=at)
    db.session.add(away)
    days = {"from_on": first, "until": last}
    record(enrolment, "absent", by=by, at=at, reason=reason, details=days, tell=days)
    return away


def come_back(application: Application, *, by: Actor, at: datetime) -> Absence:
    """Spec 3.6, `return`: the child is back from this day on, before its absence was to end, or does not go at all.

    A lent place that nobody has claimed ends with it. Raises Refusal: not_allowed, wrong_status (not away),
    place_is_lent (another child stays in it until its last day).
    """
    day = begin(application, "return", by=by, at=at)
    enrolment, absence = may_return(application, by=by, at=at)
    absence.returned_on = day
    record(enrolment, "return", by=by, at=at, details={"returned_on": day, "until": absence.until})
    freeing.end_unclaimed(absence, by=by, at=at)
    return absence


def may_return(application: Application, *, by: Actor, at: datetime) -> tuple[Enrolment, Absence]:
    """The absence that runs or comes next, if nobody attends in its place. Raises wrong_status, place_is_lent."""
    enrolment, day = own_enrolment(application, "return"), local_day(at)
    absence = db.session.scalars(rules.of(enrolment.id, day, date.max)).first()
    if absence is None:
        raise Refusal(Reason.wrong_status, verb="return", not_away=True)
    lent = freeing.lent_seat(absence)
    last = last_days([lent.id]).get(lent.id) if lent is not None else None
    if last is not None and last >= day:
        raise Refusal(Reason.place_is_lent, last_day=last)
    return enrolment, absence


def lend(vacancy: Vacancy, *, at: datetime) -> None:
    """Spec 3.6: each temporary place stands for one child that is away.

    Where no absence drafted it, it stands for children of the group who are known by number alone; who is known by
    name has an absence recorded. Raises Refusal(no_free_place): not so many of them are there on those days.
    """
    for absence in _drafted(vacancy) or _send_away(vacancy, local_day(at)):
        seat = Seat(group_id=vacancy.group_id, vacancy_id=vacancy.id, absence=absence, intake=Intake.temporary)
        db.session.add(seat)
    db.session.flush()


def may_lend(vacancy: Vacancy, day: date) -> None:
    """Spec 3.6: does a child who is away stand for each place of a temporary vacancy? Raises no_free_place."""
    if not _drafted(vacancy):
        _may_go(vacancy, day)


def _drafted(vacancy: Vacancy) -> Sequence[Absence]:
    """The absence that drafted a vacancy, if one did."""
    return db.session.scalars(select(Absence).where(Absence.vacancy_id == vacancy.id)).all()


def _send_away(vacancy: Vacancy, day: date) -> Sequence[Absence]:
    found, first, last = _may_go(vacancy, day)
    vacancy.begins_on = first
    away = [Absence(enrolment=one, vacancy=vacancy, from_on=first, until=last) for one in found]
    db.session.add_all(away)
    return away


def _may_go(vacancy: Vacancy, day: date) -> tuple[Sequence[Enrolment], date, date]:
    """As many children known by number alone as it has places, and its first and last day. Raises no_free_place."""
    group, last = vacancy.group, vacancy.ends_on
    if last is None:
        raise ValueError("a temporary vacancy has its last day")
    first = max(vacancy.begins_on or day, day)
    found: Sequence[Enrolment] = ()
    months = norms.number("queue.maximum_age", group.kindergarten.place_id, day)
    if last <= rules.last_before_school(date(group.birth_year_to, 12, 31), months):
        found = db.session.scalars(rules.may_go(group.id, first, last, vacancy.places)).all()
    if len(found) < vacancy.places:
        raise Refusal(Reason.no_free_place, away=len(found), places=vacancy.places)
    return found, first, last


def own_enrolment(application: Application, verb: str) -> Enrolment:
    """Where its child attends on a place of its own. Raises Refusal(wrong_status)."""
    enrolment = db.session.scalars(rules.own_enrolment(application.id)).first()
    if enrolment is None:
        raise Refusal(Reason.wrong_status, verb=verb)
    return enrolment
