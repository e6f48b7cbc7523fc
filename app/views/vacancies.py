"""Free places: drafted, published and closed by the head of the kindergarten or an official of the district."""

from flask import g
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.actions import vacancies
from app.models import Intake, KgGroup, Kindergarten, Vacancy
from app.now import now
from app.permissions import Role
from app.views import forms
from app.views.asking import ask, asked, done
from app.views.base import BaseView
from app.views.lists import Records

READERS = frozenset({Role.department, Role.specialist, Role.head, Role.operator, Role.auditor})
GROUPS = (
    select(KgGroup)
    .join(Kindergarten)
    .options(joinedload(KgGroup.kindergarten))
    .order_by(Kindergarten.search_name, KgGroup.name)
)


class VacancyForm(forms.Form):
    group = forms.row_of(_l("Group"), GROUPS)
    intake = forms.one_of(_l("Admission regime"), Intake)
    places = forms.number(_l("Places"), 1, 999)
    ends_on = forms.a_day(_l("Last day of a temporary stay"), required=False)


class VacancyView(BaseView):
    route_base = "/vacancies"
    subject, readers = Vacancy, READERS
    datamodel = Records(Vacancy, joinedload(Vacancy.group).joinedload(KgGroup.kindergarten))
    list_title, show_title = _l("Vacancies"), _l("Vacancy")
    add_title, edit_title = _l("Draft a vacancy"), _l("Change a vacancy")
    list_columns = ["group", "intake", "places", "ends_on", "status", "published_at"]
    show_columns = [*list_columns, "closed_at"]
    order_columns = ["places", "ends_on", "published_at"]
    search_columns = ["status", "intake"]
    base_order = ("id", "desc")
    add_form = edit_form = VacancyForm
    add_columns = edit_columns = ["group", "intake", "places", "ends_on"]
    label_columns = {
        "group": _l("Group"),
        "intake": _l("Admission regime"),
        "places": _l("Places"),
        "ends_on": _l("Last day of a temporary stay"),
        "status": _l("Status"),
        "published_at": _l("Published"),
        "closed_at": _l("Closed"),
    }

    def publish(self, rows):
        """S1: the places become free for the queue."""
        return self._each("publish", vacancies.publish, rows)

    def close(self, rows):
        """Spec 3.8: free places are taken back."""
        return self._each("close", vacancies.close, rows)

    def _each(self, verb, act, rows):
        if not asked(verb):
            return ask(self, verb, rows)
        return done(self, rows, lambda row: act(row, by=g.actor, at=now()))

    verbs = {"publish": publish, "close": close}
    bulk = ("publish", "close")
