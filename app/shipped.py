"""What Kezek comes with: the country, its norms, its queue order and its days off (spec 3.1-3.3).

`ship()` adds what is missing and never changes what is there: officials' rows are theirs.
"""

from datetime import date, datetime

import holidays
from sqlalchemy import select

from app.extensions import db
from app.models import (
    DayOff,
    Norm,
    OnLapse,
    Place,
    PlaceKind,
    PrivilegeKind,
    QueueCategory,
    QueueOrder,
    QueueOrderKind,
    Unit,
)
from app.rules.calendar import LOCAL

YEARS = range(2016, 2032)  # later years would be guesses
SINCE = date(2016, 1, 1)
S1 = "akmola.kz, «Мектепке дейінгі ұйымға ваучер алу және уақытша брондау кезінде орын таңдау бойынша нұсқаулық»"
S2 = "«Жеке балабақшаға мемлекеттік білім беру тапсырысы бойынша жолдаманы алуға арналған нұсқаулық»"
S3 = "egov.kz, «Мектепке дейінгі балаларды (6 жасқа дейін) кезекке қою»"
S0 = "akmola.kz, «Мектепке дейінгі ұйымға жолдама алу»"
OURS = "Kezek"
LEGACY = "бұрынғы кезек тәртібі: бір жеңілдікті, үш жалпы"
CARD = "мемлекеттік қызмет көрсету картасы"
APPROVED_AT = datetime(2016, 1, 1, tzinfo=LOCAL)

NORMS: tuple[tuple[str, str, Unit, OnLapse | None, str], ...] = (
    ("procedure", "referral", Unit.CHOICE, None, S0),
    ("voucher.confirm", "2", Unit.WD, OnLapse.stop_list, S1),
    ("voucher.choose", "5", Unit.WD, OnLapse.archive, S1),
    ("voucher.stop_list", "28", Unit.CD, OnLapse.archive, S1),
    ("voucher.restorations", "1", Unit.COUNT, None, S1),
    ("voucher.restorations_per", "application", Unit.CHOICE, None, S1),
    ("referral.priority", "3", Unit.WD, OnLapse.open, S2),
    ("referral.attend", "5", Unit.WD, OnLapse.stop_list, S2),
    ("referral.stop_list", "10", Unit.WD, None, S2),
    ("referral.misses", "2", Unit.COUNT, OnLapse.remove, S2),
    ("referral.extension", "30", Unit.CD, None, S2),
    ("referral.extensions", "1", Unit.COUNT, None, S2),
    ("referral.revocation", "24", Unit.H, None, S2),
    ("referral.minimum_age", "24", Unit.MONTHS, None, S2),
    ("state_order.minimum_age", "36", Unit.MONTHS, None, S2),
    ("state_order.turn", "none", Unit.CHOICE, None, S2),
    ("mini_centre.turn", "needed", Unit.CHOICE, None, S0),
    ("queue.ratio", "1:3", Unit.RATIO, None, LEGACY),
    ("privilege.certificate", "1", Unit.MONTHS, None, CARD),
    ("queue.maximum_age", "72", Unit.MONTHS, OnLapse.archive, S3),
    ("rounds", "manual", Unit.CHOICE, None, OURS),
    ("notice.reminder", "1", Unit.WD, None, OURS),
)

# Spec 3.3: rank, privilege, ages in full months, and the name as the seed and the customer's forms have it.
CATEGORIES: tuple[tuple[PrivilegeKind | None, int, int | None, str, str], ...] = (
    (
        PrivilegeKind.out_of_turn,
        0,
        None,
        "кезектен тыс орын алуға құқығы бар балалар",
        "дети, имеющие право на внеочередное получение места",
    ),
    (
        PrivilegeKind.first_order,
        36,
        None,
        "бірінші кезекте орын алуға құқығы бар, 3 жасқа толған балалар",
        "дети, имеющие право на первоочередное получение места, достигшие 3 лет",
    ),
    (
        None,
        36,
        None,
        "кезекте тұрған, жасы бойынша 3 жасқа толған балалар, кезекке қойылған күні бойынша",
        "дети, стоящие в очереди, достигшие 3 лет, по дате постановки в очередь",
    ),
    (
        PrivilegeKind.first_order,
        24,
        35,
        "бірінші кезекте орын алуға құқығы бар, 2 жастағы балалар",
        "дети 2 лет, имеющие право на первоочередное получение места",
    ),
    (
        None,
        24,
        35,
        "кезекте тұрған, 2 жастағы балалар, кезекке қойылған күні бойынша",
        "дети 2 лет, стоящие в очереди, по дате постановки в очередь",
    ),
    (
        PrivilegeKind.first_order,
        18,
        23,
        "бірінші кезекте орын алуға құқығы бар, 1,5 жастағы балалар",
        "дети 1,5 лет, имеющие право на первоочередное получение места",
    ),
    (
        None,
        18,
        23,
        "кезекте тұрған, 1,5 жастағы балалар, кезекке қойылған күні бойынша",
        "дети 1,5 лет, стоящие в очереди, по дате постановки в очередь",
    ),
)


def ship() -> None:
    """Add what is missing, in the caller's transaction."""
    country = db.session.scalars(select(Place).where(Place.kind == PlaceKind.country)).first()
    if country is None:
        country = Place(kind=PlaceKind.country, name_kk="Қазақстан", name_ru="Казахстан")
        db.session.add(country)
        db.session.flush()
    _norms(country)
    _order(country)
    _days_off()


def _norms(country: Place) -> None:
    there = set(db.session.scalars(select(Norm.name).where(Norm.place_id == country.id)))
    for name, value, unit, on_lapse, basis in NORMS:
        if name not in there:
            db.session.add(
                Norm(
                    name=name,
                    place_id=country.id,
                    valid_from=SINCE,
                    value=value,
                    unit=unit,
                    on_lapse=on_lapse,
                    legal_basis=basis,
                    approved_at=APPROVED_AT,
                )
            )


def _order(country: Place) -> None:
    if db.session.scalars(select(QueueOrder).where(QueueOrder.place_id == country.id)).first():
        return
    shipped = {"place_id": country.id, "valid_from": SINCE, "approved_at": APPROVED_AT}
    db.session.add(QueueOrder(kind=QueueOrderKind.ratio, legal_basis=LEGACY, **shipped))
    order = QueueOrder(kind=QueueOrderKind.categories, legal_basis=S1, **shipped)
    order.categories = [
        QueueCategory(rank=rank, privilege=privilege, months_from=first, months_to=last, name_kk=kk, name_ru=ru)
        for rank, (privilege, first, last, kk, ru) in enumerate(CATEGORIES, start=1)
    ]
    db.session.add(order)


def _days_off() -> None:
    """Spec 3.1: the table comes filled from the `holidays` package; rows that it estimates are marked."""
    if db.session.scalars(select(DayOff.id).limit(1)).first():
        return
    calendar = holidays.country_holidays("KZ", years=YEARS, language="kk")
    for day, name in sorted(calendar.items()):
        db.session.add(DayOff(day=day, name=name, estimated="бағаланған" in name, approved_at=APPROVED_AT))
    for day in sorted(calendar.weekend_workdays):
        if day.year in YEARS:
            db.session.add(DayOff(day=day, working=True, name="Жұмыс күні", approved_at=APPROVED_AT))
