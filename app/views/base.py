"""What every screen obeys (spec 6, "Holes to close in the base view"): no view inherits Flask-AppBuilder's directly.

Whatever changes anything is POST, CSRF-protected and an action of ours in one transaction; every row is loaded
through the viewer's scope (row_scope.py), so that a foreign one is simply not there: 404.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from flask import abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_appbuilder.widgets import FormWidget, ShowWidget
from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from app import words
from app.access.permissions import EVERY_VERB, find
from app.actions import accounts, records
from app.db.database import DEADLOCK, retried, transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import User
from app.now import now
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.spreadsheets import writing
from app.views import form_keys, forms, two_editors
from app.views.downloads import download
from app.views.lists import Listed, here, numbered

MOST_SELECTED = 1000
MOST_EXPORTED = 1_000_000  # rows: an Excel sheet has hardly more
LARGEST_ID = 2**31 - 1


class FactsWidget(ShowWidget):
    template = "widgets/facts.html"


class FieldsWidget(FormWidget):
    template = "widgets/fields.html"


class BaseView(Listed):
    """One noun's list, page and forms.

    ``subject`` and ``readers`` say who gets in; ``verbs`` are its custom actions by name, ``bulk``
    those of them that lists offer for many, ``grants`` the permissions of its own addresses; ``find`` is what the
    search box means here.
    """

    readers: ClassVar[frozenset[Role]]
    adds, edits, removes = "create", "change", "remove"
    verbs: ClassVar[dict[str, Callable[..., Any]]] = {}
    grants: ClassVar[dict[str, frozenset[Role]]] = {}
    show_widget = FactsWidget
    add_widget = edit_widget = FieldsWidget
    show_template = "pages/show.html"
    add_template = edit_template = "pages/form.html"

    def __init_subclass__(cls, **more: Any) -> None:
        """Words say its title and those of its columns (words/lists.py), where no declaration does (registers.py)."""
        super().__init_subclass__(**more)
        table, title = words.LISTS.get(cls.__dict__.get("route_base", "")[1:], ("", ""))
        if table:
            cls.list_title, cls.label_columns = title, words.columns(table)

    def __init__(self, **kwargs: Any) -> None:
        self.include_route_methods = self.routes()
        super().__init__(**kwargs)

    @classmethod
    def routes(cls) -> set[str]:
        """Only the addresses that somebody may use: forms and actions where the table knows the verb."""
        may = EVERY_VERB.get(cls.subject, {})
        forms = {"add": cls.adds, "edit": cls.edits, "delete": cls.removes}
        return {
            "list",
            "show",
            "export",
            *(route for route, verb in forms.items() if verb in may),
            *(("action", "action_post") if cls.verbs else ()),
            *(("menu",) if cls.bulk else ()),
            *(name.removeprefix("can_") for name in cls.grants if name.startswith("can_")),
        }

    # -------------------------------------------------- reading

    @property
    def _related_views(self) -> list[Any]:
        """The related lists that this person may read."""
        views = self.__dict__.get("_all_related_views", [])
        if not g or "actor" not in g:
            return views
        return [v for v in views if self.appbuilder.sm.has_access("can_list", v.class_permission_name)]

    @_related_views.setter
    def _related_views(self, views: list[Any]) -> None:
        self.__dict__["_all_related_views"] = views

    def get_init_inner_views(self) -> list[Any]:
        return self.__dict__.get("_all_related_views", [])

    def load(self, pk: Any) -> Any:
        """One row through the viewer's scope, or 404."""
        return db.session.scalars(select(self.subject).where(self.subject.id == row_id(pk))).first() or abort(404)

    def load_to_act(self, pk: Any) -> Any:
        """The same for a verb, which reads anew what it needs of the row."""
        return self.load(pk)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """One row's page with its related lists; what they are asked for is 400 where it cannot be."""
        if numbered():
            return redirect(here(drop=("page",)))
        row = self.load(pk)
        widgets = self._get_show_widget(pk, row)
        widgets["show"].template_args |= {"row": row, **self.offered(row)}
        widgets = self._get_related_views_widgets(row, orders={}, pages={}, page_sizes={}, widgets=widgets)
        related = self._related_views
        return self.render_template(
            self.show_template, pk=pk, row=row, title=self.show_title, widgets=widgets, related_views=related
        )

    def possible(self, row: Any) -> list[str]:
        """The custom actions that this row's page offers, as far as its role may do them; the actions still decide."""
        return list(self.verbs)

    def details(self, verb: str, rows: Sequence[Any]) -> Sequence[str]:
        """What the page that asks says of each record, where more can be said than for all of them."""
        return ()

    @expose("/menu/<pk>", methods=["GET"])
    @has_access
    @permission_name("list")
    def menu(self, pk: str) -> Any:
        """The verbs that the menu of one row offers: of the list's own those that would be accepted now, by name.

        Asked when the menu is opened: to know it of each row of a list would cost a select or more for each.
        """
        verbs = self.offered(self.load(pk))["verbs"]
        return jsonify([verb for verb in self.bulk if verb in verbs])

    def offered(self, row: Any) -> dict[str, Any]:
        """What this row's page offers its reader: only what would be accepted now."""
        sm, name = self.appbuilder.sm, self.class_permission_name
        may = {"may_change": ("can_edit", self.refuses_change), "may_remove": ("can_delete", self.refuses_removal)}
        return {
            "verbs": [verb for verb in self.possible(row) if sm.has_access(verb, name)],
            **{key: sm.has_access(access, name) and refuses(row) is None for key, (access, refuses) in may.items()},
        }

    def refuses_change(self, row: Any) -> Refusal | None:
        """Why nothing of this row can be changed by whoever looks; None where something can. Asked before its form."""
        return _refused(lambda: records.may_change(row, by=g.actor))

    def refuses_removal(self, row: Any) -> Refusal | None:
        """Why whoever looks cannot remove this row; None where they can."""
        return _refused(lambda: records.may_remove(row, by=g.actor))

    @expose("/pick", methods=["POST"])
    @has_access
    def pick(self) -> Any:
        """The rows that a field of a form may mean by what is typed into it, as {value, text}: at most a few.

        Posted, as what is searched for: it may be a name or an IIN, and stands in no address.
        """
        sought = request.form.get("q", "").strip().replace("\0", "")
        rows = select(self.subject).where(type(self).find(sought)).options(*self.datamodel.eager)
        rows = rows.order_by(*words.alphabetical(self.subject))
        found = db.session.scalars(rows.limit(forms.PICKED)).unique() if sought else ()
        return jsonify([{"value": str(row.id), "text": forms.called(row)} for row in found])

    @expose("/export/<kind>", methods=["POST"])
    @has_access
    @permission_name("list")
    def export(self, kind: str) -> Any:
        """The whole list by the filters and in the order of its address, as a file; that it was taken is on record.

        By POST, for it writes that record; what is read and sent afterwards is no part of that.
        """
        try:
            where, (order, _at, _size) = self.where(request.args), self.wishes(request.args)
        except ValueError:
            abort(400)
        rows = self.datamodel.count_up_to(where, MOST_EXPORTED)
        if rows > MOST_EXPORTED:
            return page("pages/problem.html", 422, sentence=_too_many(), status_code=422)
        if kind not in writing.KINDS:
            abort(404)
        chosen = [name for name in self.filters() if self.kind_of(name) == "select"]  # nothing that anybody typed
        asked = {name: value for name in chosen if (value := request.args.get(f"_flt_0_{name}"))}
        subject, noun = db.session.get_one(User, g.actor.user_id), self.route_base[1:]
        with transaction():
            accounts.export(subject, noun, asked, rows, by=g.actor, at=now())
        return download(f"{noun}-{local_day(now())}", kind, self.titles(), self.rendered(where, order))

    # -------------------------------------------------- changing

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        form = self.add_form(data=self.begun())
        if request.method == "POST" and form.validate():
            added = attempt(lambda: self.create(form), form)
            if added is not None:
                flash(_("Saved."), "success")
                return redirect(self.after(added))
        return self._form_page(self.add_template, self.add_title, self._get_add_widget(form=form), form)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        """A record that was changed since the form was shown is 409, with both versions and what was typed.

        What cannot be changed at all shows no form to fill in vain.
        """
        row, beside = self.load(pk), []
        if request.method == "GET" and (refusal := self.refuses_change(row)):
            flash(words.refusal(refusal), "danger")
            return redirect(self.after(row))
        if request.method == "POST":
            form, seen = self.edit_form.refresh(), request.form.get("seen", "")
            form.seen = seen
            try:
                if form.validate() and attempt(lambda: self._change(row, form, seen), form) is not None:
                    flash(_("Saved."), "success")
                    return redirect(self.after(row))
            except two_editors.Changed as changed:
                on, beside = two_editors.beside(form, seen, changed.standing)
                form = self.edit_form(formdata=None, data=on)
                form.seen = two_editors.shown(changed.standing)
        else:
            standing = self.standing(row)
            form = self.edit_form(data=standing)
            form.seen = two_editors.shown(standing)
        widgets = self._get_edit_widget(form=form)
        return self._form_page(self.edit_template, self.edit_title, widgets, form, beside)

    def _change(self, row: Any, form: Any, seen: str) -> Any:
        """Write what was touched. Raises Refusal, two_editors.Changed where the form was shown from something else."""
        two_editors.lock_rows(self.holds(row), form.values().values())
        if refusal := self.refuses_change(row):
            raise refusal
        if values := two_editors.touched(form, seen, self.standing(row)):
            self.change(row, values)
        return row

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Any:
        row = self.load(pk)
        if attempt(lambda: records.remove(row, by=g.actor, at=now()) or True) is not None:
            flash(_("Removed."), "success")
        return redirect(url_for(f"{self.endpoint}.list"))

    def create(self, form: Any) -> Any:
        """Add a row from a valid form, through the register's action."""
        at = now()
        row = self.subject(**form.values())
        records.create(row, by=g.actor, at=at)
        return row

    def change(self, row: Any, values: dict[str, Any]) -> None:
        """Change a row through the register's action: the values that were touched in a valid form."""
        records.change(row, values, by=g.actor, at=now())

    def begun(self) -> dict[str, Any]:
        """What the form for a new row shows before anything is typed."""
        return {}

    def standing(self, row: Any) -> dict[str, Any]:
        """What stands in a record, by the fields of its change form."""
        return {name: getattr(row, name) for name in self.edit_columns}

    def holds(self, row: Any) -> list[Any]:
        """The rows in which that stands: nobody else changes them while one does."""
        return [row]

    def after(self, row: Any) -> str:
        """Where to go once a row is saved."""
        return url_for(f"{self.endpoint}.show", pk=inspect(row).identity[0])

    def _form_page(self, template: str, title: str, widgets: Any, form: Any, beside: Any = ()) -> Any:
        facts = {"title": title, "widgets": widgets, "form": form, "beside": beside, "related_views": []}
        page = self.render_template(template, **facts)
        return page, 409 if beside else 422 if form.errors else 200

    # -------------------------------------------------- custom actions

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        return self._run(name, [pk])

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        return self._run(request.form.get("action", ""), request.form.getlist("rowid"))

    def _run(self, name: str, pks: Iterable[str]) -> Any:
        """One custom action on rows that the viewer sees; unknown, forbidden or foreign ones change nothing."""
        if name not in self.verbs:
            abort(404)
        if not self.appbuilder.sm.has_access(name, self.class_permission_name):
            abort(403)
        rows = [self.load_to_act(pk) for pk in list(pks)[:MOST_SELECTED]]
        row = find(self.subject, name)
        if row is not None and row.alone and row.alone < len(rows):
            return page("pages/problem.html", 422, sentence=words.BECAUSE["many"], status_code=422)
        if not rows:
            flash(_("Select at least one row."), "warning")
            return redirect(url_for(f"{self.endpoint}.list"))
        if g.actor.stale and row is not None and row.takes and len(rows) > 1 and request.form.get("sure"):
            raise Refusal(Reason.factor_required, verb=name)
        return self.verbs[name](self, rows)


def _too_many() -> str:
    return _("At most %(num)s records at a time. Narrow the list by its filters.", num=words.number(MOST_EXPORTED))


def row_id(pk: Any) -> int:
    """An address's id as a number that a row could have, or 404."""
    try:
        number = int(pk)
    except ValueError:
        number = 0
    return number if 0 < number <= LARGEST_ID else abort(404)


def _refused(check: Callable[[], object]) -> Refusal | None:
    """Why not, as decisions see it: without the viewer's row scope."""
    try:
        with unscoped():
            check()
    except Refusal as refusal:
        return refusal
    return None


def attempt(act: Callable[[], Any], form: Any = None) -> Any:
    """Run an action in one transaction; None when it was refused, with the reason said in the reader's language.

    What is wrong with one field goes to that field of `form`, everything else above the page. What the posted form has
    done already is not done again: raises sent.Repeated; Refusal(factor_required) where the second factor is asked for.
    """
    if form_keys.holding():
        return None

    def once() -> Any:
        form_keys.claim()
        return act()

    try:
        done = retried(once, (DEADLOCK,))
        form_keys.claimed()
        return done
    except Refusal as refusal:
        if refusal.reason is Reason.factor_required:
            raise  # asked for on a page of its own, which sends the same again (second_factor.py)
        problems = words.refused(refusal)
    except records.Invalid as invalid:
        problems = {invalid.field: words.invalid(invalid)}
    except IntegrityError as error:
        problems = {"": words.constraint(error)}
    for part, sentence in problems.items():
        _say(sentence, getattr(form, "parts", {}).get(part, part), form)
    return None


def _say(sentence: str, field: str, form: Any) -> None:
    """A sentence at its field, or above the form, or above the page."""
    if form is None:
        flash(sentence, "danger")
    elif field in form:
        form[field].errors = [*form[field].errors, sentence]
    else:
        form.form_errors.append(sentence)


def page(template: str, status: int = 200, **facts: Any) -> tuple[str, int]:
    """A page that no register's view renders."""
    return render_template(template, **facts), status


def own_page(address: str) -> str:
    """An address that a form or a link brought along, if every browser takes it for one of ours, else the first page.

    They drop tabs and line ends, and read a backslash as a slash.
    """
    return address if re.fullmatch(r"/(?!/)[^\s\\\x00-\x1f\x7f]{0,2000}", address) else "/"


def answer(to: str) -> Response:
    """Go there after a POST."""
    return redirect(to, code=303)
