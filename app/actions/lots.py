"""Spec 3.5.2-4, norm free_choice.window: places of free choice are given by lot among those who ask in their window
(docs/adr/0038-free-choice-by-lot.md). Whether somebody asks sooner or later within it changes nothing.

After the window the clock puts on record who asked; once that is sealed in the history's chain, which nobody can know
before, the chain's head says the order. Down that order each child gets, of the places that it asked for, the first
one that is left and that `choose` accepts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app.access.actors import CLOCK, Actor
from app.access.permissions import permit
from app.actions import choosing, due, places, referrals
from app.actions.choosing import Choosing
from app.actions.moving import move, record
from app.actions.preconditions import begin, may_begin, with_its_signature
from app.db.database import lock_district
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    HistoryLink,
    HistorySeal,
    Lot,
    LotEntry,
    LotEntryStatus,
    Vacancy,
)
from app.rules import eligibility
from app.rules import lots as rules
from app.rules import seats as seat_rules
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.refusals import Reason, Refusal, accepted
from app.rules.seats import ITS_KINDERGARTEN
from app.rules.verbs import VERBS

WAITS = LotEntry.status == LotEntryStatus.waiting
ITS_LOT = joinedload(LotEntry.lot).joinedload(Lot.vacancy).options(ITS_KINDERGARTEN)
MOST_NAMED = 5  # kindergartens that a notice names


# ---------------------------------------------------------------- what families do


def enter(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> LotEntry:
    """This child takes part in the lot of a vacancy's places; of several such lots in the one that ends first.

    Raises Refusal: as `choose` does for the place, and too_late (no lot of it runs), already_used (it takes part, or
    the place is offered to it).
    """
    day = begin(application, "choose", by=by, at=at)
    lot = to_enter(application, vacancy, at)
    entry = LotEntry(application=application, lot=lot, entered_at=at, paper_on=by.paper_on)
    permit(by, "enter_lot", entry)
    _sign(application, "enter_lot", lot, by=by, at=at)
    _check(Choosing(application, day), lot, left(lot))
    db.session.add(entry)
    record(entry, "enter_lot", by=by, at=at, details={"vacancy": vacancy, "lot": lot})
    return entry


def to_enter(application: Application, vacancy: Vacancy, at: datetime) -> Lot:
    """The lot of this vacancy that ends first and that it has not entered. Raises Refusal: too_late, already_used."""
    found = select(Lot).where(Lot.vacancy_id == vacancy.id, Lot.drawn_at.is_(None), Lot.until >= at)
    lots = db.session.scalars(found.order_by(Lot.until, Lot.id)).all()
    if not lots:
        raise Refusal(Reason.too_late, lot_over=True)
    entered = {one.lot_id for one in of(application)}
    lot = next((one for one in lots if one.id not in entered), None)
    if lot is None:
        raise Refusal(Reason.already_used, in_lot=True)
    return lot


def may_enter(application: Application, *, by: Actor, at: datetime) -> None:
    """Is there a lot in which it might take part? Raises Refusal: as `choose`, no_free_place."""
    may_begin(application, "choose", by=by, at=at)
    with_its_signature(application, "enter_lot", by=by, at=at, norm="choose", row=VERBS[LotEntry]["enter_lot"])
    if not choices(application, at):
        raise Refusal(Reason.no_free_place)


def leave(application: Application, vacancy: Vacancy, *, by: Actor, at: datetime) -> None:
    """It takes part in no lot of this vacancy any more. Raises Refusal: wrong_status, and as give_up does."""
    mine = [one for one in of(application) if one.lot.vacancy_id == vacancy.id]
    if not mine:
        raise Refusal(Reason.wrong_status, verb="leave_lot", no_lot=True)
    for entry in mine:
        give_up(entry, by=by, at=at)


def give_up(entry: LotEntry, *, by: Actor, at: datetime) -> None:
    """The same of one entry, until its lot is drawn. Raises Refusal: not_allowed, wrong_status, reason_required and
    too_late (the paper's day), signature_required.
    """
    permit(by, "leave_lot", entry)
    lock_district(entry.application.place_id)
    db.session.refresh(entry, ["status"], with_for_update=True)
    _sign(entry.application, "leave_lot", entry.lot, by=by, at=at)
    move(entry, "leave_lot", by=by, at=at, ended_at=at)


def may_give_up(entry: LotEntry, *, by: Actor, at: datetime) -> None:
    """Does it take part still? Raises Refusal: not_allowed, wrong_status."""
    permit(by, "leave_lot", entry)
    if entry.status is not LotEntryStatus.waiting:
        raise Refusal(Reason.wrong_status, status=str(entry.status), verb="leave_lot")


def may_leave(application: Application, *, by: Actor, at: datetime) -> None:
    """Does it take part in any? Raises Refusal(wrong_status)."""
    if not of(application):
        raise Refusal(Reason.wrong_status, verb="leave_lot", no_lot=True)


def _sign(application: Application, verb: str, lot: Lot, *, by: Actor, at: datetime) -> None:
    """As the choice itself is signed; a paper is not older than the lot."""
    row = VERBS[LotEntry][verb]
    with_its_signature(application, verb, by=by, at=at, norm="choose", row=row)
    if by.stands_for_family(row):
        eligibility.signed_paper(by.paper_on, local_day(lot.opened_at), local_day(at))


# ---------------------------------------------------------------- what is shown


class AskedFor(NamedTuple):
    """A lot in which somebody might take part: how many places it gives now, and how many ask for one."""

    lot: Lot
    places: int
    asked: int


def running(place_id: int) -> bool:
    """Is anything in this district given by lot and not drawn yet?"""
    some = select(Lot.id).where(_of_district(place_id)).limit(1)
    found: bool = places.once(("lots", place_id), lambda: db.session.scalars(some).first() is not None)
    return found


def choices(application: Application, at: datetime) -> list[AskedFor]:
    """The lots that `enter` would accept at this moment, those that end first first. Raises Refusal(no_norm)."""
    found = select(Lot).where(_of_district(application.place_id), Lot.until >= at).order_by(Lot.until, Lot.id)
    lots = db.session.scalars(found.options(joinedload(Lot.vacancy).options(ITS_KINDERGARTEN))).all()
    if not lots:
        return []
    asking, asks = Choosing(application, local_day(at)), asked(lots)
    entered = {one.lot_id for one in of(application)}
    told = [AskedFor(lot, left(lot), asks.get(lot.id, 0)) for lot in lots if lot.id not in entered]
    return [one for one in told if accepted(lambda one=one: _check(asking, one.lot, one.places))]  # type: ignore[misc]


def of(application: Application) -> list[LotEntry]:
    """In which lots it takes part, in the order in which it has entered them."""
    return [one for one in _entries(application) if one.status is LotEntryStatus.waiting]


def drawn(application: Application, most: int) -> list[LotEntry]:
    """The last draws in which it took part, the newest first."""
    return [one for one in reversed(_entries(application)) if one.line is not None][:most]


def _entries(application: Application) -> list[LotEntry]:
    mine = select(LotEntry).where(LotEntry.application_id == application.id).options(ITS_LOT).order_by(LotEntry.id)
    found: list[LotEntry] = places.once(("entries", application.id), lambda: list(db.session.scalars(mine)))
    return found


def asked(lots: Iterable[Lot]) -> dict[int, int]:
    """How many ask, by the id of the lot; of one that is drawn, how many did."""
    ids = [lot.id for lot in lots]
    count = select(LotEntry.lot_id, func.count()).where(LotEntry.lot_id.in_(ids), WAITS | LotEntry.line.is_not(None))
    return dict(db.session.execute(count.group_by(LotEntry.lot_id)).all())


def _of_district(place_id: int) -> Any:
    return (Lot.place_id == place_id) & Lot.drawn_at.is_(None)


def _check(asking: Choosing, lot: Lot, places: int) -> None:
    """Would `choose` accept a place of this lot, if it were drawn now? Raises Refusal as it would."""
    if not asking.by_turn or asking.offered(lot.vacancy):
        raise Refusal(Reason.already_used, chosen_at_once=True)
    asking.check(lot.vacancy, {"open": places})


def left(lot: Lot) -> int:
    """How many places it gives now."""
    return db.session.scalar(select(func.count()).select_from(seat_rules.seats_of_lot(lot).subquery())) or 0


# ---------------------------------------------------------------- what the clock does


def draw_due(place_id: int, *, at: datetime, head: str | None = None) -> int:
    """Put on record who asked for what in the lots whose window is over; draw those of which that is sealed. The
    district's lock is held. Returns how many lots were closed or drawn.

    `head`: by which it is drawn at once, in a scenario; else the head of the history's chain. Raises Refusal: no_norm,
    no_calendar where the terms of a referral cannot be said.
    """
    over = select(Lot).where(_of_district(place_id), Lot.until < at).order_by(Lot.until, Lot.id)
    lots = db.session.scalars(over.options(joinedload(Lot.vacancy).options(ITS_KINDERGARTEN))).all()
    over_now = [lot for lot in lots if lot.closed_at is None]
    for lot in over_now:
        _close(lot, at)
    heads = {lot.id: (0, head) if head else _head_of(lot) for lot in lots}
    ready = [(lot, *known) for lot in lots if (known := heads[lot.id]) is not None]
    for (_until, position, by_head), together in groupby(ready, key=lambda one: (one[0].until, one[1], one[2])):
        _draw([lot for lot, *_ in together], position, by_head, at)
    return len(over_now) + len(ready)


def _close(lot: Lot, at: datetime) -> None:
    """What stands on record then decides: who asked, before anybody can know in which order they will be drawn."""
    lot.closed_at = at
    asked_for = select(Application.number).join(LotEntry, LotEntry.application_id == Application.id)
    numbers = db.session.scalars(asked_for.where(LotEntry.lot_id == lot.id, WAITS).order_by(LotEntry.id)).all()
    record(lot, "close_lot", by=CLOCK, at=at, details={"numbers": list(numbers)})


def _is_closed(lot: Lot) -> tuple[ColumnElement[bool], ...]:
    """Of the record that says who asked."""
    return Change.subject == Lot.__tablename__, Change.subject_id == lot.id, Change.verb == "close_lot"


def _head_of(lot: Lot) -> tuple[int, str] | None:
    """The first head of the chain that stands for the record of who asked, with its position; None before there is."""
    db.session.flush()
    closing = select(Change.id).where(*_is_closed(lot))
    sealed = select(HistoryLink.id).where(HistoryLink.change_id.in_(closing)).scalar_subquery()
    first = select(HistorySeal.position, HistorySeal.head).where(HistorySeal.position >= sealed)
    found = db.session.execute(first.order_by(HistorySeal.position).limit(1)).first()
    return (found.position, found.head.hex()) if found else None


def _draw(lots: Sequence[Lot], position: int, head: str, at: datetime) -> None:
    """Lots whose windows have ended at one moment are drawn together: one order of the children for all of them."""
    day, free = local_day(at), {lot.id: left(lot) for lot in lots}
    for lot in lots:
        lot.drawn_at, lot.places, lot.position, lot.head = at, free[lot.id], position, head
    waiting = select(LotEntry).where(LotEntry.lot_id.in_(free), WAITS).order_by(LotEntry.id)
    asking: dict[str, list[LotEntry]] = {}
    for entry in db.session.scalars(waiting.options(joinedload(LotEntry.application), joinedload(LotEntry.lot))):
        asking.setdefault(entry.application.number, []).append(entry)
    with due.settled([lots[0].place_id], at):
        for line, number in enumerate(rules.drawn(head, asking), start=1):
            for entry in asking[number]:
                entry.line = line
            won = next((one for one in asking[number] if free[one.lot_id] and _takes(one, day, at)), None)
            if won is not None:
                free[won.lot_id] -= 1
                move(won, "win", by=CLOCK, at=at, ended_at=at)
        entries = [entry for mine in asking.values() for entry in mine]
        _tell_losers([one for one in entries if one.status is LotEntryStatus.waiting], lots, day, at)
    for lot in lots:
        record(lot, "draw", by=CLOCK, at=at, details={"position": position, "head": head, "places": lot.places})


def _takes(entry: LotEntry, day: date, at: datetime) -> bool:
    """The place, exactly as `choose` gives it; False where that refuses it to this child by now."""
    application, vacancy = entry.application, entry.lot.vacancy
    try:
        with db.session.begin_nested():
            _check(Choosing(application, day), entry.lot, 1)
            referrals.choose(application, vacancy, by=CLOCK, at=at)
    except Refusal as refusal:
        if refusal.reason in (Reason.no_calendar, Reason.no_norm):
            raise
        return False
    return True


def _tell_losers(losers: Sequence[LotEntry], lots: Sequence[Lot], day: date, at: datetime) -> None:
    """Whoever gets nothing is told at once, with what else is free for a child of its age; who has got another place,
    or waits no more, is told nothing.
    """
    asks, free = asked(lots), dict[tuple[Any, ...], str]()
    for entry in losers:
        application, tell = entry.application, None
        if application.status in (ApplicationStatus.queued, ApplicationStatus.notified):
            own = application.id if application.offers else None
            alike = application.queue_kind, application.birth_year, age_in_months(application.born_on, day), own
            if alike not in free:
                free[alike] = _named(application, day)
            tell = {"kindergarten": entry.lot.vacancy.group.kindergarten.name, "line": entry.line}
            tell |= {"asked": asks[entry.lot_id], "places": entry.lot.places}
            tell |= {"free": free[alike]} if free[alike] else {}
        move(entry, "lose", by=CLOCK, at=at, tell=tell, ended_at=at)


def _named(application: Application, day: date) -> str:
    """The kindergartens in which this child may choose a place on this day."""
    names = dict.fromkeys(one.group.kindergarten.name for one, _free in choosing.choices(application, day))
    more = ["…"] if len(names) > MOST_NAMED else []
    return ", ".join([*list(names)[:MOST_NAMED], *more])


# ---------------------------------------------------------------- what an auditor reads


class Line(NamedTuple):
    """One who took part, by the number: where it stood, what it drew, and what became of it."""

    line: int | None
    number: str
    ticket: str | None
    status: LotEntryStatus


def protocol(lot: Lot) -> list[Line]:
    """Who took part in a lot, in the order of the draw, or of the entries before it; no names."""
    of_it = select(LotEntry, Application.number).join(Application, Application.id == LotEntry.application_id)
    found = db.session.execute(of_it.where(LotEntry.lot_id == lot.id).order_by(LotEntry.line, LotEntry.id))
    return [
        Line(one.line, number, rules.ticket(lot.head, number) if lot.head and one.line else None, one.status)
        for one, number in found
    ]


def first_fault(lot: Lot) -> str | None:
    """Of a drawn lot the first number that did not stand where its head says, or that was not on record before; None
    where all is as it must be.
    """
    lines = [one for one in protocol(lot) if one.line is not None]
    known: Mapping[str, Any] = db.session.scalars(select(Change.details).where(*_is_closed(lot))).first() or {}
    for one in lines:
        if one.number not in known.get("numbers", ()):
            return one.number
    # of several lots that were drawn together each has its part of one order
    expected = rules.drawn(lot.head or "", [one.number for one in lines])
    return next((one.number for one, number in zip(lines, expected, strict=True) if one.number != number), None)
