"""The first page, and the demo's clock: what waits for whom, each number a way to the list behind it."""

import json

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _

from app import words
from app.actions import clock
from app.now import is_demo, move_demo, now
from app.rules.calendar import local_day
from app.views import forms
from app.views.base import answer, attempt, own_page, page
from app.views.dashboard import FACTS


class HomeView(IndexView):
    """What waits today, for the role and the reach of whoever looks (dashboard.py)."""

    @expose("/")
    def index(self):
        if g.actor is None:
            return redirect(url_for("SignIn.login"))
        return page("pages/home.html", today=local_day(now()), **FACTS[g.actor.role]())[0]

    @expose("/language/<string:language>", methods=["POST"])
    def language(self, language):
        """Kazakh or Russian, remembered for this browser."""
        if language not in current_app.config["LANGUAGES"]:
            abort(404)
        answered = answer(_back())
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        answered.set_cookie("language", language, max_age=31_536_000, samesite="Lax", httponly=True, secure=secure)
        return answered

    @expose("/demo/clock", methods=["POST"])
    def move_clock(self):
        """The demo only: move its time on and do all that is due by then."""
        if not (current_app.config["KEZEK"].demo and is_demo()) or g.actor is None:
            abort(404)
        to = forms.local_moment(request.form.get("to", ""))
        if to is None:
            flash(_("Name a day and a time."), "danger")
        elif attempt(lambda: move_demo(to) or True):
            done = sum(
                (attempt(lambda place=place: [clock.run(at=to, place_id=place)]) or [0])[0]
                for place in clock.districts()
            )
            flash(_("It is %(moment)s now. Done by the clock: %(num)d.", moment=words.moment(to), num=done), "success")
        return answer(_back())


def _back() -> str:
    """Where the person came from, if it was a page of ours."""
    return own_page(request.form.get("back", ""))


def demo_accounts() -> dict[str, dict[str, str]]:
    """The demo's accounts, to show on its sign-in page; none outside the demo."""
    config = current_app.config["KEZEK"]
    file = config.var / "demo.json"
    return json.loads(file.read_text()) if config.demo and file.exists() else {}
