"""An SMS by an HTTP gateway, whose address, headers and body the settings describe (docs/operations.md)."""

import json
import re
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.gateways import ANSWER, CONNECT, Message, NotSent, Unsure, cut_after
from config import Sms

MOST = 65_536  # bytes of an answer that are read
TIMED_OUT = 408
NEVER = (400, 413, 422)  # what is wrong with a message today is wrong with it tomorrow


def send(sms: Sms, message: Message) -> None:
    """Hand a message to the gateway. Raises NotSent, Unsure."""
    headers, body = request(sms, message)
    connection = _connection(sms.url)
    try:
        try:
            connection.connect()
        except OSError:
            raise NotSent("unreachable") from None
        try:
            with cut_after(connection.sock, ANSWER):
                connection.request("POST", _path(sms.url), body, headers)
                with connection.getresponse() as answer:
                    status, said = answer.status, answer.read(MOST).decode(errors="replace")
        except (OSError, HTTPException, ValueError):
            raise Unsure("no_answer") from None
    finally:
        connection.close()
    _judge(status, said, sms.accepted)


def request(sms: Sms, message: Message) -> tuple[dict[str, str], bytes]:
    """The headers and the body of one call: as JSON where the setting is JSON, else as a form."""
    facts = {"phone": message.address.removeprefix("+"), "text": message.text, "key": message.key}
    kind, body = "application/x-www-form-urlencoded", b""
    if sms.body.lstrip().startswith(("{", "[")):
        kind, body = "application/json", json.dumps(_filled(json.loads(sms.body), facts)).encode()
    else:
        body = urlencode(_filled(parse_qsl(sms.body, keep_blank_values=True), facts)).encode()
    return {"Content-Type": kind} | _filled(dict(sms.headers), facts), body


def _filled(part: Any, facts: Mapping[str, str]) -> Any:
    """The same with what stands in braces replaced: in texts alone, so that no message can change the form around."""
    if isinstance(part, str):
        return re.sub(r"\{(phone|text|key)\}", lambda found: facts[found[1]], part)
    if isinstance(part, dict):
        return {name: _filled(value, facts) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_filled(one, facts) for one in part)
    return part


def _connection(url: str) -> HTTPConnection:
    """Not connected yet. With https the gateway's certificate is verified."""
    to = urlsplit(url)
    if to.scheme == "https":
        return HTTPSConnection(to.hostname or "", to.port, timeout=CONNECT, context=ssl.create_default_context())
    return HTTPConnection(to.hostname or "", to.port, timeout=CONNECT)


def _path(url: str) -> str:
    to = urlsplit(url)
    return (to.path or "/") + (f"?{to.query}" if to.query else "")


def _judge(status: int, said: str, accepted: str) -> None:
    """2xx, with what the gateway says when it takes one, is a yes; most of 4xx are a no; of all else nobody knows: who
    sends us elsewhere, or waited too long for us, may have taken it before.
    """
    if 200 <= status < 300 and accepted in said:
        return
    if status in NEVER:
        raise NotSent("refused", final=True)
    if 400 <= status < 500 and status != TIMED_OUT:
        raise NotSent("refused_now")
    raise Unsure("strange_answer")
