"""Work that goes on by itself: what waits, is under way or failed, and why; tried again or cancelled by people."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import current_app, g, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from redis import RedisError
from sqlalchemy.orm import joinedload

from app import words
from app.actions.possible import ACTS, verbs_of_record
from app.db.extensions import db, redis
from app.db.viewer import unscoped
from app.models import AccountLetter, BulkRun, Delivery, Document, Notice, Outbox
from app.now import now
from app.rules import work
from app.rules.verbs import KEEPERS
from app.views import filters, location
from app.views.base import BaseView
from app.views.confirmation import by_row
from app.views.paging import Records


class Jobs(Records):
    """Work in words."""

    def in_words(self, row: Outbox) -> dict[str, Callable[[], Any]]:
        return {
            "job": lambda: words.job(row.job),
            "about": lambda: _about(row),
            "state": lambda: words.state(work.state(row)),
            "error": lambda: words.failure(row.error),
            "progress": lambda: _progress(row.bulk_run),
        }


def _about(row: Outbox) -> Any:
    """The record that it is about, with the way to its page where the reader may open it."""
    if row.document is not None and row.document.round is not None:
        return _way("RoundView", row.document.round_id, row.document.round)
    if row.document is not None and row.document.seal is not None:
        return _way("DailyProtocolView", row.document_id, row.document)
    if row.document is not None:
        return _way("ApplicationView", row.document.application_id, row.document.application)
    if row.delivery is not None:
        return _way("DeliveryView", row.delivery_id, row.delivery.notice.application)
    if row.client is not None:
        return _way("ClientView", row.client_id, row.client)
    if row.letter is not None:
        return _way("UserView", row.letter.user_id, row.letter.user)
    if row.bulk_run is not None:
        return _way("BulkRunView", row.bulk_run_id, row.bulk_run)
    return _way("ImportRunView", row.import_run_id, row.import_run) if row.import_run is not None else None


def _way(view: str, pk: Any, one: Any) -> Any:
    """None where it lies beyond the reader's reach, or the role knows nothing of such."""
    if one is None or not current_app.appbuilder.sm.has_access("can_show", view):
        return None
    return Markup('<a href="{}">{}</a>').format(url_for(f"{view}.show", pk=pk), words.name(one))


def _progress(run: BulkRun | None) -> str | None:
    if run is None:
        return None
    return f"{words.number(run.done + run.refused + run.skipped)} / {words.number(run.selected)}"


class JobView(BaseView):
    route_base = "/jobs"
    subject, readers = Outbox, KEEPERS
    datamodel = Jobs(
        Outbox,
        joinedload(Outbox.document).joinedload(Document.application),
        joinedload(Outbox.delivery).joinedload(Delivery.notice).joinedload(Notice.application),
        joinedload(Outbox.bulk_run),
        joinedload(Outbox.client),
        joinedload(Outbox.import_run),
        joinedload(Outbox.letter).joinedload(AccountLetter.user),
    )
    show_title = _l("Work")
    list_template = "pages/jobs.html"
    list_columns = ["asked_at", "job", "about", "state", "progress", "attempts", "not_before", "error"]
    show_columns = list_columns
    order_columns, sorted_as = ["asked_at"], {"asked_at": "id"}
    more_filters = {"state": filters.one_of(work.STATES, words.state)}
    base_order = ("id", "desc")

    def filters(self) -> Sequence[str]:
        """Not by district: each kind of work lies in one by another way."""
        return [name for name in super().filters() if name not in location.ENDS]

    def where(self, asked: Any) -> list[Any]:
        """What is done is looked for by name alone."""
        return super().where(asked) or [Outbox.done_at.is_(None)]

    def render_template(self, template: str, **facts: Any) -> Any:
        if template == self.list_template:
            facts["standing"] = db.session.execute(work.standing()).one()
            facts["stands_still"] = not _answers()
        return super().render_template(template, **facts)

    def possible(self, row: Outbox) -> list[str]:
        with unscoped():
            return verbs_of_record(row, by=g.actor, at=now())

    bulk = tuple(ACTS[Outbox])
    verbs = by_row(*bulk)


def _answers() -> bool:
    """Is the queue server there? Without it all work waits, and is done when it is back."""
    try:
        return bool(redis().ping())
    except (RedisError, OSError):
        return False
