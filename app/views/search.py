"""Search from any page. What is typed may be an IIN or a name: it is posted, stands in no address, and is not kept."""

from typing import Any

from flask import abort, current_app, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _l

from app.access import personal_data
from app.access.sealed import seal
from app.actions import search
from app.models import Application, Referral, Voucher
from app.rules.roles import FAMILIES
from app.views.base import BaseView, answer, page
from app.views.lists import in_list_of
from app.views.paging import Records

KINDS = (  # as in search.Found
    _l("Applications with this number"),
    _l("Applications with this IIN"),
    _l("Children with this name"),
    _l("Applicants with this name"),
    _l("Applications with this phone"),
    _l("Vouchers"),
    _l("Referrals"),
)
LONGEST = 100  # characters that are looked for
PAGES = {Voucher: "VoucherView", Referral: "ReferralView"}


class SearchView(BaseView):
    """Spec 8.1: applications, children, vouchers and referrals within one's reach, from one line of text."""

    route_base = "/search"
    subject, readers = Application, FAMILIES
    datamodel = Records(Application)
    grants = {"can_find": FAMILIES}

    @classmethod
    def routes(cls) -> set[str]:
        return {"find", "in_list"}

    @expose("/", methods=["GET", "POST"])
    @has_access
    def find(self) -> Any:
        """The one record that is meant, or all that may be meant."""
        sought = request.form.get("q", "").strip().replace("\0", "")
        by_people = not personal_data.masks()
        found = search.find(sought, by_people=by_people) if sought else None
        if found and found.only is not None:
            return answer(page_of(found.only))
        kinds = [(title, rows) for title, rows in zip(KINDS, found or (), strict=False) if rows]
        facts = {"sought": sought, "kinds": kinds, "most": search.MOST, "by_people": by_people}
        return page("pages/search.html", **facts, page_of=page_of)

    @expose("/in/<noun>", methods=["POST"])
    @has_access
    @permission_name("find")
    def in_list(self, noun: str) -> Any:
        """From the form above a list that finds people to the list itself: a name or an IIN stands in no address."""
        views = (one for one in current_app.appbuilder.baseviews if getattr(one, "finds_people", False))
        view = next((one for one in views if one.route_base == f"/{noun}"), None) or abort(404)
        asked = {name: value for name, value in request.form.items() if value and name.startswith("_flt_")}
        if text := request.form.get("q", "").strip().replace("\0", "")[:LONGEST]:
            asked["q"] = seal(in_list_of(g.actor.user_id), text.encode())
        return redirect(url_for(f"{view.endpoint}.list", **asked), code=303)


def page_of(found: Application | Voucher | Referral) -> str:
    """The page of what was found; the application's, where the reader's role opens no register of such papers."""
    view = PAGES.get(type(found), "")
    if isinstance(found, Application):
        return url_for("ApplicationView.show", pk=found.id)
    if not current_app.appbuilder.sm.has_access("can_show", view):
        return url_for("ApplicationView.show", pk=found.application_id)
    return url_for(f"{view}.show", pk=found.id)
