"""The stand-in of NCALayer on wss of loopback, and how it misbehaves as it is told (spec 10)."""

import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosedError
from websockets.sync.server import ServerConnection

from app.demo.agent import Agent
from app.demo.authority import Holder
from app.models import Purpose
from app.signing.verify import USES
from tests import authority as of


@dataclass
class Told(Agent):
    """`way`: what it does next; `number`: whose keys it holds; `asked`: what pages have asked."""

    number: str = of.IIN
    way: str = "signs"
    key: Holder | None = None  # taken whatever the page asks, as by an agent that does not filter
    asked: list[dict[str, Any]] = field(default_factory=list)

    def choose(self, uses: Sequence[str]) -> Holder | None:  # type: ignore[override]
        if self.way == "cancels":
            return None
        purpose = next(one for one in Purpose if set(USES[one]) == set(uses))
        return self.key or of.holder(purpose, number=self.number)

    def talk(self, page: ServerConnection) -> None:
        if self.way == "is silent":
            page.recv(timeout=60)
        super().talk(page)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        if self.way == "dies":
            raise ConnectionClosedError(None, None)
        if self.way == "fails":
            return {"status": False, "code": "500", "message": "<b>no storage</b>", "details": ""}
        return super().answer(asked)


def spki() -> str:
    """By what a browser is told to trust the agent's own certificate."""
    key = of.curve_key("agent").public_key()
    return b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


def _tls(folder: Path) -> ssl.SSLContext:
    """A certificate of loopback, as NCALayer's installer makes one."""
    key, now = of.curve_key("agent"), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(30))
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(here, critical=False).sign(key, SHA256())
    file = folder / "agent.pem"
    told = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(told + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def running(folder: Path) -> Iterator[tuple[Told, str]]:
    """An agent, and its address."""
    agent = Told()
    with agent.served(0, _tls(folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield agent, f"wss://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()
