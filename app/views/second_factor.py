"""The second factor of officials (docs/adr/0037-accounts.md): set up, asked for at the door and for what reaches far.

What is refused for want of it shows a page that asks for a code and sends the same again with it.
"""

from typing import Any

from flask import Blueprint, Flask, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.access import login_limits, second_factor, sent_forms, sessions
from app.actions import accounts, second_factors
from app.db.database import transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import User
from app.now import now
from app.rules.refusals import Reason, Refusal
from app.views import forms, refused_forms
from app.views.base import answer, attempt, own_page, page
from app.views.form_keys import KEY
from app.views.security import actor_of, needs_factor, set_up_first
from app.views.sessions import enter
from app.views.sign_in import checked, too_often, with_wait

CODE = "authenticator_code"
LONGEST = 40  # characters of a code, with whatever stands between them
WRONG = _l("This code is none, or was used already. An authenticator shows the next one within half a minute.")

blueprint = Blueprint("second_factor", __name__)


class CodeForm(forms.Form):
    """The first code of a new authenticator."""

    authenticator_code = forms.text(_l("Code from the authenticator"), LONGEST)


class BeginForm(forms.Form):
    """Whoever only found an open browser does not know the password."""

    current = PasswordField(_l("Your password now"), [InputRequired(forms.REQUIRED)])


def register(app: Flask) -> None:
    """After whoever looks is known, before the forms are taken up."""
    app.before_request(set_up_first)
    app.before_request(_proven)
    app.register_error_handler(Refusal, _asked_again)
    app.register_blueprint(blueprint)


# ---------------------------------------------------------------- at the door


@blueprint.route("/login/code/", methods=["GET", "POST"])
def code() -> Any:
    """The password was right; nobody is signed in before this is, too."""
    to, found, seconds = own_page(request.args.get("next", "")), session.found, 0
    if g.actor is not None:
        return redirect(to)
    if found is None or not found.waits:
        return redirect(url_for("SignIn.login", next=to))
    if request.method == "POST":
        right, seconds = _is_right(found.user_id)
        if right:
            with transaction():
                user = db.session.get_one(User, found.user_id)
                accounts.signed_in(user, at=now())
            enter(user, found.version, with_factor=True)
            return redirect(to)
    problem = _problem(seconds) if request.method == "POST" else ""
    status = 200 if request.method == "GET" else 429 if seconds else 422
    return with_wait(page("pages/code.html", status, title=_("Second factor"), problem=problem), seconds)


def _is_right(user_id: int) -> tuple[bool, int]:
    """Is the code that came the account's? Its tries are counted as those of a password are, by account and address.

    Else the seconds until another try (0: now).
    """
    typed, tries, address = request.form.get(CODE, "")[:LONGEST], f"factor {user_id}", request.remote_addr
    if seconds := login_limits.wait(tries, address):
        return False, seconds
    with transaction():
        right = second_factors.take(db.session.get_one(User, user_id), typed, at=now())
    if right:
        login_limits.succeeded(tries)
    else:
        login_limits.failed(address)
    return right, 0


def _problem(seconds: int) -> str:
    return too_often(seconds) if seconds else str(WRONG)


# ---------------------------------------------------------------- for what is far-reaching


def _proven() -> Any:
    """A form that was asked for a code has brought one: right, and it is taken up as if it had come now."""
    if g.actor is None or request.method != "POST" or CODE not in request.form or not g.actor.stale:
        return None
    right, seconds = _is_right(g.actor.user_id)
    if not right:
        return _ask(_problem(seconds), 429 if seconds else 422, seconds)
    db.session.rollback()  # SQLite has one writer
    session.found = session.found._replace(factor_at=sessions.prove(session.found.id))
    g.actor = actor_of(current_user, anew=True)
    return None


def _asked_again(refusal: Refusal) -> Any:
    if refusal.reason is not Reason.factor_required:
        raise refusal
    db.session.rollback()
    return _ask("", 403)


def _ask(problem: str, status: int, seconds: int = 0) -> Response:
    fields = [(name, value) for name, value in refused_forms.typed() if name not in (KEY, CODE)]
    facts = {"fields": fields, "key": request.form.get(KEY, ""), "address": request.full_path.rstrip("?")}
    title = _("The second factor once more")
    answered = page("pages/code_again.html", status, title=title, problem=problem, **facts)
    return current_app.make_response(with_wait(answered, seconds))


# ---------------------------------------------------------------- the own one


@blueprint.route("/second-factor/", methods=["GET", "POST"])
def own() -> Any:
    """What the own account has, and how it gets, changes or loses it."""
    if g.actor is None:
        return redirect(url_for("SignIn.login", next=url_for("second_factor.own")))
    does = {"begin": _begin, "confirm": _confirm, "codes": _codes, "remove": _remove}
    if request.method == "POST":
        return does.get(request.form.get("do", ""), lambda: answer(url_for("second_factor.own")))()
    return _page()


def _page(form: Any = None, seconds: int = 0) -> Any:
    """The own one as it stands: none, one that is being set up, or one; and the form that did not fit."""
    with unscoped():
        found, left = second_factors.of(g.actor.user_id), second_factors.codes_left(g.actor.user_id)
    secret = second_factor.opened(found.new_secret) if found is not None and found.new_secret else None
    said = second_factor.address(secret, current_user.username) if secret else ""
    facts = {
        "has": found is not None and found.secret is not None,
        "since": found.since if found is not None else None,
        "left": left,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if secret else "",
        "picture": second_factor.picture(said) if said else "",
        "needed": needs_factor(),
        "first": form if isinstance(form, CodeForm) else CodeForm(formdata=None),
        "begins": form if isinstance(form, BeginForm) else BeginForm(formdata=None),
        "asks_password": not session.found.is_young,
        "form": form,
    }
    status = 429 if seconds else 422 if form is not None and form.errors else 200
    return with_wait(page("pages/second_factor.html", status, title=_("Second factor"), **facts), seconds)


def _begin() -> Any:
    form, seconds = BeginForm(), 0
    if session.found.is_young:
        del form.current
    if form.validate():
        known = True
        if "current" in form:
            known, seconds = checked(current_user.username, form.current.data)
        if not known:
            form.current.errors = [too_often(seconds) if seconds else _("This is not your password.")]
        elif attempt(lambda: second_factors.begin(_user(), by=g.actor) or True, form) is not None:
            return answer(url_for("second_factor.own"))
    return _page(form, seconds)


def _confirm() -> Any:
    form, tries = CodeForm(), f"factor {g.actor.user_id}"
    if seconds := login_limits.wait(tries, request.remote_addr):
        form.authenticator_code.errors = [too_often(seconds)]
        return _page(form, seconds)
    if form.validate():
        told = {"by": g.actor, "at": now()}
        made = attempt(lambda: second_factors.confirm(_user(), form.authenticator_code.data, **told), form)
        if made is not None:
            version, codes = made
            login_limits.succeeded(tries)
            enter(_user(), version, with_factor=True)
            return _given(codes)
        login_limits.failed(request.remote_addr)
    return _page(form)


def _codes() -> Any:
    codes = attempt(lambda: second_factors.new_codes(_user(), by=g.actor, at=now()))
    return _page() if codes is None else _given(codes)


def _remove() -> Any:
    removed = attempt(lambda: second_factors.remove(_user(), needed=needs_factor(), by=g.actor, at=now()) or True)
    if removed is not None:
        flash(_("The second factor is removed: the password alone opens this account."), "success")
    return answer(url_for("second_factor.own"))


def _given(codes: list[str]) -> Any:
    """Shown this once."""
    kept = sent_forms.is_kept(g.actor.user_id)
    on = url_for("SignIn.kept" if kept else "HomeView.index")
    return page("pages/recovery_codes.html", title=_("Recovery codes"), codes=codes, on=on)


def _user() -> User:
    return db.session.get_one(User, g.actor.user_id)
