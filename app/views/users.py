"""Accounts: the administrator gives officials a role and a reach, and decides nothing about children."""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import current_app, flash, g
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import words
from app.actions import accounts, invitations, letters
from app.actions.possible import ACTS, verbs_of_record
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import AccountLetter, SecondFactor, User, UserScope
from app.now import is_demo, now
from app.registers.accounts import ACCOUNTS, ROLES
from app.rules.calendar import LOCAL
from app.rules.roles import Role
from app.views import filters
from app.views.confirmation import by_row
from app.views.paging import Records, attribute
from app.views.registers import Registered


class Accounts(Records):
    """Accounts with their roles as people call them, how far each reaches, and how it is opened."""

    def loaded(self, rows):
        ids = [row.id for row in rows]
        scopes = _scopes(ids)
        factors = select(SecondFactor.user_id, SecondFactor.since).where(SecondFactor.user_id.in_(ids))
        since = dict(db.session.execute(factors).all())
        for row in rows:
            row.reach = [scope for scope in scopes if scope.user_id == row.id]
            row.factor = since.get(row.id)
        return rows

    def get_values_item(self, row, columns):
        if not hasattr(row, "reach"):
            self.loaded([row])
        return [VALUES[name](row) if name in VALUES else attribute(row, name) for name in columns]


def _last_login(row: User) -> Any:
    """The framework keeps it by the clock of this machine, without its zone."""
    return row.last_login and row.last_login.astimezone(LOCAL)


def _link(row: User) -> str | None:
    found = invitations.last(row.id)
    return found and words.link(found, invitations.standing(found, now()))


def _letter(row: User) -> Any:
    """What became of the last one; in the demo, where none is sent, what it says."""
    told: AccountLetter | None = letters.last(row.id)
    if told is None or not (told.text and is_demo()):
        return told and words.letter_state(told)
    return Markup('{}<div class="letter">{}</div>').format(words.letter_state(told), told.text)


VALUES: dict[str, Callable[[Any], Any]] = {
    "roles": lambda row: [words.role(role.name) for role in row.roles],
    "reach": lambda row: [str(scope.place or scope.kindergarten) for scope in row.reach],
    "last_login": _last_login,
    "factor": lambda row: row.factor,
    "link": _link,
    "letter": _letter,
}


def _scopes(ids: list[int]) -> list[UserScope]:
    """Where the rights of these accounts reach."""
    eager = (selectinload(UserScope.place), selectinload(UserScope.kindergarten))
    return list(db.session.scalars(select(UserScope).where(UserScope.user_id.in_(ids)).options(*eager)))


class UserView(Registered):
    register, rows = ACCOUNTS, Accounts
    more_filters: ClassVar = filters.OF_ACCOUNTS
    verbs = by_row(*ACTS[User])

    def possible(self, row: User) -> list[str]:
        """The own password and second factor have pages of their own, which ask for them."""
        with unscoped():
            return verbs_of_record(row, by=g.actor, at=now())

    def create(self, form: Any) -> User:
        """The owner sets the password, by a link that is sent at once."""
        values = form.values()
        reach = [where for where in (values.pop("place"), values.pop("kindergarten")) if where is not None]
        user = accounts.save(User(), reach=reach, by=g.actor, at=now(), **values)
        if user.active:
            invitations.invite(user, by=g.actor, at=now())
            if current_app.config["KEZEK"].smtp is None and not is_demo():
                flash(
                    _("No server for letters is set: the link waits, or an operator makes one by a command."), "warning"
                )
        return user

    def change(self, row: User, values: dict[str, Any]) -> None:
        """Who reaches further than the form can show keeps it, unless the form says otherwise."""
        named = {**self.standing(row), **values}
        reach = [where for where in (named["place"], named["kindergarten"]) if where is not None]
        if not {"place", "kindergarten"} & values.keys():
            reach = [scope.place or scope.kindergarten for scope in _scopes([row.id])]
        facts = {name: value for name, value in values.items() if name not in ("role", "place", "kindergarten")}
        accounts.save(row, role=named["role"], reach=reach, by=g.actor, at=now(), **facts)

    def standing(self, row: User) -> dict[str, Any]:
        """Role and reach are rows of their own."""
        scopes = _scopes([row.id])
        own = {
            "role": next((Role(role.name) for role in row.roles if role.name in ROLES), None),
            "place": next((s.place for s in scopes if s.place), None),
            "kindergarten": next((s.kindergarten for s in scopes if s.kindergarten), None),
        }
        return {name: own[name] if name in own else getattr(row, name) for name in self.edit_columns}
