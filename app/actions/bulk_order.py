"""In which order the rows of a bulk run are done, and whom its vouchers pass over."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from app.actions import norms
from app.db.extensions import db
from app.models import Application, BulkOutcome, BulkRow, BulkRun, QueueKind
from app.rules import queue
from app.rules.refusals import Refusal


def in_order(rows: Sequence[tuple[int, int]], verb: str, day: date) -> list[tuple[int, int]]:
    """District by district, so that few others wait; within one as listed, but vouchers in the order of the queue."""
    listed = _by_the_queue(rows, day) if verb == "issue_out_of_turn" else rows
    lies_in = _places([application_id for _, application_id in rows])
    return sorted(listed, key=lambda row: lies_in[row[1]])


def _by_the_queue(rows: Sequence[tuple[int, int]], day: date) -> list[tuple[int, int]]:
    """Spec 3.4.1: each queue by its order; who stands in none comes behind them, as listed."""
    of = {application_id: (id_, application_id) for id_, application_id in rows}
    first = [id_ for line in _lines(list(of)) for id_ in _line(*line, day) if id_ in of]
    served = set(first)
    return [*(of[id_] for id_ in first), *(row for row in rows if row[1] not in served)]


def passed_over(run: BulkRun, day: date) -> int:
    """How many children stand before somebody who gets a voucher, and get none."""
    given = set(
        db.session.scalars(
            select(BulkRow.application_id).where(BulkRow.bulk_run_id == run.id, BulkRow.foreseen == BulkOutcome.done)
        )
    )
    passed = 0
    for line in _lines(list(given)):
        stand = _line(*line, day)
        last = max((place for place, id_ in enumerate(stand) if id_ in given), default=-1)
        passed += sum(id_ not in given for id_ in stand[: last + 1])
    return passed


def _lines(application_ids: list[int]) -> list[tuple[int, QueueKind]]:
    """The queues in which these applications are, district by district."""
    kinds = select(Application.place_id, Application.queue_kind).distinct()
    return sorted({(place_id, kind) for place_id, kind in _of(kinds, application_ids)})


def _places(application_ids: list[int]) -> dict[int, int]:
    """In which district each application is."""
    return dict(_of(select(Application.id, Application.place_id), application_ids))


def _of(facts: Select[*tuple[Any, ...]], application_ids: list[int]) -> Iterator[Any]:
    """Some facts of many applications, a thousand at a time: a statement takes only so many values."""
    for start in range(0, len(application_ids), 1000):
        some = Application.id.in_(application_ids[start : start + 1000])
        yield from db.session.execute(facts.where(some))


def _line(place_id: int, queue_kind: QueueKind, day: date) -> list[int]:
    """All who may be served in one queue, in its order; nobody where another procedure is in force."""
    try:
        if norms.procedure(place_id, day) != "voucher":
            return []
        order = norms.order(place_id, day)
    except Refusal:  # no norm: so it will be with each row, which says so
        return []
    line = queue.waiting(place_id, queue_kind, day)
    return [id_ for id_, _ in db.session.execute(queue.next_by_categories(line, order.categories, day))]
