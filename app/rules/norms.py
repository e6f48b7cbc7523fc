"""Spec 3.2: which dated number of the regulation is in force, and what each of them may say."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, select

from app.models import Approved, ContractText, DayOff, Norm, OnLapse, QueueOrder, QueueOrderKind, SignedInBy, Unit
from app.rules.calendar import local_day, start_of_day
from app.rules.deadlines import Term
from app.rules.refusals import Reason, Refusal
from app.rules.verbs import SIGN_IN

Dated = Norm | QueueOrder | ContractText  # what two people put in force for a place from a day on
D = TypeVar("D", Norm, QueueOrder, ContractText, Dated)
TERM = frozenset({Unit.WD, Unit.CD})
TURN = frozenset({"none", "needed"})
HOUR = r"(?:[0-9]|1[0-9]|2[0-3])"
NUMBER, FORMS = r"[0-9]{1,4}", {Unit.RATIO: r"[1-9][0-9]?:[1-9][0-9]?", Unit.HOURS: f"{HOUR}-{HOUR}"}


@dataclass(frozen=True)
class NormKind:
    """What a norm of this name may be: its units, its choices, and what may follow when the term runs out, as a rule
    ``usual_lapse``."""

    units: frozenset[Unit]
    choices: frozenset[str] = frozenset()
    on_lapse: frozenset[OnLapse] = frozenset()
    usual_lapse: OnLapse | None = None


def _lapse(*lapses: OnLapse) -> dict[str, Any]:
    """What may follow, the usual first."""
    return {"on_lapse": frozenset(lapses), "usual_lapse": lapses[0]}


def _one(unit: Unit) -> frozenset[Unit]:
    return frozenset({unit})


KNOWN: dict[str, NormKind] = {
    "procedure": NormKind(_one(Unit.CHOICE), choices=frozenset({"referral", "voucher"})),
    "voucher.confirm": NormKind(TERM, **_lapse(OnLapse.stop_list)),
    "voucher.choose": NormKind(TERM, **_lapse(OnLapse.archive)),
    "voucher.stop_list": NormKind(TERM, **_lapse(OnLapse.archive)),
    "voucher.restorations": NormKind(_one(Unit.COUNT)),
    "voucher.restorations_per": NormKind(_one(Unit.CHOICE), choices=frozenset({"application", "stop_listing"})),
    "referral.priority": NormKind(TERM, **_lapse(OnLapse.open)),
    "referral.attend": NormKind(TERM, **_lapse(OnLapse.stop_list, OnLapse.hold)),
    "referral.stop_list": NormKind(TERM),
    "referral.misses": NormKind(_one(Unit.COUNT), **_lapse(OnLapse.remove)),
    "referral.extension": NormKind(TERM),
    "referral.extensions": NormKind(_one(Unit.COUNT)),
    "referral.revocation": NormKind(_one(Unit.H)),
    "referral.minimum_age": NormKind(_one(Unit.MONTHS)),
    "state_order.minimum_age": NormKind(_one(Unit.MONTHS)),
    "state_order.turn": NormKind(_one(Unit.CHOICE), choices=TURN),
    "mini_centre.turn": NormKind(_one(Unit.CHOICE), choices=TURN),
    "queue.maximum_age": NormKind(_one(Unit.MONTHS), **_lapse(OnLapse.archive)),
    "queue.ratio": NormKind(_one(Unit.RATIO)),
    "privilege.certificate": NormKind(frozenset({Unit.MONTHS, Unit.WD, Unit.CD})),
    "wish.maximum": NormKind(_one(Unit.COUNT)),
    "free_choice.window": NormKind(_one(Unit.H)),
    "rounds": NormKind(_one(Unit.CHOICE), choices=frozenset({"manual", "clock"})),
    "notice.reminder": NormKind(_one(Unit.WD)),
    "notice.quiet": NormKind(_one(Unit.HOURS)),
    "notice.daily": NormKind(_one(Unit.COUNT)),
    **dict.fromkeys(
        ("retention.application", "retention.message", "retention.file"), NormKind(frozenset({Unit.MONTHS, Unit.CD}))
    ),
    **{f"sign.{name}": NormKind(_one(Unit.CHOICE), choices=frozenset(SignedInBy)) for name in SIGN_IN},
}


def known_on(model: type[Approved], day: date, at: datetime | None = None) -> ColumnElement[bool]:
    """Spec 3.2: approved by the end of that local day, or by a moment of it; what came later changes nothing that began
    before.
    """
    if at is not None:
        return model.approved_at <= at
    return model.approved_at < start_of_day(day + timedelta(days=1))


def in_force(rows: Sequence[D], path: Sequence[int], day: date) -> D | None:
    """Spec 3.2: of the approved `rows` of one name the one in force on this day; `path` names the place and those above
    it, upwards. The most specific place wins; of one place's rows the last that has begun.
    """
    begun = [row for row in rows if begins_on(row) <= day]
    return min(begun, key=lambda row: (path.index(row.place_id), -row.valid_from.toordinal()), default=None)


def _nearest(model: type[Any], path: Sequence[int], day: date, *of: ColumnElement[bool]) -> Select[Any]:
    """The same as a select, of whatever is approved for a place from a day on."""
    return (
        select(model)
        .where(*of, model.place_id.in_(path), model.valid_from <= day, known_on(model, day))
        .order_by(case({place: depth for depth, place in enumerate(path)}, value=model.place_id))
        .order_by(model.valid_from.desc())
        .limit(1)
    )


def all_in_force(path: Sequence[int], day: date, at: datetime | None = None) -> Select[Norm]:
    """Spec 3.2: the norms of all names on this day, each as `in_force` finds it, in one select."""
    depth = case({place: depth for depth, place in enumerate(path)}, value=Norm.place_id)
    nearest = func.row_number().over(partition_by=Norm.name, order_by=(depth, Norm.valid_from.desc()))
    begun = Norm.place_id.in_(path), Norm.valid_from <= day, known_on(Norm, day, at)
    ranked = select(Norm.id, nearest.label("nearest")).where(*begun).subquery()
    return select(Norm).join(ranked, ranked.c.id == Norm.id).where(ranked.c.nearest == 1).order_by(Norm.name)


def order_in_force(kind: QueueOrderKind, path: Sequence[int], day: date) -> Select[QueueOrder]:
    """Spec 3.3: the queue order of this kind on this day; the most specific place wins, as with norms."""
    return _nearest(QueueOrder, path, day, QueueOrder.kind == kind)


def text_in_force(path: Sequence[int], day: date) -> Select[ContractText]:
    """S1: the text of contracts that are drawn up on this day; the most specific place wins, as with norms."""
    return _nearest(ContractText, path, day)


def days_in_force() -> Select[DayOff]:
    """Spec 3.1: of each day of the table the row that holds, the last approved one."""
    latest = func.row_number().over(partition_by=DayOff.day, order_by=(DayOff.approved_at.desc(), DayOff.id.desc()))
    ranked = select(DayOff.id, latest.label("latest")).where(DayOff.approved_at.is_not(None)).subquery()
    return select(DayOff).join(ranked, ranked.c.id == DayOff.id).where(ranked.c.latest == 1).order_by(DayOff.day)


def begins_on(row: Dated) -> date:
    """Spec 3.2: the first day that an approved row is used on: its own first day, or that of a later approval."""
    approved_at = row.approved_at
    assert approved_at is not None, "a draft begins on no day"
    return max(row.valid_from, local_day(approved_at))


@dataclass(frozen=True)
class Period:
    """Spec 3.2: the days, both included, through which one norm of a name is in force in a place."""

    norm: Norm
    first: date
    last: date


def periods(rows: Sequence[Norm], path: Sequence[int], until: date) -> list[Period]:
    """Spec 3.2: which of the approved `rows` of one name was in force when, in the first place of `path`, until a day.

    The first of them has no beginning that matters: it counts from the day on which it is used.
    """
    found: list[Period] = []
    for first in sorted({begins_on(row) for row in rows if begins_on(row) <= until}):
        norm = in_force(rows, path, first)
        assert norm is not None, "one begins on this day"
        if found and found[-1].norm is norm:
            continue
        if found:
            found[-1] = replace(found[-1], last=first - timedelta(days=1))
        found.append(Period(norm, first, until))
    return found


def to_come(rows: Iterable[Dated], path: Sequence[int], day: date) -> list[tuple[date, Dated]]:
    """Spec 3.2: what is in force after this day and not on it, by the day it begins; `rows`: approved ones of `path`.

    A row that a more specific place has its own for changes nothing here and is left out.
    """
    found = []
    for _, same in groupby(sorted(rows, key=_named), key=_named):
        of_name = list(same)
        before = in_force(of_name, path, day)
        for later in sorted({begins_on(row) for row in of_name if begins_on(row) > day}):
            after = in_force(of_name, path, later)
            if after is not None and after is not before:
                found.append((later, after))
            before = after
    return sorted(found, key=lambda one: (one[0], _named(one[1])))


def _named(row: Dated) -> tuple[str, str]:
    """What rows are of one kind by: a norm's name, an order's kind."""
    return row.__tablename__, row.name if isinstance(row, Norm) else str(getattr(row, "kind", ""))


def term_of(norm: Norm) -> Term:
    """Spec 3.2: a norm's value as a term. ValueError for a unit that is no length of time."""
    if norm.unit in (Unit.COUNT, Unit.RATIO, Unit.HOURS, Unit.CHOICE):
        raise ValueError(f"{norm.name} is no term")
    return Term(int(norm.value), norm.unit, norm.carry)


def problem(norm: Norm) -> str | None:
    """What is wrong with a norm that somebody enters: the name of the field, or None (spec 3.2, bad input)."""
    known = KNOWN.get(norm.name)
    if known is None:
        return "name"
    if norm.unit not in known.units:
        return "unit"
    form = FORMS.get(norm.unit, NUMBER)
    if not (norm.value in known.choices if known.choices else re.fullmatch(form, norm.value or "")):
        return "value"
    return None if norm.on_lapse in (known.on_lapse or {None}) else "on_lapse"


def refuse_missing(name: str, day: date) -> Refusal:
    """House rule 12: no norm in force is an error with a name, not a default."""
    return Refusal(Reason.no_norm, norm=name, day=day)
