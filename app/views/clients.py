"""Portals: the administrator gives a key or a secret, which is shown this once."""

from collections.abc import Callable
from typing import Any

from flask import g
from flask_babel import gettext as _

from app import words
from app.actions import clients
from app.models import Client
from app.now import now
from app.registers.clients import CLIENTS
from app.views.base import attempt, page
from app.views.confirmation import ask, confirmed
from app.views.registers import Registered


class ClientView(Registered):
    register = CLIENTS

    def new_key(self, rows: list[Client]) -> Any:
        return self._given("new_key", rows, clients.new_key)

    def new_secret(self, rows: list[Client]) -> Any:
        return self._given("new_secret", rows, clients.new_secret)

    verbs = {"new_key": new_key, "new_secret": new_secret}

    def _given(self, verb: str, rows: list[Client], give: Callable[..., str]) -> Any:
        if not confirmed(verb):
            return ask(self, verb, rows)
        told = {row: attempt(lambda row=row: give(row, by=g.actor, at=now())) for row in rows}
        given = {row.name: secret for row, secret in told.items() if secret is not None}
        note = _("It is shown only now. Hand it over to whoever keeps the portal, by a way that nobody reads along.")
        facts = {"title": words.verb(verb, "client"), "given": given, "note": note, "back": self}
        return page("pages/given.html", 200 if given else 422, **facts)
