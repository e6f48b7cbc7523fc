"""Notices: what was told to whom, what became of it by each way, and what officials were told themselves.

Nobody changes a notice. What failed, or may not have arrived, an official has sent again.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import g, jsonify, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import words
from app.access import personal_data
from app.actions import reading
from app.actions.possible import ACTS, verbs_of_record
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Audience, Delivery, Notice
from app.now import now
from app.rules import notices as rules
from app.rules import terms
from app.rules.roles import FAMILIES, OFFICE, Role
from app.views import filters
from app.views.base import BaseView
from app.views.confirmation import by_row, done
from app.views.paging import Records
from app.views.rendering import badge, shown

MOST = 99  # unread notices that a menu counts
WITH_CHILD = joinedload(Notice.application).joinedload(Application.child)


def state(notice: Notice) -> Markup:
    """What became of a notice by each way, and why not; or that it has none to leave by."""
    if notice.deliveries:
        return Markup("<br>").join(map(_state, notice.deliveries))
    said = _("not sent: no way of sending is set up") if notice.planned else _("waits to be sent")
    return Markup("<small>{}</small>").format(said if notice.audience is Audience.family else _("read in Kezek"))


def _state(one: Delivery) -> Markup:
    address = url_for("DeliveryView.show", pk=one.id)
    why = f" {words.error(one.error)}" if one.error else ""
    said = Markup('<small><a href="{}">{}</a> {}{}</small>')
    return said.format(address, shown(one.channel), badge(one.stage), why)


class Notices(Records):
    """Notices with their sentence in the reader's language, and what became of them."""

    def in_words(self, row: Notice) -> dict[str, Callable[[], Any]]:
        return {
            "sentence": lambda: words.notice(row),
            "delivered": lambda: state(row),
        }


class NoticeView(BaseView):
    route_base = "/notices"
    subject, readers = Notice, FAMILIES
    datamodel = Notices(Notice, WITH_CHILD, selectinload(Notice.deliveries))
    show_title = _l("Notice")
    list_columns = ["at", "audience", "application", "sentence", "delivered"]
    show_columns = list_columns
    order_columns, sorted_as = ["at"], {"at": "id"}
    search_columns = ["audience"]
    more_filters = {"reached": filters.one_of(rules.REACHED, words.reached)}
    base_order = ("id", "desc")


class InboxView(BaseView):
    """What an official was told, within his reach; each reads for himself."""

    route_base = "/inbox"
    subject, readers = Notice, OFFICE | {Role.head}
    datamodel = Notices(Notice, WITH_CHILD)
    show_title = _l("Notice")
    list_columns = ["at", "application", "application.child", "sentence"]
    show_columns = list_columns
    order_columns, sorted_as = ["at"], {"at": "id"}
    more_filters = {"unread": filters.on_or_off(lambda: reading.unread(g.actor))}
    base_order = ("id", "desc")
    bulk = ("read",)

    def where(self, asked: Any) -> list[Any]:
        return [*super().where(asked), reading.to(g.actor)]

    @classmethod
    def routes(cls) -> set[str]:
        return super().routes() | {"unread"}

    def filters(self) -> Sequence[str]:
        return tuple(self.more_filters)

    @expose("/unread")
    @has_access
    @permission_name("list")
    def unread(self) -> Response:
        """How many the reader has not read, in words, for the menu of every page (kezek.js); none is no text."""
        many = db.session.scalar(select(terms.counted(Notice, reading.unread(g.actor), MOST))) or 0
        text = f"{MOST}+" if many > MOST else str(many or "")
        return jsonify(text=text, title=_("not read yet: %(num)s", num=text))

    def read(self, rows: Sequence[Notice]) -> Any:
        """It takes nothing away, and is asked about nothing."""
        return done(self, rows, lambda row: reading.read(row, by=g.actor, at=now()))

    verbs = {"read": read}


class Deliveries(Records):
    """Messages as they are sent: to which address, as far as whoever looks may see it, and what they say."""

    def in_words(self, row: Delivery) -> dict[str, Callable[[], Any]]:
        return {
            "notice.at": lambda: row.notice.at,
            "application": lambda: row.notice.application,
            "to_whom": lambda: _to(row),
            "stage": lambda: badge(row.stage),
            "subject": lambda: _written(row).subject or None,
            "text": lambda: _lines(_written(row).text),
            "sentence": lambda: words.notice(row.notice),
            "error": lambda: words.error(row.error),
        }


def _written(row: Delivery) -> words.Written:
    """What was sent, or would be; of a child that a head knows no more what he was told, and not its number."""
    if row.notice.application is None:
        return words.Written("", words.notice(row.notice))
    if row.text is not None:
        return words.Written(row.subject or "", row.text)
    return words.message(row.notice, row.channel)


def _to(row: Delivery) -> str | None:
    """Where it went, or would go now."""
    if row.address is None:
        with unscoped():
            return personal_data.contact(row, rules.address(row.notice, row.channel))
    return personal_data.contact(row, row.address)


def _lines(text: str) -> Markup:
    return Markup("<br>").join(text.splitlines())


class DeliveryView(BaseView):
    """The outbox of messages: what was sent, what waits, and in the demo what would be sent."""

    route_base = "/deliveries"
    subject, readers = Delivery, FAMILIES
    datamodel = Deliveries(
        Delivery,
        joinedload(Delivery.notice).options(WITH_CHILD, joinedload(Notice.kindergarten)),
    )
    show_title = _l("Message")
    list_columns = ["notice.at", "channel", "to_whom", "application", "sentence", "stage", "error"]
    show_columns = ["notice.at", "channel", "to_whom", "application", "subject", "text", "stage", "error", "ended_at"]
    order_columns, sorted_as = ["notice.at"], {"notice.at": "id"}
    search_columns = ["stage", "channel"]
    base_order = ("id", "desc")

    def possible(self, row: Delivery) -> list[str]:
        """What failed may be sent again, where there is an address now."""
        with unscoped():
            return verbs_of_record(row, by=g.actor, at=now())

    verbs = by_row(*ACTS[Delivery])
