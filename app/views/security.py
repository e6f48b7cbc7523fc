"""Who is looking: the signed-in official becomes an Actor; roles come from code, not from the database."""

from dataclasses import replace
from typing import Any

from flask import Flask, abort, current_app, g, request, session, url_for
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import LoginManager, current_user

from app import now as demo_time
from app.access import account_scope, personal_data
from app.access.actors import Actor
from app.access.permissions import find
from app.access.row_scope import look_as
from app.actions import accounts
from app.actions.accounts import roles_of
from app.db.database import goes_on_writing, will_write
from app.rules.refusals import Refusal
from app.rules.roles import SECOND_FACTOR, Role
from app.views import unmasked
from app.views.base import answer
from app.views.sessions import is_file, reads
from app.views.sign_in import SignIn

WITHOUT_FACTOR = frozenset(  # what opens before a second factor that there has to be is set up
    {"SignIn.password", "SignIn.logout", "HomeView.language", "static", "appbuilder.static", "second_factor.own"}
)
ELSEWHERE = "kezek_elsewhere"  # the blueprints of other entrances, where no official is anybody


class Security(SecurityManager):
    """Flask-AppBuilder's accounts, with our roles: what a role may is read from the views and the table of verbs."""

    authdbview = SignIn

    def auth_user_db(self, username: str, password: str):
        """Signing in is ours (sign_in.py), within limits; the framework's own has none."""
        return None

    def create_login_manager(self, app: Flask) -> LoginManager:
        """No cookie that remembers anybody, and nothing that a session is bound to but its key."""
        manager = super().create_login_manager(app)
        manager.session_protection = None
        return manager

    def register_views(self) -> None:
        """Our own screens only; accounts are in views/users.py."""
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def load_user(self, pk: str) -> Any:
        """The signed-in user; None for an account that may not sign in.

        Only a session that the server knows of signs anybody in: no cookie that says so itself, however well signed;
        and none whose second factor is still to come.
        """
        found = getattr(session, "found", None)
        if found is None or found.user_id != int(pk) or found.waits:
            return None
        return found.user if found.user.is_active else None

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """The same for whoever looks, without asking who it is once more: a page asks for each of its links."""
        if actor := g.get("actor"):
            return (permission_name, view_name) in self.grants[actor.role]
        return super().has_access(permission_name, view_name)

    def _has_view_access(self, user, permission_name: str, view_name: str) -> bool:
        """The role of whoever looks was read once for this request; at sign-in there is nobody yet."""
        roles = {g.actor.role} if g.get("actor") else roles_of(user)
        return any((permission_name, view_name) in self.grants[role] for role in roles)

    @property
    def grants(self) -> dict[Role, set[tuple[str, str]]]:
        """Role -> (permission, view): worked out once from what each view says of itself."""
        if not hasattr(self, "_grants"):
            self._grants = {role: set() for role in Role}
            for view in self.appbuilder.baseviews:
                for permission, roles in permissions_of(view).items():
                    for role in roles:
                        self._grants[role].add((permission, view.class_permission_name))
        return self._grants


def permissions_of(view) -> dict[str, frozenset[Role]]:
    """Which roles get which permission of a view: readers look, and a verb is open to whom its row opens it."""
    readers = getattr(view, "readers", frozenset())
    given = {"can_list": readers, "can_show": readers, "menu_access": readers}
    forms = {"can_add": "adds", "can_edit": "edits", "can_delete": "removes"}
    verbs = {permission: getattr(view, verb, "") for permission, verb in forms.items()}
    verbs |= {verb: verb for verb in getattr(view, "verbs", ())}
    rows = {permission: find(getattr(view, "subject", None), verb) for permission, verb in verbs.items()}
    given |= {permission: row.roles if row else frozenset() for permission, row in rows.items()}
    return given | getattr(view, "grants", {})


def actor_of(user, *, anew: bool = False) -> Actor:
    """Who a signed-in official is, or 403; how far the rights reach stays at hand for the page.

    Whoever writes reaches as far as the transaction says that writes: is it a new one?
    """
    g.reach = account_scope.of(user.id) if anew else session.found.reach
    try:
        return replace(accounts.actor_of(user, g.reach), stale=session.found.stale)
    except Refusal:
        abort(403)


def before_request() -> None:
    """Say first whether the request may write, then who is looking; both before any query but that for the session."""
    look_as(None)
    personal_data.read_as(None)
    g.actor = None
    if broken := getattr(session, "broken", None):
        raise broken
    if found := getattr(session, "found", None):
        demo_time.read(found.demo_at)
    anew = not reads() and not goes_on_writing()
    if any("\0" in value for value in request.args.values()):
        abort(400)
    if request.blueprint in current_app.extensions[ELSEWHERE]:
        return
    if request.endpoint != "SignIn.logout" and not is_file(request.endpoint) and current_user.is_authenticated:
        g.actor = actor_of(current_user, anew=anew)
        look_as(g.actor)
        personal_data.read_as(personal_data.Reader(g.actor.role, unmasked.now_open()))


def needs_factor() -> bool:
    """Must whoever looks have a second factor?"""
    return current_app.config["KEZEK"].second_factor and g.actor.role in SECOND_FACTOR


def set_up_first() -> Any:
    """Whoever has to have one sets it up before anything else."""
    if g.actor is None or request.endpoint in WITHOUT_FACTOR or not needs_factor() or session.found.has_factor:
        return None
    if request.endpoint is None:
        abort(404)
    return answer(url_for("second_factor.own"))


def after_request(_error: BaseException | None = None) -> None:
    """The next request on this thread starts as nobody."""
    look_as(None)
    personal_data.read_as(None)
    will_write(None)
