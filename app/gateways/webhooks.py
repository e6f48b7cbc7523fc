"""What happened is posted to a portal, signed as Standard Webhooks 1.0 has it; the host is one of the public internet.

The name is looked up here and the connection goes to the very address that was judged: nobody makes us call our own
network. No redirect is followed.
"""

import hmac
import ssl
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from socket import SOCK_STREAM, create_connection, getaddrinfo
from typing import NamedTuple
from urllib.parse import urlsplit

from app.gateways import ANSWER, CONNECT, NotSent, Unsure, cut_after


class Call(NamedTuple):
    """One message: to which address, by which secrets it is signed, by what it is known when it comes again."""

    url: str
    secrets: Sequence[str]
    id: str
    body: bytes


def send(call: Call, *, moment: int, own_network: bool = False) -> None:
    """Post it. `moment`: of this try, in seconds; `own_network`: for tests, to loopback and by plain HTTP too. Raises
    NotSent, Unsure.
    """
    to = urlsplit(call.url)
    headers = {"Content-Type": "application/json", **signed(call, moment)}
    path = (to.path or "/") + (f"?{to.query}" if to.query else "")
    connection = _connected(to.scheme, to.hostname or "", to.port, own_network)
    try:
        with cut_after(connection.sock, ANSWER):
            connection.request("POST", path, call.body, headers)
            with connection.getresponse() as answer:
                status = answer.status
    except (OSError, HTTPException, ValueError):
        raise Unsure("no_answer") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotSent("refused_now")


def signed(call: Call, moment: int) -> dict[str, str]:
    """The three headers; while a secret is being replaced there are two signatures."""
    text = f"{call.id}.{moment}.".encode() + call.body
    keys = [b64decode(secret.removeprefix("whsec_")) for secret in call.secrets]
    signatures = " ".join(f"v1,{b64encode(hmac.digest(key, text, 'sha256')).decode()}" for key in keys)
    return {"webhook-id": call.id, "webhook-timestamp": str(moment), "webhook-signature": signatures}


def _connected(scheme: str, host: str, port: int | None, own_network: bool) -> HTTPConnection:
    """Raises NotSent: unreachable, also for a host that is not one of the public internet."""
    if scheme != "https" and not own_network:
        raise NotSent("unreachable", final=True)
    port = port or (443 if scheme == "https" else 80)
    connection = HTTPConnection(host, port, timeout=CONNECT)
    try:
        found = [str(one[4][0]) for one in getaddrinfo(host, port, type=SOCK_STREAM)]
        if not own_network and not all(ip_address(one).is_global for one in found):
            raise NotSent("unreachable", final=True)
        connection.sock = create_connection((found[0], port), CONNECT)
        if scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
    except (OSError, ValueError):
        with suppress(OSError):
            connection.close()
        raise NotSent("unreachable") from None
    return connection
