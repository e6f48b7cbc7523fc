"""Accounts: the administrator gives officials a role and a reach, and decides nothing about children."""

from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import words
from app.access import login_limits
from app.actions import accounts
from app.db.extensions import db
from app.models import User, UserScope
from app.now import now
from app.registers.accounts import ACCOUNTS, ROLES
from app.rules.roles import Role
from app.views.base import attempt, page
from app.views.confirmation import ask, confirmed
from app.views.paging import Records, attribute
from app.views.registers import Registered


class Accounts(Records):
    """Accounts with their roles as people call them, and how far each reaches."""

    def loaded(self, rows):
        scopes = _scopes([row.id for row in rows])
        for row in rows:
            row.reach = [scope for scope in scopes if scope.user_id == row.id]
        return rows

    def get_values_item(self, row, columns):
        return [self._value(row, name) for name in columns]

    def _value(self, row, name):
        if name == "roles":
            return [words.role(role.name) for role in row.roles]
        if name == "reach":
            if not hasattr(row, "reach"):
                self.loaded([row])
            return [str(scope.place or scope.kindergarten) for scope in row.reach]
        return attribute(row, name)


def _scopes(ids: list[int]) -> list[UserScope]:
    """Where the rights of these accounts reach."""
    eager = (selectinload(UserScope.place), selectinload(UserScope.kindergarten))
    return list(db.session.scalars(select(UserScope).where(UserScope.user_id.in_(ids)).options(*eager)))


class UserView(Registered):
    register, rows = ACCOUNTS, Accounts

    def possible(self, row: User) -> list[str]:
        """The own password has a page of its own, which asks for the old one."""
        return list(self.verbs) if row.id != g.actor.user_id else []

    def reset_password(self, rows: list[User]) -> Any:
        """Generated, and shown this once."""
        if not confirmed("reset_password"):
            return ask(self, "reset_password", rows)
        given = {}
        for row in rows:
            new = attempt(lambda row=row: accounts.reset_password(row, by=g.actor, at=now()))
            if new is not None:
                login_limits.succeeded(str(row.id))
                given[row.username] = new
        note = _(
            "It is shown only now and kept nowhere. Hand it over in person; it has to be changed at the first sign-in."
        )
        facts = {"title": _("New password"), "given": given, "note": note, "back": self}
        return page("pages/given.html", 200 if given else 422, **facts)

    verbs = {"reset_password": reset_password}

    def create(self, form: Any) -> User:
        values = form.values()
        reach = [where for where in (values.pop("place"), values.pop("kindergarten")) if where is not None]
        return accounts.save(User(), reach=reach, by=g.actor, at=now(), **values)

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
