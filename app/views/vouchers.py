"""Vouchers and referrals: lists to find and act on many; what happens to one is on its application's page."""

from functools import partial

from flask import g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app import words
from app.actions import bulk, claims, dry_run, norms, possible, rounds
from app.db.viewer import unscoped
from app.models import (
    Application,
    Intake,
    KgGroup,
    Referral,
    ReferralStatus,
    Round,
    Vacancy,
    Voucher,
)
from app.now import now
from app.rules.calendar import local_day
from app.rules.refusals import Refusal
from app.rules.roles import QUEUES, Role
from app.rules.verbs import VERBS
from app.views import forms, two_editors
from app.views.base import BaseView, answer, attempt
from app.views.confirmation import by_row
from app.views.explanations import SHOWN, with_applications
from app.views.paging import Records

WITH_CHILD = joinedload(Voucher.application).joinedload(Application.child)


class RoundForm(forms.Form):
    place = forms.a_district(_l("District or city"), chosen=False)


class VoucherView(BaseView):
    route_base = "/vouchers"
    subject, readers = Voucher, QUEUES
    datamodel = Records(Voucher, WITH_CHILD)
    show_title = _l("Voucher")
    list_columns = [
        "number",
        "application",
        "application.child",
        "kind",
        "status",
        "issued_on",
        "confirm_by",
        "choose_by",
    ]
    show_columns = [*list_columns, "confirmed_on", "ended_at"]
    order_columns, sorted_as = ["issued_on", "confirm_by", "choose_by"], {"issued_on": "id"}
    search_columns = ["status", "kind"]
    base_order = ("id", "desc")
    list_template = "pages/vouchers.html"

    @expose("/round", methods=["GET", "POST"])
    @has_access
    def round(self):
        """S1, spec 3.4.1: what a round of vouchers over a district or city would do, and the yes that issues it."""
        form = RoundForm(request.values) if request.values.get("place") else RoundForm()
        told, changed = None, False
        if not form.is_submitted() and "place" in request.args and form.place.data is None:
            form.place.errors = [forms.REQUIRED]
        if form.is_submitted() and form.validate():
            run_id = None
            try:
                run_id = attempt(partial(_ask_as_shown, form.place.data.id), form)
            except two_editors.Changed:
                changed = True
                form.form_errors = [_("The queue has changed since this was shown. Look at it again, then issue.")]
            if run_id is not None:
                return answer(url_for("BulkRunView.show", pk=run_id))
        if form.place.data is not None:
            try:
                with unscoped():
                    told = rounds.expected(form.place.data.id, at=now())
            except Refusal as refusal:
                form.form_errors = form.form_errors or [words.refusal(refusal)]
        page = self.render_template(
            "pages/round.html",
            title=_("Issue a round of vouchers"),
            form=form,
            told=told,
            seen=two_editors.shown({"served": told.served}) if told else "",
            lines=with_applications(told.lines) if told else (),
            shown=SHOWN,
            today=local_day(now()),
        )
        return page, 409 if changed else 422 if form.errors else 200

    def may_issue(self):
        """Spec 3.4.1: may the reader hold a round, and does a district of the own reach give vouchers today?"""
        if not self.appbuilder.sm.has_access("can_round", self.class_permission_name):
            return False
        with unscoped():
            return norms.somewhere("voucher", [one.id for one in g.reach.districts], local_day(now()))

    def possible(self, row):
        """Of a live voucher what its application's page offers."""
        return offered_of(self, row)

    def at_first_sight(self, row):
        return self.bulk if row.status in claims.LIVE and row.kind is Intake.general else ()

    bulk = tuple(dry_run.VERBS[Voucher])
    verbs = by_row(*bulk)
    grants = {"can_round": VERBS[Round]["issue"].roles}


class ReferralView(BaseView):
    route_base = "/referrals"
    subject, readers = Referral, QUEUES | {Role.head}
    datamodel = Records(
        Referral,
        joinedload(Referral.application).joinedload(Application.child),
        joinedload(Referral.vacancy).joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),
        joinedload(Referral.contract),
    )
    show_title = _l("Referral")
    list_columns = [
        "number",
        "application",
        "application.child",
        "vacancy.group",
        "status",
        "issued_on",
        "attend_by",
        "contract.status",
        "ends_on",
    ]
    show_columns = [*list_columns[:-1], "begins_on", "ends_on", "kind", "revocable_until", "extensions", "ended_at"]
    order_columns, sorted_as = ["issued_on", "attend_by", "ends_on"], {"issued_on": "id"}
    search_columns = ["status", "kind"]
    base_order = ("id", "desc")

    def possible(self, row):
        """Of a live referral what its application's page offers; a voucher's has no term of its own."""
        return offered_of(self, row)

    def at_first_sight(self, row):
        if row.status is not ReferralStatus.issued or row.kind is not Intake.general:
            return ()
        return [verb for verb in self.bulk if verb == "enrol" or row.attend_by is not None]

    bulk = ("enrol", *dry_run.VERBS[Referral])
    verbs = by_row(*bulk)


def _ask_as_shown(place_id: int) -> int:
    """Whoever issues a round stands for what was shown; a job holds it, if it still is so then. Returns its run's id.

    Raises two_editors.Changed where it would serve others already.
    """
    served = rounds.expected(place_id, at=now()).served
    two_editors.as_shown(request.form.get("seen", ""), {"served": served})
    return bulk.ask_for_round(place_id, served, by=g.actor, at=now()).id


def offered_of(view, right):
    """The verbs of a list of vouchers or referrals that the page of this one's application offers."""
    could = view.at_first_sight(right)
    with unscoped():
        offered = possible.verbs(right.application, by=g.actor, at=now()) if could else ()
    return [verb for verb in could if verb in offered]
