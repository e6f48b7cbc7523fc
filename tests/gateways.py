"""Gateways on loopback, real servers that take messages, and misbehave as they are told: the next call in this way."""

import asyncio
import contextlib
import json
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask

from config import Sms, Smtp
from tests.running import free_port

HANG = 30  # seconds: longer than anybody waits
BODY = '{"to": "+{phone}", "text": "{text}", "id": "{key}"}'


def certificate(where: Path) -> Path:
    """One of a server at localhost, signed by itself, with its key, written there."""
    of = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *of]
    subprocess.run([*command, "-keyout", where, "-out", where], check=True, capture_output=True)
    return where


@dataclass
class SmsGateway:
    """It knows a message that comes again by its key and takes it once; `ways`: how it answers the next calls."""

    ways: list[str] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    taken: dict[str, dict[str, str]] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def forget(self) -> None:
        """As if nobody had called."""
        for each in (self.ways, self.calls, self.taken, self.headers):
            each.clear()

    def sms(self, **more: Any) -> Sms:
        return replace(Sms(f"http://127.0.0.1:{self.port}/send", BODY, accepted='"accepted"'), **more)

    def texts(self, phone: str) -> list[str]:
        """What this phone has got."""
        return [one["text"] for one in self.taken.values() if one["to"] == phone]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        call = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.calls.append(call)
        self.headers.append(dict(handler.headers))
        way = self.ways.pop(0) if self.ways else "takes"
        if way in ("takes", "nonsense", "drops", "hangs", "drips") or way.endswith("and takes"):
            self.taken[call["id"]] = call
        if way == "hangs":
            self.closed.wait(HANG)
        if way in ("drops", "hangs"):
            handler.close_connection = True
        elif way == "drips":
            with contextlib.suppress(OSError):
                while not self.closed.wait(0.1):
                    handler.wfile.write(b"H")
        elif way == "no HTTP":
            handler.wfile.write(b"\0\0\0\0")
        else:
            code = 200 if way in ("takes", "nonsense") else int(way.split()[0])
            handler.send_response(code)
            handler.end_headers()
            handler.wfile.write(b'{"state": "accepted"}' if way == "takes" else "<html>бір нәрсе".encode())


@contextlib.contextmanager
def sms_gateway(tls: ssl.SSLContext | None = None) -> Iterator[SmsGateway]:
    gateway = SmsGateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with contextlib.suppress(ConnectionError):
                gateway.answer(self)

        def handle(self) -> None:
            with contextlib.suppress(ssl.SSLError):
                super().handle()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    gateway.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield gateway
    finally:
        gateway.closed.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailServer:
    """It keeps all letters that it took; `ways`: how it answers the next ones."""

    ways: list[str] = field(default_factory=list)
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    port: int = 0

    def forget(self) -> None:
        """As if nobody had written."""
        self.ways.clear()
        self.letters.clear()

    def smtp(self, **more: Any) -> Smtp:
        return replace(Smtp("plain", "127.0.0.1", self.port, "kezek@kezek.example.org"), **more)

    def to(self, *addresses: str) -> list[EmailMessage]:
        """The letters to these together."""
        return [letter for to, letter in self.letters if to == list(addresses)]

    def ids(self) -> Counter[str]:
        """How often a letter of each Message-ID was taken."""
        return Counter(letter["Message-ID"] for _to, letter in self.letters)

    async def handle_RCPT(self, server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        way = self.ways.pop(0) if self.ways and self.ways[0].startswith("rcpt") else "rcpt 250 OK"
        if way == "rcpt 250 OK":
            envelope.rcpt_tos.append(address)
        return way.removeprefix("rcpt ")

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        way = self.ways.pop(0) if self.ways else "250 OK"
        if way in ("250 OK", "drops", "hangs"):
            self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        if way == "hangs":
            await asyncio.sleep(HANG)
        if way == "drops":
            server.transport.abort()
        return way


@contextlib.contextmanager
def mail_server(**more: Any) -> Iterator[MailServer]:
    box = MailServer(port=int(free_port()))
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **more)
    controller.start()
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), controller.loop).result()  # who has gone is noticed
        controller.stop(no_assert=True)


@contextlib.contextmanager
def set_up(app: Flask, **gateways: Smtp | Sms | None) -> Iterator[None]:
    """Inside, the application has these settings."""
    before = app.config["KEZEK"]
    app.config["KEZEK"] = replace(before, **gateways)
    try:
        yield
    finally:
        app.config["KEZEK"] = before
