"""What Kezek comes with is added where it is missing (spec 3.1-3.3); what is there is officials' and stays as it is."""

from datetime import datetime

import holidays
from sqlalchemy import func, select, update

from app.access.actors import Actor
from app.actions.moving import record
from app.db.extensions import db
from app.models import Contract, ContractText, DayOff, Norm, Place, PlaceKind, QueueCategory, QueueOrder, QueueOrderKind
from app.rules import shipped


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
    _contract_text(country)


def ship_on_record(*, by: Actor, at: datetime) -> None:
    """The same; the history says of the country how many rows it was, and nothing where none was missing."""
    before = _rows()
    ship()
    if added := _rows() - before:
        country = db.session.scalars(select(Place).where(Place.kind == PlaceKind.country)).one()
        record(country, "ship", by=by, at=at, details={"added": added})


def _rows() -> int:
    db.session.flush()
    counts = [
        select(func.count()).select_from(one).scalar_subquery() for one in (Norm, QueueOrder, ContractText, DayOff)
    ]
    return sum(db.session.execute(select(*counts)).one())


def _norms(country: Place) -> None:
    there = set(db.session.scalars(select(Norm.name).where(Norm.place_id == country.id)))
    for name, value, unit, on_lapse, basis in shipped.NORMS:
        if name not in there:
            db.session.add(
                Norm(
                    name=name,
                    place_id=country.id,
                    valid_from=shipped.SINCE,
                    value=value,
                    unit=unit,
                    on_lapse=on_lapse,
                    legal_basis=basis,
                    approved_at=shipped.APPROVED_AT,
                )
            )


def _order(country: Place) -> None:
    if db.session.scalars(select(QueueOrder).where(QueueOrder.place_id == country.id)).first():
        return
    common = {"place_id": country.id, "valid_from": shipped.SINCE, "approved_at": shipped.APPROVED_AT}
    db.session.add(QueueOrder(kind=QueueOrderKind.ratio, legal_basis=shipped.LEGACY, **common))
    order = QueueOrder(kind=QueueOrderKind.categories, legal_basis=shipped.S1, **common)
    order.categories = [
        QueueCategory(rank=rank, privilege=privilege, months_from=first, months_to=last, name_kk=kk, name_ru=ru)
        for rank, (privilege, first, last, kk, ru) in enumerate(shipped.CATEGORIES, start=1)
    ]
    db.session.add(order)


def _contract_text(country: Place) -> None:
    """S1: contracts that are there already were printed with this text, when it was a part of Kezek itself."""
    if db.session.scalars(select(ContractText.id).where(ContractText.place_id == country.id)).first():
        return
    text = ContractText(
        place_id=country.id,
        valid_from=shipped.SINCE,
        legal_basis=shipped.CONTRACT_BASIS,
        approved_at=shipped.APPROVED_AT,
        **shipped.CONTRACT_COLUMNS,
    )
    db.session.add(text)
    db.session.flush()
    db.session.execute(update(Contract).where(Contract.text_id.is_(None)).values(text_id=text.id))


def _days_off() -> None:
    """Spec 3.1: the table comes filled from the `holidays` package; rows that it estimates are marked."""
    if db.session.scalars(select(DayOff.id).limit(1)).first():
        return
    calendar = holidays.country_holidays("KZ", years=shipped.YEARS, language="kk")
    for day, name in sorted(calendar.items()):
        db.session.add(DayOff(day=day, name=name, estimated="бағаланған" in name, approved_at=shipped.APPROVED_AT))
    for day in sorted(calendar.weekend_workdays):
        if day.year in shipped.YEARS:
            db.session.add(DayOff(day=day, working=True, name="Жұмыс күні", approved_at=shipped.APPROVED_AT))
