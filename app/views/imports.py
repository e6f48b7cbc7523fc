"""Imports (spec 8): a file that an official brings, tried, shown with all that is wrong in it, brought in, followed."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from flask import abort, g, send_from_directory, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import config
from app import storage
from app.actions import imports
from app.database import transaction
from app.extensions import db
from app.files import turn
from app.files.bringing import COLUMNS, of_file
from app.files.problems import Wrong
from app.files.spreadsheet import Sheet, parse
from app.models import ImportKind, ImportProblem, ImportRun, ImportStage, Place, PlaceKind
from app.now import now
from app.permissions import MAY, Role
from app.views import forms, words
from app.views.base import BaseView, answer, attempt
from app.views.cells import told
from app.views.downloads import download
from app.views.rows import Records

READERS = frozenset({Role.department, Role.specialist, Role.auditor})
MOST_MEGABYTES = 15  # of a file; what a browser sends around it fits into wire.MOST_MEGABYTES
MOST_UNPACKED = 100  # megabytes of a workbook: what so many rows need, and what a process of the web can spare
MOST_ROWS = {ImportKind.applications: 20_000, ImportKind.kindergartens: 3_000}  # more is a job for `flask import`
AT_ONCE = 50  # rows that are done before the page is there; a job does more
SHOWN = 200  # of the problems, and of the warnings; the file has all of them
TOO_BIG = _l("The file is larger than %(most)d MB. Split it into several.", most=MOST_MEGABYTES)
DISTRICTS = select(Place).where(Place.kind == PlaceKind.district)


class FileForm(forms.Form):
    """A file, what its rows are, and where those belong that do not say so."""

    kind = forms.one_of(_l("What the rows are"), ImportKind)
    file = FileField(
        _l("File"),
        [FileRequired(forms.REQUIRED)],
        render_kw={
            "accept": ".xlsx,.csv",
            "data-most": MOST_MEGABYTES * 1_000_000,
            "data-too-large": TOO_BIG,
        },
    )
    place = forms.row_of(_l("District or city of rows that name none"), DISTRICTS, required=False)
    sheet: Sheet
    content: bytes

    def validate_file(self, field: Any) -> None:
        """It is read here and now: what is no table, or too much of one, is not kept."""
        try:
            self.content = field.data.stream.read(MOST_MEGABYTES * 1_000_000 + 1)
            if len(self.content) > MOST_MEGABYTES * 1_000_000:
                raise Wrong("too_big", most=MOST_MEGABYTES)
            self.sheet = parse(self.content, MOST_UNPACKED)
            if not self.sheet.filled:
                raise Wrong("empty")
            if self.kind.data in MOST_ROWS and self.sheet.filled > MOST_ROWS[self.kind.data]:
                raise Wrong("too_long", most=MOST_ROWS[self.kind.data])
        except Wrong as wrong:
            raise forms.ValidationError(str(of_file(wrong, ""))) from None


class ImportRunView(BaseView):
    route_base = "/imports"
    subject, readers = ImportRun, READERS
    datamodel = Records(ImportRun, joinedload(ImportRun.user))
    list_title, show_title = _l("Import from a file"), _l("File")
    list_template = "pages/imports.html"
    list_columns = ["file_name", "kind", "rows", "added", "changed", "same", "problems", "stage", "asked_at", "user"]
    order_columns, sorted_as = ["asked_at"], {"asked_at": "id"}
    search_columns = ["kind", "stage"]
    base_order = ("id", "desc")
    label_columns = {
        "file_name": _l("File"),
        "kind": _l("What the rows are"),
        "rows": _l("Rows"),
        "added": _l("New rows"),
        "changed": _l("Changed rows"),
        "same": _l("As before"),
        "problems": _l("Problems"),
        "stage": _l("Stage"),
        "asked_at": _l("Brought"),
        "user": _l("Brought by"),
    }

    @expose("/begin", methods=["GET", "POST"])
    @has_access
    def begin(self) -> Any:
        """A file is chosen, read, kept, and tried by a job; few rows at once."""
        form = FileForm()
        if form.validate_on_submit() and (run_id := attempt(lambda: _ask(form).id, form)):
            return self._work(run_id, form.sheet)
        page = self.render_template(
            "pages/import_begin.html",
            title=_("Bring a file"),
            form=form,
            view=self,
            columns={kind: [one for one in columns if one.read] for kind, columns in COLUMNS.items()},
            most_rows=MOST_ROWS,
            most_megabytes=MOST_MEGABYTES,
        )
        return page, 422 if form.errors else 200

    @expose("/sample/<noun>/<kind>", methods=["GET"])
    @has_access
    def sample(self, noun: str, kind: str) -> Any:
        """A small file as it should be, with invented people."""
        if noun not in set(ImportKind) or kind not in ("xlsx", "csv"):
            abort(404)
        return send_from_directory(config.ROOT / "samples", f"{noun}.{kind}", as_attachment=True)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """How far it is, what would follow or what became of it, and what is wrong in which cell."""
        run = self.load(pk)
        return self.render_template(
            "pages/import_run.html",
            title=run.file_name,
            run=run,
            facts=_facts(run),
            problems=_some(run, warning=False),
            warnings=_some(run, warning=True),
            shown=SHOWN,
            view=self,
        )

    @expose("/problems/<pk>/<kind>", methods=["GET"])
    @has_access
    def problems(self, pk: str, kind: str) -> Any:
        """All that is wrong, by its cells, in the reader's language."""
        run = self.load(pk)
        titles = [_("Cell"), _("What it is"), _("Problem")]
        if g.actor.role not in MAY[ImportRun]["ask"]:
            return download(f"import-{run.id}", kind, titles, _told(run.id, None))
        return download(f"import-{run.id}", kind, [*titles, _("What stands there")], _told(run.id, _sheet(run)))

    def possible(self, row: ImportRun) -> list[str]:
        """Whoever brought the file has it brought in, if nothing is wrong in it and it would change anything."""
        ready = row.stage is ImportStage.tried and not row.problems and row.added + row.changed > 0
        return ["start"] if ready and row.user_id == g.actor.user_id else []

    def start(self, rows: Sequence[ImportRun]) -> Any:
        """The official has seen what would follow and says yes."""
        ids = [run.id for run in rows]
        for run in rows:
            attempt(lambda run=run: imports.start(run, by=g.actor, at=now()) or True)
        return self._work(ids[0])

    def _work(self, run_id: int, sheet: Sheet | None = None) -> Any:
        """Few rows are done before the page is there; more are a job's."""
        run = self.load(run_id)
        if run.rows <= AT_ONCE and (file := turn.kept(run)):
            table = sheet or turn.opened(file)
            with transaction():
                turn.go_on(run_id, table, at=now())
        return answer(url_for("ImportRunView.show", pk=run_id))

    verbs = {"start": start}
    grants = {
        "can_begin": MAY[ImportRun]["ask"],
        "can_sample": MAY[ImportRun]["ask"],
        "can_problems": READERS,
    }


def _ask(form: FileForm) -> ImportRun:
    """The run of a file that was found to be a table."""
    name = PurePosixPath((form.file.data.filename or "").replace("\\", "/")).name
    return imports.ask(
        ImportKind(form.kind.data),
        form.content,
        file_name="".join(letter for letter in name if letter.isprintable())[-200:] or "—",
        rows=form.sheet.filled,
        district_id=form.place.data.id if form.place.data else None,
        by=g.actor,
        at=now(),
    )


def _facts(run: ImportRun) -> list[tuple[str, Any]]:
    """What was brought, by whom and when, as far as there is something to say."""
    facts = {
        _("What the rows are"): run.kind,
        _("Rows"): run.rows,
        _("District or city of rows that name none"): run.district,
        _("Brought by"): run.user,
        _("Brought"): run.asked_at,
        _("Started"): run.started_at,
        _("Finished at"): run.finished_at,
        "SHA-256": run.sha256,
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def _of(run_id: int) -> Any:
    return select(ImportProblem).where(ImportProblem.import_run_id == run_id).order_by(ImportProblem.position)


def _some(run: ImportRun, warning: bool) -> Sequence[ImportProblem]:
    return db.session.scalars(_of(run.id).where(ImportProblem.warning == warning).limit(SHOWN)).all()


def _sheet(run: ImportRun) -> Sheet | None:
    """The file as it was brought, for what stands in its cells; None where it is not what it was."""
    try:
        return parse(storage.read_whole(run.file_key, run.sha256), MOST_UNPACKED)
    except (storage.Damaged, Wrong):
        return None


def _told(run_id: int, sheet: Sheet | None) -> Iterator[Sequence[Any]]:
    """The rows of the file of problems; they are read while they are sent."""
    for one in db.session.scalars(_of(run_id).execution_options(yield_per=1000)):
        value = sheet.value(one.row, one.column) if sheet else None
        kind = _("warning") if one.warning else _("problem")
        yield [one.cell, kind, words.problem(one), *([told(value)] if sheet else [])]
