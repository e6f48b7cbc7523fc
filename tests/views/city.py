"""A region with one of everything: own district, a neighbouring kindergarten, a foreign district, a foreign region.

Every text in what is not its own holds the canary of where it lies, so that one byte of it on a page is seen.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace

import sqlalchemy as sa

from app import documents
from app.actions import accounts, applications, clock, contracts, enrolments, norms, referrals, vouchers
from app.extensions import db
from app.models import (
    Change,
    DayOff,
    DemoTime,
    Kindergarten,
    Norm,
    Place,
    PlaceKind,
    PrivilegeKind,
    QueueCategory,
    QueueOrder,
    Round,
    Unit,
    User,
    Vacancy,
)
from app.permissions import Actor, Role
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.views.tables import KEPT

PASSWORD = "қауіпсіз-құпиясөз-12"
NOW = "2026-04-13T10:00"
UNMARKED = {"file_key", "sha256", "subject", "status_from", "status_to"}  # by these things are found and named
CANARIES = {"neighbour": "ңғұк", "district": "ңғұа", "region": "ңғұо"}  # no random token holds such letters

RULES = (Norm, QueueOrder, QueueCategory)
SHARED = {model.__tablename__: set(model.__table__.c.keys()) for model in RULES}  # a place's rules are its heads' too


@dataclass
class Ids:
    """The records that were made in one place, by table, in the order they were made."""

    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)

    def of(self, table: str) -> sa.ColumnElement[bool]:
        """Those rows of a table that were made between `before` and `after`."""
        column = db.metadata.tables[table].c.id
        return column.between(self.before[table] + 1, self.after[table])


def official(name: str, role: Role, *reach: object) -> User:
    email = f"{next(factories.serials)}@example.org"
    user = User(username=name, first_name="Ойдан", last_name=name, email=email, active=True)
    administrator = Actor(Role.administrator)
    return accounts.save(user, role=role, reach=reach, password=PASSWORD, by=administrator, at=factories.START)


def region(name: str) -> Place:
    place = Place(kind=PlaceKind.region, parent_id=factories.country().id, name_kk=name, name_ru=name)
    db.session.add(place)
    db.session.flush()
    return place


def district(name: str, of: Place) -> Place:
    place = Place(kind=PlaceKind.district, parent_id=of.id, name_kk=name, name_ru=name, support_phone="8 800")
    db.session.add(place)
    db.session.flush()
    factories.norm("procedure", "voucher", Unit.CHOICE, place)
    return place


def voucher(place: Place, **more: object):
    """An application of the district whose family has confirmed its voucher."""
    row = factories.application(place, **more)
    vouchers.issue(row, by=DEPARTMENT, at=at("2026-04-09T10:00"), reason="кезектен тыс")
    vouchers.confirm(row, by=factories.family(row), at=at("2026-04-09T18:00"))
    return row


def choose(application, vacancy, moment: str = "2026-04-10T12:00"):
    return referrals.choose(application, vacancy, by=factories.family(application), at=at(moment))


def populate(place: Place, name: str) -> SimpleNamespace:
    """A kindergarten with one child in each situation, and its officials."""
    kindergarten = factories.kindergarten(place, f"№1 «{name}»", phone="8 7162 25", address="Абай к-сі 1")
    group = factories.group(kindergarten, capacity=9)
    spare = factories.group(kindergarten, capacity=1)
    vacancy, draft = factories.vacancy(group, places=6), factories.vacancy(group, publish=False)
    temporary = factories.vacancy(group, ends_on=date(2026, 6, 30))
    shared = "ортақ" if name == CANARIES["neighbour"] else name  # the rules of a place hold for all who work in it
    since = date(2027, 1, 1) + timedelta(kindergarten.id)
    norm = factories.norm("notice.reminder", "3", Unit.WD, place, since=since, note=shared)
    norm.approved_at = None
    order = factories.order(place, since, approved=False, legal_basis=shared)
    late = factories.application(place)
    vouchers.issue(late, by=DEPARTMENT, at=at("2026-04-01T10:00"), reason="ерте")
    clock.run(at=at("2026-04-08T10:00"), place_id=place.id)
    waiting = factories.application(place, privilege=PrivilegeKind.first_order)
    referred, enrolled, stay = voucher(place, privilege=PrivilegeKind.out_of_turn), voucher(place), voucher(place)
    referral = choose(referred, vacancy)
    choose(stay, temporary)
    choose(enrolled, vacancy)
    head = factories.head(kindergarten)
    for who in (head, factories.family(enrolled)):
        contracts.sign(enrolled, by=who, at=at("2026-04-10T13:00"))
    enrolments.enrol(enrolled, by=head, at=at("2026-04-10T15:00"))
    applications.change(
        referred, by=DEPARTMENT, at=at("2026-04-10T16:00"), phone="8 701", email="a@b.kz", address="Абай"
    )
    documents.store(referred.documents[0], b"%PDF " + name.encode())
    chosen = sa.select(Change.id).where(Change.application_id == referred.id, Change.verb == "choose")
    db.session.add(
        Round(
            place_id=place.id,
            held_on=date(2026, 4, 9),
            held_at=at("2026-04-09T10:00"),
            queue_order_id=norms.order(place.id, date(2026, 4, 9)).id,
        )
    )
    account = official(f"head of {name}", Role.head, kindergarten)
    db.session.flush()
    return SimpleNamespace(
        place=place.id,
        kindergarten=kindergarten.id,
        group=group.id,
        spare=spare.id,
        vacancy=vacancy.id,
        draft=draft.id,
        temporary=temporary.id,
        norm=norm.id,
        order=order.id,
        late=late.id,
        waiting=waiting.id,
        application=referred.id,
        enrolled=enrolled.id,
        stay=stay.id,
        voucher=referred.vouchers[0].id,
        referral=referral.id,
        document=referred.documents[0].id,
        notice=referred.notices[-1].id,
        change=db.session.scalars(chosen).first(),
        account=account.id,
    )


def last_ids() -> dict[str, int]:
    db.session.flush()
    tables = [table for table in db.metadata.sorted_tables if "id" in table.c]
    return {table.name: db.session.scalar(sa.select(sa.func.max(table.c.id))) or 0 for table in tables}


def mark(ids: Ids, canary: str, but: dict[str, set[str]] | None = None) -> None:
    """Write the canary into every text of these rows, at its beginning; what is JSON becomes one text."""
    db.session.flush()
    for table in db.metadata.sorted_tables:
        if "id" not in table.c or table.name in KEPT:
            continue
        values = {}
        for column in table.c:
            if column.name in UNMARKED | (but or {}).get(table.name, set()):
                continue
            if isinstance(column.type, sa.JSON):
                values[column.name] = {"text": canary, "number": canary}
            elif isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum):
                text = sa.literal(canary).concat(sa.cast(table.c.id, sa.String)).concat(sa.func.coalesce(column, ""))
                values[column.name] = sa.func.substr(text, 1, column.type.length or 200)
        if values:
            db.session.execute(sa.update(table).where(ids.of(table.name)).values(values))
    db.session.expire_all()


def build() -> SimpleNamespace:
    """All four places. The names of places themselves are marked too."""
    akmola, pavlodar = region("Ақмола облысы"), region("Павлодар облысы")
    here, there, far = (
        district("Көкшетау", akmola),
        district("Степногорск", akmola),
        district("Екібастұз", pavlodar),
    )
    places = {"district": {there.id}, "region": {pavlodar.id, far.id}, "neighbour": set()}
    marked = {}

    def foreign(kind: str, place: Place) -> SimpleNamespace:
        ids = Ids(before=last_ids())
        made = populate(place, CANARIES[kind])
        if place is not here:
            official(f"specialist {CANARIES[kind]}", Role.specialist, place)
        ids.after = last_ids()
        marked[kind] = ids
        return made

    neighbour = foreign("neighbour", here)
    own = populate(here, "Арман")
    moved = _moved(here, neighbour, own)
    for name, role, *reach in (
        ("department", Role.department, akmola),
        ("specialist", Role.specialist, here),
        ("operator", Role.operator, here),
        ("head", Role.head, db.session.get_one(Kindergarten, own.kindergarten)),
        ("auditor", Role.auditor, akmola),
        ("administrator", Role.administrator),
    ):
        setattr(own, f"{name}_account", official(name, role, *reach).id)
    day = DayOff(day=date(2030, 3, 2), working=True, name="Ауыстырылған жұмыс күні", decree="№ 5")
    db.session.add(day)
    db.session.flush()
    own.day = day.id
    district_there = foreign("district", there)
    region_far = foreign("region", far)
    for kind, ids in marked.items():
        mark(ids, CANARIES[kind], SHARED if kind == "neighbour" else None)
        for id_ in places[kind]:
            for text in ("name_kk", "name_ru"):
                setattr(db.session.get_one(Place, id_), text, f"{CANARIES[kind]} {id_}")
    db.session.add(DemoTime(id=1, at=at(NOW)))
    return SimpleNamespace(
        own=own, neighbour=neighbour, district=district_there, region=region_far, moved=moved, made=marked
    )


def _moved(here: Place, neighbour: SimpleNamespace, own: SimpleNamespace) -> int:
    """A child that chose the neighbour first, was taken back, and then chose the own kindergarten."""
    moved = voucher(here)
    choose(moved, db.session.get_one(Vacancy, neighbour.vacancy))
    vouchers.revoke(moved, by=DEPARTMENT, at=at("2026-04-10T17:00"), reason="қателік")
    vouchers.issue(moved, by=DEPARTMENT, at=at("2026-04-10T17:10"), reason="түзету")
    vouchers.confirm(moved, by=factories.family(moved), at=at("2026-04-10T17:20"))
    choose(moved, db.session.get_one(Vacancy, own.vacancy), "2026-04-10T17:30")
    return moved.id
