"""Kezek's screens for measuring: a signed-in official and the statements that a page takes."""

from collections.abc import Iterator
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
from bench.town import AT

PASSWORD = "only-for-measuring-12"


def signed_in(app: Flask, role: Role = Role.department) -> FlaskClient:
    """A browser of an official whose reach is the whole town. The application's context must not be open."""
    app.config["SESSION_COOKIE_SECURE"] = False  # there is no TLS in one process
    with app.app_context(), transaction():
        region = db.session.scalars(sa.select(Place).where(Place.kind == PlaceKind.region)).one()
        name = f"{role}-bench"
        user = User(username=name, first_name="Өлшеуші", last_name=name, email=f"{name}@example.invalid", active=True)
        administrator = Actor(Role.administrator)
        accounts.save(user, role=role, reach=(region,), password=PASSWORD, by=administrator, at=AT)
    client = app.test_client()
    token = client.get("/login/").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login/", data={"username": name, "password": PASSWORD, "csrf_token": token})
    if answer.status_code != 302:
        raise RuntimeError(f"could not sign in: {answer.status}")
    return client


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
