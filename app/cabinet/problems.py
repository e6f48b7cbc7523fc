"""What goes wrong on pages of families and of everybody, told as these look, with nothing of an official in it."""

from typing import Any

from flask import Blueprint, current_app, g, make_response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response

from app import words
from app.cabinet.public import page_of, render
from app.db.database import leave_off
from app.db.extensions import db

RETRY = "10"  # seconds
SAID: dict[int, Any] = {
    400: _l("This address asks for something that cannot be."),
    404: _l("There is no such page, or it is not yours to see."),
    405: _l("This address cannot be opened like that."),
    413: _l("This is too large to be sent: the limit is %(most)d MB."),
    500: _l("Something went wrong on our side. Nothing was changed."),
}


def register(blueprint: Blueprint) -> None:
    """Whatever goes wrong there is told so."""
    for status in SAID:
        blueprint.register_error_handler(status, _problem)
    for kind in (SQLAlchemyError, OSError):
        blueprint.register_error_handler(kind, _database)


def nowhere() -> Response | None:
    """An address that there is not, opened by whoever is no official: the page of everybody, not that of the office.
    SecurityError for a Host that is not ours.
    """
    unknown = bool(request.host) and isinstance(request.routing_exception, NotFound)
    return _told(404) if unknown and g.get("actor") is None else None


def not_there() -> Response:
    """A page that is not there, or not one's own."""
    return _told(404)


def _problem(error: HTTPException) -> Response:
    db.session.rollback()
    return _told(error.code or 500)


def _told(status: int) -> Response:
    sentence = str(SAID.get(status, SAID[500])) % {"most": current_app.config["MAX_CONTENT_LENGTH"] // 1_000_000}
    back = page_of(request.path) if request.method == "POST" else None
    return make_response(render("problem.html", status=status, sentence=sentence, back=back, again=None), status)


def _database(error: Exception) -> Any:
    """Locked, full or away is told in words, with what was typed, to be sent again; all else is a fault of ours."""
    perhaps_done = leave_off(error)
    sends = request.method == "POST"
    sentence = _("The database cannot be read just now. Try again in a moment.")
    if sends:
        sentence = _("The database cannot take anything just now. Nothing was changed. Try again in a moment.")
    if perhaps_done:
        sentence = str(words.PERHAPS_DONE)
    again = list(request.form.items(multi=True)) if sends else None
    page = render("problem.html", readable=False, status=503, sentence=sentence, back=None, again=again)
    answer = make_response(page, 503)
    answer.headers["Retry-After"] = RETRY
    return answer
