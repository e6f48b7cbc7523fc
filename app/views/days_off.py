"""The calendar as officials keep it: days off and moved working days, by decree, approved by a second official."""

from flask_babel import gettext as _

from app.db.extensions import db
from app.models import DayOff
from app.registers.days_off import DAYS_OFF
from app.rules.norms import days_in_force
from app.views import approval, filters
from app.views.rendering import tag


def kind_of_day(row):
    """A working day that was moved, or a day off."""
    return tag("published", _("Working day")) if row.working else _("Day off")


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
            found["approved_at"] = lambda: tag("archived", _("Replaced by a later one"))
        return {
            **found,
            "estimated": lambda: tag("draft", _("Estimated")) if row.estimated else False,
            "working": lambda: kind_of_day(row),
        }


class DayOffView(approval.ApprovedView):
    register, rows = DAYS_OFF, Days
    more_filters = {"mine": filters.MINE[DayOff]}

    def load(self, pk):
        return self.datamodel.loaded([super().load(pk)])[0]
