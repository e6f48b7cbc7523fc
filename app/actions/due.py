"""All that is due at a moment (spec 3.1, 3.8). Late, twice or in parallel: same outcome, each effect once.

Every effect takes a district whose lock is held, and counts its terms from the day it was due, not from today.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Integer, Select, bindparam, exists, insert, literal, or_, select, text, update

from app.access.actors import CLOCK
from app.actions import claims, counting, freeing, leaving, moving, norms, places
from app.db import database
from app.db.database import fixed
from app.db.dialects import Ids, among
from app.db.extensions import db
from app.models import (
    Application,
    Audience,
    Enrolment,
    Holding,
    Kindergarten,
    Notice,
    Offer,
    Privilege,
    Referral,
    StopListing,
    Vacancy,
    Voucher,
)
from app.rules import due as rules
from app.rules.absences import left_behind
from app.rules.calendar import local_day
from app.rules.deadlines import months_later
from app.rules.reasons import OwnReason
from app.rules.refusals import Reason, Refusal

ONE_DAY = timedelta(days=1)
_settled: ContextVar[frozenset[tuple[int, datetime]]] = ContextVar("settled", default=frozenset())

Effect = Callable[[Any, datetime, int], int]  # (what is due, at, district) -> how many


class Terms(NamedTuple):
    """What runs out by a day, as the norms and the calendar say it.

    `ages`: (months, first day, last day) of each norm of the maximum age; `days`: as rules.reminders finds them.
    """

    today: date
    ages: tuple[tuple[int, date, date], ...]
    days: tuple[tuple[date, date], ...]


class Question(NamedTuple):
    """Is anything due in a district, which is these places, or for one of its applications?"""

    terms: Terms
    place_id: int
    places_here: list[int]
    application_id: int | None


def catch_up(*, at: datetime, place_id: int, application_id: int | None = None) -> int:
    """Spec 3.1: do what is due in a district, or for one of its applications, until nothing is. The lock is held.
    Returns the number of effects.
    """
    return do(what(at=at, place_id=place_id, application_id=application_id), at=at)


def what(*, at: datetime, place_id: int, application_id: int | None = None) -> Question | None:
    """What might be due there, by norms and a calendar that need no lock; None where all that was due is done.

    Raises Refusal(no_norm).
    """
    if (place_id, at) in _settled.get():
        return None
    today, places_here = local_day(at), places.subtree(place_id)
    periods = norms.periods("queue.maximum_age", place_id, today)
    ages = tuple((int(period.norm.value), period.first, period.last) for period in periods)
    days = rules.reminders(norms.number("notice.reminder", place_id, today), today, places.calendar())
    return Question(Terms(today, ages, tuple(days)), place_id, places_here, application_id)


def do(asked: Question | None, *, at: datetime) -> int:
    """Do it under the district's lock, until nothing is due. Returns the number of effects.

    One statement asks whether anything is: mostly nothing is. What waits for a calendar is due and cannot be done.
    """
    total = 0
    while asked and is_anything(asked) and (done := _do_all(asked, at)):
        total += done
        db.session.expire_all()
    return total


@contextmanager
def foreseen(*, at: datetime, place_id: int) -> Iterator[None]:
    """Spec 3.1, for a page that shows what a verb would do: inside, what is due in a district is done, as the verb does
    it first; afterwards it never was. Where nothing is due nothing is written. Raises Refusal(no_norm).
    """
    asked = what(at=at, place_id=place_id)
    if not is_anything(asked):
        yield
        return
    with database.foreseen():
        database.lock_district(place_id)
        do(asked, at=at)
        yield


@contextmanager
def settled(place_ids: Iterable[int], at: datetime) -> Iterator[None]:
    """Inside, verbs at this moment ask for nothing due in these districts: all that was is done, their locks are held.

    For many verbs of one transaction.
    """
    token = _settled.set(frozenset((place_id, at) for place_id in place_ids))
    try:
        yield
    finally:
        _settled.reset(token)


def is_anything(asked: Question | None) -> bool:
    """Is anything of this due now? One statement asks."""
    if asked is None:
        return False
    terms, place_id, places_here, application_id = asked
    bound = {"place_id": place_id, "places_here": places_here, "application_id": application_id}
    return bool(db.session.scalar(_question(terms, application_id is not None, db.engine.dialect), bound))


@lru_cache(maxsize=100)
def _question(terms: Terms, of_one: bool, dialect: Dialect) -> Any:
    """Is anything of this due? Every verb asks it, and to build and to plan it takes longer than to answer it.

    So its days stand in its text, and not among its values: one plan serves all who ask on that day.
    """
    types: dict[str, Any] = {"place_id": Integer, "places_here": Ids, "application_id": Integer}
    place_id, places_here, application_id = (text(rf"\:{name}") for name in types)
    found = _due(terms, place_id, places_here, application_id if of_one else None)
    asked = select(or_(*(ids.order_by(None).exists() for ids, _ in found)))
    said = str(asked.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    return text(said).bindparams(*(bindparam(name, type_=types[name]) for name in types if f":{name}" in said))


def _do_all(asked: Question, at: datetime) -> int:
    terms, place_id, places_here, application_id = asked
    found = _due(terms, place_id, bindparam(None, places_here, Ids), application_id)
    return sum(act(ids, at, place_id) for ids, act in found)


def _due(terms: Terms, place_id: Any, places_here: Any, application_id: Any) -> Iterator[tuple[Select[Any], Effect]]:
    """What is due by a day, each with what is done about it, in this order. The three are values, or stand for them."""
    today, ages, days = terms

    def mine(found: Any) -> Any:
        return rules.narrow(found, place_id, application_id)

    def in_district(found: Any) -> Any:
        return found.where(among(Kindergarten.place_id, places_here))

    yield mine(rules.to_lapse(today)), lapse
    yield mine(rules.to_expire(today)), expire
    yield mine(rules.to_pass_over(today)), pass_over
    yield mine(rules.to_miss(today)), miss
    yield mine(rules.to_release(today)), release
    yield mine(rules.privileges_to_expire(today)), expire_privileges
    yield mine(rules.stop_lists_to_archive(today)), archive_unused_stop_lists
    yield mine(rules.stays_past_their_end(today)), expel
    yield in_district(left_behind(today)), give_back
    yield in_district(rules.vacancies_to_close(today)), close_ended_vacancies
    for months, first, last in ages:
        yield mine(rules.over_age(months, last)), partial(archive_over_age, months=months, first=first)
    for term in rules.running():
        yield mine(rules.to_remind(term, days)), partial(remind, term=term)


def lapse(ids: Select[int], at: datetime, place_id: int) -> int:
    """S1, spec 3.4.2: interest not confirmed in two working days: the voucher lapses, the application is
    stop-listed.
    """
    return sum(_lapse(at, place_id, ids, last) for last in _last_days(ids, Voucher.confirm_by))


def _lapse(at: datetime, place_id: int, ids: Select[int], last: date) -> int:
    on, ids = last + ONE_DAY, fixed(ids.where(Voucher.confirm_by == last))
    its_applications = select(Voucher.application_id).where(Voucher.id.in_(ids))
    try:
        until, norm = norms.last_day("voucher.stop_list", place_id, on)
    except Refusal as refusal:
        return wait(its_applications, refusal, at=at, on=on)
    listing = {
        "application_id": Voucher.application_id,
        "voucher_id": Voucher.id,
        "from_on": literal(on),
        "until": literal(until),
        "norm_id": literal(norm.id),
    }
    db.session.execute(
        insert(StopListing).from_select(list(listing), select(*listing.values()).where(Voucher.id.in_(ids)))
    )
    facts: dict[str, Any] = {"by": CLOCK, "at": at, "on": on, "place_id": place_id, "norm": norm}
    moving.move_all(Application, its_applications, "lapse", tell={"until": until}, **facts)
    return moving.move_all(Voucher, ids, "lapse", ended_at=at, **facts)


def expire(ids: Select[int], at: datetime, place_id: int) -> int:
    """S1, spec 3.4.4: no place chosen, or the contract not signed by the family, in time: the place is freed."""
    return sum(_expire(at, place_id, ids, last) for last in _last_days(ids, Voucher.choose_by))


def _expire(at: datetime, place_id: int, ids: Select[int], last: date) -> int:
    on, ids = last + ONE_DAY, fixed(ids.where(Voucher.choose_by == last))
    its_applications = select(Voucher.application_id).where(Voucher.id.in_(ids))
    for application in db.session.scalars(
        select(Application).where(Application.id.in_(its_applications), Application.status == "referred")
    ).all():
        claims.free_held_place(application, by=CLOCK, at=at, on=on, reason=OwnReason.expire)
    db.session.flush()
    facts: dict[str, Any] = {"by": CLOCK, "at": at, "on": on, "place_id": place_id}
    why, told = OwnReason.choose_by, {"last_day": last}
    moving.move_all(Application, its_applications, "expire", reason=why, tell=told, **facts)
    return moving.move_all(Voucher, ids, "expire", ended_at=at, **facts)


def pass_over(ids: Select[int], at: datetime, _place_id: int) -> int:
    """S2, 3.5.2: the priority window is over: the child waits on, the place is free for its birth years."""
    found = db.session.scalars(select(Offer).where(Offer.id.in_(ids)).order_by(Offer.priority_by, Offer.id)).all()
    for offer in found:
        claims.pass_over(offer, by=CLOCK, at=at, on=offer.priority_by + ONE_DAY)
    return len(found)


def miss(ids: Select[int], at: datetime, _place_id: int) -> int:
    """S2, S0, 3.5.5: nobody came with the referral in time."""
    done = 0
    late = select(Referral).where(Referral.id.in_(ids)).order_by(Referral.attend_by, Referral.id)
    for referral in db.session.scalars(late).all():
        last = referral.attend_by or local_day(at)
        try:
            claims.miss(referral, by=CLOCK, at=at, on=last + ONE_DAY)
            done += 1
        except Refusal as refusal:
            its_own = select(Application.id).where(Application.id == referral.application_id)
            wait(its_own, refusal, at=at, on=last + ONE_DAY)
    return done


def release(ids: Select[int], at: datetime, _place_id: int) -> int:
    """S2, 3.5.6: the stop-list ends by itself; the child waits on from its old day."""
    over = db.session.scalars(select(StopListing).where(StopListing.id.in_(ids)).order_by(StopListing.until)).all()
    for listing in over:
        claims.let_off(listing, by=CLOCK, at=at, on=(listing.until or local_day(at)) + ONE_DAY)
    return len(over)


def expire_privileges(ids: Select[int], at: datetime, _place_id: int) -> int:
    """Spec 3.3: the certificate no longer holds: the child goes on in the general queue, by its original day."""
    today = local_day(at)
    over = select(Privilege).where(Privilege.id.in_(ids)).order_by(Privilege.valid_until, Privilege.id)
    found = db.session.scalars(over).all()
    for privilege in found:
        counting.expire(privilege, by=CLOCK, at=at, on=(privilege.valid_until or today) + ONE_DAY)
    return len(found)


def archive_unused_stop_lists(ids: Select[int], at: datetime, place_id: int) -> int:
    """S1, our reading (spec 3.2): the restoration was not used in the 28 days, the application is archived."""
    done = 0
    for last in _last_days(ids, StopListing.until):
        these = fixed(ids.where(StopListing.until == last))
        done += moving.move_all(
            Application,
            select(StopListing.application_id).where(StopListing.id.in_(these)),
            "archive",
            by=CLOCK,
            at=at,
            on=last + ONE_DAY,
            place_id=place_id,
            reason=OwnReason.stop_list,
            tell={"reason": OwnReason.stop_list},
        )
        moving.set_all(update(StopListing).where(StopListing.id.in_(these)).values(ended_at=at, ended_with="archive"))
    return done


def expel(ids: Select[int], at: datetime, _place_id: int) -> int:
    """S1, spec 3.6: on the next working day after its last one a temporary stay ends."""
    today, calendar, done = local_day(at), places.calendar(), 0
    for last in _last_days(ids, Enrolment.ends_on):
        stays = select(Enrolment).where(Enrolment.id.in_(ids), Enrolment.ends_on == last).order_by(Enrolment.id)
        try:
            on = calendar.next_working_day(last)
        except Refusal as refusal:
            wait(_of_stays(ids, last), refusal, at=at, on=last)
            continue
        if today >= on:
            for stay in db.session.scalars(stays).all():
                leaving.expel(stay, last=last, by=CLOCK, at=at, on=on)
                done += 1
    return done


def give_back(left: Select[Holding], at: datetime, _place_id: int) -> int:
    """Spec 3.6: the seat of a child that left while its place was lent is free on the day after the stay's end."""
    return freeing.give_back(left, at=at)


def close_ended_vacancies(ids: Select[int], at: datetime, _place_id: int) -> int:
    """S1, spec 3.6: a temporary place is no longer free once its last day is over."""
    done = 0
    for last in _last_days(ids, Vacancy.ends_on):
        for vacancy in db.session.scalars(select(Vacancy).where(Vacancy.id.in_(ids), Vacancy.ends_on == last)).all():
            freeing.close_out(vacancy, by=CLOCK, at=at, on=last + ONE_DAY)
            done += 1
    return done


def archive_over_age(
    found: Select[Application, date], at: datetime, _place_id: int, *, months: int, first: date
) -> int:
    """S3, spec 3.1, 3.2 queue.maximum_age: a queued child is archived on the day after it reaches the age.

    The norm in force on that day decides, however late the clock runs. What a newly valid norm makes due is due on its
    first day, what a return to the queue makes due on the day of the return.
    """
    rows = db.session.execute(found).all()
    for application, waits_since in rows:
        on = max(months_later(application.born_on, months) + ONE_DAY, first, waits_since)
        why = OwnReason.over_age
        moving.move(application, "archive", by=CLOCK, at=at, on=on, reason=why, tell={"reason": why})
    return len(rows)


def remind(ids: Select[int], at: datetime, _place_id: int, *, term: rules.Running) -> int:
    """Spec 3.2 notice.reminder: a word to the family, one working day before each last day, once."""
    told = 0
    for last in _last_days(ids, term.last_day):
        family: Select[Any] = select(term.model.application_id).where(term.model.id.in_(ids), term.last_day == last)
        facts = {"last_day": last, "term": term.last_day.key}
        told += moving.notify_all(family, term.template, at=at, facts=facts, due_on=last)
    return told


def _of_stays(ids: Select[int], last: date) -> Select[int]:
    """The applications whose stays ended on this day."""
    stays = select(Enrolment.application_id).where(Enrolment.id.in_(ids), Enrolment.ends_on == last)
    return select(Application.id).where(Application.id.in_(stays))


def wait(its_applications: Select[int], refusal: Refusal, *, at: datetime, on: date) -> int:
    """Spec 3.1: an effect whose term has no calendar waits, is shown to the department once, is tried again."""
    if refusal.reason is not Reason.no_calendar:
        raise refusal
    already = exists().where(
        Notice.application_id == Application.id, Notice.template == "no_calendar", Notice.due_on == on
    )
    waiting = select(Application.id).where(Application.id.in_(its_applications), ~already.correlate(Application))
    moving.notify_all(waiting, "no_calendar", at=at, audience=Audience.department, facts=refusal.facts, due_on=on)
    return 0


def _last_days(ids: Select[int], column: Any) -> list[date]:
    """The distinct last days among what is due, earliest first: what ran out first happens first."""
    return list(db.session.scalars(ids.with_only_columns(column).distinct().order_by(column)))
