"""A town for a test: each function adds one thing and returns it; names and IINs are invented."""

from datetime import date, datetime, time
from itertools import count

from app.access.actors import Actor
from app.actions import applications, privileges, records, vacancies
from app.actions.people import Person
from app.actions.places import country
from app.db.extensions import db
from app.models import (
    Application,
    ContractText,
    DayOff,
    Intake,
    KgGroup,
    Kindergarten,
    Language,
    Norm,
    Place,
    PlaceKind,
    PrivilegeKind,
    QueueCategory,
    QueueOrder,
    QueueOrderKind,
    Sex,
    Unit,
    Vacancy,
)
from app.rules import iin, shipped
from app.rules.calendar import LOCAL
from app.rules.orders import CategoryFacts
from app.rules.roles import Role

serials = count(1)
START = datetime(2026, 4, 1, 9, tzinfo=LOCAL)
DEPARTMENT = Actor(Role.department)


def at(text: str) -> datetime:
    """A local moment, as scenarios write them: 2026-04-08T10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def district(name: str = "Көкшетау қаласы", procedure: str = "voucher") -> Place:
    region = db.session.scalars(db.select(Place).where(Place.kind == PlaceKind.region)).first()
    if region is None:
        region = Place(
            kind=PlaceKind.region,
            parent_id=country().id,
            name_kk="Ақмола облысы",
            name_ru="Акмолинская область",
        )
        db.session.add(region)
        db.session.flush()
    place = Place(kind=PlaceKind.district, parent_id=region.id, name_kk=name, name_ru=name)
    db.session.add(place)
    db.session.flush()
    norm("procedure", procedure, Unit.CHOICE, place)
    return place


def norm(name: str, value: str, unit: Unit, place: Place, since: date = date(2020, 1, 1), **more: object) -> Norm:
    """A norm that was approved by the day from which it holds."""
    row = Norm(
        name=name,
        place_id=place.id,
        valid_from=since,
        value=value,
        unit=unit,
        approved_at=datetime.combine(since, time.min, LOCAL),
        **{"legal_basis": "test", **more},
    )
    db.session.add(row)
    db.session.flush()
    return row


def order(place: Place, since: date, *categories: CategoryFacts, approved: bool = True, **more: object) -> QueueOrder:
    """A queue order by categories; one for all children unless others are named."""
    row = QueueOrder(
        place_id=place.id, kind=QueueOrderKind.categories, valid_from=since, **{"legal_basis": "test", **more}
    )
    steps = categories or (CategoryFacts(None, 0, None, "барлығы", "все"),)
    row.categories = [QueueCategory(rank=rank, **step._asdict()) for rank, step in enumerate(steps, start=1)]
    row.approved_at = START if approved else None
    db.session.add(row)
    db.session.flush()
    return row


def contract_text(place: Place, since: date, approved_at: datetime | None = START, **sections: str) -> ContractText:
    """A text of contracts, the shipped one but for some sections: subject_kk and so on."""
    texts = shipped.CONTRACT_COLUMNS | sections
    row = ContractText(place=place, valid_from=since, legal_basis="test", approved_at=approved_at, **texts)
    db.session.add(row)
    db.session.flush()
    return row


def kindergarten(place: Place, name: str = "ГККП «Ясли-сад «Арман»", **more: object) -> Kindergarten:
    row = Kindergarten(place_id=place.id, name=name, **more)
    records.create(row, by=DEPARTMENT, at=START)
    return row


def group(
    of: Kindergarten,
    years: tuple[int, int] = (2022, 2022),
    capacity: int = 2,
    occupied: int = 0,
    name: str = "",
) -> KgGroup:
    row = KgGroup(
        kindergarten=of,
        name=name or f"Топ {next(serials)}",
        language=Language.ru,
        birth_year_from=years[0],
        birth_year_to=years[1],
        capacity=capacity,
    )
    records.create(row, by=DEPARTMENT, at=START)
    records.occupy(row, occupied, by=DEPARTMENT, at=START)
    return row


def vacancy(
    of: KgGroup, places: int = 1, ends_on: date | None = None, publish: bool = True, begins_on: date | None = None
) -> Vacancy:
    """Places of a group; temporary ones stand for as many more children of it, known by number alone."""
    intake = Intake.temporary if ends_on else Intake.general
    if ends_on is not None:
        records.change(of, {"capacity": of.capacity + places}, by=DEPARTMENT, at=START)
        records.occupy(of, places, by=DEPARTMENT, at=START)
    row = Vacancy(group=of, places=places, intake=intake, begins_on=begins_on, ends_on=ends_on)
    records.create(row, by=DEPARTMENT, at=START)
    if publish:
        vacancies.publish(row, by=DEPARTMENT, at=START)
    return row


def _family(born_on: date) -> tuple[int, str, str]:
    """The next serial, with the number of a boy and of a mother: whom a test names itself is a girl, of other parents.

    Some numbers do not exist, and the next one stands for them: such a serial is left out, so that no two are alike.
    """
    for serial in serials:
        four = serial % 10_000
        boy, mother = iin.make(born_on, Sex.male, four), iin.make(date(1991, 6, 2), Sex.female, four)
        if boy[7:11] == mother[7:11] == f"{four:04}":
            return serial, boy, mother
    raise AssertionError("serials never end")


def spelt(serial: int) -> str:
    """A number as letters of a name, in the same order: no name has digits, and no word of a page has no vowel."""
    return "".join("бвгджзклмн"[int(digit)] for digit in str(serial))


def application(
    place: Place,
    born_on: date = date(2022, 9, 17),
    queued_at: datetime | None = None,
    privilege: PrivilegeKind | None = None,
    number: str | None = None,
) -> Application:
    serial, boy, mother = _family(born_on)
    row = applications.register(
        place_id=place.id,
        child=Person(boy, last_name="Ойдан", first_name=f"Бала {spelt(serial)}"),
        applicant=Person(mother, last_name="Ойдан", first_name="Ана"),
        by=DEPARTMENT,
        at=queued_at or START,
        number=number,
        privilege=privilege,
    )
    if privilege:
        privileges.confirm(row, by=DEPARTMENT, at=queued_at or START)
    return row


def role(name: Role, **reach: object) -> Actor:
    return Actor(name, **reach)


def family(of: Application) -> Actor:
    return Actor(Role.family, application_id=of.id, on_paper=True)


def head(of: Kindergarten) -> Actor:
    return Actor(Role.head, kindergarten_id=of.id, on_paper=True)


def day_off(day: date) -> DayOff:
    """A day off that two people entered."""
    row = DayOff(day=day, name="Мереке", decree="№ 1", approved_at=START)
    db.session.add(row)
    db.session.flush()
    return row
