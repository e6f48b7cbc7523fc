"""What a portal may ask: districts, norms, free places; an application of its places, and why its number is so."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.access import login_limits
from app.actions import choosing, explanations, families, lots, places, public, wishes
from app.actions.preconditions import latest_referral, latest_voucher
from app.api import schemas
from app.api.door import after, cursor, here, own_application, own_district, own_places, portal, tagged
from app.api.problems import Unanswerable, invalid
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Application,
    Guardianship,
    Kindergarten,
    Place,
    PlaceKind,
    QueueCategory,
    Side,
    Vacancy,
    WaitingEntry,
)
from app.now import now
from app.rules import iin as iins
from app.rules import public as rules
from app.rules.calendar import local_day


def told(status: int, schema: Any, *wrong: int) -> Callable[[Any], Any]:
    """An address answers with this, or with one of these problems: those of the door, and its own."""

    def described(view: Any) -> Any:
        view = portal.response(status, schema, headers=TAGS)(view)
        for one in sorted({400, 401, 404, 422, 429, 503, *wrong}):
            view = portal.alt_response(one, schema=schemas.ProblemTold, content_type="application/problem+json")(view)
        return view

    return described


PAGE = 100  # items at most, wherever there may be many
TAGS = {"ETag": {"schema": {"type": "string"}, "description": "by what this answer is known again"}}


@portal.get("/districts")
@told(200, schemas.DistrictsTold)
def districts() -> Any:
    """The districts and cities of the portal."""
    found = select(Place).where(Place.id.in_(own_places()), Place.kind == PlaceKind.district)
    return tagged({"items": [_district(one) for one in db.session.scalars(found.order_by(Place.id))]})


@portal.get("/norms")
@portal.arguments(schemas.OfDistrictAsked, location="query")
@told(200, schemas.NormsTold)
def norms(asked: dict[str, Any]) -> Any:
    """The norms that are in force in a district today."""
    place = own_district(asked["district"])
    with unscoped():
        found = public.in_force(place, local_day(now()))
    return tagged({"items": [_norm(found[name]) for name in sorted(found)]})


@portal.get("/vacancies")
@portal.arguments(schemas.VacanciesAsked, location="query")
@told(200, schemas.VacanciesTold)
def vacancies(asked: dict[str, Any]) -> Any:
    """S1: the free places of a district."""
    place, only = own_district(asked["district"]), ("language", "ownership", "intake", "year")
    last = _last(asked)
    if last is None:
        return invalid("/cursor")
    with unscoped():
        found = rules.free_places(places.subtree(place.id), **{name: asked[name] for name in only if name in asked})
        found = found.options(contains_eager(Vacancy.group)).where(Vacancy.id > last).order_by(Vacancy.id)
        rows = db.session.execute(found.limit(asked["limit"] + 1)).all()
        return tagged(_page([vacancy_told(one, free) for one, free in rows], asked["limit"]))


@portal.post("/queue-check")
@portal.arguments(schemas.CheckAsked)
@told(200, schemas.CheckTold)
def check(asked: dict[str, Any]) -> Any:
    """S3, «Кезекті тексеру»: as on everybody's page; which of two facts was wrong is told to nobody."""
    if seconds := login_limits.wait_to_check_through(here().id):
        raise Unanswerable(429, "too_often", {"Retry-After": str(seconds)})
    number, born_on, iin = (asked.get(name) for name in ("number", "born_on", "iin"))
    if bool(iin) == bool(number and born_on) or (iin and not iins.valid(iin)):
        return invalid("/iin" if iin else "/number")
    with unscoped():
        known = public.by_iin(iin) if iin else public.by_number(number or "", born_on)
        own = set(own_places())
        found = [explained(one) for one in known if one.place_id in own]
    if not found:
        raise Unanswerable(404, "not_found")
    hidden = dict.fromkeys(("category", "side", "privileged")) if iin else {}  # rights and health
    hidden |= {"ahead": []} if iin else {}
    return tagged({"items": [one | hidden for one in found]})


@portal.get("/applications/<number>")
@portal.arguments(schemas.DistrictAsked, location="query")
@told(200, schemas.ApplicationTold, 409)
def application(asked: dict[str, Any], number: str) -> Any:
    """An application by its number, in any spelling; its ETag says which state this is."""
    own = own_application(number, asked.get("district"))
    with unscoped():
        return tagged(state_of(own, now()))


@portal.get("/applications/<number>/explanation")
@portal.arguments(schemas.DistrictAsked, location="query")
@told(200, schemas.ExplanationTold, 409)
def explanation(asked: dict[str, Any], number: str) -> Any:
    """Why its number is what it is, and how many stand ahead."""
    own = own_application(number, asked.get("district"))
    with unscoped():
        return tagged(explained(own))


class OfApplication(schemas.DistrictAsked, schemas.PageAsked):
    pass


@portal.get("/applications/<number>/places")
@portal.arguments(OfApplication, location="query")
@told(200, schemas.VacanciesTold, 403, 409)
def places_of(asked: dict[str, Any], number: str) -> Any:
    """Which places this application may take today: `vacancy` of its choice is one of these."""
    own, last = own_application(number, asked.get("district")), _last(asked)
    if last is None:
        return invalid("/cursor")
    with unscoped():
        families.tried(own, "choose", by=families.actor(own), at=now())
        found = sorted(choosing.choices(own, local_day(now())), key=lambda one: one[0].id)
        rows = [(one, free) for one, free in found if one.id > last][: asked["limit"] + 1]
        return tagged(_page([vacancy_told(one, free) for one, free in rows], asked["limit"]))


@portal.get("/applications/<number>/lots")
@portal.arguments(schemas.DistrictAsked, location="query")
@told(200, schemas.LotsTold, 409)
def lots_of(asked: dict[str, Any], number: str) -> Any:
    """Which places of free choice are given by lot, until when families ask for them and how many have asked: those
    that this application may ask for, and those that it has asked for. `vacancy` of enter_lot and leave_lot.
    """
    own = own_application(number, asked.get("district"))
    with unscoped():
        mine = lots.of(own)
        asks = lots.asked([one.lot for one in mine]) if mine else {}
        found = [(one, False) for one in lots.choices(own, now())]
        found += [(lots.AskedFor(one.lot, lots.left(one.lot), asks.get(one.lot_id, 0)), True) for one in mine]
        return tagged({"items": [_lot(one, entered) for one, entered in found]})


@portal.get("/applications/<number>/kindergartens")
@portal.arguments(OfApplication, location="query")
@told(200, schemas.WaitingListTold, 409)
def kindergartens_of(asked: dict[str, Any], number: str) -> Any:
    """Spec 3.11, «күту парағы»: the kindergartens that this application may wait for, and by `entry` those for which it
    waits. `kindergarten` of wish, `entry` of unwish.
    """
    own, last = own_application(number, asked.get("district")), _last(asked)
    if last is None:
        return invalid("/cursor")
    with unscoped():
        waits = {one.kindergarten_id: one for one in wishes.of(own)}
        found = [*db.session.scalars(wishes.choices(own)), *(one.kindergarten for one in waits.values())]
        items = [_waited(one, waits.get(one.id)) for one in sorted(found, key=lambda one: one.id) if one.id > last]
        return tagged(_page(items, asked["limit"]))


@portal.get("/applications/<number>/joinings/<int:id_>")
@portal.arguments(schemas.DistrictAsked, location="query")
@told(200, schemas.JoiningTold, 409)
def joining(asked: dict[str, Any], number: str, id_: int) -> Any:
    """S2: what became of a joining that was asked for: asked, approved or rejected; why, its person is told."""
    own = own_application(number, asked.get("district"))
    with unscoped():
        row = db.session.get(Guardianship, id_) if id_ < 2**31 else None
        if row is None or row.application_id != own.id:
            raise Unanswerable(404, "not_found")
        return tagged(joining_told(row))


def joining_told(row: Guardianship) -> dict[str, Any]:
    """A joining, without a word of whose it is."""
    own = row.application
    return {"id": row.id, "number": own.number, "district": own.place_id, "status": row.status}


def state_of(own: Application, at: datetime) -> dict[str, Any]:
    """What is told of an application: numbers and statuses, nobody's name, and not which kindergarten (ADR 26)."""
    to_do, voucher, referral = families.to_do(own, at=at), latest_voucher(own), latest_referral(own)
    could = families.acts(own, None, at=at)
    return {
        "number": own.number,
        "district": own.place_id,
        "queue_kind": own.queue_kind,
        "queued_at": own.queued_at.isoformat(),
        "status": own.status,
        "standing": own.standing,
        "to_do": {"what": to_do.term, "last_day": to_do.last_day.isoformat()} if to_do else None,
        "voucher": {"number": str(voucher), "status": voucher.status} if voucher else None,
        "referral": {"number": str(referral), "status": referral.status} if referral else None,
        "acts": [verb for verb in schemas.VERBS if verb in could and could[verb] is None],
        "source_number": own.source_number if own.source == here().name else None,
    }


def explained(own: Application) -> dict[str, Any]:
    """Spec 1.1, as a machine reads it. Raises Refusal(no_norm)."""
    day = local_day(now())
    found = explanations.of(own, day, day)
    number, category = found.number, found.number.category if found.number else None
    return {
        "application": own.number,
        "day": day.isoformat(),
        "number": number.value if number else None,
        "privileged": (number.privileged or None) if number else None,
        "status": found.status,
        "standing": found.standing,
        "queued_at": found.queued_at.isoformat(),
        "order": found.order.kind,
        "category": _category(category) if category else None,
        "side": number.side if number else None,
        "ahead": [_ahead(of, count) for of, count in found.ahead],
        "ahead_in_all": sum(count for _of, count in found.ahead),
        "norms": [one.name for one in found.norms],
    }


def _ahead(of: QueueCategory | Side | None, count: int) -> dict[str, Any]:
    category = isinstance(of, QueueCategory)
    return {"rank": of.rank if category else None, "side": of if isinstance(of, Side) else None, "count": count}


def _category(one: QueueCategory) -> dict[str, Any]:
    return {"rank": one.rank, "name_kk": one.name_kk, "name_ru": one.name_ru}


def _last(asked: dict[str, Any]) -> int | None:
    try:
        return after(asked["cursor"]) if "cursor" in asked else 0
    except ValueError:
        return None


def _page(rows: Sequence[dict[str, Any]], limit: int) -> dict[str, Any]:
    """The first of these, and how one goes on: by the id of the last one."""
    items = rows[:limit]
    return {"items": items, "next": cursor(items[-1]["id"]) if len(rows) > limit else None}


def _waited(one: Kindergarten, entry: WaitingEntry | None) -> dict[str, Any]:
    return {**_kindergarten(one), "entry": entry.id if entry else None, "language": entry.language if entry else None}


def _kindergarten(one: Kindergarten) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "name", "kind", "ownership", "address", "phone")}


def _lot(one: lots.AskedFor, entered: bool) -> dict[str, Any]:
    facts = {"vacancy": vacancy_told(one.lot.vacancy, one.places), "until": one.lot.until.isoformat()}
    return {**facts, "asked": one.asked, "entered": entered}


def _district(one: Place) -> dict[str, Any]:
    region = one.parent
    with unscoped():
        phone = public.support_phone(one)
    return {**_place(one), "region": _place(region) if region else None, "support_phone": phone}


def _place(one: Place) -> dict[str, Any]:
    return {"id": one.id, "name_kk": one.name_kk, "name_ru": one.name_ru}


def _norm(one: Any) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("name", "value", "unit", "on_lapse", "legal_basis")}
    return {**facts, "valid_from": one.valid_from.isoformat()}


def vacancy_told(one: Vacancy, free: int) -> dict[str, Any]:
    """A vacancy with its kindergarten, as everybody may know it."""
    group = one.group
    days = {name: day.isoformat() if (day := getattr(one, name)) else None for name in ("begins_on", "ends_on")}
    return {
        "id": one.id,
        "kindergarten": _kindergarten(group.kindergarten),
        "group": group.name,
        "language": group.language,
        "birth_year_from": group.birth_year_from,
        "birth_year_to": group.birth_year_to,
        "intake": one.intake,
        **days,
        "free": free,
    }
