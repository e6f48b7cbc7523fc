"""A walk through a small town, step by step in the reference model and in the real system (spec 7, "the workflow").

Seeded: the same seed takes the same walk. Hypothesis' own choices were tried: they repeat themselves too much to bring
a child as far as a contract.
"""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from app.scenarios.reading import moment
from app.scenarios.verbs import VERBS
from tests.model.pair import START, Pair, as_scenario, shortest
from tests.model.real import Database
from tests.model.town import Application, Vacancy

END = moment("2026-11-20T00:00")
BORN = ["2020-04-10", "2020-08-31", "2022-05-05", "2022-12-31", "2023-01-01", "2023-04-15", "2023-07-31"]
BORN += ["2024-02-29", "2024-04-20", "2024-10-31"]  # 72, 36, 24 and 18 months fall into the walk
YEARS = [(2022, 2022), (2020, 2022), (2022, 2023), (2023, 2023), (2023, 2024)]
PLACES = ["v", "r"]
NOT_WALKED = {"register", "claim_privilege", "correct"}  # scenarios play those with papers, and corrections
# of guardianships, which move nothing in the queue (test_guardianships.py)
NOT_WALKED |= {"join", "approve_guardianship", "reject_guardianship", "wish", "unwish", "enter_lot", "leave_lot"}
ROLES = ["family", "operator", "specialist", "department", "head", "auditor"]
CHILDREN = 12
NORMS = [("voucher.confirm", "4", "CD"), ("voucher.confirm", "1", "WD"), ("voucher.choose", "9", "CD")]
NORMS += [("voucher.choose", "2", "WD"), ("voucher.stop_list", "10", "CD"), ("voucher.stop_list", "3", "WD")]
NORMS += [("voucher.restorations", "2", "COUNT"), ("voucher.restorations_per", "stop_listing", "CHOICE")]
NORMS += [("queue.maximum_age", months, "MONTHS") for months in ("66", "70", "72", "75")]
NORMS += [("procedure", one, "CHOICE") for one in ("voucher", "voucher", "referral", "referral")]
NORMS += [("referral.minimum_age", "30", "MONTHS"), ("referral.minimum_age", "24", "MONTHS")]
NORMS += [("state_order.minimum_age", "30", "MONTHS"), ("state_order.turn", "needed", "CHOICE")]
NORMS += [("state_order.turn", "none", "CHOICE"), ("mini_centre.turn", "none", "CHOICE")]
NORMS += [("queue.ratio", "2:1", "RATIO"), ("queue.ratio", "1:2", "RATIO"), ("referral.misses", "1", "COUNT")]
NORMS += [("referral.priority", "2", "CD"), ("referral.attend", "3", "CD"), ("referral.stop_list", "4", "CD")]
NORMS += [("referral.revocation", "48", "H"), ("referral.extensions", "2", "COUNT"), ("referral.extension", "9", "CD")]
OWNERS = ["state", "private", "paid"]
WAITS = {"minutes": 59, "hours": 30, "days": 6}  # at most
LIKELY = {  # what people do with an application of this status
    "queued": ["issue"] * 6 + ["choose"] * 2 + ["confirm_privilege", "reject_privilege", "withdraw", "archive"],
    "notified": ["choose"] * 8 + ["withdraw", "archive"],
    "confirming": ["confirm"] * 12 + ["refuse", "extend", "revoke"],
    "voucher_issued": ["choose"] * 20 + ["extend", "extend", "revoke", "refuse", "confirm"],
    "referred": ["sign"] * 8 + ["enrol"] * 4 + ["extend", "revoke", "withdraw", "archive"],
    "enrolled": ["absent"] * 8 + ["return"] * 3 + ["leave"] * 2 + ["enrol", "archive"],
    "stop_listed": ["restore"] * 4 + ["release", "confirm", "withdraw", "archive"],
    "removed": ["reinstate", "reinstate", "withdraw"],
    "archived": ["reinstate"] * 4 + ["restore", "confirm", "choose", "sign"],
}
OFTEN = {"queued": 3, "stop_listed": 4, "enrolled": 8, "removed": 0.2, "archived": 0.3}  # and 10 for what is under way
FINAL = ("enrolled", "removed", "archived")
BY = dict.fromkeys(("enrol", "leave", "absent", "return"), "head") | dict.fromkeys(
    ("confirm", "refuse", "restore", "withdraw", "choose"), "family"
)
SIGNED = {"confirm", "refuse", "restore", "choose", "sign", "withdraw"}  # at the counter: by the family's paper
REASONED = {"absent", "issue", "extend", "revoke", "archive", "reinstate", "reject_privilege"}
MOVES = {"go_on": 30, "register": 4, "round": 4, "publish": 3, "wait": 4, "try_anything": 2, "capacity": 1}
MOVES |= {"norm": 2, "order": 0.3, "years": 1, "owner": 1}


class Walk:
    """One walk through one town; `seed` says which."""

    def __init__(self, seed: int, database: Database) -> None:
        self.random, self.database, self.now, self.steps = Random(seed), database, START, 0
        self.born, self.ages = self.random.sample(BORN, 5), self.random.sample(YEARS, 3)
        self.last: Application | None = None  # the application of the last step
        self.pair = Pair(self.town(), database)
        self.model = self.pair.model

    def go(self, steps: int) -> None:
        """At least so many steps. Raises AssertionError with a scenario that shows where the two differ."""
        try:
            for _ in range(6):
                self.publish()
                self.register()
            for _ in range(self.random.choice([0, 0, 2, 3])):
                self.enrolled()
            while self.steps < steps:
                getattr(self, *self.random.choices(list(MOVES), list(MOVES.values())))()
        finally:
            self.pair.real.close()

    def town(self) -> dict[str, Any]:
        """Two districts, four kindergartens each, nothing published yet."""
        content: dict[str, Any] = {"title": "A walk", "places": [], "kindergartens": [], "vacancies": []}
        content |= {"applications": [], "steps": []}
        for place, procedure in (("v", "voucher"), ("r", "referral")):
            content["places"].append({"ref": place, "kind": "district", "name": place, "procedure": procedure})
            groups = []
            for i in range(5):
                group, size, there = f"{place}{i}", self.random.randint(1, 4), self.random.randint(0, 2)
                years = list(self.random.choice(self.ages))
                groups.append({"ref": group, "birth_years": years, "capacity": size + there, "occupied": there})
                sizes = self.random.randint(1, size), 1, 1
                content["vacancies"] += [
                    {"ref": group + x, "group": group, "places": n} for x, n in zip("abc", sizes, strict=True)
                ]
            content["kindergartens"] += kindergartens(place, groups)
        for i, ends_on in enumerate(("2026-03-20", "2026-04-30", "2026-06-12")):
            vacancy = {"ref": f"t{i}", "group": f"v{i}", "places": self.random.randint(1, 2), "intake": "temporary"}
            vacancy |= {"ends_on": ends_on} | ({"begins_on": "2026-03-16"} if self.chance(0.5) else {})
            content["vacancies"].append(vacancy)
        content["norms"] = self.norms()
        return content

    def norms(self) -> list[dict[str, Any]]:
        """Some numbers of the districts differ, some from a day within the walk on."""
        found = {}
        for _ in range(self.random.randint(0, 3)):
            norm = self.some_norm(self.one_of(["2026-01-01", "2026-03-09", "2026-03-20"]))
            if norm["name"] != "procedure":
                found[norm["name"], norm["place"], norm["valid_from"]] = norm
        return list(found.values())

    def some_norm(self, valid_from: str) -> dict[str, Any]:
        """A norm of one of the districts, from a day on."""
        name, value, unit = self.one_of(NORMS)
        norm = {"name": name, "place": self.one_of(PLACES), "valid_from": valid_from, "value": value, "unit": unit}
        return norm | ({"carry": True} if unit == "CD" and self.chance(0.5) else {})

    def play(self, do: str, **fields: Any) -> None:
        """One step in both; the same refusal, and afterwards the same facts."""
        self.pair.content["steps"].append({"at": f"{self.now:%Y-%m-%dT%H:%M}", "do": do, **fields})
        self.steps += 1
        if self.pair.play(self.pair.content["steps"][-1], whole=do == "clock" or self.steps % 10 == 0):
            self.pair.real.close()
            raise AssertionError(as_scenario(*shortest(self.pair.content, self.database)))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one_of(self, *choices: list[Any]) -> Any:
        """Something out of the first list that is not empty."""
        return self.random.choice(next(list(found) for found in choices if found))

    # ------------------------------------------------------------ moves

    def register(self) -> None:
        """A new child, or one that is known already."""
        known = self.model.applications
        new = len({a.child for a in known.values()}) < CHILDREN and not (known and self.chance(0.2))
        if not new and len(known) >= 3 * CHILDREN:
            return
        ref = f"a{len(known)}.{self.steps}"
        child = {"born_on": self.one_of(self.born)} if new else {"same_as": self.one_of(list(known))}
        row = {"ref": ref, "place": self.one_of(PLACES), "child": child}
        if privileged := self.chance(0.4):
            row["privilege"] = self.one_of(["out_of_turn", "first_order", "first_order"])
        self.play("register", by=self.one_of(["family"] * 9 + ROLES), application=row)
        if privileged and ref in known and self.chance(0.7):
            self.play("confirm_privilege", by="department", application=ref)

    def enrolled(self) -> None:
        """A child goes all the way to its enrolment, where it can: who is away and whose place is lent begins there."""
        free = [v for v in self.model.vacancies.values() if v.group.place == "v" and not v.ends_on and v.free]
        if free:
            ref = self.chosen(free[0])
            self.play("sign", by="family", application=ref)
            self.play("sign", by="head", application=ref)
            self.play("enrol", by="head", application=ref)

    def chosen(self, v: Vacancy) -> str:
        """A new child gets a voucher, where it can, and chooses a place of this vacancy."""
        born = [day for day in BORN[2:] if v.group.years[0] <= int(day[:4]) <= v.group.years[1]]
        ref, child = f"e{self.steps}", {"born_on": self.one_of(born, BORN)}
        self.play("register", by="family", application={"ref": ref, "place": v.group.place, "child": child})
        if ref in self.model.applications:
            self.play("issue", by="department", application=ref, reason="a reason")
            self.play("confirm", by="family", application=ref)
            self.play("choose", by="family", application=ref, vacancy=v.ref)
        return ref

    def go_on(self) -> None:
        """Somebody does what is likely with an application, most often with the one of the last time."""
        known = list(self.model.applications.values())
        if not known:
            return self.register()
        a = self.last if self.last in known and self.chance(0.6) else None
        a = a or self.random.choices(known, [OFTEN.get(a.status, 10) for a in known])[0]
        self.last = a if a.status not in FINAL else None
        self.verb(self.one_of([verb for verb in LIKELY[a.status] if verb in VERBS], ["archive"]), a, likely=True)

    def try_anything(self) -> None:
        """Anybody does anything with an application."""
        verbs = [verb for verb in VERBS if "application" in "".join(VERBS[verb].needs) and verb not in NOT_WALKED]
        if self.model.applications:
            self.verb(self.one_of(verbs), self.one_of(list(self.model.applications.values())), likely=self.chance(0.5))

    def verb(self, verb: str, a: Application, likely: bool) -> None:
        """A verb on an application with the fields that it needs; `likely`: by whom it is for, with a reason."""
        fields = dict[str, Any]()
        if verb == "choose":
            fits = [v for v in self.model.vacancies.values() if v.group.place == a.place and v.status == "published"]
            fits = [v.ref for v in fits if v.group.years[0] <= a.born.year <= v.group.years[1]]
            fields["vacancy"] = self.one_of(fits if likely else [], list(self.model.vacancies))
        if verb in ("extend", "revoke"):
            fields["what"] = "voucher" if self.chance(0.9 if a.by_voucher else 0.1) else "referral"
        if verb == "extend":
            fields["until"] = (self.now + timedelta(days=self.random.randint(-1, 35))).date().isoformat()
        if verb == "absent":
            first = self.now + timedelta(days=self.random.randint(0, 9))
            last = first + timedelta(days=self.random.randint(0, 40) - (0 if likely else 10))
            fields |= {"from_on": first.date().isoformat(), "until": last.date().isoformat()}
            fields["vacancy"] = f"l{self.steps}"
        if verb in REASONED and (likely or self.chance(0.5)):
            fields["reason"] = "a reason"
        by = BY.get(verb, "department") if likely else self.one_of(ROLES)
        if verb == "sign" and likely:
            by = self.one_of(["family", "head"])
        signed = (verb in SIGNED and by not in ("family", "head")) or (
            verb in ("extend", "revoke") and by == "operator"
        )
        if signed and (verb != "sign" or self.chance(0.5)):
            fields["paper_on"] = self.now.date().isoformat()
        self.play(verb, by=by, application=a.ref, **fields)
        if fields.get("vacancy") in self.model.vacancies and verb == "absent" and self.chance(0.7):
            self.play("publish", by="head", vacancy=fields["vacancy"])
            if self.chance(0.6):
                self.chosen(self.model.vacancies[fields["vacancy"]])

    def round(self) -> None:
        """A round of vouchers, or offers for a vacancy."""
        by = self.one_of(["department"] * 8 + ["clock", *ROLES])
        if "offer" in VERBS and self.chance(0.5):
            published = [
                v.ref for v in self.model.vacancies.values() if v.status == "published" and v.group.place == "r"
            ]
            self.play(
                "offer", by=by, vacancy=self.one_of(published if self.chance(0.8) else [], list(self.model.vacancies))
            )
        else:
            self.play("issue", by=by, place=self.one_of(["v"] * 9 + ["r"]))

    def publish(self) -> None:
        """A vacancy is published or closed, most often one that can be."""
        verb, status = ("publish", "draft") if self.chance(0.8) else ("close", "published")
        can = [v.ref for v in self.model.vacancies.values() if v.status == status]
        by = self.one_of(["head"] * 9 + ROLES)
        self.play(verb, by=by, vacancy=self.one_of(can if self.chance(0.9) else [], list(self.model.vacancies)))

    def capacity(self) -> None:
        """A group becomes larger or smaller."""
        group = self.one_of(list(self.model.groups))
        self.play("capacity", by="department", group=group, to=self.random.randint(0, 4))

    def norm(self) -> None:
        """A norm is entered, most often for a day to come."""
        norm = self.some_norm((self.now + timedelta(days=self.random.randint(-2, 9))).date().isoformat())
        same = [(n.name, n.place, n.valid_from.isoformat()) for n in self.model.norms]
        if (norm["name"], norm["place"], norm["valid_from"]) not in same:
            self.play("norm", **norm)

    def order(self) -> None:
        """A district serves other categories from a day on."""
        place, valid_from = self.one_of(PLACES), self.now.date() + timedelta(days=self.random.randint(0, 9))
        if (place, valid_from) not in [order[:2] for order in self.model.orders]:
            self.play("order", place=place, valid_from=valid_from.isoformat())

    def years(self) -> None:
        """A group is for children of other years."""
        self.play("years", group=self.one_of(list(self.model.groups)), to=list(self.one_of(self.ages)))

    def owner(self) -> None:
        """A kindergarten changes hands, or its state order."""
        groups = [g.ref for g in self.model.groups.values() if g.kind != "mini_centre"]
        self.play("owner", group=self.one_of(groups), to=self.one_of(OWNERS))

    def wait(self) -> None:
        """Time goes by, often to the end of somebody's term; the clock runs, or it is down."""
        now, kind = self.now, self.one_of([*WAITS, "weeks", "border", "border", "border"])
        if kind == "border":
            terms = {term for a in self.model.applications.values() for term in self.terms(a)}
            now = self.one_of(sorted(end for term in terms for end in borders(term) if end > now)[:6], [now])
        elif kind == "weeks":
            now += timedelta(days=self.random.randint(7, 40) if self.chance(0.3) else 1)
        else:
            now += timedelta(**{kind: self.random.randint(1, WAITS[kind])})
        self.now = max(self.now, min(now, END))
        if self.chance(0.5):
            self.play("clock")

    def terms(self, a: Application) -> list[Any]:
        """The days on which something ends for an application."""
        found = [a.priority_by, *(s.until for s in a.stops[-1:])]
        found += [day for v in a.vouchers[-1:] for day in (v.confirm_by, v.choose_by)]
        found += [r.attend_by for r in a.referrals[-1:]]
        found += [
            day for v in self.model.vacancies.values() if v.status == "published" for day in (v.begins_on, v.ends_on)
        ]
        return [day for day in found if day]


def kindergartens(place: str, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A state one of two groups, a private one on state order, a mini-centre, a private one without state order."""
    kinds = {"state": {}, "private": {"ownership": "private", "state_order": True}, "mini": {"kind": "mini_centre"}}
    kinds["paid"] = {"ownership": "private", "state_order": False}
    sets = [groups[:2], groups[2:3], groups[3:4], groups[4:]]
    return [
        {"ref": f"{place}-{name}", "name": f"{place} {name}", "place": place, **kind, "groups": some}
        for (name, kind), some in zip(kinds.items(), sets, strict=True)
    ]


def borders(day: date) -> list[datetime]:
    """The last minute of a day and the first of the next."""
    end = datetime.combine(day, time(23, 59), END.tzinfo)
    return [end, end + timedelta(minutes=1)]
