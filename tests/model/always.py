"""Spec 3.7, "always true": asserted of the model and of the rows of the real system after each step of a walk."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.db.extensions import db
from app.models import (
    Absence,
    Application,
    Change,
    Child,
    Enrolment,
    Holding,
    Intake,
    KgGroup,
    Kindergarten,
    Referral,
    Seat,
    Vacancy,
    Voucher,
)
from app.rules.seats import has_places
from tests.model.days import DAY
from tests.model.lines import seatable
from tests.model.reference import Model

NEVER = date(9999, 12, 30)
FINAL = ("enrolled", "removed", "archived")
LIVE_VOUCHER = ("issued", "confirmed")
WITHOUT_SEAT = ("confirming", "voucher_issued")
STATUSES = {  # 3.8: verb: from, to
    "register": ([None], ["queued", "archived"]),  # 3.2: an older list has them archived, too
    "issue": (["queued"], ["confirming"]),
    "issue_out_of_turn": (["queued"], ["confirming"]),
    "confirm": (["confirming"], ["voucher_issued"]),
    "refuse": (["confirming", "voucher_issued"], ["archived"]),
    "lapse": (["confirming"], ["stop_listed"]),
    "expire": (["voucher_issued", "referred"], ["archived"]),
    "restore": (["stop_listed"], ["queued"]),
    "offer": (["queued"], ["notified"]),
    "pass_over": (["notified"], ["queued"]),
    "choose": (["voucher_issued", "notified", "queued"], ["referred", "queued"]),
    "enrol": (["referred"], ["enrolled"]),
    "miss": (["referred"], ["stop_listed", "removed"]),
    "release": (["stop_listed"], ["queued"]),
    "revoke": (["confirming", "voucher_issued", "referred"], ["queued"]),
    "withdraw": (["queued", "notified", "confirming", "voucher_issued", "stop_listed", "referred"], ["removed"]),
    "archive": (
        ["queued", "notified", "confirming", "voucher_issued", "stop_listed", "referred", "enrolled"],
        ["archived"],
    ),
    "reinstate": (["archived", "removed"], ["queued"]),
    "leave": (["enrolled"], ["archived"]),
}


@dataclass
class State:
    """What is live: whose it is, once for each."""

    applications: Iterable[Any]  # children
    vouchers: Iterable[Any]  # of an application and of a kind
    referrals: Iterable[Any]  # children, general ones
    enrolments: Iterable[Any]  # of a child and of an intake
    holdings: Iterable[Any]  # seats
    groups: Iterable[tuple[int, int]]  # capacity, general seats that are held
    vacancies: Iterable[tuple[int, int]]  # places, seats of it that are held
    unseated: dict[Any, list[int]]  # district: birth years of the live vouchers without a place
    free: dict[Any, list[tuple[int, int]]]  # district: birth years of each free published general place


def hold(state: State) -> None:
    """Raises AssertionError that names what is not so."""
    for name in ("applications", "vouchers", "referrals", "enrolments", "holdings"):
        twice = [one for one, count in Counter(getattr(state, name)).items() if count > 1]
        assert not twice, f"{name} twice: {twice}"
    assert all(held <= size for size, held in state.groups), "more than the capacity"
    assert all(held <= places for places, held in state.vacancies), "more than was published"
    for place, years in state.unseated.items():
        assert seatable(years, state.free.get(place, [])), f"a voucher without a seat in {place}"


def of_model(model: Model) -> State:
    """What is live in the model."""
    known, seats = model.applications.values(), [s for g in model.groups.values() for s in g.seats]
    places = {g.place for g in model.groups.values()}
    return State(
        applications=[a.child for a in known if a.status not in FINAL],
        vouchers=[(a.id, v.kind) for a in known for v in a.vouchers if v.status in LIVE_VOUCHER],
        referrals=[a.child for a in known for r in a.referrals if r.status == "issued"],
        enrolments=[(s.holder.child, s.kind) for s in seats if s.kind in ("enrolment", "stay")],
        holdings=[],  # one holder each, by construction
        groups=[],
        vacancies=[(v.places, len([s for s in v.seats if s.kind])) for v in model.vacancies.values()],
        unseated={p: [a.born.year for a in known if a.place == p and a.status in WITHOUT_SEAT] for p in places},
        free={p: [s.group.years for s in seats if s.group.place == p and s in free_of(s.vacancy)] for p in places},
    )


def free_of(vacancy: Any) -> list[Any]:
    """The free general places of a vacancy of the model that count for vouchers."""
    return vacancy.free if vacancy and not vacancy.ends_on and vacancy.group.kind != "paid" else []


def of_system() -> State:
    """What is live in the real system, as its rows say."""
    children = rows(Application.place_id, Application.status, Child.id, Child.born_on, joins=[Application, Child])
    general = Seat.intake == Intake.general
    held = rows(
        Seat.id, Seat.group_id, Seat.vacancy_id, Seat.intake, joins=[Holding, Seat], where=[Holding.ended_at.is_(None)]
    )
    by_group = Counter(row.group_id for row in held if row.intake == "general")
    by_vacancy, taken = Counter(row.vacancy_id for row in held), {row.id for row in held}
    years = KgGroup.birth_year_from, KgGroup.birth_year_to
    published = general, Seat.retired_at.is_(None), Vacancy.status == "published"
    free: dict[Any, list[tuple[int, int]]] = {}
    for id_, place, low, high in db.session.execute(
        select(Seat.id, Kindergarten.place_id, *years)
        .join(Seat.vacancy)
        .join(Vacancy.group)
        .join(KgGroup.kindergarten)
        .where(*published, has_places())
    ):
        if id_ not in taken:
            free.setdefault(place, []).append((low, high))
    unseated: dict[Any, list[int]] = {}
    for row in children:
        if row.status in WITHOUT_SEAT:
            unseated.setdefault(row.place_id, []).append(row.born_on.year)
    live = Enrolment.ended_on.is_(None), Enrolment.child_id.is_not(None)
    issued = Referral.status == "issued", Referral.kind == "general"
    return State(
        applications=[row.id for row in children if row.status not in FINAL],
        vouchers=rows(Voucher.application_id, Voucher.kind, where=[Voucher.status.in_(LIVE_VOUCHER)]),
        referrals=rows(Referral.child_id, where=issued),
        enrolments=rows(Enrolment.child_id, Enrolment.intake, where=live),
        holdings=[row.id for row in held],
        groups=[(g.capacity, by_group[g.id]) for g in rows(KgGroup.id, KgGroup.capacity)],
        vacancies=[(v.places, by_vacancy[v.id]) for v in rows(Vacancy.id, Vacancy.places)],
        unseated=unseated,
        free=free,
    )


def rows(*columns: Any, joins: list[Any] = (), where: Iterable[Any] = ()) -> list[Any]:
    """The rows of one select."""
    query = select(*columns)
    if joins:
        query = query.select_from(joins[0]).join(*joins[1:])
    return list(db.session.execute(query.where(*where)))


class Attendance:
    """3.6: on no day, past or to come, are more children expected in a group than its capacity on that day."""

    def __init__(self) -> None:
        self.capacities: dict[int, dict[date, tuple[int, int]]] = {}  # group: day: the largest, the last of that day

    def holds(self, today: date) -> None:
        """Of every day on which somebody's first day comes, or somebody is back. Raises AssertionError."""
        for group in rows(KgGroup.id, KgGroup.capacity):
            known = self.capacities.setdefault(group.id, {})
            largest = max([known[today][0]] if today in known else [known[max(known)][1]] if known else [], default=0)
            known[today] = max(largest, group.capacity), group.capacity
        for group, stays in expected(today).items():
            for day in {first for first, _ in stays if first < NEVER}:
                there = sum(first <= day <= last for first, last in stays)
                assert there <= self.capacity(group, day, today), f"{there} children on {day} in group {group}"

    def capacity(self, group: int, day: date, today: date) -> int:
        """Of a day to come it is today's last one; of a day on which nothing happened that of the day before."""
        known = self.capacities[group]
        if day > today:
            return known[today][1]
        return known[day][0] if day in known else known[max([d for d in known if d < day], default=min(known))][1]


def expected(today: date) -> dict[int, list[tuple[date, date]]]:
    """By group, the first and last day of everybody who attends; who holds a place may come from tomorrow on."""
    away: dict[int, list[tuple[date, date]]] = {}
    for row in rows(Absence.enrolment_id, Absence.from_on, Absence.until, Absence.returned_on):
        back = row.returned_on or NEVER
        away.setdefault(row.enrolment_id, []).append((row.from_on, min(row.until, back - DAY)))
    found: dict[int, list[tuple[date, date]]] = {}
    for row in rows(Enrolment.id, Enrolment.group_id, Enrolment.started_on, Enrolment.ends_on, Enrolment.ended_on):
        days = [(row.started_on, row.ended_on or row.ends_on or NEVER)]
        for first, last in away.get(row.id, []):
            if first <= last:
                cut = [((a, min(b, first - DAY)), (max(a, last + DAY), b)) for a, b in days]
                days = [piece for pieces in cut for piece in pieces]
        found.setdefault(row.group_id, []).extend(piece for piece in days if piece[0] <= piece[1])
    to_come = Holding.ended_at.is_(None), Holding.kind.in_(("offer", "held"))
    for row in rows(Seat.group_id, joins=[Holding, Seat], where=to_come):
        found.setdefault(row.group_id, []).append((today + DAY, NEVER))
    return found


class History:
    """3.7: a status changes only by a verb of the table, on the record."""

    def __init__(self) -> None:
        self.seen, self.statuses = 0, dict[int, str]()

    def goes_on(self) -> None:
        """What was recorded since the last time. Raises AssertionError."""
        new = db.session.scalars(select(Change).where(Change.id > self.seen).order_by(Change.id)).all()
        for change in new:
            self.seen = change.id
            if change.subject == "application" and change.status_to:
                before, after = STATUSES[change.verb]
                assert change.status_from == self.statuses.get(change.subject_id), f"not on the record: {change.verb}"
                assert change.status_from in before and change.status_to in after, f"not in the table: {change.verb}"
                self.statuses[change.subject_id] = change.status_to
        now = {row.id: str(row.status) for row in rows(Application.id, Application.status)}
        assert now == self.statuses, "a status that no record tells"
