"""Kezek's screens for measuring: a signed-in official and the statements that a page takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.access.actors import Actor
from app.actions import accounts
from app.db.database import transaction
from app.db.extensions import db
from app.models import Place, PlaceKind, User
from app.rules.roles import Role
from app.views import form_keys
from bench.town import AT

PASSWORD = "only-for-measuring-12"


def signed_in(app: Flask, role: Role = Role.department, name: str = "") -> FlaskClient:
    """A browser of an official whose reach is the whole town, or of the one who has this name and PASSWORD already.

    The application's context must not be open.
    """
    app.config["SESSION_COOKIE_SECURE"] = False  # there is no TLS in one process
    if not name:
        name = f"{role}-bench"
        _add(app, role, name)
    client = app.test_client()
    token = client.get("/login/").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login/", data={"username": name, "password": PASSWORD, "csrf_token": token})
    if answer.status_code != 302:
        raise RuntimeError(f"could not sign in: {answer.status}")
    return client


def sender(app: Flask, client: FlaskClient) -> Callable[[str, dict[str, str]], None]:
    """Sends filled forms, each once, as its page would: with a key of its own. RuntimeError for what is not done."""
    page = client.get("/password/").text
    token, key = (page.split(f'name="{name}" value="')[1].split('"')[0] for name in ("csrf_token", form_keys.KEY))
    secret = app.config["SECRET_KEY"]
    user_id = form_keys.owner_of(key, secret)

    def send(address: str, typed: dict[str, str]) -> None:
        carried = {"csrf_token": token, form_keys.KEY: form_keys.made(secret, user_id or 0)}
        answer = client.post(address, data={**carried, **typed})
        if answer.status_code not in (302, 303):
            raise RuntimeError(f"{address}: {answer.status}")

    return send


def _add(app: Flask, role: Role, name: str) -> None:
    with app.app_context(), transaction():
        region = db.session.scalars(sa.select(Place).where(Place.kind == PlaceKind.region)).one()
        user = User(username=name, first_name="Өлшеуші", last_name=name, email=f"{name}@example.invalid", active=True)
        administrator = Actor(Role.administrator)
        accounts.save(user, role=role, reach=(region,), password=PASSWORD, by=administrator, at=AT)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that are executed inside."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
