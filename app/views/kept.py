"""What somebody had typed whose session was over, in the form that it was typed into (app/sent.py; views/again.py)."""

from io import BytesIO
from urllib.parse import urlencode

from flask import current_app, request
from werkzeug.wrappers import Response

from app import sent
from app.extensions import db

SHOWN = "kezek.kept"  # in the environment of a request that we make ourselves: whose kept form it shows


def shown(user_id: int) -> Response | None:
    """The kept form of an account as its own page shows it, filled; None where nothing is kept.

    It is sent to its address inside of this request, without a token: so it is shown again, and does nothing.
    """
    if (found := sent.kept(user_id)) is None:
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
