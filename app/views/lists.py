"""How a register is read: its rows from one select with what they show, counted up to a limit, filtered by request.

The framework keeps its filters on the view, which all threads share (its open issue #2366); here a request's
filters are conditions of that request's select and nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import abort, request
from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.urltools import get_order_args, get_page_args, get_page_size_args
from flask_appbuilder.widgets import ListWidget, RenderTemplateWidget
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from app.models import Base
from app.views import words
from app.views.cells import shown

PAGE = 25
LARGEST_PAGE = 100
COUNTED = 10_000  # lists say "more than" beyond this: an exact count of a million rows costs more than the page

Where = list[ColumnElement[bool]]


class Records(SQLAInterface):
    """Rows of one kind; `eager` says what a list shows of other records, to be loaded in the same statement."""

    def __init__(self, model: type[Base], *eager: Any) -> None:
        super().__init__(model, db.session)
        self.eager = eager

    def page(self, where: Where, order: tuple[str, str], *, number: int, size: int) -> tuple[int, list[Any]]:
        """How many rows there are (COUNTED + 1 for any more than that), and those of one page from 0."""
        some = select(func.count()).select_from(select(self.obj.id).where(*where).limit(COUNTED + 1).subquery())
        rows = select(self.obj, some.scalar_subquery()).where(*where).order_by(*self.by(order)).options(*self.eager)
        found = db.session.execute(rows.offset(number * size).limit(size)).unique().all()
        if not found and number:  # beyond the end
            return db.session.scalar(some) or 0, []
        return found[0][1] if found else 0, [row for row, _count in found]

    def by(self, order: tuple[str, str]) -> list[Any]:
        """What a list is ordered by: the column that was asked for, then the id."""
        column, descending = getattr(self.obj, order[0]), order[1] == "desc"
        return [column.desc(), self.obj.id.desc()] if descending else [column, self.obj.id]

    def get_values_item(self, row: Any, columns: list[str]) -> list[Any]:
        """What one row shows, in the order of the columns, as it is: templates know how to show each kind of thing."""
        return [attribute(row, name) for name in columns]


def attribute(row: Any, path: str) -> Any:
    """`child.born_on` of a row; None where something on the way is missing."""
    for name in path.split("."):
        row = getattr(row, name, None)
    return row


class TableWidget(ListWidget):
    template = "widgets/table.html"


class FilterWidget(RenderTemplateWidget):
    template = "widgets/filter.html"


class Listed(ModelView):
    """One noun's list: what it can be filtered by, searched for and ordered by."""

    subject: ClassVar[type[Base]]
    datamodel: Records
    find: ClassVar[Any] = None
    filter_rows: ClassVar[dict[str, Any]] = {}
    page_size = PAGE
    search_columns: ClassVar[list[str]] = ["id"]  # none would mean all of them to the framework
    list_widget = TableWidget
    list_template = "pages/list.html"

    def _list(self) -> Any:
        """A list; a page, order or filter that cannot be is 400, never a traceback."""
        options = {name: self._options(name) for name in self.search_columns if name != "id"}
        try:
            where = self._where(options)
            order, direction = get_order_args().get(self.endpoint, ("", ""))
            number, size = get_page_args().get(self.endpoint), get_page_size_args().get(self.endpoint)
        except (ValueError, LookupError):
            abort(400)
        widgets = self._get_list_widget(where, order, direction, page=number, page_size=size)
        widgets["search"] = FilterWidget(options=options, label_columns=self.label_columns, finds=self.find is not None)
        return widgets

    def where(self, asked: Mapping[str, str]) -> Where:
        """The conditions of what an address asked this list for. ValueError for a value that it does not offer."""
        return self._where({name: self._options(name) for name in self.search_columns if name != "id"}, asked)

    def _where(self, options: dict[str, list[tuple[str, str]]], asked: Mapping[str, str] | None = None) -> Where:
        """What the filter form asks for. ValueError for a value that it does not offer."""
        asked = request.args if asked is None else asked
        where = []
        for name, choices in options.items():
            if value := asked.get(f"_flt_0_{name}"):
                if value not in dict(choices):
                    raise ValueError(name)
                where.append(self._equals(name, value))
        if self.find and (sought := asked.get("q", "").strip()):
            where.append(type(self).find(sought))
        return where

    def _equals(self, name: str, value: str) -> ColumnElement[bool]:
        """One filter: a related record by its id, yes or no, or one of a kind's values."""
        if name in self.filter_rows:
            (column,) = getattr(self.subject, name).property.local_columns
            return column == int(value)
        return getattr(self.subject, name) == (value == "1" if self.datamodel.is_boolean(name) else value)

    def _options(self, name: str) -> list[tuple[str, str]]:
        """What a list can be filtered by in one column: (value, what people read)."""
        if name in self.filter_rows:
            return [(str(row.id), words.name(row)) for row in db.session.scalars(self.filter_rows[name])]
        if self.datamodel.is_boolean(name):
            return [("1", _("yes")), ("0", _("no"))]
        return [(one.value, words.label(one)) for one in getattr(self.subject, name).type.enum_class]

    def _get_list_widget(
        self, where: Where, order_column: str = "", order_direction: str = "", page: Any = None, page_size: Any = None
    ) -> dict[str, Any]:
        """One page of the rows that hold; 400 for an order or a page that there is not."""
        number = page or 0
        if order_column not in ("", *self.order_columns) or order_direction not in ("", "asc", "desc"):
            abort(400)
        if not 0 <= number <= COUNTED // PAGE:
            abort(400)
        order = (order_column, order_direction) if order_column else self.base_order or ("id", "asc")
        size = min(max(page_size or self.page_size, 1), LARGEST_PAGE)
        count, rows = self.datamodel.page(where, order, number=number, size=size)
        columns = self.list_columns
        table = self.list_widget(
            label_columns=self.label_columns,
            include_columns=columns,
            order_columns=self.order_columns,
            value_columns=[[shown(value) for value in self.datamodel.get_values_item(row, columns)] for row in rows],
            pks=[row.id for row in rows],
            page=number,
            page_size=size,
            count=count,
            modelview_name=type(self).__name__,
            bulk=self.bulk_for(rows),
        )
        return {"list": table}

    def bulk_for(self, rows: list[Any]) -> Sequence[str]:
        """The custom actions that a list offers for many of the rows on this page."""
        return self.bulk

    def _get_related_view_widget(self, item: Any, related_view: Any, *order: str, **page: Any) -> Any:
        """The rows of another list that belong to this record."""
        foreign_key = related_view.datamodel.get_related_fk(self.subject)
        belong = getattr(related_view.subject, foreign_key) == item
        return related_view._get_list_widget([belong], *order, **page)["list"]
