"""What everybody may ask of the queue without an account: districts, free places, how many wait, what was issued, and
the number of one application. Nothing here tells a name, an IIN, a phone or an address of a family (spec 7).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import contains_eager

from app.actions import places
from app.db.dialects import Ids, among
from app.db.extensions import db
from app.models import (
    Application,
    Enrolment,
    KgGroup,
    Kindergarten,
    Norm,
    Office,
    Place,
    PlaceKind,
    Referral,
    Vacancy,
    Voucher,
)
from app.rules import norms as norms_rules
from app.rules import public, terms
from app.rules.registration_numbers import fold

A_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Region:
    """A region with its districts and cities, in the order in which they were recorded."""

    place: Place
    districts: Sequence[Place]


@dataclass(frozen=True)
class Free:
    """A vacancy with free places, how many, and when its kindergarten last kept its groups or its places."""

    vacancy: Vacancy
    places: int
    kept_at: datetime | None


@dataclass(frozen=True)
class Figures:
    """A district in numbers: how many wait, by birth year; free places; vouchers and referrals issued, and children
    enrolled, within the last 30 days.
    """

    waiting: Mapping[int, int]
    free: int
    issued: int
    enrolled: int

    @property
    def wait(self) -> int:
        return sum(self.waiting.values())


@dataclass(frozen=True)
class Issued:
    """A line of the protocol: what was issued when to which application, by its number."""

    at: datetime
    application: str
    queued_at: datetime
    birth_year: int
    number: str


def regions() -> list[Region]:
    """All regions that have a district."""
    found = db.session.scalars(select(Place).order_by(Place.sort_kk, Place.id)).all()
    below = defaultdict(list)
    for place in found:
        if place.kind is PlaceKind.district:
            below[place.parent_id].append(place)
    return [Region(place, below[place.id]) for place in found if below[place.id]]


def district(place_id: int) -> Place | None:
    """A district or city by its id; None for any other place."""
    found = db.session.get(Place, place_id)
    return found if found is not None and found.kind is PlaceKind.district else None


def district_of(place: Place) -> Place:
    """The district or city that a place lies in. Raises Refusal(wrong_place) above districts."""
    return db.session.get_one(Place, places.district_of(place.id))


def _phones() -> Select[Any, Any, Any, Any]:
    """Of each of these places, the phones that might help, the best first; of several offices the last one's."""
    there = select(Place.id, Office.support_phone, Office.phone, Place.support_phone)
    joined = there.outerjoin(Office, Office.place_id == Place.id).order_by(Office.id)
    return joined.where(among(Place.id, bindparam("here", type_=Ids)))


PHONES = _phones()  # built once: every page asks


def support_phone(place: Place | None) -> str | None:
    """S1: the phone that helps in this district: its office's, else that of the nearest place above it that has one."""
    if place is None:
        return None
    line = places.path(place.id)
    known = {id_: next(filter(None, phones), None) for id_, *phones in db.session.execute(PHONES, {"here": line})}
    return next(filter(None, map(known.get, line)), None)


def in_force(place: Place, day: date) -> Mapping[str, Norm]:
    """The norms of a place on a day by their names; one that is missing is not in it."""
    found = db.session.scalars(norms_rules.all_in_force(places.path(place.id), day))
    return {norm.name: norm for norm in found}


def free_places(place: Place, *, page: int, size: int, **asked: Any) -> tuple[list[Free], int]:
    """S1: the free places of a district that hold for what is asked (rules/public.py), a page of them, from 1, and how
    many there are.
    """
    found = public.free_places(places.subtree(place.id), **asked)
    count = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    listed = found.options(contains_eager(Vacancy.group).contains_eager(KgGroup.kindergarten))
    listed = listed.order_by(Kindergarten.sort_name, KgGroup.birth_year_from.desc(), Vacancy.id)
    rows = db.session.execute(listed.offset((page - 1) * size).limit(size)).all()
    ids = {vacancy.group.kindergarten_id for vacancy, _free in rows}
    kept = kept_on(ids)
    return [Free(vacancy, free, kept.get(vacancy.group.kindergarten_id)) for vacancy, free in rows], count


def free_places_of(kindergarten: Kindergarten) -> list[Free]:
    """The free places of one kindergarten."""
    found = public.free_places([kindergarten.place_id], kindergarten=kindergarten.id)
    rows = db.session.execute(found.order_by(KgGroup.birth_year_from.desc(), Vacancy.id)).all()
    kept = kept_on({kindergarten.id})
    return [Free(vacancy, free, kept.get(kindergarten.id)) for vacancy, free in rows]


def kept_on(kindergartens: set[int]) -> dict[int, datetime]:
    """When somebody last changed the groups or the free places of each."""
    return {id_: at for id_, at in db.session.execute(public.last_kept(list(kindergartens))) if id_ is not None}


def figures(districts: Sequence[Place], day: date) -> Mapping[int, Figures]:
    """Districts in numbers on a day, which is today, each by its id."""
    of = {place_id: one.id for one in districts for place_id in places.subtree(one.id)}
    since = day - A_MONTH
    waiting: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for place_id, year, count in db.session.execute(terms.waiting().where(Application.place_id.in_(of))):
        waiting[of[place_id]][year] += count

    def counted(*found: Select[int, int]) -> Counter[int]:
        """(place, how many) as how many by district."""
        sums = Counter[int]()
        for one in found:
            for place_id, count in db.session.execute(one):
                sums[of[place_id]] += int(count)  # PostgreSQL sums in decimals
        return sums

    here = public.free_places(list(of)).add_columns(Kindergarten.place_id).subquery()
    free = counted(select(here.c.place_id, func.sum(here.c.free)).group_by(here.c.place_id))
    of_a_right = {
        right: select(Application.place_id, func.count())
        .join(right, right.application_id == Application.id)
        .where(Application.place_id.in_(of), right.issued_on > since)
        .group_by(Application.place_id)
        for right in (Voucher, Referral)
    }
    issued = counted(of_a_right[Voucher], of_a_right[Referral].where(Referral.voucher_id.is_(None)))
    enrolled = counted(
        select(Kindergarten.place_id, func.count(Enrolment.id))
        .join(KgGroup, KgGroup.kindergarten_id == Kindergarten.id)
        .join(Enrolment, Enrolment.group_id == KgGroup.id)
        .where(Kindergarten.place_id.in_(of), Enrolment.started_on > since, Enrolment.ends_on.is_(None))
        .group_by(Kindergarten.place_id)
    )
    return {one.id: Figures(waiting[one.id], free[one.id], issued[one.id], enrolled[one.id]) for one in districts}


def protocol(place: Place, *, page: int, size: int) -> tuple[list[Issued], int]:
    """What was issued in a district, the newest first: a page of it, from 1, and how many there are."""
    found = public.issued(places.subtree(place.id))
    count = db.session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    rows = db.session.execute(found.offset((page - 1) * size).limit(size)).all()
    numbers: dict[tuple[str, int], str] = {}
    for right in (Voucher, Referral):
        what = right.__tablename__
        ids = [row.id for row in rows if row.what == what]
        numbers |= {(what, one.id): str(one) for one in db.session.scalars(select(right).where(right.id.in_(ids)))}
    return [Issued(row.at, row.number, row.queued_at, row.birth_year, numbers[row.what, row.id]) for row in rows], count


def by_number(number: str, born_on: date) -> list[Application]:
    """S3 ("Кезекті тексеру"): the application of this number, if its child was born that day; else nothing, and nothing
    says which of the two is wrong.
    """
    found = select(Application).where(Application.number_key == fold(number), Application.born_on == born_on)
    return list(db.session.scalars(found))


def by_iin(number: str) -> list[Application]:
    """The same by the child's IIN, all its applications, the newest first."""
    found = select(Application).where(Application.child_iin == number).order_by(Application.id.desc())
    return list(db.session.scalars(found))
