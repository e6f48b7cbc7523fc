"""The client of docs/api_client.py against a real server on loopback: what docs/api.md tells a portal, it does."""

import importlib.util
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.actions import vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.gateways.webhooks import Call, signed
from app.models import Application
from app.now import now
from tests import authority as of
from tests.factories import DEPARTMENT
from tests.views import portals
from tests.views.test_api_acts import PARENT, body

FILE = Path(__file__).parents[2] / "docs" / "api_client.py"
spec = importlib.util.spec_from_file_location("api_client", FILE)
client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(client)


@pytest.fixture
def kezek(city, tmp_path):
    portal = portals.made(city.web, city.own.place)
    server = make_server("127.0.0.1", 0, city.web, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with of.believed_by(city.web, tmp_path):
        key = portal.headers["Authorization"].removeprefix("Bearer ")
        yield client.Kezek(f"http://127.0.0.1:{server.server_port}", key, "ru")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_portal_asks_registers_follows_and_acts_by_the_client_of_the_docs(city, kezek):
    assert kezek.portal()["registers"] and "confirm" in kezek.portal()["verbs"]
    (district,) = kezek.districts()
    assert kezek.norms(district["id"]) and list(kezek.vacancies(district["id"], limit=1))
    state = kezek.register(body(district["id"]), key="once")
    assert kezek.register(body(district["id"]), key="once") == state
    assert kezek.application(state.facts["number"]) == state
    assert kezek.explanation(state)["number"] > 0
    with city.web.app_context(), transaction():
        row = db.session.query(Application).filter_by(number=state.facts["number"]).one()
        vouchers.issue_out_of_turn(row, by=DEPARTMENT, at=now(), reason="кезектен тыс")
    with pytest.raises(client.Problem) as told:
        kezek.act(state, "confirm", {"iin": PARENT, "phone": "+77015556677"})
    assert told.value.reason == "changed_meanwhile"
    state = kezek.application(state.facts["number"])
    shown = kezek.challenge(state, "confirm", {"iin": PARENT})
    signature = client.Signed(**portals.sign(shown, PARENT))
    state = kezek.act(state, "confirm", {"iin": PARENT}, signed=signature)
    assert state.facts["status"] == "voucher_issued" and list(kezek.places(state))


def test_a_webhook_is_known_by_its_secret_and_its_moment():
    secret, moment = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", int(datetime.now(UTC).timestamp())
    call = Call("", ["whsec_AAAA", secret], "msg_1", b"{}")
    assert client.is_ours(signed(call, moment), b"{}", secret)
    assert not client.is_ours(signed(call, moment), b"{ }", secret)
    assert not client.is_ours(signed(call, moment - 301), b"{}", secret)
    assert not client.is_ours({}, b"{}", secret)
