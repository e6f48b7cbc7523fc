"""What one official has asked for and another one decides (spec 3.8): of applications, bulk runs, norms and orders."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from flask import current_app, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from app import words
from app.actions import proposals
from app.db.viewer import unscoped
from app.models import Application, BulkRun, Proposal
from app.now import now
from app.rules.roles import WATCHING
from app.views import as_shown, filters
from app.views.base import BaseView
from app.views.confirmation import ask, confirmed, done
from app.views.paging import Records
from app.views.rendering import shown


class Proposals(Records):
    """What is asked for and about which record, in words, with the way to it."""

    def in_words(self, row: Proposal) -> dict[str, Callable[[], Any]]:
        return {"verb": lambda: words.verb(row.verb, row.subject), "subject": lambda: about(row)}


class ProposalView(BaseView):
    route_base = "/proposals"
    subject, readers = Proposal, WATCHING
    datamodel = Proposals(
        Proposal,
        joinedload(Proposal.application).joinedload(Application.child),
        joinedload(Proposal.asked_by),
        joinedload(Proposal.decided_by),
    )
    show_title = _l("Asked of a second person")
    list_columns = ["verb", "subject", "application.child", "reason", "asked_at", "asked_by"]
    show_columns = [*list_columns, "approved", "decided_at", "decided_by"]
    order_columns, sorted_as = ["asked_at"], {"asked_at": "id"}
    base_order = ("id", "asc")
    more_filters: ClassVar = {"mine": filters.MINE[Proposal]}

    def possible(self, row: Proposal) -> list[str]:
        """Whoever asked does not decide, nobody decides twice, and to what cannot be done any more one says no."""
        return answers(row)

    def where(self, asked: Any) -> list[Any]:
        return [*super().where(asked), Proposal.decided_at.is_(None)]

    def approve(self, rows: Any) -> Any:
        """Spec 3.8: another official says yes to what the page has shown, and it is done."""
        if not confirmed("approve") or as_shown.unseen(rows):
            details = [in_full(row) for row in rows]
            return ask(
                self, "approve", rows, as_shown.unseen(rows), details=details, hidden=as_shown.shown_of(rows, shows)
            )
        return done(self, rows, self._approve)

    def _approve(self, row: Proposal) -> None:
        as_shown.still_as_shown(row, shows)
        proposals.decide(row, approved=True, by=g.actor, at=now())

    def reject(self, rows: Any) -> Any:
        """Or no, and nothing else happens."""
        if not confirmed("reject"):
            return ask(self, "reject", rows, details=[in_full(row) for row in rows])
        return done(self, rows, lambda row: proposals.decide(row, approved=False, by=g.actor, at=now()))

    verbs = {"approve": approve, "reject": reject}


def shows(row: Proposal) -> Sequence[Any]:
    """What a page that asks shows: the proposal, the record that it is about, a child and whoever applied for it, and
    all of that in words."""
    of = row.application
    people = (of.child, of.applicant) if of else ()
    return row, proposals.subject_of(row), *people, in_full(row)


def about(row: Proposal) -> Any:
    """The record that a proposal is about, with the way to its page; one that is gone is named by its number."""
    record = proposals.subject_of(row)
    if record is None:
        return f"{words.SUBJECTS.get(row.subject, row.subject)} № {row.subject_id}"
    name = words.name(record)
    if isinstance(record, BulkRun):
        name = f"{words.verb(record.verb, record.subject)}: {words.number(record.selected)}"
    shows = (v for v in current_app.appbuilder.baseviews if isinstance(v, BaseView) and "show" in v.routes())
    view = next((v for v in shows if v.subject is type(record)), None)
    if view is None or not current_app.appbuilder.sm.has_access("can_show", view.class_permission_name):
        return name
    return Markup('<a href="{}">{}</a>').format(url_for(f"{view.endpoint}.show", pk=record.id), name)


def in_full(row: Proposal) -> Markup:
    """All that whoever decides has to know, in one line: what, about which record, why, by whom, what will follow."""
    record = proposals.subject_of(row)
    facts = [
        (_("What"), words.verb(row.verb, row.subject)),
        (_("About"), about(row)),
        (_("Child"), row.application.child if row.application else None),
        (_("Selected"), record.selected if isinstance(record, BulkRun) else None),
        (_("Can be done"), record.feasible if isinstance(record, BulkRun) else None),
        (_("Reason"), row.reason),
        (_("Asked by"), row.asked_by),
    ]
    said = Markup("; ").join(Markup("{}: {}").format(name, shown(value)) for name, value in facts if value is not None)
    return said + ". " + _follows(row, record)


def _follows(row: Proposal, record: Any) -> str:
    """What the yes will bring about: of a bulk run what its verb does to each record."""
    if isinstance(record, BulkRun):
        return words.follows(record.verb, record.subject)
    return words.done_then(row.verb, row.subject)


def answers(row: Proposal | None) -> list[str]:
    """How the reader may answer, by its verbs; none for who asked, or where there is nothing to answer."""
    with unscoped():
        return proposals.answers(row, by=g.actor, at=now())
