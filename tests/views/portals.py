"""A portal that asks and acts through the API, as another machine does: with its key, in JSON."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.access.actors import Actor
from app.actions import clients
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Client, Place, Purpose
from app.rules.roles import Role
from tests.authority import holder
from tests.factories import START

ADMINISTRATOR = Actor(Role.administrator)


def made(web: Flask, place_id: int, name: str = "Indigo", **facts: Any) -> "Portal":
    """A portal of this place, with a key."""
    with web.app_context(), transaction():
        row = Client(name=name, place_id=place_id, **{"registers": True, "acts": True, "active": True} | facts)
        db.session.add(row)
        db.session.flush()
        return Portal(web, clients.new_key(row, by=ADMINISTRATOR, at=START), row.id)


class Portal:
    def __init__(self, web: Flask, key: str, id_: int = 0) -> None:
        self.web, self.client, self.id = web, web.test_client(), id_
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1/{address}", headers=self.headers | headers, buffered=True)

    def post(self, address: str, body: Any = None, **headers: str) -> TestResponse:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1/{address}", json=body, headers=self.headers | headers, buffered=True)

    def put(self, address: str, body: Any) -> TestResponse:
        return self.client.put(f"/api/v1/{address}", json=body, headers=self.headers, buffered=True)

    def delete(self, address: str) -> TestResponse:
        return self.client.delete(f"/api/v1/{address}", headers=self.headers, buffered=True)

    def once(self, address: str, body: Any, key: str = "", **headers: str) -> TestResponse:
        """With an Idempotency-Key, another one each time."""
        return self.post(address, body, Idempotency_Key=key or uuid4().hex, **headers)

    def address(self, id_: int) -> str:
        """Where an application is found, by its number in its district."""
        with self.web.app_context():
            row = db.session.get_one(Application, id_)
            return f"applications/{quote(row.number, safe='')}"

    def district(self, id_: int) -> int:
        with self.web.app_context():
            return db.session.get_one(Application, id_).place_id

    def act(self, id_: int, verb: str, body: dict[str, Any], *, signed: bool = True, **more: Any) -> TestResponse:
        """The state is read, the text is asked for and signed with a key of this person, and all of it is sent."""
        address, district = self.address(id_), f"?district={self.district(id_)}"
        state = self.get(address + district)
        if signed:
            shown = self.post(f"{address}/{verb}/challenge{district}", body)
            if shown.status_code != 200:
                return shown
            body = body | {"signature": sign(shown.json, body["iin"])}
        headers = {"If_Match": state.headers["ETag"]} | more
        return self.once(f"{address}/{verb}{district}", body, **headers)


def sign(shown: dict[str, str], person: str) -> dict[str, str]:
    """What comes of a challenge: its text signed with a right key of this person."""
    cms = holder(Purpose.act, number=person, curve=True).sign(shown["text"].encode())
    return {"challenge": shown["challenge"], "cms": cms}


def applicant(web: Flask, id_: int) -> str:
    with web.app_context():
        return db.session.get_one(Application, id_).applicant.iin


def number(web: Flask, id_: int) -> str:
    with web.app_context():
        return db.session.get_one(Application, id_).number


def place(web: Flask, id_: int) -> Place:
    with web.app_context():
        return db.session.get_one(Place, id_)


def rows(web: Flask, model: Any) -> list[Any]:
    with web.app_context():
        return list(db.session.scalars(sa.select(model).order_by(model.id)))
