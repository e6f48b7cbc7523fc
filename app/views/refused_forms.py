"""Nothing typed is lost (docs/adr/0015-forms-that-stay.md): a form that could not be taken is there again, filled.

Its own view shows it, as it does for what is refused, and does nothing: while a request is held `transaction` opens
none (app/db/database.py). What has no form of its own, a button, gets a page with one.
"""

from typing import Any

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import PasswordField

from app import words
from app.access import sent_forms
from app.access.row_scope import look_as
from app.db import database
from app.db.extensions import db
from app.views import form_keys, forms, kept_forms, security
from app.views.base import page
from app.views.form_keys import KEY, Held

RETRY = "10"  # seconds
OLD = _l("This page was open for too long. Nothing was done yet. Look at it once more and send it again.")
NO_KEY = _l("This page is from before. Nothing was done yet. Look at it once more and send it again.")
BACK = _l("You are signed in again, and what you typed is here. Nothing was done yet: send it now.")
OTHER = _l(
    "This form was sent already with something else in it, and that was done. To do this as well, look at what was "
    "done and send it."
)
BUSY = _l(
    "The database cannot take anything just now: it is busy, full or away. Nothing was changed, and what you typed is "
    "here. Send it again in a moment."
)
PARTLY = _l(
    "The database cannot take anything just now. A part was done before: look at the records before you send the rest."
)
STILL_IN = _l(
    "You are still signed in: the database cannot take anything just now. Sign out again in a moment, or close the "
    "browser."
)
NO_FILE = _l("A file does not come along: choose it again.")
KEPT = _l("You were signed out meanwhile. Sign in again: what you typed is kept for an hour. Nothing was done yet.")


def register(app: Flask) -> None:
    """After the framework and whoever looks: which form is it, and has it had its effect?"""
    app.before_request(_before_request)
    app.after_request(form_keys.after_request)
    app.teardown_request(lambda _error: database.close(False))
    app.register_error_handler(CSRFError, _not_from_here)
    app.register_error_handler(sent_forms.Repeated, lambda _error: _repeated())
    app.register_error_handler(form_keys.Other, lambda _error: _other())
    app.register_error_handler(database.Closed, lambda _error: shown_again(Held(400, str(NO_KEY))))
    app.register_error_handler(SQLAlchemyError, _database_problem)
    app.register_error_handler(OSError, _database_problem)
    app.jinja_env.globals.update(form_key=form_keys.form_key)


def _before_request() -> Any:
    if not form_keys.has_effect():
        return None
    if "\0" in request.path:
        abort(404)  # nothing is there, and no database looks for it
    key = request.form.get(KEY, "")
    whose = form_keys.owner(key)
    if g.actor is None:
        return _to_the_door(whose) if whose else None
    if whose != g.actor.user_id:
        return shown_again(Held(400, str(NO_KEY)))
    return form_keys.begin(key)


def _repeated() -> Any:
    try:
        return form_keys.repeated()
    except form_keys.Other:
        return _other()


def _other() -> Any:
    return shown_again(Held(409, str(OTHER)))


def shown_again(held: Held) -> Response:
    """The form of this request, filled and not sent, with a sentence. Nothing is changed any more in this request.

    A file is read once more by its form, but no page can hand it back to a browser.
    """
    db.session.rollback()
    database.will_write(False)
    database.close()
    for file in request.files.values():
        file.stream.seek(0)
    g.held = held._replace(sentence=f"{held.sentence} {NO_FILE}") if _files() else held
    g.csrf_valid = True  # no form says of its token that it is none: nothing is taken from any
    try:
        _whoever_looks()
        response = current_app.make_response(_view()(**(request.view_args or {})))
    except HTTPException as problem:
        response = current_app.make_response(current_app.handle_http_exception(problem))
        return response
    except database.Closed:
        response = None
    if response is None or response.status_code not in (200, 409, 422) or not g.get("held_said"):
        return bare(held)
    response.status_code = held.status
    return response


def bare(held: Held) -> Response:
    """A page that sends the same once more, for what has no form of its own, or none without a database."""
    fields = [(name, value) for name, value in typed() if name != KEY]
    token = request.form.get("csrf_token") if session.broken else None
    address = request.full_path.rstrip("?")
    facts = {"fields": fields, "token": token, "key": held.key, "address": address, "files": _files()}
    return current_app.make_response(page("pages/refused_form.html", held.status, sentence=held.sentence, **facts))


def _view() -> Any:
    return current_app.ensure_sync(current_app.view_functions[request.endpoint or ""])


def _whoever_looks() -> None:
    """Where the request failed before it was known."""
    if g.get("actor") is None and session.found and current_user.is_authenticated:
        g.actor = security.actor_of(current_user)
        look_as(g.actor)


def _not_from_here(_error: CSRFError) -> Any:
    """A token that is none: the page is old, or its session is over, or it is not from here at all."""
    try:
        if session.broken:
            raise session.broken
        return _old()
    except form_keys.Other:
        return _other()
    except SQLAlchemyError as error:
        return _database_problem(error)


def _old() -> Any:
    whose = request.environ.get(kept_forms.SHOWN) or form_keys.owner(request.form.get(KEY, ""))
    found = session.found
    if request.endpoint == "SignIn.login":
        flash(_("This page was open for too long. Sign in now."), "warning")
        return page("pages/sign_in.html", 400, username=request.form.get("username", ""))
    if not form_keys.has_effect() or whose is None or (found and found.user_id != whose):
        sentence = _("This form cannot be taken: it was open for too long, or under another account. Open it again.")
        return page("pages/problem.html", 400, sentence=sentence, status_code=400)
    if found is None or found.waits:
        return _to_the_door(whose)
    if kept_forms.SHOWN in request.environ:
        return shown_again(Held(200, str(BACK)))
    security.before_request()
    return security.set_up_first() or form_keys.begin(request.form[KEY]) or shown_again(Held(400, str(OLD)))


def _to_the_door(whose: int) -> Response:
    """The session is over: what was typed is there again once the same account has signed in."""
    db.session.rollback()
    fields = [(name, value) for name, value in typed() if name != KEY]
    answer = redirect(url_for("SignIn.login", next=url_for("SignIn.kept")), code=303)
    if fields and not kept_forms.keep(whose, fields, answer):
        flash(_("You were signed out, and the form was too long to be kept. Sign in again."), "warning")
        return redirect(url_for("SignIn.login"), code=303)
    flash(str(KEPT), "warning")
    return answer


def _database_problem(error: Exception) -> Any:
    """Locked, full or away is told in words, with the form; anything else is a fault of ours."""
    response = _cannot_now(perhaps_done=database.leave_off(error))
    response.headers["Retry-After"] = RETRY
    return response


def _cannot_now(perhaps_done: bool) -> Response:
    database.will_write(False)
    if request.endpoint == "SignIn.login" and request.method == "POST":
        flash(str(BUSY), "danger")
        return current_app.make_response(page("pages/sign_in.html", 503, username=request.form.get("username", "")))
    part = g.get("sending") is not None and g.sending.claimed
    sentence = PARTLY if part else words.PERHAPS_DONE if perhaps_done else BUSY
    sentence = STILL_IN if request.endpoint == "SignIn.logout" else sentence
    held = Held(503, str(sentence), key=request.form.get(KEY, ""))
    if form_keys.has_effect() and not session.broken:
        try:
            return shown_again(held)
        except (SQLAlchemyError, OSError):  # not even to be read
            db.session.remove()
    try:
        return _said(held, read=not session.broken)
    except SQLAlchemyError:  # it went away while this request was under way
        db.session.remove()
        return _said(held, read=False)


def _said(held: Held, read: bool) -> Response:
    """Without its form; as for nobody where no account can be read."""
    g.actor = g.get("actor") if read else None
    if request.method == "POST":
        return bare(held)
    sentence = _("The database cannot be read just now. Try again in a moment.")
    return current_app.make_response(page("pages/problem.html", 503, sentence=sentence, status_code=503))


def _files() -> list[str]:
    """The fields in which a file was sent."""
    return [name for name, file in request.files.items() if file.filename]


def typed() -> list[tuple[str, str]]:
    """What was typed, without what is secret or ours."""
    secret = secrets_of(forms.Form)
    return [(n, v) for n, v in request.form.items(multi=True) if n not in secret and n != "csrf_token"]


def secrets_of(form: Any) -> set[str]:
    """The names of all fields of all forms whose value is shown to nobody and kept nowhere."""
    own = {name for name in dir(form) if getattr(getattr(form, name), "field_class", None) is PasswordField}
    return own.union({"password"}, *(secrets_of(one) for one in form.__subclasses__()))
