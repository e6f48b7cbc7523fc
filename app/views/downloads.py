"""A table as a file to download, sent while it is read: XLSX or CSV (files/written.py)."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from flask import Response, abort, g, stream_with_context

from app.database import will_write
from app.extensions import db
from app.files import written
from app.permissions import looking_as


def download(name: str, kind: str, titles: Sequence[str], rows: Iterator[Sequence[Any]]) -> Response:
    """A file of these rows, as whoever asked for it may see them. 404 for a kind there is not.

    They are read while it is sent, when the request's own session is closed already: `rows` asks for them only then,
    in a transaction of its own, for PostgreSQL sends long results from nowhere else.
    """
    db.session.rollback()
    will_write(None)
    file = written.KINDS.get(kind) or abort(404)
    pieces = _looking(file.write(titles, rows), g.actor)
    answer = Response(stream_with_context(pieces), mimetype=file.mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{kind}")
    return answer


def _looking(pieces: Iterator[bytes], actor: Any) -> Iterator[bytes]:
    """The same, each piece read through the scope of this actor, whatever the thread did between two of them."""
    with closing(pieces):
        while True:
            with looking_as(actor):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece
