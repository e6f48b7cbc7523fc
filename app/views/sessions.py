"""Flask's session on our side: a signed-in browser's cookie is a random key to a row (app/access/sessions.py).

Whoever is not signed in has Flask's own signed cookie, with a CSRF token and a message in it: anybody can ask for the
page that signs in, so that page writes no rows.
"""

import logging
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, g, request, session
from flask.globals import request_ctx
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import login_user
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.access import sessions
from app.db.database import NO_WAIT, SHORT_WAIT, own_transaction, will_write
from app.db.extensions import db

READS_CHANGE_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})
READS_BY_POST = frozenset(  # the search is posted, so that nobody's IIN stands in an address
    {"SearchView.find", "SearchView.in_list", "HomeView.language"}
)
ASKS = frozenset({"action", "action_post"})  # the first click on a verb says what would follow (confirmation.py)
ASKS_TOO = frozenset({"BulkRunView.begin", "VacancyView.publish_free", "ApplicationView.choose"})
ACTS_AT_ONCE = frozenset({"BulkRunView", "ImportRunView"})  # their buttons stand below what would follow
log = logging.getLogger(__name__)
as_text = TaggedJSONSerializer()


class ServerSession(SecureCookieSession):
    """What Flask calls a session. `found`: its row; `begun`: id, key and facts of the row when somebody just signed in.

    `lasts`: is what this request leaves in it kept? Not where the address is nobody's. `told`: what is written with it,
    how a form was answered.
    """

    lasts: bool = True
    found: sessions.LiveSession | None = None
    begun: tuple[int, str, str] | None = None
    broken: SQLAlchemyError | None = None
    told: Callable[[Connection], None] | None = None


class ServerSessions(SecureCookieSessionInterface):
    """Opens them at the beginning of a request and keeps them at its end."""

    session_class = ServerSession

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """Whether the request may write is said first: this is its first query. A file's page is the same for all."""
        endpoint = _endpoint(request)
        will_write(False if request.method in READS_CHANGE_NOTHING or endpoint is None else None)
        opened = ServerSession() if is_file(endpoint) else self._opened(app, request)
        opened.lasts = endpoint is not None and not is_file(endpoint)
        return opened

    def _opened(self, app: Flask, request: Request) -> ServerSession:
        """A key has no dot, what Flask signs has two. A database that is down is told once there is a page for it."""
        cookie = request.cookies.get(self.get_cookie_name(app)) or ""
        if cookie and "." not in cookie:
            try:
                if found := sessions.find(cookie):
                    opened = ServerSession(as_text.loads(found.facts))
                    opened.found = found
                    return opened
            except SQLAlchemyError as error:
                opened = ServerSession()
                opened.broken = error
                return opened
        return super().open_session(app, request)

    def save_session(self, app: Flask, opened: ServerSession, response: Response) -> None:
        """Write what changed. A reading request writes here only that a message was shown, or once a minute that
        somebody is there. What could not be read is left to the browser, for when it can be read again."""
        if opened.broken or not opened.lasts:
            return
        if opened.begun is not None:
            id_, key, before = opened.begun
            self._set(app, response, key)
            self._keep(opened, id_, before)
        elif opened.found is None:
            super().save_session(app, opened, response)
        elif "_user_id" not in opened:
            leave()
            super().save_session(app, opened, response)
        else:
            self._keep(opened, opened.found.id, opened.found.facts, long_ago=sessions.is_long_ago(opened.found.seen_at))

    def _keep(self, opened: ServerSession, id_: int, before: str, long_ago: bool = False) -> None:
        """A page that only reads, or that could do nothing, hardly waits for another writer: it is written next time.

        That somebody is there waits for nobody. That a message was shown waits a little, or it would be shown again.
        """
        facts = as_text.dumps(dict(opened))
        if facts == before and not long_ago and opened.told is None:
            return
        may_wait = None if not reads() and "held" not in g else NO_WAIT if facts == before else SHORT_WAIT
        try:
            db.session.rollback()  # all of it that counts is committed: SQLite has one writer
            with own_transaction(waits=may_wait) as connection:
                sessions.keep(connection, id_, facts)
                if opened.told is not None:
                    opened.told(connection)
        except SQLAlchemyError as error:  # the page itself is done, and may have changed something
            log.warning("a session was not kept: %s", type(error).__name__)

    def _set(self, app: Flask, response: Response, key: str) -> None:
        response.set_cookie(
            self.get_cookie_name(app),
            key,
            httponly=True,
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app),
            path=self.get_cookie_path(app),
        )


def _endpoint(request: Request) -> str | None:
    """What the address leads to, known before Flask looks for it: None where it is no address of ours."""
    if request_ctx.url_adapter is not None:
        request_ctx.match_request()
    return request.endpoint


def reads() -> bool:
    """Does this request change nothing?"""
    picks = (request.endpoint or "").endswith(".pick")
    return request.method in READS_CHANGE_NOTHING or picks or request.endpoint in READS_BY_POST or only_asks()


def only_asks() -> bool:
    """Is it posted to be told what would follow, with no yes in it? Such a page waits for no other writer."""
    view, _dot, name = (request.endpoint or "").rpartition(".")
    asks = (name in ASKS and view not in ACTS_AT_ONCE) or request.endpoint in ASKS_TOO
    return asks and "sure" not in request.form


def is_file(endpoint: str | None) -> bool:
    """Is it one of the files that belong to no page's reader: a style, a script, an icon, what watches over us?"""
    return (endpoint or "").rpartition(".")[2] == "static" or (endpoint or "").startswith("health.")


def enter(user: Any, version: int, *, with_factor: bool = False) -> None:
    """Signed in from now on, with a new key and a new CSRF token: what a stranger knew of before is worth nothing.

    `with_factor`: the second factor has been asked for; where the account has one, nobody is in without (security.py).
    """
    leave()
    before = dict(session)
    session.clear()
    login_user(user)
    session["csrf_token"] = secrets.token_hex(20)
    facts, user_id = as_text.dumps(dict(session)), int(session["_user_id"])
    db.session.rollback()
    try:
        session.begun = (*sessions.begin(user_id, version, facts, with_factor=with_factor), facts)
    except SQLAlchemyError:  # nobody is in: the page that was open is as good as before
        session.clear()
        session.update(before)
        raise


def leave() -> None:
    """Signed out for certain: the row is gone when this is over, or it raises what the database says."""
    db.session.rollback()  # all of it that counts is committed: SQLite has one writer
    if session.found is not None:
        sessions.end(session.found.id)
        session.found = None
