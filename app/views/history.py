"""The history: everybody in whose scope a row lies may read it, nobody changes it.

A row of the history is told in words: which record it is about, what it changed, by whom and why.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app import words
from app.access.permissions import EVERY_VERB
from app.actions import chain
from app.actions.daily_protocols import OF_A_DAY
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Application,
    Change,
    Document,
    KgGroup,
    Offer,
    Proposal,
    Referral,
    Round,
    User,
    Vacancy,
    Voucher,
)
from app.rules.alphabet import sort_key
from app.rules.calendar import start_of_day
from app.rules.folding import fold
from app.rules.roles import Role
from app.views import forms
from app.views.base import BaseView
from app.views.lists import Filter
from app.views.paging import Records

NEWEST = 3  # daily protocols, on the page itself
READERS = frozenset({Role.department, Role.specialist, Role.head, Role.auditor})
TABLES: dict[str, type[Any]] = {model.__tablename__: model for model in EVERY_VERB}
EAGER: dict[type[Any], Sequence[Any]] = {  # what the name of a record shows of others
    KgGroup: (joinedload(KgGroup.kindergarten),),
    Vacancy: (joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),),
    Round: (joinedload(Round.place),),
    Proposal: (joinedload(Proposal.application),),
    Offer: (joinedload(Offer.application),),
}


class RenderedChanges:
    """What some rows of the history say, with their records and what their facts name, within the reader's reach."""

    def __init__(self, changes: Iterable[Change], *, records: bool = True) -> None:
        wanted: dict[type[Any], set[int]] = defaultdict(set)
        for row in changes:
            if records and row.subject in TABLES:
                wanted[TABLES[row.subject]].add(row.subject_id)
            for fact, ids in words.ids(row).items():
                wanted[words.REFERS[fact]] |= ids
        self.found: dict[tuple[type[Any], int], Any] = {}
        for model, ids in wanted.items():
            rows = select(model).where(model.id.in_(ids)).options(*EAGER.get(model, ()))
            self.found |= {(model, one.id): one for one in db.session.scalars(rows).unique()}

    def changed(self, row: Change) -> list[words.Said]:
        """What a row changed."""
        return words.changed(row, self._name)

    def record(self, row: Change) -> Markup:
        """Which record a row is about: its kind, its name, and a link to its page where the reader may open it."""
        kind = words.SUBJECTS.get(row.subject, "")
        model = TABLES.get(row.subject)
        one = self.found.get((model, row.subject_id)) if model else None
        name, address = (_name(one), _page(model, one.id)) if one is not None else ("", "")
        if not address and row.application is not None:
            name, address = name or row.application.number, _page(Application, row.application.id)
        if not name:
            name = f"№\u00a0{row.subject_id}"
        linked = Markup('<a href="{}">{}</a>').format(address, name) if address else escape(name)
        return Markup("<span>{} {}</span>").format(kind, linked)

    def _name(self, fact: str, pk: int) -> str:
        one = self.found.get((words.REFERS[fact], pk))
        return words.name(one) if one is not None else f"№ {pk}"


def _name(one: Any) -> str:
    """What a record is called in the history: by its application where it has no name of its own."""
    if isinstance(one, Round):
        return f"{words.name(one.place)}, {words.day(one.held_on)}"
    if isinstance(one, User):
        return str(one.get_full_name())
    if isinstance(one, Application | Voucher | Referral) or type(one).__str__ is not object.__str__:
        return words.name(one)
    return str(one.application) if getattr(one, "application", None) is not None else ""


def _page(model: type[Any], pk: int) -> str:
    """The page of a record; "" where there is none, or none for whoever reads."""
    for view in current_app.appbuilder.baseviews:
        if getattr(view, "subject", None) is model and isinstance(view, BaseView) and "show" in type(view).routes():
            may = current_app.appbuilder.sm.has_access("can_show", view.class_permission_name)
            return url_for(f"{view.endpoint}.show", pk=pk) if may else ""
    return ""


def lines(said: Sequence[words.Said]) -> Markup:
    """What was changed, a line for each fact: its label, its value before and after."""
    told = []
    for one in said:
        before = Markup("{} → ").format(one.before) if one.before is not None else ""
        told.append(Markup("<b>{}</b>: {}{}").format(one.label, before, one.after))
    return Markup("<span>{}</span>").format(Markup("<br>").join(told)) if told else Markup("")


class Changes(Records):
    """The history in words."""

    def loaded(self, rows: list[Any]) -> list[Any]:
        told = RenderedChanges(rows)
        for row in rows:
            row.__dict__["told"] = told
        return rows

    def in_words(self, row: Any) -> dict[str, Callable[[], Any]]:
        told = row.__dict__.get("told") or RenderedChanges([row])
        return {
            "verb": lambda: words.happened(row.verb, row.subject),
            "record": lambda: told.record(row),
            "changed": lambda: lines(told.changed(row)),
            "role": lambda: ", ".join(filter(None, (words.role(row.role, row.client), row.client))),
            "reason": lambda: words.reason(row.reason),
        }


def _by_person(text: str) -> ColumnElement[bool]:
    """Whoever has these words in the name of the account, folded."""
    sought = fold(text).split()
    accounts = db.session.execute(select(User.id, User.first_name, User.last_name, User.username))
    named = [(pk, [f" {word}" for word in fold(" ".join(names)).split()]) for pk, *names in accounts]
    found = [pk for pk, words_ in named if all(f" {one}" in "".join(words_) for one in sought)]
    return Change.user_id.in_(found if sought else [])


def _verbs() -> Sequence[tuple[str, str]]:
    known = {verb: model.__tablename__ for model, verbs in EVERY_VERB.items() for verb in verbs}
    told = [(verb, words.verb(verb, "" if verb in words.VERBS else of)) for verb, of in known.items()]
    return sorted(told, key=lambda one: sort_key(one[1]))


def _one_verb(value: str) -> ColumnElement[bool]:
    if value not in dict(_verbs()):
        raise ValueError(value)
    return Change.verb == value


def _records() -> Sequence[tuple[str, str]]:
    return sorted(((name, str(text)) for name, text in words.SUBJECTS.items()), key=lambda one: sort_key(one[1]))


def _one_record(value: str) -> ColumnElement[bool]:
    if value not in words.SUBJECTS:
        raise ValueError(value)
    return Change.subject == value


def _day(value: str, after: int) -> datetime:
    """The first moment of a local day, or of the day after it. ValueError for none."""
    day = forms.local_date(value)
    if day is None or not forms.FIRST_DAY <= day <= forms.LAST_DAY:
        raise ValueError(value)
    return start_of_day(day + timedelta(after))


FILTERS = {
    "person": Filter(tuple, _by_person, "search"),
    "verb": Filter(_verbs, _one_verb),
    "subject": Filter(_records, _one_record),
    "since": Filter(tuple, lambda value: Change.at >= _day(value, 0), "date"),
    "to": Filter(tuple, lambda value: Change.at < _day(value, 1), "date"),
}


class HistoryView(BaseView):
    route_base = "/history"
    subject, readers = Change, READERS
    datamodel = Changes(Change, joinedload(Change.user), joinedload(Change.application), joinedload(Change.norm))
    show_title = _l("A change")
    list_columns = ["at", "verb", "record", "changed", "user", "role", "reason"]
    show_columns = [
        "at",
        "effective_on",
        "verb",
        "record",
        "application",
        "changed",
        "user",
        "role",
        "for_family",
        "paper_on",
        "sign_in",
        "reason",
        "norm",
    ]
    list_template = "pages/history.html"
    order_columns, sorted_as = ["at"], {"at": "id"}
    more_filters = FILTERS
    base_order = ("id", "desc")

    def render_template(self, template: str, **facts: Any) -> Any:
        if template == self.list_template:
            with unscoped():
                facts["seal"] = chain.last_seal()
            if self.appbuilder.sm.has_access("can_paper", "DailyProtocolView"):
                made = select(Document).where(OF_A_DAY, Document.file_key.is_not(None))
                made = made.options(joinedload(Document.seal)).order_by(Document.id.desc())
                facts["protocols"] = db.session.scalars(made.limit(NEWEST)).all()
        return super().render_template(template, **facts)
