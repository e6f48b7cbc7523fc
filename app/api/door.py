"""Who comes in: a portal by its key. What every answer carries, and what is there for a portal (ADR 36)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from json import JSONDecodeError
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, json, make_response, request
from flask_smorest import Blueprint as Described
from marshmallow import missing
from sqlalchemy import select
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response

from app.access import clients, login_limits, personal_data
from app.access.actors import Actor
from app.access.clients import Portal
from app.access.row_scope import look_as
from app.actions import places
from app.api import problems
from app.api.problems import Unanswerable
from app.db.extensions import db
from app.db.viewer import decides_in, unscoped
from app.models import Application, Place
from app.rules.registration_numbers import fold
from app.rules.roles import Role

V1 = "/api/v1"
VISITOR = Actor(Role.family)  # of no application
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
T = TypeVar("T")


class OurJson(FlaskParser):
    """JSON that can be kept: nested as deep as we read, numbers that there are, texts that have bytes."""

    def _raw_load_json(self, req: Any) -> Any:
        try:
            found = super()._raw_load_json(req)
            if found is not missing:
                json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
        except JSONDecodeError:
            raise  # told as it is elsewhere, and nothing at all is no body
        except (ValueError, RecursionError):
            raise BadRequest from None
        return found


class Door(Described):
    ARGUMENTS_PARSER = OurJson()


portal = Door("portal", __name__, url_prefix=V1, description="What a portal may ask and do.")
nowhere = Blueprint("nowhere", __name__, url_prefix="/api")


def _language() -> None:
    g.language = request.accept_languages.best_match(list(current_app.config["LANGUAGES"])) or "kk"


for _one in (portal, nowhere):
    _one.before_request(_language)
    problems.register(_one)


@portal.before_request
def _come_in() -> None:
    """Raises Unanswerable for no good key, for too many such from one address, and for one that asks too often."""
    scheme, _blank, key = request.headers.get("Authorization", "").partition(" ")
    found = clients.who(key) if scheme.lower() == "bearer" and key else None
    if found is None:
        if seconds := key and login_limits.wait_after_wrong_key(request.remote_addr):
            raise Unanswerable(429, "too_often", {"Retry-After": str(seconds)})
        raise Unanswerable(401, "no_such_key", {"WWW-Authenticate": "Bearer"})
    g.portal = found
    g.left, g.again = login_limits.room_for_portal(found.id)
    if g.left < 0:
        raise Unanswerable(429, "too_often", {"Retry-After": str(max(1, g.again))})
    look_as(VISITOR)  # of no family: what is asked of one is asked for by its number (own_application)
    personal_data.read_as(personal_data.Reader(Role.family))  # both are cleared after each request


@portal.after_request
@nowhere.after_request
def _carried(answer: Response) -> Response:
    """Nothing here is kept on the way; how much a portal may still ask (draft-ietf-httpapi-ratelimit-headers)."""
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers["Vary"] = "Authorization, Accept-Language"
    if "left" in g:
        limit = login_limits.PORTAL
        answer.headers["RateLimit-Policy"] = f'"portal";q={limit.amount};w={limit.get_expiry()}'
        answer.headers["RateLimit"] = f'"portal";r={max(0, g.left)};t={max(0, g.again)}'
    return answer


@nowhere.route("/", methods=(*METHODS, "TRACE"), defaults={"_rest": ""})
@nowhere.route("/<path:_rest>", methods=(*METHODS, "TRACE"))
def anywhere(_rest: str) -> Any:
    """No address of ours, or none by this method."""
    adapter = current_app.url_map.bind("")
    there = [one for one in METHODS if adapter.match(request.path, one)[0] != request.endpoint]
    raise MethodNotAllowed(there) if there else NotFound()


def here() -> Portal:
    """The portal that asks."""
    asks: Portal = g.portal
    return asks


def may_act(verb: str) -> None:
    """Was this portal given this act of a family? Raises Unanswerable(not_this_portal, verb_not_given)."""
    if not here().verbs:
        raise Unanswerable(403, "not_this_portal")
    if verb not in here().verbs:
        raise Unanswerable(403, "verb_not_given")


def own_places() -> list[int]:
    """Where this portal may ask: its place and all below it."""
    return places.subtree(here().place_id)


def own_district(place_id: int) -> Place:
    """One of its districts. Raises NotFound."""
    found = db.session.get(Place, place_id) if place_id in own_places() else None
    decides_in(found and found.id)
    return found or _not_there()


def own_application(number: str, district: int | None) -> Application:
    """The application of this number, in any spelling, in one of the portal's places. Raises NotFound for none, and for
    one that lies elsewhere; Unanswerable(ambiguous) where two districts of the portal have it.
    """
    with unscoped():
        named = select(Application).where(Application.number_key == fold(number) if fold(number) else False)
        found = db.session.scalars(named.where(Application.place_id.in_(own_places()))).all()
        found = [one for one in found if district is None or one.place_id == district]
    if len(found) > 1:
        raise Unanswerable(409, "ambiguous")
    decides_in(*(one.place_id for one in found))
    return found[0] if found else _not_there()


def _not_there() -> Any:
    raise NotFound


def tagged(body: Any, status: int = 200) -> Response:
    """An answer that is known again: 304 for whoever has it already."""
    answer = make_response(json.dumps(body), status)
    answer.content_type = "application/json"
    answer.set_etag(tag(body))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request) if status == 200 and request.method == "GET" else answer


def tag(body: Any) -> str:
    """By what an answer is known again."""
    return sha256(json.dumps(body).encode()).hexdigest()[:32]


def cursor(id_: int) -> str:
    """What leads on from a row; it says nothing to anybody else."""
    return urlsafe_b64encode(f"after {id_}".encode()).decode().rstrip("=")


def after(said: str) -> int:
    """The row that a cursor leads on from. Raises ValueError for what is none."""
    word, _blank, id_ = urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode().partition(" ")
    if word != "after" or not (id_.isascii() and id_.isdecimal()) or len(id_) > 10:
        raise ValueError(said)
    return int(id_)
