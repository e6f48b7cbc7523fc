"""The history and the notices: everybody in whose scope they lie may read them, nobody changes them."""

from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from app.access import personal_data
from app.models import Application, Change, Notice
from app.permissions import Role
from app.views import words
from app.views.base import BaseView
from app.views.cells import tag
from app.views.rows import Records, attribute

READERS = frozenset({Role.department, Role.specialist, Role.head, Role.auditor})


class Changes(Records):
    """The history in words: verbs, records, statuses and roles as people call them."""

    def get_values_item(self, row, columns):
        in_words = {
            "verb": words.happened(row.verb, row.subject),
            "subject": str(words.SUBJECTS.get(row.subject, row.subject)),
            "status_from": _status(row.subject, row.status_from),
            "status_to": _status(row.subject, row.status_to),
            "role": words.role(row.role),
            "reason": words.reason(row.reason),
            "details": personal_data.facts(row.subject, row.application_id, row.details),
        }
        return [in_words.get(name, attribute(row, name)) for name in columns]


def _status(subject: str, value: str | None) -> Markup | None:
    return tag(value, words.status(subject, value)) if value else None


class HistoryView(BaseView):
    route_base = "/history"
    subject, readers = Change, READERS
    datamodel = Changes(Change, joinedload(Change.user), joinedload(Change.application))
    list_title, show_title = _l("History"), _l("A change")
    list_columns = ["at", "verb", "subject", "application", "status_from", "status_to", "role", "user", "reason"]
    show_columns = [
        "at",
        "effective_on",
        "verb",
        "subject",
        "application",
        "status_from",
        "status_to",
        "role",
        "user",
        "for_family",
        "paper_on",
        "reason",
        "norm",
        "details",
    ]
    order_columns, sorted_as = ["at"], {"at": "id"}
    base_order = ("id", "desc")
    label_columns = {
        "at": _l("When"),
        "effective_on": _l("Counts from"),
        "verb": _l("What"),
        "subject": _l("Record"),
        "application": _l("Application"),
        "status_from": _l("Before"),
        "status_to": _l("After"),
        "role": _l("As"),
        "user": _l("Who"),
        "for_family": _l("For the family, at the counter"),
        "paper_on": _l("Day of the signed paper"),
        "reason": _l("Reason"),
        "norm": _l("Norm"),
        "details": _l("Details"),
    }


class Notices(Records):
    """Notices with their sentence in the reader's language."""

    def get_values_item(self, row, columns):
        return [words.notice(row) if name == "sentence" else attribute(row, name) for name in columns]


class NoticeView(BaseView):
    route_base = "/notices"
    subject, readers = Notice, READERS | {Role.operator}
    datamodel = Notices(Notice, joinedload(Notice.application).joinedload(Application.child))
    list_title, show_title = _l("Notices"), _l("Notice")
    list_columns = ["at", "audience", "application", "sentence"]
    show_columns = list_columns
    order_columns, sorted_as = ["at"], {"at": "id"}
    search_columns = ["audience"]
    base_order = ("id", "desc")
    label_columns = {
        "at": _l("When"),
        "audience": _l("To whom"),
        "application": _l("Application"),
        "sentence": _l("Notice"),
    }
