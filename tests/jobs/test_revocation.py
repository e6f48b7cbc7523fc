"""Lists of revoked keys are fetched by the timetable, from whoever may be on the way (ADR 28)."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.actions import signatures
from app.demo.authority import revoked
from app.jobs import revocation
from app.models import Purpose
from app.rules.refusals import Refusal
from tests import authority as of
from tests.actions.test_challenges import ask, take
from tests.running import free_port


@contextlib.contextmanager
def serving(told: dict[str, bytes]) -> Iterator[str]:
    """Addresses that answer with these bytes, and 404 for all others."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = told.get(self.path.strip("/"))
            self.send_response(200 if found is not None else 404)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def lists(app, tmp_path):
    """What the authority serves; the application knows its two addresses, one that is empty, and one that is down."""
    told = {"national": revoked(of.national()), "root": revoked(of.root())}
    with serving(told) as here:
        crls = (f"http://127.0.0.1:{free_port()}/down", *(f"{here}/{one}" for one in ("nothing", "national", "root")))
        with of.believed_by(app, tmp_path, crls=crls):
            for file in app.config["KEZEK"].crls.iterdir():
                file.unlink()
            yield told


def signs() -> str | None:
    """Why a right key is refused, if it is."""
    asked = ask()
    try:
        signatures.check(take(asked.key), of.holder(Purpose.act).sign(asked.text.encode()))
    except Refusal as refusal:
        return str(refusal)
    return None


def test_lists_are_fetched_and_an_address_that_fails_holds_up_no_other(app, lists):
    assert signs() == "revocation_unknown"
    revocation.fetch()
    assert signs() is None
    lists["national"] = revoked(of.national(), [of.holder(Purpose.act).certificate])
    revocation.fetch()
    assert signs() == "certificate_revoked"


def test_a_damaged_list_is_fetched_anew(app, lists):
    revocation.fetch()
    for file in app.config["KEZEK"].crls.iterdir():
        file.write_bytes(b"")
    revocation.fetch()
    assert signs() is None


@pytest.mark.parametrize("sent", ("older", "of another", "of nothing", "endless"))
def test_what_somebody_on_the_way_sends_instead_is_not_kept(app, lists, sent, monkeypatch):
    older = revoked(of.national(), since=2)
    lists["national"] = revoked(of.national(), [of.holder(Purpose.act).certificate])
    revocation.fetch()
    monkeypatch.setattr("app.signing.revocation.LARGEST", 10_000)
    lists["national"] = {
        "older": older,
        "of another": revoked(of.stranger()),
        "of nothing": b"<html>",
        "endless": b"0" * 20_000,
    }[sent]
    revocation.fetch()
    assert signs() == "certificate_revoked"


def test_where_no_keys_are_believed_nothing_is_fetched(app):
    revocation.fetch()
