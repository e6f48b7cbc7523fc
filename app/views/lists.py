"""How a register is read: filtered and ordered by what the request's address asks for, a page at a time (paging.py).

The framework keeps its filters on the view, which all threads share (its open issue #2366); here a request's
filters are conditions of that request's select and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from flask import abort, g, redirect, render_template, request, url_for
from flask_appbuilder import ModelView, expose
from flask_appbuilder.security.decorators import has_access
from flask_appbuilder.widgets import ListWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement
from werkzeug.datastructures import MultiDict

from app import words
from app.access.sealed import open_
from app.models import Base
from app.now import now
from app.rules.calendar import local_day
from app.views import location
from app.views.headers import cached
from app.views.paging import FIRST, LAST, At, Records, SortOrder, Where
from app.views.rendering import as_cell
from app.views.rendering import row as row_of

FILTER = "widgets/filter.html"
PAGE = 25
LARGEST_PAGE = 100
WHERE = {"place": location.in_district, "kindergarten": location.in_kindergarten}
WHERE_LABELS = {"place": _l("District or city"), "kindergarten": _l("Kindergarten")}
PLACES_OF_A_PAGE = ("after", "before", "last", "page")  # the wishes that say where a page lies


class TableWidget(ListWidget):
    template = "widgets/table.html"


class Filter(NamedTuple):
    """A filter that is no column of its rows: what it offers as (value, text), and what holds for one of the values.

    `kind` is that of its field: one of the options, a text that somebody types, or a day.
    """

    options: Callable[[], Sequence[tuple[str, str]]]
    condition: Callable[[str], ColumnElement[bool]]
    kind: str = "select"


class Listed(ModelView):
    """One noun's list: what it can be filtered by, searched for and ordered by.

    ``order_columns`` have an index each, as have ``search_columns`` of tables that grow (tests/views/test_lists.py);
    ``sorted_as`` names the column that another one is ordered by: what happened later has a higher id.
    """

    subject: ClassVar[type[Base]]
    datamodel: Records
    find: ClassVar[Any] = None
    finds_people: ClassVar[bool] = False  # by name or IIN: what is sought stands sealed in the list's address
    sorted_as: ClassVar[dict[str, str]] = {}
    more_filters: ClassVar[dict[str, Filter]] = {}
    page_size = PAGE
    search_columns: ClassVar[list[str]] = ["id"]  # none would mean all of them to the framework
    list_widget = TableWidget
    list_template = "pages/list.html"

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        """A list; what an old address says of a page's number is dropped."""
        if numbered():
            return redirect(here(drop=("page",)))
        facts = {"title": self.list_title, "finds_people": self.finds_people}
        return self.render_template(self.list_template, widgets=self._list(), **facts)

    def _list(self) -> Any:
        """A list; a page, order or filter that cannot be is 400, never a traceback."""
        try:
            where = self.where(request.args)
        except ValueError:
            abort(400)
        return self._get_list_widget(where) | {"search": self._filter_form}

    def _filter_form(self) -> Markup:
        """The form above the list. Before anything is asked for, it is the same all day for all of one reach."""
        facts = {"labels": self.filter_labels(), "finds": self.find is not None, "options": self._all_options}
        facts |= {"sought": self.sought(request.args), "posts_to": self._posts_to()}
        facts["kinds"] = {name: self.kind_of(name) for name in self.filters()}
        if any(request.args.get(name) for name in ("q", *(f"_flt_0_{name}" for name in self.filters()))):
            return Markup(render_template(FILTER, **facts))
        reach = (g.reach.districts, g.actor.kindergarten_id is None)
        return cached(FILTER, type(self).__name__, reach, local_day(now()), **facts)

    def _all_options(self) -> dict[str, Sequence[tuple[str, str]]]:
        """Of each filter that leaves this reader a choice: a head has one kindergarten, in one district."""
        own = () if g.actor.kindergarten_id is None else location.ENDS
        return {name: self._options(name) for name in self.filters() if name not in own}

    def filters(self) -> Sequence[str]:
        """What the list can be filtered by: where its rows lie, its columns, and more."""
        own = [name for name in self.search_columns if name != "id" and name not in location.ENDS]
        return [*(name for name in location.ENDS if location.leads(self.subject, name)), *own, *self.more_filters]

    def kind_of(self, name: str) -> str:
        """What kind of field a filter has: one of its options, a text that somebody types, or a day."""
        if name in self.more_filters:
            return self.more_filters[name].kind
        return "search" if name == "kindergarten" else "select"

    def filter_labels(self) -> dict[str, Any]:
        """What the fields of the filters are called."""
        return {**words.columns(self.subject.__tablename__), **self.label_columns, **WHERE_LABELS}

    def where(self, asked: Mapping[str, str]) -> Where:
        """The conditions that a filter form asks for, of nothing but what it asks (the viewer's scope comes on top).

        `asked`: `_flt_0_<name>` and `q`, as they stand in a list's address. ValueError for a filter that the list has
        not, and for a value that is not offered: who asks for some rows is never shown all of them instead.
        """
        if any("\0" in value for value in asked.values()):  # no database keeps it
            raise ValueError
        known = {f"_flt_0_{name}" for name in self.filters()}
        if unknown := {name for name in asked if name.startswith("_flt_")} - known:
            raise ValueError(*sorted(unknown))
        found = [self._equals(name, value) for name in self.filters() if (value := asked.get(f"_flt_0_{name}"))]
        if self.find and (sought := self.sought(asked)):
            found.append(type(self).find(sought))
        return found

    def sought(self, asked: Mapping[str, str]) -> str:
        """What is looked for, as it was typed. ValueError for what nobody has sealed for whoever looks."""
        text = asked.get("q", "").strip()
        return open_(in_list_of(g.actor.user_id), text).decode() if text and self.finds_people else text

    def _posts_to(self) -> str | None:
        """Where the form above a list goes that finds people (SearchView.in_list)."""
        return url_for("SearchView.in_list", noun=self.route_base[1:]) if self.finds_people else None

    def _equals(self, name: str, value: str) -> ColumnElement[bool]:
        """One filter: a related record by its id, yes or no, or one of a kind's values. ValueError for none of them."""
        if name in location.ENDS:
            return WHERE[name](self.subject, value)
        if name in self.more_filters:
            return self.more_filters[name].condition(value)
        column = getattr(self.subject, name)
        if self.datamodel.is_boolean(name):
            return column == bool(("0", "1").index(value))
        return column == column.type.enum_class(value)

    def _options(self, name: str) -> Sequence[tuple[str, str]]:
        """What a list can be filtered by in one column: (value, what people read)."""
        if name == "place":
            return [(str(one.id), words.name(one)) for one in sorted(g.reach.districts, key=words.by_name)]
        if name == "kindergarten":
            return ()
        if name in self.more_filters:
            return self.more_filters[name].options()
        if self.datamodel.is_boolean(name):
            return [("1", _("yes")), ("0", _("no"))]
        return [(one.value, words.label(one)) for one in getattr(self.subject, name).type.enum_class]

    def _get_list_widget(self, where: Where) -> dict[str, Any]:
        """One page of the rows that hold; 400 for an order or a page that there is not."""
        try:
            order, at, size = self.wishes(request.args)
        except ValueError:
            abort(400)
        reader = None if where else (g.actor, local_day(now()))
        page = self.datamodel.page(where, order, at=at, size=size, reader=reader)
        table = self.list_widget(
            label_columns=self.label_columns,
            include_columns=self.list_columns,
            order_columns=self.order_columns,
            order=order,
            rows=self._cells(page.rows),
            page=page,
            modelview_name=type(self).__name__,
            bulk=self.bulk_for(page.rows),
            can={row.id: can for row in page.rows if (can := " ".join(self.at_first_sight(row)))},
            here=here,
        )
        return {"list": table}

    def _cells(self, rows: Sequence[Any]) -> Sequence[tuple[int, Any, Markup]]:
        """(id, what the first column says, all cells) of each row."""
        columns, name = self.list_columns, type(self).__name__
        titles = [escape(title) for title in self.titles()]
        may = self.appbuilder.sm.has_access("can_show", name)
        before, _zero, after = url_for(f"{name}.show", pk=0).partition("/0") if may else ("", "", "")
        values = [(row.id, self.datamodel.get_values_item(row, columns)) for row in rows]
        where = {pk: f"{before}/{pk}{after}" if may else None for pk, _found in values}
        return [(pk, as_cell(found[0]), row_of(titles, found, where[pk])) for pk, found in values]

    def titles(self) -> Sequence[str]:
        """What stands above the columns of the list."""
        return [str(self.label_columns[column]) for column in self.list_columns]

    def rendered(self, where: Where, order: SortOrder) -> Iterator[Sequence[Any]]:
        """All rows that hold, as cells of a file: what the list shows of them, in the same words."""
        for row in self.datamodel.every(where, order):
            yield [as_cell(value) for value in self.datamodel.get_values_item(row, self.list_columns)]

    def wishes(self, asked: Mapping[str, str]) -> tuple[SortOrder, At, int]:
        """The order, the page and its size that an address asks this list for. ValueError for what cannot be."""
        name = type(self).__name__
        column, way = asked.get(f"_oc_{name}", ""), asked.get(f"_od_{name}", "") or "asc"
        if column not in ("", *self.order_columns) or way not in ("asc", "desc"):
            raise ValueError(column)
        if not column:
            column, way = self.base_order
        order = SortOrder(self.sorted_as.get(column, column), way == "desc")
        size = min(max(int(asked.get(f"psize_{name}") or self.page_size), 1), LARGEST_PAGE)
        after, before = asked.get(f"after_{name}"), asked.get(f"before_{name}")
        if after or before:
            return order, At(not after, self.datamodel.position(after or before or "", order)), size
        return order, LAST if asked.get(f"last_{name}") else FIRST, size

    bulk: ClassVar[tuple[str, ...]] = ()

    def at_first_sight(self, row: Any) -> Sequence[str]:
        """Those of `bulk` that the columns of a listed row do not rule out: nothing is selected for it.

        Its menu (base.py) leaves out what more than that would refuse.
        """
        return self.bulk

    def bulk_for(self, rows: Sequence[Any]) -> Sequence[str]:
        """The custom actions that a list offers for many: such as could be done to a row of this page."""
        could = {verb for row in rows for verb in self.at_first_sight(row)}
        return [verb for verb in self.bulk if verb in could]

    def _get_related_view_widget(self, item: Any, related_view: Any, *_order: str, **_page: Any) -> Any:
        """The rows of another list that belong to this record."""
        foreign_key = related_view.datamodel.get_related_fk(self.subject)
        return related_view._get_list_widget([getattr(related_view.subject, foreign_key) == item])["list"]


def numbered() -> bool:
    """Does this address number its pages, as those of older versions did?"""
    return any(name.startswith("page_") for name in request.args)


def here(view: str = "", drop: Sequence[str] = PLACES_OF_A_PAGE, **wishes: str) -> str:
    """The address of this page with other wishes for one of its lists (of all, for none that is named)."""
    others = MultiDict(
        (name, value)
        for name, value in request.args.items(multi=True)
        if not any(name.startswith(f"{one}_{view}") for one in drop)
    )
    for wish, value in wishes.items():
        others[f"{wish}_{view}"] = value
    return f"{request.path}?{urlencode([*others.items(multi=True)])}"


def in_list_of(user_id: int) -> str:
    """For what purpose it is sealed what this account looks for in a list of people."""
    return f"search in a list of account {user_id}"
