"""What one of the department has asked for and a second one decides: may this application come back (spec 3.8)?"""

from flask import g
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.actions import reinstatements
from app.models import Application, Reinstatement
from app.now import now
from app.permissions import Role
from app.views.asking import ask, asked, done
from app.views.base import BaseView
from app.views.rows import Records

READERS = frozenset({Role.department, Role.auditor})


class ReinstatementView(BaseView):
    route_base = "/reinstatements"
    subject, readers = Reinstatement, READERS
    datamodel = Records(
        Reinstatement,
        joinedload(Reinstatement.application).joinedload(Application.child),
        joinedload(Reinstatement.asked_by),
    )
    list_title, show_title = _l("Waiting for a second person"), _l("Return to the queue")
    list_columns = ["application", "application.child", "application.status", "reason", "asked_at", "asked_by"]
    show_columns = [*list_columns, "approved", "decided_at"]
    order_columns, sorted_as = ["asked_at"], {"asked_at": "id"}
    base_order = ("id", "asc")
    label_columns = {
        "application": _l("Application"),
        "application.child": _l("Child"),
        "application.status": _l("Status"),
        "reason": _l("Reason"),
        "asked_at": _l("Asked"),
        "asked_by": _l("Asked by"),
        "approved": _l("Return allowed"),
        "decided_at": _l("Decided"),
    }

    def possible(self, row):
        """Whoever asked does not decide, and nobody decides twice."""
        return list(self.verbs) if may_decide(row) else []

    def where(self, asked):
        return [*super().where(asked), Reinstatement.decided_at.is_(None)]

    def approve(self, rows):
        """Spec 3.8: the second person says yes, and the application waits again."""
        return self._each("approve", rows, approved=True)

    def reject(self, rows):
        """Or no, and nothing else happens."""
        return self._each("reject", rows, approved=False)

    def _each(self, verb, rows, *, approved):
        if not asked(verb):
            return ask(self, verb, rows)
        return done(self, rows, lambda row: reinstatements.decide(row, approved=approved, by=g.actor, at=now()))

    verbs = {"approve": approve, "reject": reject}


def may_decide(row: Reinstatement | None) -> bool:
    """Is this open, and did somebody else ask for it?"""
    return row is not None and row.decided_at is None and row.asked_by_id != g.actor.user_id
