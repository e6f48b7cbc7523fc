"""Signing on a phone by a QR code (spec 10): a service passes the text to eGov Mobile and the signature back.

What the service is asked is SIGEX's: POST /api/egovQr {description} gives a picture, two addresses, links for the phone
itself and an end; the text is posted to the first address, which answers once the phone has come for it, and the
signature is read from the second, once it is there. Both keep whoever asks waiting: here a call is short, and one that
got no answer is made again. What comes back is a CMS, verified as any other (actions/signatures.py).
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from app.rules.refusals import Reason, Refusal
from app.signing.verify import LARGEST as LARGEST_CMS
from config import Service

ANSWER = 3  # seconds: what takes longer is asked again
LARGEST = 256 * 1024  # bytes of an answer
PICTURES = {b"GIF8": "gif", b"\x89PNG": "png"}
GONE = (404, 410)


class _Nowhere(HTTPRedirectHandler):
    """The service itself answers; where else it sends us nobody has agreed to."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = build_opener(_Nowhere)


def register(service: Service, description: str) -> dict[str, Any]:
    """A new signing: what is shown of it and by what it goes on, as JSON keeps it. Raises Refusal(qr_away)."""
    try:
        said = _asked(service, f"{service.url.rstrip('/')}/api/egovQr", {"description": description})
    except TimeoutError:
        raise Refusal(Reason.qr_away) from None
    try:
        picture = b64decode(said["qrCode"], validate=True)
        [kind] = [one for begins, one in PICTURES.items() if picture.startswith(begins)]
        known = {"text_to": said["dataURL"], "signature_at": said["signURL"]}
        ours = [urlsplit(one)[:2] == urlsplit(service.url)[:2] for one in known.values()]
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise Refusal(Reason.qr_away) from None
    if not all(ours):
        raise Refusal(Reason.qr_away)
    links = {"mobile": said.get("eGovMobileLaunchLink"), "business": said.get("eGovBusinessLaunchLink")}
    known |= {name: link for name, link in links.items() if isinstance(link, str) and link.startswith("https://")}
    return {**known, "picture": f"data:image/{kind};base64,{b64encode(picture).decode()}", "ends_at": _end(said)}


def pass_on(service: Service, known: Mapping[str, Any], text: bytes, names: Mapping[str, str], *, key: str) -> bool:
    """Has the phone come for the text? `names`: what it is called there, by language; `key`: which one is to sign it.
    Raises Refusal: qr_away, qr_over.
    """
    _in_time(known)
    called = {"nameKz": names["kk"], "nameRu": names["ru"], "nameEn": names["en"]}
    file = {"mime": "", "data": b64encode(text).decode()}
    one = {"id": 1, **called, "meta": [{"name": "key", "value": key}], "document": {"file": file}}
    try:
        _asked(service, known["text_to"], {"signMethod": "CMS_SIGN_ONLY", "documentsToSign": [one]})
    except TimeoutError:
        return False
    return True


def signature(service: Service, known: Mapping[str, Any]) -> str | None:
    """The CMS, once the person has signed. Raises Refusal: qr_away, qr_over, qr_cancelled."""
    _in_time(known)
    try:
        said = _asked(service, known["signature_at"])
    except TimeoutError:
        return None
    if said.get("status") == "CANCELED":
        raise Refusal(Reason.qr_cancelled)
    try:
        [one] = said["documentsToSign"]
        cms = one["document"]["file"]["data"]
        fits = isinstance(cms, str) and cms.isascii() and 0 < len(cms) <= LARGEST_CMS
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise Refusal(Reason.qr_away)
    return str(cms)


def _end(said: Mapping[str, Any]) -> float | None:
    """When it is over, in seconds since 1970; None where the service does not say."""
    told = said.get("expireAt")
    return told / 1000 if isinstance(told, int | float) and not isinstance(told, bool) else None


def _in_time(known: Mapping[str, Any]) -> None:
    if known["ends_at"] is not None and datetime.now(UTC).timestamp() > known["ends_at"]:
        raise Refusal(Reason.qr_over)


def _asked(service: Service, address: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the service answers. Raises TimeoutError while it has nothing to say, Refusal: qr_away, qr_over."""
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {service.token}"} if service.token else {}
    asks = Request(address, None if body is None else json.dumps(body).encode(), headers)
    try:
        with OPENER.open(asks, timeout=ANSWER) as answer:
            said = json.loads(answer.read(LARGEST))
    except TimeoutError:
        raise
    except HTTPError as error:
        error.close()
        raise Refusal(Reason.qr_over if error.code in GONE else Reason.qr_away) from None
    except (OSError, HTTPException, ValueError):
        raise Refusal(Reason.qr_away) from None
    if not isinstance(said, dict):
        raise Refusal(Reason.qr_away)
    if said.get("message"):  # how it says that this signing goes no further
        raise Refusal(Reason.qr_over)
    return said
