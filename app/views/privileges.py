"""S2 («Изменить льготность»), S3: how a family's privilege and the paper that proves it are typed in."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.privileges import Paper
from app.models import PrivilegeGround
from app.now import now
from app.rules.calendar import local_day
from app.views import forms

FIELDS = ["ground", "paper_title", "paper_number", "paper_issued_by", "paper_issued_on"]


def come(_form: Any, field: Any) -> None:
    """A day that has come."""
    if field.data and field.data > local_day(now()):
        raise forms.ValidationError(_("This day is still to come."))


class GroundForm(forms.Form):
    """A ground with one paper: both or neither."""

    ground = forms.one_of(_l("Ground of the privilege"), PrivilegeGround, required=False)
    paper_title = forms.text(_l("Paper that proves it"), required=False)
    paper_number = forms.text(_l("Number of the paper"), longest=60, required=False)
    paper_issued_by = forms.text(_l("Who issued the paper"), required=False)
    paper_issued_on = forms.a_day(_l("Day of issue"), required=False)

    def validate_paper_issued_on(self, field: Any) -> None:
        come(self, field)

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        return self._together() and good

    def _together(self) -> bool:
        said = [self[name] for name in FIELDS if self[name].data]
        needed = [self.ground, self.paper_title, self.paper_issued_on] if said else []
        missing = [field for field in needed if not field.data and not field.errors]
        for field in missing:
            field.errors = [str(forms.REQUIRED)]
        return not missing

    def papers(self) -> list[Paper]:
        """The paper that was brought, as the action takes it."""
        if not self.ground.data:
            return []
        return [
            Paper(
                self.paper_title.data,
                self.paper_issued_on.data,
                self.paper_number.data,
                self.paper_issued_by.data,
            )
        ]


class ClaimForm(GroundForm):
    """A claim of its own, at the counter: the ground is what the family came for."""

    paper_on = forms.a_day(_l("Day of the signed paper"))

    def validate_paper_on(self, field: Any) -> None:
        come(self, field)

    def _together(self) -> bool:
        if self.ground.data or self.ground.errors:
            return super()._together()
        self.ground.errors = [str(forms.REQUIRED)]
        return False
