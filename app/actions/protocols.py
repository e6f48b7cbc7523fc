"""Spec 1.2: whom a round met, for its protocol: by the numbers of applications alone, in the order of the queue."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import select

from app.actions import rounds
from app.actions.rounds import RoundLine, RoundOutcome
from app.db.extensions import db
from app.models import Application, QueueCategory, QueueKind, Round, Side

AT_ONCE = 10_000  # applications that one statement asks for
SIDES = {
    Side.out_of_turn: ("кезектен тыс", "вне очереди"),
    Side.privileged: ("бірінші кезекте", "в первую очередь"),
    Side.general: ("жалпы кезекте", "в общей очереди"),
}


def reckoned(held: Round) -> dict[str, Any]:
    """Of each queue that waited or had places: the places by birth years and the claims to them; whom the round served,
    by the steps of the order; whom it passed over, by the birth year for which no place was left; who was left, and
    who was too young. Rebuilt from the history, so it is the same whenever it is asked for.
    """
    told = rounds.of_round(held)
    numbers = _numbers([line.application_id for line in told.lines])
    queues = []
    for kind in QueueKind:
        lines = [line for line in told.lines if line.queue_kind is kind]
        places, claims = _seats(held, kind, lines)
        if lines or places:
            queues.append({"queue": str(kind), "places": places, "claims": claims, **_outcomes(lines, numbers)})
    return {"queues": queues, "served": held.served}


def _seats(held: Round, kind: QueueKind, lines: Sequence[RoundLine]) -> tuple[list[list[int]], int]:
    """[first birth year, last one, free places], and how many had a claim to one of them already."""
    if held.vacancy is not None:
        years, offered = rounds.places_offered(held)
        return ([[*years, offered]] if lines else []), 0
    free, holders = rounds.seats_before(held)[kind]
    return [[*years, n] for years, n in sorted(free.items())], sum(holders.values())


def _outcomes(lines: Sequence[RoundLine], numbers: dict[int, str]) -> dict[str, Any]:
    served = [line for line in lines if line.outcome is RoundOutcome.served]
    last = served[-1].position if served else 0
    unseated = [line for line in lines if line.outcome in (RoundOutcome.no_seat, RoundOutcome.later)]
    passed = sorted((line for line in unseated if line.position < last), key=lambda line: line.birth_year)
    return {
        "served": [
            {**_step(step), "numbers": _of(some, numbers)}
            for step, some in groupby(served, key=lambda line: line.standing)
        ],
        "passed": [
            {"year": int(year), "numbers": _of(some, numbers)}
            for year, some in groupby(passed, key=lambda line: line.birth_year)
        ],
        "left": _of((line for line in unseated if line.position > last), numbers),
        "young": _of((line for line in lines if line.outcome is RoundOutcome.too_young), numbers),
    }


def _step(standing: QueueCategory | Side | None) -> dict[str, str]:
    """The category, or the side of the ratio, in both languages."""
    if isinstance(standing, QueueCategory):
        return {"kk": standing.name_kk, "ru": standing.name_ru}
    kk, ru = SIDES[standing] if standing is not None else ("—", "—")
    return {"kk": kk, "ru": ru}


def _of(lines: Iterable[RoundLine], numbers: dict[int, str]) -> list[str]:
    return [numbers[line.application_id] for line in lines]


def _numbers(ids: Sequence[int]) -> dict[int, str]:
    """The numbers of these applications."""
    found = dict[int, str]()
    for start in range(0, len(ids), AT_ONCE):
        some = select(Application.id, Application.number).where(Application.id.in_(ids[start : start + AT_ONCE]))
        found |= dict(db.session.execute(some).all())
    return found
