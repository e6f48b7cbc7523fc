"""The rules in force, here, on this day: what the regulation's dated data say of one place, and what changes next."""

from datetime import date
from typing import Any

from flask import abort, current_app, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _l

from app.actions import norms, places
from app.db.extensions import db
from app.models import ContractText, DayOff, Norm, Place, PlaceKind, QueueOrder
from app.now import now
from app.registers.norms import PLACES
from app.rules.calendar import local_day
from app.rules.norms import KNOWN, days_in_force
from app.rules.roles import Role
from app.views import approval, forms
from app.views.base import BaseView, page, row_id
from app.views.days_off import kind_of_day
from app.views.paging import Records

NEXT_DAYS = 8  # days of the calendar that the page shows
GROUPS = (  # heading, which norms stand below it, the procedure that they belong to
    (_l("Vouchers"), ("voucher.",), "voucher"),
    (_l("Referrals"), ("referral.", "state_order.", "mini_centre."), "referral"),
    (_l("The queue"), ("",), None),
)
VIEWS = {
    Norm: "NormView",
    QueueOrder: "QueueOrderView",
    ContractText: "ContractTextView",
    DayOff: "DayOffView",
}


class RulesView(BaseView):
    """Spec 3.1-3.3 as one page, for everybody who works by them."""

    route_base = "/rules"
    subject = Norm
    readers = frozenset({Role.department, Role.specialist, Role.auditor, Role.operator, Role.head})
    datamodel = Records(Norm)
    list_title = _l("The rules in force")

    @classmethod
    def routes(cls) -> set[str]:
        return {"list"}

    @expose("/")
    @has_access
    def list(self) -> Any:
        offered = db.session.scalars(PLACES).all()
        place = _place(offered)
        day, known = forms.asked_day("day", local_day(now()), forms.FIRST_DAY, forms.LAST_DAY)
        facts = _facts(place.id, day) if place else {}
        status = 200 if known else 422
        return page("pages/rules.html", status, title=self.list_title, places=offered, place=place, day=day, **facts)


def _place(offered: Any) -> Place | None:
    """The place that is asked for, else the first district within one's reach; 404 for one that is not."""
    if asked := request.args.get("place"):
        return next((one for one in offered if one.id == row_id(asked)), None) or abort(404)
    districts = [one for one in offered if one.kind is PlaceKind.district]
    return next(iter(districts or offered), None)


def _facts(place_id: int, day: date) -> dict[str, Any]:
    path = places.path(place_id)
    found = norms.all_in_force(path, day)
    procedure = found["procedure"].value if "procedure" in found else None
    days = days_in_force().where(DayOff.day >= day).limit(NEXT_DAYS)
    return {
        "norms": found,
        "groups": _groups(),
        "procedure": procedure,
        "order": norms.order_by(procedure, path, day) if procedure else None,
        "text": norms.contract_text(place_id, day),
        "to_come": norms.to_come(path, day),
        "waiting": norms.waiting(path),
        "days": db.session.scalars(days).all(),
        "kind_of_day": kind_of_day,
        "author": approval.author,
        "page_of": _page_of,
    }


def _page_of(row: norms.Entered) -> str:
    """The page of one row, for whoever may read its register."""
    view = VIEWS[type(row)]
    may = current_app.appbuilder.sm.has_access("can_show", view)
    return url_for(f"{view}.show", pk=row.id) if may else ""


def _groups() -> list[tuple[Any, list[str], str | None]]:
    """The known norms by what they are about, each once, and the procedure that asks for them."""
    left = [name for name in KNOWN if name != "procedure"]
    groups = []
    for heading, beginnings, procedure in GROUPS:
        names = [name for name in left if name.startswith(beginnings)]
        left = [name for name in left if name not in names]
        groups.append((heading, names, procedure))
    return groups
