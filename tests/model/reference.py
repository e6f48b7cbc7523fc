"""The regulation of spec 3 for one small town: the oracle that tests/model/machine.py plays the real system against.

Its clock is never late: it goes through the days one by one, and every verb finds done what was due before it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.model import lines
from tests.model.days import DAY, Refused, age, birthday, next_working
from tests.model.town import (
    LONG_AGO,
    SHIPPED,
    Absence,
    Application,
    Group,
    Norm,
    Norms,
    Referral,
    Seat,
    StopListing,
    Unnamed,
    Vacancy,
    Voucher,
    need,
    past,
)

OFFICE = {"department", "specialist"}
FINAL = {"enrolled", "removed", "archived"}
COUNTER = {"family", "operator"} | OFFICE
MAY = {
    "register": COUNTER,
    "issue": OFFICE | {"clock"},
    "offer": OFFICE | {"clock"},
    **dict.fromkeys(("confirm", "refuse", "restore", "withdraw", "choose"), COUNTER),
    "sign": COUNTER | {"head"},
    "enrol": {"head"},
    "leave": {"head"},
    "absent": {"head"},
    "return": {"head"},
    "extend voucher": OFFICE,
    "extend referral": COUNTER,
    "revoke voucher": OFFICE,
    "revoke referral": COUNTER | {"head"},
    "archive": OFFICE,
    "reinstate": {"department"},
    "release": OFFICE | {"clock"},
    "publish": OFFICE | {"head"},
    "close": OFFICE | {"head"},
    "confirm_privilege": OFFICE,
    "reject_privilege": OFFICE,
    **dict.fromkeys(("capacity", "years", "owner", "norm", "order"), OFFICE - {"specialist"}),
}
VERBS = {"norm": "norm_entered", "return": "come_back"}  # where a word means something else here
WITHDRAWN_FROM = ("queued", "notified", "confirming", "voucher_issued", "stop_listed", "referred")


Numbers = tuple[int | None, int | None]  # the number, and that among the privileged


class Model:
    """A town as its scenario describes it; applications enter by the verb register."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.at, self.day = datetime.min.replace(tzinfo=UTC), date.min
        self.norms, self.orders = Norms(Norm(*row) for row in SHIPPED), [("", LONG_AGO, LONG_AGO, lines.CATEGORIES)]
        self.norms += [Norm("procedure", p["procedure"], "CHOICE", place=p["ref"]) for p in content["places"]]
        for n in content["norms"]:
            self.enter(**n)
        self.groups: dict[str, Group] = {}
        for k in content["kindergartens"]:
            kind = k.get("kind", "state")
            if k.get("ownership") == "private":
                kind = "private" if k["state_order"] else "paid"
            for g in k["groups"]:
                group = Group(g["ref"], k["place"], k["ref"], kind, tuple(g["birth_years"]))
                group.seats = [Seat(group) for _ in range(g["capacity"])]
                for i, seat in enumerate(group.seats[: g.get("occupied", 0)]):
                    seat.holder, seat.kind, seat.first = Unnamed(f"{group.ref}~{i}"), "enrolment", date.min
                self.groups[group.ref] = group
        self.vacancies = {}
        for v in content["vacancies"]:
            begins_on, ends_on = (date.fromisoformat(v[n]) if n in v else None for n in ("begins_on", "ends_on"))
            self.vacancies[v["ref"]] = Vacancy(v["ref"], self.groups[v["group"]], v["places"], ends_on, begins_on)
        self.absences: list[Absence] = []
        self.applications: dict[str, Application] = {}
        self.served: dict[tuple[str, int], list[bool]] = {}  # of each line (district, birth year), True: privileged
        self.rounds: set[tuple[str, date]] = set()
        self.shown: dict[date, dict[str, Numbers]] = {}  # of each day, what was shown last on it
        self.acted = 0  # how many things the clock has done

    # ------------------------------------------------------------ entrances

    def do(self, verb: str, *, at: datetime, by: str = "", paper_on: str | None = None, **fields: Any) -> str | None:
        """Do a verb: None, or the name of the refusal, after which nothing has changed."""
        self.now(at)
        self.paper_on = paper_on
        try:
            by = by or "department"
            need("not_allowed", by in MAY[f"{verb} {fields['what']}" if "what" in fields else verb])
            if by == "head" and verb in ("sign", "enrol", "leave", "revoke", "absent", "return"):
                need("not_allowed", fields["application"] in self.applications and self.of(fields).referrals)
            getattr(self, VERBS.get(verb, verb))(by, **fields)
        except Refused as refusal:
            return refusal.args[0]
        self.settle()
        self.show()
        return None

    def clock(self, at: datetime) -> None:
        """All that is due, then the day's round where the clock holds them."""
        self.now(at)
        for place in sorted({group.place for group in self.groups.values()}):
            if self.norm("rounds", place).value == "clock" and (place, self.day) not in self.rounds:
                self.rounds.add((place, self.day))
                try:
                    self.round(place)
                except Refused:
                    continue

    def now(self, at: datetime) -> None:
        """It is this moment, and all that was due on each day before it is done."""
        day = self.day if self.day > date.min else at.date()
        while day <= at.date():
            self.at, self.day = at, day
            self.settle()
            self.show()
            day += DAY

    def show(self) -> None:
        """Write down what everybody sees today."""
        self.shown[self.day] = self.numbers()

    def of(self, fields: dict[str, Any]) -> Application:
        """The application that a step names."""
        return self.applications[fields["application"]]

    def norm(self, name: str, place: str, day: date | None = None) -> Norm:
        """The norm in force in a place on a day, today without one."""
        return self.norms.at(name, place, day or self.day)

    def enter(self, name: str, value: str, unit: str, place: str, valid_from: str, carry: bool = False) -> None:
        """A norm is entered and approved today."""
        lapse, known = next(row[3] for row in SHIPPED if row[0] == name), max(self.day, LONG_AGO)
        self.norms.append(Norm(name, value, unit, lapse, place, date.fromisoformat(valid_from), carry, known))

    def categories(self, place: str) -> Any:
        """The order by categories in force: the youngest of the district's own, or the shipped one."""
        begun = [o for o in self.orders if o[0] in ("", place) and max(o[1], o[2]) <= self.day]
        return max(begun, key=lambda o: (o[0], o[1]))[3]

    def by_vouchers(self, a: Application) -> bool:
        """3.2: what runs keeps its procedure: a live voucher, an offer in its window; else the one in force."""
        return a.by_voucher or (a.status != "notified" and self.voucher_procedure(a.place))

    def voucher_procedure(self, place: str) -> bool:
        """Whether a district goes by vouchers."""
        return self.norm("procedure", place).value == "voucher"

    # ------------------------------------------------------------ what the clock does (3.1)

    def settle(self) -> None:
        """Do all that is due, and what falls due by it; what has no calendar waits."""
        things = [(self.due, a) for a in self.applications.values()] + [
            (self.ended, v) for v in self.vacancies.values()
        ]
        things += [(self.given_back, s) for g in self.groups.values() for s in g.seats]
        while sum(self.tried(act, thing) for act, thing in things):
            pass

    def tried(self, act: Any, thing: Any) -> bool:
        """Whether something was due and done."""
        try:
            acted = act(thing)
            self.acted += acted
            return acted
        except Refused:
            return False

    def due(self, a: Application) -> bool:
        """3.1: what a missed term leads to has the day after its last day."""
        v, r, stop = a.voucher, a.referral, a.stops[-1] if a.stops else None
        if a.status == "confirming" and past(v.confirm_by, self.day):
            self.stop_list(a, "voucher", v.confirm_by + DAY)
            v.status = "lapsed"
        elif a.status in ("voucher_issued", "referred") and self.unsigned(a) and past(v.choose_by, self.day):
            self.end(a, "archived", voucher="expired")
        elif a.status == "stop_listed" and past(stop.until, self.day):
            a.status = "archived"
            if stop.kind == "referral":
                a.wait()
        elif a.status == "notified" and past(a.priority_by, self.day):
            self.seat(a, "offer").open = True
            self.end(a, "queued")
        elif a.status == "referred" and r and past(r.attend_by, self.day):
            self.miss(a, r)
        elif a.status == "queued" and self.day > self.reached("queue.maximum_age", a):
            a.status = "archived"
        else:
            return False
        return True

    def unsigned(self, a: Application) -> bool:
        """Whether a confirmed voucher still waits for the family's signature."""
        return (
            bool(a.voucher)
            and a.voucher.status == "confirmed"
            and not (a.status == "referred" and "family" in (a.referral.signed or ()))
        )

    def miss(self, a: Application, r: Referral) -> None:
        """3.5.5: the family did not come."""
        norm, start = self.norm("referral.attend", a.place, r.issued_at.date()), r.attend_by + DAY
        last = norm.on_lapse != "hold" and a.misses + 1 >= int(self.norm("referral.misses", a.place, start).value)
        if not last:
            self.stop_list(a, "referral", start, hold=norm.on_lapse == "hold")
        a.misses, a.standing = a.misses + 1, True
        self.end(a, "removed" if last else "stop_listed", referral="missed")

    def stop_list(self, a: Application, kind: str, start: date, hold: bool = False) -> None:
        """3.4.2, 3.5.5: on the list from a day on."""
        until = None if hold else self.norm(f"{kind}.stop_list", a.place, start).last_day(start)
        a.stops.append(StopListing(kind, until))
        a.status = "stop_listed"

    def ended(self, v: Vacancy) -> bool:
        """3.6: a temporary vacancy closes after its last day, its children leave on the next working day."""
        if not past(v.ends_on, self.day):
            return False
        if closes := v.status == "published":
            v.status = "closed"
        leaving = [s for s in v.seats if s.kind and next_working(v.ends_on) <= self.day]
        for seat in leaving:
            self.end_stay(seat, v.ends_on)
        return closes or bool(leaving)

    def end_stay(self, seat: Seat, last: date) -> None:
        """The stay is over, and so is its voucher; the place is lent on while its owner is there, and to its end."""
        next(v for v in seat.holder.vouchers if v.kind == "temporary" and v.status == "confirmed").status = "annulled"
        last = min(last, seat.last)
        seat.leave(last)
        owner = seat.absence.seat
        if owner.holder is not seat.absence.owner or owner.kind == "lent" or last >= seat.vacancy.ends_on:
            seat.group.seats.remove(seat)

    def given_back(self, seat: Seat) -> bool:
        """3.6: a place that its owner has left is free on the day after the last stay in it."""
        if seat.kind != "lent" or max(a.taken_until for a in self.absences if a.owner is seat.holder) >= self.day:
            return False
        seat.leave()
        return True

    # ------------------------------------------------------------ what several verbs need

    def seat(self, a: Application, *kinds: str) -> Seat | None:
        """The place that an application has in this way."""
        return next((s for g in self.groups.values() for s in g.seats if s.holder is a and s.kind in kinds), None)

    def stay(self, child: str) -> Seat | None:
        """The place of a child's stay."""
        stays = [s for g in self.groups.values() for s in g.seats if s.kind == "stay" and s.holder.child == child]
        return stays[0] if stays else None

    def enrolled(self, child: str) -> Seat | None:
        """The place where a child is enrolled."""
        seats = [s for g in self.groups.values() for s in g.seats if s.kind == "enrolment"]
        return next((s for s in seats if s.holder.child == child), None)

    def end(self, a: Application, status: str, voucher: str = "", referral: str = "revoked") -> None:
        """An application leaves what it had: its place is free, its papers are void."""
        if seat := self.seat(a, "offer", "held"):
            seat.leave()
        if a.referral and a.referral.status == "issued":
            a.referral.status, a.referral.signed = referral, None
        if a.voucher and a.voucher.status in ("issued", "confirmed"):
            a.voucher.status = voucher
        if a.status == "stop_listed":
            a.stops[-1].ended = True
        a.status = status
        if status == "queued":
            a.wait()

    def reached(self, norm: str, a: Application) -> date:
        """The day on which a child reaches the age of a norm."""
        return birthday(a.born, int(self.norm(norm, a.place).value))

    def seatable(
        self,
        place: str,
        *more: Application,
        but: Any = None,
        without: Sequence[Seat] = (),
        more_free: Sequence[Seat] = (),
    ) -> bool:
        """3.4.1: whether every live voucher that has no place yet, and one more, could still be seated."""
        here = [a for a in self.applications.values() if a.place == place and a is not but]
        claims = [a for a in here if a.status in ("confirming", "voucher_issued")]
        counted = [v for v in self.vacancies.values() if v.group.place == place and v.group.kind != "paid"]
        free = [s for v in counted if not v.ends_on for s in v.free]
        return lines.seatable(
            [a.born.year for a in [*claims, *more]],
            [s.group.years for s in [*free, *more_free] if s not in without],
        )

    def category(self, a: Application) -> int | None:
        """Its category today."""
        return lines.category(self.categories(a.place), a.counts, age(a.born, self.day))

    def rank(self, a: Application) -> tuple[int, datetime, int]:
        """Its place in the order of categories; those that are not served come last."""
        category = self.category(a)
        return 99 if category is None else category, a.queued_at, a.id

    def waiting(self, place: str) -> list[Application]:
        """Those of a district who are numbered."""
        return [a for a in self.applications.values() if a.place == place and a.waits]

    # ------------------------------------------------------------ into the queue

    def register(self, by: str, application: dict[str, Any], **_: Any) -> None:
        same = application["child"].get("same_as")
        same = self.applications.get(same)
        born = same.born if same else date.fromisoformat(application["child"]["born_on"])
        child = same.child if same else application["ref"]
        old = [a for a in self.applications.values() if a.child == child]
        privilege = application.get("privilege", "none")
        new = Application(
            len(self.applications), application["ref"], application["place"], child, born, self.at, privilege
        )
        new.privilege_status = "claimed" if privilege != "none" else None
        need("too_old", self.day < self.reached("queue.maximum_age", new))
        need("already_waiting", all(a.status in ("enrolled", "archived", "removed") for a in old))
        seat = self.enrolled(child)
        need("already_waiting", seat is None or seat.group.private)
        self.applications[new.ref] = new

    def confirm_privilege(self, by: str, application: str) -> None:
        a = self.applications[application]
        need("wrong_status", a.privilege_status == "claimed" and a.status not in FINAL)
        a.privilege_status = "confirmed"

    def reject_privilege(self, by: str, application: str, reason: str | None = None) -> None:
        a = self.applications[application]
        need("wrong_status", a.privilege_status in ("claimed", "confirmed") and a.status not in FINAL)
        a.privilege_status = "rejected"

    # ------------------------------------------------------------ vouchers (3.4)

    def issue(self, by: str, place: str = "", application: str = "", reason: str | None = None) -> None:
        if place:
            need("wrong_place", self.voucher_procedure(place))
            return self.round(place)
        need("not_allowed", by != "clock")  # out of turn is asked by one official and approved by another
        a = self.applications[application]
        need("stop_listed", a.status != "stop_listed")
        need("wrong_status", a.status == "queued")
        need("reason_required", reason)
        need("wrong_place", self.voucher_procedure(a.place))
        need("too_young", self.category(a) is not None)
        need("no_free_place", self.seatable(a.place, a))
        self.give_voucher(a)

    def round(self, place: str) -> None:
        """Down the order, to each with whom all could still be seated; nothing where a term has no calendar."""
        if not self.voucher_procedure(place):
            for vacancy in self.vacancies.values():
                if vacancy.group.place == place and vacancy.status == "published":
                    self.offers(vacancy)
            return
        for a in sorted(self.waiting(place), key=self.rank):
            if self.category(a) is not None and self.seatable(place, a):
                self.give_voucher(a)

    def give_voucher(self, a: Application) -> None:
        a.vouchers.append(Voucher(self.norm("voucher.confirm", a.place).last_day(self.day)))
        a.status = "confirming"

    def confirm(self, by: str, application: str) -> None:
        a = self.applications[application]
        self.in_time(a.voucher, "confirm_by", "issued", "lapsed")
        need("wrong_status", a.status == "confirming")
        a.voucher.choose_by = self.norm("voucher.choose", a.place).last_day(self.day)
        a.voucher.status, a.status = "confirmed", "voucher_issued"

    def refuse(self, by: str, application: str) -> None:
        a = self.applications[application]
        need("wrong_status", a.status in ("confirming", "voucher_issued"))
        self.end(a, "archived", voucher="refused")

    def restore(self, by: str, application: str) -> None:
        a = self.applications[application]
        stop = a.stops[-1] if a.stops else StopListing("referral", None)
        missable = stop.kind == "voucher" and not stop.over and not stop.ended
        need("too_late", not (missable and past(stop.until, self.day)))
        need("wrong_status", a.status == "stop_listed" and stop.kind == "voucher")
        used = a.restored
        if self.norm("voucher.restorations_per", a.place).value == "stop_listing":
            used = [s for s in used if s is stop]
        need("already_used", len(used) < int(self.norm("voucher.restorations", a.place).value))
        a.restored.append(stop)
        a.wait()

    def choose(self, by: str, application: str, vacancy: str) -> None:
        a, v = self.applications[application], self.vacancies[vacancy]
        seat = self.may_take(a, v)
        if not self.by_vouchers(a):
            return self.take_by_turn(a, v, seat)
        if v.ends_on:
            return self.choose_stay(a, v)
        seat.take(a, "held")
        a.referrals.append(Referral(v, self.at, signed=set()))
        a.status = "referred"

    def may_take(self, a: Application, v: Vacancy) -> Seat:
        """3.4.4, 3.5.2-4: the place that a family may take; the one answer for the list and for the choice."""
        self.in_time(a.voucher, "choose_by", "confirmed", "expired")
        need("stop_listed", a.status != "stop_listed")
        need("wrong_status", a.status in ("queued", "notified", "voucher_issued"))
        if not self.by_vouchers(a):
            return self.may_take_by_turn(a, v)
        need("wrong_status", a.status == "voucher_issued")
        need("too_late", not past(v.ends_on, self.day))
        self.fits(a, v)
        need("no_free_place", v.free)
        need("no_free_place", v.ends_on or self.seatable(a.place, without=v.free[:1], but=a))
        return v.free[0]

    def choices(self, a: Application) -> list[str]:
        """What the page lists."""
        return sorted(v.ref for v in self.vacancies.values() if not refusal_of(self.may_take, a, v))

    def in_time(self, right: Any, term: str, *statuses: str) -> None:
        """3.12: too late for a term that is over, recorded or not, as long as the right has a say."""
        missable = right and not right.over and right.status in statuses
        need("too_late", not (missable and past(getattr(right, term), self.day)))

    def fits(self, a: Application, v: Vacancy) -> None:
        """A place of the district, for the child's birth year."""
        need("wrong_place", v.group.place == a.place and v.group.kind != "paid")
        need("wrong_birth_year", v.group.serves(a.born))

    def choose_stay(self, a: Application, v: Vacancy) -> None:
        """3.6: a temporary place, from its first day on; the child waits on with its number."""
        seat = v.free[0]
        if stay := self.stay(a.child):
            self.end_stay(stay, self.day)
        a.voucher.kind = "temporary"
        a.referrals.append(Referral(v, self.at, status="used"))
        seat.take(a, "stay")
        seat.enter(max(self.day, v.begins_on), v.ends_on)
        a.wait()

    def sign(self, by: str, application: str) -> None:
        a = self.applications[application]
        v, r, side = a.voucher, a.referral, "head" if by == "head" else "family"
        if side == "family":
            self.in_time(v, "choose_by", "confirmed", "expired")
        need("wrong_status", a.status == "referred" and r.signed is not None and side not in r.signed)
        need("reason_required", by in ("family", "head") or self.paper_on)
        r.signed.add(side)
        if len(r.signed) == 2:
            v.status = "used"

    def enrol(self, by: str, application: str) -> None:
        a = self.applications[application]
        r = a.referral
        self.in_time(r, "attend_by", "issued", "missed")
        need("wrong_status", a.status == "referred" and (r.signed is None or len(r.signed) == 2))
        seat = self.seat(a, "held")
        seat.enter(self.day)
        if stay := self.stay(a.child):
            self.end_stay(stay, seat.first - DAY)
        if old := self.enrolled(a.child):
            old.holder.status = "archived"
            self.give_up(old, seat.first - DAY)
        seat.kind, seat.open = "enrolment", False
        r.status, a.status, a.enrolled = "used", "enrolled", True

    def leave(self, by: str, application: str) -> None:
        a = self.applications[application]
        need("wrong_status", a.status == "enrolled")
        self.give_up(self.seat(a, "enrolment"), self.day)
        a.status = "archived"

    # ------------------------------------------------------------ who is away (3.6)

    def give_up(self, seat: Seat, last: date) -> None:
        """A child leaves its place: what nobody claimed of what it lends ends; a stay goes on, and keeps the place."""
        last = max(last, seat.first)
        mine = [a for a in self.absences if a.owner is seat.holder]
        for absence in mine:
            self.end_unclaimed(absence)
        taken = max([a.taken_until for a in mine], default=date.min)
        if taken > last and taken >= self.day:
            seat.kind, seat.left = "lent", max(seat.left, last)
        else:
            seat.leave(last)

    def end_unclaimed(self, absence: Absence) -> None:
        v, seat = absence.vacancy, absence.lent
        if v.status == "closed" or (seat and (seat.kind or seat not in seat.group.seats)):
            return
        if seat:
            seat.group.seats.remove(seat)
        if not v.seats:
            v.status = "closed"

    def absent(
        self, by: str, application: str, from_on: str, until: str, vacancy: str, reason: str | None = None
    ) -> None:
        a, seat = self.applications[application], self.seat(self.applications[application], "enrolment")
        first, last = date.fromisoformat(from_on), date.fromisoformat(until)
        need("too_late", first <= last and last >= self.day)
        need("wrong_status", seat)
        need("wrong_status", not any(b.owner is a and b.away(first, last) for b in self.absences))
        need("reason_required", reason)
        need("too_long", last < self.reached("queue.maximum_age", a))
        drafted = self.vacancies[vacancy] = Vacancy(vacancy, seat.group, 1, last, first)
        self.absences.append(Absence(a, seat, drafted, first, last))

    def come_back(self, by: str, application: str) -> None:
        a = self.applications[application]
        need("wrong_status", self.seat(a, "enrolment"))
        mine = [b for b in self.absences if b.owner is a and b.away(self.day, date.max)]
        need("wrong_status", mine)
        absence = min(mine, key=lambda b: b.first)
        need("place_is_lent", absence.taken_until < self.day)
        absence.back = self.day
        self.end_unclaimed(absence)

    def lend(self, v: Vacancy) -> None:
        """A temporary place stands for one child that is away; where no absence drafted it, for one without a name."""
        away = [a for a in self.absences if a.vacancy is v]
        if not away:
            first = max(v.begins_on or self.day, self.day)
            school = birthday(date(v.group.years[1], 12, 31), int(self.norm("queue.maximum_age", v.group.place).value))
            for seat in v.group.seats:
                gone = any(a.owner is seat.holder and a.away(first, v.ends_on) for a in self.absences)
                if isinstance(seat.holder, Unnamed) and not gone and v.ends_on < school:
                    away.append(Absence(seat.holder, seat, v, first, v.ends_on))
            need("no_free_place", len(away) >= v.places)
            away = away[: v.places]
            self.absences += away
            v.begins_on = first
        for absence in away:
            absence.lent = Seat(v.group, v, absence=absence)
        v.group.seats += [a.lent for a in away]

    def extend(self, by: str, application: str, what: str, until: str, reason: str | None = None) -> None:
        a, last = self.applications[application], date.fromisoformat(until)
        if what == "referral":
            return self.extend_referral(a, last)
        self.in_time(a.voucher, "confirm_by", "issued", "lapsed")
        self.in_time(a.voucher, "choose_by", "confirmed", "expired")
        need("wrong_status", a.by_voucher)
        need("reason_required", reason)
        term = "confirm_by" if a.voucher.status == "issued" else "choose_by"
        need("too_late", last > getattr(a.voucher, term))
        setattr(a.voucher, term, last)

    def revoke(self, by: str, application: str, what: str, reason: str | None = None) -> None:
        a = self.applications[application]
        if what == "referral":
            return self.revoke_referral(by, a, reason)
        need("wrong_status", a.voucher and a.voucher.status in ("issued", "confirmed"))
        need("reason_required", reason)
        self.end(a, "queued", voucher="revoked")

    def withdraw(self, by: str, application: str) -> None:
        a = self.applications[application]
        need("wrong_status", a.status in WITHDRAWN_FROM)
        self.end(a, "removed", voucher="refused")

    def archive(self, by: str, application: str, reason: str | None = None) -> None:
        a = self.applications[application]
        need("wrong_status", a.status in WITHDRAWN_FROM)
        need("reason_required", reason)
        self.end(a, "archived", voucher="revoked")

    # ------------------------------------------------------------ referrals (3.5)

    def needs_turn(self, group: Group) -> bool:
        """3.5.3, 3.5.4: whether a place waits for whoever is next."""
        turns = {"private": "state_order.turn", "paid": "state_order.turn", "mini_centre": "mini_centre.turn"}
        return group.kind not in turns or self.norm(turns[group.kind], group.place).value == "needed"

    def minimum_age(self, group: Group) -> str:
        return "state_order.minimum_age" if group.private else "referral.minimum_age"

    def offer(self, by: str, vacancy: str) -> None:
        v = self.vacancies[vacancy]
        need("wrong_status", v.status == "published")
        by_turn = v.group.kind != "paid" and not v.ends_on and self.needs_turn(v.group)
        need("wrong_place", by_turn and not self.voucher_procedure(v.group.place))
        need("no_free_place", self.to_offer(v))
        self.offers(v)

    def offers(self, v: Vacancy) -> None:
        """To as many next children as there are places to offer."""
        for seat in self.to_offer(v):
            if found := self.next_of(v.group):
                a, line = found
                a.priority_by = self.norm("referral.priority", a.place).last_day(self.day)
                seat.take(a, "offer")
                a.status = "notified"
                if a.counts != "out_of_turn":
                    self.served.setdefault(line, []).append(a.counts == "first_order")

    def to_offer(self, v: Vacancy) -> list[Seat]:
        """The free places that are not open, as far as every live voucher finds its seat without them (3.2)."""
        free = [s for s in v.free if not s.open]
        return next((free[:n] for n in range(len(free), 0, -1) if self.seatable(v.group.place, without=free[:n])), [])

    def next_of(self, group: Group) -> tuple[Application, tuple[str, int]] | None:
        """Each line of the group names its next child: one out of turn first, then the earlier queued_at."""
        named = []
        for year in range(group.years[0], group.years[1] + 1):
            line = [a for a in self.line(group.place, year) if self.day >= self.reached(self.minimum_age(group), a)]
            if line:
                named.append((line[0], (group.place, year)))
        order = [((a.counts != "out_of_turn", a.queued_at, a.id), (a, line)) for a, line in named]
        return min(order, key=lambda one: one[0])[1] if order else None

    def line(self, place: str, year: int, of_age: str = "") -> list[Application]:
        """A line in its interleaved order."""
        ratio = tuple(int(part) for part in self.norm("queue.ratio", place).value.split(":"))
        served = self.served.get((place, year), [])
        return lines.interleaved([a for a in self.waiting(place) if a.born.year == year], served, ratio)

    def may_take_by_turn(self, a: Application, v: Vacancy) -> Seat:
        """3.5.2, 3.5.3: the offered place, an open one, or one that waits for no turn."""
        need("wrong_status", not v.ends_on)
        if mine := [s for s in v.seats if s.holder is a and s.kind == "offer"]:
            return mine[0]  # 3.2: whatever has changed since; 3.8: a close leaves it
        self.fits(a, v)
        need("too_young", self.day >= self.reached(self.minimum_age(v.group), a))
        need("no_free_place", v.status == "published" and [s for s in v.seats if s.kind not in ("held", "enrolment")])
        needed = self.needs_turn(v.group)
        free = [s for s in v.free if s.open or not needed]
        need("not_their_turn" if needed else "no_free_place", free)
        own = self.seat(a, "offer")  # it is free again with the choice of another place
        more = [own] if own and own.vacancy.status == "published" else []
        need("no_free_place", self.seatable(a.place, without=free[:1], more_free=more))
        return free[0]

    def take_by_turn(self, a: Application, v: Vacancy, seat: Seat) -> None:
        attend_by = self.norm("referral.attend", a.place).last_day(self.day)
        if a.status == "notified" and seat.holder is not a:
            self.end(a, "queued")
        seat.take(a, "held")
        a.referrals.append(Referral(v, self.at, attend_by=attend_by))
        a.status, a.standing = "referred", a.standing and not v.group.private

    def extend_referral(self, a: Application, last: date) -> None:
        r = a.referral
        self.in_time(r, "attend_by", "issued", "missed")
        need("wrong_status", a.status == "referred" and r.attend_by)
        need("too_late", last > r.attend_by)
        need("already_used", r.extended < int(self.norm("referral.extensions", a.place).value))
        need("too_long", last <= self.norm("referral.extension", a.place).last_day(self.day))
        r.attend_by, r.extended = last, r.extended + 1

    def revoke_referral(self, by: str, a: Application, reason: str | None) -> None:
        r = a.referral
        if r and not r.over and r.status != "used" and by not in OFFICE | {"head"}:  # enrolment ends its hours
            hours = int(self.norm("referral.revocation", a.place, r.issued_at.date()).value)
            need("too_late", r.attend_by is None or self.at <= r.issued_at + timedelta(hours=hours))
        need("wrong_status", a.status == "referred" and r.attend_by)
        need("reason_required", by not in OFFICE | {"head"} or reason)
        a.standing = True
        self.end(a, "queued")

    def release(self, by: str, application: str) -> None:
        a = self.applications[application]
        need("wrong_status", a.status == "stop_listed" and a.stops[-1].kind == "referral")
        a.wait()

    def reinstate(self, by: str, application: str, reason: str | None = None) -> None:
        a = self.applications[application]
        need("wrong_status", a.status in ("archived", "removed") and not a.enrolled)
        need("reason_required", reason)
        need("too_old", self.day < self.reached("queue.maximum_age", a))
        live = [o for o in self.applications.values() if o.child == a.child and o.status in WITHDRAWN_FROM]
        seat = self.enrolled(a.child)
        need("already_waiting", not live and (seat is None or seat.group.private))
        a.standing = True
        a.wait()

    # ------------------------------------------------------------ vacancies

    def publish(self, by: str, vacancy: str) -> None:
        v = self.vacancies[vacancy]
        need("too_late", not past(v.ends_on, self.day))
        need("wrong_status", v.status == "draft")
        if v.ends_on:
            self.lend(v)
        else:
            free = [s for s in v.group.seats if not s.kind and (s.vacancy is None or s.vacancy.status == "closed")]
            free = [s for s in free if not (s.vacancy and s.vacancy.ends_on)]
            need("no_free_place", len(free) >= v.places)
            for seat in free[: v.places]:
                seat.vacancy, seat.open = v, False
        v.status = "published"

    def close(self, by: str, vacancy: str) -> None:
        v = self.vacancies[vacancy]
        need("wrong_status", v.status == "published")
        need("no_free_place", v.ends_on or v.group.kind == "paid" or self.seatable(v.group.place, without=v.free))
        for seat in v.free:
            if v.ends_on:
                seat.group.seats.remove(seat)
                if isinstance(seat.absence.owner, Unnamed):
                    seat.absence.back = max(self.day, seat.left + DAY if seat.left > date.min else self.day)
            else:
                seat.vacancy = None
        v.status = "closed"

    def capacity(self, by: str, group: str, to: int) -> None:
        g = self.groups[group]
        general = [s for s in g.seats if not (s.vacancy and s.vacancy.ends_on)]
        idle = [s for s in general if not s.kind and not (s.vacancy and s.vacancy.status == "published")]
        need("no_free_place", len(general) - to <= len(idle))
        for seat in idle[: max(0, len(general) - to)]:
            g.seats.remove(seat)
        g.seats += [Seat(g) for _ in range(to - len(general))]

    # ------------------------------------------------------------ what changes while something runs (3.2)

    def norm_entered(self, by: str, **row: Any) -> None:
        self.enter(**row)

    def order(self, by: str, place: str, valid_from: str) -> None:
        self.orders.append((place, date.fromisoformat(valid_from), self.day, lines.OTHER_CATEGORIES))

    def years(self, by: str, group: str, to: list[int]) -> None:
        g = self.groups[group]
        before, g.years = g.years, (to[0], to[1])
        lose = [s for s in g.seats if s.kind in ("offer", "held") and not g.serves(s.holder.born)]
        if lose or not self.seatable(g.place):
            g.years = before
            raise Refused("no_free_place")

    def owner(self, by: str, group: str, to: str) -> None:
        """The kindergarten of a group becomes a state, a private or a paid one."""
        groups = [g for g in self.groups.values() if g.kindergarten == self.groups[group].kindergarten]
        before, changes = groups[0].kind, groups[0].private != (to != "state")
        for g in groups:
            g.kind = to
        holders = [s for g in groups for s in g.seats if s.kind in ("offer", "held")]
        young = [
            s for s in holders if s.kind == "offer" and self.day < self.reached(self.minimum_age(s.group), s.holder)
        ]
        if (holders and to == "paid") or (changes and young) or not self.seatable(groups[0].place):
            for g in groups:
                g.kind = before
            raise Refused("no_free_place")

    # ------------------------------------------------------------ facts (spec 4)

    def facts_named(self, ref: Any) -> dict[str, dict[str, Any]]:
        """The facts of one application, without its numbers; none of a ref that names none."""
        known = self.applications.get(ref) if isinstance(ref, str) else None
        return {known.ref: self.facts_of(known)} if known else {}

    def facts(self) -> dict[str, dict[str, Any]]:
        """All facts of today."""
        found = {a.ref: self.facts_of(a) for a in self.applications.values()}
        for ref, (number, privileged) in self.numbers().items():
            found[ref] |= {"number": number, "privileged_number": privileged}
        for g in self.groups.values():
            general = [s for s in g.seats if not (s.vacancy and s.vacancy.ends_on)]
            kinds = [s.kind for s in general]
            free = len(general) - sum(kinds.count(kind) for kind in ("held", "enrolment", "lent"))
            found[g.ref] = {"free_general": free, "enrolled": kinds.count("enrolment")}
        for v in self.vacancies.values():
            own = [s for s in v.seats if s.kind or v.status == "published"]  # 3.8: the others are the group's again
            found[v.ref] = {"free": len(v.free), "status": v.status, "open_to_year_group": any(s.open for s in own)}
            found[v.ref] |= {"begins_on": v.begins_on, "ends_on": v.ends_on}
        return found

    def facts_of(self, a: Application) -> dict[str, Any]:
        v, r, stay = a.voucher, a.referral, self.stay(a.child)
        temporary = [v.status for v in a.vouchers if v.kind == "temporary"]
        held, there = self.seat(a, "held"), [s for s in (stay, self.enrolled(a.child)) if s and s.first <= self.day]
        attended = there[0] if there else None
        contract = "none" if not r or r.signed is None else "draft"
        if r and r.signed and "family" in r.signed:
            contract = "signed" if "head" in r.signed else "signed_by_family"
        return {
            "status": a.status,
            "standing": a.standing,
            "misses": a.misses,
            "restorations": len(a.restored),
            "confirm_by": v and v.confirm_by,
            "choose_by": v and v.choose_by,
            "attend_by": r and r.attend_by,
            "priority_by": a.priority_by,
            "stop_listed_until": a.stops[-1].until if a.stops else None,
            "attends": attended and attended.group.ref,
            "holds": held and held.group.ref,
            "voucher": v and v.status,
            "temporary_voucher": temporary[-1] if temporary else None,
            "referral": a.referrals[-1].status if a.referrals else None,
            "contract": contract,
            "choices": self.choices(a),
        }

    def numbers(self) -> dict[str, Numbers]:
        """3.3: the number, and the number among the privileged, 0 for none; None for who has no number."""
        found: dict[str, Numbers] = {a.ref: (None, None) for a in self.applications.values()}
        for place in {g.place for g in self.groups.values()}:
            waiting = self.waiting(place)
            if self.voucher_procedure(place):
                served = sorted((a for a in waiting if self.category(a) is not None), key=self.rank)
                ranks = {rank: [a for a in served if self.category(a) == rank] for rank in map(self.category, served)}
                among = [a for a in served if a.counts != "none"]
                for line in ranks.values():
                    found |= {a.ref: numbered(a, line, among) for a in line}
            else:
                for year in {a.born.year for a in waiting}:
                    line = self.line(place, year)
                    found |= {a.ref: numbered(a, line, lines.privileged(line)) for a in line}
        return found


def numbered(a: Application, line: list[Application], among: list[Application]) -> Numbers:
    return line.index(a) + 1, among.index(a) + 1 if a in among else 0


def refusal_of(verb: Any, *args: Any) -> str | None:
    """The name of the refusal, if there is one."""
    try:
        verb(*args)
    except Refused as refusal:
        return str(refusal.args[0])
    return None
