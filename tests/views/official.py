"""An official who looks for what a page offers, and tries it: each thing that is there, and each that is not.

Whatever was done is taken back, table by table; what was refused has written nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from typing import Any

import sqlalchemy as sa

from app.actions import accounts, clock, dry_run, norms
from app.actions.due import settled
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    Change,
    Child,
    ContractText,
    DayOff,
    KgGroup,
    Kindergarten,
    Norm,
    Place,
    Proposal,
    QueueOrder,
    Referral,
    User,
    Vacancy,
    VacancyStatus,
    Voucher,
)
from app.now import now
from app.rules.calendar import local_day
from app.rules.roles import Role
from tests import offered
from tests.registers import OTHERS, text_field
from tests.views import routes
from tests.views.conftest import Browser, sign_in
from tests.views.forms import Fields, valid
from tests.views.tables import Tables

MODELS = {
    "applications": Application,
    "vouchers": Voucher,
    "referrals": Referral,
    "vacancies": Vacancy,
    "kindergartens": Kindergarten,
    "groups": KgGroup,
    "norms": Norm,
    "queue-orders": QueueOrder,
    "contract-texts": ContractText,
    "days-off": DayOff,
    "proposals": Proposal,
    "users": User,
    **{one.noun: one.model for one in OTHERS},
}
OTHERWISE = {  # noun -> the field that is typed otherwise, and how
    "applications": ("address", "Басқа көше 5"),
    "vacancies": ("places", "1"),
    "kindergartens": ("address", "Басқа көше 5"),
    "groups": ("name", "Басқа топ"),
    "norms": ("legal_basis", "басқа бұйрық"),
    "queue-orders": ("legal_basis", "басқа бұйрық"),
    "contract-texts": ("legal_basis", "басқа бұйрық"),
    "days-off": ("decree", "№ 99"),
    "users": ("first_name", "Басқа"),
    **{one.noun: (text_field(one), "Басқа") for one in OTHERS},
}
OFFICE = (Role.department, Role.specialist)
PLACES = 3  # of those that a page lists to choose from
WAY = r"/(show|edit|delete|correct|choose|claim-privilege)/{pk}\b"


@dataclass
class Official:
    """Somebody of one role, signed in."""

    web: Any
    role: Role
    name: str
    kept: str  # by which name the rows are kept (tables.py)
    wrong: list[str] = field(default_factory=list)
    tried: int = 0
    lists: dict[str, str] = field(default_factory=dict)  # each as its first page shows it
    procedures: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser: Browser = sign_in(self.web, self.name)
        self.tables = Tables(self.web)
        with self.web.app_context():
            self.today = local_day(now())

    # ------------------------------------------------------------ looking

    def rows(self, noun: str) -> list[int]:
        """One of each kind of row that this official sees in a list."""
        found = self.lists[noun] = self.browser.get(f"/{noun}/list/?psize_{self.view(noun)}=100").text
        seen = [int(pk) for pk in re.findall(rf'data-label="[^"]*"><a href="/{noun}/show/(\d+)', found)]
        with self.web.app_context():
            kinds = {self.kind(db.session.get_one(MODELS[noun], pk)): pk for pk in reversed(seen)}
        return sorted(kinds.values())

    def view(self, noun: str) -> str:
        return next(type(one).__name__ for one in self.web.appbuilder.baseviews if one.route_base == f"/{noun}")

    def kind(self, row: Any) -> str:
        """What decides about a row: those that are alike in it are tried once."""
        match row:
            case Application():
                return f"{self.procedure(row.place_id)} {offered.shape(row, now())}"
            case Voucher() | Referral():
                right = getattr(row, "attend_by", None) is None
                return f"{row.kind} {row.status} {right} {row.application.status}"
            case Kindergarten():
                return f"{self.procedure(row.place_id)} {row.ownership} {row.kind} {bool(row.groups)}"
            case KgGroup():
                return f"{self.kind(row.kindergarten)} {row.birth_year_from} {row.capacity} {len(row.vacancies)}"
            case Vacancy():
                return f"{self.kind(row.group)} {row.intake} {row.status} {row.places} {row.ends_on}"
            case User():
                return f"{[role.name for role in row.roles]} {row.username == self.name}"
            case Norm() | QueueOrder() | ContractText() | DayOff():
                to_come = not isinstance(row, DayOff) and row.valid_from > self.today
                return f"{row.approved_at is None} {to_come} {row.entered_by_id} {getattr(row, 'place_id', 0)}"
        return str(row.id)

    def procedure(self, place_id: int) -> str:
        """Districts of one procedure are alike."""
        if place_id not in self.procedures:
            self.procedures[place_id] = norms.procedure(place_id, self.today)
        return self.procedures[place_id]

    def offers(self, noun: str, pk: int) -> set[str]:
        """What the page of one record offers: the verbs of its forms, the ways of its links."""
        answer = self.browser.get(f"/{noun}/show/{pk}")
        assert answer.status_code == 200, (noun, pk, answer.status_code)
        verbs = re.findall(rf'action="/{noun}/action/(\w+)/{pk}\b', answer.text)
        ways = re.findall(rf'(?:action|href)="/{noun}{WAY.format(pk=pk)}', answer.text)
        return {*verbs, *ways} - {"show"}

    # ------------------------------------------------------------ trying

    def walk(self, *nouns: str) -> None:
        """All rows of some registers, those that its role reads. The clock has run: nothing is due."""
        with self.web.app_context():
            places, at = clock.districts(), now()
        with settled(places, at):  # to look for what is due costs as much as all the rest of a request
            for noun in nouns:
                if self.role in routes.REGISTERS[noun][0]:
                    self.walk_register(noun)

    def first_page(self) -> None:
        """Each button of the first page that publishes places or takes a child back, as a person presses it."""
        text = self.browser.get("/").text
        forms = re.findall(r'<form method="post" action="(/(?:vacancies|applications)/[^"]+)">(.*?)</form>', text, re.S)
        for address in (unescape(action) for action, inside in forms if "<button" in inside):
            before, self.tried = self.written(), self.tried + 1
            asked = Fields(self.post(address, {}))
            to = address if "publish-free" in address else f"/{address.split('/')[1]}/action_post"
            self.post(to, {**asked.values, "sure": "yes", "places": "1"})
            if self.written() == before:
                self.wrong.append(f"the first page of {self.role}: {address}")
            self.tables.bring(self.kept)

    def walk_register(self, noun: str) -> None:
        """Every verb and way of every row: what its page offers is accepted, what it does not offer is refused."""
        ours = [verb for verb, roles in routes.VERBS.get(noun, {}).items() if self.role in roles]
        table = routes.table()
        for way, method in (("edit", "GET"), ("delete", "POST"), ("correct", "GET"), ("choose", "GET")):
            ours += [way] * (self.role in table.get((method, f"/{noun}/{way}/<pk>"), ()))
        for pk in self.rows(noun):
            found = self.offers(noun, pk)
            if strange := found - {*ours, "claim-privilege"}:
                self.wrong.append(f"{noun} {pk} {self.role}: offered to nobody of this role: {strange}")
            for what in ours:
                self.tried += 1
                if self.accepted(noun, what, pk, seen=what in found) is not (what in found):
                    self.wrong.append(f"{noun} {pk} {self.role} {what}: {'' if what in found else 'not '}offered")
            self.menu(noun, pk, found)

    def menu(self, noun: str, pk: int, found: set[str]) -> None:
        """The menu of a row offers of the list's verbs those that the row's own page offers, and no other."""
        view = next(one for one in self.web.appbuilder.baseviews if one.route_base == f"/{noun}")
        if not view.bulk:
            return
        said = self.browser.get(f"/{noun}/menu/{pk}").json
        if set(said) != found & set(view.bulk):
            self.wrong.append(f"{noun} {pk} {self.role}: the menu offers {said}, the page {found & set(view.bulk)}")
        if self.role in OFFICE:
            self.dry_run(noun, pk, set(said))
        can = re.search(rf'name="rowid" value="{pk}" data-can="([^"]*)"', self.lists[noun])
        bar = re.findall(r'<button name="action" value="(\w+)"', self.lists[noun])
        if missing := set(said) - (set(can[1].split()) & set(bar) if can else set()):
            self.wrong.append(f"{noun} {pk} {self.role}: the list leaves out {missing}")

    def dry_run(self, noun: str, pk: int, said: set[str]) -> None:
        """What a bulk run's trial says of a row is what the row's menu offers."""
        model, until = MODELS[noun], self.extended(noun, pk)
        with self.web.app_context(), transaction():
            by = accounts.actor_of(db.session.scalars(sa.select(User).where(User.username == self.name)).one())
            for verb in dry_run.VERBS.get(model, ()):
                order = dry_run.Order(model, verb, until, "себеп", by, now())
                found = dry_run.tried(order, pk, keep=False)
                if (found.outcome == "done") is not (verb in said):
                    self.wrong.append(f"{noun} {pk} {self.role}: the trial of {verb} says {found}")
            db.session.rollback()

    def accepted(self, noun: str, what: str, pk: int, *, seen: bool) -> bool:
        """Is it done? Then it is taken back at once."""
        ways: dict[str, Callable[[], None]] = {
            "edit": lambda: self.edit(noun, pk),
            "delete": lambda: self.post(f"/{noun}/delete/{pk}", {}),
            "correct": lambda: self.correct(pk),
        }
        acts: Iterator[Callable[[], None]]
        if what == "choose":
            acts = self.choices(pk)
        elif what in ways:
            acts = iter([ways[what]])
        else:
            acts = self.answers(noun, what, pk, seen=seen)
        done = False
        for act in acts:
            before = self.written()
            act()
            done = self.written() != before
            if done:
                self.tables.bring(self.kept)
            if done is not seen:
                break
            if what != "choose":
                break
        return done

    def written(self) -> tuple[int, int]:
        """How much history there is: nothing is done without it."""
        with self.tables.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count(), sa.func.max(Change.id)).select_from(Change)).one()

    def post(self, address: str, data: dict[str, Any]) -> str:
        answer = self.browser.post(address, data, follow_redirects=False)
        assert answer.status_code in (200, 302, 303, 403, 404, 409, 422), (address, answer.status_code)
        return answer.text

    def answers(self, noun: str, verb: str, pk: int, *, seen: bool) -> Iterator[Callable[[], None]]:
        """The verb's button, then all that the page asks for, as a person answers it; or both by hand at once."""
        typed = self.typed(verb, noun, pk)
        address = f"/{noun}/action/{verb}/{pk}"

        def act() -> None:
            if not seen:
                self.post(address, {**typed, "sure": "yes"})
                return
            asked = Fields(self.post(address, {})).values
            if asked:
                self.post(f"/{noun}/action_post", {**asked, **{name: typed[name] for name in typed if name in asked}})

        yield act

    def typed(self, verb: str, noun: str, pk: int) -> dict[str, str]:
        """What is filled in: an office acts in its own right where it can, the counter by a paper of today."""
        tomorrow = self.today + timedelta(1)
        free = self.free_day(noun, pk)
        until = {"absent": free, "enrol": tomorrow + timedelta(30)}.get(verb) or self.extended(noun, pk)
        typed = {"reason": "себеп", "from_on": free.isoformat(), "until": until.isoformat()}
        if self.role not in OFFICE or verb not in ("extend", "revoke"):
            typed["paper_on"] = self.today.isoformat()
        return typed

    def extended(self, noun: str, pk: int) -> date:
        """The day after the last one of the term that runs."""
        if noun not in ("applications", "vouchers", "referrals"):
            return self.today
        with self.web.app_context():
            row = db.session.get_one(MODELS[noun], pk)
            of = row if isinstance(row, Application) else row.application
            days = [day for one in of.vouchers[-1:] for day in [one.choose_by or one.confirm_by]]
            days = [one.attend_by for one in of.referrals[-1:] if one.attend_by] or days
            return max(days, default=self.today) + timedelta(1)

    def free_day(self, noun: str, pk: int) -> date:
        """A day of the next year on which the child is not away yet."""
        return self.today + timedelta(300) if noun == "applications" else self.today

    def edit(self, noun: str, pk: int) -> None:
        """One field is typed otherwise; where no form is shown it is sent all the same."""
        name, value = OTHERWISE[noun]
        address = f"/{noun}/edit/{pk}"
        shown = Fields(self.browser.get(address).text).values
        if shown.get(name) == value:
            value = "2"
        self.post(address, {**(shown or self.blind(noun)), name: value})

    def blind(self, noun: str) -> dict[str, str]:
        """What somebody sends who has seen no form."""
        with self.web.app_context():
            group = db.session.scalars(sa.select(KgGroup.id)).first()
            place = db.session.scalars(sa.select(Place.id)).first()
            kindergarten = db.session.scalars(sa.select(Kindergarten.id)).first()
            child = db.session.scalars(sa.select(Child.id)).first()
        some = {"group": group, "place": place, "kindergarten": kindergarten, "child": child}
        own = type("Own", (), {name: str(pk) for name, pk in some.items()})
        return valid(noun, own)

    def correct(self, pk: int) -> None:
        address = f"/applications/correct/{pk}"
        shown = Fields(self.browser.get(address).text).values
        names = {
            f"{who}_{part}": "Түзетілген" for who in ("child", "applicant") for part in ("last_name", "first_name")
        }
        self.post(address, {**shown, **names, "reason": "қате"})

    def choices(self, pk: int) -> Iterator[Callable[[], None]]:
        """Each of the first places that are listed; where none is, any published one."""
        address = f"/applications/choose/{pk}"
        listed = re.findall(rf'href="([^"]*{address}[^"]*vacancy=\d+)"', self.browser.get(address).text)
        for link in map(unescape, listed[:PLACES]):
            sure = Fields(self.browser.get(link).text).values
            yield lambda sure=sure: self.post(address, sure)
        if not listed:
            with self.web.app_context():
                published = sa.select(Vacancy.id).where(Vacancy.status == VacancyStatus.published)
                some = db.session.scalars(published.order_by(Vacancy.id).limit(PLACES)).all()
            sure = {"sure": "yes", "paper_on": self.today.isoformat()}
            for vacancy in some:
                yield lambda vacancy=vacancy: self.post(address, {**sure, "vacancy": str(vacancy)})
