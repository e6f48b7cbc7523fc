"""Files to download: a table, sent while it is read, as XLSX or CSV (spreadsheets/writing.py); a stored paper."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from io import BytesIO
from typing import Any

from flask import Response, abort, flash, g, redirect, send_file, stream_with_context
from flask_babel import gettext as _

from app.access import personal_data
from app.access.row_scope import looking_as
from app.actions.privileges import open_file
from app.db.database import will_write
from app.db.extensions import db
from app.models import Document, PrivilegePaper
from app.papers import storage
from app.papers.documents import NotReady, open_stored
from app.rules.uploads import TYPES
from app.spreadsheets import writing


def stored_paper(document: Document, page: str) -> Any:
    """A stored paper, exactly as it was made; 404 before it is. `page`: where to go where the file is damaged."""
    try:
        file = open_stored(document)
    except NotReady:
        abort(404)
    except storage.Damaged:
        flash(_("The file of this paper is not as it was made. Tell the administrator."), "danger")
        return redirect(page)
    return send_file(BytesIO(file), mimetype="application/pdf", download_name=f"{document.kind}-{document.id}.pdf")


def sent_file(paper: PrivilegePaper, page: str) -> Any:
    """The file of a paper, as a family sent it; never shown. `page`: where to go where it is damaged."""
    kind = paper.file_kind or ""
    try:
        file = open_file(paper)
    except storage.Damaged:
        flash(_("The file of this paper is not as it was made. Tell the administrator."), "danger")
        return redirect(page)
    return send_file(BytesIO(file), mimetype=TYPES[kind], as_attachment=True, download_name=f"{paper.id}.{kind}")


def sent_archive(name: str, content: bytes) -> Response:
    """A ZIP that was made for whoever asks now; nobody keeps it."""
    return send_file(BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=f"{name}.zip")


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
