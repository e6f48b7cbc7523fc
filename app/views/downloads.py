"""A table as a file to download, sent while it is read: XLSX or CSV (spreadsheets/writing.py)."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from flask import Response, abort, g, stream_with_context

from app.access import personal_data
from app.access.row_scope import looking_as
from app.db.database import will_write
from app.db.extensions import db
from app.spreadsheets import writing


def download(name: str, kind: str, titles: Sequence[str], rows: Iterator[Sequence[Any]]) -> Response:
    """A file of these rows, as whoever asked for it may see them. 404 for a kind there is not.

    They are read while it is sent, when the request's own session is closed already: `rows` asks for them only then,
    in a transaction of its own, for PostgreSQL sends long results from nowhere else.
    """
    db.session.rollback()
    will_write(None)
    file = writing.KINDS.get(kind) or abort(404)
    pieces = _looking(file.write(titles, rows), g.actor, personal_data.reader_of_many())
    answer = Response(stream_with_context(pieces), mimetype=file.mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{kind}")
    return answer


def _looking(pieces: Iterator[bytes], actor: Any, reader: personal_data.Reader | None) -> Iterator[bytes]:
    """The same, each piece read as by this actor and shown as to this reader, whatever the thread did between them."""
    with closing(pieces):
        while True:
            with looking_as(actor), personal_data.reading_as(reader):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece
