"""Offers: whose turn has come, which place waits for whom and until when. They are made on vacancies, and end alone."""

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.models import Application, KgGroup, Offer, Vacancy
from app.rules.roles import QUEUES
from app.views.base import BaseView
from app.views.paging import Records


class OfferView(BaseView):
    route_base = "/offers"
    subject, readers = Offer, QUEUES
    datamodel = Records(
        Offer,
        joinedload(Offer.application).joinedload(Application.child),
        joinedload(Offer.vacancy).joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),
    )
    show_title = _l("Offer")
    list_columns = [
        "application",
        "application.child",
        "vacancy.group",
        "birth_year",
        "side",
        "status",
        "offered_on",
        "priority_by",
    ]
    show_columns = [*list_columns, "ended_at"]
    order_columns, sorted_as = ["offered_on", "priority_by"], {"offered_on": "id"}
    search_columns = ["status", "side"]
    base_order = ("id", "desc")
