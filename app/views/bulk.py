"""Bulk runs (spec 8): records chosen on a list, tried, confirmed, followed, stopped; what became of each as a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import words
from app.access.actors import Actor
from app.access.permissions import alone
from app.actions import bulk, proposals
from app.actions.dry_run import VERBS
from app.db import time_slices
from app.db.extensions import db
from app.models import Application, BulkOutcome, BulkRow, BulkRun, BulkStage, Child
from app.now import now
from app.rules.roles import WATCHING
from app.rules.verbs import VERBS as ROWS
from app.views import filters
from app.views.base import BaseView, answer, attempt, row_id
from app.views.confirmation import answer_to
from app.views.downloads import download
from app.views.lists import LARGEST_PAGE
from app.views.paging import Records

SHOWN = 100  # of the rows that were or will be refused; the file has all of them
AT_ONCE = 1.0  # seconds that a page works at a run before it leaves it to the jobs


class Runs(Records):
    """Runs with their verbs in words."""

    def in_words(self, row: BulkRun) -> dict[str, Callable[[], Any]]:
        return {"verb": lambda: words.verb(row.verb, row.subject)}


class BulkRunView(BaseView):
    route_base = "/bulk-runs"
    subject, readers = BulkRun, WATCHING
    datamodel = Runs(BulkRun, joinedload(BulkRun.user))
    show_title = _l("Bulk run")
    list_columns = ["verb", "selected", "done", "refused", "skipped", "stage", "asked_at", "user"]
    order_columns, sorted_as = ["asked_at"], {"asked_at": "id"}
    search_columns, more_filters = ["stage"], {"mine": filters.MINE[BulkRun]}
    base_order = ("id", "desc")

    @expose("/begin", methods=["POST"])
    @has_access
    def begin(self) -> Any:
        """What was chosen on a list: the first time what the verb needs is asked for, with `sure` it is tried."""
        view, verb = _list_of(request.form.get("list", "")), request.form.get("action", "")
        if verb not in VERBS[view.subject]:
            abort(404)
        rows = _chosen(view)
        if problem := _too_few_or_many(rows):
            flash(problem, "warning")
            return redirect(url_for(f"{view.endpoint}.list"))
        form = answer_to(verb, ROWS[view.subject][verb].asks)  # a bulk run is the office's own, for no family
        if request.form.get("sure") == "yes" and form.validate():
            selection = _asked() if request.form.get("all") else None
            facts = {**form.values(), "selection": selection, "by": g.actor, "at": now()}
            if run_id := attempt(lambda: bulk.ask(view.subject, verb, rows, **facts).id, form):
                return self._work(run_id)
        page = self.render_template(
            "pages/bulk_ask.html",
            title=words.verb(verb, view.subject.__tablename__),
            follows=[words.follows(verb, view.subject.__tablename__, by_voucher=one) for one in _rights(view)],
            view=view,
            verb=verb,
            count=len(rows),
            only=words.name(view.load(rows[0][0])) if len(rows) == 1 else "",
            second=not alone(view.subject, verb, len(rows)),
            form=form,
        )
        return page, 422 if form.errors else 200

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """How far it is, what would follow or what became of it, and why not of the others."""
        run = self.load(pk)
        over = run.stage in (*bulk.OVER, BulkStage.running)
        of = BulkRow.outcome if over else BulkRow.foreseen
        not_done = of.in_((BulkOutcome.refused, BulkOutcome.skipped))
        rows = select(BulkRow).where(BulkRow.bulk_run_id == run.id, not_done).order_by(BulkRow.position)
        loaded = joinedload(BulkRow.application).joinedload(Application.child)
        return self.render_template(
            "pages/bulk_run.html",
            title=words.verb(run.verb, run.subject),
            run=run,
            over=over,
            tried=run.feasible + run.hopeless,
            finished=run.done + run.refused + run.skipped,
            follows=dict.fromkeys(words.follows(run.verb, run.subject, by_voucher=one) for one in (True, False)),
            facts=[*_facts(run), *_filtered(run)],
            asked=proposals.open_one(run),
            second=not alone(bulk.MODELS[run.subject], run.verb, run.selected),
            not_done=db.session.scalars(rows.limit(SHOWN).options(loaded)).all(),
            is_round=bulk.is_round(run),
            held=bulk.round_of(run),
            shown=SHOWN,
            view=self,
        )

    @expose("/result/<pk>/<kind>", methods=["GET"])
    @has_access
    def result(self, pk: str, kind: str) -> Any:
        """Every row with its outcome and reason, in the reader's language; before the run, what its preview found."""
        run = self.load(pk)
        return download(f"bulk-{run.id}", kind, *_file_of(run))

    def possible(self, row: BulkRun) -> list[str]:
        """Whoever asked starts it, or asks another official to; it can be stopped until it is over."""
        own = row.stage is BulkStage.previewed and row.user_id == g.actor.user_id and row.feasible > 0
        return ["start"] * (own and proposals.open_one(row) is None) + ["stop"] * (row.stage not in bulk.OVER)

    def start(self, rows: Sequence[BulkRun]) -> Any:
        """The official has seen the preview and says yes; what takes something from many waits for another one's."""
        return self._each(rows, _start)

    def stop(self, rows: Sequence[BulkRun]) -> Any:
        """What is done stays done; the rest is skipped."""
        return self._each(rows, bulk.stop)

    def _each(self, rows: Sequence[BulkRun], act: Any) -> Any:
        ids = [run.id for run in rows]
        for run in rows:
            attempt(lambda run=run: act(run, by=g.actor, at=now()) or True)
        return self._work(ids[0])

    def _work(self, run_id: int) -> Any:
        """Few rows are done before the page is there; of many the first ones, and the jobs go on with the others."""
        time_slices.work(lambda enough: bulk.go_on(run_id, at=now(), enough=enough), AT_ONCE)
        return answer(url_for("BulkRunView.show", pk=run_id))

    verbs = {"start": start, "stop": stop}
    grants = {"can_begin": ROWS[BulkRun]["ask"].roles, "can_result": WATCHING}


def _start(run: BulkRun, *, by: Actor, at: datetime) -> None:
    if run.stage is not BulkStage.previewed or alone(bulk.MODELS[run.subject], run.verb, run.selected):
        bulk.start(run, by=by, at=at)
    elif proposals.open_one(run) is None:  # a second click asks nobody again
        proposals.ask(run, "start", by=by, at=at, reason=run.reason)


def for_many(view: Any, verb: str) -> bool:
    """Does a list of this view offer this verb as a bulk run, to whoever looks?"""
    return verb in VERBS.get(view.subject, ()) and current_app.appbuilder.sm.has_access("can_begin", "BulkRunView")


def _list_of(name: str) -> Any:
    """The view of a list by its name, or 404 for one that has no verb for many."""
    views = (view for view in current_app.appbuilder.baseviews if type(view).__name__ == name)
    found = next((view for view in views if getattr(view, "subject", None) in VERBS), None)
    return found or abort(404)


def _asked() -> dict[str, str]:
    """What a list was asked for in its address: its filters and search, nothing else."""
    asked = parse_qsl(request.form.get("filter", ""))
    return {name: value for name, value in asked if name == "q" or name.startswith("_flt_")}


def _chosen(view: Any) -> list[tuple[int, int]]:
    """(id, application id) of all that match, or of the rows that were ticked; 404 for one that is not there to see."""
    model = view.subject
    application_id = model.id if model is Application else model.application_id
    chosen = select(model.id, application_id.label("of")).order_by(*_order(view)).limit(bulk.MOST + 1)
    if request.form.get("all"):
        try:
            chosen = chosen.where(*view.where(_asked()))
        except (ValueError, LookupError):
            abort(400)
        return [(id_, of) for id_, of in db.session.execute(chosen)]
    ids = {row_id(pk) for pk in request.form.getlist("rowid")}
    if len(ids) > LARGEST_PAGE:
        abort(400)  # no list shows so many to tick
    found = [(id_, of) for id_, of in db.session.execute(chosen.where(model.id.in_(ids)))]
    return found if len(found) == len(ids) else abort(404)


def _order(view: Any) -> list[Any]:
    """As the list was ordered when it was chosen from; 400 for a wish that it does not know."""
    try:
        order, _at, _size = view.wishes(dict(parse_qsl(request.form.get("filter", ""))))
    except ValueError:
        abort(400)
    return view.datamodel.ordering(order)


def _too_few_or_many(rows: Sequence[Any]) -> str:
    """What is wrong with the number of rows, or ""."""
    if not rows:
        return _("Select at least one row.")
    most = f"{bulk.MOST:,}".replace(",", "\u00a0")
    return _("At most %(num)s records at a time. Narrow the list by its filters.", num=most) * (len(rows) > bulk.MOST)


def _rights(view: Any) -> tuple[bool, ...]:
    """Applications may have vouchers or referrals: then both consequences are said."""
    return (True, False) if view.subject is Application else (True,)


def _facts(run: BulkRun) -> list[tuple[str, Any]]:
    """What was asked, by whom and when, as far as there is something to say."""
    facts = {
        _("Asked by"): run.user,
        _("Asked"): run.asked_at,
        _("Reason"): run.reason,
        _("New last day"): run.until,
        _("Started"): run.started_at,
        _("Finished at"): run.finished_at,
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def _filtered(run: BulkRun) -> list[tuple[str, str]]:
    """The filter that chose the rows, in words."""
    view = next((v for v in current_app.appbuilder.baseviews if _subject_of(v) == run.subject), None)
    selection: Mapping[str, Any] = run.selection or {}
    found = []
    for key, value in selection.items() if view is not None else ():
        name = key.removeprefix("_flt_0_")
        if key == "q":
            found.append((_("Search"), str(value)))
        elif name in view.filters():
            found.append((str(view.filter_labels()[name]), str(dict(view._options(name)).get(value, value))))
    return found


def _subject_of(view: Any) -> str | None:
    subject = getattr(view, "subject", None)
    return subject.__tablename__ if subject in VERBS else None


def _file_of(run: BulkRun) -> tuple[list[str], Iterator[Any]]:
    """The titles and rows of a run's file; the rows are read while they are sent."""
    over = run.stage in (*bulk.OVER, BulkStage.running)
    return ["№", _("Application"), _("Child"), _("Outcome"), _("Reason")], _rows_of(run.id, over)


def _rows_of(run_id: int, over: bool) -> Iterator[Any]:
    rows = (
        select(BulkRow, Application.number, Child)
        .join(Application, Application.id == BulkRow.application_id)
        .join(Child, Child.id == Application.child_id)
        .where(BulkRow.bulk_run_id == run_id)
        .order_by(BulkRow.position)
    )
    for row, number, child in db.session.execute(rows.execution_options(yield_per=1000)):
        outcome, why_not = words.outcome(row, over), words.why_not(row)
        yield row.position, number, words.name(child), outcome, why_not
