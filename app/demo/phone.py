"""A stand-in of the service that has texts signed on phones, and of the phone (spec 10): it signs at once.

The demo and the tests have no other; nobody believes its keys but they.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from uuid import uuid4

import segno

from app.demo.authority import Holder

PATH = "/api/egovQr"
LASTS = timedelta(minutes=5)


class SigningPhone:
    """`choose`: whose key signs; of an entry, or not. None: signing is given up on the phone."""

    def __init__(self, choose: Callable[[bool], Holder | None]) -> None:
        self.choose, self.texts, self.port = choose, dict[str, tuple[bytes, bool]](), 0

    def served(self, port: int) -> ThreadingHTTPServer:
        """A server on loopback, which its `serve_forever` begins."""
        phone = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                phone.answer(self, phone.post(self.path, json.loads(body)))

            def do_GET(self) -> None:
                phone.answer(self, phone.signed(self.path))

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = server.server_port
        return server

    def answer(self, to: BaseHTTPRequestHandler, said: dict[str, Any]) -> None:
        to.send_response(200)
        to.end_headers()
        to.wfile.write(json.dumps(said).encode())

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new signing, or the text of one: the phone comes for it at once."""
        if path == PATH:
            return self.registered(uuid4().hex)
        [one] = body["documentsToSign"]
        entry = {"name": "key", "value": "AUTH"} in one["meta"]
        self.texts[path] = b64decode(one["document"]["file"]["data"]), entry
        return {"signURL": self._at(path)}

    def registered(self, name: str) -> dict[str, Any]:
        address, picture = self._at(f"{PATH}/{name}"), BytesIO()
        segno.make(f"mobileSign:{address}").save(picture, kind="png", scale=5)
        return {
            "qrCode": b64encode(picture.getvalue()).decode(),
            "dataURL": address,
            "signURL": address,
            "eGovMobileLaunchLink": f"https://m.egov.kz/mobileSign/?link={address}",
            "eGovBusinessLaunchLink": f"https://egovbusiness.page.link/?link={address}",
            "expireAt": (datetime.now(UTC) + LASTS).timestamp() * 1000,
        }

    def signed(self, path: str) -> dict[str, Any]:
        """What the phone has signed."""
        text, entry = self.texts[path]
        holder = self.choose(entry)
        if holder is None:
            return {"status": "CANCELED"}
        cms = holder.sign(text)
        return {"documentsToSign": [{"id": 1, "document": {"file": {"mime": "", "data": cms}}}]}

    def _at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"
