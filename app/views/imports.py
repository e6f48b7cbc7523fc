"""Imports (spec 8): a file that an official brings, tried, shown with all that is wrong in it, brought in, followed."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from flask import abort, flash, g, request, send_from_directory, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

import config
from app import registers, words
from app.access import personal_data
from app.actions import accounts, imports
from app.db.database import transaction
from app.db.extensions import db
from app.imports import declared, export, steps
from app.imports.whole_file import COLUMNS, of_file
from app.models import (
    Application,
    ImportKind,
    ImportProblem,
    ImportRun,
    ImportStage,
    KgGroup,
    User,
)
from app.now import now
from app.rules.calendar import local_day
from app.rules.roles import WATCHING
from app.rules.verbs import VERBS
from app.spreadsheets import writing
from app.views import filters, forms
from app.views.base import BaseView, attempt
from app.views.base import answer as redirected
from app.views.downloads import download
from app.views.paging import Records
from app.words.problems import CHOICES, Wrong

MOST_MEGABYTES = 15  # of a file; what a browser sends around it fits into transport.MOST_MEGABYTES
SHOWN = 200  # of the problems, and of the warnings; the file has all of them
TAKEN = {
    ImportKind.applications: Application,
    ImportKind.kindergartens: KgGroup,
    **{kind: one.model for kind, one in registers.BROUGHT.items()},
}
TOO_BIG = _l("The file is larger than %(most)d MB. Split it into several.", most=MOST_MEGABYTES)


class FileForm(forms.Form):
    """A file, what its rows are, and where those belong that do not say so."""

    kind = forms.one_of(_l("What the rows are"), ImportKind)
    file = FileField(
        _l("File"),
        [FileRequired(forms.REQUIRED)],
        render_kw={
            "accept": ".xlsx,.csv,.tsv,.txt,.xls,.xml,.htm,.html",
            "data-most": MOST_MEGABYTES * 1_000_000,
            "data-too-large": TOO_BIG,
        },
    )
    place = forms.a_district(_l("District or city of rows that name none"), required=False)
    content: bytes

    def validate_file(self, field: Any) -> None:
        """Its bytes are taken and nothing more: what they are, a job finds out."""
        try:
            self.content = field.data.stream.read(MOST_MEGABYTES * 1_000_000 + 1)
            if len(self.content) > MOST_MEGABYTES * 1_000_000:
                raise Wrong("too_big", most=MOST_MEGABYTES)
            if not self.content:
                raise Wrong("empty")
        except Wrong as wrong:
            raise forms.ValidationError(str(of_file(wrong, ""))) from None


class ImportRunView(BaseView):
    route_base = "/imports"
    subject, readers = ImportRun, WATCHING
    datamodel = Records(ImportRun, joinedload(ImportRun.user))
    show_title = _l("File")
    list_template = "pages/imports.html"
    list_columns = ["file_name", "kind", "rows", "added", "changed", "same", "problems", "stage", "asked_at", "user"]
    order_columns, sorted_as = ["asked_at"], {"asked_at": "id"}
    search_columns, more_filters = ["kind", "stage"], {"mine": filters.MINE[ImportRun]}
    base_order = ("id", "desc")

    @expose("/begin", methods=["GET", "POST"])
    @has_access
    def begin(self) -> Any:
        """A file is chosen, kept, and tried by a job."""
        form = FileForm()
        if form.validate_on_submit() and (run_id := attempt(lambda: _ask(form).id, form)):
            return redirected(url_for("ImportRunView.show", pk=run_id))
        page = self.render_template(
            "pages/import_begin.html",
            title=_("Bring a file"),
            form=form,
            view=self,
            columns={kind: [one for one in columns if one.read] for kind, columns in COLUMNS.items()},
            most_rows=steps.MOST_ROWS,
            most_megabytes=MOST_MEGABYTES,
        )
        return page, 422 if form.errors else 200

    @expose("/sample/<noun>/<kind>", methods=["GET"])
    @has_access
    def sample(self, noun: str, kind: str) -> Any:
        """A small file as it should be, with invented people."""
        if noun not in set(ImportKind) or kind not in ("xlsx", "csv"):
            abort(404)
        if ImportKind(noun) in registers.BROUGHT:
            titles, *rows = declared.sample(registers.BROUGHT[ImportKind(noun)])
            return download(noun, kind, titles, iter(rows))
        return send_from_directory(config.ROOT / "samples", f"{noun}.{kind}", as_attachment=True)

    @expose("/take/<noun>/<kind>", methods=["POST"])
    @has_access
    def take(self, noun: str, kind: str) -> Any:
        """What is recorded, as a file that can be brought in again; that it was taken is on record."""
        if noun not in set(ImportKind) or kind not in writing.KINDS:
            abort(404)
        if personal_data.masks():  # a file of people as they are: only for whom nothing of them is kept back
            abort(403)
        what = ImportKind(noun)
        rows = db.session.scalar(select(func.count()).select_from(TAKEN[what])) or 0
        with transaction():
            user = db.session.get_one(User, g.actor.user_id)
            accounts.export(user, f"imports/{noun}", {}, rows, by=g.actor, at=now())
        return download(f"{noun}-{local_day(now())}", kind, export.titles(what), export.rows(what))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """How far it is, what would follow or what became of it, and what is wrong in which cell."""
        run = self.load(pk)
        return self.render_template(
            "pages/import_run.html",
            title=personal_data.of(run, "file_name"),
            run=run,
            facts=_facts(run),
            problems=[one for one in _some(run, warning=False) if one.sentence not in CHOICES],
            questions=_questions(run),
            choices=CHOICES,
            may_answer=run.user_id == g.actor.user_id,
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
        if g.actor.role not in VERBS[ImportRun]["ask"].roles:
            return download(f"import-{run.id}", kind, titles, _problems(run.id, with_cells=False))
        return download(f"import-{run.id}", kind, [*titles, _("What stands there")], _problems(run.id, with_cells=True))

    @expose("/answer/<pk>", methods=["POST"])
    @has_access
    def answer(self, pk: str) -> Any:
        """Whoever brought the file answers what it asks, and it is tried again."""
        run = self.load(pk)
        said = {one.facts["key"]: request.form.get(f"answer-{one.id}", "") for one in _questions(run)}
        known = {one.facts["key"]: CHOICES[one.sentence] for one in _questions(run)}
        answers = {key: choice for key, choice in said.items() if choice in known[key]}
        if not answers:
            flash(_("Choose an answer."), "danger")
        else:
            attempt(lambda: imports.answer(run, answers, by=g.actor, at=now()) or True)
        return redirected(url_for("ImportRunView.show", pk=run.id))

    def possible(self, row: ImportRun) -> list[str]:
        """Whoever brought the file has it brought in, if nothing is wrong in it and it would change anything."""
        ready = row.stage is ImportStage.tried and not row.problems and row.added + row.changed > 0
        return ["start"] if ready and row.user_id == g.actor.user_id else []

    def start(self, rows: Sequence[ImportRun]) -> Any:
        """The official has seen what would follow and says yes."""
        for run in rows:
            attempt(lambda run=run: imports.start(run, by=g.actor, at=now()) or True)
        return redirected(url_for("ImportRunView.show", pk=rows[0].id))

    verbs = {"start": start}
    grants = {
        "can_answer": VERBS[ImportRun]["answer"].roles,
        "can_begin": VERBS[ImportRun]["ask"].roles,
        "can_take": VERBS[ImportRun]["ask"].roles,
        "can_sample": VERBS[ImportRun]["ask"].roles,
        "can_problems": WATCHING,
    }


def _ask(form: FileForm) -> ImportRun:
    """The run of a file that was found to be a table."""
    name = PurePosixPath((form.file.data.filename or "").replace("\\", "/")).name
    return imports.ask(
        ImportKind(form.kind.data),
        form.content,
        file_name="".join(letter for letter in name if letter.isprintable())[-200:] or "—",
        district_id=form.place.data.id if form.place.data else None,
        by=g.actor,
        at=now(),
    )


def _facts(run: ImportRun) -> list[tuple[str, Any]]:
    """What was brought, by whom and when, as far as there is something to say."""
    facts = {
        _("What the rows are"): run.kind,
        _("Rows"): run.rows or None,
        _("Sheet"): personal_data.of(run, "sheet"),
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


def _questions(run: ImportRun) -> Sequence[ImportProblem]:
    """What the file asks."""
    return db.session.scalars(_of(run.id).where(ImportProblem.sentence.in_(CHOICES))).all()


def _problems(run_id: int, with_cells: bool) -> Iterator[Sequence[Any]]:
    """The rows of the file of problems; they are read while they are sent."""
    for one in db.session.scalars(_of(run_id).execution_options(yield_per=1000)):
        kind = _("warning") if one.warning else _("question") if one.sentence in CHOICES else _("problem")
        yield [words.cell_of(one), kind, words.problem(one), *([one.value or ""] if with_cells else [])]
