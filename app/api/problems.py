"""What is wrong, as RFC 9457 has it: `type` and `reason` by our own names, `detail` in the reader's language, `errors`
with the place of each in what was sent.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, json
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app import words
from app.api.schemas import OurSentence
from app.asked.acts import Mistyped
from app.db.database import leave_off
from app.db.extensions import db
from app.rules.refusals import Reason, Refusal

RETRY = "10"  # seconds
SAID: dict[str, Any] = {  # of our own, beside the refusals of the regulation
    "bad_request": _l("This cannot be read: JSON is missing, or not whole."),
    "no_such_key": _l("No key came along, or one that is not good (any more). Ask the education department."),
    "not_this_portal": _l("This portal was not allowed that. Ask the education department."),
    "verb_not_given": _l("This portal was not given this act: GET /portal says which. Ask the education department."),
    "not_found": _l("There is nothing of that here, or it is not within your places."),
    "wrong_method": _l("This address cannot be opened like that."),
    "no_json": _l("Send JSON, and say so: Content-Type: application/json."),
    "invalid": _l("Something in it cannot be as it is."),
    "ambiguous": _l("Several districts have this number. Name yours: ?district=..."),
    "idempotency_key_missing": _l("Send an Idempotency-Key: another one for each thing that is to be done."),
    "idempotency_key_reused": _l("Something else was done under this Idempotency-Key. Take another one."),
    "if_match_missing": _l("Say in If-Match which state you have seen: the ETag of the application."),
    "changed_meanwhile": _l("It has changed since you saw it. Look at it again, then decide."),
    "no_webhook": _l("You have not said yet where you are told: PUT /webhook."),
    "too_often": _l("That was asked for too often. Try again later."),
    "too_large": _l("This is too large to be sent."),
    "cannot_now": _l("The database cannot take anything just now. Nothing was changed. Try again in a moment."),
    "failed": _l("Something went wrong on our side. Nothing was changed."),
}
OF_HTTP = {
    400: "bad_request",
    404: "not_found",
    405: "wrong_method",
    413: "too_large",
    415: "no_json",
    422: "invalid",
}
WRONG: dict[str, Any] = {  # what marshmallow says of a field
    "Missing data for required field.": _l("This is missing."),
    "Unknown field.": _l("There is no such field."),
    "Field may not be null.": _l("This is missing."),
}
NOT_SO = _l("This cannot be as it is.")


class Unanswerable(Exception):
    """A request cannot be answered as it is; `reason` is a name of SAID."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.headers = status, reason, headers or {}


class NoPlace(Exception):
    """The regulation says no, and `more` is told besides, as RFC 9457 has it: what else is free."""

    def __init__(self, refusal: Refusal, more: Mapping[str, Any]) -> None:
        super().__init__(str(refusal.reason))
        self.refusal, self.more = refusal, more


def told(
    status: int,
    reason: str,
    detail: str,
    errors: Any = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The answer."""
    body = {
        "type": f"/problems/{reason}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "reason": reason,
        "detail": detail,
        **(more or {}),
    }
    if errors := [{"pointer": pointer, "detail": detail} for pointer, detail in errors]:
        body["errors"] = errors
    return Response(json.dumps(body), status, headers, content_type="application/problem+json")


def register(blueprint: Blueprint) -> None:
    """Whatever goes wrong there is told so."""
    blueprint.register_error_handler(Unanswerable, _problem)
    blueprint.register_error_handler(Refusal, _refusal)
    blueprint.register_error_handler(NoPlace, lambda none: _refusal(none.refusal, none.more))
    blueprint.register_error_handler(Mistyped, lambda wrong: told(422, "invalid", str(wrong)))
    blueprint.register_error_handler(IntegrityError, lambda error: told(422, "invalid", words.constraint(error)))
    for kind in (SQLAlchemyError, OSError):
        blueprint.register_error_handler(kind, _database)
    for status in (*OF_HTTP, 500):
        blueprint.register_error_handler(status, _http)


def _problem(problem: Unanswerable) -> Response:
    return told(problem.code, problem.reason, str(SAID[problem.reason]), headers=problem.headers)


def _refusal(refusal: Refusal, more: Mapping[str, Any] | None = None) -> Response:
    status = 403 if refusal.reason is Reason.not_allowed else 422
    parts = words.refused(refusal)
    at = [(f"/{part.replace('_', '/', 1)}", sentence) for part, sentence in parts.items() if part]
    return told(status, str(refusal.reason), words.refusal(refusal), at, more=more)


def _database(error: Exception) -> Response:
    sentence = words.PERHAPS_DONE if leave_off(error) else SAID["cannot_now"]
    return told(503, "cannot_now", str(sentence), headers={"Retry-After": RETRY})


def _http(error: HTTPException) -> Response:
    db.session.rollback()
    status = error.code or 500
    reason = OF_HTTP.get(status, "failed")
    found = getattr(error, "data", {}).get("messages", {}) if status == 422 else {}
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return told(status, reason, str(SAID[reason]), _pointed(found), headers)


def _pointed(found: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Each thing that is wrong, by its JSON pointer; of a query or a header by its name."""
    for name, value in found.items():
        here = at if not at and name in ("json", "query", "headers") else f"{at}/{name}"
        if isinstance(value, Mapping):
            yield from _pointed(value, here)
        else:
            sentences = [_sentence(one) for one in value if isinstance(one, str)]
            yield here, " ".join(dict.fromkeys(sentences))


def _sentence(said: str) -> str:
    return said if isinstance(said, OurSentence) else str(WRONG.get(said, NOT_SO))


def invalid(pointer: str, sentence: str = "") -> Response:
    """One thing that is wrong in what was sent."""
    return told(422, "invalid", str(SAID["invalid"]), [(pointer, sentence or str(NOT_SO))])
