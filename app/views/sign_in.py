"""Signing in by user name and password, signing out, and changing the own password.

What an account asks besides is in second_factor.py.
"""

from typing import Any

from flask import flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user, logout_user
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from app.access import login_limits, sent_forms
from app.actions import accounts, second_factors
from app.db.database import transaction
from app.db.extensions import db
from app.models import User
from app.now import now
from app.views import forms, kept_forms
from app.views.base import answer, attempt, own_page, page
from app.views.sessions import enter, leave

LENGTH = Length(accounts.SHORTEST, accounts.LONGEST)


class OwnPassword(forms.Form):
    """Whoever only found an open browser does not know the old one."""

    current = PasswordField(_l("Your password now"), [InputRequired(forms.REQUIRED)])
    new = PasswordField(_l("New password"), [InputRequired(forms.REQUIRED), LENGTH])
    again = PasswordField(_l("The new password again"), [InputRequired(forms.REQUIRED)])

    def validate_new(self, field: Any) -> None:
        if field.data == self.current.data:
            raise forms.ValidationError(_("This is the old one."))

    def validate_again(self, field: Any) -> None:
        if field.data != self.new.data:
            raise forms.ValidationError(_("It is not the same as above."))


class SignIn(AuthDBView):
    """What is open to everybody. Leaving is a POST, like everything that changes something."""

    login_template = "pages/sign_in.html"

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self):
        """Then on to where the person wanted to go. A wrong name or password is said, and the name stays typed."""
        to = own_page(request.args.get("next", "").removeprefix(request.host_url[:-1]))
        if current_user.is_authenticated:
            return redirect(to)
        if request.method == "GET" and session.found is not None and session.found.waits:
            return redirect(url_for("second_factor.code", next=to))
        form, seconds = LoginForm_db(), 0
        if form.validate_on_submit():
            known, seconds = checked(form.username.data, form.password.data)
            if known is not None:
                whole = _let_in(known, form.password.data)
                return redirect(to if whole else url_for("second_factor.code", next=to))
            flash(too_often(seconds) if seconds else str(self.invalid_login_message), "danger")
        status = 200 if request.method == "GET" else 429 if seconds else 422
        return with_wait(page(self.login_template, status, username=form.username.data or ""), seconds)

    @expose("/logout/", methods=["POST"])
    def logout(self):
        """Certain, or it is said that it was not: a row that could not be removed leaves everything as it is."""
        leave()
        logout_user()
        session.clear()
        return redirect(url_for("HomeView.index"))

    @expose("/kept/", methods=["GET"])
    @no_cache
    def kept(self):
        """What the account had typed when its session was over, in its own form."""
        if g.actor is None:
            return redirect(url_for("SignIn.login", next=url_for("SignIn.kept")))
        if (found := kept_forms.shown(g.actor.user_id)) is not None:
            return found
        flash(_("Nothing that you typed is kept any more."), "warning")
        return redirect(url_for("HomeView.index"))

    @expose("/password/", methods=["GET", "POST"])
    @no_cache
    def password(self):
        """The own password, for anybody signed in; the present one is asked for, within the limits of sign-in."""
        if g.actor is None:
            return redirect(url_for("SignIn.login"))
        form, seconds = OwnPassword(), 0
        if form.validate_on_submit():
            known, seconds = checked(current_user.username, form.current.data)
            version = attempt(lambda: self._change(form.new.data), form) if known is not None else None
            if version is not None:
                with_factor = session.found.has_factor  # else nobody would be here
                enter(db.session.get_one(User, known.user_id), version, with_factor=with_factor)
                flash(_("The password is changed. Whoever else was signed in with the old one is out."), "success")
                return answer(url_for("SignIn.kept" if sent_forms.is_kept(known.user_id) else "HomeView.index"))
            if known is None:
                form.current.errors = [too_often(seconds) if seconds else _("This is not your password.")]
        status = 429 if seconds else 422 if form.errors else 200
        facts = {"form": form, "title": _("Change the password")}
        return with_wait(page("pages/password.html", status, **facts), seconds)

    def _change(self, new: str) -> int:
        user = db.session.get_one(User, g.actor.user_id)
        return accounts.change_password(user, new, by=g.actor, at=now())


def checked(name: str, password: str) -> tuple[accounts.SignInFacts | None, int]:
    """The account, if this is its password; else None, and the seconds until another try (0: now)."""
    known = accounts.find(name)
    db.session.rollback()  # nobody else waits for us while the password is worked on
    account = str(known.user_id or f"name {name.casefold()}")
    if seconds := login_limits.wait(account, request.remote_addr):
        return None, seconds
    if not accounts.is_password(known, password):
        login_limits.failed(request.remote_addr)
        return None, 0
    login_limits.succeeded(account)
    return known, 0


def too_often(seconds: int) -> str:
    """How long to wait, in words."""
    if seconds <= 90:
        wait = ngettext("%(num)d second", "%(num)d seconds", seconds)
    else:
        wait = ngettext("%(num)d minute", "%(num)d minutes", -(-seconds // 60))
    return _("Too many tries. Try again in %(wait)s.", wait=wait)


def _let_in(known: accounts.SignInFacts, password: str) -> bool:
    """Begin a session; is it all that the account asks? With a second factor nobody is signed in by a password."""
    with transaction():
        user = db.session.get_one(User, known.user_id)
        accounts.keep_hash(user, password)
        whole = not second_factors.is_set(user.id)
        if whole:
            accounts.signed_in(user, at=now())
    enter(user, known.version)
    return whole


def with_wait(answered: tuple[str, int], seconds: int) -> Any:
    """A page that says how long to wait, for machines too."""
    return (*answered, {"Retry-After": str(seconds)}) if seconds else answered
