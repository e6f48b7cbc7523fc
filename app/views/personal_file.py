"""All that is kept of a person, on its request: found by its IIN, as one file (actions/handing_out.py)."""

from typing import Any

from flask import g, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import words
from app.actions import handing_out
from app.db.database import transaction
from app.models import Application
from app.now import now
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.views import forms
from app.views.base import BaseView, page
from app.views.downloads import sent_archive
from app.views.paging import Records


class PersonForm(forms.Form):
    """Who asks has shown who it is: which paper was looked at is a reason."""

    iin = forms.an_iin(_l("IIN"))
    reason = forms.lines(_l("Reason"))


class PersonalFileView(BaseView):
    """The IIN is posted and stands in no address."""

    route_base = "/personal-file"
    subject, readers = Application, frozenset({Role.department})
    datamodel = Records(Application)
    list_title = _l("All that is kept of a person")
    base_order = None

    @classmethod
    def routes(cls) -> set[str]:
        return {"list", "take"}

    @expose("/")
    @has_access
    def list(self) -> Any:
        return self._page(PersonForm(formdata=None))

    @expose("/take/", methods=["GET", "POST"])
    @has_access
    @permission_name("list")
    def take(self) -> Any:
        """As often as somebody wants, as a list is taken away: each time on record."""
        if request.method == "GET":  # the page of what could not be taken, loaded again
            return self.list()
        form, at = PersonForm.refresh(), now()
        if form.validate():
            try:
                with transaction():
                    found = handing_out.hand_out(form.iin.data, by=g.actor, at=at, reason=form.reason.data)
                if found is not None:
                    return sent_archive(f"personal-{local_day(at)}", found)
                form.iin.errors = [_("Nothing is kept of a person with this IIN within your reach.")]
            except Refusal as refusal:
                if refusal.reason is Reason.factor_required:
                    raise  # asked for on a page of its own, which sends the same again
                form.form_errors = [words.refusal(refusal)]
        return self._page(form)

    def _page(self, form: PersonForm) -> Any:
        return page("pages/personal_file.html", 422 if form.errors else 200, form=form, title=self.list_title)
