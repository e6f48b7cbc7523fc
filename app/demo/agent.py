"""A stand-in of NCALayer for invented people (spec 10): it greets, takes a request at a time, and signs at once.

The demo and the tests have no other; nobody believes its keys but they.
"""

import base64
import json
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from app.demo.authority import Holder

GREETING = {"result": {"version": "1.2"}}
MODULE, METHOD = "kz.gov.pki.knca.basics", "sign"


class Agent:
    """`choose`: whose key is taken for the uses that a page names; None: the window is closed without one."""

    def __init__(self, choose: Callable[[Sequence[str]], Holder | None]) -> None:
        self.choose = choose

    def served(self, port: int, tls: ssl.SSLContext | None = None) -> Server:
        """A server on loopback, which its `serve_forever` begins."""
        return serve(self.talk, "127.0.0.1", port, ssl=tls)

    def talk(self, page: ServerConnection) -> None:
        """With one page, until it leaves."""
        with suppress(ConnectionClosed):
            page.send(json.dumps(GREETING))
            for said in page:
                page.send(json.dumps(self.answer(json.loads(said))))

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What NCALayer answers to a request."""
        if (asked.get("module"), asked.get("method")) != (MODULE, METHOD):
            return {"status": False, "code": "500", "message": "unknown method", "details": ""}
        arguments = asked["args"]
        holder = self.choose(arguments["signerParams"]["extKeyUsageOids"])
        if holder is None:
            return {"status": True, "body": {}}
        return {"status": True, "body": {"result": [holder.sign(base64.b64decode(arguments["data"]))]}}
