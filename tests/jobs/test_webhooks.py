"""Portals are told what happened (issue 13, 7): ids and statuses, signed, once for each portal of the place."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.access.actors import Actor
from app.actions import applications, clients, vouchers
from app.actions import webhooks as webhooks_of
from app.db.database import transaction
from app.db.extensions import db
from app.gateways import NotSent, webhooks
from app.gateways.webhooks import Call
from app.jobs import deliveries as plans
from app.jobs import outbox
from app.models import Application, Client, Outbox
from app.rules.roles import Role
from app.rules.texts import Unfit
from app.rules.webhooks import address
from tests import factories
from tests.factories import DEPARTMENT, START, at

ADMINISTRATOR, A_PORTAL = Actor(Role.administrator), Actor(Role.clock, client="Indigo")
OURS = db.select(Outbox).where(Outbox.job == "webhook").order_by(Outbox.id)


class Receiver:
    """A portal's own server; `ways`: the statuses of its next answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.ways: list[int] = []
        self.url = ""

    @property
    def told(self) -> list[tuple[str, str]]:
        """What happened to which application."""
        said = [json.loads(body) for _headers, body in self.got]
        return [(one["type"], one["data"]["application"]) for one in said]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers.items()), body))
            self.send_response(receiver.ways.pop(0) if receiver.ways else 204)
            self.send_header("Location", receiver.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/kezek"
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def portal(app, monkeypatch) -> Iterator[Receiver]:
    """A portal of one district that is told what happens there; its row: the last one."""
    monkeypatch.setitem(app.config, "KEZEK", replace(app.config["KEZEK"], own_network=True))
    with receiving() as receiver:
        with transaction():
            place = factories.district()
            factories.vacancy(factories.group(factories.kindergarten(place)))
            subscribed(place, receiver.url)
        yield receiver


def subscribed(place, url: str, name: str = "Indigo", **facts: object) -> Client:
    row = Client(name=name, place=place, webhook=url, **facts)
    db.session.add(row)
    db.session.flush()
    clients.new_secret(row, by=ADMINISTRATOR, at=START)
    return row


def row() -> Client:
    db.session.rollback()
    return db.session.scalars(db.select(Client).order_by(Client.id)).first()


def queued() -> Application:
    """A child that has come into the queue of the portal's district."""
    with transaction():
        return factories.application(row().place)


def go_on() -> None:
    """The relay plans, and all that waits is tried."""
    plans.plan()
    with transaction():
        db.session.execute(db.update(Outbox).values(not_before=None))
    waits = OURS.with_only_columns(Outbox.id).where(Outbox.done_at.is_(None), Outbox.given_up_at.is_(None))
    outbox.handle(list(db.session.scalars(waits)))
    db.session.rollback()


def is_signed_by(got: tuple[dict[str, str], bytes], secret: str) -> bool:
    """As a receiver has it that knows this secret (Standard Webhooks 1.0)."""
    headers, body = got
    moment = int(headers["webhook-timestamp"])
    expected = webhooks.signed(Call("", [secret], headers["webhook-id"], body), moment)["webhook-signature"]
    return expected in headers["webhook-signature"].split() and abs(moment - datetime.now(UTC).timestamp()) < 300


def test_a_portal_is_told_what_happens_in_ids_and_statuses_alone(portal):
    application = queued()
    with transaction():
        vouchers.issue_out_of_turn(application, by=DEPARTMENT, at=at("2026-04-09T10:00"), reason="кезектен тыс")
        number, place, people = application.number, application.place_id, application.child
        secret = [people.iin, people.last_name, application.applicant.iin]
    go_on()
    assert portal.told == [("application.status_changed", number), ("voucher.issued", number)]
    said = json.loads(portal.got[1][1])
    assert said["data"] == {"application": number, "district": place, "status": "confirming"}
    assert not [one for one in secret for _headers, body in portal.got if one and one in body.decode()]


def test_a_message_is_signed_as_the_standard_says(portal):
    """The example of the Standard Webhooks specification itself."""
    call = Call(
        "https://example.com",
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
    )
    assert webhooks.signed(call, 1614265330)["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_both_sign_and_a_day_later_the_new_one_alone(portal, monkeypatch):
    old = row().secret
    with transaction():
        new = clients.new_secret(row(), by=ADMINISTRATOR, at=datetime.now(UTC))
    queued()
    go_on()
    assert is_signed_by(portal.got[-1], new) and is_signed_by(portal.got[-1], old)
    with transaction():
        row().secret_at = datetime.now(UTC) - timedelta(days=1, minutes=1)
    queued()
    go_on()
    assert is_signed_by(portal.got[-1], new) and not is_signed_by(portal.got[-1], old)


def test_what_was_not_taken_comes_again_under_its_id_and_is_done_once(portal):
    queued()
    portal.ways += [500, 302]
    for _ in range(4):
        go_on()
    assert len(portal.got) == 3
    assert len({(headers["webhook-id"], body) for headers, body in portal.got}) == 1
    assert db.session.scalars(OURS).one().done_at is not None


def test_a_portal_is_told_of_its_own_places_and_only_while_its_key_is_good(portal):
    own = row().place
    with transaction():
        for place, name in ((factories.district("Степногорск қаласы"), "Басқа"), (own.parent, "Облыс")):
            subscribed(place, portal.url, name)
        subscribed(own, portal.url, "Тоқтатылған", active=False)
    queued()
    plans.plan()
    db.session.rollback()
    assert [one.client.name for one in db.session.scalars(OURS)] == ["Indigo", "Облыс"]
    for name in ("Indigo", "Облыс"):
        with transaction():
            db.session.scalars(db.select(Client).filter_by(name=name)).one().active = False
    go_on()
    assert portal.got == []


def test_a_test_goes_where_the_portal_wants_it_signed_as_anything_else(portal):
    with transaction():
        own = row()
        webhooks_of.leave_test(own, START)
        secret = own.secret
    go_on()
    ((_headers, body),) = portal.got
    said = json.loads(body)
    assert (said["type"], said["data"], datetime.fromisoformat(said["timestamp"])) == ("webhook.test", {}, START)
    assert is_signed_by(portal.got[0], secret)
    with transaction():
        own = row()
        clients.set_webhook(own, "http://127.0.0.1:1/", by=A_PORTAL, at=START)
        webhooks_of.leave_test(own, START)
    go_on()
    goes = webhooks_of.goes(row())
    assert (goes.waiting, goes.problem, goes.taken_at is not None) == (1, "unreachable", True)


def test_nothing_is_told_of_what_changes_no_status(portal):
    application = queued()
    go_on()
    with transaction():
        applications.change(application, by=DEPARTMENT, at=at("2026-04-09T10:00"), phone="+77011112233")
    go_on()
    assert len(portal.got) == 1


def test_what_did_not_happen_is_told_to_nobody(portal):
    with pytest.raises(ZeroDivisionError), transaction():
        factories.application(row().place)
        raise ZeroDivisionError
    go_on()
    assert (portal.got, db.session.scalars(OURS).all()) == ([], [])


@pytest.mark.parametrize("host", ("127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "192.168.1.1"))
def test_nobody_makes_us_call_our_own_network(monkeypatch, host):
    called = []
    monkeypatch.setattr(webhooks, "create_connection", lambda to, _timeout: called.append(to) or socket.socket())
    for scheme in ("https", "http"):
        with pytest.raises(NotSent):
            webhooks.send(Call(f"{scheme}://{host}", ["whsec_AAAA"], "msg_1", b"{}"), moment=1)
    assert called == []


@pytest.mark.parametrize(
    "typed",
    (
        "http://portal.example.org/kezek",
        "https://127.0.0.1/kezek",
        "https://[::1]/kezek",
        "https://2130706433/",
        "https://localhost/kezek",
        "https://user@portal.example.org/",
        "https://portal.example.org:0/",
        "https://портал.қаз/",
        "ftp://portal.example.org",
        "portal.example.org",
        "https://",
    ),
)
def test_an_address_is_one_by_https_of_a_host_that_has_a_name(typed):
    with pytest.raises(Unfit):
        address(typed)
    assert address("https://portal.example.org:8443/kezek?a=1") == "https://portal.example.org:8443/kezek?a=1"
