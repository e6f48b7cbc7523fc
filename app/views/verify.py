"""What the QR of a paper leads to: does the paper still hold? For anybody, so without a word about people."""

import re

from flask import Blueprint, make_response, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.actions import documents
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Document
from app.now import now
from app.papers.documents import PAPERS, printed
from app.rules.calendar import local_day

CODE = re.compile(r"[A-Za-z0-9_-]{22}")  # what actions/documents.py gives

blueprint = Blueprint("verify", __name__)


@blueprint.get("/verify/<code>")
def verify(code: str) -> Response:
    """The paper with this code, valid, replaced, or not since when; 404 and a clear sentence where there is none."""
    with unscoped():
        document = db.session.scalar(select(Document).where(Document.code == code)) if CODE.fullmatch(code) else None
        if document is None:
            return _page(404, document=None)
        return _page(
            200,
            document=document,
            paper=PAPERS[document.kind],
            said=printed(document),
            standing=documents.standing(document, local_day(now())),
        )


def _page(status: int, **facts: object) -> Response:
    """Never kept by caches or search engines, and its address is told to nobody."""
    response = make_response(render_template("verify.html", **facts), status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
