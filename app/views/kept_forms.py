"""What somebody had typed whose session was over, in the form that it was typed into (access/sent_forms.py)."""

from io import BytesIO
from urllib.parse import urlencode

from flask import current_app, request, url_for
from werkzeug.wrappers import Response

from app.access import sent_forms
from app.db.extensions import db

COOKIE = "kept_form"
SHOWN = "kezek.kept"  # in the environment of a request that we make ourselves: whose kept form it shows


def keep(user_id: int, fields: sent_forms.Fields, answer: Response) -> bool:
    """Keep what was typed into the form of this request; the answer takes the browser's half along. False: too much."""
    half = sent_forms.keep(user_id, request.path, request.full_path.rstrip("?"), fields)
    if half is None:
        return False
    answer.set_cookie(
        COOKIE,
        half,
        max_age=sent_forms.KEPT,
        path=url_for("SignIn.kept"),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return True


def shown(user_id: int) -> Response | None:
    """The kept form of an account as its own page shows it, filled; None where nothing is kept.

    It is sent to its address inside of this request, without a token: so it is shown again, and does nothing.
    """
    if (found := sent_forms.kept(user_id, request.cookies.get(COOKIE, ""))) is None:
        return None
    address, fields = found
    db.session.rollback()
    body = urlencode(fields).encode()
    path, _mark, query = address.partition("?")
    request_again = {
        name: value for name, value in request.environ.items() if not name.startswith(("werkzeug.", "flask."))
    }
    request_again |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_URI": address,
        "RAW_URI": address,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        SHOWN: user_id,
    }
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        return Response.from_app(app.wsgi_app, request_again, buffered=True)
