"""What lists can be filtered by besides their columns: terms that run out, what waits for whom, lost papers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_

from app import words
from app.actions import accounts
from app.models import (
    Application,
    BulkRun,
    ContractText,
    DayOff,
    Guardianship,
    ImportRun,
    Norm,
    Proposal,
    QueueOrder,
    User,
)
from app.now import now
from app.rules import seats, terms, waits
from app.rules.calendar import local_day
from app.views import to_decide
from app.views.lists import Filter

PERIODS = {"today": 0, "week": 6}  # days after today
OLDEST = 8  # years: nobody who waits was born earlier


def until(period: str) -> date:
    """The last day of a period that begins today. ValueError for none."""
    if period not in PERIODS:
        raise ValueError(period)
    return local_day(now()) + timedelta(PERIODS[period])


def _terms() -> Sequence[tuple[str, str]]:
    periods = {period: words.period(period) for period in PERIODS}
    return [(f"{name}.{one}", f"{words.term(name)}: {text}") for name in terms.TERMS for one, text in periods.items()]


def _ending(value: str) -> ColumnElement[bool]:
    name, _dot, period = value.partition(".")
    if name not in terms.TERMS:
        raise ValueError(name)
    return terms.running_out(name, local_day(now()), until(period))


def _years() -> Sequence[tuple[str, str]]:
    this = local_day(now()).year
    return [(str(year), str(year)) for year in range(this, this - OLDEST, -1)]


def _born(value: str) -> ColumnElement[bool]:
    if value not in dict(_years()):
        raise ValueError(value)
    return Application.birth_year == int(value)


WAITS = {**waits.WAITS, "contrary": to_decide.contrary}


def one_of(conditions: Mapping[str, Callable[[], ColumnElement[bool]]], called: Callable[[str], str]) -> Filter:
    """One of these conditions, by its name; `called`: what people call it."""

    def holds(value: str) -> ColumnElement[bool]:
        if value not in conditions:
            raise ValueError(value)
        return conditions[value]()

    return Filter(lambda: [(name, called(name)) for name in conditions], holds)


def on_or_off(condition: Any) -> Filter:
    """A filter that is on or off."""

    def holds(value: str) -> ColumnElement[bool]:
        if value != "1":
            raise ValueError(value)
        return condition()

    return Filter(lambda: [("1", _("yes"))], holds)


OF_APPLICATIONS = {
    "birth_year": Filter(_years, _born),
    "term": Filter(_terms, _ending),
    "waits": one_of(WAITS, words.wait),
    "lost_paper": on_or_off(terms.failed_papers),
}
MINE = {  # of rows that somebody decides: those that wait for the reader
    Norm: on_or_off(lambda: to_decide.drafts(Norm)),
    QueueOrder: on_or_off(lambda: to_decide.drafts(QueueOrder)),
    ContractText: on_or_off(lambda: to_decide.drafts(ContractText)),
    DayOff: on_or_off(lambda: to_decide.drafts(DayOff)),
    Proposal: on_or_off(to_decide.proposed),
    Guardianship: on_or_off(to_decide.joinings),
    ImportRun: on_or_off(to_decide.files),
    BulkRun: on_or_off(to_decide.runs),
}
UNSEEN = timedelta(days=90)  # an account that nobody has used for so long is one to close
SEEN: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "long_ago": lambda: or_(User.last_login.is_(None), User.last_login < accounts.local(now() - UNSEEN)),
    "never": lambda: User.last_login.is_(None),
}
OF_ACCOUNTS = {"seen": one_of(SEEN, words.seen)}
OF_GROUPS = {"over_capacity": on_or_off(seats.over_full)}
OF_VACANCIES = {
    "closes": Filter(
        lambda: [(period, words.period(period)) for period in PERIODS], lambda value: terms.closing(until(value))
    )
}
