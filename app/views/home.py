"""The first page, and the demo's clock: what waits for whom, each number a way to the list behind it."""

import json

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.actions import clock
from app.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Intake,
    Seat,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.now import move_demo, now
from app.permissions import Role
from app.rules.calendar import local_day
from app.rules.places import is_free
from app.views import forms, words
from app.views.base import answer, attempt, own_page, page

LOOKERS = frozenset({Role.department, Role.specialist, Role.operator, Role.auditor, Role.head})


class HomeView(IndexView):
    """What waits today, for the role and the reach of whoever looks."""

    @expose("/")
    def index(self):
        if g.actor is None:
            return redirect(url_for("SignIn.login"))
        tiles = _tiles() if g.actor.role in LOOKERS else []
        return page("pages/home.html", tiles=tiles, soon=_soon() if tiles else [], today=local_day(now()))[0]

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
        if not current_app.config["KEZEK"].demo or g.actor is None:
            abort(404)
        to = forms.local_moment(request.form.get("to", ""))
        if to is None:
            flash(_("Name a day and a time."), "danger")
        elif attempt(lambda: move_demo(to) or True):
            done = sum(
                attempt(lambda place=place: [clock.run(at=to, place_id=place)])[0] for place in clock.districts()
            )
            flash(_("It is %(moment)s now. Done by the clock: %(num)d.", moment=words.moment(to), num=done), "success")
        return answer(_back())


def _back() -> str:
    """Where the person came from, if it was a page of ours."""
    return own_page(request.form.get("back", ""))


def _tiles() -> list[tuple[str, int, str]]:
    """(label, number, address) of what people look for first; all through the viewer's scope."""

    def of(status: ApplicationStatus) -> int:
        return db.session.scalar(select(func.count(Application.id)).where(Application.status == status)) or 0

    def to_list(status: ApplicationStatus) -> str:
        return url_for("ApplicationView.list", _flt_0_status=status)

    free = (
        select(func.count(Seat.id))
        .join(Vacancy, Vacancy.id == Seat.vacancy_id)
        .where(Vacancy.status == VacancyStatus.published, is_free())
    )
    shown = (ApplicationStatus.queued, ApplicationStatus.confirming, ApplicationStatus.voucher_issued)
    if g.actor.role is Role.head:
        shown = (ApplicationStatus.referred, ApplicationStatus.enrolled)
    return [
        *((words.label(status), of(status), to_list(status)) for status in shown),
        (_("Free places"), db.session.scalar(free) or 0, url_for("VacancyView.list", _flt_0_status="published")),
    ]


def _soon() -> list[Voucher]:
    """The vouchers whose term ends next."""
    term = func.coalesce(Voucher.choose_by, Voucher.confirm_by)
    live = Voucher.status.in_((VoucherStatus.issued, VoucherStatus.confirmed)), Voucher.kind == Intake.general
    return list(db.session.scalars(select(Voucher).where(*live).order_by(term, Voucher.id).limit(8)))


def demo_accounts() -> dict[str, dict[str, str]]:
    """The demo's accounts, to show on its sign-in page; none outside the demo."""
    config = current_app.config["KEZEK"]
    file = config.var / "demo.json"
    return json.loads(file.read_text()) if config.demo and file.exists() else {}
