"""GOST keys are verified by a service with NCANode's interface (spec 10); here stands one on loopback in for it."""

import contextlib
import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.actions import signatures
from app.db.database import transaction
from app.demo.authority import armoured
from app.models import Purpose
from app.rules.refusals import Reason, Refusal
from app.signing.verify import opened
from tests import authority as of
from tests.actions.test_challenges import ask, take
from tests.authority import IIN, Odd, signed

ACT = Purpose.act


@dataclass
class Service:
    """What it answers: as NCANode does, changed by `says`; `way`: how it misbehaves."""

    says: dict[str, Any] = field(default_factory=dict)
    way: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        one = opened(b64decode(asked["cms"]))
        certificate = {
            "valid": True,
            "revocations": [{"revoked": False, "by": "OCSP"}],
            "keyUsage": "SIGN",
            "serialNumber": f"{one.certificate.serial_number:x}",
            "subject": {"iin": IIN},
        }
        good = sha256(b64decode(asked["data"])).digest() == one.of_text
        told = {"valid": good, "signers": [{"certificates": [certificate | self.says]}]}
        return told | ({"signers": told["signers"] * 2} if self.way == "two signers" else {})


@contextlib.contextmanager
def serving() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.asked.append({"path": self.path, **asked})
            code = int(service.way) if service.way.isdecimal() else 200
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"<html>" if service.way == "nonsense" else json.dumps(service.answer(asked)).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield service
        server.shutdown()
        thread.join()


@pytest.fixture
def service(app, tmp_path):
    with serving() as service, of.believed_by(app, tmp_path, service=service.address):
        yield service


def brought(who: of.Holder | None = None, *, text: bytes | None = None, odd: Odd | None = None):
    """What comes of a signature over a challenge: a Checked, or the reason of its refusal."""
    asked = ask(iin=IIN)
    cms = signed(text or asked.text.encode(), who or of.gost(ACT), odd=odd)
    try:
        return signatures.check(take(asked.key), armoured(cms))
    except Refusal as refusal:
        return refusal.reason


def test_a_service_verifies_a_gost_key_over_the_text_that_was_kept(app, service):
    checked = brought()
    assert (checked.signed.iin, checked.signed.algorithm) == (IIN, "GOST 1.2.398.3.10.1.1")
    (asked,) = service.asked
    assert asked["path"] == "/cms/verify" and b64decode(asked["data"]) == checked.challenge.text
    assert opened(b64decode(asked["cms"])).others == ()  # written anew: no more than was looked at here
    with transaction():
        kept = signatures.keep(checked)
        assert signatures.wrong(kept) is None
        assert kept.checked_against["service"] == service.address


def test_without_a_service_the_refusal_says_what_to_do(app, tmp_path):
    with of.believed_by(app, tmp_path):
        assert brought() is Reason.no_service


@pytest.mark.parametrize(
    ("says", "reason"),
    (
        ({"valid": False}, Reason.unknown_issuer),
        ({"valid": "true"}, Reason.unknown_issuer),
        ({"revocations": [{"revoked": True, "by": "OCSP"}]}, Reason.certificate_revoked),
        ({"revocations": []}, Reason.revocation_unknown),
        ({"revocations": None}, Reason.revocation_unknown),
        ({"serialNumber": "ff"}, Reason.bad_signature),
        ({"subject": {"iin": of.OTHER_IIN}}, Reason.bad_signature),
        ({"subject": None}, Reason.service_away),
    ),
)
def test_what_the_service_says_is_taken_at_its_word_and_no_more(app, service, says, reason):
    service.says = says
    assert brought() is reason


@pytest.mark.parametrize(
    ("way", "reason"),
    (
        ("500", Reason.service_away),
        ("404", Reason.service_away),
        ("400", Reason.bad_signature),
        ("nonsense", Reason.service_away),
        ("two signers", Reason.service_away),
    ),
)
def test_a_service_that_answers_otherwise_accepts_nothing(app, service, way, reason):
    service.way = way
    assert brought() is reason


def test_a_service_that_is_not_there_accepts_nothing(app, tmp_path):
    with of.believed_by(app, tmp_path, service="http://127.0.0.1:9"):
        assert brought() is Reason.service_away


def test_what_the_service_would_take_is_refused_before_it_is_asked(app, service):
    long_ago = datetime.now(UTC) - timedelta(days=9)
    asked = (
        (brought(of.gost(Purpose.entry)), Reason.wrong_key),
        (brought(of.gost(ACT, since=long_ago, lasts=timedelta(days=8))), Reason.certificate_expired),
        (brought(odd=Odd(attached=True)), Reason.bad_signature),
        (brought(odd=Odd(attributes=False)), Reason.bad_signature),
    )
    assert [found for found, _ in asked] == [reason for _, reason in asked] and service.asked == []
    assert brought(text=b"another text") is Reason.bad_signature and len(service.asked) == 1
    other = of.gost(ACT, number=of.OTHER_IIN)
    service.says = {"subject": {"iin": of.OTHER_IIN}}
    assert brought(other) is Reason.foreign_iin
