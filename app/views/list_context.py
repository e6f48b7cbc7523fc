"""Which list a page belongs to: a record that was opened from a list keeps its filters, order and page on every way.

The list's own wishes travel in one parameter of the addresses below it (docs/adr/0013-a-record-within-its-list.md).
"""

from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, g, has_request_context, request, url_for
from werkzeug.datastructures import MultiDict

from app.views.paging import SortOrder

WITHIN = "within"
LONGEST = 1500  # characters of an address that are carried along


def register(app: Flask) -> None:
    """Let every address of a view that is made on its own pages carry the list's wishes."""
    app.url_defaults(_carry)
    app.jinja_env.globals.update(around=around)


def wishes(view: str) -> str:
    """The query of the list that this request belongs to; "" where it came from none."""
    if request.endpoint == f"{view}.list":
        found = request.query_string.decode(errors="replace")
    elif request.blueprint == view:
        found = request.args.get(WITHIN, "")
    else:
        found = request.form.get("filter", "") if request.form.get("list") == view else ""
    return found if len(found) <= LONGEST else ""


def around(view: Any, row: Any) -> tuple[str | None, str | None]:
    """The pages of the records before and after one, in the order and by the filters of the list that it belongs to."""
    asked = dict(parse_qsl(wishes(view.endpoint)))
    try:
        where, (order, *_at) = view.where(asked), view.wishes(asked)
    except (ValueError, LookupError):  # an address that somebody wrote by hand
        where, order = [], SortOrder(view.base_order[0], view.base_order[1] == "desc")
    before, after = view.datamodel.around(where, order, row)
    return tuple(url_for(f"{view.endpoint}.show", pk=pk) if pk else None for pk in (before, after))


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    view, _dot, route = endpoint.partition(".")
    if not route or not has_request_context() or g.get("same_for_all"):
        return
    if request.blueprint != view and request.blueprint != "BulkRunView":
        return
    kept = wishes(view)
    if not kept or request.endpoint == endpoint == f"{view}.list":
        return
    if route in ("export", "menu", "pick"):
        return
    if route != "list":
        values.setdefault(WITHIN, kept)
    elif not values:
        values.update(MultiDict(parse_qsl(kept)).to_dict(flat=False))
