"""The calendar as officials keep it: days off and moved working days, by decree, approved by a second official."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.db.extensions import db
from app.models import DayOff
from app.rules.norms import days_in_force
from app.views import approval, filters, forms
from app.views.rendering import tag


def kind_of_day(row):
    """A working day that was moved, or a day off."""
    return tag("published", _("Working day")) if row.working else _("Day off")


class DayOffForm(forms.Form):
    day = forms.a_day(_l("Day"))
    working = forms.yes(_l("A working day (moved)"))
    name = forms.text(_l("Name"))
    decree = forms.text(_l("Decree number"))


class Days(approval.Dated):
    """Days with what holds of them: of several approved rows of one day the last approved one."""

    def loaded(self, rows):
        """The same rows, with `replaced` where a later approved one holds."""
        days = {row.day for row in rows}
        hold = {row.id for row in db.session.scalars(days_in_force().where(DayOff.day.in_(days)))}
        for row in rows:
            row.replaced = row.approved_at is not None and row.id not in hold
        return rows

    def in_words(self, row):
        found = super().in_words(row)
        if row.replaced:
            found["approved_at"] = tag("archived", _("Replaced by a later one"))
        estimated = tag("draft", _("Estimated")) if row.estimated else False
        return {**found, "estimated": estimated, "working": kind_of_day(row)}


class DayOffView(approval.ApprovedView):
    route_base = "/days-off"
    subject, readers = DayOff, approval.READERS
    datamodel = Days(DayOff)
    list_title, show_title = _l("Days off"), _l("Day off")
    add_title, edit_title = _l("Add a day"), _l("Change a day")
    list_columns = ["day", "name", "working", "estimated", "decree", "approved_at"]
    show_columns = [*list_columns, "entered_by"]
    order_columns = ["day"]
    search_columns, more_filters = ["approved_at", "working", "estimated"], {"mine": filters.MINE[DayOff]}
    base_order = ("day", "desc")
    add_form = edit_form = DayOffForm
    add_columns = edit_columns = ["day", "working", "name", "decree"]
    label_columns = {
        "day": _l("Day"),
        "name": _l("Name"),
        "working": _l("Working or off"),
        "estimated": _l("Estimated"),
        "decree": _l("Decree number"),
        **approval.LABELS,
    }

    def load(self, pk):
        return self.datamodel.loaded([super().load(pk)])[0]
