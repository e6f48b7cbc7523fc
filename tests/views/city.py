"""A region with one of everything: own district, a neighbouring kindergarten, a foreign district, a foreign region.

Every text in what is not its own holds the canary of where it lies, so that one byte of it on a page is seen.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from types import SimpleNamespace

import sqlalchemy as sa

from app.access.actors import Actor
from app.actions import (
    absences,
    accounts,
    applications,
    bulk,
    clock,
    contracts,
    deliveries,
    enrolments,
    imports,
    moving,
    norms,
    offers,
    proposals,
    referrals,
    vouchers,
)
from app.actions import documents as actions_documents
from app.db.extensions import db
from app.models import (
    Application,
    Audience,
    Change,
    Channel,
    ContractText,
    DayOff,
    DemoTime,
    DocumentKind,
    ImportKind,
    ImportRun,
    Kindergarten,
    Lot,
    LotEntry,
    Norm,
    Outbox,
    Ownership,
    Place,
    PlaceKind,
    PrivilegeKind,
    PrivilegePaper,
    QueueCategory,
    QueueOrder,
    QueueOrderKind,
    Unit,
    User,
    Vacancy,
)
from app.papers import documents, storage
from app.rules.roles import Role
from tests import factories, registers
from tests.factories import DEPARTMENT, at
from tests.views.tables import KEPT

PASSWORD = "қауіпсіз-құпиясөз-12"
NOW = "2026-04-13T10:00"
UNMARKED = {
    "file_key",
    "file_kind",
    "sha256",
    "head",
    "child_iin",  # follows the child's own
    "subject",
    "status_from",
    "status_to",
    "sentence",
    "by_hand",
    "stood",
}  # by these things are found and named
CANARIES = {"neighbour": "ңғұк", "district": "ңғұа", "region": "ңғұо"}  # no random token holds such letters

RULES = (Norm, QueueOrder, QueueCategory, ContractText)
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


def district(name: str, of: Place, procedure: str = "voucher") -> Place:
    """A district; one that gives vouchers referred children until April 2026."""
    place = Place(kind=PlaceKind.district, parent_id=of.id, name_kk=name, name_ru=name, support_phone="8 800")
    db.session.add(place)
    db.session.flush()
    factories.norm("procedure", "referral", Unit.CHOICE, place)
    if procedure == "voucher":
        factories.norm("procedure", "voucher", Unit.CHOICE, place, since=date(2026, 4, 1))
    return place


def voucher(place: Place, **more: object):
    """An application of the district whose family has confirmed its voucher."""
    row = factories.application(place, **more)
    vouchers.issue_out_of_turn(row, by=DEPARTMENT, at=at("2026-04-09T10:00"), reason="кезектен тыс")
    vouchers.confirm(row, by=factories.family(row), at=at("2026-04-09T18:00"))
    return row


def choose(application, vacancy, moment: str = "2026-04-10T12:00"):
    return referrals.choose(application, vacancy, by=factories.family(application), at=at(moment))


def populate(place: Place, name: str) -> SimpleNamespace:
    """A kindergarten with one child in each situation, and its officials."""
    kindergarten = factories.kindergarten(
        place, f"№1 «{name}»", phone="+77162251234", email="a@b.kz", address="Абай к-сі 1"
    )
    group = factories.group(kindergarten, capacity=9)
    spare = factories.group(kindergarten, capacity=1)
    vacancy, draft = factories.vacancy(group, places=6), factories.vacancy(group, publish=False)
    temporary = factories.vacancy(group, ends_on=date(2026, 6, 30))
    shared = "ортақ" if name == CANARIES["neighbour"] else name  # the rules of a place hold for all who work in it
    since = date(2027, 1, 1) + timedelta(kindergarten.id)
    norm = factories.norm("notice.reminder", "3", Unit.WD, place, since=since, note=shared)
    norm.approved_at = None
    came, absence, back, asked = _referred_in_march(place, kindergarten)
    text = factories.contract_text(place, since, None)
    order = factories.order(place, since, approved=False, legal_basis=shared)
    late = factories.application(place)
    vouchers.issue_out_of_turn(late, by=DEPARTMENT, at=at("2026-04-01T10:00"), reason="ерте")
    clock.run(at=at("2026-04-08T10:00"), place_id=place.id)
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T11:00"))  # nobody waits yet
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
        referred, by=DEPARTMENT, at=at("2026-04-10T16:00"), phone="+77011112233", email="a@b.kz", address="Абай"
    )
    privilege_id, issued_on = referred.privileges[0].id, date(2026, 3, 1)
    file = {"file_kind": "pdf", "file_key": f"privileges/{privilege_id}.pdf", "sha256": sha256(b"%PDF").hexdigest()}
    proof = PrivilegePaper(privilege_id=privilege_id, title="анықтама", number="1", issued_on=issued_on, **file)
    db.session.add(proof)
    storage.keep(proof.file_key, b"%PDF")
    begins, basis = date(2027, 1, 1) + timedelta(kindergarten.id), "бұйрық"
    db.session.add(QueueOrder(place_id=place.id, kind=QueueOrderKind.ratio, valid_from=begins, legal_basis=basis))
    protocol = actions_documents.make_protocol(held, by=DEPARTMENT, at=at("2026-04-08T11:10"))
    db.session.flush()
    documents.store(protocol, b"%PDF protocol")
    paper = next(one for one in referred.documents if one.kind is DocumentKind.referral)
    documents.store(paper, b"%PDF " + name.encode())
    db.session.flush()
    for one in (referred, waiting):
        moving.notify(one, "correct", at=at("2026-04-10T16:10"), audience=Audience.department)
    deliveries.plan(set(Channel), at=at("2026-04-10T16:20"))
    told = next(one for one in referred.notices if one.audience is Audience.kindergarten)
    chosen = sa.select(Change.id).where(Change.application_id == referred.id, Change.verb == "choose")
    account = official(f"head of {name}", Role.head, kindergarten)
    db.session.flush()
    asker = Actor(Role.specialist, user_id=account.id, place_ids=frozenset({place.id}))
    many = [(waiting.id, waiting.id), (late.id, late.id)]
    run = bulk.ask(Application, "archive", many, by=asker, at=at("2026-04-10T16:30"), reason="тазарту")
    file = _brought(place, name, asker)
    entry = _by_lot(vacancy, place, came)
    of = {"application": referred, "child": referred.child, "kindergarten": kindergarten, "group": group}
    return SimpleNamespace(
        **vars(registers.all_made({**of, "place": place}, kindergarten.id)),
        child=referred.child_id,
        place=place.id,
        kindergarten=kindergarten.id,
        group=group.id,
        spare=spare.id,
        vacancy=vacancy.id,
        draft=draft.id,
        temporary=temporary.id,
        norm=norm.id,
        order=order.id,
        text=text.id,
        late=late.id,
        waiting=waiting.id,
        application=referred.id,
        enrolled=enrolled.id,
        stay=stay.id,
        came=came.id,
        absence=absence.id,
        back=back.id,
        proposal=asked.id,
        offer=came.offers[0].id,
        lot=entry.lot_id,
        lot_entry=entry.id,
        voucher=referred.vouchers[0].id,
        referral=referral.id,
        document=paper.id,
        proof=proof.id,
        notice=told.id,
        delivery=told.deliveries[0].id,
        job=db.session.scalars(sa.select(Outbox.id).where(Outbox.document_id == paper.id)).one(),
        round=held.id,
        protocol=protocol.id,
        change=db.session.scalars(chosen).first(),
        account=account.id,
        run=run.id,
        file=file.id,
    )


def _brought(place: Place, name: str, by: Actor) -> ImportRun:
    """A file with a row that is right and one that is not, as its trial left it."""
    csv = f"Тіл;Атауы;Туған жылы;Сыйымдылығы\nқазақша;№7 «{name}»;2022;25\n;№8 «{name}»;2022;25\n".encode()
    facts = {"file_name": f"{name}.csv", "district_id": place.id, "by": by, "at": at("2026-04-10T16:40")}
    run = imports.ask(ImportKind.kindergartens, csv, **facts)
    wrong = {"row": 3, "column": 1, "cell": "A3", "sentence": "empty_cell", "facts": {}, "value": None}
    counts = {"added": 1, "changed": 0, "same": 0}
    imports.tell(run, counts, [wrong], [], rows=2, sheet=None, by=by, at=at("2026-04-10T16:41"))
    return run


def _by_lot(vacancy: Vacancy, place: Place, application: Application) -> LotEntry:
    """Somebody takes part in a lot whose window is over, while the clock has not run since."""
    norm = norms.in_force("free_choice.window", place.id, date(2026, 3, 1))
    facts = {"opened_at": at("2026-03-01T10:00"), "until": at("2026-03-01T12:00"), "norm_id": norm.id}
    lot = Lot(vacancy=vacancy, place=place, **facts)
    entry = LotEntry(lot=lot, application=application, entered_at=at("2026-03-01T11:00"))
    db.session.add(entry)
    db.session.flush()
    return entry


def _referred_in_march(place: Place, kindergarten: Kindergarten):
    """While the district still referred: offered, chosen, enrolled, away, gone; another one is asked back."""
    head = factories.head(kindergarten)
    group = factories.group(kindergarten, years=(2021, 2021), capacity=2)
    vacancy = factories.vacancy(group)
    came = factories.application(place, date(2021, 9, 17), queued_at=at("2026-03-02T10:00"))
    offers.offer(vacancy, by=DEPARTMENT, at=at("2026-03-03T10:00"))
    choose(came, vacancy, "2026-03-04T10:00")
    enrolments.enrol(came, by=head, at=at("2026-03-05T10:00"))
    days = {"from_on": date(2026, 3, 10), "until": date(2026, 3, 19)}
    absence = absences.absent(came, by=head, at=at("2026-03-06T10:00"), reason="шипажай", **days)
    enrolments.leave(came, by=head, at=at("2026-03-20T10:00"))
    back = factories.application(place, date(2021, 9, 18), queued_at=at("2026-03-20T11:00"))
    applications.archive(back, by=DEPARTMENT, at=at("2026-03-21T10:00"), reason="көшті")
    asked = proposals.ask(back, "reinstate", by=DEPARTMENT, at=at("2026-03-30T10:00"), reason="қайтып келді")
    return came, absence, back, asked


def refer(place: Place, name: str) -> SimpleNamespace:
    """A kindergarten, and a private one, of a district that refers, with one child in each situation at NOW."""
    state = factories.kindergarten(place, f"№2 «{name}»", phone="+77162261234")
    private = factories.kindergarten(place, f"№3 «{name}»", ownership=Ownership.private, state_order=True)
    vacancy = factories.vacancy(factories.group(state, capacity=3), places=3)
    open_to_all = factories.vacancy(factories.group(private, capacity=2), places=2)
    missed, passed = factories.application(place), factories.application(place)
    offers.offer(vacancy, by=DEPARTMENT, at=at("2026-04-01T10:00"))  # two wait, two are told
    choose(missed, vacancy, "2026-04-02T10:00")
    chose, waiting, went = (factories.application(place) for _ in range(3))
    clock.run(at=at("2026-04-07T00:10"), place_id=place.id)
    referral = choose(chose, vacancy, "2026-04-09T10:00")
    choose(went, open_to_all, "2026-04-09T11:00")
    offers.offer(vacancy, by=DEPARTMENT, at=at("2026-04-09T12:00"))
    clock.run(at=at("2026-04-10T00:10"), place_id=place.id)
    return SimpleNamespace(
        refers=place.id,
        turn=vacancy.id,
        private=open_to_all.id,
        notified=passed.id,
        chose=chose.id,
        waits=waiting.id,
        went=went.id,
        stopped=missed.id,
        direct=referral.id,
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


def build(marked: bool = True) -> SimpleNamespace:
    """All four places; the names of places are marked too. Without marks every text is as a person could type it."""
    akmola, pavlodar = region("Ақмола облысы"), region("Павлодар облысы")
    here, there, far = (
        district("Көкшетау", akmola),
        district("Степногорск", akmola),
        district("Екібастұз", pavlodar),
    )
    refers = {
        place: district(f"{place.name_kk} ауданы", place.parent, procedure="referral") for place in (here, there, far)
    }
    places = {
        "district": {there.id, refers[there].id},
        "region": {pavlodar.id, far.id, refers[far].id},
        "neighbour": set(),
    }
    made = {}

    def foreign(kind: str, place: Place) -> SimpleNamespace:
        deliveries.plan(set(Channel), at=at("2026-04-10T18:00"))  # what others were told is not of this place
        ids = Ids(before=last_ids())
        there = populate(place, CANARIES[kind])
        if place is not here:
            vars(there).update(vars(refer(refers[place], CANARIES[kind])))
        if place is not here:
            official(f"specialist {CANARIES[kind]}", Role.specialist, place)
        ids.after = last_ids()
        made[kind] = ids
        return there

    neighbour = foreign("neighbour", here)
    own = populate(here, "Арман")
    vars(own).update(vars(refer(refers[here], "Ертөстік")))
    moved = _moved(here, neighbour, own)
    for name, role, *reach in (
        ("department", Role.department, akmola),
        ("specialist", Role.specialist, here, refers[here]),
        ("operator", Role.operator, here, refers[here]),
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
    for kind, ids in made.items() if marked else ():
        mark(ids, CANARIES[kind], SHARED if kind == "neighbour" else None)
        for id_ in places[kind]:
            for text in ("name_kk", "name_ru"):
                setattr(db.session.get_one(Place, id_), text, f"{CANARIES[kind]} {id_}")
    db.session.add(DemoTime(id=1, at=at(NOW)))
    return SimpleNamespace(
        own=own, neighbour=neighbour, district=district_there, region=region_far, moved=moved, made=made
    )


def _moved(here: Place, neighbour: SimpleNamespace, own: SimpleNamespace) -> int:
    """A child that chose the neighbour first, was taken back, and then chose the own kindergarten."""
    moved = voucher(here)
    choose(moved, db.session.get_one(Vacancy, neighbour.vacancy))
    vouchers.revoke(moved, by=DEPARTMENT, at=at("2026-04-10T17:00"), reason="қателік")
    vouchers.issue_out_of_turn(moved, by=DEPARTMENT, at=at("2026-04-10T17:10"), reason="түзету")
    vouchers.confirm(moved, by=factories.family(moved), at=at("2026-04-10T17:20"))
    choose(moved, db.session.get_one(Vacancy, own.vacancy), "2026-04-10T17:30")
    return moved.id
