"""The entrance for officials: base.py holds what every screen obeys, then one file per noun."""

from collections.abc import Sequence
from typing import Any

from babel.support import NullTranslations
from flask import Flask, current_app, g, request, url_for
from flask_appbuilder import AppBuilder
from flask_babel import Domain, get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import SecurityError

from app import words
from app.access import login_limits, personal_data
from app.access.clients import key_of_demo
from app.access.permissions import of
from app.db.extensions import db
from app.now import is_demo, now
from app.rules.calendar import local_day
from app.views import (  # noqa: F401 (some are here for the register that they name)
    clients,
    contract_texts,
    days_off,
    guardianships,
    headers,
    invitation,
    kindergartens,
    list_context,
    norms,
    notices,
    paging,
    queue_orders,
    refused_forms,
    registers,
    rendering,
    second_factor,
    security,
    sessions,
    transport,
    users,
    vacancies,
    verify,
    waiting_entries,
)
from app.views.applications import ApplicationView
from app.views.base import page
from app.views.bulk import BulkRunView, for_many
from app.views.daily_protocols import DailyProtocolView
from app.views.dictionary import DictionaryView
from app.views.explanations import RoundView
from app.views.history import HistoryView
from app.views.home import HomeView, demo_accounts
from app.views.imports import ImportRunView
from app.views.jobs import JobView
from app.views.lots import LotEntryView, LotView
from app.views.notices import DeliveryView, InboxView, NoticeView
from app.views.offers import OfferView
from app.views.personal_file import PersonalFileView
from app.views.proposals import ProposalView
from app.views.rules import RulesView
from app.views.search import SearchView
from app.views.vouchers import ReferralView, VoucherView

GUESSED = ("kk", "ru")  # English is chosen: many a browser asks for it and nobody meant it
LANGUAGES = {
    "kk": {"flag": "kz", "name": "Қазақша", "short": "Қаз"},
    "ru": {"flag": "ru", "name": "Русский", "short": "Рус"},
    "en": {"flag": "gb", "name": "English", "short": "Eng"},
}

VIEWS = registers.views()
# (heading, (view, icon, letter that leads there after `g`), ...); below them the registers that name the heading.
HEADINGS: dict[str, tuple[Any, tuple[tuple[Any, str, str], ...]]] = {
    "queue": (
        _l("The queue"),
        (
            (ApplicationView, "clipboard-list", "a"),
            (VoucherView, "ticket", "v"),
            (OfferView, "gift", "o"),
            (ReferralView, "file-check", "r"),
            (RoundView, "repeat", "b"),
            (LotView, "dice-5", "3"),
            (LotEntryView, "hand-finger", "4"),
            (ProposalView, "arrow-back-up", "i"),
            (BulkRunView, "stack-2", "s"),
            (ImportRunView, "file-import", "f"),
        ),
    ),
    "places": (_l("Kindergartens and places"), ()),
    "rules": (_l("Rules"), ((RulesView, "scale", "l"), (DictionaryView, "info-circle", "w"))),
    "history": (
        _l("History and notices"),
        (
            (HistoryView, "history", "t"),
            (DailyProtocolView, "calendar-event", "5"),
            (InboxView, "inbox", "x"),
            (NoticeView, "bell", "m"),
            (DeliveryView, "mail", "z"),
            (PersonalFileView, "user-circle", "6"),
        ),
    ),
    "access": (_l("Access"), ((JobView, "settings", "j"),)),
}
MENU = tuple(
    (title, (*first, *((VIEWS[one], one.menu.icon, one.menu.key) for one in VIEWS if one.menu.heading == heading)))
    for heading, (title, first) in HEADINGS.items()
)
PROBLEMS = {
    400: _l("This address asks for something that cannot be."),
    403: _l("Your role does not allow this here."),
    404: _l("There is no such page, or it is not yours to see."),
    405: _l("This address cannot be opened like that."),
    413: _l("This is too large to be sent: the limit is %(most)d MB."),
    500: _l("Something went wrong on our side. Nothing was changed."),
}


class BackOffice(AppBuilder):
    """The framework without the addresses that we do not open: its language and back links, its menu's API."""

    def _add_admin_views(self) -> None:
        """RuntimeError where CSRFProtect is not there yet: the framework's own views would do without, in silence."""
        if "csrf" not in current_app.extensions or not current_app.config.get("WTF_CSRF_ENABLED", True):
            raise RuntimeError("CSRFProtect comes before the framework")
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()


class Catalogues(Domain):
    """The framework's, which spells the reader's language out for every word; a page has a hundred of them."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        if locale not in self.cache:
            self.cache[locale] = super().get_translations()
        return self.cache[locale]


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put the screens on. RuntimeError without a SECRET_KEY: sessions and CSRF tokens would be worthless."""
    transport.register(app)
    login_limits.register(app)
    app.session_interface = sessions.ServerSessions()
    app.config.update(
        APP_NAME="Kezek",
        LANGUAGES=LANGUAGES,
        FAB_UPDATE_PERMS=False,
        FAB_CREATE_DB=False,
        FAB_BASE_TEMPLATE="layout.html",
        FAB_API_SWAGGER_UI=False,
        FAB_ADD_OPENAPI_VIEWS=False,
    )
    csrf.init_app(app)  # before the framework
    headers.register(app)
    list_context.register(app)
    app.extensions[security.ELSEWHERE] = set()
    app.before_request(_not_yet_anybody)
    with app.app_context():
        appbuilder = BackOffice(
            app,
            db.session,
            indexview=HomeView,
            security_manager_class=security.Security,
            base_template="layout.html",
        )
        app.extensions["babel"].locale_selector = language
        app.extensions["babel"].instance.domain_instance = Catalogues()
        for _heading, views in MENU:
            for view, _icon, _key in views:
                appbuilder.add_view_no_menu(view)
        appbuilder.add_view_no_menu(SearchView)
        appbuilder.add_view_no_menu(registers.ChildView)
    app.before_request(security.before_request)
    second_factor.register(app)
    refused_forms.register(app)
    app.teardown_request(security.after_request)
    app.register_blueprint(verify.blueprint)
    app.register_blueprint(invitation.blueprint)
    _equip(app, appbuilder)
    for status in PROBLEMS:
        app.register_error_handler(status, _problem)


def _equip(app: Flask, appbuilder: AppBuilder) -> None:
    """What templates call by name."""
    app.jinja_env.globals.update(
        appbuilder=appbuilder,
        words=words,
        now=now,
        local_day=local_day,
        language=language,
        demo=lambda: app.config["KEZEK"].demo and is_demo(),
        demo_accounts=demo_accounts,
        demo_key=key_of_demo,
        menu=menu,
        titles_of=lambda labels, names: [str(labels[name]) for name in names],
        view_of=view_of,
        verbs_of=verbs_of,
        verb_of=lambda record, name: of(type(record), name),
        for_many=for_many,
        not_told_yet=rendering.not_told,
    )
    app.jinja_env.filters.update(
        day=words.day,
        moment=words.moment,
        label=words.label,
        shown=rendering.shown,
        badge=rendering.badge,
        not_notified=rendering.not_notified,
        delivered=notices.state,
        in_groups=words.in_groups,
        personal=personal_data.of,
        number=words.number,
        counted=paging.counted,
        zip=zip,
    )


def menu() -> list[tuple[Any, list[tuple[str, Any, str, str, str]]]]:
    """(heading, (view, title, address, icon, key)...) of the lists that the reader's role may read."""
    may = current_app.appbuilder.sm.has_access
    groups = []
    for heading, views in MENU:
        open_to = [(view.__name__, view, how) for view, *how in views if may("can_list", view.__name__)]
        if open_to:
            lists = [(name, view.list_title, url_for(f"{name}.list"), *how) for name, view, how in open_to]
            groups.append((heading, lists))
    return groups


def verbs_of(name: str, pk: Any = None, bulk: Sequence[str] | None = None) -> list[str]:
    """The custom actions of a view that the reader's role may do: on one row's page, or those that a list offers."""
    sm = current_app.appbuilder.sm
    view = view_of(name)
    verbs = view.verbs if bulk is None else bulk
    if pk is not None:
        verbs = view.possible(view.load(pk))
    return [verb for verb in verbs if sm.has_access(verb, view.class_permission_name)]


def view_of(name: str) -> Any:
    """A view by the name that the framework's widgets know it by."""
    return next(view for view in current_app.appbuilder.baseviews if type(view).__name__ == name)


def language() -> str:
    """The reader's language: chosen before, or asked for by the browser, or Kazakh; a portal names its own."""
    chosen = g.get("language") or request.cookies.get("language")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(GUESSED) or "kk"


def _not_yet_anybody() -> None:
    g.actor = None


def _problem(error: Any) -> tuple[str, int]:
    status = getattr(error, "code", 500) or 500
    db.session.rollback()
    if isinstance(error, SecurityError):  # a Host that is not ours: a page would name addresses there
        return "400", status
    sentence = str(PROBLEMS.get(status, PROBLEMS[500])) % {"most": transport.MOST_MEGABYTES}
    return page("pages/problem.html", status, sentence=sentence, status_code=status)
