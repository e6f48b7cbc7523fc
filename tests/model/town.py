"""What the reference town holds: plain records, and the numbers of spec 3.2."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.model.days import DAY, Refused, last_day

LONG_AGO = date(2016, 1, 1)
SHIPPED = [  # name, value, unit, what follows
    ("procedure", "referral", "CHOICE", None),
    ("voucher.confirm", "2", "WD", "stop_list"),
    ("voucher.choose", "5", "WD", "archive"),
    ("voucher.stop_list", "28", "CD", "archive"),
    ("voucher.restorations", "1", "COUNT", None),
    ("voucher.restorations_per", "application", "CHOICE", None),
    ("referral.priority", "3", "WD", "open"),
    ("referral.attend", "5", "WD", "stop_list"),
    ("referral.stop_list", "10", "WD", None),
    ("referral.misses", "2", "COUNT", "remove"),
    ("referral.extension", "30", "CD", None),
    ("referral.extensions", "1", "COUNT", None),
    ("referral.revocation", "24", "H", None),
    ("state_order.minimum_age", "36", "MONTHS", None),
    ("state_order.turn", "none", "CHOICE", None),
    ("referral.minimum_age", "24", "MONTHS", None),
    ("mini_centre.turn", "needed", "CHOICE", None),
    ("queue.maximum_age", "72", "MONTHS", "archive"),
    ("queue.ratio", "1:3", "RATIO", None),
    ("rounds", "manual", "CHOICE", None),
]


@dataclass
class Norm:
    """One dated number; `place` is None for the country, `known` the day on which it was approved."""

    name: str
    value: str
    unit: str
    on_lapse: str | None = None
    place: str | None = None
    valid_from: date = LONG_AGO
    carry: bool = False
    known: date = LONG_AGO

    def last_day(self, start: date) -> date:
        """The last day of this term, started on a day."""
        return last_day(start, int(self.value), self.unit, self.carry)


class Norms(list[Norm]):
    """All norms of a town."""

    def at(self, name: str, place: str, day: date) -> Norm:
        """The row in force, once it is approved: the district's before the country's, of these the youngest."""
        begun = [n for n in self if n.name == name and max(n.valid_from, n.known) <= day]
        found = [n for n in begun if n.place in (None, place)]
        return max(found, key=lambda n: (n.place is not None, n.valid_from))


@dataclass(eq=False)
class Group:
    """A group; `kind` is state, private (on state order), paid (private without state order) or mini_centre."""

    ref: str
    place: str
    kindergarten: str
    kind: str
    years: tuple[int, int]
    seats: list["Seat"] = field(default_factory=list)

    @property
    def private(self) -> bool:
        """Whether a place there costs the standing in the state queue."""
        return self.kind in ("private", "paid")

    def serves(self, born: date) -> bool:
        """Whether a child's birth year is one of its years."""
        return self.years[0] <= born.year <= self.years[1]


@dataclass(eq=False)
class Vacancy:
    """Published places of a group."""

    ref: str
    group: Group
    places: int
    ends_on: date | None = None
    begins_on: date | None = None
    status: str = "draft"

    @property
    def seats(self) -> list["Seat"]:
        """The seats that it published and that are still its own."""
        return [seat for seat in self.group.seats if seat.vacancy is self]

    @property
    def free(self) -> list["Seat"]:
        """The seats that nobody holds; none of a draft or of what is closed."""
        return [seat for seat in self.seats if not seat.kind] if self.status == "published" else []


@dataclass(eq=False)
class Seat:
    """One place and who has it: kind is offer, held, enrolment or stay, or lent when its child has left while another
    stays in its place. `first` and `last`: the days of whoever attends; `left`: the last day that anybody attended."""

    group: Group
    vacancy: Vacancy | None = None
    holder: "Application | Unnamed | None" = None
    kind: str | None = None
    open: bool = False
    absence: "Absence | None" = None
    first: date | None = None
    last: date | None = None
    left: date = date.min

    def take(self, holder: "Application", kind: str) -> None:
        """The one live holding of this place."""
        assert self.kind is None or self.holder is holder, "a place is held twice"
        self.holder, self.kind = holder, kind

    def enter(self, day: date, last: date | None = None) -> None:
        """Whoever has it attends from this day, but not on a day that another one attended."""
        self.first, self.last = max(day, self.left + DAY if self.left > date.min else day), last

    def leave(self, last: date | None = None) -> None:
        """Nobody has it any more; `last`: the last day of whoever attended, before the first of one who never came."""
        if last and last >= self.first:
            self.left = max(self.left, last)
        self.holder = self.kind = self.first = self.last = None


@dataclass(eq=False)
class Unnamed:
    """A child that is known by number alone; `child` is a name of its own."""

    child: str


@dataclass(eq=False)
class Absence:
    """A child is away from its place, which a vacancy lends; `back` is the first day on which it was there again."""

    owner: "Application | Unnamed"
    seat: Seat
    vacancy: Vacancy
    first: date
    until: date
    back: date | None = None
    lent: Seat | None = None

    def away(self, first: date, last: date) -> bool:
        """Whether it is away on any of these days."""
        until = self.until if self.back is None else min(self.until, self.back - DAY)
        return self.first <= min(last, until) and first <= until

    @property
    def taken_until(self) -> date:
        """The last day on which somebody attends in its place, known or to come."""
        if self.lent is None:
            return date.min
        return max(self.lent.left, self.lent.last or date.min)


@dataclass(eq=False, kw_only=True)
class Right:
    """`over`: its child has come back to the queue since, so that what has ended of it has no say any more (3.2)."""

    over: bool = False


@dataclass(eq=False)
class Voucher(Right):
    """The right to a place; `kind` is general or temporary."""

    confirm_by: date
    choose_by: date | None = None
    status: str = "issued"
    kind: str = "general"


@dataclass(eq=False)
class Referral(Right):
    """The way to one place; `signed` names who has signed the contract, None where there is none."""

    vacancy: Vacancy
    issued_at: datetime
    status: str = "issued"
    attend_by: date | None = None
    extended: int = 0
    signed: set[str] | None = None


@dataclass(eq=False)
class StopListing(Right):
    """`kind` is voucher or referral; `until` is None for a hold."""

    kind: str
    until: date | None
    ended: bool = False  # left by something else than its end or a return to the queue


@dataclass(eq=False)
class Application:
    """A child in the queue of a district; `child` is the ref of the child's first application."""

    id: int
    ref: str
    place: str
    child: str
    born: date
    queued_at: datetime
    privilege: str = "none"
    privilege_status: str | None = None
    status: str = "queued"
    standing: bool = True
    enrolled: bool = False
    misses: int = 0
    restored: list[StopListing] = field(default_factory=list)
    priority_by: date | None = None
    vouchers: list[Voucher] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    stops: list[StopListing] = field(default_factory=list)

    def wait(self) -> None:
        """Back in the queue, with its old moment."""
        self.status = "queued"
        for right in (*self.vouchers, *self.referrals, *self.stops):
            right.over = right.over or right not in self.live

    @property
    def live(self) -> list[Any]:
        """Its rights that still run: vouchers, referrals, times on the stop-list that the child is on."""
        return [r for r in (*self.vouchers, *self.referrals) if r.status in ("issued", "confirmed")]

    @property
    def by_voucher(self) -> bool:
        """Whether a voucher of it lives, general."""
        return self.voucher is not None and self.voucher.status in ("issued", "confirmed")

    @property
    def counts(self) -> str:
        """The privilege that moves its number."""
        return self.privilege if self.privilege_status == "confirmed" else "none"

    @property
    def waits(self) -> bool:
        """Whether it is numbered and served."""
        return self.status == "queued" and self.standing

    @property
    def voucher(self) -> Voucher | None:
        """The latest general one."""
        return next((v for v in reversed(self.vouchers) if v.kind == "general"), None)

    @property
    def referral(self) -> Referral | None:
        """The latest one to a general place."""
        return next((r for r in reversed(self.referrals) if r.vacancy.ends_on is None), None)


def past(last: date | None, day: date) -> bool:
    """Whether a term's last day is over."""
    return last is not None and last < day


def need(refusal: str, holds: Any) -> None:
    """Refuse unless it holds."""
    if not holds:
        raise Refused(refusal)
