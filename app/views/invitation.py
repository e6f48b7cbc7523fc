"""The page behind the link that an account's owner gets by e-mail: for anybody who has it, once (ADR 37)."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app import words
from app.access import login_limits
from app.actions import invitations
from app.actions.records import Invalid
from app.db.database import transaction
from app.db.viewer import unscoped
from app.now import now
from app.rules.refusals import Refusal
from app.views import forms
from app.views.base import page
from app.views.sign_in import LENGTH

blueprint = Blueprint("invitation", __name__)


class NewPassword(forms.Form):
    """Chosen by the owner alone."""

    new = PasswordField(_l("New password"), [InputRequired(forms.REQUIRED), LENGTH])
    again = PasswordField(_l("The new password again"), [InputRequired(forms.REQUIRED)])

    def validate_again(self, field: Any) -> None:
        if field.data != self.new.data:
            raise forms.ValidationError(_("It is not the same as above."))


@blueprint.route("/invitation/<key>", methods=["GET", "POST"])
def invitation(key: str) -> Any:
    """Set the password, and then sign in with it and with whatever else the account asks. 404 for a link that opens
    nothing, with what to do.
    """
    with unscoped():
        found = invitations.whose(key, at=now())
        whose = found and (found[1].get_full_name(), found[1].username, found[0].expires_at)
    if not whose:
        return _shown(404, whose=None, form=None)
    form = NewPassword()
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                user = invitations.set_password(key, form.new.data, at=now())
                tries = str(user.id)
        except Invalid as invalid:
            form[invalid.field].errors = [words.invalid(invalid)]
        except Refusal:  # by another one, a moment ago
            return _shown(404, whose=None, form=None)
        else:
            login_limits.succeeded(tries)
            flash(_("The password is set. Sign in with it now."), "success")
            return redirect(url_for("SignIn.login"), code=303)
    return _shown(422 if form.errors else 200, whose=whose, form=form)


def _shown(status: int, **facts: Any) -> Any:
    """Kept by no browser and told to nobody: its address is the link."""
    answer = make_response(page("pages/invitation.html", status, title=_("Set the password"), **facts))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
