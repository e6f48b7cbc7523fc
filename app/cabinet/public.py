"""S0-S3: what a family finds without an account: its district, free places, its number, how it all goes."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app import words
from app.access import login_limits
from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.actions import explanations, public
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Intake, Kindergarten, Language, Ownership, Place
from app.now import now
from app.rules import iin, texts
from app.rules.calendar import local_day
from app.rules.refusals import Refusal
from app.rules.registration_numbers import fold
from app.rules.roles import Role
from app.rules.verbs import SIGN_IN

VISITOR = Actor(Role.family)  # of no application: what any family may know of all
SIZES = (10, 20, 30, 100)  # S1: rows a page
YEAR = 31_536_000  # seconds
KINDS: dict[str, type[StrEnum]] = {"language": Language, "ownership": Ownership, "intake": Intake}
TOPICS = ("join", "keys", "voucher", "referral", "private", "temporary", "terms")  # of the instructions, in their order

blueprint = Blueprint("public", __name__)


@dataclass(frozen=True)
class Paging:
    """A page of a list: which one, of how many rows, and where its neighbours are."""

    number: int
    size: int
    count: int

    @property
    def last(self) -> int:
        return max(1, -(-self.count // self.size))

    def address(self, **change: Any) -> str:
        """This list with another page or size; what else was asked stays."""
        return f"{request.path}?{urlencode(request.args.to_dict() | change)}"


def instead_of_the_office() -> Response | str | None:
    """`/` is the office's first page for whoever is signed in there, and everybody's for everybody else. SecurityError
    for a Host that is not ours.
    """
    if request.host and request.path == "/" and request.method in ("GET", "HEAD") and g.get("actor") is None:
        return chosen_language() or front()
    return None


@blueprint.before_request
def chosen_language() -> Response | None:
    """A link in another language is remembered and led on to the page itself."""
    language = request.args.get("lang")
    if language is None:
        return None
    if language not in current_app.config["LANGUAGES"]:
        abort(404)
    query = urlencode({name: value for name, value in request.args.items() if name != "lang"})
    answer = redirect(request.path + (f"?{query}" if query else ""), code=303)
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie("language", language, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    return answer


def front() -> str:
    """S0, S1: choose the district; what can be asked without an account."""
    with seen():
        return render("front.html", regions=public.regions())


@blueprint.get("/d/<id:place_id>")
def district(place_id: int) -> str:
    """S0: a district: how many wait and how many places are free, its rules, its phone."""
    with seen():
        place = _district(place_id)
        with unscoped():
            facts = {"figures": public.figures([place], today())[place.id], "norms": public.in_force(place, today())}
        return render("district.html", place=place, **facts)


@blueprint.get("/places")
def places() -> str:
    """S1: the kindergartens with free places, in its columns; by language, ownership, intake and birth year."""
    with seen():
        found, asked = public.regions(), _asked()
        place = _district(asked["district"]) if asked["district"] else None
        rows, page = [], None
        if place is not None:
            number, size = _paging()
            only = {name: asked[name] for name in ("language", "ownership", "intake", "year") if asked[name]}
            with unscoped():
                rows, count = public.free_places(place, page=number, size=size, **only)
            page = Paging(number, size, count)
        choices = {"years": range(today().year, today().year - 7, -1), "kinds": KINDS, "sizes": SIZES}
        return render("places.html", place=place, regions=found, rows=rows, page=page, asked=asked, **choices)


@blueprint.get("/k/<id:kindergarten_id>")
def kindergarten(kindergarten_id: int) -> str:
    """S1: the card of a kindergarten, and its free places."""
    with seen():
        found = db.session.get(Kindergarten, kindergarten_id)
        if found is None:
            abort(404)
        with unscoped():
            free = public.free_places_of(found)
        district = public.district_of(found.place)
        return render("kindergarten.html", place=found.place, kindergarten=found, free=free, district=district)


@blueprint.route("/queue", methods=["GET", "POST"])
def queue() -> Any:
    """S3, «Кезекті тексеру»: by the number and the child's birth date, or by the child's IIN; posted, so that neither
    stands in an address. What is wrong of the two is told to nobody.
    """
    with seen():
        if request.method != "POST":
            return render("queue.html", typed={}, answers=None)
        typed = {name: request.form.get(name, "").strip() for name in ("number", "born_on", "iin")}
        if seconds := login_limits.wait_to_check(request.remote_addr):
            said = _("Too many questions from your network. Try again later.")
            page = render("queue.html", typed=typed, answers=None, problem=said)
            return page, 429, {"Retry-After": str(seconds), "Cache-Control": "no-store"}
        with unscoped():
            sought = _sought(typed)
            answers = [numbers_of(one) for one in sought or ()]
        for one in answers if typed["iin"] else ():  # whoever knows an IIN learns of no right and of no health
            one["by_iin"] = True
        status = 200 if answers else 404 if sought is not None else 422
        return _no_store(render("queue.html", typed=typed, answers=answers), status)


@blueprint.get("/protocol/<id:place_id>")
def protocol(place_id: int) -> str:
    """Everything that was issued in a district, in its order: numbers, no names, and not where to."""
    with seen():
        place, (number, size) = _district(place_id), _paging()
        with unscoped():
            rows, count = public.protocol(place, page=number, size=size)
        return render("protocol.html", place=place, rows=rows, page=Paging(number, size, count), sizes=SIZES)


@blueprint.get("/statistics")
def statistics() -> str:
    """All districts beside one another."""
    with seen():
        found = public.regions()
        with unscoped():
            figures = public.figures([one for region in found for one in region.districts], today())
        return render("statistics.html", regions=found, figures=figures)


@blueprint.get("/help/")
@blueprint.get("/help/<topic>")
def instructions(topic: str = TOPICS[0]) -> str:
    """S0-S3 as pages of ours, their terms as they are in force in a district."""
    if topic not in TOPICS:
        abort(404)
    with seen():
        found, asked = public.regions(), _number("district")
        place = _district(asked) if asked else next((one for each in found for one in each.districts), None)
        with unscoped():
            norms = public.in_force(place, today()) if place else {}
        return render("help.html", topic=topic, topics=TOPICS, place=place, regions=found, norms=norms, acts=SIGN_IN)


@blueprint.get("/check")
def check() -> Any:
    """Where whoever has a paper without a camera types the code that stands on it."""
    code = re.sub(r"[^A-Za-z0-9_-]", "", request.args.get("code", "").rpartition("/")[2])
    return redirect(f"/verify/{code}", code=303) if code else render("check.html")


@blueprint.get("/kezek.webmanifest")
def manifest() -> Response:
    """S0 (35): these pages as an app on the home screen of a phone: its own applications first."""
    icon = {"src": current_app.jinja_env.globals["static"]("kezek.svg"), "type": "image/svg+xml", "sizes": "any"}
    facts = {
        "id": "/my/",
        "name": f"Kezek: {_('The queue to kindergartens')}",
        "short_name": "Kezek",
        "lang": get_locale().language,
        "start_url": url_for("own.journal"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f2f6f7",
        "theme_color": "#0b6b7a",
        "icons": [icon | {"purpose": "any"}, icon | {"purpose": "maskable"}],
        "shortcuts": [
            {"name": _("Check the queue"), "url": url_for("public.queue")},
            {"name": _("Free places"), "url": url_for("public.places")},
        ],
    }
    return Response(json.dumps(facts, ensure_ascii=False), mimetype="application/manifest+json")


def _in_language(code: str) -> str:
    """This page in another language; of one that was only posted the page that it belongs to."""
    return f"{page_of(request.path)}?{urlencode(request.args.to_dict() | {'lang': code})}"


def page_of(path: str) -> str:
    """The page at this address; of one that is only ever posted the page that it belongs to."""
    adapter = current_app.url_map.bind("")
    while True:
        try:
            if adapter.match(path, "GET")[0] != "own.elsewhere":
                return path
        except RequestRedirect:
            return f"{path}/"
        except HTTPException:
            pass
        path = path.rpartition("/")[0] or "/"


def _sections() -> list[tuple[str, str]]:
    """The pages that every page leads to."""
    return [
        ("queue", _("Check the queue")),
        ("places", _("Free places")),
        ("instructions", _("Instructions")),
        ("statistics", _("Statistics")),
    ]


def render(template: str, place: Place | None = None, *, readable: bool = True, **facts: Any) -> str:
    """A page of families or of everybody, with the phone of the district that it is about, if that is `readable`."""
    with unscoped():  # an office is no register of families
        phone = texts.phones_said(public.support_phone(place) or "") if readable else ""
    layout = {"phone": phone, "in_language": _in_language, "sections": _sections()}
    return render_template(f"cabinet/{template}", place=place, **layout, **facts)


def numbers_of(application: Application) -> dict[str, Any]:
    """What is told of an application on the day: its numbers in the queue and why (spec 1.1), or why it has none;
    nobody's name.
    """
    day = today()
    try:
        told = explanations.of(application, day, day)
    except Refusal as refusal:
        return {"application": application, "told": None, "ahead": 0, "why_not": words.refusal_to_family(refusal)}
    ahead = sum(count for _one, count in told.ahead)
    return {"application": application, "told": told, "ahead": ahead, "why_not": None}


def later(page: str, seconds: int) -> tuple[str, int, dict[str, str]]:
    """The answer to what was tried too often."""
    return page, 429, {"Retry-After": str(seconds)}


@contextmanager
def seen() -> Iterator[None]:
    """What is read inside is what any family may know of all."""
    with looking_as(VISITOR):
        yield


def _no_store(page: str, status: int) -> Response:
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _sought(typed: dict[str, str]) -> list[Application] | None:
    """The applications that were asked for, by whichever of the two ways was filled in; None for what is neither."""
    if typed["iin"]:
        number = typed["iin"].replace(" ", "")
        return public.by_iin(number) if iin.valid(number) else None
    try:
        born_on = date.fromisoformat(typed["born_on"])
    except ValueError:
        return None
    return public.by_number(typed["number"], born_on) if fold(typed["number"]) else None


def _district(place_id: int | None) -> Place:
    found = public.district(place_id) if place_id else None
    return found or abort(404)


def _asked() -> dict[str, Any]:
    """What a list of places is asked for. 404 for a value that there is not."""
    found: dict[str, Any] = {name: _one_of(kind, request.args.get(name, "")) for name, kind in KINDS.items()}
    return found | {"year": _number("year"), "district": _number("district")}


def _one_of(kind: type[StrEnum], asked: str) -> StrEnum | None:
    try:
        return kind(asked) if asked else None
    except ValueError:
        abort(404)


def _number(name: str) -> int | None:
    asked = request.args.get(name, "")
    if asked and not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
        abort(404)
    return int(asked) if asked else None


def _paging() -> tuple[int, int]:
    number, size = _number("page") or 1, _number("size") or SIZES[0]
    if size not in SIZES or number > 100_000:
        abort(404)
    return number, size


def today() -> date:
    """The local day that these pages speak of."""
    return local_day(now())
